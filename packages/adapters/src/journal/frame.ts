import { crc32 } from 'node:zlib';

/**
 * One entry of the journal as bytes:
 *
 *     0        4        8      9
 *     +--------+--------+------+------------------+
 *     | length | CRC-32 | kind | text (UTF-8)     |     little endian
 *     +--------+--------+------+------------------+
 *
 * `length` counts kind and text, the checksum covers them. A length of zero is the end: segments are filled with
 * zeros ahead of the writer.
 */
export const frameKinds = { head: 1, opened: 2, confirmed: 3, closed: 4 } as const;
export type FrameKind = keyof typeof frameKinds;

export interface Frame {
  readonly kind: FrameKind;
  readonly text: string;
  /** Offsets in the scanned bytes. */
  readonly start: number;
  readonly end: number;
}

export const headerBytes = 8;
/** A checkpoint has a few KB; anything bigger is not a length. */
export const maxFrameBytes = 1 << 20;

const kindOfCode = new Map<number, FrameKind>(
  Object.entries(frameKinds).map(([kind, code]) => [code, kind as FrameKind]),
);

/** Upper bound of the bytes that `writeFrame` needs: UTF-8 takes at most 3 bytes per UTF-16 unit. */
export const frameBound = (text: string): number => headerBytes + 1 + text.length * 3;

/** Writes one entry at `offset`; gives the offset behind it. The buffer has room (see `frameBound`). */
export function writeFrame(buffer: Buffer, offset: number, kind: FrameKind, text: string): number {
  const body = offset + headerBytes;
  buffer[body] = frameKinds[kind];
  const end = body + 1 + buffer.write(text, body + 1, 'utf8');
  buffer.writeUInt32LE(end - body, offset);
  buffer.writeUInt32LE(crc32(buffer.subarray(body, end)), offset + 4);
  return end;
}

export type FrameReading =
  | { readonly kind: 'frame'; readonly frame: Frame }
  /** Nothing more was written. */
  | { readonly kind: 'end' }
  /** Written in part, or changed since. */
  | { readonly kind: 'bad'; readonly detail: string };

/** Reads the entry at `offset`. */
export function readFrame(bytes: Buffer, offset: number): FrameReading {
  if (offset === bytes.length) return { kind: 'end' };
  if (offset + headerBytes > bytes.length) {
    return allZero(bytes, offset) ? { kind: 'end' } : { kind: 'bad', detail: 'header cut off' };
  }
  const length = bytes.readUInt32LE(offset);
  if (length === 0 && bytes.readUInt32LE(offset + 4) === 0) return { kind: 'end' };
  if (length === 0 || length > maxFrameBytes) return { kind: 'bad', detail: `length ${length}` };
  const body = offset + headerBytes;
  const end = body + length;
  if (end > bytes.length) return { kind: 'bad', detail: 'entry cut off' };
  if (crc32(bytes.subarray(body, end)) !== bytes.readUInt32LE(offset + 4))
    return { kind: 'bad', detail: 'checksum' };
  const kind = kindOfCode.get(bytes[body] as number);
  if (!kind) return { kind: 'bad', detail: `kind ${bytes[body]}` };
  return { kind: 'frame', frame: { kind, text: bytes.toString('utf8', body + 1, end), start: offset, end } };
}

function allZero(bytes: Buffer, from: number): boolean {
  for (let at = from; at < bytes.length; at += 1) if (bytes[at] !== 0) return false;
  return true;
}
