import type { Hub, RoutingSnapshot } from '@tandem/domain';
import type { SnapshotSource } from '@tandem/engine/ports/snapshot.ts';
import type { Database } from '../postgres/database.ts';
import {
  forgetOldRoutingChanges,
  loadRoutingSnapshot,
  routingMark,
} from '../postgres/load-routing-snapshot.ts';
import { listenForRoutingChanges } from '../postgres/routing-listener.ts';
import type { SecretBox } from '../security/secret-box.ts';
import { printSnapshot, readSnapshotFile, writeSnapshotFile } from './snapshot-file.ts';

/**
 * Keeps the routing facts in memory up to date: at a notice from the database at once, otherwise by a look every 30 s,
 * and on disk for a start without the database.
 */
export interface RoutingSnapshotSource extends SnapshotSource {
  /** Wall ms since the facts were last known to be right; the metric `snapshot_age_seconds`. */
  ageMs(): number;
  /** Where the current facts come from; `none` = nothing was ever loaded, every call is refused. */
  readonly origin: 'database' | 'disk' | 'none';
  /** Looks now; resolves when what was committed before the call is current, or false when the database is away. */
  refresh(): Promise<boolean>;
  /** After each new snapshot. Returns the way to stop. */
  onChange(heard: (snapshot: RoutingSnapshot) => void): () => void;
  close(): Promise<void>;
}

export interface RoutingSnapshotOptions {
  readonly db: Database;
  /** The application's URL, for the listening connection. */
  readonly url: string;
  readonly file: string;
  readonly hubs: readonly Hub[];
  readonly box: SecretBox;
  readonly sweepMs?: number;
  /** Bursts of changes (an import) make one new snapshot per this long. */
  readonly settleMs?: number;
  readonly wall?: () => number;
  readonly onProblem?: (what: string) => void;
}

const emptySnapshot = (hubs: readonly Hub[]): RoutingSnapshot => ({
  version: 0,
  builtAtWallMs: 0,
  accounts: new Map(),
  accountBySbcHost: new Map(),
  people: new Map(),
  numbers: new Map(),
  devices: new Map(),
  queues: new Map(),
  extensions: new Map(),
  carriers: new Map(),
  hubs,
});

/** A change is seen on every node within 2 s (reliability F23), however many there are. */
const longestSettleMs = 1000;

/** Resolves as soon as there is something to route by: the database's facts, or those on disk when it is away. */
export async function openRoutingSnapshotSource(
  options: RoutingSnapshotOptions,
): Promise<RoutingSnapshotSource> {
  const { db, box, file, hubs } = options;
  const wall = options.wall ?? Date.now;
  const problem = options.onProblem ?? (() => undefined);
  const listeners = new Set<(snapshot: RoutingSnapshot) => void>();
  let current = emptySnapshot(hubs);
  let origin: RoutingSnapshotSource['origin'] = 'none';
  let mark: string | undefined;
  let rightAtWallMs = 0;
  let running: Promise<boolean> | undefined;
  /** What taking over the last snapshot cost this thread: many changes in a row must not leave it time for nothing else. */
  let lastCostMs = 0;
  let wantedAgain: Promise<boolean> | undefined;
  let settling: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let closed = false;

  const reading = readSnapshotFile(file, box);
  if (reading.kind === 'read') {
    current = { ...reading.snapshot, hubs };
    origin = 'disk';
    rightAtWallMs = reading.snapshot.builtAtWallMs;
  } else if (reading.kind === 'damaged') {
    problem(`routing snapshot on disk is damaged: ${reading.detail}`);
  }

  const load = async (): Promise<boolean> => {
    try {
      const askedAt = wall();
      const seen = await routingMark(db);
      if (seen !== mark) {
        const snapshot = await loadRoutingSnapshot(db, {
          version: current.version + 1,
          builtAtWallMs: askedAt,
          hubs,
          box,
          onUnreadableSecret: (id) =>
            problem(`the password of carrier ${id} cannot be opened with this master key`),
        });
        // The mark was read before the facts: a change in between is loaded now and once more later, never missed.
        mark = seen;
        current = snapshot;
        const loadedAt = performance.now();
        for (const heard of listeners)
          try {
            heard(snapshot);
          } catch (error) {
            // A bug of one listener is not the others', nor the file's.
            problem(
              `a listener to the routing facts failed: ${error instanceof Error ? error.stack : error}`,
            );
          }
        const bytes = printSnapshot(snapshot, box);
        lastCostMs = performance.now() - loadedAt;
        writing = writing
          .then(() => writeSnapshotFile(file, bytes))
          .catch((error) => problem(`routing snapshot not written: ${error}`));
      }
      origin = 'database';
      rightAtWallMs = askedAt;
      return true;
    } catch (error) {
      problem(`routing snapshot not refreshed: ${error instanceof Error ? error.message : error}`);
      return false;
    }
  };

  // At most one load runs and one waits: the waiting one serves everybody who asks meanwhile.
  const refresh = (): Promise<boolean> => {
    if (!running) {
      running = load().finally(() => {
        running = undefined;
      });
      return running;
    }
    wantedAgain ??= running.then(() => {
      wantedAgain = undefined;
      return refresh();
    });
    return wantedAgain;
  };

  const soon = (): void => {
    if (closed || settling) return;
    settling = setTimeout(
      () => {
        settling = undefined;
        void refresh();
      },
      Math.max(options.settleMs ?? 50, Math.min(longestSettleMs, 4 * lastCostMs)),
    );
  };

  await refresh();
  const listener = listenForRoutingChanges({ url: options.url, onChange: soon, onConnected: soon });
  let sweeps = 0;
  const sweep = setInterval(() => {
    soon();
    sweeps += 1;
    if (sweeps % 120 === 0) forgetOldRoutingChanges(db).catch(() => undefined); // hourly
  }, options.sweepMs ?? 30_000);
  sweep.unref();

  return {
    current: () => current,
    ageMs: () => Math.max(0, wall() - rightAtWallMs),
    get origin() {
      return origin;
    },
    refresh,
    onChange(heard) {
      listeners.add(heard);
      return () => listeners.delete(heard);
    },
    async close() {
      closed = true;
      clearInterval(sweep);
      clearTimeout(settling);
      await listener.close();
      await running;
      await wantedAgain;
      await writing;
    },
  };
}
