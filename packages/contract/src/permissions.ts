/** Who may do what. One table: the server refuses by it, the portal hides by it, the docs print it. */
export const roles = ['operator', 'admin', 'desk', 'user'] as const;
export type Role = (typeof roles)[number];

export const roleWords: Record<Role, string> = {
  operator: 'Operator of this platform',
  admin: 'Account administrator',
  desk: 'Service desk',
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
  'audit:read': ['operator', 'admin'],
  'webhooks:read': ['operator', 'admin'],
  'webhooks:write': ['operator', 'admin'],
  'events:read': ['operator', 'admin', 'desk', 'user'],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof permissions;

export function roleMay(role: Role, permission: Permission): boolean {
  return (permissions[permission] as readonly Role[]).includes(role);
}
