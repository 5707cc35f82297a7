import type { Caller } from './graph-world.ts';
import { applicationPermissions, delegatedPermissions } from './subset.ts';

/** Who may call an operation: what the token was granted (check G3), and for a person their own rights too (G4). */

/** Directory roles that may administer Teams' telephony, by the ids of their templates. */
const teamsAdministrators: ReadonlySet<string> = new Set([
  '62e90394-69f5-4237-9190-012177145e10', // Global Administrator
  '69091246-20e8-4a56-aa4d-066075b2a7a8', // Teams Administrator
  'baf37b3a-610e-45da-9e62-d9d1e5e8914b', // Teams Communications Administrator
  'aa38014f-0993-46e9-9b45-30501a20909d', // Teams Telephony Administrator
]);

/** Delegated permissions that reach no further than the person who signed in. */
const ownOnly: ReadonlySet<string> = new Set([
  'User.Read',
  'User.ReadWrite',
  'Presence.Read',
  'Presence.ReadWrite',
  'Mail.Send',
  'Calendars.Read',
  'Calendars.ReadBasic',
  'Contacts.Read',
]);

/** The check that refuses the caller; undefined: go on. */
export function judgeCaller(
  caller: Caller,
  route: { readonly method: string; readonly template: string },
  params: Readonly<Record<string, string>>,
  path: string,
  isSelf: (id: string) => boolean,
): 'G3' | 'G4' | undefined {
  const { method, template } = route;
  // `me` is nobody for an application, whatever the table of permissions says of it.
  if (caller.kind === 'app') {
    const allowed = template.startsWith('/me') ? undefined : applicationPermissions(method, template);
    return allowed?.some((role) => caller.roles.includes(role)) ? undefined : 'G3';
  }
  const granted = delegatedPermissions(method, template)?.filter((scope) => caller.scopes.includes(scope));
  if (!granted || granted.length === 0) return 'G3';
  if (path.toLowerCase().startsWith('/admin/teams/'))
    return caller.directoryRoles.some((role) => teamsAdministrators.has(role)) ? undefined : 'G4';
  const person = params['user-id'] ?? params['presence-id'];
  const strange = person !== undefined && !isSelf(person);
  return strange && granted.every((scope) => ownOnly.has(scope)) ? 'G4' : undefined;
}
