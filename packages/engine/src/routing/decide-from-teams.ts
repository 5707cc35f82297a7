import type { Account, RoutingSnapshot } from '@tandem/domain';
import type { CallFailure } from '../call/call-failure.ts';
import type { CallFacts } from './call-facts.ts';
import { ownFinding, ownReach, type Reach, refusalInWords } from './called-party.ts';
import type { Decision } from './decision.ts';
import { decideOutbound } from './outbound.ts';
import { factsOfNobody, strandedEmergency } from './stranded-emergency.ts';
import { type TeamsCaller, teamsCaller } from './teams-caller.ts';

/**
 * A call from Teams, in the order of product-behaviour 4.3. The customer follows from the Request-URI host and from
 * nothing else (T03); that the peer is Microsoft was proved by the connection.
 */
export function decideFromTeams(
  snapshot: RoutingSnapshot,
  facts: CallFacts,
  reach: Reach = ownReach,
): Decision {
  const why: string[] = [];
  const accountId = snapshot.accountBySbcHost.get(facts.host);
  const account = accountId === undefined ? undefined : snapshot.accounts.get(accountId);
  if (!account) {
    why.push(`Teams called the host ${facts.host || '(none)'}, which belongs to no customer.`);
    const stranded = strandedEmergency(snapshot, facts, why);
    if (stranded) return stranded;
    return {
      ...factsOfNobody(facts, why),
      outcome: 'refuse',
      failure: { kind: 'unknown-host', host: facts.host },
    };
  }
  why.push(`Teams called the host ${facts.host}: the customer is ${account.name}.`);

  const who = teamsCaller(snapshot, account, facts, why, reach.access);
  const { person, caller, diversion } = who;
  const calling = { kind: 'teams' as const, personId: person?.id, deviceId: undefined };
  const origin = { account, person, calling, caller, diversion };
  return decideOutbound(snapshot, origin, facts, reach, why, () =>
    judgeCaller(account, who, facts, reach, why),
  );
}

/** Nobody of ours, or somebody who may not: what the account and the person's state say (4.3, 1.8). */
function judgeCaller(
  account: Account,
  who: TeamsCaller,
  facts: CallFacts,
  reach: Reach,
  why: string[],
): CallFailure | undefined {
  const { person } = who;
  if (person) {
    why.push(`The caller is ${person.displayName}.`);
    const outcome = reach.access.outcomeOf(account.id, person.id)?.fromPerson;
    const finding = ownFinding(account, person, outcome?.allowed);
    if (!finding) {
      if (!outcome || outcome.allowed) return undefined;
      why.push(refusalInWords(outcome.refusal));
      return { kind: 'caller-not-eligible', ...outcome.refusal };
    }
    why.push(`${finding.code}: ${finding.sentence}`);
    const disabled = finding.code === 'PRV-101' || finding.code === 'PRV-102';
    return { kind: disabled ? 'caller-disabled' : 'caller-not-eligible', ...finding };
  }
  if (account.unknownCaller === 'main-number' && account.mainNumber !== undefined) {
    why.push(`The caller's number is nobody's at ${account.name}; calls with the main number are allowed.`);
    return undefined;
  }
  why.push(`The caller's number is nobody's at ${account.name}, and such calls are refused.`);
  return { kind: 'caller-not-owned', presented: facts.from.user };
}
