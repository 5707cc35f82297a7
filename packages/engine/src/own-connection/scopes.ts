import type { SignInUse } from '../ports/own-sign-ins.ts';

/** What a sign-in cannot do without (microsoft-graph 2.2, 2.3, 2.7). */
export const neededScopes = {
  own: ['Presence.Read', 'Presence.ReadWrite'],
  accelerator: ['Presence.Read.All'],
} as const satisfies Record<SignInUse, readonly string[]>;

const identity = ['openid', 'profile', 'email', 'offline_access', 'User.Read'] as const;

/** What the person is asked for at Microsoft: no more than the use needs. */
export const scopesToAsk = (use: SignInUse): readonly string[] => [...identity, ...neededScopes[use]];

/** Permissions of Graph among what was granted, without the names of OpenID Connect. */
export const permissionsOf = (granted: readonly string[]): readonly string[] =>
  granted
    .map((scope) => scope.slice(scope.lastIndexOf('/') + 1))
    .filter((scope) => !['openid', 'profile', 'email', 'offline_access', ''].includes(scope));

export function missingScopes(use: SignInUse, granted: readonly string[]): readonly string[] {
  const has = new Set(permissionsOf(granted).map((scope) => scope.toLowerCase()));
  return neededScopes[use].filter((scope) => !has.has(scope.toLowerCase()));
}
