import { readFile, rename, writeFile } from 'node:fs/promises';
import { type KeptSubscription, watchedResources } from '@tandem/adapters/graph/subscriptions.ts';
import type { ConnectionId } from '@tandem/domain';

/** Our subscriptions at Microsoft by connection: no secret is in it, only hashes. */
export type KeptSubscriptions = Map<ConnectionId, readonly KeptSubscription[]>;

const form = 1;

/** Empty when there is none or it cannot be read: new ones are made then. */
export async function readSubscriptions(file: string): Promise<KeptSubscriptions> {
  const found: KeptSubscriptions = new Map();
  try {
    const read = JSON.parse(await readFile(file, 'utf8')) as { version?: unknown; connections?: unknown };
    if (read.version !== form || !Array.isArray(read.connections)) return found;
    for (const [connectionId, list] of read.connections as [ConnectionId, unknown][])
      if (typeof connectionId === 'string' && Array.isArray(list))
        found.set(connectionId, list.filter(isKept));
  } catch {
    return found;
  }
  return found;
}

export async function writeSubscriptions(file: string, kept: KeptSubscriptions): Promise<void> {
  const text = JSON.stringify({ version: form, connections: [...kept] });
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

function isKept(value: unknown): value is KeptSubscription {
  const { id, resource, clientStateHash, expiresAtWallMs, renewedAtWallMs } = (value ??
    {}) as Partial<KeptSubscription>;
  return (
    typeof id === 'string' &&
    watchedResources.some((one) => one === resource) &&
    typeof clientStateHash === 'string' &&
    typeof expiresAtWallMs === 'number' &&
    typeof renewedAtWallMs === 'number'
  );
}
