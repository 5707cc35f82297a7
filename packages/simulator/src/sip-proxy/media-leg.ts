import type { Party } from '../media/party.ts';
import { type AudioOutline, type AudioSdp, type Direction, payloadOf, printAudioSdp } from '../media/sdp.ts';
import { requiredSuite } from './invite-checks.ts';

/**
 * The media processor's side of one call: SDES-SRTP on one port with one key from the first offer to the end
 * (teams-direct-routing 0.4 item 9, 6.2, 6.4).
 */

const microsoftPayloads = [
  { number: 104, name: 'SILK/16000' },
  { number: 103, name: 'SILK/8000' },
  { number: 9, name: 'G722/8000' },
  { number: 8, name: 'PCMA/8000' },
  { number: 0, name: 'PCMU/8000' },
  { number: 18, name: 'G729/8000', fmtp: 'annexb=no' },
  { number: 101, name: 'telephone-event/8000', fmtp: '0-16' },
  { number: 13, name: 'CN/8000' },
  { number: 118, name: 'CN/16000' },
] as const;

/** Tag of the required suite in our offers; tag 0 is the 32-bit one, which the SBC should not choose. */
export const offeredTag = 1;

export type AnswerFault = 'unreadable' | 'crypto' | 'codec' | 'mux';

export class MediaLeg {
  readonly party: Party;
  readonly #address: string;
  readonly #sessionId: number;
  readonly #spareKey: string;
  #version = -1;
  /** What the other side said last and we took. */
  remote: AudioSdp | undefined;
  /** Payload numbers, mux and crypto tag once agreed. */
  #agreed:
    | { readonly payloads: AudioOutline['payloads']; readonly mux: boolean; readonly tag: number }
    | undefined;

  constructor(party: Party, address: string, sessionId: number, spareKey: string) {
    this.party = party;
    this.#address = address;
    this.#sessionId = sessionId;
    this.#spareKey = spareKey;
  }

  /** The first offer of 6.4. Later ones (`agreed`) repeat what was agreed, with another direction. */
  offer(direction: Direction): Buffer {
    const crypto = [{ tag: offeredTag, suite: requiredSuite, keyBase64: this.party.keyBase64 }];
    return this.#print(
      direction,
      this.#agreed?.payloads ?? microsoftPayloads,
      this.#agreed
        ? [{ ...crypto[0]!, tag: this.#agreed.tag }]
        : [{ tag: 0, suite: 'AES_CM_128_HMAC_SHA1_32', keyBase64: this.#spareKey }, ...crypto],
      this.#agreed?.mux ?? true,
    );
  }

  /** The answer to an SBC's offer that was judged good. MICROSOFT: one codec, in its own preference (6.6). */
  answer(offer: AudioSdp): Buffer | undefined {
    const crypto = offer.crypto.find((line) => line.suite === requiredSuite);
    const codec = this.#speakable(offer);
    if (!crypto || !codec) return undefined;
    const events = payloadOf(offer, 'telephone-event/8000');
    const payloads = [
      codec,
      ...(events === undefined ? [] : [{ number: events, name: 'telephone-event/8000', fmtp: '0-15' }]),
    ];
    this.#agreed = { payloads, mux: offer.rtcpMux, tag: crypto.tag };
    this.#take(offer, crypto.keyBase64);
    return this.#print(
      offer.direction === 'inactive' ? 'inactive' : 'sendrecv',
      payloads,
      [{ tag: crypto.tag, suite: requiredSuite, keyBase64: this.party.keyBase64 }],
      offer.rtcpMux,
    );
  }

  /** The SBC's answer to our offer (T30). */
  accept(answer: AudioSdp): AnswerFault | undefined {
    const tag = this.#agreed?.tag ?? offeredTag;
    const crypto = answer.crypto.find((line) => line.tag === tag && line.suite === requiredSuite);
    if (!/RTP\/SAVPF?$/.test(answer.protocol) || !crypto) return 'crypto';
    const codec = this.#speakable(answer);
    if (!codec) return 'codec';
    if (this.#agreed && this.remote && answer.rtcpMux !== this.#agreed.mux) return 'mux';
    if (!this.#agreed) {
      const events = payloadOf(answer, 'telephone-event/8000');
      this.#agreed = {
        payloads: [
          codec,
          ...(events === undefined ? [] : [{ number: events, name: 'telephone-event/8000', fmtp: '0-16' }]),
        ],
        mux: answer.rtcpMux,
        tag,
      };
    }
    this.#take(answer, crypto.keyBase64);
    return undefined;
  }

  get mux(): boolean {
    return this.#agreed?.mux ?? true;
  }

  /** The answer to a re-INVITE whose media address and key were looked at by the caller. */
  answerAgain(direction: Direction): Buffer {
    return this.#print(
      direction,
      this.#agreed?.payloads ?? [],
      [{ tag: this.#agreed?.tag ?? offeredTag, suite: requiredSuite, keyBase64: this.party.keyBase64 }],
      this.mux,
    );
  }

  /** T36: a new key of the SBC; our rollover counter for its packets starts at zero, the address stays. */
  rekey(keyBase64: string): void {
    const now = this.party.remote;
    if (now) this.party.connect({ ...now, keyBase64 });
    if (this.remote) {
      const crypto = this.remote.crypto.map((line) => ({ ...line, keyBase64 }));
      this.remote = { ...this.remote, crypto };
    }
  }

  #speakable(sdp: AudioSdp): { number: number; name: string } | undefined {
    for (const name of ['PCMA/8000', 'PCMU/8000']) {
      const number = payloadOf(sdp, name);
      if (number !== undefined) return { number, name };
    }
    return undefined;
  }

  #take(sdp: AudioSdp, keyBase64: string): void {
    const first = this.remote;
    this.remote = sdp;
    const pcma = payloadOf(sdp, 'PCMA/8000');
    const pcmu = payloadOf(sdp, 'PCMU/8000');
    const telephoneEvent = payloadOf(sdp, 'telephone-event/8000');
    const cn = payloadOf(sdp, 'CN/8000');
    this.party.connect({
      // T35: the media address of the first description stays for the whole call.
      address: first?.address ?? sdp.address,
      port: first?.port ?? sdp.port,
      rtcpMux: this.mux,
      ...(sdp.rtcpPort === undefined ? {} : { rtcpPort: sdp.rtcpPort }),
      codecs: {
        ...(pcma === undefined ? {} : { pcma }),
        ...(pcmu === undefined ? {} : { pcmu }),
        ...(telephoneEvent === undefined ? {} : { telephoneEvent }),
        ...(cn === undefined ? {} : { cn }),
        send: pcma === undefined ? 'pcmu' : 'pcma',
      },
      keyBase64,
    });
  }

  #print(
    direction: Direction,
    payloads: AudioOutline['payloads'],
    crypto: AudioOutline['crypto'],
    rtcpMux: boolean,
  ): Buffer {
    this.#version += 1;
    return printAudioSdp({
      // MICROSOFT: the origin address is loopback, whatever the media address is (6.4).
      origin: `- ${this.#sessionId} ${this.#version} IN IP4 127.0.0.1`,
      session: 'session',
      address: this.#address,
      port: this.party.port,
      protocol: 'RTP/SAVP',
      payloads,
      crypto,
      direction,
      rtcpMux,
      microsoft: true,
    });
  }
}
