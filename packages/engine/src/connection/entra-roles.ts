/** Roles of Entra by their template ids, as the claim `wids` names them (microsoft-graph 1.5). */
interface EntraRole {
  readonly name: string;
  /** May grant application permissions of Graph for the whole tenant (microsoft-graph 1.3). */
  readonly consents: boolean;
}

const roles: Readonly<Record<string, EntraRole>> = {
  '62e90394-69f5-4237-9190-012177145e10': { name: 'Global Administrator', consents: true },
  'e8611ab8-c189-46e8-94e1-60213ab1f814': { name: 'Privileged Role Administrator', consents: true },
  '69091246-20e8-4a56-aa4d-066075b2a7a8': { name: 'Teams Administrator', consents: false },
  'baf37b3a-610e-45da-9e62-d9d1e5e8914b': { name: 'Teams Communications Administrator', consents: false },
  'aa38014f-0993-46e9-9b45-30501a20909d': { name: 'Teams Telephony Administrator', consents: false },
  '158c047a-c907-4556-b7ef-446551a6b5f7': { name: 'Cloud Application Administrator', consents: false },
  '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3': { name: 'Application Administrator', consents: false },
  'fe930be7-5e62-47db-91af-98c3a49a38b1': { name: 'User Administrator', consents: false },
};

/** Everybody has this one: it says nothing. */
const ordinaryUser = 'b79fbf4d-3ef9-4689-8143-76b194e85509';

export const consentRoles: readonly string[] = Object.values(roles)
  .filter(({ consents }) => consents)
  .map(({ name }) => name);

export interface SeenRoles {
  /** In words; a role that we do not know stands as its id. */
  readonly names: readonly string[];
  readonly mayConsent: boolean;
}

/** `wids` of an ID token. Undefined: the token does not say, because the registration does not ask for it. */
export function seenRoles(wids: readonly string[] | undefined): SeenRoles | undefined {
  if (wids === undefined) return undefined;
  const held = wids.map((id) => id.toLowerCase()).filter((id) => id !== ordinaryUser);
  return {
    names: held.map((id) => roles[id]?.name ?? id),
    mayConsent: held.some((id) => roles[id]?.consents === true),
  };
}
