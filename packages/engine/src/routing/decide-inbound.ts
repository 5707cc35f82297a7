import {
  type Account,
  type Carrier,
  type CarrierId,
  type E164,
  type Owner,
  type RoutingSnapshot,
  readNumber,
} from '@tandem/domain';
import type { CallFailure } from '../call/call-failure.ts';
import { type CallFacts, isAnonymous } from './call-facts.ts';
import { calledEndpoints, leaveMessage, ownReach, type Reach } from './called-party.ts';
import { namedCaller, recordedName } from './caller-name.ts';
import type { Caller, Decision, DecisionFacts } from './decision.ts';
import { diversionsIn, maxDiversions } from './history-info.ts';

/**
 * A call from a carrier: who owns the called number, and what may ring. Order of product-behaviour 4.2, as far as
 * there is something to decide today. The customer follows from carrier and called number alone (T03).
 */
export function decideInbound(
  snapshot: RoutingSnapshot,
  carrierId: CarrierId,
  facts: CallFacts,
  reach: Reach = ownReach,
): Decision {
  const carrier = snapshot.carriers.get(carrierId);
  const why: string[] = [`The call came from the carrier ${carrier?.name ?? carrierId}.`];
  let shown: Caller | undefined;
  const owned = carrier && ownedNumber(snapshot, carrier, facts.called, reach);
  if (!owned) {
    const rests = carrier && restingNumber(snapshot, carrier, facts.called, reach);
    why.push(
      rests
        ? `${rests.number} rests at ${rests.account.name}, and nobody is rung for who had it.`
        : `${facts.called || 'An empty number'} belongs to nobody whom this carrier may call.`,
    );
    return refused({ kind: 'unknown-number', dialled: facts.called }, rests?.account);
  }
  const { number, owner, formerOwner } = owned;
  const account = snapshot.accounts.get(owner.accountId) as Account;
  const person = owner.kind === 'person' ? snapshot.people.get(owner.personId) : undefined;
  const phone = owner.kind === 'device' ? snapshot.devices.get(owner.deviceId) : undefined;
  const whose = phone
    ? `the phone ${phone.name}`
    : (person?.displayName ?? queueWords(snapshot, owner) ?? 'a person who is gone');
  why.push(
    formerOwner === undefined
      ? `${number} belongs to ${whose} of ${account.name}.`
      : owned.mailbox
        ? `${number} was ${formerOwner}'s, who left ${account.name}.`
        : `${number} was ${formerOwner}'s, who left ${account.name}: ${whose} is rung by the leaver rule.`,
  );
  const caller = namedCaller(snapshot, account, callerFromCarrier(facts, account), reach, why);
  shown = caller;

  if (account.status === 'suspended') {
    why.push(`${account.name} is suspended.`);
    return refused({ kind: 'callee-account-suspended' });
  }
  if (diversionsIn(facts.history) > maxDiversions) {
    why.push('The call was forwarded too many times.');
    return refused({ kind: 'loop-detected' });
  }
  const calling = { kind: 'carrier' as const, personId: undefined, deviceId: undefined };
  // Under the number of who left, or of before a change, Microsoft does not know who is rung.
  const known = snapshot.numbers.has(number) ? number : undefined;
  const as = { account, dialled: number, number: known, caller, calling };
  const called =
    owned.mailbox && person
      ? leaveMessage(person, as, why)
      : calledEndpoints(snapshot, owner, as, reach, why);
  if (called.route) return { ...told(), outcome: 'route', route: called.route };
  return refused(called.failure, called.announce ? account : undefined);

  function told(): DecisionFacts {
    return {
      accountId: owned?.owner.accountId,
      personId: owned?.owner.kind === 'person' ? owned.owner.personId : undefined,
      callingPersonId: undefined,
      carrierId,
      emergency: false,
      from: shown ? (shown.anonymous ? 'anonymous' : (shown.number ?? '')) : facts.from.user,
      to: owned?.number ?? facts.called,
      ...recordedName(shown),
      why,
    };
  }

  function refused(failure: CallFailure, announce?: Account): Decision {
    const facts = told();
    const accountId = facts.accountId ?? announce?.id;
    return { ...facts, accountId, outcome: 'refuse', failure, ...(announce && { announce }) };
  }
}

