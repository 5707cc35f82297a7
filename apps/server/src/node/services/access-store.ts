import type { AccessStore, StoredApiToken, StoredUser } from '@tandem/adapters/http/auth/session-service.ts';
import type { Database } from '@tandem/adapters/postgres/database.ts';
import type { Schema } from '@tandem/adapters/postgres/schema.ts';
import { hashToken } from '@tandem/adapters/security/token.ts';
import type { Selectable } from 'kysely';

/** Sign-ins and sessions in the database. `apiToken`: the rehearsal world's own, which lives only as long as the process. */
export function createAccessStore(db: Database, apiToken?: string): AccessStore {
  const rehearsalHash = apiToken === undefined ? undefined : hashToken(apiToken);

  const userBy = (column: 'id' | 'name', value: string): Promise<StoredUser | undefined> =>
    db.withPlatform('read user', async (tx) => {
      const row = await tx
        .selectFrom('users')
        .leftJoin('people', 'people.id', 'users.person_id')
        .selectAll('users')
        .select('people.display_name')
        .where(`users.${column}`, '=', value)
        .executeTakeFirst();
      return row && userOf(row);
    });

  return {
    userByName: (name) => userBy('name', name.toLowerCase()),
    user: (id) => userBy('id', id),
    async saveSession({ hash, userId, createdAtMs, lastSeenMs, idleUntilMs, endsAtMs }) {
      await db.withPlatform('open session', async (tx) => {
        const user = await tx
          .selectFrom('users')
          .select('account_id')
          .where('id', '=', userId)
          .executeTakeFirst();
        await tx
          .insertInto('sessions')
          .values({
            hash,
            user_id: userId,
            account_id: user?.account_id ?? null,
            created_at: new Date(createdAtMs),
            last_seen_at: new Date(lastSeenMs),
            idle_until: new Date(idleUntilMs),
            ends_at: new Date(endsAtMs),
          })
          .execute();
        await tx
          .updateTable('users')
          .set({ last_sign_in_at: new Date(createdAtMs) })
          .where('id', '=', userId)
          .execute();
      });
    },
    session: (hash) =>
      db.withPlatform('read session', async (tx) => {
        const row = await tx.selectFrom('sessions').selectAll().where('hash', '=', hash).executeTakeFirst();
        return (
          row && { hash, userId: row.user_id, createdAtMs: row.created_at, lastSeenMs: row.last_seen_at }
        );
      }),
    async touchSession(hash, lastSeenMs, idleUntilMs) {
      await db.withPlatform('touch session', (tx) =>
        tx
          .updateTable('sessions')
          .set({ last_seen_at: new Date(lastSeenMs), idle_until: new Date(idleUntilMs) })
          .where('hash', '=', hash)
          .execute(),
      );
    },
    async deleteSession(hash) {
      await db.withPlatform('close session', (tx) =>
        tx.deleteFrom('sessions').where('hash', '=', hash).execute(),
      );
    },
    apiToken(hash): Promise<StoredApiToken | undefined> {
      if (rehearsalHash?.equals(hash))
        return Promise.resolve({ id: 'rehearsal', name: 'instance file', role: 'operator' });
      return db.withPlatform('read token', async (tx) => {
        const row = await tx.selectFrom('api_tokens').selectAll().where('hash', '=', hash).executeTakeFirst();
        return (
          row && {
            id: row.id,
            name: row.name,
            role: row.role,
            ...(row.account_id !== null && { accountId: row.account_id }),
            ...(row.expires_at !== null && { expiresAtMs: row.expires_at }),
          }
        );
      });
    },
  };
}

function userOf(row: Selectable<Schema['users']> & { display_name: string | null }): StoredUser {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    passwordHash: row.password_hash,
    disabled: row.disabled,
    ...(row.display_name !== null && { displayName: row.display_name }),
    ...(row.account_id !== null && { accountId: row.account_id }),
    ...(row.person_id !== null && { personId: row.person_id }),
  };
}
