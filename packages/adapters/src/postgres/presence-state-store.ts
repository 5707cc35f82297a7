import type { PersonStates } from '@tandem/engine';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { isId, refusalOf } from './outcome.ts';

/** What people decided about their own presence, one row a person. */
export function createPresenceStateStore(db: Database): PersonStates {
  return {
    async save(accountId, personId, { manual, exceptions, callbackUntilWallMs }) {
      if (!isId(accountId) || !isId(personId)) return;
      const change = {
        ...(manual !== undefined && { manual: manual === null ? null : JSON.stringify(manual) }),
        ...(exceptions && { exceptions: JSON.stringify(exceptions) }),
        ...(callbackUntilWallMs !== undefined && { callback_until: new Date(callbackUntilWallMs) }),
      };
      try {
        await db.withAccount(accountId, (tx) =>
          tx
            .insertInto('presence_states')
            .values({ person_id: personId, account_id: accountId, ...change })
            .onConflict((on) =>
              on.column('person_id').doUpdateSet({ ...change, updated_at: sql`tandem_now()` }),
            )
            .execute(),
        );
      } catch (error) {
        // The person is gone since: there is nobody to keep it for.
        if (refusalOf(error)?.kind !== 'unknown-reference') throw error;
      }
    },
    async endManual(accountId, personId, setAtWallMs) {
      if (!isId(accountId) || !isId(personId)) return;
      await db.withAccount(accountId, (tx) =>
        tx
          .updateTable('presence_states')
          .set({ manual: null, updated_at: sql`tandem_now()` })
          .where('person_id', '=', personId)
          .where(sql`(manual ->> 'setAtWallMs')::numeric`, '=', setAtWallMs)
          .execute(),
      );
    },
    async listForPlatform() {
      const rows = await db.readPlatform('restore what people set by hand', (tx) =>
        tx
          .selectFrom('presence_states')
          .select(['account_id', 'person_id', 'manual', 'exceptions', 'callback_until'])
          .execute(),
      );
      return rows.map((row) => ({
        accountId: row.account_id,
        personId: row.person_id,
        ...(row.manual && { manual: row.manual }),
        ...(row.exceptions && { exceptions: row.exceptions }),
        ...(row.callback_until !== null && { callbackUntilWallMs: row.callback_until }),
      }));
    },
  };
}
