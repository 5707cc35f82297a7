import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { AccountId, CallId, CallRecord } from '@tandem/domain';
import type { CallCheckpoint, CallLog, LadderEntry } from '@tandem/engine/ports/call-log.ts';
import type { UnstoredCalls } from '../postgres/call-record-store.ts';
import { type Journal, type JournalCounts, openJournal } from './journal.ts';
import {
  type ClosedBatch,
  type Damage,
  readClosed,
  readEntries,
  recoverJournal,
  type SegmentHead,
} from './journal-reader.ts';
import { type JournalFiles, listSegments, realFiles } from './segments.ts';

/** Where ladders go; losing one loses no fact. */
export interface LadderSink {
  append(callId: CallId, accountId: AccountId | undefined, ladder: readonly LadderEntry[]): void;
}

export interface CallLogOptions {
  readonly dir: string;
  readonly ladderStore?: LadderSink;
  readonly files?: JournalFiles;
  readonly groupMs?: number;
  readonly segmentBytes?: number;
  /** Bound of everything that waits in memory, entries each (F18). */
  readonly maxQueued?: number;
  /** Applied segments stay this long, or until `keepBytes`: a database that was rolled back is filled from them (F06). */
  readonly keepMs?: number;
  readonly keepBytes?: number;
  /** A checkpoint that is not on disk by then is given up: the call goes on without it (I1). */
  readonly giveUpMs?: number;
  readonly wall?: () => number;
  readonly onHealth?: (healthy: boolean, detail: string) => void;
}

export interface RecoveredCalls {
  /** Opened, never confirmed, never closed: the engine closes them as crashed. */
  readonly open: readonly CallRecord[];
  /** Confirmed and never closed: the engine brings them back or closes them as crashed. */
  readonly confirmed: readonly CallCheckpoint[];
  readonly damage: readonly Damage[];
  /** Open calls whose entry could not be read any more. */
  readonly unreadable: number;
}

export interface CallJournal extends CallLog, UnstoredCalls {
  /** What the process before left behind; the same each time. */
  recover(): RecoveredCalls;
  readonly journalId: string;
  readonly healthy: boolean;
  readonly counts: CallLogCounts;
  /** For the filler. */
  readonly source: ClosedSource;
  close(): Promise<void>;
}

export interface CallLogCounts extends JournalCounts {
  readonly openCalls: number;
  readonly unstored: number;
  /** Checkpoints that were answered with false. */
  readonly checkpointsGivenUp: number;
  /** Records that the database did not get and that were pushed out of memory before they were on disk. */
  readonly recordsLost: number;
  /** A fault of the caller: one record a call (I4). */
  readonly closedTwice: number;
}

/** Closed calls in the order of the journal, as JSON `{"revision":1,"record":...}`. */
export interface ClosedSource {
  /** From `position` on; from memory when it reaches that far back, else from disk. */
  take(position: number, maxRecords: number): Promise<ClosedBatch>;
  /** Records that wait for a disk that does not take them: the database may have them before the journal. */
  takeUnjournaled(maxRecords: number): readonly { readonly callId: CallId; readonly text: string }[];
  storedUnjournaled(callIds: readonly CallId[]): void;
  /** The database has everything before `position`. */
  applied(position: number): void;
  readonly end: number;
  /** Called when there is something new to take. */
  onClosed: (() => void) | undefined;
}

interface OpenCall {
  /** Of its last entry on disk. */
  position: number | undefined;
  closing: boolean;
}

interface Unstored {
  readonly record: CallRecord;
  readonly text: string;
  /** End of its entry; undefined while it is not on disk. */
  end: number | undefined;
  /** The journal will never have it: the queue was full. */
  dropped: boolean;
}

