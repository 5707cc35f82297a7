import { type Account, type CallerName, isE164, type RoutingSnapshot } from '@tandem/domain';
import { safeDisplayName } from '../call/target.ts';
import type { Reach } from './called-party.ts';
import type { Caller } from './decision.ts';

/**
 * The caller with the name that is shown. A person or phone of the customer by that number, then the customer's directory, then
 * what the carrier sent: that proves nothing, while the first two are the customer's own words. Who hides has no name, and no
 * other customer is asked.
 */
export function namedCaller(
  snapshot: RoutingSnapshot,
  account: Account,
  caller: Caller,
  reach: Reach,
  why: string[],
): Caller {
  const { number } = caller;
  if (caller.anonymous || number === undefined || !isE164(number)) return caller;
  const owner = snapshot.numbers.get(number);
  if (owner?.accountId === account.id && owner.kind !== 'queue') {
    const name =
      owner.kind === 'person'
        ? snapshot.people.get(owner.personId)?.displayName
        : snapshot.devices.get(owner.deviceId)?.name;
    if (name === undefined) return caller;
    why.push(`The caller's number is ${name}'s of ${account.name}: that name is shown.`);
    return { ...caller, displayName: name, nameSource: 'platform' };
  }
  const name = reach.callerNames?.nameOf(account.id, number);
  if (name === undefined) return caller;
  why.push(`The caller's number is ${name}'s in ${account.name}'s directory: that name is shown.`);
  return { ...caller, displayName: name, nameSource: 'directory' };
}

/** For the record; a name without a letter is the number once more. */
export function recordedName(caller: Caller | undefined): { readonly callerName?: CallerName } {
  const text = caller?.anonymous ? undefined : safeDisplayName(caller?.displayName);
  if (text === undefined || !/\p{L}/u.test(text)) return {};
  return { callerName: { text, source: caller?.nameSource ?? 'network' } };
}
