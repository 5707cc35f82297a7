import type { Socket } from 'node:dgram';
import type { LegSide } from '@tandem/media';

/** Who hears what a turn collected. */
export interface PacketTaker {
  receive(
    side: LegSide,
    channel: 'rtp' | 'rtcp',
    packet: Buffer,
    address: string,
    port: number,
    nowMs: number,
  ): void;
  /** What it sent while it received goes wrong when it leaves. */
  unsent(error: unknown): void;
}

export interface TurnPorts {
  now(): number;
  /** Calls back once the sockets that are ready now have been read. */
  soon(run: () => void): void;
  /** Blocks the thread. */
  rest(ms: number): void;
  /** The next moment at which something else is due; a rest ends there. */
  dueMs(): number;
}

/** A busy relay looks at its sockets so often, ms. Below a sixth of a packet of audio: no jitter buffer notices. */
export const TURN_MS = 2;
/** Packets a millisecond (forty calls) from which on it does; with fewer each is relayed as it comes. */
export const BUSY_PER_MS = 4;
const MEASURE_MS = 100;
/** Packets are handled in groups of so many; well below the slots of the packet ring. */
const GROUP = 64;

interface Taken {
  taker: PacketTaker | undefined;
  side: LegSide;
  channel: 'rtp' | 'rtcp';
  packet: Buffer;
  address: string;
  port: number;
}

interface Sent {
  socket: Socket | undefined;
  packet: Buffer;
  length: number;
  address: string;
  port: number;
}

const NOTHING = Buffer.alloc(0);

/**
 * What one turn of the loop reads, relayed step by step: first everything is read, then everything is checked and
 * prepared, then everything is sent. A packet costs less when the one before it went the same way just now: code and
 * tables are still in the processor's caches. And as every waking costs, under load the thread rests between turns, so
 * that many packets share one.
 */
export class PacketTurn {
  readonly #ports: TurnPorts;
  readonly #taken: Taken[] = [];
  readonly #sent: Sent[] = [];
  readonly #owners: (PacketTaker | undefined)[] = [];
  #takenCount = 0;
  #sentCount = 0;
  #running: PacketTaker | undefined;
  #scheduled = false;
  #busy = false;
  #measured = 0;
  #sinceMs = 0;
  #nextMs = 0;

  constructor(ports: TurnPorts) {
    this.#ports = ports;
  }

  /** A datagram was read; the buffer is the turn's from here on. */
  take(
    taker: PacketTaker,
    side: LegSide,
    channel: 'rtp' | 'rtcp',
    packet: Buffer,
    address: string,
    port: number,
  ): void {
    let taken = this.#taken[this.#takenCount];
    if (taken === undefined) {
      taken = { taker, side, channel, packet, address, port };
      this.#taken.push(taken);
    } else {
      taken.taker = taker;
      taken.side = side;
      taken.channel = channel;
      taken.packet = packet;
      taken.address = address;
      taken.port = port;
    }
    this.#takenCount += 1;
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#ports.soon(this.#run);
  }

  /** At once, or at the end of the group when a packet of this turn is the reason. */
  send(socket: Socket, packet: Buffer, length: number, port: number, address: string): void {
    if (this.#running === undefined) {
      socket.send(packet, 0, length, port, address);
      return;
    }
    let sent = this.#sent[this.#sentCount];
    if (sent === undefined) {
      sent = { socket, packet, length, address, port };
      this.#sent.push(sent);
    } else {
      sent.socket = socket;
      sent.packet = packet;
      sent.length = length;
      sent.address = address;
      sent.port = port;
    }
    this.#owners[this.#sentCount] = this.#running;
    this.#sentCount += 1;
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    const count = this.#takenCount;
    this.#takenCount = 0;
    for (let at = 0; at < count; at += GROUP) {
      this.#receive(at, Math.min(count, at + GROUP));
      this.#flush();
    }
    this.#measure(count);
    if (this.#busy) this.#rest();
  };

  #receive(from: number, to: number): void {
    const nowMs = this.#ports.now();
    try {
      for (let i = from; i < to; i += 1) {
        const taken = this.#taken[i]!;
        this.#running = taken.taker;
        taken.taker?.receive(taken.side, taken.channel, taken.packet, taken.address, taken.port, nowMs);
        // Nothing that is over is kept.
        taken.taker = undefined;
        taken.packet = NOTHING;
      }
    } finally {
      this.#running = undefined;
    }
  }

  #flush(): void {
    const count = this.#sentCount;
    this.#sentCount = 0;
    for (let i = 0; i < count; i += 1) {
      const sent = this.#sent[i]!;
      try {
        sent.socket?.send(sent.packet, 0, sent.length, sent.port, sent.address);
      } catch (error) {
        this.#owners[i]?.unsent(error);
      }
      sent.socket = undefined;
      sent.packet = NOTHING;
      this.#owners[i] = undefined;
    }
  }

  #measure(packets: number): void {
    const nowMs = this.#ports.now();
    this.#measured += packets;
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs < MEASURE_MS) return;
    this.#busy = this.#measured >= elapsedMs * BUSY_PER_MS;
    this.#measured = 0;
    this.#sinceMs = nowMs;
  }

  /** Turns are so far apart from start to start: whoever is late does not rest. */
  #rest(): void {
    const nowMs = this.#ports.now();
    this.#nextMs += TURN_MS;
    if (this.#nextMs <= nowMs || this.#nextMs > nowMs + TURN_MS) {
      this.#nextMs = nowMs;
      return;
    }
    const ms = Math.min(this.#nextMs, this.#ports.dueMs()) - nowMs;
    if (ms > 0) this.#ports.rest(ms);
  }
}
