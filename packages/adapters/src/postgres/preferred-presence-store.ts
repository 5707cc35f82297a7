import type { PreferredStates } from '@tandem/engine';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { isId } from './outcome.ts';

/** Preferred states of ours at Microsoft. Their time is the store's own, as that of the leases is (I7). */
export function createPreferredPresenceStore(db: Database): PreferredStates {
  return {
    hold: (held, forMs) =>
      db.withAccount(held.accountId, async (tx) => {
        const { sequence, availability, activity, wish, standing } = held;
        const row = {
          account_id: held.accountId,
          entra_tenant_id: held.entraTenantId,
          object_id: held.objectId,
          ...{ availability, activity, wish, standing, sequence },
        };
        const ends_at = sql<Date>`tandem_now() + ${forMs} * interval '1 millisecond'`;
        const written = await tx
          .insertInto('preferred_presence')
          .values({ person_id: held.personId, ...row, ends_at })
          .onConflict((on) =>
            on
              .column('person_id')
              .doUpdateSet({ ...row, ends_at, updated_at: sql`tandem_now()` })
              .where('preferred_presence.sequence', '<', sequence),
          )
          .returning('sequence')
          .executeTakeFirst();
        if (written) return { held: true };
        const stands = await tx
          .selectFrom('preferred_presence')
          .select('sequence')
          .where('person_id', '=', held.personId)
          .executeTakeFirst();
        return { held: false, standing: stands?.sequence ?? sequence };
      }),
    async drop(accountId, personId, sequence) {
      if (!isId(accountId) || !isId(personId)) return;
      await db.withAccount(accountId, (tx) =>
        tx
          .deleteFrom('preferred_presence')
          .where('person_id', '=', personId)
          .where('sequence', '<=', sequence)
          .execute(),
      );
    },
    async listForPlatform() {
      const rows = await db.readPlatform('restore preferred presence', (tx) =>
        tx
          .selectFrom('preferred_presence')
          .select(['account_id', 'person_id', 'entra_tenant_id', 'object_id', 'sequence'])
          .select(['availability', 'activity', 'wish', 'standing'])
          .select(sql<number>`(extract(epoch from ends_at - tandem_now()) * 1000)::bigint`.as('left_ms'))
          .execute(),
      );
      return rows.map(({ availability, activity, wish, standing, sequence, ...row }) => ({
        ...{ availability, activity, wish, standing, sequence },
        accountId: row.account_id,
        personId: row.person_id,
        entraTenantId: row.entra_tenant_id,
        objectId: row.object_id,
        leftMs: row.left_ms,
      }));
    },
  };
}
