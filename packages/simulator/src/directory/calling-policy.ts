import type { Directory } from './directory.ts';
import { effectivePolicies, groupsForPolicies } from './policies.ts';
import type { TeamsUser, Tenant } from './tenant.ts';
import type { CallingPolicySwitches } from './voice.ts';

/** What calling policies say, and which of them counts for a user (teams-direct-routing 8.7). */

const defaults = {
  allowPrivateCalling: true,
  allowVoicemail: 'UserOverride',
  musicOnHold: 'Enabled',
} as const;

const bare = (identity: string): string => identity.replace(/^tag:/i, '');

/** One that Microsoft brings; nobody needs to make it. */
const without = 'DisallowCalling';

/** Every calling policy of the tenant. */
export function callingPolicies({ voice }: Pick<Tenant, 'voice'>): readonly CallingPolicySwitches[] {
  const names = ['Global', ...(voice.otherPolicies.get('TeamsCallingPolicy') ?? [])];
  return names.map(
    (identity): CallingPolicySwitches => ({
      identity,
      ...defaults,
      ...(identity === without && { allowPrivateCalling: false }),
      ...voice.callingPolicies.get(identity.toLowerCase()),
    }),
  );
}

/** By its identity, with or without `Tag:`. */
export const callingPolicy = (
  tenant: Pick<Tenant, 'voice'>,
  identity: string,
): CallingPolicySwitches | undefined =>
  callingPolicies(tenant).find((one) => one.identity.toLowerCase() === bare(identity).toLowerCase());

/** The policy that counts for the user: assigned to them, to a group of theirs, else Global. One that is gone is Global. */
export function callingPolicyOf(
  directory: Directory,
  tenant: Tenant,
  user: TeamsUser,
): CallingPolicySwitches {
  const holder = { policies: user.policies, ...groupsForPolicies(directory, user) };
  const assigned = effectivePolicies(tenant, holder).find(({ type }) => type === 'TeamsCallingPolicy');
  const found = callingPolicy(tenant, assigned?.name ?? 'Global');
  return found ?? callingPolicy(tenant, 'Global') ?? { identity: 'Global', ...defaults };
}

/** What a policy has that an admin makes without saying more. */
export const freshCallingPolicy = (identity: string): CallingPolicySwitches => ({
  identity: bare(identity),
  ...defaults,
});
