/** Who may do what. One table: the server refuses by it, the portal hides by it, the docs print it. */
export const roles = ['operator', 'admin', 'desk', 'sync', 'user'] as const;
export type Role = (typeof roles)[number];

export const roleWords: Record<Role, string> = {
  operator: 'Operator of this platform',
  admin: 'Account administrator',
  desk: 'Service desk',
  sync: 'Sync operator',
  user: 'User',
};

/** `public` needs no sign-in; `session` any sign-in. The others are granted by role. */
export const permissions = {
  public: roles,
  session: roles,
  'accounts:read': ['operator', 'admin', 'desk', 'user'],
  'people:list': ['operator', 'admin', 'desk'],
  'people:read': ['operator', 'admin', 'desk', 'user'],
  'people:write': ['operator', 'admin'],
  'carriers:read': ['operator', 'admin', 'desk'],
  /** Whose packets are believed, for the whole platform. */
  'carriers:write': ['operator'],
  'trunks:read': ['operator', 'admin', 'desk'],
  'numbers:read': ['operator', 'admin', 'desk'],
  'calls:read': ['operator', 'admin', 'desk', 'user'],
  'ladders:read': ['operator', 'admin', 'desk'],
  'calls:hang-up': ['operator'],
  'peers:read': ['operator', 'admin', 'desk'],
  'accounts:write': ['operator'],
  'connections:read': ['operator', 'admin', 'desk'],
  'connections:write': ['operator', 'admin'],
  /** Names, addresses and numbers of colleagues. */
  'directory:search': ['operator', 'admin', 'desk', 'user'],
  'provisioning:read': ['operator', 'admin', 'desk'],
  /** Begin to read Microsoft's directory anew, or a run of presence, and see how it goes: all that a sync operator may. */
  'sync:run': ['operator', 'admin', 'desk', 'sync'],
  'sync:read': ['operator', 'admin', 'desk', 'sync'],
  'presence-sync:run': ['operator', 'admin', 'sync'],
  /** Look again, try again: changes nothing that somebody decided. */
  'provisioning:retry': ['operator', 'admin', 'desk'],
  'provisioning:write': ['operator', 'admin'],
  /** "It works": nobody but the person can say that. */
  'provisioning:confirm': ['user'],
  'numbers:write': ['operator', 'admin'],
  'jobs:read': ['operator', 'admin', 'desk'],
  'jobs:write': ['operator', 'admin'],
  'tenant-file:read': ['operator', 'admin'],
  'tenant-file:write': ['operator', 'admin'],
  /** Who may sign in, with which role; nobody reads a password. */
  'sign-ins:read': ['operator', 'admin'],
  'sign-ins:write': ['operator', 'admin'],
  /** Whether the provider may act by itself, and what it proposed instead. Only the customer gives, takes back and decides. */
  'consent:read': ['operator', 'admin'],
  'consent:give': ['admin'],
  'proposals:decide': ['admin'],
  'proposals:withdraw': ['operator'],
  /** Only a new password of an administrator, and only where nobody of the customer could decide. */
  'proposals:rescue': ['operator'],
  'audit:read': ['operator', 'admin'],
  'webhooks:read': ['operator', 'admin'],
  'webhooks:write': ['operator', 'admin'],
  /** Who is synced, by which rules, and the runs. */
  'presence-sync:read': ['operator', 'admin', 'desk'],
  'presence-sync:write': ['operator', 'admin'],
  /** A person's journal, and "fix my presence": of others for the service desk, of oneself for everybody. */
  'presence:read': ['operator', 'admin', 'desk', 'user'],
  'presence:fix': ['operator', 'admin', 'desk', 'user'],
  /** One's own state, important callers and quiet hours; an administrator helps. */
  'presence:write': ['operator', 'admin', 'user'],
  'queues:read': ['operator', 'admin', 'desk', 'user'],
  'queues:write': ['operator', 'admin'],
  /** Log in to a queue and out of it: oneself, or an administrator for somebody. */
  'queues:log-in': ['operator', 'admin', 'user'],
  /** One's own favourites, speed dials and personal contacts: nobody else's business. */
  'contacts:own': ['user'],
  /** What lies in a mailbox is its owner’s alone, an administrator never hears it. */
  'voicemail:own': ['user'],
  /** Who takes messages for a person, and how many there are. */
  'voicemail:read': ['operator', 'admin', 'desk', 'user'],
  'voicemail:choose': ['operator', 'admin', 'user'],
  'voicemail:account': ['operator', 'admin', 'desk'],
  'voicemail:account-write': ['operator', 'admin'],
  /** One's own Microsoft account: nobody signs in for somebody else. */
  'own-connection:connect': ['user'],
  'events:read': ['operator', 'admin', 'desk', 'user'],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof permissions;

export function roleMay(role: Role, permission: Permission): boolean {
  return (permissions[permission] as readonly Role[]).includes(role);
}
