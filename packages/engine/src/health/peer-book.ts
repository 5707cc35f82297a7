import type { Carrier, CarrierId, CarrierTarget, Hub } from '@tandem/domain';
import type { FinalOutcome } from '@tandem/sip/ua/types.ts';
import type { Target } from '../call/target.ts';
import type { Clock } from '../ports/clock.ts';
import { Breaker, speaksAgainst } from './breaker.ts';
import { type PeerInput, type PeerState, peerHealth, takesCalls } from './peer-health.machine.ts';

/** One row of the health page. Times are wall ms. */
export interface PeerView {
  readonly id: string;
  readonly kind: 'hub' | 'carrier';
  readonly name: string;
  readonly carrierId?: CarrierId;
  readonly state: PeerState;
  /** Set while the hub asked to be left alone (503 with Retry-After). */
  readonly coolingUntil?: number;
  readonly breakerOpen?: boolean;
  readonly lastProbeAt?: number;
  readonly lastProbeResult?: string;
  readonly lastProbeMs?: number;
  /** OPTIONS of the peer's own, the other way (S20). */
  readonly lastHeardAt?: number;
  readonly changedAt: number;
}

interface Entry {
  readonly id: string;
  readonly kind: 'hub' | 'carrier';
  readonly name: string;
  readonly carrierId: CarrierId | undefined;
  state: PeerState;
  coolingUntil: number; // monotonic
  breaker: Breaker | undefined;
  lastProbeAt: number | undefined;
  lastProbeResult: string | undefined;
  lastProbeMs: number | undefined;
  lastHeardAt: number | undefined;
  changedAt: number;
}

/** Microsoft sends Retry-After: 1; a little longer spares the next calls a detour into the same answer. */
const shortestCoolMs = 5000;
const longestCoolMs = 60_000;

/** What we know of hubs and carrier addresses, from probes and calls, and the order in which a call tries them. */
export class PeerBook {
  readonly #clock: Clock;
  readonly #fraction: () => number;
  readonly #entries = new Map<string, Entry>();
  onChange: ((peer: PeerView) => void) | undefined;
  /** MICROSOFT: its OPTIONS come from regional names, so they say "Microsoft is there", not which hub. */
  microsoftLastHeardAt: number | undefined;

  constructor(clock: Clock, fraction: () => number) {
    this.#clock = clock;
    this.#fraction = fraction;
  }

  // ---------------------------------------------------------------- order

  /** Good ones in their given order (teams-direct-routing 1.1), then those that are down: last is better than never. */
  hubsInOrder(hubs: readonly Hub[]): readonly Hub[] {
    const now = this.#clock.now();
    const usable = (hub: Hub): boolean => {
      const entry = this.#entries.get(hubId(hub));
      return !entry || (takesCalls(entry.state) && entry.coolingUntil <= now);
    };
    if (hubs.every(usable)) return hubs;
    return [...hubs.filter(usable), ...hubs.filter((hub) => !usable(hub))];
  }

  /** By priority, equal ones spread by weight (RFC 2782); an open breaker lets a trial pass now and then. */
  *carrierTargets(carrier: Carrier, emergency: boolean): Generator<CarrierTarget, undefined> {
    const { targets } = carrier;
    const now = this.#clock.now();
    const refused: CarrierTarget[] = [];
    for (const target of targets.length < 2 ? targets : spread(targets, this.#fraction)) {
      const entry = this.#entries.get(targetId(carrier, target));
      if (entry && !takesCalls(entry.state)) refused.push(target);
      else if (!entry?.breaker || entry.breaker.admits(now)) yield target;
      else refused.push(target);
    }
    // An emergency call tries everything (I15); others try what a probe calls down, but respect an open breaker.
    for (const target of refused) {
      const entry = this.#entries.get(targetId(carrier, target));
      if (emergency || !entry?.breaker?.open || entry.breaker.admits(now)) yield target;
    }
    return undefined;
  }

  // ---------------------------------------------------------------- what calls tell

  targetOutcome(target: Target, outcome: FinalOutcome): void {
    const status = outcome.kind === 'response' ? outcome.response.status : undefined;
    if (target.hub) {
      const entry = this.#hub(target.hub);
      if (status === 503 && outcome.kind === 'response')
        this.#cool(entry, outcome.response.headers.get('retry-after'));
      // A local cancel or an answer of any other kind proves that the hub works.
      else if (status === undefined) this.#take(entry, 'callFailed');
      else if (status < 500) this.#take(entry, 'callGood');
    } else if (target.carrier) {
      const entry = this.#carrier(target.carrier.carrier, target.carrier.target);
      entry.breaker ??= new Breaker();
      const was = entry.breaker.open;
      entry.breaker.record(status !== undefined && !speaksAgainst(status), this.#clock.now());
      if (was !== entry.breaker.open) this.#changed(entry);
    }
  }

  #cool(entry: Entry, retryAfter: string | undefined): void {
    const seconds = Number(/^\s*([0-9]{1,6})/.exec(retryAfter ?? '')?.[1] ?? 0);
    const ms = Math.min(Math.max(seconds * 1000, shortestCoolMs), longestCoolMs);
    entry.coolingUntil = this.#clock.now() + ms;
    this.#changed(entry);
  }

  // ---------------------------------------------------------------- what probes tell

  probed(hub: Hub, good: boolean, result: string, tookMs: number): void {
    this.#probe(this.#hub(hub), good, result, tookMs);
  }

  probedCarrier(
    carrier: Carrier,
    target: CarrierTarget,
    good: boolean,
    result: string,
    tookMs: number,
  ): void {
    this.#probe(this.#carrier(carrier, target), good, result, tookMs);
  }

  #probe(entry: Entry, good: boolean, result: string, tookMs: number): void {
    entry.lastProbeAt = this.#clock.wall();
    entry.lastProbeResult = result;
    entry.lastProbeMs = Math.round(tookMs);
    this.#take(entry, good ? 'probeGood' : 'probeBad');
  }

