import { createHash } from 'node:crypto';
import type { Directory } from './directory.ts';
import type { TeamsUser, Tenant } from './tenant.ts';
import { type PolicyType, policyTypes } from './voice.ts';

/** Which policies a tenant has, and which of them counts for a user (graph 5.3, 5.4; checks T5, T6). */

/** What `getPolicyId` calls it: opaque, and another one in every tenant. */
export const policyIdOf = (tenant: Pick<Tenant, 'id'>, type: PolicyType, name: string): string =>
  createHash('sha256').update(`${tenant.id}|${type}|${name.toLowerCase()}`).digest('base64url');

/** Names of the tenant's policies of a type, without `Global`. */
export function policyNames({ voice }: Tenant, type: PolicyType): readonly string[] {
  const named =
    type === 'OnlineVoiceRoutingPolicy'
      ? [...voice.policies.values()].map(({ identity }) => identity)
      : type === 'TenantDialPlan'
        ? [...voice.dialPlans.values()].map(({ identity }) => identity)
        : (voice.otherPolicies.get(type) ?? []);
  return named.filter((name) => name.toLowerCase() !== 'global');
}

export interface EffectivePolicy {
  readonly type: PolicyType;
  readonly name: string;
  readonly by: 'direct' | 'group';
  readonly groupId: string | undefined;
}

/** Whose policies are asked for; groups and grants are as old as Microsoft takes to follow them. */
export interface PolicyHolder {
  readonly policies: TeamsUser['policies'];
  readonly groups: readonly string[];
  /** Wall ms: grants after this are not followed yet. */
  readonly groupsAsOf: number;
}

/** The groups that count for policies: membership and grants of some time ago (T6). */
export function groupsForPolicies(
  directory: Directory,
  user: TeamsUser,
): Pick<PolicyHolder, 'groups' | 'groupsAsOf'> {
  const groupsAsOf = directory.stamps.next() - directory.delays.groupPolicyMs;
  const { groups, life } = directory.at(user, groupsAsOf);
  return { groups: life === 'live' ? groups : [], groupsAsOf };
}

/**
 * What counts for the user: the direct assignment, else the best rank among the grants to groups that name the user as a
 * direct member. `Global` counts where nothing is listed.
 */
export function effectivePolicies(tenant: Tenant, holder: PolicyHolder): EffectivePolicy[] {
  return policyTypes.flatMap((type): EffectivePolicy[] => {
    const direct = holder.policies[type];
    if (direct !== undefined) return [{ type, name: direct, by: 'direct', groupId: undefined }];
    const [best] = tenant.voice.groupGrants
      .filter(
        (grant) =>
          grant.type === type && grant.since <= holder.groupsAsOf && holder.groups.includes(grant.groupId),
      )
      .toSorted((a, b) => a.rank - b.rank);
    return best ? [{ type, name: best.name, by: 'group', groupId: best.groupId }] : [];
  });
}
