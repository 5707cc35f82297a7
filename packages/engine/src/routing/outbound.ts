import {
  type Account,
  type Carrier,
  type Owner,
  type Person,
  type RoutingSnapshot,
  readEmergencyNumber,
  readNumber,
} from '@tandem/domain';
import type { CallFailure } from '../call/call-failure.ts';
import type { CallFacts } from './call-facts.ts';
import { type CallingParty, calledEndpoints, leaveMessage, type Reach } from './called-party.ts';
import { recordedName } from './caller-name.ts';
import { branchesOf, type Caller, type Decision, type DecisionFacts, type Route } from './decision.ts';
import { diversionsIn, maxDiversions } from './history-info.ts';

/** Who calls out, once recognised: from Teams or from a phone. */
export interface Origin {
  readonly account: Account;
  /** Pays and answers for the call; undefined when it is the account itself. */
  readonly person: Person | undefined;
  readonly calling: CallingParty;
  readonly caller: Caller;
  readonly diversion: { readonly number: string; readonly reason: string } | undefined;
}

/**
 * A call of somebody of ours, in the order of product-behaviour 4.3: emergency before anything else and whatever else is
 * wrong, then the customer, loops, the caller (`judge`), numbers that stay on the platform, and carriers.
 */
export function decideOutbound(
  snapshot: RoutingSnapshot,
  origin: Origin,
  facts: CallFacts,
  reach: Reach,
  why: string[],
  judge: () => CallFailure | undefined,
): Decision {
  const { account, person, caller } = origin;

  // Before anything else, and whatever else is wrong with the caller or the customer (4.16, I15).
  const emergency = readEmergencyNumber(facts.called, account.country);
  if (emergency) {
    why.push(
      `${emergency.number} is an emergency ${emergency.test ? 'test ' : ''}number in ${account.country}.`,
    );
    const carriers = emergencyCarriers(snapshot, account);
    if (carriers.length === 0) {
      why.push(`${account.name} has no carrier at all.`);
      return refused({ kind: 'no-route', dialled: facts.called }, emergency.number, true);
    }
    why.push(`It leaves over ${carriers.map((carrier) => carrier.name).join(', then ')}.`);
    // A callback must reach somebody: never hidden, never a foreign number (4.14).
    const number = caller.asserted;
    return routed(emergency.number, true, {
      kind: 'to-carrier',
      account,
      person,
      called: emergency.number,
      emergency,
      carriers,
      caller: { ...caller, number, anonymous: false },
      diversion: undefined,
    });
  }

  if (account.status === 'suspended') {
    why.push(`${account.name} is suspended.`);
    return refused({ kind: 'caller-account-suspended' });
  }
  if (diversionsIn(facts.history) > maxDiversions) {
    why.push('The call was forwarded too many times.');
    return refused({ kind: 'loop-detected' });
  }
  const callerFault = judge();
  if (callerFault) return refused(callerFault);

  const reading = readNumber(facts.called, account.country, account.areaCode);
  if (reading.kind === 'unreadable') {
    why.push(`${facts.called || 'An empty number'} is not a telephone number.`);
    return refused({ kind: 'unreadable-number', dialled: facts.called });
  }
  if (reading.kind === 'short') {
    const owner = snapshot.extensions.get(account.id)?.get(reading.digits);
    if (!owner) {
      why.push(`${reading.digits} is no extension of ${account.name}.`);
      return refused({ kind: 'unknown-extension', dialled: reading.digits });
    }
    why.push(`${reading.digits} is an extension of ${account.name}.`);
    return onNet(owner, reading.digits);
  }
  const { number } = reading;
  const owner = snapshot.numbers.get(number);
  if (owner?.accountId === account.id) {
    why.push(`${number} is a number of ${account.name} itself: the call stays on the platform.`);
    return onNet(owner, number);
  }
  const forward = owner ? undefined : reach.access.forwardOf?.(number);
  if (forward?.owner.accountId === account.id) {
    const who = forward.mailbox ? 'a message can be left' : 'somebody else is rung';
    why.push(`${number} was ${forward.formerOwner}'s, who left: ${who} by the leaver rule.`);
    return onNet(forward.owner, number, forward.mailbox);
  }
  const former = owner ? undefined : reach.access.formerOwner?.(number);
  if (former?.accountId === account.id) {
    why.push(`${number} is being changed at Microsoft: its owner is rung by it until that is done.`);
    return onNet(former, number);
  }
  // Another customer's number is an outside number like any other: the call leaves and comes back through carriers.
  const carriers = carriersOf(snapshot, account);
  if (carriers.length === 0) {
    why.push(`${account.name} has no carrier for outside numbers.`);
    return refused({ kind: 'no-route', dialled: number }, number);
  }
  why.push(`${number} is an outside number: it leaves over ${carriers.map((c) => c.name).join(', then ')}.`);
  return routed(number, false, {
    kind: 'to-carrier',
    account,
    person,
    called: number,
    emergency: undefined,
    carriers,
    caller,
    diversion: origin.diversion,
  });

  function onNet(to: Owner, dialled: string, mailbox?: true): Decision {
    const { calling } = origin;
    const as = { account, dialled, number: undefined, caller, calling };
    const person = mailbox && to.kind === 'person' ? snapshot.people.get(to.personId) : undefined;
    const called = person ? leaveMessage(person, as, why) : calledEndpoints(snapshot, to, as, reach, why);
    const { route } = called;
    if (!route) return { ...refused(called.failure, dialled), ...(called.announce && { announce: account }) };
    const teams = branchesOf(route).find((branch) => branch.kind === 'to-teams');
    return routed(teams?.number ?? dialled, false, route);
  }

  function routed(to: string, isEmergency: boolean, route: Route): Decision {
    return { ...told(to, isEmergency), outcome: 'route', route };
  }

  function refused(failure: CallFailure, to = facts.called, isEmergency = false): Decision {
    return { ...told(to, isEmergency), outcome: 'refuse', failure };
  }

  /** Who calls themselves is known here; of a forwarded call only what Microsoft says. */
  function named(): Caller {
    if (!person || origin.diversion) return caller;
    return { ...caller, displayName: person.displayName, nameSource: 'platform' };
  }

  function told(to: string, isEmergency: boolean): DecisionFacts {
    return {
      accountId: account.id,
      personId: person?.id,
      callingPersonId: person?.id,
      carrierId: undefined,
      emergency: isEmergency,
      from: caller.anonymous && !isEmergency ? 'anonymous' : (caller.number ?? facts.from.user),
      to,
      ...(caller.anonymous && !isEmergency ? {} : recordedName({ ...named(), anonymous: false })),
      why,
    };
  }
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
