/** Codecs of an m= line: payload numbers, rtpmap, fmtp (RFC 8866 §6.6 and §6.15, RFC 3551 table 4). */
import { charClass, isAll, spanOf } from '../header/chars.ts';
import type { MediaDescription, SdpLine } from './sdp.ts';

export interface Codec {
  readonly payload: number;
  /** As written; compare without case (`sameCodec`). */
  readonly name: string;
  readonly clockRate: number;
  readonly channels: number;
  readonly fmtp?: string;
}

/** Static audio payload types that need no rtpmap. G722 says 8000 by an old mistake that RFC 3551 §4.5.2 keeps. */
const staticCodecs: Readonly<Record<number, readonly [name: string, clockRate: number, channels: number]>> = {
  0: ['PCMU', 8000, 1],
  3: ['GSM', 8000, 1],
  4: ['G723', 8000, 1],
  5: ['DVI4', 8000, 1],
  6: ['DVI4', 16000, 1],
  7: ['LPC', 8000, 1],
  8: ['PCMA', 8000, 1],
  9: ['G722', 8000, 1],
  10: ['L16', 44100, 2],
  11: ['L16', 44100, 1],
  12: ['QCELP', 8000, 1],
  13: ['CN', 8000, 1],
  14: ['MPA', 90000, 1],
  15: ['G728', 8000, 1],
  16: ['DVI4', 11025, 1],
  17: ['DVI4', 22050, 1],
  18: ['G729', 8000, 1],
};

/** In the order of the m= line, which is the sender's preference. A number without meaning is left out. */
export function codecsOf(media: MediaDescription): Codec[] {
  const { lines } = media;
  const codecs: Codec[] = [];
  for (const payload of payloadsOf(media)) {
    const codec = mappedCodec(lines, payload) ?? staticCodec(payload);
    if (!codec) continue;
    const fmtp = fmtpOf(lines, payload);
    if (fmtp !== undefined) codec.fmtp = fmtp;
    codecs.push(codec);
  }
  return codecs;
}

type Draft = { -readonly [K in keyof Codec]: Codec[K] };

function staticCodec(payload: number): Draft | undefined {
  const known = staticCodecs[payload];
  return known && { payload, name: known[0], clockRate: known[1], channels: known[2] };
}

// A call reads its codecs six times. Looking at each line where it stands costs a fifth of an expression and a map.

/** `a=rtpmap:<payload> <name>/<clock>[/<channels>]`; of several readable ones the last. */
function mappedCodec(lines: readonly SdpLine[], payload: number): Draft | undefined {
  for (let index = lines.length - 1; index >= 0; index--) {
    const { type, value } = lines[index]!;
    if (type !== 'a' || !value.startsWith('rtpmap:')) continue;
    const from = behindPayload(value, 7, payload);
    const slash = from < 0 ? -1 : value.indexOf('/', from);
    if (slash <= from) continue;
    const name = value.slice(from, slash);
    const clockEnd = spanOf(value, slash + 1, Math.min(value.length, slash + 7), charClass.digit);
    if (clockEnd === slash + 1 || name.includes(' ')) continue;
    const clockRate = Number(value.slice(slash + 1, clockEnd));
    const channelsEnd =
      value.charCodeAt(clockEnd) === 47
        ? spanOf(value, clockEnd + 1, Math.min(value.length, clockEnd + 3), charClass.digit)
        : 0;
    const channels = channelsEnd > clockEnd + 1 ? Number(value.slice(clockEnd + 1, channelsEnd)) : 1;
    return { payload, name, clockRate, channels };
  }
  return undefined;
}

/** `a=fmtp:<payload> <what follows>`; of several the last. */
function fmtpOf(lines: readonly SdpLine[], payload: number): string | undefined {
  for (let index = lines.length - 1; index >= 0; index--) {
    const { type, value } = lines[index]!;
    if (type !== 'a' || !value.startsWith('fmtp:')) continue;
    const from = behindPayload(value, 5, payload);
    if (from >= 0) return value.slice(from);
  }
  return undefined;
}

/** Offset behind `<payload> +` at `from`, its number of one to three digits; -1 when another or none stands there. */
function behindPayload(value: string, from: number, payload: number): number {
  const end = spanOf(value, from, value.length, charClass.digit);
  if (end === from || end > from + 3 || value.charCodeAt(end) !== 32) return -1;
  let number = 0;
  for (let at = from; at < end; at++) number = number * 10 + value.charCodeAt(at) - 48;
  if (number !== payload) return -1;
  let at = end;
  while (value.charCodeAt(at) === 32) at++;
  return at;
}

/** MICROSOFT: a payload number twice on one m= line is answered with 488. Empty = fine. */
export function duplicatePayloads(media: MediaDescription): number[] {
  const payloads = payloadsOf(media);
  const twice: number[] = [];
  for (let at = 1; at < payloads.length; at++) {
    const payload = payloads[at]!;
    if (payloads.indexOf(payload) < at && !twice.includes(payload)) twice.push(payload);
  }
  return twice;
}

/** RTP payload numbers 0..127; other formats are left out. */
function payloadsOf(media: MediaDescription): number[] {
  const payloads: number[] = [];
  for (const format of media.formats) {
    if (format.length > 3 || !isAll(format, 0, format.length, charClass.digit)) continue;
    const payload = Number(format);
    if (payload <= 127) payloads.push(payload);
  }
  return payloads;
}

export interface CodecName {
  readonly name: string;
  readonly clockRate: number;
  readonly channels?: number;
}

/** Same encoding, clock and channels; payload numbers and fmtp do not matter. */
export function sameCodec(a: CodecName, b: CodecName): boolean {
  return a.clockRate === b.clockRate && (a.channels ?? 1) === (b.channels ?? 1) && sameName(a.name, b.name);
}

export function isTelephoneEvent(codec: CodecName): boolean {
  return sameName(codec.name, 'telephone-event');
}

export function isComfortNoise(codec: CodecName): boolean {
  return sameName(codec.name, 'CN');
}

/** Without case, which is made equal only where it could matter. */
function sameName(a: string, b: string): boolean {
  return a === b || (a.length === b.length && a.toLowerCase() === b.toLowerCase());
}

/** `8 PCMA/8000`, `111 opus/48000/2` */
export function printRtpmap({ payload, name, clockRate, channels }: Codec): string {
  return `${payload} ${name}/${clockRate}${channels === 1 ? '' : `/${channels}`}`;
}
