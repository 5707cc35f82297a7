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
  people: (query?: {
    account?: string;
    search?: string;
    readiness?: string;
    code?: string;
    state?: string;
    tag?: string;
  }) => withQuery('/people', query),
  person: (id: string, query?: { tab?: string }) => withQuery(`/people/${encodeURIComponent(id)}`, query),
  /** One check of a person: the page opens there. */
  check: (id: string, check: string) => `/people/${encodeURIComponent(id)}#${encodeURIComponent(check)}`,
  numbers: (query?: { account?: string; search?: string; state?: string; range?: string; who?: string }) =>
    withQuery('/numbers', query),
  jobs: (query?: { account?: string }) => withQuery('/jobs', query),
  job: (id: string, query?: { state?: string }) => withQuery(`/jobs/${encodeURIComponent(id)}`, query),
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
  newAccount: () => '/accounts/new',
  microsoft: (query?: { account?: string }) => withQuery('/microsoft', query),
  connection: (id: string, query?: { tab?: string }) =>
    withQuery(`/microsoft/${encodeURIComponent(id)}`, query),
  connectNew: (query?: { account?: string; connection?: string }) => withQuery('/microsoft/connect', query),
  connect: (id: string, query?: { step?: string }) =>
    withQuery(`/microsoft/${encodeURIComponent(id)}/connect`, query),
  presence: (query?: { account?: string; state?: string; code?: string }) => withQuery('/presence', query),
  queues: (query?: { account?: string }) => withQuery('/queues', query),
  queue: (id: string) => `/queues/${encodeURIComponent(id)}`,
  actionItems: (query?: { account?: string }) => withQuery('/action-items', query),
  webhooks: (query?: { account?: string }) => withQuery('/webhooks', query),
  consent: (query?: { account?: string | undefined; state?: string }) => withQuery('/consent', query),
  carriers: (query?: { account?: string }) => withQuery('/carriers', query),
  signIns: (query?: { account?: string }) => withQuery('/sign-ins', query),
  audit: (query?: { account?: string; object?: string; action?: string }) => withQuery('/audit', query),
  me: () => '/me',
  myPresence: () => '/me/presence',
  presenceHelp: () => '/me/presence/help',
  contacts: (query?: { search?: string }) => withQuery('/contacts', query),
  speedDial: () => '/speed-dial',
  history: (query?: { kind?: string }) => withQuery('/history', query),
  lines: () => '/lines',
  voicemail: (query?: { account?: string }) => withQuery('/voicemail', query),
} as const;

/** For the route table: the same addresses with their parameter names. */
export const patterns = {
  signIn: '/sign-in',
  overview: '/overview',
  people: '/people',
  person: '/people/:id',
  numbers: '/numbers',
  jobs: '/jobs',
  job: '/jobs/:id',
  live: '/live',
  calls: '/calls',
  call: '/calls/:id',
  accounts: '/accounts',
  newAccount: '/accounts/new',
  microsoft: '/microsoft',
  connectNew: '/microsoft/connect',
  connection: '/microsoft/:id',
  connect: '/microsoft/:id/connect',
  /** Microsoft sends the browser back to this one; it is registered with the app. */
  callback: '/connect/callback',
  approve: '/connect/approve',
  presence: '/presence',
  queues: '/queues',
  queue: '/queues/:id',
  actionItems: '/action-items',
  webhooks: '/webhooks',
  consent: '/consent',
  carriers: '/carriers',
  signIns: '/sign-ins',
  audit: '/audit',
  me: '/me',
  myPresence: '/me/presence',
  presenceHelp: '/me/presence/help',
  contacts: '/contacts',
  speedDial: '/speed-dial',
  history: '/history',
  lines: '/lines',
  voicemail: '/voicemail',
} as const;
