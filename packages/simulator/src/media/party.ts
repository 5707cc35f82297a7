import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { printWav, RtpEndpoint, ToneSource } from '@tandem/media';
import { openUdp, type UdpSocket } from '@tandem/wire';
import type { Clock } from '../clock.ts';
import type { TwinRandom } from '../random.ts';

/**
 * One talking and listening party: sockets around a single RTP endpoint. It speaks a tone of its own, so that whoever
 * hears it can say whom; it keeps what it heard.
 */

export interface PartyWorld {
  readonly address: string;
  readonly ports: PortPool;
  readonly clock: Clock;
  readonly random: TwinRandom;
}

/** Even ports of a range, handed out in turn, so that a closed call's late packets meet nobody. */
export class PortPool {
  readonly #first: number;
  readonly #count: number;
  readonly #taken = new Set<number>();
  #next = 0;

  constructor(range: { readonly first: number; readonly last: number }) {
    this.#first = range.first + (range.first % 2);
    this.#count = Math.floor((range.last - this.#first + 1) / 2);
  }

  take(): number | undefined {
    for (let tries = 0; tries < this.#count; tries++) {
      const port = this.#first + (this.#next++ % this.#count) * 2;
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      return port;
    }
    return undefined;
  }

  giveBack(port: number): void {
    this.#taken.delete(port);
  }
}

export interface PartyReport {
  /** The dominant tone of the last two seconds heard; absent when there was silence. */
  readonly heardHz?: number;
  readonly toneHz: number;
  readonly seconds: number;
  readonly lossPct: number;
  readonly packetsReceived: number;
  readonly packetsSent: number;
  readonly jitterMs: number;
  /** Packets whose SRTP tag was wrong (T42). */
  readonly rejectedAuth: number;
  /** Packets with a payload number that was not agreed on (T42). */
  readonly rejectedOther: number;
  readonly rtcpReceived: number;
  readonly digits: string;
  readonly firstRtpMs?: number;
  readonly wav?: string;
}

export interface RemoteParty {
  readonly address: string;
  readonly port: number;
  readonly rtcpPort?: number;
  readonly rtcpMux: boolean;
  readonly codecs: {
    readonly pcma?: number;
    readonly pcmu?: number;
    readonly telephoneEvent?: number;
    readonly cn?: number;
    readonly send: 'pcma' | 'pcmu';
  };
  /** Their key; present = SRTP. */
  readonly keyBase64?: string;
}

const suite = 'AES_CM_128_HMAC_SHA1_80';

export class Party {
  readonly port: number;
  readonly toneHz: number;
  /** Our SDES key. */
  readonly keyBase64: string;
  readonly #world: PartyWorld;
  readonly #endpoint: RtpEndpoint;
  readonly #rtp: UdpSocket;
  readonly #rtcp: UdpSocket;
  readonly #openedAt: number;
  #remote: RemoteParty | undefined;
  #stopTicking: (() => void) | undefined;
  #closed = false;

  static async open(world: PartyWorld, toneHz: number): Promise<Party> {
    for (let tries = 0; tries < 50; tries++) {
      const port = world.ports.take();
      if (port === undefined) break;
      let party: Party | undefined;
      const hear = (packet: Buffer): void => party?.hear(packet);
      const rtp = await openUdp({ address: world.address, port, onDatagram: hear }).catch(() => undefined);
      if (!rtp) {
        world.ports.giveBack(port);
        continue;
      }
      const rtcp = await openUdp({ address: world.address, port: port + 1, onDatagram: hear }).catch(
        () => undefined,
      );
      if (!rtcp) {
        await rtp.close();
        world.ports.giveBack(port);
        continue;
      }
      party = new Party(world, toneHz, port, rtp, rtcp);
      return party;
    }
    throw new Error('the twin has no free RTP port');
  }

