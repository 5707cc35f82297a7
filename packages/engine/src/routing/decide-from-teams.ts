import {
  type Account,
  type Carrier,
  type E164,
  isE164,
  type Owner,
  type RoutingSnapshot,
  readEmergencyNumber,
  readEmergencyNumberAnywhere,
  readNumber,
  teamsEligibility,
} from '@tandem/domain';
import type { CallFailure } from '../call/call-failure.ts';
import type { CallFacts } from './call-facts.ts';
import type { Decision, DecisionFacts, Route } from './decision.ts';
import { diversionsIn, maxDiversions } from './history-info.ts';
import { type TeamsCaller, teamsCaller } from './teams-caller.ts';

/**
 * A call from Teams, in the order of product-behaviour 4.3. The customer follows from the Request-URI host and from
 * nothing else (T03); that the peer is Microsoft was proved by the connection.
 */
export function decideFromTeams(snapshot: RoutingSnapshot, facts: CallFacts): Decision {
  const why: string[] = [];
  const accountId = snapshot.accountBySbcHost.get(facts.host);
  const account = accountId === undefined ? undefined : snapshot.accounts.get(accountId);
  if (!account) {
    why.push(`Teams called the host ${facts.host || '(none)'}, which belongs to no customer.`);
    const stranded = strandedEmergency(snapshot, facts, why);
    if (stranded) return stranded;
    return { ...plain(facts, why), outcome: 'refuse', failure: { kind: 'unknown-host', host: facts.host } };
  }
  why.push(`Teams called the host ${facts.host}: the customer is ${account.name}.`);

  // Before anything else, and whatever else is wrong with the caller or the customer (4.16, I15).
  const emergency = readEmergencyNumber(facts.called, account.country);
  const who = teamsCaller(snapshot, account, facts, why);
  if (emergency) {
    why.push(
      `${emergency.number} is an emergency ${emergency.test ? 'test ' : ''}number in ${account.country}.`,
    );
    const carriers = emergencyCarriers(snapshot, account);
    if (carriers.length === 0) {
      why.push(`${account.name} has no carrier at all.`);
      return refused(account, who, { kind: 'no-route', dialled: facts.called }, emergency.number, true);
    }
    why.push(`It leaves over ${carriers.map((carrier) => carrier.name).join(', then ')}.`);
    // A callback must reach somebody: never hidden, never a foreign number (4.14).
    const number = who.caller.asserted;
    return routed(account, who, emergency.number, true, {
      kind: 'to-carrier',
      account,
      person: who.person,
      called: emergency.number,
      emergency,
      carriers,
      caller: { ...who.caller, number, anonymous: false },
      diversion: undefined,
    });
  }

  if (account.status === 'suspended') {
    why.push(`${account.name} is suspended.`);
    return refused(account, who, { kind: 'caller-account-suspended' });
  }
  if (diversionsIn(facts.history) > maxDiversions) {
    why.push('The call was forwarded too many times.');
    return refused(account, who, { kind: 'loop-detected' });
  }
  const callerFault = judgeCaller(account, who, facts, why);
  if (callerFault) return refused(account, who, callerFault);

  const reading = readNumber(facts.called, account.country, account.areaCode);
  if (reading.kind === 'unreadable') {
    why.push(`${facts.called || 'An empty number'} is not a telephone number.`);
    return refused(account, who, { kind: 'unreadable-number', dialled: facts.called });
  }
  if (reading.kind === 'short') {
    const owner = snapshot.extensions.get(account.id)?.get(reading.digits);
    if (!owner) {
      why.push(`${reading.digits} is no extension of ${account.name}.`);
      return refused(account, who, { kind: 'unknown-extension', dialled: reading.digits });
    }
    why.push(`${reading.digits} is an extension of ${account.name}.`);
    return onNet(account, who, owner, reading.digits);
  }
  const { number } = reading;
  const owner = snapshot.numbers.get(number);
  if (owner?.accountId === account.id) {
    why.push(`${number} is a number of ${account.name} itself: the call stays on the platform.`);
    return onNet(account, who, owner, number);
  }
  // Another customer's number is an outside number like any other: the call leaves and comes back through carriers.
  const carriers = carriersOf(snapshot, account);
  if (carriers.length === 0) {
    why.push(`${account.name} has no carrier for outside numbers.`);
    return refused(account, who, { kind: 'no-route', dialled: number }, number);
  }
  why.push(`${number} is an outside number: it leaves over ${carriers.map((c) => c.name).join(', then ')}.`);
  return routed(account, who, number, false, {
    kind: 'to-carrier',
    account,
    person: who.person,
    called: number,
    emergency: undefined,
    carriers,
    caller: who.caller,
    diversion: who.diversion,
  });

  function onNet(of: Account, from: TeamsCaller, to: Owner, dialled: string): Decision {
    const person = to.kind === 'person' ? snapshot.people.get(to.personId) : undefined;
    const [finding] = teamsEligibility(of, person);
    if (finding || !person) {
      const { code, sentence } = finding ?? {
        code: 'PRV-101' as const,
        sentence: 'The called person is gone.',
      };
      why.push(`${code}: ${sentence}`);
      const kind = code === 'PRV-101' || code === 'PRV-102' ? 'callee-disabled' : 'callee-not-eligible';
      return refused(of, from, { kind, code, sentence }, dialled);
    }
    const target = person.numbers[0] as E164;
    why.push(`It goes to ${person.displayName} in Teams.`);
    const sbcHost = of.sbcHosts[0] ?? facts.host;
    return routed(of, from, target, false, {
      kind: 'to-teams',
      account: of,
      person,
      number: target,
      sbcHost,
      caller: from.caller,
    });
  }

  function routed(of: Account, from: TeamsCaller, to: string, isEmergency: boolean, route: Route): Decision {
    return { ...told(of, from, to, isEmergency), outcome: 'route', route };
  }

  function refused(
    of: Account,
    from: TeamsCaller,
    failure: CallFailure,
    to = facts.called,
    isEmergency = false,
  ): Decision {
    return { ...told(of, from, to, isEmergency), outcome: 'refuse', failure };
  }

  function told(of: Account, from: TeamsCaller, to: string, isEmergency: boolean): DecisionFacts {
    return {
      accountId: of.id,
      personId: from.person?.id,
      carrierId: undefined,
      emergency: isEmergency,
      from: from.caller.anonymous && !isEmergency ? 'anonymous' : (from.caller.number ?? facts.from.user),
      to,
      why,
    };
  }
}

