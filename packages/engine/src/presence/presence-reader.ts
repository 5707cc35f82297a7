import type { PersonId } from '@tandem/domain';
import type { Clock } from '../ports/clock.ts';
import type { PresencePolicies } from '../ports/presence-policies.ts';
import type { CallsOfPerson } from './calls-of-person.ts';
import {
  idsPerRequest,
  newPollingPlan,
  type PollingPlan,
  type PollTier,
  pausePolls,
  planPolls,
  tierIntervalMs,
  usualOtherIntervalMs,
} from './polling-plan.ts';
import type { PresenceDirectory, PresenceGraph, PresencePerson, PresenceReadOutcome } from './ports.ts';
import {
  emptyTeamsView,
  type ShownPresence,
  showTeamsView,
  type TeamsRead,
  type TeamsView,
  takeTeamsRead,
} from './teams-view.ts';
import { createTenantPauses, longestPauseMs, type TenantPauses } from './tenant-pauses.ts';

export interface PresenceReaderDeps {
  readonly clock: Clock;
  readonly people: PresenceDirectory;
  readonly graph: PresenceGraph;
  /** Only who is synced from Teams is asked for. */
  readonly policies: PresencePolicies;
  /** Shared with the writer. */
  readonly pauses?: TenantPauses;
  /** Members of queues that work now, contacts that somebody watches all day: hot while it says so. */
  isPriority?(personId: PersonId): boolean;
  /** How often those who are not hot are read: 15 to 30 s. Absent: as the size of the tenant allows. */
  readonly otherIntervalMs?: number;
  /** What our own signalling knows of the person. */
  callsOf(personId: PersonId): CallsOfPerson | undefined;
  /** What is shown of the person may have changed: read, or grown stale. */
  onChange?(person: PresencePerson): void;
  onRead?(outcome: PresenceReadOutcome['is'], tier: PollTier): void;
  onProblem?(what: string): void;
}

export interface TeamsSeen {
  readonly shown: ShownPresence;
  /** As Teams said it last, echoes of our own writing left out; absent: never read. */
  readonly raw?: { readonly availability: string | null; readonly activity: string | null };
  readonly readAtMs?: number;
  /** When `raw` was read: before `readAtMs` while Teams shows what we asked for. */
  readonly rawReadAtMs?: number;
  /** Consent or permission is missing: somebody has to act before anything is read (PRS-120). */
  readonly refused: boolean;
}

export interface PresenceReader {
  /** Undefined: we do not know who this person is at Microsoft. */
  of(personId: PersonId): TeamsSeen | undefined;
  /** Somebody looks at this person: read often for a while. */
  watched(personId: PersonId): void;
  /** Reads this person now, outside the pace but never inside a wait that Microsoft asked for. False: nothing came. */
  readNow(personId: PersonId): Promise<boolean>;
  /** Microsoft told of a change by itself. Older than what is known: dropped, as any late read. */
  heard(entraTenantId: string, objectId: string, read: TeamsRead): void;
  /** Something changed, Microsoft says, but not when: read soon, many in one request. */
  hinted(entraTenantId: string, objectId: string): void;
  /** Age of each person's state, and in which tier it is read. For metrics. */
  ages(): readonly { readonly tier: PollTier; readonly ageMs: number | undefined }[];
  start(): void;
  stop(): void;
}

/** Asked for in the API or on a page this lately: hot (product-behaviour 2.11). */
export const watchedForMs = 60_000;
/** A call ended, or the state in Teams changed, this lately: hot, more changes are likely. */
export const warmAfterChangeMs = 120_000;
/** New people are hot until first read, but those whom Graph never tells of not for ever. */
const newForMs = 30_000;
/** Hints come in bursts: so long they are gathered for one request. */
const gatherHintsMs = 250;
/** How often it is looked for states that have grown old while Microsoft says nothing. */
const lookEveryMs = 5000;
/** After a pause that Microsoft asked for, what is to be written goes first (reliability F08). */
export const writesFirstMs = 1000;
/** Consent or permission is missing: it comes back by somebody's hand, not by asking often. */
const refusedPauseMs = 60_000;

/** Who was asked to wait lately reads no more briskly than it must. */
const calmAfterThrottleMs = 10 * 60_000;

interface Seen {
  readonly person: PresencePerson;
  readonly knownSinceMs: number;
  view: TeamsView;
  tier: PollTier;
  /** The state counts as known until then. */
  freshUntilMs: number;
  watchedMs?: number;
  changedMs?: number;
  stale: boolean;
}

