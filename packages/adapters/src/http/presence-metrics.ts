import type { PresenceSource } from '@tandem/engine';
import { Counter, Gauge, type Registry } from 'prom-client';

/** Counted as it happens; label values from closed sets only (T31). */
export interface PresenceMetrics {
  written(kind: 'setPresence' | 'clearPresence' | 'setPreferred' | 'clearPreferred', outcome: string): void;
  read(outcome: string, tier: 'hot' | 'other'): void;
  changed(source: PresenceSource): void;
  /** Microsoft said a value that stands in no table. */
  unseen(): void;
  /** Lines of the journal that could not be kept. */
  journalLost(count: number): void;
  /** Where the ages come from when somebody asks for `/metrics`. */
  readAges(
    ages: () => readonly { readonly tier: 'hot' | 'other'; readonly ageMs: number | undefined }[],
  ): void;
}

const quantiles = [0.5, 0.99, 1] as const;

export function registerPresenceMetrics(registry: Registry): PresenceMetrics {
  const registers = [registry];
  let ages: Parameters<PresenceMetrics['readAges']>[0] = () => [];
  new Gauge({
    name: 'presence_state_age_seconds',
    help: 'Age of the states that Microsoft told, now, by tier: median, 99th percentile, oldest',
    labelNames: ['tier', 'source', 'quantile'],
    registers,
    collect() {
      this.reset();
      const now = ages();
      for (const tier of ['hot', 'other'] as const) {
        const known = now.flatMap((one) => (one.tier === tier && one.ageMs !== undefined ? [one.ageMs] : []));
        if (known.length === 0) continue;
        known.sort((a, b) => a - b);
        for (const quantile of quantiles) {
          const at = Math.min(known.length - 1, Math.floor(known.length * quantile));
          this.set({ tier, source: 'poll', quantile: String(quantile) }, (known[at] ?? 0) / 1000);
        }
      }
    },
  });
  new Gauge({
    name: 'presence_people',
    help: 'People whose state in Teams is read, now; known: no means never read',
    labelNames: ['tier', 'known'],
    registers,
    collect() {
      this.reset();
      for (const tier of ['hot', 'other']) for (const known of ['yes', 'no']) this.set({ tier, known }, 0);
      for (const { tier, ageMs } of ages()) this.inc({ tier, known: ageMs === undefined ? 'no' : 'yes' });
    },
  });
  const events = new Counter({
    name: 'presence_events_total',
    help: 'Changes of what is shown of a person, by where they came from',
    labelNames: ['source'],
    registers,
  });
  const writes = new Counter({
    name: 'presence_writes_total',
    help: 'Requests that set or clear our session, or what a person prefers because of us, at Microsoft',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  const reads = new Counter({
    name: 'presence_reads_total',
    help: 'Requests that read a batch of states',
    labelNames: ['tier', 'outcome'],
    registers,
  });
  const unseen = new Counter({
    name: 'presence_unseen_values_total',
    help: 'States that Microsoft told in words that stand in no table; they were decided by the availability alone',
    registers,
  });
  const lost = new Counter({
    name: 'presence_journal_lost_total',
    help: 'Lines of the presence journal that were not kept because the database was away for too long',
    registers,
  });
  return {
    unseen: () => unseen.inc(),
    journalLost: (count) => lost.inc(count),
    written: (kind, outcome) => writes.inc({ kind, outcome }),
    read: (outcome, tier) => reads.inc({ tier, outcome }),
    changed: (source) => events.inc({ source }),
    readAges(from) {
      ages = from;
    },
  };
}
