import type { RemoteParty } from '../media/party.ts';
import type { AudioSdp } from '../media/sdp.ts';
import { payloadOf, printAudioSdp } from '../media/sdp.ts';

/** Plain RTP with G.711 and telephone-event, as carriers write it; and the two ways to write it badly. */

const usual = [
  { number: 0, name: 'PCMU/8000' },
  { number: 8, name: 'PCMA/8000' },
  { number: 101, name: 'telephone-event/8000', fmtp: '0-15' },
];
const strange = [{ number: 4, name: 'G723/8000' }];

export interface CarrierSdp {
  readonly address: string;
  readonly port: number;
  readonly version: number;
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
  /** The other side's description when this is an answer. */
  readonly answering?: AudioSdp;
  readonly noCommonCodec?: boolean;
  /** About this many bytes of attributes that mean nothing. */
  readonly padding?: number;
}

export function printCarrierSdp(sdp: CarrierSdp): Buffer {
  const { answering } = sdp;
  const offered = sdp.noCommonCodec ? strange : usual;
  const payloads = answering
    ? offered.flatMap((payload) => {
        const number = payloadOf(answering, payload.name);
        return number === undefined ? [] : [{ ...payload, number }];
      })
    : offered;
  const body = printAudioSdp({
    origin: `carrier 20260101 ${sdp.version} IN IP4 ${sdp.address}`,
    session: '-',
    address: sdp.address,
    port: sdp.port,
    protocol: 'RTP/AVP',
    // An answer takes one voice codec, the first that both know.
    payloads: answering
      ? [...payloads.slice(0, 1), ...payloads.slice(1).filter((p) => /^telephone/.test(p.name))]
      : payloads,
    crypto: [],
    direction: sdp.direction,
    rtcpMux: false,
    microsoft: false,
  });
  if (!sdp.padding) return body;
  const line = `a=x-padding:${'0123456789'.repeat(8)}\r\n`;
  return Buffer.concat([body, Buffer.from(line.repeat(Math.ceil(sdp.padding / line.length)), 'latin1')]);
}

/** Where to send to, or undefined when there is no codec that we speak. */
export function remoteOf(sdp: AudioSdp): RemoteParty | undefined {
  const pcmu = payloadOf(sdp, 'PCMU/8000');
  const pcma = payloadOf(sdp, 'PCMA/8000');
  if (pcmu === undefined && pcma === undefined) return undefined;
  const telephoneEvent = payloadOf(sdp, 'telephone-event/8000');
  const cn = payloadOf(sdp, 'CN/8000');
  return {
    address: sdp.address,
    port: sdp.port,
    rtcpMux: sdp.rtcpMux,
    ...(sdp.rtcpPort === undefined ? {} : { rtcpPort: sdp.rtcpPort }),
    codecs: {
      ...(pcma === undefined ? {} : { pcma }),
      ...(pcmu === undefined ? {} : { pcmu }),
      ...(telephoneEvent === undefined ? {} : { telephoneEvent }),
      ...(cn === undefined ? {} : { cn }),
      // The order of our own answers: what is answered is what is sent.
      send: pcmu === undefined ? 'pcma' : 'pcmu',
    },
  };
}
