import type { Account, Device, Person, RoutingSnapshot } from '@tandem/domain';
import type { CallFailure } from '../call/call-failure.ts';
import { type CallFacts, isAnonymous } from './call-facts.ts';
import { ownReach, type Reach } from './called-party.ts';
import type { Caller, Decision } from './decision.ts';
import { decideOutbound } from './outbound.ts';
import { factsOfNobody, strandedEmergency } from './stranded-emergency.ts';

/**
 * A call from a registered phone. The customer and the caller follow from the device that proved itself by digest, and
 * from nothing that the INVITE says (T03, T14); a phone only chooses whether its number is shown.
 */
export function decideFromPhone(
  snapshot: RoutingSnapshot,
  device: Device,
  facts: CallFacts,
  reach: Reach = ownReach,
): Decision {
  const why: string[] = [];
  const account = snapshot.accounts.get(device.accountId);
  if (!account) {
    why.push(`The phone ${device.name} belongs to no customer.`);
    const stranded = strandedEmergency(snapshot, facts, why);
    if (stranded) return stranded;
    const failure = { kind: 'unknown-phone', phone: device.name } as const;
    return { ...factsOfNobody(facts, why), outcome: 'refuse', failure };
  }
  const owner = device.personId === undefined ? undefined : snapshot.people.get(device.personId);
  const person = owner?.accountId === account.id ? owner : undefined;
  const whose = person ? `${person.displayName}'s phone` : 'the phone';
  why.push(`The call came from ${whose} ${device.name} of ${account.name}.`);
  const hidden = isAnonymous(facts.from) || facts.privacy.some((value) => /^(id|user|header)$/.test(value));
  if (hidden) why.push('The caller hides the number.');
  const caller = callerOf(account, device, person, hidden);
  const calling = { kind: 'phone' as const, personId: person?.id, deviceId: device.id };
  const judge = (): CallFailure | undefined => {
    if (!person || person.active) return undefined;
    const sentence = `${person.displayName} is disabled. Enable the user.`;
    why.push(`PRV-102: ${sentence}`);
    return { kind: 'caller-disabled', code: 'PRV-102', sentence };
  };
  const origin = { account, person, calling, caller, diversion: undefined };
  return decideOutbound(snapshot, origin, facts, reach, why, judge);
}

/** The person's main number, else the phone's own, else the customer's (4.14). */
function callerOf(account: Account, device: Device, person: Person | undefined, hidden: boolean): Caller {
  const number = person?.numbers[0] ?? device.number ?? account.mainNumber;
  return {
    number: number ?? person?.extension ?? device.extension,
    displayName: hidden ? undefined : (person?.displayName ?? device.name),
    nameSource: 'platform',
    anonymous: hidden,
    asserted: number,
  };
}
