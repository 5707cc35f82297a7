import type { AccountId, PersonId, PresenceLabel } from '@tandem/domain';
import type { PresenceChange, PresenceChanges } from '@tandem/engine';
import { sql } from 'kysely';
import type { Database, Tx } from './database.ts';
import { isId } from './outcome.ts';

export interface StoredPresenceChange extends PresenceChange {
  /** Later ones are greater; the order of one person's changes. */
  readonly id: string;
}

export interface PresenceChangeStore extends PresenceChanges {
  /** Newest first. */
  list(
    accountId: AccountId,
    personId: PersonId,
    ask: {
      readonly limit: number;
      /** Before this one. */
      readonly cursor?: string | undefined;
      readonly fromWallMs?: number | undefined;
      readonly beforeWallMs?: number | undefined;
    },
  ): Promise<readonly StoredPresenceChange[]>;
}

/** Of each person: months of an ordinary life, days of a flapping one. */
export const mostChangesKept = 2000;
const biggestId = /^[0-9]{1,18}$/;

/** The journal of presence. Lines are only ever added, and forgotten by number and age. */
export function createPresenceChangeStore(db: Database): PresenceChangeStore {
  /** What was added since it was last looked whether there are too many. */
  const added = new Map<PersonId, number>();

  async function insert(tx: Tx, changes: readonly PresenceChange[]): Promise<void> {
    await tx
      .insertInto('presence_changes')
      .values(
        changes.map(({ accountId, personId, atWallMs, ...change }) => ({
          account_id: accountId,
          person_id: personId,
          at: new Date(atWallMs),
          change: JSON.stringify(change),
        })),
      )
      .execute();
  }

  /** Those that are not there yet. */
  async function missing(tx: Tx, changes: readonly PresenceChange[]): Promise<readonly PresenceChange[]> {
    const times = changes.map(({ atWallMs }) => atWallMs);
    const there = await tx
      .selectFrom('presence_changes')
      .select(['person_id', 'at', 'change'])
      .where('person_id', 'in', [...new Set(changes.map(({ personId }) => personId))])
      .where('at', '>=', sql<number>`${new Date(Math.min(...times))}`)
      .where('at', '<=', sql<number>`${new Date(Math.max(...times))}`)
      .execute();
    const key = (who: PersonId, at: number, { to, cause }: Pick<PresenceChange, 'to' | 'cause'>): string =>
      `${who} ${Math.trunc(at)} ${to} ${cause}`;
    const known = new Set(there.map(({ person_id, at, change }) => key(person_id, at, change)));
    return changes.filter((one) => !known.has(key(one.personId, one.atWallMs, one)));
  }

  async function prune(tx: Tx, changes: readonly PresenceChange[]): Promise<void> {
    for (const { personId } of changes) {
      const count = (added.get(personId) ?? 0) + 1;
      added.set(personId, count);
      if (count < 100) continue;
      added.delete(personId);
      const oldest = tx
        .selectFrom('presence_changes')
        .select('id')
        .where('person_id', '=', personId)
        .orderBy('id', 'desc')
        .offset(mostChangesKept)
        .limit(1);
      await tx
        .deleteFrom('presence_changes')
        .where('person_id', '=', personId)
        .where('id', '<=', oldest)
        .execute();
    }
  }

  return {
    async append(changes, again = false) {
      const named = changes.filter(({ accountId, personId }) => isId(accountId) && isId(personId));
      if (named.length === 0) return;
      // All or nothing, so that trying again tells nothing twice.
      await db.withPlatform('write the presence journal', async (tx) => {
        const there = await tx
          .selectFrom('people')
          .select(['id', 'account_id'])
          .where('id', 'in', [...new Set(named.map(({ personId }) => personId))])
          .execute();
        const accountOf = new Map(there.map(({ id, account_id }) => [id, account_id]));
        // Somebody may be gone since; nobody reads their lines.
        const own = named.filter(({ accountId, personId }) => accountOf.get(personId) === accountId);
        const fresh = again ? await missing(tx, own) : own;
        if (fresh.length === 0) return;
        await insert(tx, fresh);
        await prune(tx, fresh);
      });
    },
    async list(accountId, personId, { limit, cursor, fromWallMs, beforeWallMs }) {
      if (!isId(accountId) || !isId(personId)) return [];
      if (cursor !== undefined && !biggestId.test(cursor)) return [];
      const rows = await db.withAccount(accountId, (tx) => {
        let query = tx
          .selectFrom('presence_changes')
          .select(['id', 'at', 'change'])
          .where('person_id', '=', personId)
          .orderBy('id', 'desc')
          .limit(limit);
        if (cursor !== undefined) query = query.where('id', '<', cursor);
        if (fromWallMs !== undefined) query = query.where('at', '>=', sql<number>`${new Date(fromWallMs)}`);
        if (beforeWallMs !== undefined)
          query = query.where('at', '<', sql<number>`${new Date(beforeWallMs)}`);
        return query.execute();
      });
      return rows.map(({ id, at, change }) => ({
        ...change,
        id: String(id),
        accountId,
        personId,
        atWallMs: at,
      }));
    },
    async lastLabelsForPlatform() {
      const rows = await db.readPlatform('go on with the presence journal', (tx) =>
        tx
          .selectFrom('presence_changes')
          .distinctOn('person_id')
          .select('person_id')
          .select(sql<PresenceLabel>`change ->> 'to'`.as('label'))
          .orderBy('person_id')
          .orderBy('id', 'desc')
          .execute(),
      );
      return new Map(rows.map(({ person_id, label }) => [person_id, label]));
    },
    async forgetForPlatform(olderThanMs) {
      await db.withPlatform('forget old lines of the presence journal', (tx) =>
        tx
          .deleteFrom('presence_changes')
          .where('at', '<', sql<number>`tandem_now() - ${olderThanMs} * interval '1 millisecond'`)
          .execute(),
      );
    },
  };
}
