/**
 * Two (or more) user agents and the bad network between them, on one virtual clock: seeded loss, duplication, delay
 * and reordering on UDP; order kept and nothing lost on streams, which can be cut. A kit for tests, engine tests
 * included: nothing here waits, thirty-two seconds of timer take a millisecond.
 *
 *     const net = new TestNetwork({ seed: 7, loss: 0.1 });
 *     const alice = net.peer('alice', { onInvite: … });
 *     const bob = net.peer('bob', { onInvite: (invite) => invite.accept({ … }) });
 *     alice.ua.invite({ …, destination: bob.at('UDP'), … }, net.now);
 *     net.run(1000);
 */
import type { SipMessage } from '../message/message.ts';
import type {
  Destination,
  Flow,
  IncomingInvite,
  IncomingRequest,
  Millis,
  Protocol,
  RandomPort,
  TransportFailure,
  UserAgent,
  UserAgentOptions,
} from './types.ts';
import { createUserAgent } from './user-agent.ts';

export interface NetworkWeather {
  /** Same seed, same run. Default 1. */
  readonly seed?: number;
  /** Fraction of datagrams lost / sent twice. */
  readonly loss?: number;
  readonly duplicate?: number;
  /** One-way delay in ms, and the spread that reorders datagrams. */
  readonly delayMs?: number;
  readonly jitterMs?: number;
}

export interface PeerHandlers {
  onInvite?(invite: IncomingInvite): void;
  onRequest?(request: IncomingRequest): void;
  readonly options?: Partial<UserAgentOptions>;
}

/** One packet as a test sees it go by. */
export interface Seen {
  readonly at: Millis;
  readonly from: string;
  readonly to: string;
  /** `INVITE`, `200 INVITE`. */
  readonly line: string;
  readonly message: SipMessage;
  readonly dropped: boolean;
}

interface Packet {
  at: Millis;
  order: number;
  run: () => void;
}

/** mulberry32: small, seeded, good enough for weather. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Names that count: readable in a failing test and never equal. */
export function countingRandom(name: string, fraction: () => number): RandomPort {
  let count = 0;
  return {
    branch: () => `z9hG4bK-${name}-${++count}`,
    tag: () => `${name}-tag-${++count}`,
    callId: () => `${name}-call-${++count}`,
    fraction,
  };
}

class TestFlow implements Flow {
  readonly id: number;
  readonly protocol: Protocol;
  readonly listener: string;
  readonly local: { host: string; port: number };
  readonly remote: { host: string; port: number };
  open = true;
  /** The other end of a stream. */
  twin: TestFlow | undefined = undefined;
  readonly owner: TestPeer;

  constructor(id: number, protocol: Protocol, owner: TestPeer, remote: { host: string; port: number }) {
    this.id = id;
    this.protocol = protocol;
    this.owner = owner;
    this.listener = owner.name;
    this.local = { host: owner.host, port: owner.port };
    this.remote = remote;
  }
}

export class TestPeer {
  readonly name: string;
  readonly host: string;
  readonly port = 5060;
  readonly ua: UserAgent;
  readonly net: TestNetwork;
  /** Every request and invite that came in, in order. */
  readonly invites: IncomingInvite[] = [];
  readonly requests: IncomingRequest[] = [];
  readonly anomalies: string[] = [];
  handlers: PeerHandlers;
  readonly flows = new Map<string, TestFlow>();

  constructor(net: TestNetwork, name: string, host: string, handlers: PeerHandlers) {
    this.net = net;
    this.name = name;
    this.host = host;
    this.handlers = handlers;
    this.ua = createUserAgent(
      {
        allow: ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'NOTIFY', 'REFER', 'INFO', 'UPDATE'],
        supported: ['timer', 'replaces'],
        viaFor: () => ({ sentBy: `${host}:${this.port}`, params: ';rport' }),
        ...handlers.options,
      },
      {
        send: (to, bytes, message, failed) => net.carry(this, to, bytes, message, failed),
        onInvite: (invite) => {
          this.invites.push(invite);
          this.handlers.onInvite?.(invite);
        },
        onRequest: (request) => {
          this.requests.push(request);
          if (this.handlers.onRequest) this.handlers.onRequest(request);
          else request.respond(200, { contact: this.contact });
        },
        onAnomaly: (what) => {
          this.anomalies.push(what);
        },
        random: countingRandom(name, net.random),
        now: () => net.now,
      },
    );
  }

  get contact(): string {
    return `<sip:${this.name}@${this.host}:${this.port}>`;
  }

  at(protocol: Protocol = 'UDP'): Destination {
    return { protocol, host: this.host, port: this.port, via: protocol.toLowerCase() };
  }

  /** Bytes as if from `from`, past the weather. */
  hear(text: string | Buffer, from: TestPeer, protocol: Protocol = 'UDP'): void {
    const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
    this.ua.receive(bytes, this.net.flow(this, from, protocol), this.net.now);
  }
}

export class TestNetwork {
  now: Millis = 0;
  readonly random: () => number;
  readonly seen: Seen[] = [];
  readonly peers: TestPeer[] = [];
  weather: NetworkWeather;
  /** Says which packets are lost, by hand; the weather comes on top. */
  drop: (packet: { from: string; to: string; line: string; message: SipMessage }) => boolean = () => false;
  #queue: Packet[] = [];
  #order = 0;
  #flowIds = 0;

