import type { AccountId, E164, LeaverForward, PersonId } from '@tandem/domain';
import { sql } from 'kysely';
import type { Database, Tx } from './database.ts';
import { forwardColumns, leaverColumns } from './leaver-columns.ts';
import { done, isId, noHold, refused, type StoreOutcome, settle } from './outcome.ts';

/** Where somebody works, as Entra says it; as the rule of a range: all that is said must be so. */
export interface Workplace {
  readonly city?: string;
  readonly department?: string;
}

export interface NumberRange {
  readonly id: string;
  readonly accountId: AccountId;
  readonly name: string;
  readonly first: E164;
  readonly last: E164;
  readonly size: number;
  readonly free: number;
  /** For whom it is; absent: for everybody. */
  readonly when?: Workplace;
}

export type NumberHold =
  | {
      readonly kind: 'reserve';
      readonly for: string;
      readonly untilWallMs?: number;
      readonly reason?: string;
    }
  | { readonly kind: 'ported'; readonly reason?: string }
  | { readonly kind: 'free'; readonly reason?: string };

/** What becomes of somebody's numbers when they leave. */
export interface LeaverRule {
  readonly quarantineDays: number;
}

export const largestRange = 10_000;

/**
 * The stock of numbers of an account: what is free, and why what is not free is held. A range brings its numbers into
 * the stock, so that every number has one row and one state.
 */
export interface NumberStockStore {
  ranges(accountId: AccountId): Promise<readonly NumberRange[]>;
  findRangeForPlatform(id: string): Promise<NumberRange | undefined>;
  /** `taken` when a number of it belongs to another account. Numbers that the account has keep their owner. */
  createRange(range: Omit<NumberRange, 'size' | 'free'>): Promise<StoreOutcome<NumberRange>>;
  /** Another name, or for whom it is; null: for everybody. */
  changeRange(
    accountId: AccountId,
    id: string,
    change: { readonly name?: string; readonly when?: Workplace | null },
  ): Promise<StoreOutcome<NumberRange>>;
  /** Its free numbers go with it; `in-use` while somebody has one or one is held. */
  removeRange(accountId: AccountId, id: string): Promise<StoreOutcome<void>>;
  /** How many were new; `taken` when one belongs to another account, and then none is added. */
  add(accountId: AccountId, numbers: readonly E164[]): Promise<StoreOutcome<number>>;
  /** `in-use` while it has an owner. */
  hold(accountId: AccountId, number: E164, hold: NumberHold): Promise<StoreOutcome<void>>;
  remove(accountId: AccountId, number: E164): Promise<StoreOutcome<void>>;
  nextFree(
    accountId: AccountId,
    rangeId?: string,
  ): Promise<{ readonly number: E164; readonly range?: string } | undefined>;
  /**
   * Gives the person the next free number as their main one. Two at once never get the same one: the row is locked, and
   * who comes second takes the next.
   */
  takeNextFree(accountId: AccountId, personId: PersonId, rangeId?: string): Promise<E164 | undefined>;
  reservedFor(accountId: AccountId, addresses: readonly string[]): Promise<readonly E164[]>;
  leaverRule(accountId: AccountId): Promise<LeaverRule>;
  /** Whom callers of this person reach once they are deleted, while their numbers rest. Undefined: nobody. */
  setLeaverForward(
    accountId: AccountId,
    personId: PersonId,
    forward: LeaverForward | undefined,
  ): Promise<StoreOutcome<void>>;
  /**
   * Microsoft gave the number back: its quarantine begins now. `leaver`: the person is gone at Microsoft and not here, and
   * the number is taken from them. False: the number is somebody's, or was never theirs.
   */
  release(
    accountId: AccountId,
    number: E164,
    personId: PersonId,
    leaver?: { readonly name: string; readonly forward?: LeaverForward },
  ): Promise<boolean>;
}

const yearMs = 365 * 86_400_000;

