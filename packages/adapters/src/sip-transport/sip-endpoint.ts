import { constants, type X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { type SecureContextOptions, TLSSocket } from 'node:tls';
import { SipFramer } from '@tandem/sip';
import type { Destination, Flow, TransportFailure, UserAgent, UserAgentPorts } from '@tandem/sip/ua/types.ts';
import { type LoopTurn, MessageTransport, type PeerVerdict } from '@tandem/wire';
import type { NameResolver } from './name-resolver.ts';
import type { OwnCertificate } from './own-certificate.ts';
import { judgeCertificate, judgedByUs, presentedChain } from './peer-certificate.ts';
import { PhoneFlows, type PhonesSide, phoneSides, sideOfPhones } from './phone-flows.ts';

/** Names of our listeners and connectors: what `Flow.listener` and `Destination.via` say. */
export const sipSides = {
  teams: 'teams',
  carrierUdp: 'carrier-udp',
  carrierTcp: 'carrier-tcp',
  ...phoneSides,
} as const;

/** What the Teams side proved. Found on `Flow.peer`; nothing else may stand for Microsoft (T06). */
export interface MicrosoftPeer {
  readonly kind: 'microsoft';
  readonly matchedName: string;
}

export interface SipEndpointOptions {
  readonly bindAddress: string;
  readonly teamsPort: number;
  readonly carrierPort: number;
  readonly certificate: OwnCertificate;
  readonly hubRoots: readonly X509Certificate[];
  /** Names that a certificate of Microsoft's must carry one of: the configured cloud's hubs. */
  readonly hubNames: readonly string[];
  readonly resolver: NameResolver;
  /** Who may send to the carrier side at all; strangers get silence (T02). */
  admitCarrier(address: string, port: number): boolean;
  /** Listeners for phones. Absent: none. */
  readonly phones?: PhonesSide;
  /** The turn of the loop in which all of it is sent. */
  readonly turn?: LoopTurn;
  onAnomaly(what: string, from: { readonly listener: string; readonly remote: string }): void;
}

/** Cipher suites of Microsoft's connection points (teams-direct-routing 1.3), and TLS 1.3's own. */
const ciphers =
  'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256';

/** The shortest of SIP's timers is 500 ms. */
const tickMs = 20;
/** A clock that was set forward, or a timer that was forgotten, is found by then. */
const longestTickMs = 1_000;
const oldConnectionsMs = 24 * 3_600_000;
/** For the listener's first and every renewed context: a resumed session would show the leaf without its chain. */
const neverResumed = constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION;

/**
 * The user agent's world: sockets, names, certificates and the clock that fires its timers. The Teams side asks for
 * and judges a certificate on every connection in both directions and issues no session tickets, so no resumed session
 * can skip the judgement.
 */
export class SipEndpoint {
  readonly transport: MessageTransport;
  readonly #options: SipEndpointOptions;
  #certificate: OwnCertificate;
  readonly #phones: PhoneFlows | undefined;
  #userAgent: UserAgent | undefined;
  #ticker: NodeJS.Timeout | undefined;
  /** When the clock runs next, monotonic ms. */
  #tickAt = Number.POSITIVE_INFINITY;
  /** It runs within a tick: what else comes until then need not look when. */
  #tickSoon = false;

  constructor(options: SipEndpointOptions) {
    this.#options = options;
    this.#certificate = options.certificate;
    this.transport = new MessageTransport({
      framer: () => new SipFramer(),
      resolve: (host) => options.resolver.resolve(host),
      onMessage: (bytes, flow) => {
        if (sideOfPhones(flow.listener) && this.#phones?.admits(bytes, flow) !== true) return;
        this.#safely(flow, () => this.#userAgent?.receive(bytes, flow, performance.now()));
        this.#wake();
      },
      onFlowOpened: (flow) => this.#phones?.opened(flow),
      onFlowClosed: (flow) => {
        this.#phones?.closed(flow);
        this.#userAgent?.flowClosed(flow, performance.now());
      },
      onAnomaly: options.onAnomaly,
      ...(options.turn && { turn: options.turn }),
    });
    this.#phones =
      options.phones && new PhoneFlows(options.phones, (flow) => this.transport.drop((one) => one === flow));
  }

  /** Wall ms at which the certificate of new connections ends. */
  get certificateEndsAt(): number {
    return this.#certificate.notAfterWallMs;
  }

  /** The `send` of the user agent's ports. */
  readonly send: UserAgentPorts['send'] = (to, bytes, _message, failed) => {
    if (this.#phones?.isGone(to)) {
      queueMicrotask(() => failed({ kind: 'closed', detail: "the phone's connection is gone" }));
      this.#wake();
      return;
    }
    this.transport.send(this.#phones?.flowTo(to) ?? to, bytes, (why: TransportFailure) => {
      failed(why);
      this.#wake();
    });
    this.#wake();
  };

  /** Opens every listener. Until then nothing is received; `userAgent` gets everything after. */
  async open(userAgent: UserAgent): Promise<void> {
    const { bindAddress: address, teamsPort, carrierPort, admitCarrier } = this.#options;
    this.#userAgent = userAgent;
    this.transport.connector({
      name: sipSides.teams,
      tls: () => ({ ...this.#tls(), ...judgedByUs }),
      connectMs: 3_000,
      limits: { idleMs: 900_000 },
      verify: (socket, destination: Destination) =>
        this.#judge(socket, this.#namesAt(destination.serverName ?? destination.host)),
    });
    this.transport.connector({ name: sipSides.carrierTcp, connectMs: 3_000, limits: { idleMs: 900_000 } });
    await Promise.all([
      this.transport.listenStream({
        name: sipSides.teams,
        protocol: 'TLS',
        address,
        port: teamsPort,
        // Microsoft's ranges have their own, larger pool (T05).
        maxPerAddress: 2_000,
        limits: { idleMs: 900_000 },
        tls: {
          ...this.#tls(),
          requestCert: true,
          ...judgedByUs,
          secureOptions: neverResumed,
        },
        verify: (socket) => this.#judge(socket, this.#options.hubNames),
      }),
      this.transport.listenUdp({
        name: sipSides.carrierUdp,
        address,
        port: carrierPort,
        admit: admitCarrier,
      }),
      this.transport.listenStream({
        name: sipSides.carrierTcp,
        protocol: 'TCP',
        address,
        port: carrierPort,
        limits: { idleMs: 900_000 },
        verify: (socket) =>
          admitCarrier(socket.remoteAddress ?? '', socket.remotePort ?? 0)
            ? { ok: true }
            : { ok: false, why: 'connection from a stranger' },
      }),
      ...(this.#options.phones ? this.#listenForPhones(this.#options.phones) : []),
    ]);
  }

  #listenForPhones({ sipPort, tlsPort, door }: PhonesSide): Promise<number>[] {
    const { bindAddress: address } = this.#options;
    const stream = {
      address,
      // A whole site of phones comes from one address, and each keeps its connection for as long as it is registered.
      maxPerAddress: 1_000,
      maxConnections: 20_000,
      limits: { idleMs: 3_900_000 },
    };
    const verify =
      (protocol: 'TCP' | 'TLS') =>
      (socket: Socket): PeerVerdict =>
        door.admitsAddress(socket.remoteAddress ?? '', socket.remotePort ?? 0, protocol)
          ? { ok: true }
          : { ok: false, why: 'connection from an address that asked too often' };
    return [
      this.transport.listenUdp({
        name: sipSides.phonesUdp,
        address,
        port: sipPort,
      }),
      this.transport.listenStream({
        ...stream,
        name: sipSides.phonesTcp,
        protocol: 'TCP',
        port: sipPort,
        verify: verify('TCP'),
      }),
      this.transport.listenStream({
        ...stream,
        name: sipSides.phonesTls,
        protocol: 'TLS',
        port: tlsPort,
        tls: this.#phonesTls(),
        verify: verify('TLS'),
      }),
    ];
  }

  /** New connections present the new certificate in both roles; old ones live on until their calls end (F14). */
  renew(certificate: OwnCertificate): void {
    this.#certificate = certificate;
    this.transport.renewTls(sipSides.teams, {
      ...this.#tls(),
      ...judgedByUs,
      secureOptions: neverResumed,
    });
    if (this.#options.phones) this.transport.renewTls(sipSides.phonesTls, this.#phonesTls());
    // Microsoft goes on judging the certificate it saw on a connection, so none outlives the old one by more than a day.
    const newest = this.transport.newestFlowId;
    const timer = setTimeout(
      () => this.transport.drop((flow) => flow.listener === sipSides.teams && flow.id <= newest),
      oldConnectionsMs,
    );
    timer.unref();
  }

  /** Leaves one peer's connections, so that the next message connects anew (hub after 503, teams-direct-routing 1.10). */
  dropConnectionsTo(host: string, port: number): void {
    this.transport.drop((flow: Flow) => flow.remote.host === host && flow.remote.port === port);
  }

  async close(): Promise<void> {
    clearTimeout(this.#ticker);
    this.#tickAt = Number.NEGATIVE_INFINITY; // never again
    await this.transport.close();
  }

  /** A bug of ours costs the message or timer that found it, never all calls of the process (T01). */
  #safely(flow: Flow | undefined, work: () => void): void {
    try {
      work();
    } catch (error) {
      const stack = error instanceof Error ? error.stack : String(error);
      this.#options.onAnomaly(`a bug: ${stack}`, {
        listener: flow?.listener ?? '',
        remote: flow ? `${flow.remote.host}:${flow.remote.port}` : '',
      });
    }
  }

  /**
   * The user agent has heard or said something, so something new may be due: its clock runs at the latest a tick from
   * now, and then when it asks for it. A burst of messages looks at the clock once.
   */
  #wake(): void {
    if (this.#tickSoon || this.#tickAt - performance.now() <= tickMs) return;
    clearTimeout(this.#ticker);
    this.#tickIn(tickMs);
  }

  #tickIn(ms: number): void {
    this.#tickSoon = ms <= tickMs;
    this.#tickAt = performance.now() + ms;
    this.#ticker = setTimeout(this.#tick, ms);
  }

  readonly #tick = (): void => {
    this.#tickAt = Number.POSITIVE_INFINITY;
    this.#tickSoon = false;
    let next: number | undefined = 0;
    this.#safely(undefined, () => {
      next = this.#userAgent?.advance(performance.now());
    });
    if (next === undefined) return;
    // Something that was said meanwhile may have set it already.
    if (this.#tickAt !== Number.POSITIVE_INFINITY) return;
    this.#tickIn(Math.max(tickMs, Math.min(next - performance.now(), longestTickMs)));
  };

  #tls(): SecureContextOptions & { honorCipherOrder: boolean } {
    const { key, chain } = this.#certificate;
    return { key, cert: chain, minVersion: 'TLSv1.2', ciphers, honorCipherOrder: true };
  }

  /** Phones prove themselves by digest, so no certificate is asked for. */
  #phonesTls(): SecureContextOptions {
    const { key, chain } = this.#certificate;
    return { key, cert: chain, minVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_RENEGOTIATION };
  }

  /**
   * What Microsoft may be called there. A host from a Contact or Route counts for itself only beside the hubs' own
   * names: anybody gets a certificate for a host of theirs, and who is let in here speaks for every customer (T03).
   */
  #namesAt(host: string): readonly string[] {
    const { hubNames } = this.#options;
    const beside = hubNames.some((hub) => host.toLowerCase().endsWith(hub.slice(hub.indexOf('.'))));
    return beside ? [host, ...hubNames] : hubNames;
  }

  #judge(socket: Socket, names: readonly string[]): PeerVerdict {
    if (!(socket instanceof TLSSocket)) return { ok: false, why: 'not a TLS connection' };
    const verdict = judgeCertificate(presentedChain(socket), {
      roots: this.#options.hubRoots,
      names,
      nowWallMs: Date.now(),
    });
    if (!verdict.ok) return { ok: false, why: `certificate refused (${verdict.fault}): ${verdict.say}` };
    const peer: MicrosoftPeer = { kind: 'microsoft', matchedName: verdict.matchedName };
    return { ok: true, peer };
  }
}
