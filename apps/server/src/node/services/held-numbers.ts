import type { E164, HeldNumber, Person, PersonId, RoutingSnapshot } from '@tandem/domain';
import { type LeaverCalls, leaverOwner, type ProvisionerDeps, type TeamsAccess } from '@tandem/engine';

export interface HeldNumbers {
  /** The number that is kept for a person who has none, and why they do not have it yet (PRV-307). */
  readonly heldFor: NonNullable<ProvisionerDeps['heldNumber']>;
  /** Who is rung under the number of somebody who left. */
  readonly forwardOf: NonNullable<TeamsAccess['forwardOf']>;
  /** Whose number rests after somebody left. */
  readonly restsAt: NonNullable<TeamsAccess['restsAt']>;
}

type Held = readonly [number: E164, held: HeldNumber];

/** Numbers that are held back, as calls and provisioning ask for them: from the routing facts in memory. */
export function createHeldNumbers(
  snapshot: () => RoutingSnapshot,
  wall: () => number,
  /** What stands for this person's callers, should they have left. */
  leaverForward: (person: Person) => LeaverCalls | undefined = () => undefined,
): HeldNumbers {
  /** By former owner, and by account and address of a reservation; made once a snapshot. */
  const indexes = new WeakMap<RoutingSnapshot, ReadonlyMap<string, readonly Held[]>>();
  const indexOf = (now: RoutingSnapshot): ReadonlyMap<string, readonly Held[]> => {
    const known = indexes.get(now);
    if (known) return known;
    const index = new Map<string, Held[]>();
    for (const one of now.held ?? []) {
      const [, { accountId, formerPersonId, reservedFor }] = one;
      for (const key of [formerPersonId, reservedFor && `${accountId} ${reservedFor}`]) {
        if (key === undefined || key === '') continue;
        const list = index.get(key);
        if (list) list.push(one);
        else index.set(key, [one]);
      }
    }
    indexes.set(now, index);
    return index;
  };
  const lasts = ({ untilWallMs }: HeldNumber): boolean => untilWallMs === undefined || untilWallMs > wall();

  return {
    restsAt(number) {
      const held = snapshot().held?.get(number);
      return held?.kind === 'quarantine' && lasts(held) ? held.accountId : undefined;
    },
    heldFor(person) {
      if (person.numbers.length > 0) return undefined;
      const index = indexOf(snapshot());
      const found = keysOf(person)
        .flatMap((key) => index.get(key) ?? [])
        .find(([, held]) => held.accountId === person.accountId && held.kind !== 'ported' && lasts(held));
      if (!found) return undefined;
      const [number, { kind, untilWallMs, reservedFor }] = found;
      return {
        until:
          untilWallMs === undefined ? 'further notice' : new Date(untilWallMs).toISOString().slice(0, 10),
        reason:
          kind === 'reserved'
            ? `${reservedFor}, for whom ${number} is reserved`
            : `the quarantine of ${number}, which ${person.displayName} had`,
      };
    },
    forwardOf(number) {
      const now = snapshot();
      const held = now.held?.get(number);
      if (held?.kind !== 'quarantine' || !lasts(held)) return undefined;
      const formerOwner = held.formerOwner ?? 'somebody';
      if (!held.forward) {
        // Gone at Microsoft and still here: their mailbox takes messages while the number rests, if the rule says so.
        const person = held.formerPersonId && now.people.get(held.formerPersonId);
        if (!person?.active || leaverForward(person)?.kind !== 'voicemail') return undefined;
        const { accountId } = person;
        if (accountId !== held.accountId) return undefined;
        return { owner: { kind: 'person', personId: person.id, accountId }, formerOwner, mailbox: true };
      }
      const owner = leaverOwner(now, held.accountId, held.forward);
      if (!owner) return undefined;
      return { owner, formerOwner };
    },
  };
}

const keysOf = ({ id, accountId, upn, mail }: Person): readonly (PersonId | string)[] => [
  id,
  ...[upn, mail].flatMap((one) => (one === undefined ? [] : [`${accountId} ${one.toLowerCase()}`])),
];