/** Nobody has it, and nothing holds it back now. */
const isFree = sql<boolean>`numbers.person_id is null and numbers.device_id is null and numbers.queue_id is null
  and (numbers.held is null or (numbers.held <> 'ported' and numbers.held_until <= tandem_now()))`;

export function createNumberStockStore(db: Database): NumberStockStore {
  return {
    ranges: (accountId) =>
      isId(accountId) ? db.withAccount(accountId, (tx) => readRanges(tx)) : Promise.resolve([]),
    async findRangeForPlatform(id) {
      if (!isId(id)) return undefined;
      const [found] = await db.withPlatform('find number range', (tx) => readRanges(tx, id));
      return found;
    },
    async createRange({ id, accountId, name, first, last, when }) {
      if (!isId(accountId)) return refused({ kind: 'not-found' });
      const numbers = numbersFrom(first, last);
      if (numbers === undefined)
        return refused({
          kind: 'invalid',
          detail: `first and last must be as long as each other, last not before first, at most ${largestRange} numbers`,
        });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          await tx
            .insertInto('number_ranges')
            .values({ id, account_id: accountId, name, first, last, ...placeColumns(when) })
            .execute();
          await insertNew(tx, accountId, numbers);
          await tx
            .updateTable('numbers')
            .set({ range_id: id })
            .where('number', '>=', first)
            .where('number', '<=', last)
            .where(sql<boolean>`char_length(number) = ${first.length}`)
            .execute();
          const [made] = await readRanges(tx, id);
          return made ? done(made) : refused({ kind: 'not-found' });
        }),
      );
    },
    async changeRange(accountId, id, { name, when }) {
      if (!isId(accountId) || !isId(id)) return refused({ kind: 'not-found' });
      return await db.withAccount(accountId, async (tx) => {
        if (name !== undefined || when !== undefined)
          await tx
            .updateTable('number_ranges')
            .set({
              ...(name !== undefined && { name }),
              ...(when !== undefined && placeColumns(when ?? undefined)),
            })
            .where('id', '=', id)
            .execute();
        const [changed] = await readRanges(tx, id);
        return changed ? done(changed) : refused({ kind: 'not-found' });
      });
    },
    async removeRange(accountId, id) {
      if (!isId(accountId) || !isId(id)) return refused({ kind: 'not-found' });
      return await db.withAccount(accountId, async (tx) => {
        const used = await tx
          .selectFrom('numbers')
          .select('number')
          .where('range_id', '=', id)
          .where((eb) =>
            eb.or([
              eb('person_id', 'is not', null),
              eb('device_id', 'is not', null),
              eb('queue_id', 'is not', null),
              eb('held', 'is not', null),
            ]),
          )
          .limit(1)
          .executeTakeFirst();
        if (used) return refused({ kind: 'in-use' });
        await tx.deleteFrom('numbers').where('range_id', '=', id).execute();
        const result = await tx.deleteFrom('number_ranges').where('id', '=', id).executeTakeFirst();
        return result.numDeletedRows === 0n ? refused({ kind: 'not-found' }) : done(undefined);
      });
    },
    async add(accountId, numbers) {
      if (!isId(accountId)) return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => done(await insertNew(tx, accountId, numbers))),
      );
    },
    async hold(accountId, number, hold) {
      if (!isId(accountId)) return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          const row = await tx
            .selectFrom('numbers')
            .select(['person_id', 'device_id', 'queue_id'])
            .where('number', '=', number)
            .forUpdate()
            .executeTakeFirst();
          if (!row) return refused({ kind: 'not-found' });
          if (row.person_id !== null || row.device_id !== null || row.queue_id !== null)
            return refused({ kind: 'in-use' });
          const held = hold.kind === 'reserve' ? 'reserved' : hold.kind === 'ported' ? 'ported' : null;
          await tx
            .updateTable('numbers')
            .set({
              ...noHold,
              held,
              held_reason: held === null ? null : (hold.reason ?? null),
              reserved_for: hold.kind === 'reserve' ? hold.for.trim().toLowerCase() : null,
              held_until:
                hold.kind !== 'reserve'
                  ? null
                  : hold.untilWallMs === undefined
                    ? sql<Date>`tandem_now() + ${yearMs} * interval '1 millisecond'`
                    : new Date(hold.untilWallMs),
              version: sql`version + 1`,
            })
            .where('number', '=', number)
            .execute();
          return done(undefined);
        }),
      );
    },
    async remove(accountId, number) {
      if (!isId(accountId)) return refused({ kind: 'not-found' });
      return await db.withAccount(accountId, async (tx) => {
        const row = await tx
          .selectFrom('numbers')
          .select(['person_id', 'device_id', 'queue_id'])
          .where('number', '=', number)
          .forUpdate()
          .executeTakeFirst();
        if (!row) return refused({ kind: 'not-found' });
        if (row.person_id !== null || row.device_id !== null || row.queue_id !== null)
          return refused({ kind: 'in-use' });
        await tx.deleteFrom('numbers').where('number', '=', number).execute();
        return done(undefined);
      });
    },
    async nextFree(accountId, rangeId) {
      if (!isId(accountId) || (rangeId !== undefined && !isId(rangeId))) return undefined;
      return await db.withAccount(accountId, async (tx) => {
        const row = await freeOnes(tx, rangeId).executeTakeFirst();
        return row && { number: row.number as E164, ...(row.name !== null && { range: row.name }) };
      });
    },
    async takeNextFree(accountId, personId, rangeId) {
      if (!isId(accountId) || !isId(personId)) return undefined;
      return await db.withAccount(accountId, async (tx) => {
        const row = await freeOnes(tx, rangeId).forUpdate('numbers').skipLocked().executeTakeFirst();
        if (!row) return undefined;
        await tx
          .updateTable('numbers')
          .set({
            person_id: personId,
            position: 0,
            ...noHold,
            version: sql`version + 1`,
          })
          .where('number', '=', row.number)
          .execute();
        await tx
          .updateTable('people')
          .set({ version: sql`version + 1`, updated_at: sql<Date>`tandem_now()` })
          .where('id', '=', personId)
          .execute();
        return row.number as E164;
      });
    },
    async reservedFor(accountId, addresses) {
      if (!isId(accountId) || addresses.length === 0) return [];
      const rows = await db.withAccount(accountId, (tx) =>
        tx
          .selectFrom('numbers')
          .select('number')
          .where('held', '=', 'reserved')
          .where(
            'reserved_for',
            'in',
            addresses.map((one) => one.trim().toLowerCase()),
          )
          .where(sql<boolean>`held_until > tandem_now()`)
          .orderBy('number')
          .execute(),
      );
      return rows.map(({ number }) => number as E164);
    },
    async leaverRule(accountId) {
      if (!isId(accountId)) return { quarantineDays: 30 };
      const row = await db.withAccount(accountId, (tx) =>
        tx.selectFrom('accounts').select('quarantine_days').where('id', '=', accountId).executeTakeFirst(),
      );
      return { quarantineDays: row?.quarantine_days ?? 30 };
    },
    async setLeaverForward(accountId, personId, forward) {
      if (!isId(accountId) || !isId(personId)) return refused({ kind: 'not-found' });
      return await db.withAccount(accountId, async (tx) => {
        const result = await tx
          .updateTable('people')
          .set({
            ...leaverColumns(forward),
          })
          .where('id', '=', personId)
          .executeTakeFirst();
        return result.numUpdatedRows === 0n ? refused({ kind: 'not-found' }) : done(undefined);
      });
    },
    async release(accountId, number, personId, leaver) {
      if (!isId(accountId) || !isId(personId)) return false;
      return await db.withAccount(accountId, async (tx) => {
        const rule = await tx
          .selectFrom('accounts')
          .select('quarantine_days')
          .where('id', '=', accountId)
          .executeTakeFirst();
        const days = rule?.quarantine_days ?? 30;
        const until = sql<Date>`tandem_now() + ${days} * interval '1 day'`;
        if (!leaver) {
          const rests = await tx
            .updateTable('numbers')
            .set({ held_until: until, version: sql`version + 1` })
            .where('number', '=', number)
            .where('held', '=', 'quarantine')
            .where('former_person_id', '=', personId)
            .executeTakeFirst();
          return rests.numUpdatedRows > 0n;
        }
        const taken = await tx
          .updateTable('numbers')
          .set({
            ...noHold,
            person_id: null,
            position: 0,
            version: sql`version + 1`,
            former_owner: leaver.name,
            former_person_id: personId,
            ...(days > 0 && {
              held: 'quarantine' as const,
              held_until: until,
              held_reason: `${leaver.name} left`,
              ...forwardColumns(leaver.forward),
            }),
          })
          .where('number', '=', number)
          .where('person_id', '=', personId)
          .executeTakeFirst();
        if (taken.numUpdatedRows === 0n) return false;
        await tx
          .updateTable('people')
          .set({ version: sql`version + 1`, updated_at: sql<Date>`tandem_now()` })
          .where('id', '=', personId)
          .execute();
        return true;
      });
    },
  };
}

