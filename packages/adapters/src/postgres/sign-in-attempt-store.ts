import { createHash } from 'node:crypto';
import type { SignInAttempt, SignInAttempts } from '@tandem/engine';
import { sql } from 'kysely';
import type { SecretBox } from '../security/secret-box.ts';
import type { Database } from './database.ts';

const hashOf = (state: string): Buffer => createHash('sha256').update(state, 'utf8').digest();

/** Ways to Microsoft and back that are open, over restarts. Each is taken once, by whoever comes first. */
export function createSignInAttemptStore(db: Database, box: SecretBox): SignInAttempts {
  const context = (hash: Buffer): string => `microsoft-sign-in:${hash.toString('base64url')}`;
  return {
    async open(state, attempt) {
      const hash = hashOf(state);
      await db.withAccount(attempt.accountId, (tx) =>
        tx
          .insertInto('microsoft_sign_ins')
          .values({
            state_hash: hash,
            account_id: attempt.accountId,
            attempt_sealed: box.seal(JSON.stringify(attempt), context(hash)),
            ends_at: new Date(attempt.endsWallMs),
          })
          .execute(),
      );
    },
    async take(state, nowWallMs) {
      const hash = hashOf(state);
      // Whose it is is not known before it is found: the state itself is the proof.
      const row = await db.withPlatform('take a sign-in by its state', async (tx) => {
        await tx
          .deleteFrom('microsoft_sign_ins')
          .where('ends_at', '<', sql<number>`tandem_now() - interval '1 day'`)
          .execute();
        return await tx
          .deleteFrom('microsoft_sign_ins')
          .where('state_hash', '=', hash)
          .returning('attempt_sealed')
          .executeTakeFirst();
      });
      const text = row && box.open(row.attempt_sealed, context(hash));
      if (text === undefined) return undefined;
      const attempt = JSON.parse(text) as SignInAttempt;
      return attempt.endsWallMs > nowWallMs ? attempt : undefined;
    },
  };
}
