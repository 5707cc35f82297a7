import type { AccountId, E164, LeaverChoice, Person, PersonId } from '@tandem/domain';
import { foldName } from '@tandem/engine/directory-sync/user-index.ts';
import { type Selectable, sql } from 'kysely';
import type { Database, Tx } from './database.ts';
import { leaverChoiceOf, leaverColumns } from './leaver-columns.ts';
import { holdsNow } from './line-writes.ts';
import { lockedVersion } from './locked-row.ts';
import {
  done,
  heldRefusal,
  isId,
  noHold,
  Refused,
  refused,
  type StoreOutcome,
  settle,
  type Versioned,
} from './outcome.ts';
import type { Schema } from './schema.ts';

/**
 * Absent fields stay. `extension: null` and `mail: null` take away. `numbers` is the whole list, the main one first:
 * numbers that the account already has without an owner are taken, new ones are added, missing ones become free.
 */
export interface PersonChange {
  readonly displayName?: string;
  readonly upn?: string;
  readonly mail?: string | null;
  readonly extension?: string | null;
  readonly numbers?: readonly E164[];
  readonly active?: boolean;
  readonly teamsToggle?: boolean;
  readonly platformLicence?: boolean;
  /** null: by the account's rule again. */
  readonly leaver?: LeaverChoice | null;
}

export interface PersonPage {
  /** Part of name, upn, extension or number. */
  readonly search?: string;
  /** 1-500, default 100. */
  readonly limit?: number;
  /** The last upn of the page before. */
  readonly afterUpn?: string;
}

export interface PersonStore {
  list(accountId: AccountId, page?: PersonPage): Promise<readonly Versioned<Person>[]>;
  get(accountId: AccountId, personId: PersonId): Promise<Versioned<Person> | undefined>;
  create(accountId: AccountId, person: Person): Promise<StoreOutcome<Versioned<Person>>>;
  update(
    accountId: AccountId,
    personId: PersonId,
    version: number,
    change: PersonChange,
  ): Promise<StoreOutcome<Versioned<Person>>>;
  /** The person's numbers stay with the account, without an owner. */
  remove(accountId: AccountId, personId: PersonId): Promise<StoreOutcome<void>>;
  findByIdForPlatform(personId: PersonId): Promise<Versioned<Person> | undefined>;
}

export function createPersonStore(db: Database): PersonStore {
  return {
    list: (accountId, page = {}) =>
      isId(accountId) ? db.withAccount(accountId, (tx) => readPeople(tx, page)) : Promise.resolve([]),
    async get(accountId, personId) {
      if (!isId(accountId) || !isId(personId)) return undefined;
      return await db.withAccount(accountId, (tx) => readPerson(tx, personId));
    },
    async create(accountId, person) {
      if (!isId(accountId) || person.accountId !== accountId) return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          await tx
            .insertInto('people')
            .values({
              id: person.id,
              account_id: accountId,
              display_name: person.displayName,
              upn: person.upn.toLowerCase(),
              mail: person.mail ?? null,
              active: person.active,
              teams_toggle: person.teamsToggle,
              platform_licence: person.platformLicence,
              ...leaverColumns(person.leaver),
            })
            .execute();
          if (person.extension !== undefined)
            await writeExtension(tx, accountId, person.id, person.extension);
          await writeNumbers(tx, accountId, person.id, person.numbers);
          return done((await readPerson(tx, person.id)) as Versioned<Person>);
        }),
      );
    },
    async update(accountId, personId, version, change) {
      if (!isId(accountId) || !isId(personId)) return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          await lockedVersion(tx, 'people', personId, version);
          await tx
            .updateTable('people')
            .set({ ...columnsOf(change), version: version + 1, updated_at: sql`tandem_now()` })
            .where('id', '=', personId)
            .execute();
          if (change.extension !== undefined) await writeExtension(tx, accountId, personId, change.extension);
          if (change.numbers) await writeNumbers(tx, accountId, personId, change.numbers);
          return done((await readPerson(tx, personId)) as Versioned<Person>);
        }),
      );
    },
    async remove(accountId, personId) {
      if (!isId(accountId) || !isId(personId)) return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          const result = await tx.deleteFrom('people').where('id', '=', personId).executeTakeFirst();
          return result.numDeletedRows === 0n ? refused({ kind: 'not-found' }) : done(undefined);
        }),
      );
    },
    async findByIdForPlatform(personId) {
      if (!isId(personId)) return undefined;
      return await db.withPlatform('find person', (tx) => readPerson(tx, personId));
    },
  };
}

type PersonRow = Selectable<Schema['people']> & { extension: string | null; owned: string[] };

/** People whom the transaction may see, with extension and numbers, in one query. */
function peopleQuery(tx: Tx) {
  return tx
    .selectFrom('people')
    .leftJoin('extensions', 'extensions.person_id', 'people.id')
    .selectAll('people')
    .select('extensions.extension')
    .select(
      sql<
        string[]
      >`array(select n.number from numbers n where n.person_id = people.id order by n.position, n.number)`.as(
        'owned',
      ),
    );
}

async function readPerson(tx: Tx, personId: PersonId): Promise<Versioned<Person> | undefined> {
  const row = await peopleQuery(tx).where('people.id', '=', personId).executeTakeFirst();
  return row ? personOf(row) : undefined;
}

/** As `foldName` folds a name in the directory: who types "jose" finds José, here and there. */
const foldedName = sql<string>`regexp_replace(normalize(lower(people.display_name), NFKD),
  '[\\u0300-\\u036f\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20ff\\ufe20-\\ufe2f]', '', 'g')`;