interface Tenant {
  readonly id: string;
  plan: PollingPlan;
  /** How often those are read now who are not hot. */
  otherMs: number;
  throttledMs?: number;
  /** Sweeps in a row that came to nothing. */
  failures: number;
  /** The last sweep was refused for good. */
  refused: boolean;
  reading: boolean;
  readonly hinted: Set<string>;
  stopHints?: (() => void) | undefined;
  stopTimer?: () => void;
}

/**
 * Teams → platform for everybody: one plan an Entra tenant, hot people every 5 s, the others every 14 to 30 s. Hot is who is in a
 * call or was two minutes ago, whose state changed within two minutes, whom somebody looked at within a minute, and who
 * was never read. Never throws; while Microsoft is away the states grow old and say so.
 */
export function createPresenceReader(deps: PresenceReaderDeps): PresenceReader {
  const { clock, people, graph, policies } = deps;
  const pauses = deps.pauses ?? createTenantPauses(() => clock.now());
  const chosenMs =
    deps.otherIntervalMs === undefined
      ? undefined
      : Math.min(tierIntervalMs.other, Math.max(tierIntervalMs.other / 2, deps.otherIntervalMs));
  const tenants = new Map<string, Tenant>();
  let seen = new Map<PersonId, Seen>();
  let byTenant = new Map<string, Seen[]>();
  let running = false;

  function refresh(): void {
    const now = clock.now();
    const next = new Map<PersonId, Seen>();
    byTenant = new Map();
    for (const person of people.list()) {
      if (!policies.of(person.personId).readsTeams) continue;
      const before = seen.get(person.personId);
      const same =
        before?.person.objectId === person.objectId && before.person.entraTenantId === person.entraTenantId;
      const one: Seen = same
        ? before
        : { person, knownSinceMs: now, view: emptyTeamsView, tier: 'hot', freshUntilMs: 0, stale: true };
      next.set(person.personId, one);
      const group = byTenant.get(person.entraTenantId);
      if (group) group.push(one);
      else byTenant.set(person.entraTenantId, [one]);
    }
    seen = next;
    for (const [id, tenant] of tenants) {
      if (byTenant.has(id)) continue;
      tenant.stopTimer?.();
      tenant.stopHints?.();
      tenants.delete(id);
    }
    if (!running) return;
    for (const id of byTenant.keys()) {
      if (tenants.has(id)) continue;
      const tenant: Tenant = {
        id,
        plan: newPollingPlan,
        otherMs: chosenMs ?? tierIntervalMs.other,
        failures: 0,
        refused: false,
        reading: false,
        hinted: new Set(),
      };
      tenants.set(id, tenant);
      wake(tenant);
    }
  }

  function tierOf(one: Seen, now: number): PollTier {
    const within = (at: number | undefined, ms: number): boolean => at !== undefined && now - at < ms;
    const calls = deps.callsOf(one.person.personId);
    const hot =
      (calls !== undefined && (calls.legs.length > 0 || within(calls.lastEndedMs, warmAfterChangeMs))) ||
      deps.isPriority?.(one.person.personId) === true ||
      within(one.watchedMs, watchedForMs) ||
      within(one.changedMs, warmAfterChangeMs) ||
      (one.view.readAtMs === undefined && within(one.knownSinceMs, newForMs));
    return hot ? 'hot' : 'other';
  }

  function sortIntoTiers(tenant: Tenant, now: number): Record<PollTier, readonly string[]> {
    const tiers = { hot: new Set<string>(), other: new Set<string>() };
    for (const one of byTenant.get(tenant.id) ?? []) {
      const tier = tierOf(one, now);
      // Read seldom from now on: what is known counts as long as it does for those, unless it is old already.
      if (
        one.tier === 'hot' &&
        tier === 'other' &&
        one.view.readAtMs !== undefined &&
        now <= one.freshUntilMs
      )
        one.freshUntilMs = one.view.readAtMs + 3 * tenant.otherMs;
      one.tier = tier;
      tiers[tier].add(one.person.objectId);
      const stale = now > one.freshUntilMs;
      if (stale && !one.stale) {
        one.stale = true;
        deps.onChange?.(one.person);
      }
    }
    // One object may be known to two accounts of one tenant: asked for once.
    for (const id of tiers.hot) tiers.other.delete(id);
    tenant.otherMs =
      chosenMs ??
      (isCalm(tenant, now) ? tierIntervalMs.other : usualOtherIntervalMs(tiers.hot.size, tiers.other.size));
    return { hot: [...tiers.hot], other: [...tiers.other] };
  }

  /** Microsoft asked us to wait not long ago. */
  const isCalm = ({ throttledMs }: Tenant, now: number): boolean =>
    throttledMs !== undefined && now - throttledMs < calmAfterThrottleMs;

  /** One goes ahead; the others follow it together if Microsoft answers it, and are asked at the next sweep if not. */
  async function oneAhead<Batch>(
    tenant: Tenant,
    [first, ...others]: readonly Batch[],
    read: (batch: Batch) => Promise<PresenceReadOutcome>,
  ): Promise<readonly PresenceReadOutcome[]> {
    if (first === undefined) return [];
    const outcome = await read(first);
    if (outcome.is !== 'read' || pauses.untilMs(tenant.id) !== undefined) return [outcome];
    return [outcome, ...(await Promise.all(others.map(read)))];
  }

  function wake(tenant: Tenant): void {
    tenant.stopTimer?.();
    delete tenant.stopTimer;
    if (!running) return;
    const now = clock.now();
    const tiers = sortIntoTiers(tenant, now);
    const connection = graph.of(tenant.id);
    let waitMs = lookEveryMs;
    // A sweep that Microsoft takes its time for is not overtaken by the next.
    const pausedUntil = pauses.untilMs(tenant.id);
    if (pausedUntil !== undefined)
      tenant.plan = pausePolls(tenant.plan, pausedUntil + writesFirstMs - now, now, true);
    if (connection && !tenant.reading) {
      const { plan, batches, nextMs } = planPolls(tenant.plan, tiers, now, {
        ...tierIntervalMs,
        other: tenant.otherMs,
      });
      tenant.plan = plan;
      waitMs = Math.min(lookEveryMs, Math.max(1, nextMs - now));
      if (batches.length > 0) {
        tenant.reading = true;
        const read = async ({ tier, ids }: (typeof batches)[number]): Promise<PresenceReadOutcome> => {
          const outcome = await readBatch(tenant, ids, connection.read(ids));
          deps.onRead?.(outcome.is, tier);
          return outcome;
        };
        void (isCalm(tenant, now) ? oneAhead(tenant, batches, read) : Promise.all(batches.map(read))).then(
          (outcomes) => {
            tenant.reading = false;
            judge(tenant, outcomes);
            // Slower than the pace: the next sweep is due already.
            if (tenants.get(tenant.id) === tenant && clock.now() - now > lookEveryMs) wake(tenant);
          },
        );
      }
    }
    tenant.stopTimer = clock.after(waitMs, () => wake(tenant));
  }

  async function readBatch(
    tenant: Tenant,
    ids: readonly string[],
    answer: Promise<PresenceReadOutcome>,
  ): Promise<PresenceReadOutcome> {
    const asked = new Set(ids);
    // What we write while the read is on its way may come back by it or not.
    const echoes = new Map<PersonId, CallsOfPerson>();
    for (const { person } of byTenant.get(tenant.id) ?? []) {
      const calls = asked.has(person.objectId) ? deps.callsOf(person.personId) : undefined;
      if (calls && calls.ours.length > 0) echoes.set(person.personId, calls);
    }
    const outcome = await answer.catch((error: unknown): PresenceReadOutcome => {
      deps.onProblem?.(`presence of tenant ${tenant.id}: ${String(error)}`);
      return { is: 'failed' };
    });
    if (outcome.is !== 'read' || !running) return outcome;
    pauses.good(tenant.id);
    for (const one of byTenant.get(tenant.id) ?? [])
      if (asked.has(one.person.objectId) && !outcome.left?.has(one.person.objectId))
        take(one, outcome.found.get(one.person.objectId), echoes.get(one.person.personId));
    return outcome;
  }

  function take(one: Seen, read: TeamsRead | undefined, atStart: CallsOfPerson | undefined): void {
    const now = clock.now();
    const { personId } = one.person;
    const calls = deps.callsOf(personId);
    const before = one.view;
    one.view = takeTeamsRead(
      before,
      // Left out of the answer says the same as PresenceUnknown (microsoft-graph 2.2).
      read ?? { availability: null, activity: null },
      {
        leaseHeld: atStart?.mayEcho === true || calls?.mayEcho === true,
        ours: [...(atStart?.ours ?? []), ...(calls?.ours ?? [])],
        knowsLeg: calls?.legs.some(({ endpoint }) => endpoint === 'teams') ?? false,
      },
      now,
    );
    // An older read that came late changes nothing; it does not make what is known any younger either.
    if (one.view === before) return;
    const wasStale = one.stale;
    one.stale = false;
    const otherMs = tenants.get(one.person.entraTenantId)?.otherMs ?? tierIntervalMs.other;
    one.freshUntilMs = now + 3 * (one.tier === 'hot' ? tierIntervalMs.hot : otherMs);
    const changed =
      before.shown?.label !== one.view.shown?.label ||
      before.shown?.outOfOffice !== one.view.shown?.outOfOffice ||
      before.raw?.activity !== one.view.raw?.activity;
    // The first read is no change.
    if (changed && before.shown !== undefined) one.changedMs = now;
    if (changed || wasStale) deps.onChange?.(one.person);
  }

  function hinted(tenant: Tenant, objectId: string): void {
    tenant.hinted.add(objectId);
    tenant.stopHints ??= clock.after(gatherHintsMs, () => readHinted(tenant));
  }

  function readHinted(tenant: Tenant): void {
    tenant.stopHints = undefined;
    const connection = graph.of(tenant.id);
    const known = new Set((byTenant.get(tenant.id) ?? []).map(({ person }) => person.objectId));
    const waiting = [...tenant.hinted].filter((id) => known.has(id));
    const ids = waiting.slice(0, idsPerRequest);
    tenant.hinted.clear();
    // In a pause nothing is asked: what changed is read by the sweep that follows it.
    if (!running || !connection || ids.length === 0 || pauses.untilMs(tenant.id) !== undefined) return;
    for (const id of waiting.slice(idsPerRequest)) hinted(tenant, id);
    void readBatch(tenant, ids, connection.read(ids)).then((outcome) => {
      deps.onRead?.(outcome.is, 'hot');
      if (outcome.is === 'throttled') pauses.throttled(tenant.id, outcome.retryAfterMs);
    });
  }

  /** Waits after a sweep that did not go well. */
  function judge(tenant: Tenant, outcomes: readonly PresenceReadOutcome[]): void {
    const now = clock.now();
    const bad = outcomes.filter(({ is }) => is !== 'read');
    if (bad.length === 0) {
      tenant.failures = 0;
      tenant.refused = false;
      return;
    }
    const doubled = (from: number): number =>
      Math.min(longestPauseMs, from * 2 ** Math.min(10, tenant.failures));
    for (const outcome of bad) {
      if (outcome.is === 'throttled') {
        tenant.throttledMs = now;
        pauses.throttled(tenant.id, outcome.retryAfterMs);
        continue;
      }
      const pauseMs =
        outcome.is === 'refused' ? refusedPauseMs : Math.min(refusedPauseMs, doubled(tierIntervalMs.hot));
      tenant.plan = pausePolls(tenant.plan, pauseMs, now);
    }
    tenant.refused = bad.some(({ is }) => is === 'refused');
    if (tenant.failures === 0)
      deps.onProblem?.(`presence of tenant ${tenant.id} cannot be read now: ${bad[0]?.is}`);
    tenant.failures++;
  }

  const stopListening = [people.onChange(refresh), policies.onChange(refresh)];

  return {
    of(personId) {
      const one = seen.get(personId);
      if (!one) return undefined;
      const { view } = one;
      const now = clock.now();
      // The view counts three intervals; here the end is known, whichever tiers the person went through.
      const intervalMs = view.readAtMs === undefined ? 0 : (one.freshUntilMs - view.readAtMs) / 3;
      return {
        shown: showTeamsView(view, intervalMs, now),
        ...(view.raw && { raw: { availability: view.raw.availability, activity: view.raw.activity } }),
        ...(view.readAtMs !== undefined && { readAtMs: view.readAtMs }),
        ...(view.rawReadAtMs !== undefined && { rawReadAtMs: view.rawReadAtMs }),
        refused: tenants.get(one.person.entraTenantId)?.refused ?? false,
      };
    },
    watched(personId) {
      const one = seen.get(personId);
      if (one) one.watchedMs = clock.now();
    },
    async readNow(personId) {
      const one = seen.get(personId);
      const tenant = one && tenants.get(one.person.entraTenantId);
      const connection = one && graph.of(one.person.entraTenantId);
      if (!tenant || !connection || pauses.untilMs(tenant.id) !== undefined) return false;
      one.watchedMs = clock.now();
      const ids = [one.person.objectId];
      const outcome = await readBatch(tenant, ids, connection.read(ids));
      if (outcome.is === 'throttled') pauses.throttled(tenant.id, outcome.retryAfterMs);
      return outcome.is === 'read';
    },
    heard(entraTenantId, objectId, read) {
      for (const one of byTenant.get(entraTenantId) ?? [])
        if (one.person.objectId === objectId) take(one, read, undefined);
    },
    hinted(entraTenantId, objectId) {
      const tenant = tenants.get(entraTenantId);
      if (tenant) hinted(tenant, objectId);
    },
    ages() {
      const now = clock.now();
      return [...seen.values()].map(({ tier, view }) => ({
        tier,
        ageMs: view.readAtMs === undefined ? undefined : now - view.readAtMs,
      }));
    },
    start() {
      running = true;
      refresh();
    },
    stop() {
      running = false;
      for (const stop of stopListening) stop();
      for (const tenant of tenants.values()) tenant.stopTimer?.();
    },
  };
}
