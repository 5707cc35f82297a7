import type { CallDirection, Device } from '@tandem/domain';
import type { Headers } from '@tandem/sip';
import { branchesOf, type Decision } from '../routing/decision.ts';
import type { Source } from '../routing/source.ts';
import type { CallFailure, LegRole } from './call-failure.ts';

/** Whom a flood is counted against: the carrier, the phone, or the customer on Microsoft's side. */
export function sourceKey(
  source: Source,
  device: Device | undefined,
  decision: { readonly accountId: string | undefined },
): string {
  if (source.kind === 'carrier') return `carrier ${source.carrierId}`;
  return device ? `phone ${device.id}` : `customer ${decision.accountId ?? 'unknown'}`;
}

/** A refused call has the direction that it would have had. */
export function directionOf(source: Source, decision: Decision): CallDirection {
  const route = decision.outcome === 'route' ? decision.route : undefined;
  const toPhone = route ? route.kind === 'to-phone' : wasForPhone(decision);
  if (source.kind === 'carrier') {
    if (route?.kind === 'together' || route?.kind === 'to-mailbox') return 'to-person';
    if (
      route?.kind === 'to-queue' ||
      (decision.outcome === 'refuse' && decision.failure.kind === 'queue-closed')
    )
      return 'to-queue';
    return toPhone ? 'to-phone' : 'to-teams';
  }
  if (toPhone || (route && route.kind !== 'to-carrier')) return 'internal';
  return source.kind === 'phone' ? 'from-phone' : 'from-teams';
}

/** Until somebody is called; refused calls name the side where they would have gone. */
export function calledRole(source: Source, decision: Decision): LegRole {
  const [branch] = decision.outcome === 'route' ? branchesOf(decision.route) : [];
  if (!branch) {
    if (wasForPhone(decision)) return 'phone';
    return source.kind === 'carrier' ? 'teams' : 'carrier';
  }
  if (branch.kind === 'to-teams') return 'teams';
  return branch.kind === 'to-phone' ? 'phone' : 'carrier';
}

const wasForPhone = (decision: Decision): boolean =>
  decision.outcome === 'refuse' && decision.failure.kind === 'phone-not-registered';

export function instead(decision: Decision, failure: CallFailure): Decision {
  const { accountId, personId, callingPersonId, carrierId, emergency, from, to, why } = decision;
  const facts = { accountId, personId, callingPersonId, carrierId, emergency, from, to, why };
  const { callerName } = decision;
  return { ...facts, ...(callerName && { callerName }), outcome: 'refuse', failure };
}

export function maxForwardsOf(request: { readonly headers: Headers }): number {
  const value = request.headers.get('max-forwards');
  return value !== undefined && /^[0-9]{1,3}$/.test(value) ? Number(value) : 70;
}

/** Our own count of passes. Not proven: who forges it only stops a call of their own. */
export function hopsOf(request: { readonly headers: Headers }): number {
  const value = request.headers.get('x-tandem-hops');
  return value !== undefined && /^[0-9]{1,2}$/.test(value) ? Number(value) : 0;
}
