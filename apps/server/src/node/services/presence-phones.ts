import type { DeviceId, PersonId, RoutingSnapshot } from '@tandem/domain';
import type { Clock } from '@tandem/engine';

export interface PhonesOfPeople {
  /** Undefined: the person has no phone. */
  registeredOf(personId: PersonId): boolean | undefined;
  /** Some phone registered or does not any more. Looked at once a second, however many do. */
  changed(): void;
}

const lookAfterMs = 1000;

/** Who has a phone that is registered. */
export function phonesOfPeople(parts: {
  readonly clock: Pick<Clock, 'after'>;
  readonly snapshot: () => RoutingSnapshot;
  readonly isRegistered: (deviceId: DeviceId) => boolean;
  readonly onChange: (personIds: readonly PersonId[]) => void;
}): PhonesOfPeople {
  let of: RoutingSnapshot | undefined;
  let byPerson = new Map<PersonId, DeviceId[]>();
  let before = new Map<PersonId, boolean>();
  let waiting = false;

  function devices(): ReadonlyMap<PersonId, readonly DeviceId[]> {
    const snapshot = parts.snapshot();
    if (snapshot === of) return byPerson;
    of = snapshot;
    byPerson = new Map();
    for (const { id, personId } of snapshot.devices.values()) {
      if (personId === undefined) continue;
      const own = byPerson.get(personId);
      if (own) own.push(id);
      else byPerson.set(personId, [id]);
    }
    return byPerson;
  }

  function look(): void {
    waiting = false;
    const now = new Map<PersonId, boolean>();
    for (const [personId, ids] of devices()) now.set(personId, ids.some(parts.isRegistered));
    const others = [...now].filter(([personId, registered]) => before.get(personId) !== registered);
    before = now;
    if (others.length > 0) parts.onChange(others.map(([personId]) => personId));
  }

  return {
    registeredOf: (personId) => devices().get(personId)?.some(parts.isRegistered),
    changed() {
      if (waiting) return;
      waiting = true;
      parts.clock.after(lookAfterMs, look);
    },
  };
}
