import type { ReadinessCode } from '@tandem/domain';

/** What an address of the fix can be made of. */
export interface FixPlace {
  readonly personId?: string;
  readonly objectId?: string;
  readonly groupId?: string;
}

const entraUser = (objectId: string, page = 'overview'): string =>
  `https://entra.microsoft.com/#view/Microsoft_AAD_UsersAndTenants/UserProfileMenuBlade/~/${page}/userId/${objectId}`;
const teamsUsers = 'https://admin.teams.microsoft.com/users';
const teamsUser = (objectId: string, page = 'account'): string => `${teamsUsers}/${objectId}/${page}`;
const licences = (objectId: string): string =>
  `https://admin.microsoft.com/Adminportal/Home#/users/:/UserDetails/${objectId}/LicensesAndApps`;
const deletedUsers =
  'https://entra.microsoft.com/#view/Microsoft_AAD_UsersAndTenants/UserManagementMenuBlade/~/DeletedUsers';
const teamsNumbers = 'https://admin.teams.microsoft.com/phone-numbers';

type Maker = (place: FixPlace) => string | undefined;
const ofUser =
  (make: (objectId: string) => string, otherwise: string): Maker =>
  ({ objectId }) =>
    objectId === undefined ? otherwise : make(objectId);
const person: Maker = ({ personId }) => (personId === undefined ? undefined : `/people/${personId}`);
const allUsers =
  'https://entra.microsoft.com/#view/Microsoft_AAD_UsersAndTenants/UserManagementMenuBlade/~/AllUsers';

/** Where each code is put right: Microsoft's pages for what is Microsoft's, paths of the portal for what is ours. */
const places: Readonly<Partial<Record<ReadinessCode, Maker>>> = {
  'PRV-001': () => '/microsoft',
  'PRV-002': () => '/microsoft',
  'PRV-003': () => '/microsoft',
  'PRV-004': () => '/overview',
  'PRV-010': () => '/microsoft',
  'PRV-011': () => '/microsoft',
  'PRV-012': () => '/microsoft',
  'PRV-013': () => '/microsoft',
  'PRV-014': () => '/overview',
  'PRV-101': () => '/people',
  'PRV-102': person,
  'PRV-111': person,
  'PRV-112': person,
  'PRV-201': () => allUsers,
  'PRV-202': ofUser((id) => entraUser(id), allUsers),
  'PRV-203': ofUser((id) => entraUser(id), allUsers),
  'PRV-204': () => 'https://admin.teams.microsoft.com/voice/resource-accounts',
  'PRV-205': ({ groupId }) =>
    groupId === undefined
      ? '/microsoft'
      : `https://entra.microsoft.com/#view/Microsoft_AAD_IAM/GroupDetailsMenuBlade/~/Members/groupId/${groupId}`,
  'PRV-206': () => '/microsoft',
  'PRV-207': () => deletedUsers,
  'PRV-208': ofUser((id) => teamsUser(id), teamsNumbers),
  'PRV-209': person,
  'PRV-301': person,
  'PRV-302': person,
  'PRV-303': person,
  'PRV-304': () => teamsNumbers,
  'PRV-305': () => teamsNumbers,
  'PRV-306': ofUser((id) => entraUser(id), allUsers),
  'PRV-307': () => '/numbers',
  'PRV-308': ofUser((id) => entraUser(id), allUsers),
  'PRV-401': ofUser(licences, allUsers),
  'PRV-402': person,
  'PRV-403': ofUser(licences, allUsers),
  'PRV-404': ofUser(licences, allUsers),
  'PRV-405': ofUser(licences, allUsers),
  'PRV-501': ofUser((id) => teamsUser(id), teamsNumbers),
  'PRV-502': ofUser((id) => teamsUser(id), teamsNumbers),
  'PRV-505': ofUser((id) => teamsUser(id), teamsNumbers),
  'PRV-506': person,
  'PRV-507': ofUser((id) => teamsUser(id, 'policies'), teamsUsers),
  'PRV-603': person,
  'PRV-702': person,
};

/** Undefined: there is nothing to open, only to wait, or to do at the person's own machine. */
export function fixLinkOf(code: ReadinessCode | undefined, place: FixPlace): string | undefined {
  return code === undefined ? undefined : places[code]?.(place);
}
