import { randomBytes } from 'node:crypto';
import { issueHub } from '@tandem/simulator/trust/trust-store.ts';
import type { Platform } from './instance.ts';
import { type StreamPeer, tlsPeer } from './raw.ts';
import { until } from './until.ts';

/** Someone with Microsoft's certificate who writes SIP by hand: what the strict twin would never say. */
export interface Microsoft {
  readonly peer: StreamPeer;
  /** Sends a request; the answer is the final one, as text. A refused INVITE is confirmed. */
  ask(request: HandMade): Promise<Answer>;
}

export interface HandMade {
  readonly method: string;
  /** User and host of the Request-URI; a host below the base domain is a customer. */
  readonly to?: string;
  readonly host?: string;
  readonly from?: string;
  readonly headers?: readonly string[];
  /** Absent: none. */
  readonly sdp?: string;
  readonly maxForwards?: number;
  /** Instead of the right CSeq. */
  readonly cseq?: string;
}

export interface Answer {
  readonly callId: string;
  readonly status: number;
  readonly text: string;
}

const crypto = 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:a3WbRhDwd6E55xZIZ7nDlmhT4KLxEiNW4xsGzYWW|2^31\r\n';

/** An offer as Teams writes it, or with something left out. */
export const teamsOffer = (
  what: { srtp?: boolean; codecs?: string; suite?: string; direction?: string } = {},
): string =>
  [
    'v=0',
    'o=- 91249 0 IN IP4 127.0.0.1',
    's=session',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio 9 ${what.srtp === false ? 'RTP/AVP' : 'RTP/SAVP'} ${what.codecs ?? '8 0 101'}`,
    'a=rtcp-mux',
    'a=rtpmap:101 telephone-event/8000',
    `a=${what.direction ?? 'sendrecv'}`,
    '',
  ].join('\r\n') +
  (what.srtp === false
    ? ''
    : crypto.replace('AES_CM_128_HMAC_SHA1_80', what.suite ?? 'AES_CM_128_HMAC_SHA1_80'));

export async function beMicrosoft(platform: Platform): Promise<Microsoft> {
  const trust = await platform.trust();
  const peer = await tlsPeer(platform.teamsSide, await issueHub(trust.microsoft, 'good', Date.now()));
  const port = platform.teamsSide.split(':')[1];
  return {
    peer,
    async ask(request) {
      const callId = randomBytes(8).toString('hex');
      const host = request.host ?? 'sbc1.customers.example.net';
      const uri = `sip:${request.to === undefined ? '' : `${request.to}@`}${host}:${port};transport=tls`;
      const branch = `z9hG4bK${randomBytes(6).toString('hex')}`;
      const common = (method: string, to: string) => [
        `VIA: SIP/2.0/TLS 127.0.0.1:5061;branch=${branch}`,
        `FROM: <sip:${request.from ?? '+12025550143'}@sip.pstnhub.microsoft.com:5061>;tag=${callId}`,
        to,
        `CALL-ID: ${callId}`,
        `CSEQ: ${request.cseq ?? `1 ${method}`}`,
        `MAX-FORWARDS: ${request.maxForwards ?? 70}`,
      ];
      const to = `TO: <sip:${request.to ?? 'x'}@${host}:${port}>`;
      const body = request.sdp ?? '';
      peer.say(
        [
          `${request.method} ${uri} SIP/2.0`,
          ...common(request.method, to),
          'CONTACT: <sip:api-du-a-euwe.pstnhub.microsoft.com:443;x-i=1>',
          ...(request.headers ?? []),
          ...(body === '' ? [] : ['CONTENT-TYPE: application/sdp']),
          `CONTENT-LENGTH: ${Buffer.byteLength(body)}`,
          '',
          body,
        ].join('\r\n'),
      );
      const text = await until(`a final answer to ${request.method} ${callId}`, () => {
        const ended = peer.ended();
        if (ended !== undefined) throw new Error(`the connection is gone: ${ended}`);
        return peer
          .heard()
          .split(/(?=^SIP\/2\.0 )/m)
          .find(
            (part) => /^SIP\/2\.0 [2-6]/.test(part) && part.includes(callId) && part.includes('\r\n\r\n'),
          );
      });
      const status = Number(/^SIP\/2\.0 ([0-9]{3})/.exec(text)?.[1]);
      if (request.method === 'INVITE' && status >= 300) {
        const tagged = /^to:.*$/im.exec(text)?.[0].trim() ?? to;
        peer.say([`ACK ${uri} SIP/2.0`, ...common('ACK', tagged), 'CONTENT-LENGTH: 0', '', ''].join('\r\n'));
      }
      return { callId, status, text };
    },
  };
}
