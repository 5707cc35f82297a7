import { policyIdOf, policyNames } from '../directory/policies.ts';
import type { TeamsUser } from '../directory/tenant.ts';
import { isPolicyType, type PolicyType } from '../directory/voice.ts';
import { context, fail, type GraphAnswer, type GraphCall, notFound, ok } from './graph-world.ts';
import { stranded } from './number-office.ts';

/** Policies of users (graph 5.3; checks T5, T8): one call names up to twenty, and all of them count or none. */

const most = 20;

interface Wish {
  readonly userId: string;
  readonly policyType: string;
  readonly policyId?: string | null;
}
interface Step {
  readonly user: TeamsUser;
  readonly type: PolicyType;
  /** Undefined: none is named. */
  readonly name: string | undefined;
}

const bad = (message: string): GraphAnswer => fail(400, 'BadRequest', message, 'T5');

function steps(call: GraphCall, needsPolicy: boolean): readonly Step[] | GraphAnswer {
  const { tenant, world } = call;
  const { value } = call.body as { value: readonly Wish[] };
  if (value.length === 0 || value.length > most) return bad(`value takes 1 to ${most} assignments.`);
  const found: Step[] = [];
  for (const { userId, policyType, policyId } of value) {
    const user = world.directory.userById(tenant, userId);
    // An object id; a UPN is nobody here.
    if (!user || user.objectId !== userId.toLowerCase()) return notFound(userId, 'T5');
    if (!isPolicyType(policyType)) return bad(`The policy type '${policyType}' is not supported.`);
    if (
      tenant.voice.refusesVoicePolicies &&
      (policyType === 'OnlineVoiceRoutingPolicy' || policyType === 'TenantDialPlan')
    )
      return bad(`The policy type '${policyType}' cannot be assigned in this tenant.`);
    if (policyId === undefined || policyId === null) {
      if (needsPolicy) return bad('policyId is missing.');
      found.push({ user, type: policyType, name: undefined });
      continue;
    }
    const name = policyNames(tenant, policyType).find(
      (one) => policyIdOf(tenant, policyType, one) === policyId,
    );
    if (name === undefined)
      return fail(404, 'NotFound', `The policy '${policyId}' of type '${policyType}' was not found.`, 'T5');
    found.push({ user, type: policyType, name });
  }
  return found;
}

export function assignPolicies(call: GraphCall): GraphAnswer {
  const found = steps(call, true);
  if ('status' in found) return found;
  for (const { user, type, name } of found)
    if (name !== undefined)
      call.world.directory.change(user, { policies: { ...user.policies, [type]: name } });
  return { status: 204 };
}

export function unassignPolicies(call: GraphCall): GraphAnswer {
  const found = steps(call, false);
  if ('status' in found) return found;
  if (found.some(({ user }) => call.world.numbers.isStranded(user)))
    return fail(400, 'BadRequest', stranded, 'T8');
  for (const { user, type, name } of found) {
    const { [type]: had, ...rest } = user.policies;
    // Another policy than the one that is named stays.
    if (had !== undefined && (name === undefined || name === had))
      call.world.directory.change(user, { policies: rest });
  }
  return { status: 204 };
}

/** Names are not ids: each tenant has its own. */
export function getPolicyId(call: GraphCall): GraphAnswer {
  const { type = '', name: wanted = '' } = call.params;
  if (!isPolicyType(type)) return bad(`The policy type '${type}' is not supported.`);
  const name = policyNames(call.tenant, type).find((one) => one.toLowerCase() === wanted.toLowerCase());
  if (name === undefined) return fail(404, 'NotFound', `The policy '${wanted}' was not found.`, 'T5');
  const policyId = policyIdOf(call.tenant, type, name);
  return ok({
    '@odata.context': context(
      call.base,
      'Collection(microsoft.graph.teamsAdministration.policyIdentifierDetail)',
    ),
    value: [{ id: policyId, name, policyId }],
  });
}
