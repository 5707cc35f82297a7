/** Entra's directory roles as far as they decide something here (graph 1.5): names, and the ids of their templates. */
export const directoryRoles = {
  'Global Administrator': '62e90394-69f5-4237-9190-012177145e10',
  'Privileged Role Administrator': 'e8611ab8-c189-46e8-94e1-60213ab1f814',
  'Cloud Application Administrator': '158c047a-c907-4556-b7ef-446551a6b5f7',
  'Teams Administrator': '69091246-20e8-4a56-aa4d-066075b2a7a8',
  'Teams Communications Administrator': 'baf37b3a-610e-45da-9e62-d9d1e5e8914b',
  'Teams Telephony Administrator': 'aa38014f-0993-46e9-9b45-30501a20909d',
} as const;
export type DirectoryRole = keyof typeof directoryRoles;

export const directoryRoleNames = Object.keys(directoryRoles) as [DirectoryRole, ...DirectoryRole[]];

/**
 * Every member's token carries this id in `wids`, administrator or not (seen in tokens, in no article): a client that takes
 * any `wids` for an administrator is wrong.
 */
const everyMember = 'b79fbf4d-3ef9-4689-8143-76b194e85509';

/** What `wids` says of somebody. */
export const widsOf = (roles: readonly DirectoryRole[], guest: boolean): string[] => [
  ...roles.map((role) => directoryRoles[role]),
  ...(guest ? [] : [everyMember]),
];

const forPermissionsOfApps: readonly DirectoryRole[] = [
  'Global Administrator',
  'Privileged Role Administrator',
];

/** Who may say yes for the whole organisation; Graph's application permissions ask for more (graph 1.3, check A16). */
export function mayConsentForAll(
  roles: readonly DirectoryRole[],
  wanted: { readonly application: readonly string[] },
): boolean {
  const allowed: readonly DirectoryRole[] =
    wanted.application.length > 0
      ? forPermissionsOfApps
      : [...forPermissionsOfApps, 'Cloud Application Administrator'];
  return roles.some((role) => allowed.includes(role));
}
