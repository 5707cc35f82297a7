import type { PresenceLeases } from '@tandem/engine';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { isId } from './outcome.ts';

/** Leases on what Microsoft shows. Their time is the store's own, so that nodes need not agree about the hour (I7). */
export function createPresenceLeaseStore(db: Database): PresenceLeases {
  return {
    hold: ({ accountId, personId, entraTenantId, objectId, sequence }, forMs) =>
      db.withAccount(accountId, async (tx) => {
        const lease_ends = sql<Date>`tandem_now() + ${forMs} * interval '1 millisecond'`;
        const row = { account_id: accountId, entra_tenant_id: entraTenantId, object_id: objectId, sequence };
        const written = await tx
          .insertInto('presence_lease')
          .values({ person_id: personId, ...row, lease_ends })
          .onConflict((on) =>
            on
              .column('person_id')
              .doUpdateSet({ ...row, lease_ends, updated_at: sql`tandem_now()` })
              .where('presence_lease.sequence', '<', sequence),
          )
          .returning('sequence')
          .executeTakeFirst();
        if (written) return { held: true };
        const standing = await tx
          .selectFrom('presence_lease')
          .select('sequence')
          .where('person_id', '=', personId)
          .executeTakeFirst();
        return { held: false, standing: standing?.sequence ?? sequence };
      }),
    async drop(accountId, personId, sequence) {
      if (!isId(accountId) || !isId(personId)) return;
      await db.withAccount(accountId, (tx) =>
        tx
          .deleteFrom('presence_lease')
          .where('person_id', '=', personId)
          .where('sequence', '<=', sequence)
          .execute(),
      );
    },
    async listForPlatform() {
      const rows = await db.readPlatform('restore presence leases', (tx) =>
        tx
          .selectFrom('presence_lease')
          .select(['account_id', 'person_id', 'entra_tenant_id', 'object_id', 'sequence'])
          .select(sql<number>`(extract(epoch from lease_ends - tandem_now()) * 1000)::bigint`.as('left_ms'))
          .execute(),
      );
      return rows.map((row) => ({
        accountId: row.account_id,
        personId: row.person_id,
        entraTenantId: row.entra_tenant_id,
        objectId: row.object_id,
        sequence: row.sequence,
        leftMs: row.left_ms,
      }));
    },
  };
}
