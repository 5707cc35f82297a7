/** Codecs of an m= line: payload numbers, rtpmap, fmtp (RFC 8866 §6.6 and §6.15, RFC 3551 table 4). */
import { charClass, isAll } from '../header/chars.ts';
import { attributes } from './attribute.ts';
import type { MediaDescription } from './sdp.ts';

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
  const maps = new Map<number, Omit<Codec, 'payload'>>();
  for (const value of attributes(media.lines, 'rtpmap')) {
    const match = /^([0-9]{1,3}) +([^ /]+)\/([0-9]{1,6})(?:\/([0-9]{1,2}))?/.exec(value);
    if (!match) continue;
    const [, payload, name = '', clockRate, channels = '1'] = match;
    maps.set(Number(payload), { name, clockRate: Number(clockRate), channels: Number(channels) });
  }
  const formats = new Map<number, string>();
  for (const value of attributes(media.lines, 'fmtp')) {
    const match = /^([0-9]{1,3}) +(.*)$/.exec(value);
    if (match) formats.set(Number(match[1]), match[2] ?? '');
  }
  const codecs: Codec[] = [];
  for (const payload of payloadsOf(media)) {
    const known = staticCodecs[payload];
    const map = maps.get(payload) ?? (known && { name: known[0], clockRate: known[1], channels: known[2] });
    if (!map) continue;
    const fmtp = formats.get(payload);
    codecs.push(fmtp === undefined ? { payload, ...map } : { payload, ...map, fmtp });
  }
  return codecs;
}

/** MICROSOFT: a payload number twice on one m= line is answered with 488. Empty = fine. */
export function duplicatePayloads(media: MediaDescription): number[] {
  const seen = new Set<number>();
  const twice = new Set<number>();
  for (const payload of payloadsOf(media)) {
    if (seen.has(payload)) twice.add(payload);
    seen.add(payload);
  }
  return [...twice];
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
  return (
    a.clockRate === b.clockRate &&
    (a.channels ?? 1) === (b.channels ?? 1) &&
    a.name.toLowerCase() === b.name.toLowerCase()
  );
}

export function isTelephoneEvent(codec: CodecName): boolean {
  return codec.name.toLowerCase() === 'telephone-event';
}

export function isComfortNoise(codec: CodecName): boolean {
  return codec.name.toUpperCase() === 'CN';
}

/** `8 PCMA/8000`, `111 opus/48000/2` */
export function printRtpmap({ payload, name, clockRate, channels }: Codec): string {
  return `${payload} ${name}/${clockRate}${channels === 1 ? '' : `/${channels}`}`;
}
