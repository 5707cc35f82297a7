import { differing, type Facts } from './differing.ts';
import type { FilePerson } from './file-shape.ts';
import { ownFacts } from './own-facts.ts';
import type { FileOwn } from './own-shape.ts';
import { type Change, type Planned, refused } from './plan-file.ts';
import type { AfterFile } from './plan-provisioning.ts';
import type { TenantState } from './state.ts';

/** What the account allows and has, once the file is applied. */
export interface AroundPeople extends AfterFile {
  readonly extensions: ReadonlySet<string>;
  /** People may have call rules of their own. */
  readonly personalRules: boolean;
}

/** What is chosen for single people, named and differing; for who comes by this same file as well. */
export function planOwn(
  wanted: readonly FilePerson[],
  state: TenantState,
  after: AroundPeople,
): readonly Planned[] {
  const known = new Map(state.people.map((person) => [person.upn.toLowerCase(), person]));
  return wanted.flatMap((one): Planned[] => {
    if (!one.own) return [];
    const now = ownFacts(known.get(one.upn), state);
    const found = differing(now, filledUp(one.own, now));
    if (!found) return [];
    const change: Change = { kind: 'own', what: one.upn, action: 'change', ...found };
    const wish = found.after as FileOwn;
    const fault = faultOf(one.upn, wish, after);
    return [
      fault === undefined
        ? { change, step: { do: 'change-own', upn: one.upn, wish } }
        : refused(change, fault, { of: one, field: 'own' }),
    ];
  });
}

/** Quiet hours without a time zone keep the one that stands. */
function filledUp(own: FileOwn, now: Facts): Facts {
  const zone = (now.quietHours as FileOwn['quietHours'])?.timeZone;
  if (!own.quietHours || zone === undefined) return own;
  return { ...own, quietHours: { timeZone: zone, ...own.quietHours } };
}

function faultOf(
  upn: string,
  { leaver, important, unavailable, rules }: FileOwn,
  { people, queues, numbers, extensions, personalRules }: AroundPeople,
): string | undefined {
  if (leaver && typeof leaver === 'object') {
    if ('person' in leaver) {
      if (leaver.person === upn) return 'leaver: nobody is rung for themselves; name somebody else.';
      const fault = people.fault(leaver.person);
      if (fault !== undefined) return `leaver: ${fault}`;
    }
    if ('queue' in leaver && !queues.has(leaver.queue))
      return `leaver: there is no queue ${leaver.queue} in this account.`;
    if ('number' in leaver && !numbers.has(leaver.number))
      return `leaver: ${leaver.number} is nobody's in this account.`;
  }
  for (const [i, caller] of (important ?? []).entries()) {
    const fault = 'person' in caller ? people.fault(caller.person) : undefined;
    if (fault !== undefined) return `important[${i}]: ${fault}`;
  }
  if (unavailable?.kind === 'forward' && !numbers.has(unavailable.to) && !extensions.has(unavailable.to))
    return `unavailable.to: ${unavailable.to} is nobody's in this account.`;
  if (rules && Object.keys(rules).length > 0 && !personalRules)
    return 'rules: the account does not let people have call rules of their own; set presence.personalOverrides as well.';
  return undefined;
}
