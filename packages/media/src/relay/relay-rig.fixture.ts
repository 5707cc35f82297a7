import { type EndpointCodecs, RtpEndpoint } from '../endpoint/rtp-endpoint.ts';
import { ToneSource } from '../tone/tone.ts';
import { PacketRing } from './packet-ring.ts';
import type { LegAllocation, LegSide, RelayEvent, SrtpSettings } from './relay-commands.ts';
import type { RelayLeg } from './relay-leg.ts';
import { RelaySession } from './relay-session.ts';

/** A session between two telephones on a virtual clock. What leaves is copied: the relay reuses its buffers. */

const key = (letter: string): string => letter.repeat(40);

/** Mirror images: what the party sends with, we receive with. */
export const keys = (ours: string, theirs: string): { ours: SrtpSettings; theirs: SrtpSettings } => ({
  ours: { suite: 'AES_CM_128_HMAC_SHA1_80', tx: { keyBase64: key(ours) }, rx: { keyBase64: key(theirs) } },
  theirs: { suite: 'AES_CM_128_HMAC_SHA1_80', tx: { keyBase64: key(theirs) }, rx: { keyBase64: key(ours) } },
});

export interface Sent {
  readonly side: LegSide;
  readonly channel: 'rtp' | 'rtcp';
  readonly address: string;
  readonly port: number;
  readonly packet: Buffer;
}

export const addressOf = { a: '192.0.2.1', b: '192.0.2.2' } as const;

export class RelayRig {
  nowMs = 0;
  readonly session: RelaySession;
  readonly parties: { a: RtpEndpoint; b: RtpEndpoint };
  readonly events: RelayEvent[] = [];
  readonly sent: Sent[] = [];
  /** Sees every packet of a party before the relay does; false drops it. */
  onPacket: (side: LegSide, packet: Buffer) => boolean = () => true;
  #random = 1;

  constructor(options: {
    a: EndpointCodecs;
    b: EndpointCodecs;
    srtpA?: { ours: SrtpSettings; theirs: SrtpSettings };
    legA?: LegAllocation;
    legB?: LegAllocation;
  }) {
    const remote = (side: LegSide) => ({ address: addressOf[side], port: 4000, mux: true });
    this.parties = {
      a: new RtpEndpoint({
        ssrc: 0xa,
        codecs: options.a,
        sequence: 65_400,
        ...(options.srtpA && { srtp: options.srtpA.theirs }),
      }),
      b: new RtpEndpoint({ ssrc: 0xb, codecs: options.b, timestamp: 0xffff_ff00 }),
    };
    const codecMap = ({ send, ...rest }: EndpointCodecs) => ({ ...rest, send });
    this.session = new RelaySession(
      {
        session: 's',
        locals: {
          a: { address: '198.51.100.1', rtpPort: 20_000, rtcpPort: 20_001 },
          b: { address: '198.51.100.1', rtpPort: 20_002, rtcpPort: 20_003 },
        },
        a: {
          remote: remote('a'),
          codecs: codecMap(options.a),
          ...(options.srtpA && { srtp: options.srtpA.ours }),
          ...options.legA,
        },
        b: { remote: remote('b'), codecs: codecMap(options.b), ...options.legB },
      },
      {
        send: (leg, channel, packet, length) =>
          this.#deliver(leg, channel, Buffer.from(packet.subarray(0, length))),
        event: (event) => this.events.push(event),
        fraction: () => 0.5,
        random32: () => {
          this.#random = (this.#random * 1_103_515_245 + 12_345) >>> 0;
          return this.#random;
        },
        wallOffsetMs: 1_700_000_000_000,
        ring: new PacketRing(),
      },
      0,
    );
  }

  talk(hzA: number | undefined, hzB: number | undefined): void {
    for (const [side, hz] of [
      ['a', hzA],
      ['b', hzB],
    ] as const) {
      this.parties[side].setSending(hz !== undefined);
      if (hz !== undefined) this.parties[side].play(new ToneSource(hz));
    }
  }

  /** Packets as from the party of that side. */
  inject(side: LegSide, packet: Buffer, address: string = addressOf[side], port = 4000): void {
    this.session.receive(side, 'rtp', packet, packet.length, address, port, this.nowMs);
  }

  run(ms: number): void {
    for (const end = this.nowMs + ms; this.nowMs < end; this.nowMs += 20) {
      for (const side of ['a', 'b'] as const)
        for (const { packet } of this.parties[side].tick(this.nowMs))
          if (this.onPacket(side, packet)) this.inject(side, packet);
      if (this.session.isPaced) this.session.pace(this.nowMs);
      if (this.nowMs % 1000 === 0) this.session.sweep(this.nowMs);
    }
  }

  hears(side: LegSide): number {
    return Math.round(this.parties[side].heardHz(0.4) ?? 0);
  }

  #deliver(leg: RelayLeg, channel: 'rtp' | 'rtcp', packet: Buffer): void {
    const { side } = leg;
    const address = channel === 'rtp' ? leg.rtpAddress : leg.rtcpAddress;
    const port = channel === 'rtp' ? leg.rtpPort : leg.rtcpPort;
    this.sent.push({ side, channel, address, port, packet: Buffer.from(packet) });
    this.parties[side].receive(packet, this.nowMs);
  }
}
