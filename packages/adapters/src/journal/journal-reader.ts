import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type Frame, headerBytes, maxFrameBytes, readFrame } from './frame.ts';
import { listSegments, type Segment } from './segments.ts';

/** Something in a segment that is not an entry; reading goes on with the next segment. */
export interface Damage {
  readonly file: string;
  readonly offset: number;
  readonly detail: string;
  /** `torn-tail`: the last entry of a writer that was stopped; never acknowledged. `damaged`: older bytes changed. */
  readonly kind: 'torn-tail' | 'damaged';
}

export interface SegmentReading {
  readonly frames: readonly Frame[];
  readonly damage?: Damage;
  /** Offset behind the last good entry. */
  readonly end: number;
}

/** Every entry from `offset` to the end or to the first bad one. */
export function scanSegment(bytes: Buffer, file: string, isLast: boolean, offset = 0): SegmentReading {
  const frames: Frame[] = [];
  let at = offset;
  for (;;) {
    const reading = readFrame(bytes, at);
    if (reading.kind === 'end') return { frames, end: at };
    if (reading.kind === 'bad') {
      // A torn write has nothing but zeros, or its own rest, behind it: another good entry further on means damage.
      const kind = isLast && !goodEntryBehind(bytes, at) ? 'torn-tail' : 'damaged';
      return { frames, end: at, damage: { file, offset: at, detail: reading.detail, kind } };
    }
    frames.push(reading.frame);
    at = reading.frame.end;
  }
}

/** Trusts the bad entry's length once: enough to tell a flipped bit from a torn write. */
function goodEntryBehind(bytes: Buffer, at: number): boolean {
  if (at + 8 > bytes.length) return false;
  const next = at + 8 + bytes.readUInt32LE(at);
  return next < bytes.length && readFrame(bytes, next).kind === 'frame';
}

export interface Recovered {
  /** Position where a new segment may start. */
  readonly next: number;
  readonly journalId: string | undefined;
  /** Applied position noted in the last head: a hint for what the database may lack. */
  readonly appliedHint: number;
  /** Position of the last entry of each call that was opened and not closed. */
  readonly open: ReadonlyMap<string, number>;
  readonly damage: readonly Damage[];
}

/** What the first entry of each segment tells. */
export interface SegmentHead {
  readonly journalId: string;
  readonly applied: number;
  readonly open: readonly (readonly [callId: string, position: number])[];
}

/**
 * Finds the open calls without reading the whole journal: the head of a segment lists those that were open when it was
 * begun, the entries behind it tell what happened since. A segment without a good head is read together with the one
 * before.
 */
export function recoverJournal(dir: string): Recovered {
  const segments = listSegments(dir);
  const damage: Damage[] = [];
  const readings: { segment: Segment; reading: SegmentReading }[] = [];
  let head: SegmentHead | undefined;
  for (let at = segments.length - 1; at >= 0 && !head; at -= 1) {
    const segment = segments[at] as Segment;
    const reading = scanSegment(readFileSync(segment.file), segment.file, at === segments.length - 1);
    if (reading.damage) damage.push(reading.damage);
    readings.unshift({ segment, reading });
    head = headOf(reading.frames[0]);
  }
  const open = new Map<string, number>(head?.open ?? []);
  for (const { segment, reading } of readings) {
    for (const frame of reading.frames) {
      if (frame.kind === 'head') continue;
      const callId = callIdOf(frame);
      if (callId === undefined) continue;
      if (frame.kind === 'closed') open.delete(callId);
      else open.set(callId, segment.start + frame.start);
    }
  }
  const last = segments.at(-1);
  return {
    next: last ? last.start + Math.max(1, last.bytes) : 0,
    journalId: head?.journalId,
    appliedHint: head?.applied ?? segments[0]?.start ?? 0,
    open,
    damage,
  };
}

export function headOf(frame: Frame | undefined): SegmentHead | undefined {
  return frame?.kind === 'head' ? (JSON.parse(frame.text) as SegmentHead) : undefined;
}

function callIdOf(frame: Frame): string | undefined {
  const value = JSON.parse(frame.text) as { callId?: string; record?: { callId?: string } };
  return value.callId ?? value.record?.callId;
}

/** Reads single entries by their position; `undefined` when the segment is gone or the entry damaged. */
export function readEntries(dir: string, positions: Iterable<number>): Map<number, Frame | undefined> {
  const segments = listSegments(dir);
  const found = new Map<number, Frame | undefined>();
  const handles = new Map<string, number>();
  try {
    for (const position of positions) {
      const segment = segments.findLast((candidate) => candidate.start <= position);
      if (!segment || position >= segment.start + segment.bytes) {
        found.set(position, undefined);
        continue;
      }
      let fd = handles.get(segment.file);
      if (fd === undefined) {
        fd = openSync(segment.file, 'r');
        handles.set(segment.file, fd);
      }
      const at = position - segment.start;
      const header = Buffer.alloc(headerBytes);
      readSync(fd, header, 0, headerBytes, at);
      const length = Math.min(header.readUInt32LE(0), maxFrameBytes);
      const bytes = Buffer.alloc(headerBytes + length);
      const got = readSync(fd, bytes, 0, bytes.length, at);
      const reading = readFrame(bytes.subarray(0, got), 0);
      found.set(position, reading.kind === 'frame' ? reading.frame : undefined);
    }
  } finally {
    for (const fd of handles.values()) closeSync(fd);
  }
  return found;
}

export interface ClosedBatch {
  /** Texts of `closed` entries, in order. */
  readonly texts: readonly string[];
  /** Everything before this position has been looked at. */
  readonly next: number;
  /** True when `until` was reached. */
  readonly complete: boolean;
  readonly damage: readonly Damage[];
  /** Bytes between `from` and the oldest segment that still exists: entries that are lost to the reader. */
  readonly missingBytes: number;
}

/** Closed calls from a position on, for the database. Reads whole segments, one at a time, off the main thread. */
export async function readClosed(
  dir: string,
  from: number,
  until: number,
  maxRecords: number,
): Promise<ClosedBatch> {
  const segments = listSegments(dir);
  const texts: string[] = [];
  const damage: Damage[] = [];
  const oldest = segments[0]?.start ?? until;
  let next = Math.max(from, Math.min(oldest, until));
  const missingBytes = next - from;
  for (const [at, segment] of segments.entries()) {
    const following = segments[at + 1];
    const segmentEnd = following ? following.start : Number.POSITIVE_INFINITY;
    if (segmentEnd <= next) continue;
    if (segment.start >= until) break;
    const bytes = await readFile(segment.file);
    const limited = bytes.subarray(0, Math.max(0, Math.min(bytes.length, until - segment.start)));
    const reading = scanSegment(limited, segment.file, !following, Math.max(0, next - segment.start));
    if (reading.damage) damage.push(reading.damage);
    for (const frame of reading.frames) {
      if (frame.kind === 'closed') texts.push(frame.text);
      next = segment.start + frame.end;
      if (texts.length >= maxRecords) return { texts, next, complete: next >= until, damage, missingBytes };
    }
    next = Math.min(until, Math.max(next, following ? following.start : until));
  }
  return { texts, next, complete: true, damage, missingBytes };
}
