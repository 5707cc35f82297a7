import { isE164, type RoutingSnapshot, readEmergencyNumberAnywhere } from '@tandem/domain';
import type { CallFacts } from './call-facts.ts';
import type { Decision, DecisionFacts } from './decision.ts';

/**
 * An emergency call through a host or from a phone that is no customer's (removed a moment ago, a mistake of ours):
 * somebody needs help all the same, so it leaves over the operator's own carriers (I10, I15).
 */
export function strandedEmergency(
  snapshot: RoutingSnapshot,
  facts: CallFacts,
  why: string[],
): Decision | undefined {
  const emergency = readEmergencyNumberAnywhere(facts.called);
  if (!emergency) return undefined;
  const carriers = [...snapshot.carriers.values()].filter(
    (carrier) => carrier.owner === 'operator' && carrier.emergency,
  );
  why.push(`${emergency.number} is an emergency number.`);
  if (carriers.length === 0) {
    why.push('The operator has no carrier for emergency calls.');
    return undefined;
  }
  why.push(`It leaves over ${carriers.map((carrier) => carrier.name).join(', then ')}.`);
  const number = isE164(facts.from.user) ? facts.from.user : undefined;
  return {
    ...factsOfNobody(facts, why),
    to: emergency.number,
    emergency: true,
    outcome: 'route',
    route: {
      kind: 'to-carrier',
      account: undefined,
      person: undefined,
      called: emergency.number,
      emergency,
      carriers,
      caller: { number, displayName: facts.from.displayName, anonymous: false, asserted: number },
      diversion: undefined,
    },
  };
}

/** What is known of a call that belongs to no customer. */
export function factsOfNobody(facts: CallFacts, why: readonly string[]): DecisionFacts {
  return {
    accountId: undefined,
    personId: undefined,
    callingPersonId: undefined,
    carrierId: undefined,
    emergency: false,
    from: facts.from.user,
    to: facts.called,
    why,
  };
}