interface OwnedNumber {
  readonly number: E164;
  readonly owner: Owner;
  /** Name of who left: the owner is rung for them. */
  readonly formerOwner: string | undefined;
  /** The owner is who left, and the mailbox answers. */
  readonly mailbox: boolean;
}

/**
 * Carriers write numbers with plus, without, or nationally. A reading counts only if the number is owned by a
 * customer who may be called through this carrier: the carrier's own customer, or any for an operator's carrier.
 */
function ownedNumber(
  snapshot: RoutingSnapshot,
  carrier: Carrier,
  called: string,
  reach: Reach,
): OwnedNumber | undefined {
  return readAs(snapshot, carrier, called, lookup, ({ owner }) => owner.accountId);

  function lookup(text: string): OwnedNumber | undefined {
    const number = text as E164;
    const has = snapshot.numbers.get(number);
    const forward = has ? undefined : reach.access.forwardOf?.(number);
    const owner = has ?? forward?.owner ?? reach.access.formerOwner?.(number);
    if (!owner || (carrier.owner !== 'operator' && carrier.owner !== owner.accountId)) return undefined;
    return { number, owner, formerOwner: forward?.formerOwner, mailbox: forward?.mailbox === true };
  }
}

/** A number of an account behind this carrier that rests after somebody left. */
function restingNumber(
  snapshot: RoutingSnapshot,
  carrier: Carrier,
  called: string,
  reach: Reach,
): { readonly number: E164; readonly account: Account } | undefined {
  return readAs(snapshot, carrier, called, lookup, ({ account }) => account.id);

  function lookup(text: string): { readonly number: E164; readonly account: Account } | undefined {
    const accountId = reach.access.restsAt?.(text as E164);
    const account = accountId === undefined ? undefined : snapshot.accounts.get(accountId);
    if (!account || (carrier.owner !== 'operator' && carrier.owner !== account.id)) return undefined;
    return account.status === 'suspended' ? undefined : { number: text as E164, account };
  }
}

/** The first reading that finds something: with plus, without, or as each account behind the carrier writes it nationally. */
function readAs<T>(
  snapshot: RoutingSnapshot,
  carrier: Carrier,
  called: string,
  lookup: (text: string) => T | undefined,
  accountOf: (found: T) => string,
): T | undefined {
  const found = lookup(called.startsWith('+') ? called : `+${called}`);
  if (found || called.startsWith('+')) return found;
  for (const account of accountsBehind(snapshot, carrier)) {
    const reading = readNumber(called, account.country, account.areaCode);
    const national = reading.kind === 'e164' ? lookup(reading.number) : undefined;
    if (national && accountOf(national) === account.id) return national;
  }
  return undefined;
}

function* accountsBehind(snapshot: RoutingSnapshot, carrier: Carrier): Iterable<Account> {
  for (const account of snapshot.accounts.values()) {
    if (carrier.owner === 'operator' ? account.carriers.includes(carrier.id) : account.id === carrier.owner)
      yield account;
  }
}

function queueWords(snapshot: RoutingSnapshot, owner: Owner): string | undefined {
  const queue = owner.kind === 'queue' ? snapshot.queues.get(owner.queueId) : undefined;
  return queue && `the queue ${queue.name}`;
}

/** P-Asserted-Identity is the network's word and wins over From; a hidden caller stays hidden (RFC 3323, RFC 3325). */
function callerFromCarrier(facts: CallFacts, account: Account): Caller {
  const anonymous =
    isAnonymous(facts.from) ||
    facts.privacy.some((value) => value === 'id' || value === 'user' || value === 'header');
  const text = /^[+0-9*#]/.test(facts.from.user) ? facts.from.user : (facts.asserted[0] ?? facts.from.user);
  const reading = readNumber(text, account.country, account.areaCode);
  return {
    number: anonymous ? undefined : reading.kind === 'e164' ? reading.number : text || undefined,
    displayName: anonymous ? undefined : facts.from.displayName,
    anonymous,
    asserted: undefined,
  };
}
