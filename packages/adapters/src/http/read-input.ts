import type { RouteSpec } from '@tandem/contract';
import { Refusal } from './refusal.ts';

/** What came, by the route's schemas: validated, with defaults in place. */
export function readInput(
  route: RouteSpec,
  came: { readonly params: unknown; readonly query: unknown; readonly body?: unknown },
) {
  // An id that cannot be one names nothing: 404 like any other that is not there.
  const params = route.params?.safeParse(came.params);
  if (params && !params.success) return new Refusal('not-found');
  const query = route.query?.safeParse(came.query);
  if (query && !query.success) return invalid(query.error.issues);
  const body = route.body?.safeParse(came.body);
  if (body && !body.success) return invalid(body.error.issues);
  return { params: params?.data, query: query?.data, body: body?.data };
}

function invalid(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): Refusal {
  const errors = issues.slice(0, 20).map((issue) => ({
    path: issue.path.map(String).join('.') || '(whole)',
    message: issue.message.slice(0, 300),
  }));
  return new Refusal('invalid-request', { errors });
}