async function readPeople(tx: Tx, page: PersonPage): Promise<Versioned<Person>[]> {
  let query = peopleQuery(tx)
    .orderBy('people.upn')
    .orderBy('people.id')
    .limit(Math.min(500, Math.max(1, page.limit ?? 100)));
  if (page.afterUpn !== undefined) query = query.where('people.upn', '>', page.afterUpn.toLowerCase());
  if (page.search) {
    const part = `%${likeText(page.search)}%`;
    query = query.where((eb) =>
      eb.or([
        sql<boolean>`${foldedName} like ${`%${likeText(foldName(page.search ?? ''))}%`}`,
        eb('people.upn', 'ilike', part),
        eb('extensions.extension', 'like', part),
        sql<boolean>`exists (select 1 from numbers n where n.person_id = people.id and n.number like ${part})`,
      ]),
    );
  }
  return (await query.execute()).map(personOf);
}

/** People by id or sign-in address, locked until the transaction ends, in one order: two batches never wait for each other. */
export async function lockPeople(
  tx: Tx,
  who: { readonly ids: readonly PersonId[]; readonly upns: readonly string[] },
): Promise<Versioned<Person>[]> {
  const locked = await tx
    .selectFrom('people')
    .select('id')
    .where((eb) =>
      eb.or([
        eb('id', '=', sql<PersonId>`any(${[...who.ids]}::uuid[])`),
        eb('upn', '=', sql<string>`any(${who.upns.map((upn) => upn.toLowerCase())}::text[])`),
      ]),
    )
    .orderBy('id')
    .forUpdate()
    .execute();
  if (locked.length === 0) return [];
  const rows = await peopleQuery(tx)
    .where('people.id', '=', sql<PersonId>`any(${locked.map(({ id }) => id)}::uuid[])`)
    .execute();
  return rows.map(personOf);
}

/** `%`, `_` and `\` of a searched text mean themselves. */
export const likeText = (text: string): string => text.slice(0, 100).replace(/[\\%_]/g, '\\$&');

function personOf(row: PersonRow): Versioned<Person> {
  const leaver = leaverChoiceOf(row);
  return {
    id: row.id,
    accountId: row.account_id,
    displayName: row.display_name,
    upn: row.upn,
    ...(row.mail === null ? {} : { mail: row.mail }),
    ...(row.extension === null ? {} : { extension: row.extension }),
    numbers: row.owned as E164[],
    active: row.active,
    teamsToggle: row.teams_toggle,
    platformLicence: row.platform_licence,
    ...(leaver && { leaver }),
    version: row.version,
  };
}

function columnsOf(change: PersonChange) {
  return {
    ...(change.displayName === undefined ? {} : { display_name: change.displayName }),
    ...(change.upn === undefined ? {} : { upn: change.upn.toLowerCase() }),
    ...(change.mail === undefined ? {} : { mail: change.mail }),
    ...(change.active === undefined ? {} : { active: change.active }),
    ...(change.teamsToggle === undefined ? {} : { teams_toggle: change.teamsToggle }),
    ...(change.platformLicence === undefined ? {} : { platform_licence: change.platformLicence }),
    ...(change.leaver === undefined ? {} : leaverColumns(change.leaver ?? undefined)),
  };
}

async function writeExtension(
  tx: Tx,
  accountId: AccountId,
  personId: PersonId,
  extension: string | null,
): Promise<void> {
  await tx.deleteFrom('extensions').where('person_id', '=', personId).execute();
  if (extension === null) return;
  await tx
    .insertInto('extensions')
    .values({ account_id: accountId, extension, person_id: personId })
    .execute();
}

/**
 * A number without an owner in this account is taken over; one that has an owner, here or elsewhere, fails on the key
 * (`taken`), because row security hides another customer's row from the update but not from the constraint.
 */
async function writeNumbers(
  tx: Tx,
  accountId: AccountId,
  personId: PersonId,
  numbers: readonly E164[],
): Promise<void> {
  await tx
    .updateTable('numbers')
    .set({ person_id: null, version: sql`version + 1` })
    .where('person_id', '=', personId)
    .execute();
  for (const [position, number] of numbers.entries()) {
    const held = await tx
      .selectFrom('numbers')
      .select(['held', 'held_until', 'held_reason', 'reserved_for', 'former_person_id'])
      .where('number', '=', number)
      .where(holdsNow)
      .forUpdate()
      .executeTakeFirst();
    const wasTheirs = held?.held === 'quarantine' && held.former_person_id === personId;
    if (held && !wasTheirs && !(await isReservedFor(tx, held.reserved_for, personId)))
      throw new Refused(heldRefusal(number, held));
    const free = await tx
      .updateTable('numbers')
      .set({ person_id: personId, position, version: sql`version + 1`, ...noHold })
      .where('number', '=', number)
      .where('person_id', 'is', null)
      .where('device_id', 'is', null)
      .where('queue_id', 'is', null)
      .executeTakeFirst();
    if (free.numUpdatedRows === 0n) {
      await tx
        .insertInto('numbers')
        .values({ number, account_id: accountId, person_id: personId, position })
        .execute();
    }
  }
}

/** A reservation holds a number back from everybody but the one it is for. */
async function isReservedFor(tx: Tx, address: string | null, personId: PersonId): Promise<boolean> {
  if (address === null) return false;
  const person = await tx
    .selectFrom('people')
    .select(['upn', 'mail'])
    .where('id', '=', personId)
    .executeTakeFirst();
  return [person?.upn, person?.mail].some((one) => one?.toLowerCase() === address);
}
