/**
 * The session descriptions that the twin reads and writes: one audio line. It reads by itself instead of asking the
 * SIP package, because a witness must not share the mistakes of whom it judges.
 */

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface CryptoLine {
  readonly tag: number;
  readonly suite: string;
  readonly keyBase64: string;
}

export interface AudioSdp {
  readonly address: string;
  readonly port: number;
  readonly protocol: string;
  /** In the order of the m= line. */
  readonly payloads: readonly { readonly number: number; readonly name: string }[];
  readonly direction: Direction;
  readonly crypto: readonly CryptoLine[];
  readonly rtcpMux: boolean;
  readonly rtcpPort: number | undefined;
  readonly hasCandidates: boolean;
  readonly iceLite: boolean;
}

export type SdpFault =
  | { readonly kind: 'malformed'; readonly why: string }
  | { readonly kind: 'not-one-audio'; readonly media: readonly string[] }
  | { readonly kind: 'duplicate-payload'; readonly number: number };

export type SdpReading =
  | { readonly ok: true; readonly audio: AudioSdp }
  | { readonly ok: false; readonly fault: SdpFault };

/** RFC 3551 table 4: the names of payload numbers that need no rtpmap. */
const staticNames: Readonly<Record<number, string>> = {
  0: 'PCMU/8000',
  3: 'GSM/8000',
  4: 'G723/8000',
  8: 'PCMA/8000',
  9: 'G722/8000',
  13: 'CN/8000',
  18: 'G729/8000',
};

export function readAudioSdp(body: Buffer): SdpReading {
  const malformed = (why: string): SdpReading => ({ ok: false, fault: { kind: 'malformed', why } });
  const lines = body
    .toString('latin1')
    .split(/\r\n|\n/)
    .filter((line) => line !== '');
  if (lines[0] !== 'v=0') return malformed('does not begin with v=0');
  if (!lines.some((line) => line.startsWith('o='))) return malformed('no o= line');
  const broken = lines.find((line) => !/^[a-z]=/.test(line));
  if (broken !== undefined) return malformed(`not type=value: ${broken.slice(0, 40)}`);
  const starts = lines.flatMap((line, index) => (line.startsWith('m=') ? [index] : []));
  const media = starts.map((start) => (lines[start] as string).slice(2).split(' ')[0] as string);
  // Further media that are refused (port 0) hurt nobody; a second audio line does.
  const live = starts.filter((start) => !/^m=\S+ 0 /.test(lines[start] as string));
  if (live.length !== 1 || !(lines[live[0] as number] as string).startsWith('m=audio ')) {
    if (starts.length === 0) return malformed('no m= line');
    return { ok: false, fault: { kind: 'not-one-audio', media } };
  }
  const at = live[0] as number;
  const end = starts.find((start) => start > at) ?? lines.length;
  const session = lines.slice(0, starts[0]);
  const own = lines.slice(at, end);
  const m = /^m=audio (\d{1,5})(?:\/\d+)? (\S+)((?: \S+)+)$/.exec(own[0] as string);
  if (!m) return malformed('unreadable m= line');
  const port = Number(m[1]);
  const numbers = (m[3] as string).trim().split(/ +/).map(Number);
  if (port > 65_535 || numbers.some((n) => !Number.isInteger(n) || n < 0 || n > 127))
    return malformed('unreadable m= line');
  const address = connectionOf(own) ?? connectionOf(session);
  if (address === undefined) return malformed('no c= line');

  const names = new Map<number, string>();
  for (const value of attributes(own, 'rtpmap')) {
    const map = /^(\d+) ([^/ ]+)\/(\d+)/.exec(value);
    if (!map) return malformed(`unreadable rtpmap: ${value.slice(0, 40)}`);
    const number = Number(map[1]);
    if (names.has(number)) return { ok: false, fault: { kind: 'duplicate-payload', number } };
    names.set(number, `${map[2]}/${map[3]}`);
  }
  const twice = numbers.find((number, index) => numbers.indexOf(number) !== index);
  if (twice !== undefined) return { ok: false, fault: { kind: 'duplicate-payload', number: twice } };

  const crypto: CryptoLine[] = [];
  for (const value of attributes(own, 'crypto')) {
    const line = /^(\d+) (\S+) inline:([A-Za-z0-9+/=]{40})(?:\|\S+)?/.exec(value);
    if (line) crypto.push({ tag: Number(line[1]), suite: line[2] as string, keyBase64: line[3] as string });
  }
  const rtcp = attributes(own, 'rtcp')[0];
  return {
    ok: true,
    audio: {
      address,
      port,
      protocol: m[2] as string,
      payloads: numbers.map((number) => ({
        number,
        name: names.get(number) ?? staticNames[number] ?? 'unknown',
      })),
      direction: directionOf(own) ?? directionOf(session) ?? 'sendrecv',
      crypto,
      rtcpMux: own.includes('a=rtcp-mux'),
      rtcpPort: rtcp === undefined ? undefined : Number.parseInt(rtcp, 10),
      hasCandidates: own.some((line) => line.startsWith('a=candidate:')),
      iceLite: lines.includes('a=ice-lite'),
    },
  };
}