/**
 * An emergency call through a host that is no customer's (a subdomain that was removed, a mistake of ours): somebody
 * needs help all the same, so it leaves over the operator's own carriers (I10, I15).
 */
function strandedEmergency(snapshot: RoutingSnapshot, facts: CallFacts, why: string[]): Decision | undefined {
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
    ...plain(facts, why),
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

/** Nobody of ours, or somebody who may not: what the account and the person's state say (4.3, 1.8). */
function judgeCaller(
  account: Account,
  who: TeamsCaller,
  facts: CallFacts,
  why: string[],
): CallFailure | undefined {
  const { person } = who;
  if (person) {
    why.push(`The caller is ${person.displayName}.`);
    const [finding] = teamsEligibility(account, person);
    if (!finding) return undefined;
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

function carriersOf(snapshot: RoutingSnapshot, account: Account): readonly Carrier[] {
  const carriers: Carrier[] = [];
  for (const id of account.carriers) {
    const carrier = snapshot.carriers.get(id);
    if (carrier && (carrier.owner === 'operator' || carrier.owner === account.id)) carriers.push(carrier);
  }
  return carriers;
}

/** Those that may take emergency calls first, then all others of the customer, then the operator's: any is better than none. */
function emergencyCarriers(snapshot: RoutingSnapshot, account: Account): readonly Carrier[] {
  const own = carriersOf(snapshot, account);
  const operators = [...snapshot.carriers.values()].filter(
    (carrier) => carrier.owner === 'operator' && carrier.emergency && !own.includes(carrier),
  );
  return [...own.filter((c) => c.emergency), ...operators, ...own.filter((c) => !c.emergency)];
}

function plain(facts: CallFacts, why: readonly string[]): DecisionFacts {
  return {
    accountId: undefined,
    personId: undefined,
    carrierId: undefined,
    emergency: false,
    from: facts.from.user,
    to: facts.called,
    why,
  };
}
