/** Every address of the portal in one place. Filters are part of the address, so that any view can be sent to somebody. */
type Query = Readonly<Record<string, string | undefined>>;

function withQuery(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) search.set(name, value);
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

export const paths = {
  signIn: (next?: string) => withQuery('/sign-in', { next }),
  overview: () => '/overview',
  people: (query?: { account?: string; search?: string; readiness?: string }) => withQuery('/people', query),
  person: (id: string) => `/people/${encodeURIComponent(id)}`,
  live: (query?: { account?: string }) => withQuery('/live', query),
  calls: (query?: {
    account?: string;
    number?: string;
    result?: string;
    direction?: string;
    person?: string;
    sipCallId?: string;
    from?: string;
    to?: string;
  }) => withQuery('/calls', query),
  call: (id: string) => `/calls/${encodeURIComponent(id)}`,
  accounts: () => '/accounts',
  me: () => '/me',
} as const;

/** For the route table: the same addresses with their parameter names. */
export const patterns = {
  signIn: '/sign-in',
  overview: '/overview',
  people: '/people',
  person: '/people/:id',
  live: '/live',
  calls: '/calls',
  call: '/calls/:id',
  accounts: '/accounts',
  me: '/me',
} as const;
