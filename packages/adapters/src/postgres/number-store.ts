import type { AccountId, DeviceId, E164, LeaverForward, PersonId, QueueId } from '@tandem/domain';
import { type Selectable, sql } from 'kysely';
import type { Database } from './database.ts';
import { forwardOf } from './leaver-columns.ts';
import { holdsNow } from './line-writes.ts';
import {
  done,
  heldRefusal,
  isId,
  noHold,
  refused,
  type StoreOutcome,
  settle,
  type Versioned,
} from './outcome.ts';
import { likeText } from './person-store.ts';
import type { Schema } from './schema.ts';

/** A DID of an account: a person's, a phone's, or in stock. */
export interface AccountNumber {
  readonly number: E164;
  readonly accountId: AccountId;
  readonly personId?: PersonId;
  readonly deviceId?: DeviceId;
  readonly queueId?: QueueId;
  /** Why it is nobody's and not free. A hold whose time is over holds nothing. */
  readonly held?: {
    readonly kind: 'reserved' | 'quarantine' | 'ported';
    readonly untilWallMs?: number;
    readonly reason?: string;
    readonly reservedFor?: string;
    readonly formerOwner?: string;
    /** Who alone may have it while it rests. */
    readonly formerPersonId?: PersonId;
    readonly forward?: LeaverForward;
  };
}

export type NumberStateAsked = 'assigned' | 'free' | 'reserved' | 'quarantine' | 'ported';

export interface NumberPage {
  readonly search?: string;
  readonly limit?: number;
  readonly afterNumber?: string;
  readonly state?: NumberStateAsked;
  readonly rangeId?: string;
}

export interface NumberStore {
  list(accountId: AccountId, page?: NumberPage): Promise<readonly Versioned<AccountNumber>[]>;
  get(accountId: AccountId, number: E164): Promise<Versioned<AccountNumber> | undefined>;
  /** `taken` when any customer has it. */
  add(
    accountId: AccountId,
    number: E164,
    personId?: PersonId,
  ): Promise<StoreOutcome<Versioned<AccountNumber>>>;
  /** Gives the number to a person, or back to stock with `undefined`. `in-use` while a phone has it. */
  assign(
    accountId: AccountId,
    number: E164,
    version: number,
    personId: PersonId | undefined,
  ): Promise<StoreOutcome<Versioned<AccountNumber>>>;
  remove(accountId: AccountId, number: E164, version: number): Promise<StoreOutcome<void>>;
  findOwnerForPlatform(number: E164): Promise<Versioned<AccountNumber> | undefined>;
}

const inState: Readonly<Record<NumberStateAsked, ReturnType<typeof sql<boolean>>>> = {
  assigned: sql<boolean>`(person_id is not null or device_id is not null or queue_id is not null)`,
  free: sql<boolean>`(person_id is null and device_id is null and queue_id is null and not (${holdsNow}))`,
  reserved: sql<boolean>`(held = 'reserved' and held_until > tandem_now())`,
  quarantine: sql<boolean>`(held = 'quarantine' and held_until > tandem_now())`,
  ported: sql<boolean>`held = 'ported'`,
};

