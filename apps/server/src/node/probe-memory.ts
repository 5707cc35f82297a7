import type { PlatformFactsStore } from '@tandem/adapters/postgres/platform-facts-store.ts';
import type { ProbeMemory } from '@tandem/engine';

/**
 * When each peer was last sent OPTIONS, in memory and in the database: Microsoft wants not more than one a minute, also
 * from a process that restarts in a loop. While the database is away the pace holds for this process only.
 */
export async function createProbeMemory(
  facts: Pick<PlatformFactsStore, 'lastProbesForPlatform' | 'noteProbeForPlatform'>,
): Promise<ProbeMemory> {
  const sent = new Map<string, number>(await facts.lastProbesForPlatform().catch(() => []));
  return {
    lastSentAt: (peer) => sent.get(peer),
    sent(peer, atWallMs) {
      sent.set(peer, atWallMs);
      facts.noteProbeForPlatform(peer, atWallMs).catch(() => undefined);
    },
  };
}
