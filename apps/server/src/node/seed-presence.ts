import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import type { AccountId } from '@tandem/domain';
import { defaultPresenceSettings } from '@tandem/engine/presence-sync/settings.ts';

/** The rehearsal world shows presence from its first start on: everybody, both ways. What somebody chose since stays. */
export async function seedPresence(
  stores: Pick<Stores, 'presenceSync'>,
  accountId: AccountId,
): Promise<void> {
  await stores.presenceSync.saveSettings(
    { accountId, settings: { ...defaultPresenceSettings, mode: 'all' }, version: 1 },
    0,
  );
}
