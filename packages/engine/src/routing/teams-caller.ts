import {
  type Account,
  type E164,
  isE164,
  type Person,
  type RoutingSnapshot,
  readNumber,
} from '@tandem/domain';
import type { TeamsAccess } from '../ports/teams-access.ts';
import { type CallFacts, isAnonymous } from './call-facts.ts';
import type { Caller } from './decision.ts';
import { lastDiversion } from './history-info.ts';

export interface TeamsCaller {
  /** The person who pays and answers for the call; undefined when nobody of the customer could be recognised. */
  readonly person: Person | undefined;
  readonly caller: Caller;
  readonly diversion: { readonly number: string; readonly reason: string } | undefined;
}

/**
 * Who calls, and what may be shown (T14, teams-direct-routing 4.2, product-behaviour 4.14). The network identity is
 * P-Asserted-Identity where Microsoft sends it, else From. A number is shown only if the customer owns it, or if the
 * call was forwarded by somebody who is the customer's (History-Info); else the person's main number replaces it.
 * MICROSOFT: `Privacy: id` comes with every P-Asserted-Identity and alone never hides the caller.
 */
export function teamsCaller(
  snapshot: RoutingSnapshot,
  account: Account,
  facts: CallFacts,
  why: string[],
  access: Pick<TeamsAccess, 'formerOwner'> = {},
): TeamsCaller {
  const shown = numberOf(account, facts.from.user);
  const hidden = isAnonymous(facts.from);
  const shownOwner = ownerOf(snapshot, account, shown, access);
  let payer: Person | undefined;
  for (const text of facts.asserted) payer ??= ownerOf(snapshot, account, numberOf(account, text), access);
  const diversion = lastDiversion(facts.history);
  const diverter = diversion && ownerOf(snapshot, account, numberOf(account, diversion.number), access);
  const person = payer ?? shownOwner ?? diverter;
  const own = person?.numbers[0] ?? account.mainNumber;

  let number: string | undefined = shown;
  if (shown === undefined || (shownOwner === undefined && shown !== account.mainNumber)) {
    if (shown !== undefined && diverter) {
      why.push(
        `The call was forwarded by ${diverter.displayName}: the first caller's number ${shown} stays shown.`,
      );
    } else {
      if (!hidden && own !== undefined) {
        const said = facts.from.user || 'nothing';
        why.push(`The shown number (${said}) is not one of ${account.name}'s: replaced by ${own}.`);
      }
      number = own;
    }
  }
  if (hidden) why.push('The caller hides the number.');
  return {
    person,
    caller: {
      number,
      displayName: hidden ? undefined : facts.from.displayName,
      anonymous: hidden,
      asserted: shownOwner && !diverter && shown ? shown : own,
    },
    diversion:
      diverter && diversion ? { ...diversion, number: diverter.numbers[0] ?? diversion.number } : undefined,
  };
}

function numberOf(account: Account, text: string): E164 | undefined {
  if (isE164(text)) return text;
  if (!/^[0-9]/.test(text)) return undefined;
  const reading = readNumber(text, account.country, account.areaCode);
  return reading.kind === 'e164' ? reading.number : undefined;
}

/**
 * The person of this customer, and of no other, who has the number; or had it before a change that Microsoft has not made
 * yet: until then their Teams client calls with it.
 */
function ownerOf(
  snapshot: RoutingSnapshot,
  account: Account,
  number: E164 | undefined,
  access: Pick<TeamsAccess, 'formerOwner'>,
): Person | undefined {
  const owner =
    number === undefined ? undefined : (snapshot.numbers.get(number) ?? access.formerOwner?.(number));
  return owner?.kind === 'person' && owner.accountId === account.id
    ? snapshot.people.get(owner.personId)
    : undefined;
}
