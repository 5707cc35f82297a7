import {
  callIdOf,
  type Destination,
  type Flow,
  parseMessage,
  printMessage,
  type SipMessage,
  type TransportFailure,
  toTagOf,
} from '@tandem/sip';
import { MessageTransport } from '@tandem/wire';
import type { Audit } from '../audit/audit.ts';
import type { CarrierFault, FaultBoard } from '../faults/fault-board.ts';
import { streamFramer } from '../sip-node.ts';

export const addresses = ['first', 'second', 'third'] as const;
export type AddressName = (typeof addresses)[number];

export interface CarrierWireOptions {
  readonly address: string;
  /** 0: the system chooses. */
  readonly ports: readonly [number, number, number];
  readonly audit: Audit;
  readonly faults: FaultBoard;
}

export interface CarrierEars {
  received(bytes: Buffer, flow: Flow): void;
  closed(flow: Flow): void;
}

/** The carrier's three addresses, UDP and TCP, and its bad days on the wire: messages that get lost or come twice. */
export class CarrierWire {
  readonly #options: CarrierWireOptions;
  readonly #ears: CarrierEars;
  readonly #transport: MessageTransport;
  readonly #ports: number[];
  /** Call-IDs whose first 200 was lost already. */
  readonly #lost = new Set<string>();

  constructor(options: CarrierWireOptions, ears: CarrierEars) {
    this.#options = options;
    this.#ears = ears;
    this.#ports = [...options.ports];
    this.#transport = new MessageTransport({
      framer: streamFramer,
      resolve: async (host) => [host],
      onMessage: (bytes, flow) => this.#receive(bytes, flow),
      onFlowClosed: (flow) => ears.closed(flow),
    });
  }

  async open(): Promise<void> {
    const { address } = this.#options;
    for (const [index, name] of addresses.entries()) {
      const port = this.#ports[index] ?? 0;
      // TCP first: where the system chooses, outgoing connections of others hold many more TCP ports than UDP ones.
      const bound = await this.#transport.listenStream({
        name: `carrier-${name}-tcp`,
        protocol: 'TCP',
        address,
        port,
      });
      await this.#transport.listenUdp({ name: `carrier-${name}-udp`, address, port: bound });
      this.#ports[index] = bound;
    }
    this.#transport.connector({ name: 'carrier-first-tcp' });
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  get ports(): readonly number[] {
    return this.#ports;
  }

  /** Of the address that a listener's or connector's name tells. */
  portOf(listener: string): number {
    const index = addresses.findIndex((name) => listener.startsWith(`carrier-${name}-`));
    return this.#ports[Math.max(0, index)] ?? 0;
  }

  #receive(bytes: Buffer, flow: Flow): void {
    const parsed = parseMessage(bytes);
    if (parsed.ok) this.#note('request', parsed.message, flow);
    if (this.#fault('silent') && flow.listener.startsWith('carrier-first-')) return;
    if (
      parsed.ok &&
      parsed.message.kind === 'request' &&
      this.#fault('never-bye') &&
      parsed.message.method === 'BYE'
    )
      return;
    this.#ears.received(bytes, flow);
  }

  send(
    to: Flow | Destination,
    bytes: Buffer,
    message: SipMessage,
    failed: (why: TransportFailure) => void,
  ): void {
    const callId = callIdOf(message) ?? '';
    const isAnswer =
      message.kind === 'response' &&
      message.status === 200 &&
      /INVITE$/.test(message.headers.get('cseq') ?? '');
    if (message.kind === 'request' && message.method === 'BYE' && this.#fault('never-bye')) return;
    if (isAnswer && this.#fault('drop-first-200') && !this.#lost.has(callId)) {
      this.#lost.add(callId);
      this.#note('sent', message, to, ' (lost on purpose)');
      return;
    }
    this.#note('sent', message, to);
    this.#transport.send(to, bytes, failed);
    if (isAnswer && this.#fault('duplicate-200'))
      this.#transport.send(to, Buffer.from(bytes), () => undefined);
  }

  #note(kind: 'request' | 'sent', message: SipMessage, at: Flow | Destination, more = ''): void {
    const callId = callIdOf(message);
    this.#options.audit.add({
      kind: kind === 'request' && message.kind === 'response' ? 'response' : kind,
      where: `carrier ${'via' in at ? at.via : at.listener}`,
      summary:
        (message.kind === 'request'
          ? `${message.method} ${message.uri}${toTagOf(message) ? ' (in dialog)' : ''}`
          : `${message.status} ${message.reason} (${message.headers.get('cseq')})`) + more,
      ...(callId === undefined ? {} : { callId }),
      ...(message.kind === 'request' ? { method: message.method } : { status: message.status }),
      text: printMessage(message).toString('latin1'),
    });
  }

  #fault(fault: CarrierFault): boolean {
    return this.#options.faults.carrier(fault);
  }
}
