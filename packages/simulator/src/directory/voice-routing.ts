import { effectivePolicies, type PolicyHolder } from './policies.ts';
import type { Tenant } from './tenant.ts';
import type { VoiceRoute } from './voice.ts';

/** From a dialled number to the gateways that are tried, by the user's voice routing policy (teams-direct-routing 8.3). */

export type RoutesFound =
  | {
      readonly ok: true;
      readonly policy: string;
      readonly usage: string;
      readonly routes: readonly VoiceRoute[];
    }
  | { readonly ok: false; readonly why: string };

/**
 * The routes of the first usage that owns one whose pattern matches, in the order of their priority. Later usages are not
 * looked at, even if all trunks of this one fail.
 */
export function routesFor(tenant: Tenant, holder: PolicyHolder, number: string): RoutesFound {
  const { voice } = tenant;
  const assigned = effectivePolicies(tenant, holder).find(({ type }) => type === 'OnlineVoiceRoutingPolicy');
  const name = assigned?.name ?? 'Global';
  const policy = voice.policies.get(name.toLowerCase());
  if (!policy || policy.usages.length === 0)
    return {
      ok: false,
      why:
        policy && assigned
          ? `the voice routing policy ${name} has no usage`
          : assigned
            ? `the voice routing policy ${name} is gone`
            : 'the user has no voice routing policy',
    };
  for (const usage of policy.usages) {
    const routes = [...voice.routes.values()]
      .filter((route) => includesName(route.usages, usage) && matches(route.numberPattern, number))
      .toSorted((a, b) => a.priority - b.priority);
    if (routes.length > 0) return { ok: true, policy: policy.identity, usage, routes };
  }
  return { ok: false, why: `no route of the policy ${policy.identity} matches the number` };
}

const includesName = (names: readonly string[], wanted: string): boolean =>
  names.some((name) => name.toLowerCase() === wanted.toLowerCase());

/** Searched, not anchored. A pattern that is none matches nothing. */
function matches(pattern: string, number: string): boolean {
  try {
    return new RegExp(pattern).test(number);
  } catch {
    return false;
  }
}
