import type { Carrier, CarrierTarget, Hub } from '@tandem/domain';
import type { FinalOutcome, UserAgent } from '@tandem/sip/ua/types.ts';
import type { Clock } from '../ports/clock.ts';
import type { ProbeMemory } from '../ports/probe-memory.ts';
import type { SnapshotSource } from '../ports/snapshot.ts';
import type { EngineSettings } from '../settings.ts';
import type { PeerBook } from './peer-book.ts';

/** MICROSOFT: never faster than this per connection point, and all three are probed (teams-direct-routing 1.7). */
export const probeEveryMs = 60_000;
const jitterMs = 5000;

export interface ProbeDeps {
  readonly ua: UserAgent;
  readonly clock: Clock;
  readonly snapshots: SnapshotSource;
  readonly settings: EngineSettings;
  readonly memory: ProbeMemory;
  readonly peers: PeerBook;
  fraction(): number;
}

interface Probed {
  readonly id: string;
  send(done: (outcome: FinalOutcome) => void): void;
  report(good: boolean, result: string, tookMs: number): void;
}

/** Sends OPTIONS to every hub, and to the carriers that want it, each on a clock of its own. */
export class Probes {
  readonly #deps: ProbeDeps;
  readonly #clocks = new Map<string, () => void>();
  #running = false;

  constructor(deps: ProbeDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#running = true;
    this.refresh();
  }

  stop(): void {
    this.#running = false;
    for (const cancel of this.#clocks.values()) cancel();
    this.#clocks.clear();
  }

  /** Takes up peers that a new snapshot brought; those that are gone stop at their next turn. */
  refresh(): void {
    if (!this.#running) return;
    for (const id of this.#peers().keys()) {
      if (!this.#clocks.has(id)) this.#schedule(id, this.#firstDelayMs(id));
    }
  }

  /** At once after a start, unless the last one before the restart is younger than the pace allows. */
  #firstDelayMs(id: string): number {
    const last = this.#deps.memory.lastSentAt(id);
    if (last === undefined) return 0;
    const age = this.#deps.clock.wall() - last;
    // A wall clock that jumped back must not silence us for hours.
    return age < 0 ? probeEveryMs : Math.max(0, probeEveryMs - age);
  }

  #schedule(id: string, delayMs: number): void {
    this.#clocks.set(
      id,
      this.#deps.clock.after(delayMs, () => this.#turn(id)),
    );
  }

  #turn(id: string): void {
    this.#clocks.delete(id);
    const peer = this.#running ? this.#peers().get(id) : undefined;
    if (!peer) return;
    const { clock, memory, fraction } = this.#deps;
    this.#schedule(id, probeEveryMs + Math.floor(fraction() * jitterMs));
    memory.sent(id, clock.wall());
    const sentAt = clock.now();
    peer.send((outcome) => {
      const good = outcome.kind === 'response' && outcome.response.status < 300;
      const result =
        outcome.kind === 'response'
          ? String(outcome.response.status)
          : outcome.kind === 'timeout'
            ? 'no answer'
            : `${outcome.failure.kind}: ${outcome.failure.detail}`;
      peer.report(good, result, clock.now() - sentAt);
    });
  }

  #peers(): ReadonlyMap<string, Probed> {
    const snapshot = this.#deps.snapshots.current();
    const peers = new Map<string, Probed>();
    for (const hub of snapshot.hubs) add(this.#hub(hub));
    for (const carrier of snapshot.carriers.values()) {
      if (carrier.probeWithOptions) for (const target of carrier.targets) add(this.#carrier(carrier, target));
    }
    return peers;

    function add(peer: Probed): void {
      peers.set(peer.id, peer);
    }
  }

  /** The carrier trunk alone probes, with its own FQDN in Contact (1.7); no Record-Route. */
  #hub(hub: Hub): Probed {
    const { ua, clock, settings, peers } = this.#deps;
    const { trunkHost, contactPort, via } = settings.teams;
    return {
      id: `hub:${hub.name}:${hub.port}`,
      send: (done) => {
        ua.request(
          {
            method: 'OPTIONS',
            requestUri: `sip:${hub.name}:${hub.port};transport=tls`,
            from: `<sip:${trunkHost}:${contactPort}>`,
            to: `<sip:${hub.name}:${hub.port}>`,
            contact: `<sip:${trunkHost}:${contactPort};transport=tls>`,
            destination: { protocol: 'TLS', host: hub.name, port: hub.port, serverName: hub.name, via },
            onFinal: done,
          },
          clock.now(),
        );
      },
      report: (good, result, tookMs) => peers.probed(hub, good, result, tookMs),
    };
  }

  #carrier(carrier: Carrier, target: CarrierTarget): Probed {
    const { ua, clock, settings, peers } = this.#deps;
    const { protocol, host, port } = target;
    const us = settings.carriers.contact[protocol];
    const here = us ? `${us.host}:${us.port}` : settings.teams.trunkHost;
    const transport = protocol === 'UDP' ? '' : `;transport=${protocol.toLowerCase()}`;
    return {
      id: `carrier:${carrier.id}:${protocol}:${host}:${port}`,
      send: (done) => {
        ua.request(
          {
            method: 'OPTIONS',
            requestUri: `sip:${host}:${port}${transport}`,
            from: `<sip:${here}>`,
            to: `<sip:${host}:${port}>`,
            contact: `<sip:${here}${transport}>`,
            destination: { protocol, host, port, via: settings.carriers.via[protocol] ?? 'carrier-udp' },
            onFinal: done,
          },
          clock.now(),
        );
      },
      // Any answer shows that a carrier lives: many refuse OPTIONS with 403 or 405 and take calls all the same.
      report: (good, result, tookMs) =>
        peers.probedCarrier(
          carrier,
          target,
          good || (/^[1-4]/.test(result) && result !== '408'),
          result,
          tookMs,
        ),
    };
  }
}
