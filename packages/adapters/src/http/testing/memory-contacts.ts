import type { PersonId } from '@tandem/domain';
import type { OwnContact } from '../../postgres/contact-store.ts';
import { done, refused } from '../../postgres/outcome.ts';
import type { ContactBoard } from '../areas/contact-handlers.ts';
import type { createMemoryDirectory } from './memory-directory.ts';
import * as world from './sample-world.ts';

/** Dana keeps Bo as a favourite and her dentist on the speed dials. */
export const danasContactId = '01900000-0000-7000-8000-00000000c001';

/** Lists of contacts in memory, with the rules of the table. */
export function memoryContacts(directory: ReturnType<typeof createMemoryDirectory>): ContactBoard {
  const lists = new Map<string, OwnContact[]>([
    [
      world.danaId,
      [
        { id: danasContactId, target: { kind: 'person', personId: world.boId }, favourite: true },
        {
          id: '01900000-0000-7000-8000-00000000c002',
          target: { kind: 'own', displayName: 'Dr. Reyes', numbers: ['+1 202 555 0188'] },
          favourite: false,
          speedDial: 1,
        },
      ],
    ],
  ]);
  let made = 0;
  const listOf = (ownerId: PersonId): OwnContact[] => {
    const list = lists.get(ownerId) ?? [];
    lists.set(ownerId, list);
    return list;
  };
  const taken = (list: readonly OwnContact[], id: string, place: number | null | undefined): boolean =>
    typeof place === 'number' && list.some((one) => one.id !== id && one.speedDial === place);
  const sameOne = (a: OwnContact['target'], b: OwnContact['target']): boolean =>
    a.kind === 'person' && b.kind === 'person'
      ? a.personId === b.personId
      : a.kind === 'microsoft' && b.kind === 'microsoft' && a.objectId === b.objectId;
  return {
    newId() {
      made += 1;
      return `01900000-0000-7000-8000-${String(made).padStart(12, '0')}`;
    },
    list: async (_accountId, ownerId) => listOf(ownerId),
    async add(accountId, ownerId, contact) {
      const list = listOf(ownerId);
      const { target } = contact;
      if (
        target.kind === 'person' &&
        !directory.data.people.some((one) => one.id === target.personId && one.accountId === accountId)
      )
        return refused({ kind: 'not-found' });
      const index = list.findIndex((one) => sameOne(one.target, target));
      const known = list[index];
      const entry = known ? { ...known, ...contact, id: known.id } : contact;
      if (taken(list, entry.id, entry.speedDial)) return refused({ kind: 'taken', what: 'speed-dial' });
      if (known) list[index] = entry;
      else list.push(entry);
      return done(entry);
    },
    async change(_accountId, ownerId, id, { favourite, speedDial, displayName, numbers }) {
      const list = listOf(ownerId);
      const index = list.findIndex((one) => one.id === id);
      const before = list[index];
      if (!before) return refused({ kind: 'not-found' });
      if (taken(list, id, speedDial)) return refused({ kind: 'taken', what: 'speed-dial' });
      const { speedDial: place = undefined, ...rest } = before;
      const at = speedDial === undefined ? place : (speedDial ?? undefined);
      const target =
        before.target.kind === 'own'
          ? {
              ...before.target,
              displayName: displayName ?? before.target.displayName,
              numbers: numbers ?? before.target.numbers,
            }
          : before.target;
      const after: OwnContact = {
        ...rest,
        target,
        favourite: favourite ?? before.favourite,
        ...(at !== undefined && { speedDial: at }),
      };
      list[index] = after;
      return done(after);
    },
    // Kept: the matrix of routes and roles asks for the same one again and again.
    remove: async (_accountId, ownerId, id) => listOf(ownerId).some((one) => one.id === id),
    async peopleByNumber(accountId, numbers) {
      const found = new Map<string, PersonId>();
      for (const person of directory.data.people) {
        if (person.accountId !== accountId) continue;
        for (const number of [...person.numbers, person.extension ?? ''])
          if (numbers.includes(number)) found.set(number, person.id);
      }
      return found;
    },
  };
}
