import type { Socket } from 'node:net';
import type { Destination, Flow, TransportFailure } from '@tandem/sip';
import { MessageTransport, type PeerVerdict } from '@tandem/wire';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { type Region, regions } from '../config.ts';
import type { HubFault } from '../faults/fault-board.ts';
import { streamFramer } from '../sip-node.ts';
import { fullChain, type Issued } from '../trust/authority.ts';
import { type EkuPolicy, judgePeer, nameCovered } from '../trust/peer-check.ts';
import { HubListener } from './hub-listener.ts';

export interface HubConnectionOptions {
  readonly address: string;
  /** In the order of `regions`. */
  readonly ports: readonly [number, number, number];
  readonly baseDomain: string;
  readonly sbc: { readonly host: string; readonly port: number };
  readonly clock: Clock;
  readonly audit: Audit;
  /** The hubs' own certificate; asked for every new listener and connection. */
  certificate(): Issued;
  /** Roots of SBC certificates, and intermediates that an SBC must send itself. PEM. */
  readonly roots: readonly string[];
  readonly knownIntermediates: readonly string[];
}

export interface HubEars {
  /** What usages an SBC's certificate needs at this moment. */
  eku(): EkuPolicy;
  received(bytes: Buffer, flow: Flow, region: Region): void;
  closed(flow: Flow): void;
}

/** The three connection points and the connections that go out from each: whom they trust, and which way bytes leave. */
export class HubConnections {
  readonly #options: HubConnectionOptions;
  readonly #ears: HubEars;
  readonly #hubs: HubListener[];
  readonly #outgoing: MessageTransport;

  constructor(options: HubConnectionOptions, ears: HubEars) {
    this.#options = options;
    this.#ears = ears;
    const { address, ports, audit } = options;
    this.#hubs = regions.map(
      (region, index) =>
        new HubListener({
          name: `hub-${region}`,
          address,
          port: ports[index as 0 | 1 | 2],
          tls: () => {
            const issued = options.certificate();
            return { cert: fullChain(issued), key: issued.key, ca: options.roots };
          },
          verify: (socket) => this.#verify(socket, region),
          onMessage: (bytes, flow) => ears.received(bytes, flow, region),
          onFlowClosed: (flow) => ears.closed(flow),
          onEvent: (what, remote) =>
            audit.add({ kind: 'connection', where: `hub ${region}`, summary: `${what} (${remote})` }),
        }),
    );
    this.#outgoing = new MessageTransport({
      framer: streamFramer,
      resolve: async (host) => this.#resolve(host),
      onMessage: (bytes, flow) => ears.received(bytes, flow, this.regionOf(flow.listener)),
      onFlowClosed: (flow) => ears.closed(flow),
      onAnomaly: (what, from) =>
        audit.add({ kind: 'connection', where: from.listener, summary: `${what} (${from.remote})` }),
    });
    for (const region of regions) {
      this.#outgoing.connector({
        name: `from-${region}`,
        tls: () => {
          const issued = options.certificate();
          return {
            cert: fullChain(issued),
            key: issued.key,
            ca: [...options.roots],
            rejectUnauthorized: false,
            minVersion: 'TLSv1.2',
          };
        },
        verify: (socket, to) => this.#verifySbc(socket, to.serverName ?? to.host, region),
      });
    }
  }

  async open(): Promise<void> {
    await Promise.all(this.#hubs.map((hub) => hub.open()));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#hubs.map((hub) => hub.close()), this.#outgoing.close()]);
  }

  /** New connections use the certificate that `certificate()` gives now. */
  async renewCertificate(): Promise<void> {
    for (const hub of this.#hubs) {
      await hub.close();
      await hub.open();
    }
  }

  setFault(index: number, fault: HubFault | undefined): void {
    void this.#hubs[index]?.setFault(fault);
  }

  get ports(): number[] {
    return this.#hubs.map((hub) => hub.port);
  }

  port(region: Region): number {
    return this.#hubs[regions.indexOf(region)]?.port ?? 0;
  }

  regionOf(listener: string): Region {
    return regions.find((region) => listener.endsWith(`-${region}`)) ?? 'eu';
  }

  /** Where the user agent's messages go, and out of which hub. */
  regionTo(to: Flow | Destination): Region {
    return this.regionOf('via' in to ? to.via : to.listener);
  }

  /** The SBC under one of its names, over a connection of that region's own. */
  destination(trunk: string, region: Region): Destination {
    return {
      protocol: 'TLS',
      host: trunk,
      port: this.#options.sbc.port,
      serverName: trunk,
      via: `from-${region}`,
    };
  }

  send(
    to: Flow | Destination,
    bytes: Buffer,
    failed: (why: TransportFailure) => void = () => undefined,
  ): void {
    const hub = 'id' in to && this.#hubs.find((_, index) => to.listener === `hub-${regions[index]}`);
    if (hub) hub.send(to, bytes);
    else this.#outgoing.send(to, bytes, failed);
  }

  #verify(socket: Socket, region: Region): PeerVerdict {
    const { audit, clock, roots, knownIntermediates } = this.#options;
    const outcome = judgePeer(socket, {
      roots,
      knownIntermediates,
      eku: this.#ears.eku(),
      now: clock.wall(),
    });
    const remote = `${socket.remoteAddress}:${socket.remotePort}`;
    audit.add({
      kind: 'connection',
      where: `hub ${region}`,
      summary: outcome.ok
        ? `TLS connection from ${remote}, ${outcome.peer.tlsVersion}, names ${outcome.peer.dnsNames.join(', ')}`
        : `refused the connection from ${remote}: ${outcome.fault.why}`,
      checks: outcome.ok
        ? (['T1', 'T2', 'T3'] as const).map((id) => ({ id, passed: true }))
        : [{ id: outcome.fault.check, passed: false, detail: outcome.fault.why }],
    });
    return outcome.ok ? { ok: true, peer: outcome.peer } : { ok: false, why: outcome.fault.why };
  }

  /** Our own look at the SBC's certificate when we connect: name as well as chain (2.4, 504/569002 and 569009). */
  #verifySbc(socket: Socket, name: string, region: Region): PeerVerdict {
    const { audit, clock, roots, knownIntermediates } = this.#options;
    const outcome = judgePeer(socket, {
      roots,
      knownIntermediates,
      eku: 'serverOnlyAllowed',
      now: clock.wall(),
    });
    const why = outcome.ok
      ? nameCovered(name, outcome.peer)
        ? undefined
        : `wrong principal name: the certificate does not cover ${name}`
      : outcome.fault.why;
    if (why !== undefined) {
      audit.add({
        kind: 'connection',
        where: `hub ${region}`,
        summary: `connection to ${name} given up: ${why}`,
      });
      return { ok: false, why };
    }
    return { ok: true, ...(outcome.ok ? { peer: outcome.peer } : {}) };
  }

  #resolve(host: string): string[] {
    const { baseDomain, sbc } = this.#options;
    const name = host.toLowerCase();
    return name === baseDomain || name.endsWith(`.${baseDomain}`) ? [sbc.host] : [];
  }
}
