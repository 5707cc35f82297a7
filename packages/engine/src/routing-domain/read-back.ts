import { type CallingPolicy, type CallingPolicySeen, judgeCallingPolicy } from './calling-policy.ts';
import type { RoutingObject, VoiceRouting } from './routing-domain.ts';

/** What the script, run by the customer's Teams administrator, found at its end. Everything in it is only said. */
export interface RoutingReport {
  readonly usages: readonly string[];
  readonly routes: readonly {
    readonly identity: string;
    readonly pattern: string;
    readonly gateways: readonly string[];
    readonly usages: readonly string[];
  }[];
  readonly policies: readonly { readonly identity: string; readonly usages: readonly string[] }[];
  readonly dialPlans?: readonly string[] | undefined;
  readonly callingPolicies?: readonly CallingPolicySeen[] | undefined;
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
const holds = (all: readonly string[], one: string): boolean => all.some((other) => same(other, one));
/** Teams shows policies and dial plans that an admin made as `Tag:name`. */
const bare = (identity: string): string => identity.replace(/^tag:/i, '');

/** Every object that calls need, against what the tenant has. */
export function judgeReport(
  wanted: VoiceRouting,
  host: string,
  report: RoutingReport,
  /** What `wanted.calling` means now. */
  calling?: CallingPolicy,
): readonly RoutingObject[] {
  const objects: RoutingObject[] = [
    {
      kind: 'usage',
      name: wanted.usage,
      state: holds(report.usages, wanted.usage) ? 'present' : 'missing',
    },
    routeOf(wanted, host, report),
    policyOf(wanted, report),
  ];
  if (wanted.dialPlan !== undefined)
    objects.push({
      kind: 'dial-plan',
      name: wanted.dialPlan,
      state:
        report.dialPlans === undefined
          ? 'unread'
          : holds(report.dialPlans.map(bare), wanted.dialPlan)
            ? 'present'
            : 'missing',
    });
  if (calling) objects.push(judgeCallingPolicy(calling, report.callingPolicies));
  return objects;
}

function routeOf(wanted: VoiceRouting, host: string, report: RoutingReport): RoutingObject {
  const object = { kind: 'route', name: wanted.route } as const;
  const route = report.routes.find(({ identity }) => same(identity, wanted.route));
  if (!route) return { ...object, state: 'missing' };
  if (!holds(route.gateways, host))
    return { ...object, state: 'different', words: `does not name ${host} as its gateway` };
  if (!holds(route.usages, wanted.usage))
    return { ...object, state: 'different', words: `does not carry the usage ${wanted.usage}` };
  return { ...object, state: 'present' };
}

function policyOf(wanted: VoiceRouting, report: RoutingReport): RoutingObject {
  const object = { kind: 'policy', name: wanted.policy } as const;
  const policy = report.policies.find(({ identity }) => same(bare(identity), wanted.policy));
  if (!policy) return { ...object, state: 'missing' };
  return holds(policy.usages, wanted.usage)
    ? { ...object, state: 'present' }
    : { ...object, state: 'different', words: `does not hold the usage ${wanted.usage}` };
}

/** A route that names the host was accepted by Microsoft: only an active domain can stand in one. */
export const provesActive = (objects: readonly RoutingObject[]): boolean =>
  objects.some(({ kind, state }) => kind === 'route' && state === 'present');
