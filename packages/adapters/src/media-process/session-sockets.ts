import { createSocket, type RemoteInfo, type Socket, type SocketType } from 'node:dgram';
import type { LegSide, PacketRing, RelayEvent, RelayLeg, RelayPorts, RelaySession } from '@tandem/media';
import type { PacketTaker, PacketTurn } from './packet-turn.ts';

/** What all sessions of one thread share. */
export interface LoopContext {
  readonly ring: PacketRing;
  readonly wallOffsetMs: number;
  random32(): number;
  fraction(): number;
  readonly turn: PacketTurn;
  event(event: RelayEvent): void;
  /** A bug of ours showed itself in this session. It costs the packet, never the process. */
  bug(session: string, error: unknown): void;
}

/** Kernel buffer per socket: half a second of a call and then some. The default loses bursts (the system caps it). */
const RECEIVE_BUFFER = 256 * 1024;

// dgram asks a resolver for every datagram, even for numbers. Ours answers at once.
type LookupCallback = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;
const numeric4 = (host: string, _options: unknown, done: LookupCallback): void => done(null, host, 4);
const numeric6 = (host: string, _options: unknown, done: LookupCallback): void => done(null, host, 6);

export const familyOf = (address: string): 4 | 6 => (address.includes(':') ? 6 : 4);

export type BindOutcome =
  | { readonly ok: true; readonly socket: Socket }
  | { readonly ok: false; readonly why: 'busy' | 'exhausted' | 'address'; readonly detail: string };

const bindFailures: Readonly<Record<string, 'busy' | 'exhausted'>> = {
  EADDRINUSE: 'busy',
  EACCES: 'busy',
  EMFILE: 'exhausted',
  ENFILE: 'exhausted',
  ENOBUFS: 'exhausted',
  ENOMEM: 'exhausted',
};

/** Binds one UDP port. `busy`: another port may do; `exhausted`: none will (descriptors); `address`: not ours. */
export function bindUdp(address: string, port: number): Promise<BindOutcome> {
  const six = familyOf(address) === 6;
  const type: SocketType = six ? 'udp6' : 'udp4';
  return new Promise((resolve) => {
    const socket = createSocket({ type, lookup: six ? numeric6 : numeric4, recvBufferSize: RECEIVE_BUFFER });
    const refuse = (error: NodeJS.ErrnoException): void => {
      socket.removeAllListeners('error');
      socket.on('error', ignore);
      socket.close();
      resolve({ ok: false, why: bindFailures[error.code ?? ''] ?? 'address', detail: error.message });
    };
    socket.once('error', refuse);
    try {
      socket.bind({ address, port, exclusive: true }, () => {
        socket.removeAllListeners('error');
        // Nothing that happens to one datagram may end the process; the counters show silence.
        socket.on('error', ignore);
        resolve({ ok: true, socket });
      });
    } catch (error) {
      refuse(error as NodeJS.ErrnoException);
    }
  });
}

const ignore = (): void => undefined;

/** The sockets of one session, and its way out: what the pure session sends, leaves here. */
export class SessionSockets implements RelayPorts, PacketTaker {
  readonly ring: PacketRing;
  readonly wallOffsetMs: number;
  session: RelaySession | undefined;
  readonly #context: LoopContext;
  readonly #rtp: { readonly a: Socket; readonly b: Socket };
  #rtcpA: Socket | undefined;
  #rtcpB: Socket | undefined;
  #closed = false;

  constructor(context: LoopContext, a: Socket, b: Socket) {
    this.#context = context;
    this.ring = context.ring;
    this.wallOffsetMs = context.wallOffsetMs;
    this.#rtp = { a, b };
  }

  /** Packets flow from here on. */
  start(session: RelaySession): void {
    this.session = session;
    this.#listen(this.#rtp.a, 'a', 'rtp');
    this.#listen(this.#rtp.b, 'b', 'rtp');
  }

  send(leg: RelayLeg, channel: 'rtp' | 'rtcp', packet: Buffer, length: number): void {
    if (this.#closed) return;
    const isA = leg.side === 'a';
    if (channel === 'rtp') {
      const socket = isA ? this.#rtp.a : this.#rtp.b;
      this.#context.turn.send(socket, packet, length, leg.rtpPort, leg.rtpAddress);
      return;
    }
    const socket = isA ? this.#rtcpA : this.#rtcpB;
    if (socket !== undefined) this.#context.turn.send(socket, packet, length, leg.rtcpPort, leg.rtcpAddress);
    else void this.#openControl(leg, packet, length);
  }

  /** With rtcp-mux agreed the RTCP port is not ours any more. */
  closeControl(side: LegSide): void {
    const socket = side === 'a' ? this.#rtcpA : this.#rtcpB;
    if (side === 'a') this.#rtcpA = undefined;
    else this.#rtcpB = undefined;
    socket?.close();
  }

  event(event: RelayEvent): void {
    this.#context.event(event);
  }
  fraction(): number {
    return this.#context.fraction();
  }
  random32(): number {
    return this.#context.random32();
  }

  /** Leaves the RTP sockets, open and with nobody who listens, to whoever gave them. */
  close(): void {
    this.#closed = true;
    this.#rtp.a.removeAllListeners('message');
    this.#rtp.b.removeAllListeners('message');
    this.#rtcpA?.close();
    this.#rtcpB?.close();
  }

  /**
   * RTCP ports are opened with the first report, a second or two into the call: unanswered calls and legs that multiplex
   * (most of those to Teams) never need one. Each costs 50 us and 1 kB.
   */
  async #openControl(leg: RelayLeg, packet: Buffer, length: number): Promise<void> {
    const bound = await bindUdp(leg.local.address, leg.local.rtcpPort);
    // Somebody outside our range's rules holds the odd port: the call goes on without reports.
    if (!bound.ok) return;
    const late = leg.side === 'a' ? this.#rtcpA : this.#rtcpB;
    if (this.#closed || leg.mux || leg.remote === undefined || late !== undefined) {
      bound.socket.close();
      return;
    }
    if (leg.side === 'a') this.#rtcpA = bound.socket;
    else this.#rtcpB = bound.socket;
    this.#listen(bound.socket, leg.side, 'rtcp');
    bound.socket.send(packet, 0, length, leg.rtcpPort, leg.rtcpAddress);
  }

  /** Comes back from the turn that took it. */
  receive(
    side: LegSide,
    channel: 'rtp' | 'rtcp',
    packet: Buffer,
    address: string,
    port: number,
    nowMs: number,
  ): void {
    if (this.#closed) return;
    try {
      this.session?.receive(side, channel, packet, packet.length, address, port, nowMs);
    } catch (error) {
      this.unsent(error);
    }
  }

  unsent(error: unknown): void {
    this.#context.bug(this.session?.id ?? '', error);
  }

  #listen(socket: Socket, side: LegSide, channel: 'rtp' | 'rtcp'): void {
    const { turn } = this.#context;
    socket.on('message', (packet: Buffer, from: RemoteInfo) => {
      turn.take(this, side, channel, packet, from.address, from.port);
    });
  }
}
