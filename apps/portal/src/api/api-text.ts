import { ApiError, addressOf, problem, type RouteId, type RouteRequest, routes } from '@tandem/contract';

/** An answer in another form than JSON, for routes that have one. Throws `ApiError` and nothing else. */
export async function apiText<Id extends RouteId>(
  id: Id,
  request: RouteRequest<Id>,
  accept: string,
): Promise<string> {
  let response: Response;
  try {
    response = await fetch(addressOf(routes[id], request as { params?: unknown; query?: unknown }), {
      headers: { accept },
    });
  } catch (cause) {
    throw new ApiError(0, undefined, cause instanceof Error ? cause.message : 'The server cannot be reached');
  }
  if (response.ok) return await response.text();
  const known = problem.safeParse(await response.json().catch(() => undefined));
  throw new ApiError(
    response.status,
    known.success ? known.data : undefined,
    known.success ? known.data.title : `The server answered ${response.status}`,
  );
}
