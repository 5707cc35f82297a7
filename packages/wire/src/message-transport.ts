import { connect as connectTcp, createServer, isIP, type Server, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  connect as connectTls,
  createServer as createTlsServer,
  type TLSSocket,
  type TlsOptions,
  type Server as TlsServer,
} from 'node:tls';
import {
  type Destination,
  type Failed,
  type Flow,
  isFlow,
  lastFlowId,
  nextFlowId,
  type TransportFailure,
} from './flow.ts';
import { LoopTurn } from './loop-turn.ts';
import { defaultLimits, type Framer, StreamConnection, type StreamLimits } from './stream-connection.ts';
import { openUdp, type UdpSocket } from './udp-socket.ts';

/** What a verifier found out: who the peer is, or why the connection must be closed. */
export type PeerVerdict =
  | { readonly ok: true; readonly peer?: unknown }
  | { readonly ok: false; readonly why: string };

export interface UdpListenerOptions {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Datagrams from sources that this refuses are dropped unread: silence to strangers (T02). */
  admit?(address: string, port: number): boolean;
}

export interface StreamListenerOptions {
  readonly name: string;
  readonly protocol: 'TCP' | 'TLS';
  readonly address: string;
  readonly port: number;
  readonly tls?: TlsOptions;
  readonly limits?: Partial<StreamLimits>;
  readonly maxConnections?: number;
  readonly maxPerAddress?: number;
  /** TLS and TCP alike: asked once, before the first byte is read. */
  verify?(socket: Socket | TLSSocket): PeerVerdict;
}

export interface ConnectorOptions {
  readonly name: string;
  /** TLS parameters for new connections; asked each time so that renewed certificates are used. */
  tls?(serverName: string): ConnectionOptions;
  readonly localAddress?: string;
  readonly connectMs?: number;
  readonly limits?: Partial<StreamLimits>;
  verify?(socket: Socket | TLSSocket, destination: Destination): PeerVerdict;
}

export interface TransportOptions {
  framer(): Framer;
  /** A name to its addresses, best first. Rejects when there are none. */
  resolve(host: string): Promise<readonly string[]>;
  onMessage(bytes: Buffer, flow: Flow): void;
  onFlowOpened?(flow: Flow): void;
  onFlowClosed?(flow: Flow, why: TransportFailure): void;
  onAnomaly?(what: string, from: { readonly listener: string; readonly remote: string }): void;
  now?(): number;
  /** The turn of the loop that these sockets belong to, shared with who else writes in it. Without one nobody rests. */
  readonly turn?: LoopTurn;
}

class UdpFlow implements Flow {
  readonly id = nextFlowId();
  readonly protocol = 'UDP' as const;
  readonly open = true;
  readonly listener: string;
  readonly local: Flow['local'];
  readonly remote: Flow['remote'];
  constructor(listener: string, local: Flow['local'], remote: Flow['remote']) {
    this.listener = listener;
    this.local = local;
    this.remote = remote;
  }
}

interface Datagram {
  readonly socket: UdpSocket;
  readonly bytes: Buffer;
  readonly port: number;
  readonly host: string;
  readonly failed: Failed;
}

interface Pooled {
  readonly queue: { bytes: Buffer; failed: Failed }[];
  connection: StreamConnection | undefined;
  socket: Socket | undefined;
}

const maxUdpFlows = 10_000;
const maxQueuedWhileConnecting = 1_000;

/**
 * Sockets for messages: UDP, TCP and TLS listeners, and a pool of outgoing connections keyed by identity and peer. It
 * has no rules of its own: who may speak is asked of `verify` and `admit`, what a message is of the framer.
 */