function connectionOf(lines: readonly string[]): string | undefined {
  for (const line of lines) {
    const match = /^c=IN IP[46] ([^/\s]+)/.exec(line);
    if (match) return match[1];
  }
  return undefined;
}

function attributes(lines: readonly string[], name: string): string[] {
  const start = `a=${name}:`;
  return lines.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length).trim());
}

function directionOf(lines: readonly string[]): Direction | undefined {
  for (const line of lines) {
    const match = /^a=(sendrecv|sendonly|recvonly|inactive)$/.exec(line.trim());
    if (match) return match[1] as Direction;
  }
  return undefined;
}

/** Payload number of a codec by name (`PCMA/8000`), without case. */
export function payloadOf(audio: AudioSdp, name: string): number | undefined {
  const wanted = name.toLowerCase();
  return audio.payloads.find((payload) => payload.name.toLowerCase() === wanted)?.number;
}

export interface AudioOutline {
  /** `o=` line after `o=`, so that versions can count. */
  readonly origin: string;
  readonly session: string;
  readonly address: string;
  readonly port: number;
  readonly protocol: 'RTP/AVP' | 'RTP/SAVP';
  readonly payloads: readonly { readonly number: number; readonly name: string; readonly fmtp?: string }[];
  readonly crypto: readonly CryptoLine[];
  readonly direction: Direction;
  readonly rtcpMux: boolean;
  /** Microsoft's own lines (teams-direct-routing 6.4). */
  readonly microsoft: boolean;
}

export function printAudioSdp(sdp: AudioOutline): Buffer {
  const lines = [
    'v=0',
    `o=${sdp.origin}`,
    `s=${sdp.session}`,
    `c=IN IP4 ${sdp.address}`,
    ...(sdp.microsoft ? ['b=CT:10000000'] : []),
    't=0 0',
    `m=audio ${sdp.port} ${sdp.protocol} ${sdp.payloads.map((payload) => payload.number).join(' ')}`,
    ...(sdp.microsoft ? [`c=IN IP4 ${sdp.address}`] : []),
    ...(sdp.rtcpMux ? [`a=rtcp:${sdp.port}`, 'a=rtcp-mux'] : []),
    `a=${sdp.direction}`,
    ...sdp.payloads.flatMap(({ number, name, fmtp }) => [
      `a=rtpmap:${number} ${name}`,
      ...(fmtp === undefined ? [] : [`a=fmtp:${number} ${fmtp}`]),
    ]),
    'a=ptime:20',
    ...sdp.crypto.map(({ tag, suite, keyBase64 }) => `a=crypto:${tag} ${suite} inline:${keyBase64}|2^31`),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1');
}