/** Numbers of a range first, then loose ones; in their order. */
export function freeOnes(tx: Tx, rangeId?: string) {
  let query = tx
    .selectFrom('numbers')
    .leftJoin('number_ranges', 'number_ranges.id', 'numbers.range_id')
    .select(['numbers.number', 'number_ranges.name'])
    .where(isFree)
    .orderBy(sql`numbers.range_id is null`)
    // Who fits no place gets what is for everybody, and what is for some only when nothing else is left.
    .orderBy(sql`num_nonnulls(number_ranges.city, number_ranges.department) > 0`)
    .orderBy('numbers.number')
    .limit(1);
  if (rangeId !== undefined) query = query.where('numbers.range_id', '=', rangeId);
  return query;
}

async function readRanges(tx: Tx, id?: string): Promise<NumberRange[]> {
  let query = tx
    .selectFrom('number_ranges')
    .leftJoin('numbers', 'numbers.range_id', 'number_ranges.id')
    .select(['number_ranges.id', 'number_ranges.account_id', 'name', 'first', 'last', 'city', 'department'])
    .select(sql<string>`count(numbers.number)`.as('size'))
    .select(sql<string>`count(numbers.number) filter (where ${isFree})`.as('free'))
    .groupBy('number_ranges.id')
    .orderBy('first');
  if (id !== undefined) query = query.where('number_ranges.id', '=', id);
  return (await query.execute()).map((row) => ({
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    first: row.first as E164,
    last: row.last as E164,
    size: Number(row.size),
    free: Number(row.free),
    ...((row.city ?? row.department) !== null && {
      when: {
        ...(row.city !== null && { city: row.city }),
        ...(row.department !== null && { department: row.department }),
      },
    }),
  }));
}

const placeColumns = (when: Workplace | undefined) => ({
  city: when?.city ?? null,
  department: when?.department ?? null,
});

/** Those that the account does not have yet; a number of another account fails the whole (unique key). */
async function insertNew(tx: Tx, accountId: AccountId, numbers: readonly E164[]): Promise<number> {
  const known = new Set(
    (
      await tx
        .selectFrom('numbers')
        .select('number')
        .where('number', 'in', [...numbers])
        .execute()
    ).map(({ number }) => number),
  );
  const fresh = [...new Set(numbers)].filter((number) => !known.has(number));
  for (let at = 0; at < fresh.length; at += 1000)
    await tx
      .insertInto('numbers')
      .values(fresh.slice(at, at + 1000).map((number) => ({ number, account_id: accountId, position: 0 })))
      .execute();
  return fresh.length;
}

/** Undefined: not a range. */
export function numbersFrom(first: E164, last: E164): E164[] | undefined {
  if (first.length !== last.length) return undefined;
  const from = BigInt(first.slice(1));
  const size = Number(BigInt(last.slice(1)) - from) + 1;
  if (size < 1 || size > largestRange) return undefined;
  return Array.from({ length: size }, (_, i) => `+${from + BigInt(i)}` as E164);
}
