import type { ProvisioningSettings } from '@tandem/engine';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { isId } from './outcome.ts';

/** How an account decides who calls from Teams. An account without an enable group is not provisioned. */
export interface ProvisioningSettingsStore {
  save(settings: ProvisioningSettings): Promise<void>;
  listAllProvisioningSettingsForPlatform(): Promise<readonly ProvisioningSettings[]>;
}

export function createProvisioningSettingsStore(db: Database): ProvisioningSettingsStore {
  return {
    async save({ accountId, enableGroup, graceSeconds, routingByHand }) {
      if (!isId(accountId)) return;
      await db.withAccount(accountId, (tx) =>
        tx
          .updateTable('accounts')
          .set({
            enable_group_id: enableGroup.id,
            enable_group_name: enableGroup.name,
            grace_seconds: graceSeconds,
            routing_by_hand: routingByHand,
            version: sql`version + 1`,
            updated_at: sql`tandem_now()`,
          })
          .where('id', '=', accountId)
          .execute(),
      );
    },
    async listAllProvisioningSettingsForPlatform() {
      const rows = await db.readPlatform('read provisioning settings', (tx) =>
        tx
          .selectFrom('accounts')
          .select(['id', 'enable_group_id', 'enable_group_name', 'grace_seconds', 'routing_by_hand'])
          .where('enable_group_id', 'is not', null)
          .execute(),
      );
      return rows.map((row) => ({
        accountId: row.id,
        enableGroup: {
          id: row.enable_group_id as string,
          name: row.enable_group_name ?? 'the enable group',
        },
        graceSeconds: row.grace_seconds,
        routingByHand: row.routing_by_hand,
      }));
    },
  };
}
