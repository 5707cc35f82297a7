import {
  type AccountId,
  type Device,
  type DeviceId,
  type Owner,
  type PersonId,
  type QueueId,
  type RoutingSnapshot,
  readNumber,
} from '@tandem/domain';

/** What a lamp can be about. */
export type Watched =
  | { readonly kind: 'person'; readonly personId: PersonId }
  | { readonly kind: 'device'; readonly deviceId: DeviceId }
  | { readonly kind: 'queue'; readonly queueId: QueueId };

/** One text for each person, each phone and each queue. */
export const personKey = (personId: PersonId): string => `person ${personId}`;
export const deviceKey = (deviceId: DeviceId): string => `device ${deviceId}`;
export const queueKey = (queueId: QueueId): string => `queue ${queueId}`;

export function keyOfWatched(watched: Watched): string {
  if (watched.kind === 'person') return personKey(watched.personId);
  return watched.kind === 'device' ? deviceKey(watched.deviceId) : queueKey(watched.queueId);
}

/**
 * Whom a phone of this account means by `user`: an extension, a number, or another phone's name. Only what is the
 * account's own is looked at, so another customer's extension is found as little as one that nobody has (T03).
 */
export function watchedAs(
  snapshot: RoutingSnapshot,
  accountId: AccountId,
  user: string,
): Watched | undefined {
  const account = snapshot.accounts.get(accountId);
  if (!account || user === '') return undefined;
  const extension = snapshot.extensions.get(accountId)?.get(user);
  if (extension) return ofOwner(extension, accountId);
  if (/^\+?[0-9]{3,}$/.test(user)) {
    const reading = readNumber(user, account.country, account.areaCode);
    const owner = reading.kind === 'e164' ? snapshot.numbers.get(reading.number) : undefined;
    const found = owner && ofOwner(owner, accountId);
    if (found) return found;
  }
  const device = phonesOf(snapshot, accountId).get(user.toLowerCase());
  return device && { kind: 'device', deviceId: device.id };
}

/** Whether it is still there, and still the account's. */
export function isThere(snapshot: RoutingSnapshot, accountId: AccountId, watched: Watched): boolean {
  return foundIn(snapshot, watched)?.accountId === accountId;
}

function foundIn(
  { people, devices, queues }: RoutingSnapshot,
  watched: Watched,
): { readonly accountId: AccountId } | undefined {
  if (watched.kind === 'person') return people.get(watched.personId);
  return watched.kind === 'device' ? devices.get(watched.deviceId) : queues.get(watched.queueId);
}

function ofOwner(owner: Owner, accountId: AccountId): Watched | undefined {
  if (owner.accountId !== accountId) return undefined;
  if (owner.kind === 'person') return { kind: 'person', personId: owner.personId };
  if (owner.kind === 'device') return { kind: 'device', deviceId: owner.deviceId };
  return { kind: 'queue', queueId: owner.queueId };
}

type Phones = ReadonlyMap<string, Device>;
const indexes = new WeakMap<RoutingSnapshot, ReadonlyMap<AccountId, Phones>>();

/** An account's phones by name and by digest user, lower case. Snapshots never change, so each is indexed once. */
function phonesOf(snapshot: RoutingSnapshot, accountId: AccountId): Phones {
  let index = indexes.get(snapshot);
  if (!index) {
    const made = new Map<AccountId, Map<string, Device>>();
    for (const device of snapshot.devices.values()) {
      const phones = made.get(device.accountId) ?? new Map<string, Device>();
      made.set(device.accountId, phones.set(device.sipUser.toLowerCase(), device));
    }
    // A name yields to another phone's digest user, which is the one that tells phones apart.
    for (const device of snapshot.devices.values()) {
      const phones = made.get(device.accountId);
      const name = device.name.toLowerCase();
      if (!phones?.has(name)) phones?.set(name, device);
    }
    index = made;
    indexes.set(snapshot, index);
  }
  return index.get(accountId) ?? new Map();
}