  private constructor(world: PartyWorld, toneHz: number, port: number, rtp: UdpSocket, rtcp: UdpSocket) {
    this.#world = world;
    this.toneHz = toneHz;
    this.port = port;
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    this.keyBase64 = world.random.bytes(30).toString('base64');
    this.#openedAt = world.clock.now();
    this.#endpoint = new RtpEndpoint({
      ssrc: world.random.bytes(4).readUInt32BE(0),
      sequence: world.random.bytes(2).readUInt16BE(0) & 0x7fff,
      timestamp: world.random.bytes(4).readUInt32BE(0),
      codecs: { send: 'pcma' },
      wallOffsetMs: world.clock.wall() - world.clock.now(),
      fraction: world.random.fraction,
    });
    this.#endpoint.play(new ToneSource(toneHz));
  }

  /**
   * Says where and how to speak. A later call changes what differs; a new key of the other side starts its rollover
   * counter at zero (teams-direct-routing 5.2).
   */
  connect(remote: RemoteParty): void {
    this.#remote = remote;
    this.#endpoint.codecs = remote.codecs;
    this.#endpoint.secure(
      remote.keyBase64 === undefined
        ? undefined
        : { suite, tx: { keyBase64: this.keyBase64 }, rx: { keyBase64: remote.keyBase64 } },
    );
  }

  get remote(): RemoteParty | undefined {
    return this.#remote;
  }

  /** Starts speaking (or RTCP only while not `sending`). */
  start(): void {
    if (this.#stopTicking || this.#closed) return;
    const timer = setInterval(() => this.#tick(), 20);
    timer.unref();
    this.#stopTicking = () => clearInterval(timer);
    this.#tick();
  }

  setSending(sending: boolean): void {
    this.#endpoint.setSending(sending);
  }

  /** Queues RFC 4733 digits; 0 when telephone-event was not agreed on. */
  sendDigits(digits: string): number {
    return this.#endpoint.sendDtmf(digits);
  }

  forgetHeard(): void {
    this.#endpoint.forgetHeard();
  }

  hear(packet: Buffer): void {
    this.#endpoint.receive(packet, this.#world.clock.now());
  }

  report(): PartyReport {
    const figures = this.#endpoint.statistics();
    const heardHz = this.#endpoint.heardHz();
    const expected = figures.packetsReceived + figures.packetsLost;
    return {
      ...(heardHz === undefined ? {} : { heardHz: Math.round(heardHz * 10) / 10 }),
      toneHz: this.toneHz,
      seconds: Math.round((this.#endpoint.heard().length / 8000) * 100) / 100,
      lossPct: expected === 0 ? 100 : Math.round((10_000 * figures.packetsLost) / expected) / 100,
      packetsReceived: figures.packetsReceived,
      packetsSent: figures.packetsSent,
      jitterMs: Math.round(figures.jitterMs * 100) / 100,
      rejectedAuth: figures.rejectedAuth,
      rejectedOther: figures.rejectedOther,
      rtcpReceived: figures.rtcpReceived,
      digits: this.#endpoint.digits.map(({ digit }) => digit).join(''),
      ...(figures.firstRtpAtMs === undefined
        ? {}
        : { firstRtpMs: Math.round(figures.firstRtpAtMs - this.#openedAt) }),
    };
  }

  async saveWav(file: string): Promise<string> {
    const samples = Int16Array.from(this.#endpoint.heard());
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, printWav({ rate: 8000, samples }));
    return file;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopTicking?.();
    const bye = this.#remote ? this.#endpoint.report(this.#world.clock.now(), true) : undefined;
    if (bye) this.#send('rtcp', bye);
    void Promise.all([this.#rtp.close(), this.#rtcp.close()]).then(() =>
      this.#world.ports.giveBack(this.port),
    );
  }

  #tick(): void {
    for (const { channel, packet } of this.#endpoint.tick(this.#world.clock.now()))
      this.#send(channel, packet);
  }

  #send(channel: 'rtp' | 'rtcp', packet: Buffer): void {
    const remote = this.#remote;
    if (!remote || remote.port === 0) return;
    if (channel === 'rtp' || remote.rtcpMux) this.#rtp.send(packet, remote.port, remote.address);
    else this.#rtcp.send(packet, remote.rtcpPort ?? remote.port + 1, remote.address);
  }
}
