import { keptAsProposal, proposalHeader } from './consent.ts';
import { type Problem, problem, problemType } from './problem.ts';
import type { RouteSpec } from './route.ts';
import { type RouteId, type RouteOutput, type RouteRequest, routes } from './routes.ts';

/** A refusal or a failure of the way there. `problem` is absent when no answer of ours came back. */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: Problem | undefined;
  constructor(status: number, known: Problem | undefined, words: string) {
    super(words);
    this.name = 'ApiError';
    this.status = status;
    this.problem = known;
  }
}

export interface ClientOptions {
  /** `''` for the same origin. */
  readonly baseUrl: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Read at each write. */
  readonly csrfToken?: () => string | undefined;
  readonly bearer?: string;
}

export function addressOf(route: RouteSpec, parts: { params?: unknown; query?: unknown }): string {
  const params = (parts.params ?? {}) as Record<string, unknown>;
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params[name] ?? '')),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries((parts.query ?? {}) as Record<string, unknown>)) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  const search = query.toString();
  return search ? `${path}?${search}` : path;
}

/** The typed client: one function over the route table. Throws `ApiError` and nothing else. */
export function createClient(options: ClientOptions) {
  async function send(
    route: RouteSpec,
    request: { params?: unknown; query?: unknown; body?: unknown },
    accept: string,
  ) {
    const headers: Record<string, string> = { accept };
    if (route.body) headers['content-type'] = 'application/json';
    if (options.bearer) headers.authorization = `Bearer ${options.bearer}`;
    const csrf = route.method === 'GET' ? undefined : options.csrfToken?.();
    if (csrf) headers['x-csrf-token'] = csrf;
    const init: RequestInit = { method: route.method, headers, credentials: 'same-origin' };
    if (route.body) init.body = JSON.stringify(request.body);
    let response: Response;
    try {
      response = await options.fetch(options.baseUrl + addressOf(route, request), init);
    } catch (cause) {
      throw new ApiError(
        0,
        undefined,
        cause instanceof Error ? cause.message : 'The server cannot be reached',
      );
    }
    if (response.ok && !response.headers.has(proposalHeader)) return response;
    // Nothing was changed: whoever waits for the thing as it is now must not take this for it.
    const kept = keptAsProposal.safeParse(response.ok ? await response.json().catch(() => undefined) : {});
    if (kept.success) {
      const type = problemType(kept.data.code);
      throw new ApiError(202, { ...kept.data, type, status: 202 }, `${kept.data.title}. ${kept.data.detail}`);
    }
    const known = problem.safeParse(await response.json().catch(() => undefined));
    throw new ApiError(
      response.status,
      known.success ? known.data : undefined,
      known.success ? (known.data.detail ?? known.data.title) : `The server answered ${response.status}`,
    );
  }

  return {
    async call<Id extends RouteId>(id: Id, request: RouteRequest<Id>): Promise<RouteOutput<Id>> {
      const route: RouteSpec = routes[id];
      const response = await send(
        route,
        request as { params?: unknown; query?: unknown; body?: unknown },
        'application/json',
      );
      if (route.status === 204) return undefined as RouteOutput<Id>;
      return (await response.json()) as RouteOutput<Id>;
    },
    async text<Id extends RouteId>(id: Id, request: RouteRequest<Id>): Promise<string> {
      const response = await send(routes[id], request as { params?: unknown; query?: unknown }, 'text/plain');
      return response.text();
    },
  };
}

export type Client = ReturnType<typeof createClient>;
