import type { Clock } from '@tandem/engine';
import type { PresenceSyncStore } from '@tandem/engine/presence-sync/ports.ts';
import type { PresenceMemory } from '@tandem/engine/presence-sync/presence-memory.ts';

/** What was decided on another node counts here after this, and a little more. */
export const followEveryMs = 3_000;

/**
 * Takes over what other nodes decided about presence: the store's mark tells that something is different, and what is
 * different is put into memory. What this node decides meanwhile stays; a store that is away is asked again.
 */
export function followPresenceStore(parts: {
  readonly clock: Clock;
  readonly store: Pick<PresenceSyncStore, 'markForPlatform' | 'loadForPlatform'>;
  readonly memory: Pick<PresenceMemory, 'merge' | 'onChange'>;
}): () => void {
  const { clock, store, memory } = parts;
  let stopped = false;
  let known: string | undefined;
  let changes = 0;
  const stopListening = memory.onChange(() => {
    changes++;
  });

  async function look(): Promise<void> {
    const mark = await store.markForPlatform();
    if (mark === known) return;
    const before = changes;
    const found = await store.loadForPlatform();
    // Something was decided here while it was read: what came may be older than that.
    if (stopped || changes !== before) return;
    memory.merge(found);
    known = mark;
  }

  let cancel = clock.after(followEveryMs, again);
  function again(): void {
    void look()
      .catch(() => undefined)
      .then(() => {
        if (!stopped) cancel = clock.after(followEveryMs, again);
      });
  }
  return () => {
    stopped = true;
    cancel();
    stopListening();
  };
}
