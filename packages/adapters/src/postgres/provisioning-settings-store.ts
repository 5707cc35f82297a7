import type { AccountId } from '@tandem/domain';
import { defaultSettings, type ProvisioningSettings } from '@tandem/engine';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { isId } from './outcome.ts';

/** How the connections of an account decide who calls from Teams. Without a row there is no provisioning. */
export interface ProvisioningSettingsStore {
  /**
   * `adopt`: the row that stood for the account's first connection is this one's from now on.
   */
  save(settings: ProvisioningSettings, options?: { readonly adopt?: boolean }): Promise<void>;
  list(accountId: AccountId): Promise<readonly ProvisioningSettings[]>;
  listAllProvisioningSettingsForPlatform(): Promise<readonly ProvisioningSettings[]>;
}

export function createProvisioningSettingsStore(db: Database): ProvisioningSettingsStore {
  return {
    async save({ accountId, connectionId, ...settings }, { adopt = false } = {}) {
      if (!isId(accountId) || (connectionId !== undefined && !isId(connectionId))) return;
      await db.withAccount(accountId, async (tx) => {
        if (adopt && connectionId !== undefined)
          await tx.deleteFrom('provisioning_settings').where('connection_id', 'is', null).execute();
        const text = JSON.stringify(settings);
        await tx
          .insertInto('provisioning_settings')
          .values({ account_id: accountId, connection_id: connectionId ?? null, settings: text })
          .onConflict((on) =>
            on.columns(['account_id', 'connection_id']).doUpdateSet({
              settings: text,
              version: sql`provisioning_settings.version + 1`,
              updated_at: sql`tandem_now()`,
            }),
          )
          .execute();
      });
    },
    async list(accountId) {
      if (!isId(accountId)) return [];
      const rows = await db.withAccount(accountId, (tx) =>
        tx
          .selectFrom('provisioning_settings')
          .select(['account_id', 'connection_id', 'settings'])
          .orderBy('id')
          .execute(),
      );
      return rows.map(settingsOf);
    },
    async listAllProvisioningSettingsForPlatform() {
      const rows = await db.readPlatform('read provisioning settings', (tx) =>
        tx
          .selectFrom('provisioning_settings')
          .select(['account_id', 'connection_id', 'settings'])
          .orderBy('id')
          .execute(),
      );
      return rows.map(settingsOf);
    },
  };
}

/** What a row does not say is as it is for everybody who decided nothing. */
function settingsOf(row: {
  readonly account_id: AccountId;
  readonly connection_id: ProvisioningSettings['connectionId'] | null;
  readonly settings: Partial<ProvisioningSettings>;
}): ProvisioningSettings {
  return {
    ...defaultSettings(row.account_id),
    ...row.settings,
    accountId: row.account_id,
    ...(row.connection_id && { connectionId: row.connection_id }),
  };
}
