import { createServer, type Server, type Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { type Flow, MessageTransport, type PeerVerdict } from '@tandem/wire';
import type { HubFault } from '../faults/fault-board.ts';
import { streamFramer } from '../sip-node.ts';

/** The four suites of teams-direct-routing 1.3, and those of TLS 1.3, which is offered and never required. */
const ciphers = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES256-SHA384',
  'ECDHE-RSA-AES128-SHA256',
].join(':');

export interface HubListenerOptions {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  tls(): { readonly cert: string; readonly key: string; readonly ca: readonly string[] };
  verify(socket: Socket): PeerVerdict;
  onMessage(bytes: Buffer, flow: Flow): void;
  onFlowClosed(flow: Flow): void;
  onEvent(what: string, remote: string): void;
}

/** One connection point. Its port can be given to a fault for a while: then no TLS is spoken on it. */
export class HubListener {
  readonly #options: HubListenerOptions;
  #transport: MessageTransport | undefined;
  #broken: { readonly server: Server; readonly sockets: Set<Socket> } | undefined;
  #port: number;
  #change: Promise<void> = Promise.resolve();

  constructor(options: HubListenerOptions) {
    this.#options = options;
    this.#port = options.port;
  }

  get port(): number {
    return this.#port;
  }

  async open(): Promise<void> {
    const { name, address } = this.#options;
    const transport = new MessageTransport({
      framer: streamFramer,
      resolve: async (host) => [host],
      onMessage: (bytes, flow) => this.#options.onMessage(bytes, flow),
      onFlowClosed: (flow) => this.#options.onFlowClosed(flow),
      onAnomaly: (what, from) => this.#options.onEvent(what, from.remote),
    });
    const files = this.#options.tls();
    const tls: TlsOptions = {
      cert: files.cert,
      key: files.key,
      ca: [...files.ca],
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      ciphers,
      honorCipherOrder: true,
      // A resumed session would repeat the first connection's verdict.
      secureOptions: 0x4000, // SSL_OP_NO_TICKET
    };
    this.#port = await transport.listenStream({
      name,
      protocol: 'TLS',
      address,
      port: this.#port,
      tls,
      maxPerAddress: 4_096,
      verify: (socket) => this.#options.verify(socket),
    });
    this.#transport = transport;
  }

  send(flow: Flow, bytes: Buffer): void {
    this.#transport?.send(flow, bytes, () => undefined);
  }

  /** Transport faults take the port over; SIP faults are the proxy's business and give it back. */
  setFault(fault: HubFault | undefined): Promise<void> {
    this.#change = this.#change.then(() => this.#apply(fault)).catch(() => undefined);
    return this.#change;
  }

  async close(): Promise<void> {
    await this.#transport?.close();
    this.#transport = undefined;
    const broken = this.#broken;
    this.#broken = undefined;
    if (broken) {
      for (const socket of broken.sockets) socket.destroy();
      await new Promise<void>((done) => broken.server.close(() => done()));
    }
  }

  async #apply(fault: HubFault | undefined): Promise<void> {
    const onTransport =
      fault === 'reset' || fault === 'refuse' || fault === 'blackhole' || fault === 'tls-alert';
    if (!onTransport) {
      if (this.#transport) return;
      await this.close();
      await this.open();
      return;
    }
    await this.close();
    if (fault === 'refuse') return;
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
      if (fault === 'reset') socket.resetAndDestroy();
      // RFC 5246 7.2: level fatal, handshake_failure.
      else if (fault === 'tls-alert')
        socket.once('data', () => socket.end(Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28])));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, this.#options.address, resolve);
    });
    this.#broken = { server, sockets };
  }
}
