import { createHash } from 'node:crypto';
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

/**
 * What counts for the user: the direct assignment, else the best rank among the groups that name the user as a direct
 * member and whose grant is `lagMs` old. `Global` counts where nothing is listed.
 */
export function effectivePolicies(
  tenant: Tenant,
  user: Pick<TeamsUser, 'policies' | 'groups'>,
  now: number,
  lagMs: number,
): EffectivePolicy[] {
  return policyTypes.flatMap((type): EffectivePolicy[] => {
    const direct = user.policies[type];
    if (direct !== undefined) return [{ type, name: direct, by: 'direct', groupId: undefined }];
    const [best] = tenant.voice.groupGrants
      .filter(
        (grant) => grant.type === type && grant.since + lagMs <= now && user.groups.includes(grant.groupId),
      )
      .toSorted((a, b) => a.rank - b.rank);
    return best ? [{ type, name: best.name, by: 'group', groupId: best.groupId }] : [];
  });
}
