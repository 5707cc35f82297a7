import {
  type Account,
  type AccountId,
  asCallId,
  asPersonId,
  type CallRecord,
  type E164,
  type Person,
} from '@tandem/domain';
import type { LadderStore } from '../journal/ladder-store.ts';
import type { CallQuery } from '../postgres/call-record-store.ts';
import { DatabaseUnavailable } from '../postgres/errors.ts';
import type { Stores } from '../postgres/stores.ts';
import { matches } from './call-filter.ts';
import { type Scope, seesPerson } from './scope.ts';
import type { Directory, FinishedCalls, PageAsk, PageOf } from './services.ts';
import { whoseNumber } from './whose-number.ts';

/**
 * The API's questions asked of the stores. The stores know one account at a time; the operator's lists go through the
 * accounts in their order. Cursors say where the last page ended, so that rows that come or go in between move nothing.
 */
export function createStoredServices(
  stores: Stores,
  ladders: Pick<LadderStore, 'read' | 'readForPlatform'>,
): { readonly directory: Directory; readonly calls: FinishedCalls } {
  async function accountsIn(scope: Scope): Promise<readonly Account[]> {
    if (scope.kind === 'platform') return await stores.accounts.listAllAccountsForPlatform();
    const account = await stores.accounts.get(scope.accountId);
    return account ? [account] : [];
  }

  /** One page over several accounts: `read` gives an account's rows after a mark, in the order of their marks. */
  async function through<Row>(
    scope: Scope,
    ask: PageAsk,
    read: (account: Account, after: string | undefined, limit: number) => Promise<readonly Row[]>,
    markOf: (row: Row) => string,
    keep: (account: Account, row: Row) => boolean,
  ): Promise<PageOf<Row>> {
    const start = readCursor(ask.cursor);
    const accounts = [...(await accountsIn(scope))].sort((a, b) => (a.id < b.id ? -1 : 1));
    const items: Row[] = [];
    for (const account of accounts) {
      if (start && account.id < start.group) continue;
      let after = start?.group === account.id ? start.mark : undefined;
      for (;;) {
        const rows = await read(account, after, readAtOnce);
        for (const row of rows) {
          if (keep(account, row)) {
            if (items.length === ask.limit)
              return { items, nextCursor: writeCursor(account.id, after ?? '') };
            items.push(row);
          }
          after = markOf(row);
        }
        if (rows.length < readAtOnce) break;
      }
    }
    return { items };
  }

  const directory: Directory = {
    async accounts(scope, ask) {
      const all = await accountsIn(scope);
      const after = readCursor(ask.cursor)?.mark;
      const sorted = [...all].sort((a, b) => (a.id < b.id ? -1 : 1));
      const rest = after === undefined ? sorted : sorted.filter((account) => account.id > after);
      const items = rest.slice(0, ask.limit);
      const last = items.at(-1);
      const more = rest.length > items.length && last;
      return { items, total: all.length, ...(more ? { nextCursor: writeCursor('', last.id) } : {}) };
    },

    people: (scope, ask) =>
      through<Person>(
        scope,
        ask,
        (account, afterUpn, limit) =>
          stores.people.list(account.id, {
            limit,
            ...(afterUpn ? { afterUpn } : {}),
            ...(ask.search === undefined ? {} : { search: searchText(ask.search) }),
          }),
        (person) => person.upn,
        (account, person) => {
          if (!seesPerson(scope, { accountId: person.accountId, personId: person.id })) return false;
          return ask.keep?.(account, person) ?? true;
        },
      ),

    async person(scope, id) {
      const personId = asPersonId(id);
      if (scope.kind === 'platform') return await stores.people.findByIdForPlatform(personId);
      if (scope.kind === 'person' && scope.personId !== personId) return undefined;
      return await stores.people.get(scope.accountId, personId);
    },

    async changePerson(scope, id, change) {
      // Somebody else may change the person at the same time: read and try again, a few times.
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const person =
          scope.kind === 'platform'
            ? await stores.people.findByIdForPlatform(asPersonId(id))
            : await stores.people.get(scope.accountId, asPersonId(id));
        if (!person || !seesPerson(scope, { accountId: person.accountId, personId: person.id }))
          return { kind: 'unknown' };
        const outcome = await stores.people.update(person.accountId, person.id, person.version, {
          ...(change.teamsToggle === undefined ? {} : { teamsToggle: change.teamsToggle }),
          ...(change.platformLicence === undefined ? {} : { platformLicence: change.platformLicence }),
          ...(change.active === undefined ? {} : { active: change.active }),
          ...(change.leaver === undefined ? {} : { leaver: change.leaver }),
          ...(change.number === undefined ? {} : { numbers: withMain(person.numbers, change.number) }),
        });
        if (outcome.ok) return { kind: 'changed', person: outcome.value, before: person };
        const { refusal } = outcome;
        if (refusal.kind === 'not-found') return { kind: 'unknown' };
        if (refusal.kind === 'taken')
          return change.number
            ? { kind: 'number-taken', say: await whoseNumber(stores, person.accountId, change.number) }
            : { kind: 'number-taken' };
        if (refusal.kind === 'held') return { kind: 'number-held', say: refusal.say };
        if (refusal.kind !== 'conflict') throw new Error(`person not changed: ${refusal.kind}`);
      }
      throw new Error('person not changed: others changed it three times meanwhile');
    },

    async carriers(scope) {
      const items =
        scope.kind === 'platform'
          ? await stores.carriers.listAllCarriersForPlatform()
          : await stores.carriers.list(scope.accountId);
      return { items, total: items.length };
    },

    async numbers(scope, ask) {
      const search = ask.search?.replace(/[^0-9+]/g, '');
      const page = await through(
        scope,
        ask,
        (account, afterNumber, limit) =>
          stores.numbers.list(account.id, {
            limit,
            ...(afterNumber ? { afterNumber } : {}),
            ...(search ? { search } : {}),
            ...(ask.state === undefined ? {} : { state: ask.state }),
            ...(ask.range === undefined ? {} : { rangeId: ask.range }),
          }),
        (row) => row.number,
        (_account, row) => scope.kind !== 'person' || row.personId === scope.personId,
      );
      const items = await Promise.all(
        page.items.map(async ({ number, accountId, personId, deviceId, queueId, held }) => {
          const person = personId && (await stores.people.get(accountId, personId));
          const device = deviceId && (await stores.devices.get(accountId, deviceId));
          const queue = queueId && (await stores.queues.list(accountId)).find(({ id }) => id === queueId);
          return {
            number,
            accountId,
            ...(person ? { person: { id: person.id, displayName: person.displayName } } : {}),
            ...(device ? { device: { id: device.id, name: device.name } } : {}),
            ...(queue ? { queue: { id: queue.id, name: queue.name } } : {}),
            ...(held ? { held } : {}),
          };
        }),
      );
      return { ...page, items };
    },
  };

  const calls: FinishedCalls = {
    async list(scope, ask) {
      const query: CallQuery = {
        limit: readAtOnce,
        ...(ask.number === undefined ? {} : { number: ask.number.replace(/[\s()\-./]/g, '') }),
        ...(ask.result === undefined ? {} : { result: ask.result }),
        ...(ask.fromWallMs === undefined ? {} : { from: ask.fromWallMs }),
        ...(ask.beforeWallMs === undefined ? {} : { until: ask.beforeWallMs }),
      };
      const { number: _judgedByTheStore, ...rest } = ask;
      const items: CallRecord[] = [];
      const start = readCursor(ask.cursor);
      let before = start && { invitedAt: Number(start.group), callId: asCallId(start.mark) };
      // What the store cannot filter by is filtered here; a rare filter ends its page early and goes on with the cursor.
      for (let round = 0; round < mostRounds; round += 1) {
        const asked = before ? { ...query, before } : query;
        const { records, complete } =
          scope.kind === 'platform'
            ? await stores.calls.listAllCallsForPlatform(asked)
            : await stores.calls.list(scope.accountId, asked);
        // Only calls of the last minutes would be listed, and the list could not say so.
        if (!complete) throw new DatabaseUnavailable('finished calls', 5_000);
        for (const record of records) {
          if (seesPerson(scope, record) && record.endedAt !== undefined && matches(record, rest)) {
            if (items.length === ask.limit) return { items, nextCursor: cursorOf(before) };
            items.push(record);
          }
          before = { invitedAt: record.invitedAt, callId: record.callId };
        }
        if (records.length < readAtOnce) return { items };
      }
      return { items, nextCursor: cursorOf(before) };
    },
    async record(scope, id) {
      const record =
        scope.kind === 'platform'
          ? await stores.calls.getCallForPlatform(asCallId(id))
          : await stores.calls.get(scope.accountId, asCallId(id));
      return record && seesPerson(scope, record) ? record : undefined;
    },
    ladder: (scope, id) =>
      scope.kind === 'platform'
        ? ladders.readForPlatform(asCallId(id))
        : ladders.read(scope.accountId as AccountId, asCallId(id)),
  };

  return { directory, calls };
}

const readAtOnce = 200;
const mostRounds = 20;

function withMain(numbers: readonly E164[], main: E164 | null): readonly E164[] {
  const others = numbers.slice(1);
  return main === null ? others : [main, ...others.filter((number) => number !== main)];
}

/** People paste numbers as they see them; the store compares digits. */
function searchText(typed: string): string {
  return /^[+\d\s().\-/]+$/.test(typed) ? typed.replace(/[\s().\-/]/g, '') : typed;
}

const cursorOf = (
  at: { readonly invitedAt: number; readonly callId: string } | undefined,
): string | undefined => at && writeCursor(String(at.invitedAt), at.callId);

const writeCursor = (group: string, mark: string): string =>
  Buffer.from(JSON.stringify([group, mark])).toString('base64url');

/** A cursor that is not ours starts from the beginning: it can show nothing that the scope would not. */
function readCursor(
  cursor: string | undefined,
): { readonly group: string; readonly mark: string } | undefined {
  if (cursor === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (!Array.isArray(parsed)) return undefined;
    const [group, mark] = parsed as unknown[];
    return typeof group === 'string' && typeof mark === 'string' ? { group, mark } : undefined;
  } catch {
    return undefined;
  }
}