  heardFromMicrosoft(): void {
    this.microsoftLastHeardAt = this.#clock.wall();
  }

  heardFromCarrier(carrier: Carrier): void {
    for (const target of carrier.targets) this.#carrier(carrier, target).lastHeardAt = this.#clock.wall();
  }

  // ---------------------------------------------------------------- view

  /** Every hub and carrier address of the snapshot, seen or not. */
  view(hubs: readonly Hub[], carriers: Iterable<Carrier>): readonly PeerView[] {
    const rows = hubs.map((hub) => this.#viewOf(this.#hub(hub)));
    for (const carrier of carriers)
      for (const target of carrier.targets) rows.push(this.#viewOf(this.#carrier(carrier, target)));
    return rows;
  }

  #viewOf(entry: Entry): PeerView {
    const view: { -readonly [K in keyof PeerView]: PeerView[K] } = {
      id: entry.id,
      kind: entry.kind,
      name: entry.name,
      state: entry.state,
      changedAt: entry.changedAt,
    };
    const cooling = entry.coolingUntil - this.#clock.now();
    const heard = entry.kind === 'hub' ? this.microsoftLastHeardAt : entry.lastHeardAt;
    if (entry.carrierId !== undefined) view.carrierId = entry.carrierId;
    if (cooling > 0) view.coolingUntil = this.#clock.wall() + Math.round(cooling);
    if (entry.breaker) view.breakerOpen = entry.breaker.open;
    if (entry.lastProbeAt !== undefined) view.lastProbeAt = entry.lastProbeAt;
    if (entry.lastProbeResult !== undefined) view.lastProbeResult = entry.lastProbeResult;
    if (entry.lastProbeMs !== undefined) view.lastProbeMs = entry.lastProbeMs;
    if (heard !== undefined) view.lastHeardAt = heard;
    return view;
  }

  // ---------------------------------------------------------------- entries

  #take(entry: Entry, input: PeerInput): void {
    const next = peerHealth[entry.state][input];
    if (next === entry.state) return;
    entry.state = next;
    this.#changed(entry);
  }

  #changed(entry: Entry): void {
    entry.changedAt = this.#clock.wall();
    this.onChange?.(this.#viewOf(entry));
  }

  #hub(hub: Hub): Entry {
    return this.#entry(hubId(hub), 'hub', `${hub.name}:${hub.port}`, undefined);
  }

  #carrier(carrier: Carrier, target: CarrierTarget): Entry {
    const name = `${carrier.name} ${target.host}:${target.port}`;
    return this.#entry(targetId(carrier, target), 'carrier', name, carrier.id);
  }

  #entry(id: string, kind: Entry['kind'], name: string, carrierId: CarrierId | undefined): Entry {
    const known = this.#entries.get(id);
    if (known) return known;
    const entry: Entry = {
      id,
      kind,
      name,
      carrierId,
      state: 'unknown',
      coolingUntil: 0,
      breaker: undefined,
      lastProbeAt: undefined,
      lastProbeResult: undefined,
      lastProbeMs: undefined,
      lastHeardAt: undefined,
      changedAt: this.#clock.wall(),
    };
    this.#entries.set(id, entry);
    return entry;
  }
}

const hubId = (hub: Hub): string => `hub:${hub.name}:${hub.port}`;
const targetId = (carrier: Carrier, target: CarrierTarget): string =>
  `carrier:${carrier.id}:${target.protocol}:${target.host}:${target.port}`;

/** Lower priority number first; inside one priority a weighted draw without replacement. */
function spread(targets: readonly CarrierTarget[], fraction: () => number): readonly CarrierTarget[] {
  const ordered: CarrierTarget[] = [];
  for (const priority of [...new Set(targets.map((target) => target.priority))].sort((a, b) => a - b)) {
    const pool = targets.filter((target) => target.priority === priority);
    while (pool.length > 0) {
      let draw = fraction() * pool.reduce((sum, target) => sum + Math.max(target.weight, 0.001), 0);
      let at = pool.findIndex((target) => {
        draw -= Math.max(target.weight, 0.001);
        return draw < 0;
      });
      if (at < 0) at = pool.length - 1;
      ordered.push(...pool.splice(at, 1));
    }
  }
  return ordered;
}
