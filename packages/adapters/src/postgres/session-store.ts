import { sql } from 'kysely';
import { generateToken, hashToken, looksLikeToken } from '../security/token.ts';
import type { Database } from './database.ts';
import { type PlatformUser, userOf } from './user-store.ts';

/** Browser sessions: idle 30 min, 12 h in all (T26). Judged by the store's clock. */
export interface SessionLimits {
  readonly idleMinutes: number;
  readonly totalMinutes: number;
}

export const defaultLimits: SessionLimits = { idleMinutes: 30, totalMinutes: 12 * 60 };

export interface SessionStore {
  /** The text is the cookie's value. */
  openForPlatform(user: PlatformUser): Promise<{ readonly text: string; readonly endsAt: number }>;
  /**
   * Who this is; extends the idle time. Undefined when unknown, idle too long, ended, or the user is disabled: role and
   * account are read anew each time, so a change is effective at once (T21).
   */
  readForPlatform(text: string): Promise<PlatformUser | undefined>;
  closeForPlatform(text: string): Promise<void>;
  closeAllOfUserForPlatform(userId: string): Promise<void>;
  /** Deletes ended ones; run now and then. Gives how many. */
  sweepForPlatform(): Promise<number>;
}

export function createSessionStore(db: Database, limits: SessionLimits = defaultLimits): SessionStore {
  const idle = sql`interval '1 minute' * ${limits.idleMinutes}::int`;
  const total = sql`interval '1 minute' * ${limits.totalMinutes}::int`;
  return {
    async openForPlatform(user) {
      const token = generateToken('session');
      const row = await db.withPlatform('open session', (tx) =>
        tx
          .insertInto('sessions')
          .values({
            hash: token.hash,
            user_id: user.id,
            account_id: user.accountId ?? null,
            idle_until: sql`tandem_now() + ${idle}`,
            ends_at: sql`tandem_now() + ${total}`,
          })
          .returning('ends_at')
          .executeTakeFirstOrThrow(),
      );
      return { text: token.text, endsAt: row.ends_at };
    },
    async readForPlatform(text) {
      if (!looksLikeToken('session', text)) return undefined;
      const hash = hashToken(text);
      return await db.withPlatform('read session', async (tx) => {
        const row = await tx
          .selectFrom('sessions')
          .innerJoin('users', 'users.id', 'sessions.user_id')
          .selectAll('users')
          .where('sessions.hash', '=', hash)
          .where('users.disabled', '=', false)
          .where('sessions.idle_until', '>', sql<number>`tandem_now()`)
          .where('sessions.ends_at', '>', sql<number>`tandem_now()`)
          .executeTakeFirst();
        if (!row) return undefined;
        // Not at every request: a page makes many.
        await tx
          .updateTable('sessions')
          .set({ last_seen_at: sql`tandem_now()`, idle_until: sql`tandem_now() + ${idle}` })
          .where('hash', '=', hash)
          .where(sql<boolean>`last_seen_at < tandem_now() - interval '1 minute'`)
          .execute();
        return userOf(row);
      });
    },
    async closeForPlatform(text) {
      if (!looksLikeToken('session', text)) return;
      await db.withPlatform('close session', (tx) =>
        tx.deleteFrom('sessions').where('hash', '=', hashToken(text)).execute(),
      );
    },
    async closeAllOfUserForPlatform(userId) {
      await db.withPlatform('close sessions', (tx) =>
        tx.deleteFrom('sessions').where('user_id', '=', userId).execute(),
      );
    },
    async sweepForPlatform() {
      const gone = await db.withPlatform('sweep sessions', (tx) =>
        tx
          .deleteFrom('sessions')
          .where((eb) =>
            eb.or([
              eb('idle_until', '<', sql<number>`tandem_now()`),
              eb('ends_at', '<', sql<number>`tandem_now()`),
            ]),
          )
          .executeTakeFirst(),
      );
      return Number(gone.numDeletedRows);
    },
  };
}