/** Opens the journal in `dir`, made when it is not there. The process must be the only one on it. */
export async function createCallLog(options: CallLogOptions): Promise<CallJournal> {
  const { dir } = options;
  const wall = options.wall ?? Date.now;
  const files = options.files ?? realFiles;
  const maxQueued = options.maxQueued ?? 10_000;
  const giveUpMs = options.giveUpMs ?? 100;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const before = recoverJournal(dir);
  const journalId = before.journalId ?? randomUUID();
  const recovered = readOpenCalls(dir, before.open, before.damage);

  const openCalls = new Map<string, OpenCall>();
  for (const [callId, position] of before.open) openCalls.set(callId, { position, closing: false });
  const unstored = new Map<CallId, Unstored>();
  let memoryFrom = before.next;
  let appliedPosition = before.appliedHint;
  let checkpointsGivenUp = 0;
  let recordsLost = 0;
  let closedTwice = 0;
  let cleaning: Promise<void> | undefined;

  // Finished calls that the database may not have are shown at once, also when it is away at the start.
  const late = await readClosed(dir, before.appliedHint, before.next, maxQueued).catch(() => undefined);
  for (const text of late?.texts ?? []) {
    const { record } = JSON.parse(text) as { record: CallRecord };
    unstored.set(record.callId, { record, text, end: before.next, dropped: false });
  }

  const journal: Journal = openJournal({
    dir,
    start: before.next,
    files,
    maxQueued,
    stalledMs: giveUpMs,
    ...(options.groupMs === undefined ? {} : { groupMs: options.groupMs }),
    ...(options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }),
    ...(options.onHealth === undefined ? {} : { onHealth: options.onHealth }),
    head() {
      const open: [string, number][] = [];
      for (const [callId, call] of openCalls)
        if (call.position !== undefined) open.push([callId, call.position]);
      return JSON.stringify({ journalId, applied: appliedPosition, open } satisfies SegmentHead);
    },
    onRotate: () => clean(),
  });

  const openCall = (callId: string): OpenCall => {
    let call = openCalls.get(callId);
    if (!call) {
      call = { position: undefined, closing: false };
      openCalls.set(callId, call);
    }
    return call;
  };

  const forget = (callId: CallId): void => {
    unstored.delete(callId);
  };

  /** Memory is bounded also while the database is away: what is on disk can be read from there again. */
  const boundMemory = (): void => {
    if (unstored.size <= maxQueued) return;
    for (const [callId, entry] of unstored) {
      if (unstored.size <= maxQueued) break;
      if (entry.end === undefined) recordsLost += 1;
      else memoryFrom = Math.max(memoryFrom, entry.end);
      forget(callId);
    }
  };

  /** Deletes segments that the database has, when they are old or too many. Open calls in them move to the end first. */
  const clean = (): void => {
    cleaning ??= cleanOnce()
      .catch(() => undefined)
      .finally(() => {
        cleaning = undefined;
      });
  };
  const cleanOnce = async (): Promise<void> => {
    const segments = listSegments(dir);
    let total = segments.reduce((sum, segment) => sum + segment.bytes, 0);
    for (const [at, segment] of segments.entries()) {
      const following = segments[at + 1];
      if (!following || following.start > appliedPosition || following.start > journal.position) return;
      const old = wall() - segment.changedAtMs > (options.keepMs ?? 24 * 3_600_000);
      if (!old && total <= (options.keepBytes ?? 1 << 30)) return;
      const inside = [...openCalls].flatMap(([callId, call]) =>
        call.position !== undefined && call.position < following.start
          ? [{ callId, call, position: call.position }]
          : [],
      );
      const frames = readEntries(
        dir,
        inside.map(({ position }) => position),
      );
      let moving = 0;
      for (const { callId, call, position } of inside) {
        const frame = frames.get(position);
        if (!frame) continue;
        moving += 1;
        journal.append({
          kind: frame.kind,
          text: frame.text,
          urgent: false,
          expendable: true,
          wanted: () => openCalls.get(callId) === call && !call.closing && call.position === position,
          settled: (start) => {
            call.position = start;
          },
        });
      }
      if (moving > 0) return; // at the next rotation they stand elsewhere
      await files.remove(segment.file);
      total -= segment.bytes;
    }
  };

  const waiting = new Set<{ readonly since: number; readonly resolve: (ok: boolean) => void }>();
  let watch: NodeJS.Timeout | undefined;
  const giveUp = (): void => {
    watch = undefined;
    const now = performance.now();
    for (const waiter of waiting) {
      if (now - waiter.since < giveUpMs && journal.healthy) continue;
      waiting.delete(waiter);
      checkpointsGivenUp += 1;
      waiter.resolve(false);
    }
    if (waiting.size > 0) watch = setTimeout(giveUp, giveUpMs);
  };

  const source: ClosedSource = {
    onClosed: undefined,
    get end() {
      return journal.position;
    },
    async take(position, maxRecords) {
      const end = journal.position;
      if (position < memoryFrom) {
        const batch = await readClosed(dir, position, memoryFrom, maxRecords);
        return { ...batch, complete: batch.complete && memoryFrom >= end }; // the rest is in memory
      }
      const texts: string[] = [];
      let next = end;
      for (const entry of unstored.values()) {
        if (entry.end === undefined || entry.end <= position) continue;
        if (texts.length >= maxRecords) return { texts, next, complete: false, damage: [], missingBytes: 0 };
        texts.push(entry.text);
        if (texts.length === maxRecords) next = entry.end;
      }
      return {
        texts,
        next: texts.length === maxRecords ? next : end,
        complete: texts.length < maxRecords,
        damage: [],
        missingBytes: 0,
      };
    },
    takeUnjournaled(maxRecords) {
      if (journal.healthy && journal.counts.dropped === 0) return [];
      const taken: { callId: CallId; text: string }[] = [];
      for (const [callId, entry] of unstored) {
        if (taken.length >= maxRecords) break;
        if (entry.dropped || (entry.end === undefined && !journal.healthy))
          taken.push({ callId, text: entry.text });
      }
      return taken;
    },
    storedUnjournaled(callIds) {
      for (const callId of callIds) if (unstored.get(callId)?.end === undefined) forget(callId);
    },
    applied(position) {
      appliedPosition = position;
      memoryFrom = Math.max(memoryFrom, position);
      // Insertion order is journal order, apart from entries that never reached the disk.
      for (const [callId, entry] of unstored) {
        if (entry.end === undefined) continue;
        if (entry.end > position) break;
        forget(callId);
      }
    },
  };

  return {
    journalId,
    source,
    opened(record) {
      const call = openCall(record.callId);
      journal.append({
        kind: 'opened',
        text: JSON.stringify(record),
        urgent: false,
        expendable: true,
        wanted: () => !call.closing || call.position !== undefined,
        settled: (start) => {
          call.position = start;
        },
      });
    },
    confirmed(checkpoint) {
      const call = openCall(checkpoint.callId);
      const text = JSON.stringify(checkpoint);
      return new Promise<boolean>((resolve) => {
        const waiter = { since: performance.now(), resolve };
        const answer = (ok: boolean): void => {
          if (waiting.delete(waiter)) {
            if (!ok) checkpointsGivenUp += 1;
            resolve(ok);
          }
        };
        waiting.add(waiter);
        journal.append({
          kind: 'confirmed',
          text,
          urgent: true,
          expendable: true,
          settled: (start) => {
            call.position = start;
            answer(true);
          },
          dropped: () => answer(false),
        });
        if (!journal.healthy) answer(false);
        else watch ??= setTimeout(giveUp, giveUpMs);
      });
    },
    closed(record, ladder) {
      const { callId } = record;
      if (unstored.has(callId)) {
        closedTwice += 1; // the first stands
        return;
      }
      const call = openCalls.get(callId);
      if (call) call.closing = true;
      const entry: Unstored = {
        record,
        text: `{"revision":1,"record":${JSON.stringify(record)}}`,
        end: undefined,
        dropped: false,
      };
      unstored.set(callId, entry);
      journal.append({
        kind: 'closed',
        text: entry.text,
        urgent: false,
        expendable: false,
        settled: (_start, end) => {
          if (openCalls.get(callId) === call) openCalls.delete(callId);
          entry.end = end;
          source.onClosed?.();
        },
        dropped: () => {
          entry.dropped = true;
          openCalls.delete(callId);
        },
      });
      boundMemory();
      if (!journal.healthy) source.onClosed?.();
      options.ladderStore?.append(callId, record.accountId, ladder);
    },
    recover: () => recovered,
    *unstored() {
      const entries = [...unstored.values()];
      for (let at = entries.length - 1; at >= 0; at -= 1) yield (entries[at] as Unstored).record;
    },
    unstoredCall: (callId) => unstored.get(callId)?.record,
    get healthy() {
      return journal.healthy;
    },
    get counts() {
      return {
        ...journal.counts,
        openCalls: openCalls.size,
        unstored: unstored.size,
        checkpointsGivenUp,
        recordsLost,
        closedTwice,
      };
    },
    async close() {
      clearTimeout(watch);
      await cleaning;
      await journal.close();
      giveUp();
      clearTimeout(watch);
    },
  };
}

function readOpenCalls(
  dir: string,
  positions: ReadonlyMap<string, number>,
  damage: readonly Damage[],
): RecoveredCalls {
  const open: CallRecord[] = [];
  const confirmed: CallCheckpoint[] = [];
  let unreadable = 0;
  for (const frame of readEntries(dir, positions.values()).values()) {
    if (frame?.kind === 'opened') open.push(JSON.parse(frame.text) as CallRecord);
    else if (frame?.kind === 'confirmed') confirmed.push(JSON.parse(frame.text) as CallCheckpoint);
    else unreadable += 1;
  }
  return { open, confirmed, damage, unreadable };
}
