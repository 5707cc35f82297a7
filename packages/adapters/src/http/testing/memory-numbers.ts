import { asPersonId, type E164 } from '@tandem/domain';
import type { AuditLog } from '@tandem/engine/ports/audit.ts';
import type { NumberRange } from '../../postgres/number-stock-store.ts';
import type { NumberBoard } from '../number-board.ts';
import { type Scope, seesAccount } from '../scope.ts';
import type { Directory, NumberOwner } from '../services.ts';
import * as world from './sample-world.ts';

export const acmeRangeId = '01900000-0000-7000-8000-00000000a001';

/** Over memory: one range of each customer; what is held stands beside the numbers of the sample world. */
export function memoryNumbers(directory: Directory, audit: AuditLog): NumberBoard {
  const ranges: NumberRange[] = [world.acmeId, world.globexId].map((accountId, n) => ({
    id: `${acmeRangeId.slice(0, -1)}${n + 1}`,
    accountId,
    name: 'Main office',
    first: `+1202555${n + 1}100` as E164,
    last: `+1202555${n + 1}199` as E164,
    size: 100,
    free: 97,
  }));
  const find = async (scope: Scope, number: E164): Promise<NumberOwner | undefined> =>
    scope.kind === 'person'
      ? undefined
      : (await directory.numbers(scope, { limit: 50, search: number })).items.find(
          (one) => one.number === number,
        );
  return {
    ranges: async (scope, accountId) =>
      ranges.filter(
        (one) => seesAccount(scope, one.accountId) && (accountId ?? one.accountId) === one.accountId,
      ),
    async createRange({ accountId, name, first, last, when }) {
      const range = {
        id: `${acmeRangeId.slice(0, -2)}${ranges.length + 10}`,
        accountId,
        name,
        first,
        last,
        size: 1,
        free: 1,
        ...(when && { when }),
      };
      ranges.push(range);
      return { kind: 'done', range };
    },
    async changeRange(scope, id, { name, when }) {
      const at = ranges.findIndex((one) => one.id === id);
      const found = ranges[at];
      if (!found || scope.kind === 'person' || !seesAccount(scope, found.accountId))
        return { kind: 'unknown' };
      const { when: had, ...rest } = found;
      const now = when === undefined ? had : (when ?? undefined);
      const range = { ...rest, ...(name !== undefined && { name }), ...(now && { when: now }) };
      ranges[at] = range;
      return { kind: 'done', range };
    },
    async removeRange(scope, id) {
      const range = ranges.find((one) => one.id === id);
      return range && scope.kind !== 'person' && seesAccount(scope, range.accountId)
        ? { kind: 'done' }
        : { kind: 'unknown' };
    },
    add: async (_accountId, numbers) => ({ kind: 'done', added: numbers.length }),
    async hold(scope, number, hold) {
      const entry = await find(scope, number);
      if (!entry) return { kind: 'unknown' };
      return {
        kind: 'done',
        entry: {
          ...entry,
          ...(hold.kind === 'reserve' && { held: { kind: 'reserved', reservedFor: hold.for } }),
        },
      };
    },
    remove: async (scope, number) => ((await find(scope, number)) ? { kind: 'done' } : { kind: 'unknown' }),
    async suggest(scope, accountId) {
      const range = ranges.find(
        (one) => seesAccount(scope, one.accountId) && (accountId ?? one.accountId) === one.accountId,
      );
      return range && { number: range.first, range: range.name };
    },
    async who(scope, number) {
      const entry = await find(scope, number);
      return {
        number,
        holders: entry?.person
          ? [
              {
                where: 'platform',
                accountId: entry.accountId,
                holder: 'person',
                name: entry.person.displayName,
                personId: entry.person.id,
                conflict: false,
                sentence: `${entry.person.displayName} has ${number} on the platform.`,
              },
            ]
          : [],
        unread: [],
      };
    },
    async createPerson(wanted, by) {
      const person = {
        id: asPersonId('01900000-0000-7000-8000-0000000000ff'),
        accountId: wanted.accountId,
        displayName: wanted.displayName,
        upn: wanted.upn,
        numbers: [],
        active: true,
        teamsToggle: wanted.teamsToggle,
        platformLicence: wanted.platformLicence,
      };
      const object = { kind: 'person', id: person.id, label: person.displayName };
      await audit.note({ accountId: wanted.accountId, actor: by, action: 'person.create', object });
      return { kind: 'done', person };
    },
    async leave(scope, personId) {
      const person = await directory.person(scope, personId);
      if (!person) return { kind: 'unknown' };
      const numbers = person.numbers.map((number) => ({ number, fate: 'rests for 30 days' }));
      return { kind: 'done', numbers };
    },
    // Kept: the matrix of routes and roles asks for the same one again and again.
    deletePerson: async (scope, personId) =>
      (await directory.person(scope, personId)) ? { kind: 'done' } : { kind: 'unknown' },
  };
}
