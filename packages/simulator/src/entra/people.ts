import type { Directory } from '../directory/directory.ts';
import type { TeamsUser } from '../directory/tenant.ts';
import type { DirectoryRole } from './directory-roles.ts';

/** The directory as sign-in sees it. */

export interface Person {
  readonly tenantId: string;
  readonly objectId: string;
  readonly upn: string;
  readonly displayName: string;
  readonly enabled: boolean;
  readonly guest: boolean;
  readonly roles: readonly DirectoryRole[];
}

export interface People {
  /** Who can sign in to a tenant, administrators first. */
  of(tenantId: string): Person[];
  byUpn(upn: string): Person | undefined;
  byId(tenantId: string, objectId: string): Person | undefined;
  tenantName(tenantId: string): string;
  tenants(): string[];
}

export function peopleOf(directory: Directory): People {
  const person = (user: TeamsUser): Person => ({
    tenantId: user.tenantId,
    objectId: user.objectId,
    upn: user.upn,
    displayName: user.displayName,
    enabled: user.accountEnabled,
    guest: user.accountType === 'guest',
    roles: user.directoryRoles,
  });
  const canSignIn = ({ accountType }: TeamsUser): boolean => accountType !== 'resource-account';
  return {
    of: (tenantId) =>
      [...(directory.tenant(tenantId)?.users.values() ?? [])]
        .filter(canSignIn)
        .map(person)
        .toSorted((a, b) => Number(b.roles.length > 0) - Number(a.roles.length > 0)),
    byUpn: (upn) => {
      const found = directory.user(upn.trim());
      return found && canSignIn(found.user) ? person(found.user) : undefined;
    },
    byId: (tenantId, objectId) => {
      const tenant = directory.tenant(tenantId);
      const user = tenant && directory.userById(tenant, objectId);
      return user && canSignIn(user) ? person(user) : undefined;
    },
    tenantName: (tenantId) => directory.tenant(tenantId)?.name ?? tenantId,
    tenants: () => [...directory.tenants.keys()],
  };
}