  constructor(weather: NetworkWeather = {}) {
    this.weather = weather;
    this.random = seededRandom(weather.seed ?? 1);
  }

  peer(name: string, handlers: PeerHandlers = {}): TestPeer {
    const peer = new TestPeer(this, name, `192.0.2.${this.peers.length + 1}`, handlers);
    this.peers.push(peer);
    return peer;
  }

  /** What went by, as `alice>bob INVITE`; lost packets are marked with a `!`. */
  get ladder(): string[] {
    return this.seen.map(({ from, to, line, dropped }) => `${from}>${to} ${line}${dropped ? ' !' : ''}`);
  }

  count(line: string, from?: string): number {
    return this.seen.filter((packet) => packet.line === line && (!from || packet.from === from)).length;
  }

  /** Moves the clock on, delivering packets and firing timers in order of time. */
  run(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const packet = this.#earliest();
      let due = packet ? packet.at : Number.POSITIVE_INFINITY;
      for (const peer of this.peers) due = Math.min(due, peer.ua.advance(this.now) ?? due);
      if (due > end) break;
      this.now = Math.max(this.now, due);
      if (packet && packet.at <= this.now) {
        this.#queue.splice(this.#queue.indexOf(packet), 1);
        packet.run();
      }
      for (const peer of this.peers) peer.ua.advance(this.now);
    }
    this.now = end;
    for (const peer of this.peers) peer.ua.advance(end);
  }

  /** Until everything that can happen has happened: five minutes are longer than any timer of the stack. */
  settle(): void {
    this.run(300_000);
  }

  /** Cuts the stream between two peers; what is under way on it is lost and reported as failed. */
  cut(one: TestPeer, other: TestPeer, protocol: Protocol = 'TLS'): void {
    for (const [peer, far] of [
      [one, other],
      [other, one],
    ] as const) {
      const key = `${protocol} ${far.host}`;
      const flow = peer.flows.get(key);
      if (!flow) continue;
      flow.open = false;
      peer.flows.delete(key);
      peer.ua.flowClosed(flow, this.now);
    }
  }

  flow(owner: TestPeer, far: TestPeer, protocol: Protocol): TestFlow {
    const key = `${protocol} ${far.host}`;
    let flow = owner.flows.get(key);
    if (!flow) {
      flow = new TestFlow(++this.#flowIds, protocol, owner, { host: far.host, port: far.port });
      owner.flows.set(key, flow);
      if (protocol !== 'UDP') {
        flow.twin = this.flow(far, owner, protocol);
      }
    }
    return flow;
  }

  carry(
    from: TestPeer,
    to: Flow | Destination,
    bytes: Buffer,
    message: SipMessage,
    failed: (why: TransportFailure) => void,
  ): void {
    const { protocol } = to;
    const isFlow = 'remote' in to;
    const host = isFlow ? to.remote.host : to.host;
    const port = isFlow ? to.remote.port : to.port;
    const far = this.peers.find((peer) => peer.host === host && peer.port === port);
    const line = lineOf(message);
    const fail = (why: TransportFailure) => this.#later(1, () => failed(why));
    const note = (dropped: boolean) =>
      this.seen.push({ at: this.now, from: from.name, to: far?.name ?? host, line, message, dropped });
    if (!far) {
      note(true);
      if (protocol !== 'UDP') fail({ kind: 'connect', detail: `nobody at ${host}:${port}` });
      return;
    }
    if (isFlow && !to.open) {
      note(true);
      fail({ kind: 'closed', detail: 'stream is closed' });
      return;
    }
    const { loss = 0, duplicate = 0, delayMs = 5, jitterMs = 0 } = this.weather;
    const lost =
      this.drop({ from: from.name, to: far.name, line, message }) ||
      (protocol === 'UDP' && this.random() < loss);
    note(lost);
    if (lost) return;
    const copy = Buffer.from(bytes);
    const flow = this.flow(far, from, protocol);
    if (protocol !== 'UDP') {
      this.#later(delayMs, () => {
        if (flow.open) far.ua.receive(copy, flow, this.now);
        else failed({ kind: 'reset', detail: 'stream was cut' });
      });
      return;
    }
    const copies = this.random() < duplicate ? 2 : 1;
    for (let count = 0; count < copies; count++) {
      this.#later(delayMs + Math.floor(this.random() * jitterMs), () => far.ua.receive(copy, flow, this.now));
    }
  }

  #later(ms: number, run: () => void): void {
    this.#queue.push({ at: this.now + ms, order: this.#order++, run });
  }

  #earliest(): Packet | undefined {
    let first: Packet | undefined;
    for (const packet of this.#queue) {
      if (!first || packet.at < first.at || (packet.at === first.at && packet.order < first.order))
        first = packet;
    }
    return first;
  }
}

export function lineOf(message: SipMessage): string {
  if (message.kind === 'request') return message.method;
  return `${message.status} ${(message.headers.get('cseq') ?? '').split(' ').at(-1)}`;
}
