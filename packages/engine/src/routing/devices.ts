import type { Device, PersonId, RoutingSnapshot } from '@tandem/domain';

/** Snapshots never change, so each is indexed once; the index goes with it. */
const indexes = new WeakMap<RoutingSnapshot, ReadonlyMap<PersonId, readonly Device[]>>();
const none: readonly Device[] = [];

/** The phones on a person's desks, registered or not. */
export function devicesOf(snapshot: RoutingSnapshot, personId: PersonId): readonly Device[] {
  if (snapshot.devices.size === 0) return none;
  let index = indexes.get(snapshot);
  if (!index) {
    index = indexOf(snapshot);
    indexes.set(snapshot, index);
  }
  return index.get(personId) ?? none;
}

function indexOf(snapshot: RoutingSnapshot): ReadonlyMap<PersonId, readonly Device[]> {
  const index = new Map<PersonId, Device[]>();
  for (const device of snapshot.devices.values()) {
    const { personId } = device;
    // Nobody's phone rings for another customer's person, whatever the store says (T03).
    if (personId === undefined || snapshot.people.get(personId)?.accountId !== device.accountId) continue;
    const devices = index.get(personId);
    if (devices) devices.push(device);
    else index.set(personId, [device]);
  }
  return index;
}