export function createNumberStore(db: Database): NumberStore {
  return {
    async list(accountId, page = {}) {
      if (!isId(accountId)) return [];
      return await db.withAccount(accountId, async (tx) => {
        let query = tx
          .selectFrom('numbers')
          .selectAll()
          .select(holdsNow.as('holds'))
          .orderBy('number')
          .limit(Math.min(1000, Math.max(1, page.limit ?? 100)));
        if (page.afterNumber !== undefined) query = query.where('number', '>', page.afterNumber);
        if (page.search) query = query.where('number', 'like', `%${likeText(page.search)}%`);
        if (page.rangeId !== undefined) query = query.where('range_id', '=', page.rangeId);
        if (page.state !== undefined) query = query.where(inState[page.state]);
        return (await query.execute()).map(numberOf);
      });
    },
    async get(accountId, number) {
      if (!isId(accountId)) return undefined;
      return await db.withAccount(accountId, async (tx) => {
        const row = await tx
          .selectFrom('numbers')
          .selectAll()
          .select(holdsNow.as('holds'))
          .where('number', '=', number)
          .executeTakeFirst();
        return row ? numberOf(row) : undefined;
      });
    },
    async add(accountId, number, personId) {
      if (!isId(accountId) || (personId !== undefined && !isId(personId)))
        return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          const row = await tx
            .insertInto('numbers')
            .values({ number, account_id: accountId, person_id: personId ?? null, position: 0 })
            .returningAll()
            .executeTakeFirstOrThrow();
          return done(numberOf(row));
        }),
      );
    },
    async assign(accountId, number, version, personId) {
      if (!isId(accountId) || (personId !== undefined && !isId(personId)))
        return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          const row = await tx
            .selectFrom('numbers')
            .select(['version', 'device_id', 'queue_id', 'held', 'held_until', 'held_reason'])
            .select(holdsNow.as('holds'))
            .where('number', '=', number)
            .forUpdate()
            .executeTakeFirst();
          if (!row) return refused({ kind: 'not-found' });
          if (row.version !== version) return refused({ kind: 'conflict', version: row.version });
          if (row.device_id !== null || row.queue_id !== null) return refused({ kind: 'in-use' });
          if (row.holds && personId !== undefined) return refused(heldRefusal(number, row));
          const changed = await tx
            .updateTable('numbers')
            .set({
              person_id: personId ?? null,
              // Behind the numbers that the person already has: the main one stays the main one.
              position: personId
                ? sql`(select coalesce(max(position) + 1, 0) from numbers where person_id = ${personId})`
                : 0,
              version: version + 1,
              ...(personId !== undefined && noHold),
            })
            .where('number', '=', number)
            .returningAll()
            .executeTakeFirstOrThrow();
          return done(numberOf(changed));
        }),
      );
    },
    async remove(accountId, number, version) {
      if (!isId(accountId)) return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          const row = await tx
            .selectFrom('numbers')
            .select('version')
            .where('number', '=', number)
            .forUpdate()
            .executeTakeFirst();
          if (!row) return refused({ kind: 'not-found' });
          if (row.version !== version) return refused({ kind: 'conflict', version: row.version });
          await tx.deleteFrom('numbers').where('number', '=', number).execute();
          return done(undefined);
        }),
      );
    },
    findOwnerForPlatform: (number) =>
      db.withPlatform('find owner of number', async (tx) => {
        const row = await tx
          .selectFrom('numbers')
          .selectAll()
          .select(holdsNow.as('holds'))
          .where('number', '=', number)
          .executeTakeFirst();
        return row ? numberOf(row) : undefined;
      }),
  };
}

function numberOf(
  row: Selectable<Schema['numbers']> & { readonly holds?: boolean },
): Versioned<AccountNumber> {
  const forward = forwardOf(row);
  return {
    number: row.number as E164,
    accountId: row.account_id,
    ...(row.person_id === null ? {} : { personId: row.person_id }),
    ...(row.device_id === null ? {} : { deviceId: row.device_id }),
    ...(row.queue_id === null ? {} : { queueId: row.queue_id }),
    ...(row.held !== null &&
      row.holds === true && {
        held: {
          kind: row.held,
          ...(row.held_until !== null && { untilWallMs: row.held_until }),
          ...(row.held_reason !== null && { reason: row.held_reason }),
          ...(row.reserved_for !== null && { reservedFor: row.reserved_for }),
          ...(row.former_owner !== null && { formerOwner: row.former_owner }),
          ...(row.former_person_id !== null && { formerPersonId: row.former_person_id }),
          ...(forward && { forward }),
        },
      }),
    version: row.version,
  };
}
