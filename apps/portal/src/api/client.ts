import { ApiError, createClient, type RouteId, type RouteRequest, type Session } from '@tandem/contract';
import { QueryCache, QueryClient, queryOptions } from '@tanstack/react-query';

let csrfToken: string | undefined;
export const rememberCsrf = (token: string | undefined): void => {
  csrfToken = token;
};

export const api = createClient({
  baseUrl: '',
  fetch: (url, init) => fetch(url, init),
  csrfToken: () => csrfToken,
});

export const sessionKey = ['session.read'] as const;

export const queries = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      // The session ended while the page was open: asking who we are again leads to the sign-in.
      if (error instanceof ApiError && error.problem?.code === 'not-signed-in') {
        queries.setQueryData(sessionKey, null);
      }
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (count, error) =>
        count < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 500),
    },
  },
});

/** One question to the API; the key is its name and what is asked, so that live events can find it. */
export const ask = <Id extends RouteId>(id: Id, request: RouteRequest<Id>) =>
  queryOptions({ queryKey: [id, request] as const, queryFn: () => api.call(id, request) });

/** Another person, or nobody: nothing of what the last one saw stays. */
export function changeSession(session: Session | null): void {
  csrfToken = session?.csrfToken;
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
  queries.setQueryData(sessionKey, session);
}
