import { asCarrierId, type CarrierTarget, uuidV7 } from '@tandem/domain';
import { rehearsalIds } from '../../../apps/server/src/node/seed-rehearsal.ts';
import type { Platform } from './instance.ts';
import { until } from './until.ts';

const carrierId = asCarrierId(uuidV7(0, Buffer.from('scenario carrier')));

/**
 * From now on the customer's outside calls leave over a carrier of this file's own: addresses in the order in which
 * they are tried. Each story takes fresh ports, so that none suffers from another's bad marks.
 */
export async function callsLeaveOver(
  platform: Platform,
  customer: 'acme' | 'globex',
  addresses: readonly string[],
  more: { protocol?: CarrierTarget['protocol']; credentials?: { username: string; password: string } } = {},
): Promise<void> {
  const { stores, api } = platform;
  const known = (await stores.carriers.listAllCarriersForPlatform()).find(({ id }) => id === carrierId);
  const saved = await stores.carriers.saveForPlatform('operator', {
    id: carrierId,
    name: 'Scenario Carrier',
    targets: addresses.map((address, at) => {
      const [host = '', port = ''] = address.split(':');
      return { host, port: Number(port), protocol: more.protocol ?? 'UDP', priority: at + 1, weight: 1 };
    }),
    sources: [{ address: '127.0.0.1' }],
    probeWithOptions: false,
    numberFormat: 'e164',
    emergency: true,
    credentials: more.credentials ?? null,
    ...(known && { version: known.version }),
  });
  if (!saved.ok) throw new Error(`carrier not saved: ${JSON.stringify(saved)}`);
  const accountId = rehearsalIds.account(customer);
  const account = await stores.accounts.get(accountId);
  if (!account?.carriers.includes(carrierId)) {
    const changed = await stores.accounts.update(accountId, account?.version ?? 0, { carriers: [carrierId] });
    if (!changed.ok) throw new Error(`account not changed: ${JSON.stringify(changed)}`);
    await until('the customer has the carrier', async () => {
      const { items } = await api.get<{ items: readonly { id: string; carriers?: unknown }[] }>('/accounts');
      return items.some(({ id }) => id === accountId);
    });
  }
  await until(`routing knows ${addresses.join(', ')}`, async () => {
    const { items } = await api.peers();
    const shown = items.filter(({ name }) => name === 'Scenario Carrier').map(({ address }) => address);
    return (
      shown.length === addresses.length && addresses.every((one) => shown.some((text) => text.includes(one)))
    );
  });
}
