import type { Account, Carrier, Hub, Owner, Person, RoutingSnapshot } from './directory.ts';
import { type E164, isE164 } from './e164.ts';
import type { AccountId, CarrierId, PersonId } from './ids.ts';

export interface SnapshotParts {
  readonly version: number;
  readonly builtAtWallMs: number;
  readonly accounts: Iterable<Account>;
  readonly people: Iterable<Person>;
  readonly carriers: Iterable<Carrier>;
  readonly hubs: readonly Hub[];
}

/** Facts that contradict each other. The store's constraints should not let them be; routing must not guess. */
export type SnapshotFault =
  | {
      readonly kind: 'duplicate-number';
      readonly number: E164;
      readonly people: readonly [PersonId, PersonId];
    }
  | { readonly kind: 'invalid-number'; readonly number: string; readonly person: PersonId }
  | {
      readonly kind: 'duplicate-host';
      readonly host: string;
      readonly accounts: readonly [AccountId, AccountId];
    }
  | {
      readonly kind: 'duplicate-extension';
      readonly account: AccountId;
      readonly extension: string;
      readonly people: readonly [PersonId, PersonId];
    }
  | { readonly kind: 'unknown-account'; readonly account: AccountId; readonly of: string }
  | { readonly kind: 'unknown-carrier'; readonly carrier: CarrierId; readonly account: AccountId }
  | { readonly kind: 'foreign-carrier'; readonly carrier: CarrierId; readonly account: AccountId };

/**
 * Indexes the facts for routing. What contradicts is left out of the indexes (first come stays) and reported; the
 * rest works: one customer's mistake must not stop the others' calls.
 */
export function buildSnapshot(parts: SnapshotParts): {
  readonly snapshot: RoutingSnapshot;
  readonly faults: readonly SnapshotFault[];
} {
  const faults: SnapshotFault[] = [];
  const carriers = new Map<CarrierId, Carrier>();
  for (const carrier of parts.carriers) carriers.set(carrier.id, carrier);

  const accounts = new Map<AccountId, Account>();
  const accountBySbcHost = new Map<string, AccountId>();
  for (const account of parts.accounts) {
    for (const written of account.sbcHosts) {
      const host = written.toLowerCase();
      const other = accountBySbcHost.get(host);
      if (other !== undefined) faults.push({ kind: 'duplicate-host', host, accounts: [other, account.id] });
      else accountBySbcHost.set(host, account.id);
    }
    accounts.set(account.id, { ...account, carriers: usableCarriers(account, carriers, faults) });
  }

  const people = new Map<PersonId, Person>();
  const numbers = new Map<E164, Owner>();
  const extensions = new Map<AccountId, Map<string, Owner>>();
  for (const person of parts.people) {
    if (!accounts.has(person.accountId)) {
      faults.push({ kind: 'unknown-account', account: person.accountId, of: person.id });
      continue;
    }
    people.set(person.id, person);
    const owner: Owner = { kind: 'person', personId: person.id, accountId: person.accountId };
    for (const number of person.numbers) {
      const other = numbers.get(number);
      if (!isE164(number)) faults.push({ kind: 'invalid-number', number, person: person.id });
      else if (other) faults.push({ kind: 'duplicate-number', number, people: [other.personId, person.id] });
      else numbers.set(number, owner);
    }
    if (person.extension === undefined) continue;
    const ofAccount = extensions.get(person.accountId) ?? new Map<string, Owner>();
    extensions.set(person.accountId, ofAccount);
    const { extension } = person;
    const other = ofAccount.get(extension);
    if (other) {
      const both = [other.personId, person.id] as const;
      faults.push({ kind: 'duplicate-extension', account: person.accountId, extension, people: both });
    } else ofAccount.set(extension, owner);
  }

  const { version, builtAtWallMs, hubs } = parts;
  return {
    snapshot: {
      version,
      builtAtWallMs,
      accounts,
      accountBySbcHost,
      people,
      numbers,
      extensions,
      carriers,
      hubs,
    },
    faults,
  };
}

/** An account may use the operator's carriers and its own; never another customer's. */
function usableCarriers(
  account: Account,
  carriers: ReadonlyMap<CarrierId, Carrier>,
  faults: SnapshotFault[],
): readonly CarrierId[] {
  return account.carriers.filter((id) => {
    const carrier = carriers.get(id);
    if (!carrier) faults.push({ kind: 'unknown-carrier', carrier: id, account: account.id });
    else if (carrier.owner !== 'operator' && carrier.owner !== account.id)
      faults.push({ kind: 'foreign-carrier', carrier: id, account: account.id });
    else return true;
    return false;
  });
}
