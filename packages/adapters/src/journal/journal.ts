import { type FrameKind, frameBound, writeFrame } from './frame.ts';
import { type JournalFiles, realFiles, segmentFile } from './segments.ts';

/**
 * The append-only journal in front of the database (I5). Entries of one tick, and of up to `groupMs`, go to disk in one
 * synchronous write on libuv's threads; an urgent entry starts that write at once. Nothing here ever blocks the caller
 * or throws at it: while the disk fails entries wait in memory up to a bound and are written when it heals (F18).
 */
export interface Journal {
  /** Adds an entry. `settled` hears its position when it is on disk; it is not called for an entry that was dropped. */
  append(entry: JournalEntry): void;
  /** Everything before this position is on disk. */
  readonly position: number;
  readonly healthy: boolean;
  readonly counts: JournalCounts;
  /** Writes what is left (as far as the disk lets it) and closes. */
  close(): Promise<void>;
}

export interface JournalEntry {
  readonly kind: FrameKind;
  readonly text: string;
  /** Wants to be on disk now, not in the next group. */
  readonly urgent: boolean;
  /** Asked at the moment of writing: false leaves the entry out. */
  readonly wanted?: () => boolean;
  /** May be dropped first when the queue is full: it serves a recovery only, no call record. */
  readonly expendable: boolean;
  readonly settled?: (start: number, end: number) => void;
  readonly dropped?: () => void;
}

export interface JournalCounts {
  readonly appended: number;
  readonly written: number;
  readonly bytes: number;
  readonly syncs: number;
  readonly failures: number;
  readonly dropped: number;
  /** Entries that wait; the bound is `maxQueued`. */
  readonly queued: number;
  /** The last completed write, ms: `journal_sync_seconds`. */
  readonly lastSyncMs: number;
  readonly lastError?: string;
}

export interface JournalOptions {
  readonly dir: string;
  /** Position of the first segment to be written. */
  readonly start: number;
  /** Text of the first entry of a segment, asked when one is begun. */
  readonly head: () => string;
  readonly files?: JournalFiles;
  /** Longest wait of an entry that is not urgent, ms (I5: at most 20). */
  readonly groupMs?: number;
  /**
   * Under load an urgent entry waits up to this long for others: a sync costs 0.35 ms of CPU, many times what an entry
   * does, and the budget of a checkpoint is 5 ms. With 16 ms or more since the last write it goes at once.
   */
  readonly urgentMs?: number;
  readonly segmentBytes?: number;
  readonly maxQueued?: number;
  /** A write that takes longer makes the journal unhealthy until it ends. */
  readonly stalledMs?: number;
  readonly onHealth?: (healthy: boolean, detail: string) => void;
  /** After a new segment has been begun: time to clean up. */
  readonly onRotate?: () => void;
}

const zeroChunk = 1 << 20;
const firstBuffer = 1 << 18;
const maxBatchBytes = 4 << 20;
const longestRetryMs = 5000;
const calmMs = 16;

interface OpenSegment {
  readonly fd: number;
  readonly zeroFd: number | undefined;
  readonly start: number;
  /** Bytes written; the next batch goes there. */
  used: number;
  /** Zeros reach this far: writes below change no metadata, which halves their cost. */
  prepared: number;
  preparing: Promise<void> | undefined;
  /** Its first entry is written. */
  headed: boolean;
}