export class MessageTransport {
  readonly #options: TransportOptions;
  readonly #now: () => number;
  readonly #turn: LoopTurn;
  readonly #udp = new Map<string, { socket: UdpSocket; local: Flow['local'] }>();
  readonly #udpFlows = new Map<string, UdpFlow>();
  #lastUdpFlow: UdpFlow | undefined;
  /** What one turn of the loop has to send by UDP. */
  #datagrams: Datagram[] = [];
  readonly #servers = new Map<string, Server | TlsServer>();
  readonly #connectors = new Map<string, ConnectorOptions>();
  readonly #pool = new Map<string, Pooled>();
  readonly #connections = new Set<StreamConnection>();
  readonly #halfOpen = new Set<Socket>();
  readonly #sweeper: NodeJS.Timeout;
  #closing = false;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#turn = options.turn ?? new LoopTurn({ cadenceMs: 0, busyPerSecond: Number.POSITIVE_INFINITY });
    this.#sweeper = setInterval(() => {
      const now = this.#now();
      for (const connection of this.#connections) connection.sweep(now);
    }, 1_000);
    this.#sweeper.unref();
  }

  /** Flows that come later have higher ids. */
  get newestFlowId(): number {
    return lastFlowId();
  }

  get connections(): number {
    return this.#connections.size;
  }

  async listenUdp(options: UdpListenerOptions): Promise<number> {
    const local = { host: options.address, port: options.port };
    const socket = await openUdp({
      address: options.address,
      port: options.port,
      receiveBufferBytes: 4 << 20,
      onDatagram: (bytes, from) => {
        this.#turn.heard('datagram');
        if (options.admit && !options.admit(from.address, from.port)) {
          this.#options.onAnomaly?.('datagram from a stranger', {
            listener: options.name,
            remote: `${from.address}:${from.port}`,
          });
          return;
        }
        this.#options.onMessage(bytes, this.#udpFlow(options.name, local, from.address, from.port));
      },
      onError: (error) => this.#options.onAnomaly?.(error.message, { listener: options.name, remote: '' }),
    });
    local.port = socket.port;
    this.#udp.set(options.name, { socket, local });
    return socket.port;
  }

  listenStream(options: StreamListenerOptions): Promise<number> {
    const limits = { ...defaultLimits, ...options.limits };
    const maxPerAddress = options.maxPerAddress ?? 64;
    const perAddress = new Map<string, number>();
    const accept = (socket: Socket | TLSSocket): void => {
      const verdict = options.verify?.(socket) ?? { ok: true };
      if (!verdict.ok) {
        this.#options.onAnomaly?.(verdict.why, {
          listener: options.name,
          remote: `${socket.remoteAddress}:${socket.remotePort}`,
        });
        socket.destroy();
        return;
      }
      this.#adopt(socket, options.name, options.protocol, limits, verdict.peer);
    };
    const admit = (socket: Socket): void => {
      const address = socket.remoteAddress ?? '';
      const count = (perAddress.get(address) ?? 0) + 1;
      if (count > maxPerAddress || this.#closing) {
        socket.destroy();
        return;
      }
      perAddress.set(address, count);
      socket.once('close', () => {
        const left = (perAddress.get(address) ?? 1) - 1;
        if (left <= 0) perAddress.delete(address);
        else perAddress.set(address, left);
        this.#halfOpen.delete(socket);
      });
      socket.on('error', () => undefined);
      if (options.protocol === 'TLS') this.#halfOpen.add(socket);
    };
    const server: Server | TlsServer =
      options.protocol === 'TLS'
        ? createTlsServer({ handshakeTimeout: limits.handshakeMs, ...options.tls }, (socket) =>
            accept(socket),
          )
        : createServer((socket) => accept(socket));
    server.on('connection', admit);
    if (options.protocol === 'TLS')
      server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
        this.#options.onAnomaly?.(`TLS handshake failed: ${error.message}`, {
          listener: options.name,
          remote: `${socket.remoteAddress}:${socket.remotePort}`,
        });
        socket.destroy();
      });
    server.maxConnections = options.maxConnections ?? 4_096;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, options.address, () => {
        server.off('error', reject);
        server.on('error', (error) =>
          this.#options.onAnomaly?.(error.message, { listener: options.name, remote: '' }),
        );
        this.#servers.set(options.name, server);
        const address = server.address();
        resolve(typeof address === 'object' && address ? address.port : options.port);
      });
    });
  }

  /** New connections of a TLS listener use these parameters; running ones keep theirs (F14). */
  renewTls(listener: string, tls: TlsOptions): void {
    const server = this.#servers.get(listener);
    if (server && 'setSecureContext' in server) server.setSecureContext(tls);
  }

  connector(options: ConnectorOptions): void {
    this.#connectors.set(options.name, options);
  }

  /** `failed` is called at most once, and only when the message certainly did not reach the peer. */
  send(to: Flow | Destination, bytes: Buffer, failed: Failed): void {
    if (isFlow(to)) this.#sendOnFlow(to, bytes, failed);
    else if (to.protocol === 'UDP') this.#sendUdp(to.via, to.host, to.port, false, bytes, failed);
    else this.#sendPooled(to, bytes, failed);
  }

  /** Ends every pooled connection to a peer, so that the next message connects anew (hub left after 503). */
  drop(match: (flow: Flow) => boolean): void {
    for (const connection of this.#connections) if (match(connection)) connection.finish();
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#sweeper);
    this.#sendDatagrams();
    const closed = [...this.#servers.values()].map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    for (const pooled of this.#pool.values()) pooled.socket?.destroy();
    for (const connection of this.#connections) connection.finish();
    for (const socket of this.#halfOpen) socket.destroy();
    const patience = setTimeout(() => {
      for (const connection of this.#connections) connection.end({ kind: 'closed', detail: 'shutting down' });
    }, 500);
    await Promise.all([...closed, ...[...this.#udp.values()].map(({ socket }) => socket.close())]);
    clearTimeout(patience);
    for (const connection of this.#connections) connection.end({ kind: 'closed', detail: 'shutting down' });
  }

  #adopt(
    socket: Socket,
    listener: string,
    protocol: 'TCP' | 'TLS',
    limits: StreamLimits,
    peer: unknown,
    onClosed?: () => void,
  ): StreamConnection {
    this.#halfOpen.delete(socket);
    const connection = new StreamConnection({
      socket,
      protocol,
      listener,
      framer: this.#options.framer(),
      limits,
      now: this.#now,
      turn: this.#turn,
      peer,
      events: {
        onMessage: this.#options.onMessage,
        onAnomaly: (what, flow) =>
          this.#options.onAnomaly?.(what, { listener, remote: `${flow.remote.host}:${flow.remote.port}` }),
        onClosed: (closed, why) => {
          this.#connections.delete(closed);
          onClosed?.();
          this.#options.onFlowClosed?.(closed, why);
        },
      },
    });
    this.#connections.add(connection);
    this.#options.onFlowOpened?.(connection);
    return connection;
  }

  #udpFlow(listener: string, local: Flow['local'], address: string, port: number): UdpFlow {
    const last = this.#lastUdpFlow;
    // A carrier's messages come in rows from one place.
    if (last && last.remote.port === port && last.remote.host === address && last.listener === listener)
      return last;
    const key = `${listener} ${address} ${port}`;
    let flow = this.#udpFlows.get(key);
    if (!flow) {
      if (this.#udpFlows.size >= maxUdpFlows) {
        const oldest = this.#udpFlows.keys().next().value;
        if (oldest !== undefined) this.#udpFlows.delete(oldest);
      }
      flow = new UdpFlow(listener, local, { host: address, port });
      this.#udpFlows.set(key, flow);
    }
    this.#lastUdpFlow = flow;
    return flow;
  }

  #sendOnFlow(flow: Flow, bytes: Buffer, failed: Failed): void {
    if (flow instanceof StreamConnection) flow.write(bytes, failed);
    else {
      const { host, port } = flow.remote;
      // A packet came from there, so the host is an address.
      this.#sendUdp(flow.listener, host, port, true, bytes, failed);
    }
  }

  /** `numeric`: the host is known to be an address. */
  #sendUdp(via: string, host: string, port: number, numeric: boolean, bytes: Buffer, failed: Failed): void {
    const bound = this.#udp.get(via);
    if (!bound) {
      queueMicrotask(() => failed({ kind: 'send', detail: `no UDP listener named ${via}` }));
      return;
    }
    const { socket } = bound;
    if (numeric || isIP(host)) this.#later({ socket, bytes, port, host, failed });
    else
      this.#options.resolve(host).then(
        ([address]) => this.#later({ socket, bytes, port, host: address as string, failed }),
        (error: Error) => failed({ kind: 'resolve', detail: error.message }),
      );
  }

  /** Datagrams of one turn leave in a row at its end: the way out of the process is long, and warm from the second on. */
  #later(datagram: Datagram): void {
    if (this.#datagrams.length === 0) this.#turn.atEnd(this.#sendDatagrams);
    this.#datagrams.push(datagram);
  }

  readonly #sendDatagrams = (): void => {
    const datagrams = this.#datagrams;
    this.#datagrams = [];
    for (const { socket, bytes, port, host, failed } of datagrams)
      socket.send(bytes, port, host, (error) => {
        if (error) failed({ kind: 'send', detail: error.message });
      });
  };

  #sendPooled(to: Destination, bytes: Buffer, failed: Failed): void {
    const key = `${to.via} ${to.protocol} ${to.host} ${to.port} ${to.serverName ?? ''}`;
    let pooled = this.#pool.get(key);
    if (pooled?.connection?.open) {
      pooled.connection.write(bytes, failed);
      return;
    }
    if (!pooled || pooled.connection) {
      pooled = { queue: [], connection: undefined, socket: undefined };
      this.#pool.set(key, pooled);
      this.#connect(key, pooled, to);
    }
    if (pooled.queue.length >= maxQueuedWhileConnecting)
      queueMicrotask(() => failed({ kind: 'send', detail: 'too much waits for this connection' }));
    else pooled.queue.push({ bytes, failed });
  }

  #connect(key: string, pooled: Pooled, to: Destination): void {
    const connector = this.#connectors.get(to.via);
    let settled = false;
    const fail = (kind: TransportFailure['kind'], detail: string): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      pooled.socket?.destroy();
      if (this.#pool.get(key) === pooled) this.#pool.delete(key);
      for (const { failed } of pooled.queue.splice(0)) failed({ kind, detail });
    };
    const timer = setTimeout(
      () => fail('timeout', `no connection to ${to.host}:${to.port} in time`),
      connector?.connectMs ?? 3_000,
    );
    if (!connector || this.#closing) {
      queueMicrotask(() => fail('send', `no connector named ${to.via}`));
      return;
    }
    const serverName = to.serverName ?? to.host;
    const established = (socket: Socket | TLSSocket): void => {
      if (settled) return;
      const verdict = connector.verify?.(socket, to) ?? { ok: true };
      if (!verdict.ok) {
        fail('tls', verdict.why);
        return;
      }
      settled = true;
      clearTimeout(timer);
      socket.removeAllListeners('error');
      socket.removeAllListeners('close');
      const limits = { ...defaultLimits, ...connector.limits };
      pooled.connection = this.#adopt(
        socket,
        to.via,
        to.protocol as 'TCP' | 'TLS',
        limits,
        verdict.peer,
        () => {
          if (this.#pool.get(key) === pooled) this.#pool.delete(key);
        },
      );
      pooled.socket = undefined;
      for (const { bytes, failed } of pooled.queue.splice(0)) pooled.connection.write(bytes, failed);
    };
    const dial = (address: string): void => {
      if (settled) return;
      const local = connector.localAddress ? { localAddress: connector.localAddress } : {};
      const socket =
        to.protocol === 'TLS'
          ? connectTls({
              ...connector.tls?.(serverName),
              host: address,
              port: to.port,
              ...(isIP(serverName) ? {} : { servername: serverName }),
              ...local,
            })
          : connectTcp({ host: address, port: to.port, ...local });
      pooled.socket = socket;
      socket.on('error', (error: NodeJS.ErrnoException) =>
        fail(
          error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET'
            ? 'connect'
            : to.protocol === 'TLS'
              ? 'tls'
              : 'connect',
          error.code ?? error.message,
        ),
      );
      socket.on('close', () => fail('connect', 'closed while connecting'));
      socket.once(to.protocol === 'TLS' ? 'secureConnect' : 'connect', () => established(socket));
    };
    if (isIP(to.host)) dial(to.host);
    else
      this.#options.resolve(to.host).then(
        ([address]) => (address ? dial(address) : fail('resolve', `${to.host} has no address`)),
        (error: Error) => fail('resolve', error.message),
      );
  }
}
