import type { AccountId, PersonId } from '@tandem/domain';
import { sql } from 'kysely';
import type { Database, Tx } from './database.ts';
import { done, isId, refused, type StoreOutcome, settle } from './outcome.ts';

export interface TaggedPerson {
  readonly id: PersonId;
  readonly displayName: string;
  readonly upn: string;
  readonly tags: readonly string[];
}

/** A call of somebody who has the tag now. */
export interface TaggedCall {
  readonly tag: string;
  readonly displayName: string;
  readonly upn: string;
  readonly invitedWallMs: number;
  readonly direction: string;
  readonly from: string;
  readonly to: string;
  readonly result?: string;
  readonly talkSeconds: number;
}

export interface TagSum {
  readonly tag: string;
  readonly people: number;
  readonly calls: number;
  readonly answered: number;
  readonly talkSeconds: number;
}

/** Wall milliseconds of the INVITE: from (inclusive), until (exclusive). */
export interface TagPeriod {
  readonly tag?: string;
  readonly from: number;
  readonly until: number;
}

export interface TagStore {
  list(accountId: AccountId): Promise<readonly { readonly tag: string; readonly people: number }[]>;
  people(accountId: AccountId, tag?: string): Promise<readonly TaggedPerson[]>;
  of(accountId: AccountId, personId: PersonId): Promise<readonly string[]>;
  /** All tags of the person; what they had before. */
  set(
    accountId: AccountId,
    personId: PersonId,
    tags: readonly string[],
  ): Promise<StoreOutcome<{ readonly before: readonly string[] }>>;
  sums(accountId: AccountId, period: TagPeriod): Promise<readonly TagSum[]>;
  /** By tag, then in the order of the calls. */
  calls(accountId: AccountId, period: TagPeriod, limit: number): Promise<readonly TaggedCall[]>;
}

export function createTagStore(db: Database): TagStore {
  return {
    async list(accountId) {
      if (!isId(accountId)) return [];
      const rows = await db.withAccount(accountId, (tx) =>
        tx
          .selectFrom('person_tags')
          .select(['tag', sql<string>`count(*)`.as('people')])
          .groupBy('tag')
          .orderBy('tag')
          .execute(),
      );
      return rows.map(({ tag, people }) => ({ tag, people: Number(people) }));
    },
    async people(accountId, tag) {
      if (!isId(accountId)) return [];
      return await db.withAccount(accountId, async (tx) => {
        const tags = sql<
          string[]
        >`array(select t.tag from person_tags t where t.person_id = people.id order by t.tag)`;
        let query = tx
          .selectFrom('people')
          .select(['id', 'display_name', 'upn', tags.as('tags')])
          .orderBy('upn');
        query = query.where((eb) =>
          eb.exists(
            eb
              .selectFrom('person_tags')
              .select('person_tags.tag')
              .whereRef('person_tags.person_id', '=', 'people.id')
              .$if(tag !== undefined, (one) => one.where('person_tags.tag', '=', tag as string)),
          ),
        );
        return (await query.execute()).map((row) => ({
          id: row.id,
          displayName: row.display_name,
          upn: row.upn,
          tags: row.tags,
        }));
      });
    },
    async of(accountId, personId) {
      if (!isId(accountId) || !isId(personId)) return [];
      return await db.withAccount(accountId, (tx) => tagsOf(tx, personId));
    },
    async set(accountId, personId, tags) {
      if (!isId(accountId) || !isId(personId)) return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          const person = await tx
            .selectFrom('people')
            .select('id')
            .where('id', '=', personId)
            .forUpdate()
            .executeTakeFirst();
          if (!person) return refused({ kind: 'not-found' });
          const before = await tagsOf(tx, personId);
          await tx.deleteFrom('person_tags').where('person_id', '=', personId).execute();
          if (tags.length > 0)
            await tx
              .insertInto('person_tags')
              .values(tags.map((tag) => ({ account_id: accountId, person_id: personId, tag })))
              .execute();
          return done({ before });
        }),
      );
    },
    async sums(accountId, period) {
      if (!isId(accountId)) return [];
      const { rows } = await db.withAccount(accountId, (tx) =>
        sql<{ tag: string; people: string; calls: string; answered: string; talk: string }>`
          select t.tag, count(distinct t.person_id) as people, count(*) as calls,
            count(*) filter (where c.result = 'answered') as answered,
            coalesce(sum((c.record ->> 'talkMs')::numeric), 0) as talk
          ${fromCalls(period)} group by t.tag order by t.tag`.execute(tx),
      );
      return rows.map(({ tag, people, calls, answered, talk }) => ({
        tag,
        people: Number(people),
        calls: Number(calls),
        answered: Number(answered),
        talkSeconds: Math.round(Number(talk) / 1000),
      }));
    },
    async calls(accountId, period, limit) {
      if (!isId(accountId)) return [];
      const { rows } = await db.withAccount(accountId, (tx) =>
        sql<{
          tag: string;
          display_name: string;
          upn: string;
          invited_at: number;
          direction: string;
          from_number: string;
          to_number: string;
          result: string | null;
          talk: string | null;
        }>`select t.tag, p.display_name, p.upn, c.invited_at, c.direction, c.from_number, c.to_number, c.result,
            c.record ->> 'talkMs' as talk
          ${fromCalls(period)} order by t.tag, c.invited_at, c.call_id limit ${limit}`.execute(tx),
      );
      return rows.map((row) => ({
        tag: row.tag,
        displayName: row.display_name,
        upn: row.upn,
        invitedWallMs: row.invited_at,
        direction: row.direction,
        from: row.from_number,
        to: row.to_number,
        ...(row.result !== null && { result: row.result }),
        talkSeconds: Math.round(Number(row.talk ?? 0) / 1000),
      }));
    },
  };
}

const tagsOf = async (tx: Tx, personId: PersonId): Promise<string[]> =>
  (
    await tx
      .selectFrom('person_tags')
      .select('tag')
      .where('person_id', '=', personId)
      .orderBy('tag')
      .execute()
  ).map(({ tag }) => tag);

/** Of many people at once; who has none is not there. */
export async function tagsOfPeople(
  tx: Tx,
  people: readonly PersonId[],
): Promise<ReadonlyMap<PersonId, readonly string[]>> {
  const found = new Map<PersonId, string[]>();
  if (people.length === 0) return found;
  const rows = await tx
    .selectFrom('person_tags')
    .select(['person_id', 'tag'])
    .where('person_id', '=', sql<PersonId>`any(${[...people]}::uuid[])`)
    .orderBy('tag')
    .execute();
  for (const { person_id, tag } of rows) found.set(person_id, [...(found.get(person_id) ?? []), tag]);
  return found;
}

/** Row security leaves the account's own calls, tags and people. */
const fromCalls = ({ tag, from, until }: TagPeriod) => sql`
  from call_records c
  join person_tags t on t.person_id = (c.record ->> 'personId')::uuid
  join people p on p.id = t.person_id
  where c.invited_at >= ${new Date(from)} and c.invited_at < ${new Date(until)}
    and ${tag === undefined ? sql`true` : sql`t.tag = ${tag}`}`;
