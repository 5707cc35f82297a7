import type { Account, Carrier, Device, Hub, Owner, Person, RoutingSnapshot } from './directory.ts';
import { type E164, isE164 } from './e164.ts';
import type { AccountId, CarrierId, DeviceId, PersonId, QueueId } from './ids.ts';
import type { Queue } from './queue.ts';

export interface SnapshotParts {
  readonly version: number;
  readonly builtAtWallMs: number;
  readonly accounts: Iterable<Account>;
  readonly people: Iterable<Person>;
  readonly devices?: Iterable<Device>;
  readonly queues?: Iterable<Queue>;
  readonly carriers: Iterable<Carrier>;
  readonly hubs: readonly Hub[];
}

/** Facts that contradict each other. The store's constraints should not let them be; routing must not guess. */
export type SnapshotFault =
  | {
      readonly kind: 'duplicate-number';
      readonly number: E164;
      readonly owners: readonly [string, string];
    }
  | { readonly kind: 'invalid-number'; readonly number: string; readonly owner: string }
  | {
      readonly kind: 'duplicate-host';
      readonly host: string;
      readonly accounts: readonly [AccountId, AccountId];
    }
  | {
      readonly kind: 'duplicate-extension';
      readonly account: AccountId;
      readonly extension: string;
      readonly owners: readonly [string, string];
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
    own(
      { kind: 'person', personId: person.id, accountId: person.accountId },
      person.numbers,
      person.extension,
    );
  }
  const devices = new Map<DeviceId, Device>();
  for (const device of parts.devices ?? []) {
    if (!accounts.has(device.accountId)) {
      faults.push({ kind: 'unknown-account', account: device.accountId, of: device.id });
      continue;
    }
    devices.set(device.id, device);
    const owned = device.number === undefined ? [] : [device.number];
    own({ kind: 'device', deviceId: device.id, accountId: device.accountId }, owned, device.extension);
  }

  const queues = new Map<QueueId, Queue>();
  for (const queue of parts.queues ?? []) {
    if (!accounts.has(queue.accountId)) {
      faults.push({ kind: 'unknown-account', account: queue.accountId, of: queue.id });
      continue;
    }
    queues.set(queue.id, queue);
    const owned = queue.number === undefined ? [] : [queue.number];
    own({ kind: 'queue', queueId: queue.id, accountId: queue.accountId }, owned, queue.extension);
  }

  function own(owner: Owner, owned: readonly E164[], extension: string | undefined): void {
    const { accountId } = owner;
    for (const number of owned) {
      const other = numbers.get(number);
      if (!isE164(number)) faults.push({ kind: 'invalid-number', number, owner: idOf(owner) });
      else if (other) faults.push({ kind: 'duplicate-number', number, owners: [idOf(other), idOf(owner)] });
      else numbers.set(number, owner);
    }
    if (extension === undefined) return;
    const ofAccount = extensions.get(accountId) ?? new Map<string, Owner>();
    extensions.set(accountId, ofAccount);
    const other = ofAccount.get(extension);
    if (other) {
      const owners = [idOf(other), idOf(owner)] as const;
      faults.push({ kind: 'duplicate-extension', account: accountId, extension, owners });
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
      devices,
      queues,
      numbers,
      extensions,
      carriers,
      hubs,
    },
    faults,
  };
}

function idOf(owner: Owner): PersonId | DeviceId | QueueId {
  if (owner.kind === 'person') return owner.personId;
  return owner.kind === 'device' ? owner.deviceId : owner.queueId;
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