export function openJournal(options: JournalOptions): Journal {
  const files = options.files ?? realFiles;
  const groupMs = options.groupMs ?? 15;
  const urgentMs = options.urgentMs ?? 4;
  const segmentBytes = options.segmentBytes ?? 32 << 20;
  const maxQueued = options.maxQueued ?? 10_000;
  const stalledMs = options.stalledMs ?? 50;

  let queue: JournalEntry[] = [];
  let buffer = Buffer.allocUnsafeSlow(firstBuffer);
  let segment: OpenSegment | undefined;
  let nextStart = options.start;
  let position = options.start;
  let timer: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;
  let urgentWaits = false;
  let timerIsUrgent = false;
  let lastStart = -1000;
  let flushing: Promise<void> | undefined;
  let consecutiveFailures = 0;
  let healthy = true;
  let closing = false;
  let appended = 0;
  let written = 0;
  let bytes = 0;
  let syncs = 0;
  let failures = 0;
  let dropped = 0;
  let lastSyncMs = 0;
  let lastError: string | undefined;

  const setHealth = (now: boolean, detail: string): void => {
    if (healthy === now) return;
    healthy = now;
    options.onHealth?.(now, detail);
  };

  const begin = async (): Promise<OpenSegment> => {
    const file = segmentFile(options.dir, nextStart);
    const fd = await files.create(file);
    const zeroFd = await files.reopen(file).catch(() => undefined);
    await files.syncFolder(options.dir);
    return { fd, zeroFd, start: nextStart, used: 0, prepared: 0, preparing: undefined, headed: false };
  };

  const end = async (old: OpenSegment): Promise<void> => {
    await old.preparing;
    nextStart = Math.max(old.start + Math.max(old.used, 1), position);
    // A segment that failed may be longer than what it holds; the next one must not share its name or its positions.
    if (consecutiveFailures > 0)
      nextStart = Math.max(nextStart, old.start + Math.max(old.prepared, old.used) + maxBatchBytes);
    await files.close(old.fd).catch(() => undefined);
    if (old.zeroFd !== undefined) await files.close(old.zeroFd).catch(() => undefined);
  };

  /** Zeros one chunk ahead, beside the running writes. A disk that has no room for them is found out by the writes. */
  const prepare = (into: OpenSegment): void => {
    if (
      into.preparing ||
      into.zeroFd === undefined ||
      into.prepared - into.used > zeroChunk / 2 ||
      into.prepared >= segmentBytes
    )
      return;
    const from = Math.max(into.prepared, into.used);
    into.preparing = new Promise((resolve) => {
      files.write(into.zeroFd as number, zeros, zeroChunk, from, (error) => {
        if (!error) into.prepared = from + zeroChunk;
        into.preparing = undefined;
        resolve();
      });
    });
  };

  /** Writes one batch: as many entries as fit. Resolves when it is on disk. */
  const writeBatch = async (): Promise<void> => {
    let rotated = false;
    if (!segment || segment.used >= segmentBytes) {
      const old = segment;
      segment = undefined;
      if (old) await end(old);
      segment = await begin();
      rotated = old !== undefined;
    }
    if (!segment.headed) {
      await put(segment, [{ kind: 'head', text: options.head(), urgent: false, expendable: false }]);
      segment.headed = true;
    }
    if (rotated) options.onRotate?.();
    const batch: JournalEntry[] = [];
    let bound = 0;
    for (const entry of queue) {
      bound += frameBound(entry.text);
      if (batch.length > 0 && bound > maxBatchBytes) break;
      batch.push(entry);
    }
    await put(segment, batch);
    queue = queue.length === batch.length ? [] : queue.slice(batch.length);
  };

  const put = async (into: OpenSegment, batch: readonly JournalEntry[]): Promise<void> => {
    let room = 0;
    for (const entry of batch) room += frameBound(entry.text);
    if (room > buffer.length)
      buffer = Buffer.allocUnsafeSlow(
        Math.min(Math.max(room, buffer.length * 2), Math.max(room, maxBatchBytes)),
      );
    const ends: number[] = [];
    let length = 0;
    for (const entry of batch) {
      if (entry.wanted?.() === false) {
        ends.push(-1);
        continue;
      }
      length = writeFrame(buffer, length, entry.kind, entry.text);
      ends.push(length);
    }
    if (length > 0) {
      // Zeros being written beyond `prepared` must not land on top of entries.
      if (into.preparing && into.used + length > into.prepared) await into.preparing;
      prepare(into);
      if (into.preparing && into.used + length > into.prepared) await into.preparing;
      await new Promise<void>((resolve, reject) => {
        files.write(into.fd, buffer, length, into.used, (error) => (error ? reject(error) : resolve()));
      });
    }
    const base = into.start + into.used;
    into.used += length;
    position = base + length;
    bytes += length;
    syncs += 1;
    let from = 0;
    for (const [at, entry] of batch.entries()) {
      const to = ends[at] as number;
      if (to < 0) continue;
      entry.settled?.(base + from, base + to);
      from = to;
      written += 1;
    }
  };

  const flush = async (): Promise<void> => {
    const startedAt = performance.now();
    lastStart = startedAt;
    const watch = setTimeout(() => setHealth(false, `a write takes longer than ${stalledMs} ms`), stalledMs);
    try {
      urgentWaits = false;
      await writeBatch();
      consecutiveFailures = 0;
      setHealth(true, 'journal is written again');
    } catch (error) {
      failures += 1;
      consecutiveFailures += 1;
      lastError = error instanceof Error ? error.message : String(error);
      setHealth(false, lastError);
      // A full disk heals in place; after anything else a new file may be what helps.
      const { code } = error as NodeJS.ErrnoException;
      if (segment && code !== 'ENOSPC' && code !== 'EDQUOT') {
        const old = segment;
        segment = undefined;
        await end(old).catch(() => undefined);
      } else if (!segment) nextStart += 1; // a file of this name may exist by now
    } finally {
      clearTimeout(watch);
      lastSyncMs = performance.now() - startedAt;
    }
  };

  const start = (): void => {
    clearTimeout(timer);
    timer = undefined;
    timerIsUrgent = false;
    clearImmediate(immediate);
    immediate = undefined;
    if (flushing || queue.length === 0) return;
    flushing = flush().finally(() => {
      flushing = undefined;
      if (!closing) schedule();
    });
  };

  const schedule = (): void => {
    if (flushing || queue.length === 0) return;
    if (consecutiveFailures > 0) {
      timer ??= setTimeout(start, Math.min(longestRetryMs, 100 * 2 ** Math.min(consecutiveFailures, 6)));
    } else if (urgentWaits || queue.length > 1000) {
      const wait = Math.min(urgentMs, lastStart + calmMs - performance.now());
      if (wait < 1) {
        immediate ??= setImmediate(start); // everything else of this tick goes with it
      } else if (!immediate && !timerIsUrgent) {
        clearTimeout(timer);
        timerIsUrgent = true;
        timer = setTimeout(start, wait);
      }
    } else {
      timer ??= setTimeout(start, groupMs);
    }
  };

  /** Full: first what only a recovery needs goes, oldest first, then the oldest records. */
  const makeRoom = (): void => {
    const keep = queue.filter((entry) => !entry.expendable);
    const gone = queue.filter((entry) => entry.expendable);
    if (gone.length === 0) gone.push(...keep.splice(0, Math.max(1, Math.ceil(maxQueued / 100))));
    queue = keep;
    dropped += gone.length;
    for (const entry of gone) entry.dropped?.();
  };

  return {
    append(entry) {
      if (closing) {
        dropped += 1;
        entry.dropped?.();
        return;
      }
      appended += 1;
      // While a batch is being written its entries still stand in the queue: never shorten it then.
      if (queue.length >= maxQueued) {
        if (!flushing) makeRoom();
        else if (queue.length >= maxQueued * 2) {
          dropped += 1;
          entry.dropped?.();
          return;
        }
      }
      queue.push(entry);
      if (entry.urgent) urgentWaits = true;
      schedule();
    },
    get position() {
      return position;
    },
    get healthy() {
      return healthy;
    },
    get counts() {
      return {
        appended,
        written,
        bytes,
        syncs,
        failures,
        dropped,
        queued: queue.length,
        lastSyncMs,
        ...(lastError === undefined ? {} : { lastError }),
      };
    },
    async close() {
      closing = true;
      clearTimeout(timer);
      clearImmediate(immediate);
      await flushing;
      for (let before = -1; queue.length > 0 && queue.length !== before && consecutiveFailures === 0; ) {
        before = queue.length;
        await flush();
      }
      for (const entry of queue) entry.dropped?.();
      dropped += queue.length;
      queue = [];
      if (segment) await end(segment);
      segment = undefined;
    },
  };
}

const zeros = Buffer.alloc(zeroChunk);
