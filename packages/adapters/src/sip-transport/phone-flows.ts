import type { PhoneDoor } from '@tandem/engine/registrar/phone-door.ts';
import type { Destination, Flow, Protocol } from '@tandem/sip/ua/types.ts';

/** Names of the phones' listeners, and of the way back to a registered phone. */
export const phoneSides = {
  phonesUdp: 'phones-udp',
  phonesTcp: 'phones-tcp',
  phonesTls: 'phones-tls',
} as const;

/** The same by protocol, as settings want it. */
export const phonesVia: Readonly<Record<Protocol, string>> = {
  UDP: phoneSides.phonesUdp,
  TCP: phoneSides.phonesTcp,
  TLS: phoneSides.phonesTls,
};

const names: ReadonlySet<string> = new Set(Object.values(phoneSides));
export const sideOfPhones = (name: string): boolean => names.has(name);

export interface PhonesSide {
  /** UDP and TCP. */
  readonly sipPort: number;
  readonly tlsPort: number;
  readonly door: Pick<PhoneDoor, 'admitsAddress' | 'admitsMessage' | 'knows' | 'keyOf'>;
  /** A connection ended, and what was registered over it with it. */
  flowClosed(flow: Flow): void;
}

/** A connection that has not proved whose it is by then is closed (T05). */
const proofMs = 30_000;
/** RFC 5626 §3.5 and what NAT helpers send: nothing that wants an answer. */
const keepAliveBytes = 4;

/**
 * The connections of phones. A phone behind NAT or TLS is reached only over the connection that it opened: what goes to
 * its address takes that one, and is refused when it is gone, for connecting to it would reach nobody.
 */
export class PhoneFlows {
  readonly #side: Pick<PhonesSide, 'door' | 'flowClosed'>;
  readonly #drop: (flow: Flow) => void;
  readonly #open = new Map<string, Flow>();
  readonly #proofs = new Map<Flow, NodeJS.Timeout>();

  constructor(side: Pick<PhonesSide, 'door' | 'flowClosed'>, drop: (flow: Flow) => void) {
    this.#side = side;
    this.#drop = drop;
  }

  /** False: as if it had not come. A connection that says what it must not is closed. */
  admits(bytes: Buffer, flow: Flow): boolean {
    if (flow.protocol === 'UDP' && bytes.length <= keepAliveBytes) return false;
    if (this.#side.door.admitsMessage(bytes, flow)) return true;
    if (flow.protocol !== 'UDP') this.#drop(flow);
    return false;
  }

  opened(flow: Flow): void {
    if (!names.has(flow.listener)) return;
    this.#open.set(keyOf(flow.listener, flow.remote.host, flow.remote.port), flow);
    const timer = setTimeout(() => {
      this.#proofs.delete(flow);
      if (!this.#side.door.knows(this.#side.door.keyOf(flow))) this.#drop(flow);
    }, proofMs);
    timer.unref();
    this.#proofs.set(flow, timer);
  }

  closed(flow: Flow): void {
    if (!names.has(flow.listener)) return;
    const key = keyOf(flow.listener, flow.remote.host, flow.remote.port);
    if (this.#open.get(key) === flow) this.#open.delete(key);
    clearTimeout(this.#proofs.get(flow));
    this.#proofs.delete(flow);
    this.#side.flowClosed(flow);
  }

  /** The connection for what goes to a phone over TCP or TLS; undefined: not such, or it is gone. */
  flowTo(to: Flow | Destination): Flow | undefined {
    if (!('via' in to) || to.protocol === 'UDP' || !names.has(to.via)) return undefined;
    return this.#open.get(keyOf(to.via, to.host, to.port));
  }

  /** Whether nothing can be sent there: a phone whose connection is gone. */
  isGone(to: Flow | Destination): boolean {
    return 'via' in to && to.protocol !== 'UDP' && names.has(to.via) && this.flowTo(to) === undefined;
  }
}

const keyOf = (listener: string, host: string, port: number): string => `${listener} ${host} ${port}`;
