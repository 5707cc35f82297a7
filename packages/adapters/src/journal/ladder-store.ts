import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { appendFile, type FileHandle, open, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { AccountId, CallId } from '@tandem/domain';
import type { LadderEntry } from '@tandem/engine/ports/call-log.ts';
import type { LadderSink } from './call-log.ts';

/**
 * Ladders of finished calls: the SIP messages of both legs and our own steps. They are for looking at, not facts, so
 * they are written in batches without a sync, into segment files bounded by size and age. Beside each `N.ladder`
 * stands `N.index`, one line a call: `callId account offset length`; a lost index is made again from the segment.
 */
export interface LadderStore extends LadderSink {
  /** Undefined when unknown, too old, or of another account. */
  read(accountId: AccountId, callId: CallId): Promise<readonly LadderEntry[] | undefined>;
  readForPlatform(callId: CallId): Promise<readonly LadderEntry[] | undefined>;
  readonly counts: {
    readonly ladders: number;
    readonly bytes: number;
    readonly dropped: number;
    readonly failures: number;
  };
  /** Resolves when what was appended before is in the files. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface LadderStoreOptions {
  readonly dir: string;
  /** Bound of all segments, default 512 MB. */
  readonly keepBytes?: number;
  /** Default 14 days. */
  readonly keepMs?: number;
  readonly segmentBytes?: number;
  readonly gatherMs?: number;
  /** Ladders that wait for the disk; beyond, the oldest goes. */
  readonly maxQueued?: number;
  readonly wall?: () => number;
}

interface Place {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
  readonly account: string;
}

interface Queued {
  readonly callId: CallId;
  readonly account: string;
  readonly ladder: readonly LadderEntry[];
}

const noAccount = '-';
const maxLadderBytes = 8 << 20;

export function openLadderStore(options: LadderStoreOptions): LadderStore {
  const { dir } = options;
  const wall = options.wall ?? Date.now;
  const segmentBytes = options.segmentBytes ?? 32 << 20;
  const maxQueued = options.maxQueued ?? 2000;
  mkdirSync(dir, { recursive: true, mode: 0o700 });

  const places = new Map<CallId, Place>();
  const sizes = new Map<number, number>();
  for (const segment of listLadderSegments(dir)) sizes.set(segment, restoreIndex(dir, segment, places));
  let current = Math.max(0, ...sizes.keys()) + 1;
  let used = 0;
  let buffer = Buffer.allocUnsafeSlow(1 << 20);
  let handle: FileHandle | undefined;
  let queue: Queued[] = [];
  let inFlight: readonly Queued[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let dropped = 0;
  let failures = 0;

  const writeBatch = async (): Promise<void> => {
    const batch = queue;
    queue = [];
    inFlight = batch;
    try {
      if (handle && used >= segmentBytes) {
        await handle.close();
        handle = undefined;
        current += 1;
        await expire();
      }
      if (!handle) {
        handle = await open(ladderFile(dir, current), 'a', 0o600);
        used = 0;
      }
      let bound = 0;
      for (const { ladder } of batch) bound += ladderBound(ladder);
      if (bound > buffer.length) buffer = Buffer.allocUnsafeSlow(Math.max(bound, buffer.length * 2));
      let lines = '';
      const found: [CallId, Place][] = [];
      let length = 0;
      for (const { callId, account, ladder } of batch) {
        const from = length;
        length = writeLadder(buffer, from, callId, account, ladder);
        lines += `${callId} ${account} ${used + from} ${length - from}\n`;
        found.push([callId, { segment: current, offset: used + from, length: length - from, account }]);
      }
      await handle.write(buffer, 0, length, used);
      const offset = used + length;
      used = offset;
      sizes.set(current, used);
      for (const [callId, place] of found) places.set(callId, place);
      await appendFile(indexFile(dir, current), lines, { mode: 0o600 });
    } catch {
      failures += 1;
      dropped += batch.length;
      await handle?.close().catch(() => undefined);
      handle = undefined;
      current += 1; // what was written in part must not be continued
    } finally {
      inFlight = [];
    }
  };

  /** Oldest segments first, while too old or too much. */
  const expire = async (): Promise<void> => {
    let total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    for (const segment of [...sizes.keys()].sort((a, b) => a - b)) {
      const { mtimeMs } = statSync(ladderFile(dir, segment), { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
      const old = wall() - mtimeMs > (options.keepMs ?? 14 * 86_400_000);
      if (!old && total <= (options.keepBytes ?? 512 << 20)) return;
      total -= sizes.get(segment) ?? 0;
      sizes.delete(segment);
      for (const [callId, place] of places) if (place.segment === segment) places.delete(callId);
      await unlink(ladderFile(dir, segment)).catch(() => undefined);
      await unlink(indexFile(dir, segment)).catch(() => undefined);
    }
  };

  const start = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    writing ??= writeBatch().finally(() => {
      writing = undefined;
      if (queue.length > 0) timer ??= setTimeout(start, options.gatherMs ?? 250);
    });
    return writing;
  };

  const read = async (
    callId: CallId,
    account: string | undefined,
  ): Promise<readonly LadderEntry[] | undefined> => {
    const waiting =
      queue.findLast((item) => item.callId === callId) ?? inFlight.find((item) => item.callId === callId);
    if (waiting) return account === undefined || waiting.account === account ? waiting.ladder : undefined;
    const place = places.get(callId);
    if (!place || (account !== undefined && place.account !== account)) return undefined;
    const file = await open(ladderFile(dir, place.segment), 'r').catch(() => undefined);
    if (!file) return undefined;
    try {
      const bytes = Buffer.alloc(Math.min(place.length, maxLadderBytes));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, place.offset);
      return parseLadder(bytes.toString('latin1', 0, bytesRead))?.ladder;
    } finally {
      await file.close();
    }
  };

  return {
    append(callId, accountId, ladder) {
      if (queue.length >= maxQueued) {
        queue.shift();
        dropped += 1;
      }
      queue.push({ callId, account: accountId ?? noAccount, ladder });
      if (!writing) timer ??= setTimeout(start, options.gatherMs ?? 250);
    },
    read: (accountId, callId) => read(callId, accountId),
    readForPlatform: (callId) => read(callId, undefined),
    get counts() {
      const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
      return { ladders: places.size, bytes, dropped, failures };
    },
    async flush() {
      await writing;
      if (queue.length > 0) await start();
    },
    async close() {
      await writing;
      if (queue.length > 0) await start();
      clearTimeout(timer);
      await handle?.close().catch(() => undefined);
      handle = undefined;
    },
  };
}

const ladderFile = (dir: string, segment: number): string =>
  path.join(dir, `${String(segment).padStart(8, '0')}.ladder`);
const indexFile = (dir: string, segment: number): string =>
  path.join(dir, `${String(segment).padStart(8, '0')}.index`);

function listLadderSegments(dir: string): number[] {
  const found: number[] = [];
  for (const name of readdirSync(dir)) {
    const match = /^([0-9]{8})\.ladder$/.exec(name);
    if (match) found.push(Number(match[1]));
    else if (
      /^[0-9]{8}\.index$/.test(name) &&
      !statSync(path.join(dir, name.replace('index', 'ladder')), { throwIfNoEntry: false })
    ) {
      unlinkSync(path.join(dir, name));
    }
  }
  return found.sort((a, b) => a - b);
}

/** Reads the index of a segment; what it lacks (crash between the two writes) is found by walking the segment. */
function restoreIndex(dir: string, segment: number, places: Map<CallId, Place>): number {
  const size = statSync(ladderFile(dir, segment)).size;
  let known = 0;
  let text = '';
  try {
    text = readFileSync(indexFile(dir, segment), 'latin1');
  } catch {
    // made again below
  }
  for (const line of text.split('\n')) {
    const match = /^(\S+) (\S+) ([0-9]+) ([0-9]+)$/.exec(line);
    if (!match) continue;
    const offset = Number(match[3]);
    const length = Number(match[4]);
    if (offset !== known || offset + length > size) break; // torn, or not this segment's
    places.set(match[1] as CallId, { segment, offset, length, account: match[2] as string });
    known = offset + length;
  }
  if (known < size) walkSegment(dir, segment, known, size, places);
  return size;
}

function walkSegment(
  dir: string,
  segment: number,
  from: number,
  size: number,
  places: Map<CallId, Place>,
): void {
  const fd = openSync(ladderFile(dir, segment), 'r');
  try {
    const head = Buffer.alloc(256);
    for (let offset = from; offset < size; ) {
      const got = readSync(fd, head, 0, head.length, offset);
      const match = headShape.exec(head.toString('latin1', 0, got));
      if (!match) return;
      const length = match[0].length + Number(match[3]);
      if (offset + length > size) return;
      places.set(match[1] as CallId, { segment, offset, length, account: match[2] as string });
      offset += length;
    }
  } finally {
    closeSync(fd);
  }
}

const headShape = /^TANDEM-LADDER (\S{1,64}) (\S{1,64}) ([0-9]{10})\n/;
const beyondLatin1 = /[^\u0000-\u00ff]/;
const entryShape = /([0-9]+(?:\.[0-9]+)?) ([ab]) (in|out) (u?)([0-9]+) ([^\n]*)\n/y;

/** The most bytes that `writeLadder` needs: lines have less than 100 bytes beside the peer, steps may grow to UTF-8. */
export function ladderBound(ladder: readonly LadderEntry[]): number {
  let bound = 300;
  for (let at = 0; at < ladder.length; at++) {
    const { peer, text } = ladder[at]!;
    bound += 100 + peer.length + (peer === 'step' ? text.length * 3 : text.length);
  }
  return bound;
}

/**
 * One call at `offset`: a head line with the length of the rest, then per entry a line and the message as it was.
 * Writes straight into the batch's buffer, a dozen KB a call without a copy in between. Gives the offset behind it.
 */
export function writeLadder(
  buffer: Buffer,
  offset: number,
  callId: string,
  account: string,
  ladder: readonly LadderEntry[],
): number {
  const head = `TANDEM-LADDER ${callId} ${account} `;
  // The length is known at the end; its ten digits have their place here.
  const body = offset + head.length + 11;
  let at = body;
  for (let index = 0; index < ladder.length; index++) {
    const { atMs, leg, direction, peer, text } = ladder[index]!;
    // SIP messages are latin1 here, our own sentences may hold any name: those are kept as UTF-8.
    const wide = peer === 'step' && beyondLatin1.test(text);
    const length = wide ? Buffer.byteLength(text) : text.length;
    const ms = Math.max(0, Math.round(atMs * 10) / 10);
    const line = `${ms} ${leg} ${direction} ${wide ? 'u' : ''}${length} ${peer.includes('\n') ? peer.replaceAll('\n', ' ') : peer}\n`;
    at += buffer.write(line, at, 'latin1');
    at += wide ? buffer.write(text, at, 'utf8') : buffer.write(text, at, 'latin1');
    buffer[at] = 0x0a;
    at += 1;
  }
  buffer.write(`${head}${String(at - body).padStart(10, '0')}\n`, offset, 'latin1');
  return at;
}

export function parseLadder(
  printed: string,
): { readonly callId: CallId; readonly ladder: readonly LadderEntry[] } | undefined {
  const head = headShape.exec(printed);
  if (!head) return undefined;
  const ladder: LadderEntry[] = [];
  let at = head[0].length;
  while (at < printed.length) {
    entryShape.lastIndex = at;
    const match = entryShape.exec(printed);
    if (!match) break;
    const from = entryShape.lastIndex;
    const length = Number(match[5]);
    if (from + length > printed.length) break;
    const text = printed.slice(from, from + length);
    ladder.push({
      atMs: Number(match[1]),
      leg: match[2] as 'a' | 'b',
      direction: match[3] as 'in' | 'out',
      peer: match[6] as string,
      text: match[4] ? Buffer.from(text, 'latin1').toString('utf8') : text,
    });
    at = from + length + 1;
  }
  return { callId: head[1] as CallId, ladder };
}
