import type { AccountId, PersonId } from '@tandem/domain';
import type { CallParty } from '../call/party.ts';
import type { Clock } from '../ports/clock.ts';
import type { PresencePolicies, PresencePolicy } from '../ports/presence-policies.ts';
import {
  type CallPresence,
  type CallPresenceInput,
  isIdle,
  leaseMs,
  nextPresenceTick,
  noCallPresence,
  restoreCallPresence,
  stepCallPresence,
} from './call-presence.ts';
import { type ManualPresence, manualEndsWallMs } from './manual-presence.ts';
import type {
  PreferredStates,
  PresenceDirectory,
  PresenceGraph,
  PresenceLeases,
  PresencePerson,
  StoredLease,
  StoredPreferred,
} from './ports.ts';
import { carryOutPreferred, type PresencePair } from './preferred-write.ts';
import type { PresenceWrite, PresenceWriteOutcome } from './presence-writes.ts';
import { createTenantPauses, type TenantPauses } from './tenant-pauses.ts';
import type { CallLeg } from './vector.ts';
import { type PreferredPair, preferredPairs, type RoomActivity } from './wish.ts';

export interface PresenceWriterDeps {
  readonly clock: Clock;
  readonly people: PresenceDirectory;
  readonly graph: PresenceGraph;
  readonly leases: PresenceLeases;
  readonly preferred: PreferredStates;
  readonly policies: PresencePolicies;
  /** Shared with the reader. */
  readonly pauses?: TenantPauses;
  /** The person's calls or what we ask Microsoft to show changed. */
  onChange?(personId: PersonId): void;
  onWrite?(kind: PresenceWrite['kind'], outcome: PresenceWriteOutcome['is']): void;
  /** One sentence for the log. */
  onProblem?(what: string): void;
}

/** What a person does in answered calls, as our own signalling knows it: at once, whatever Microsoft says. */
export interface CallsOfPerson {
  /** Answered legs now, the oldest first, then rooms of the platform. */
  readonly legs: readonly CallLeg[];
  /** Our own session may be alive at Microsoft, or what is read may be from when it was. */
  readonly mayEcho: boolean;
  /** Until when our session may be alive; absent: there is none. */
  readonly leaseEndsWallMs?: number;
  /** Monotonic ms at which the last leg ended. */
  readonly lastEndedMs?: number;
  /** What Microsoft may show because of us: a read that equals one of these says nothing new (2.8). */
  readonly ours: readonly PresencePair[];
  /** The preferred state of ours that may stand at Microsoft. */
  readonly preferred?: PreferredPair & { readonly endsWallMs: number };
}

/** What "fix my presence" did at Microsoft. `left`: Teams shows a choice of the person's own, which stays. */
export interface FixedPresence {
  readonly session: 'cleared' | 'none' | 'failed' | 'unreachable';
  readonly preferred: 'cleared' | 'left' | 'hidden' | 'none' | 'failed' | 'unreachable';
}

/** The part of a live call that presence needs. */
export interface CallWithParties {
  readonly callId: string;
  parties(): readonly CallParty[];
}

export interface PresenceWriter {
  /** For each event of the engine; cheap when nobody's answered leg came or went. */
  callChanged(call: CallWithParties): void;
  callEnded(callId: string): void;
  /**
   * A person set a state by hand on the platform, or released it, or it ended (undefined). Also for each state that stands
   * when the process starts: one that Microsoft was told of before is not told again.
   */
  manualChanged(personId: PersonId, manual: ManualPresence | undefined): void;
  /** What the person does in a conference of the platform's own; undefined: not in it any more. */
  roomChanged(
    accountId: AccountId,
    personId: PersonId,
    roomId: string,
    activity: RoomActivity | undefined,
  ): void;
  /** Busy by a calendar. What Microsoft's own calendar shows by itself is not written (2.5). */
  calendarChanged(
    personId: PersonId,
    event: { readonly endsAtWallMs: number; readonly shownByMicrosoft: boolean } | undefined,
  ): void;
  /**
   * Clears our session, known or not, and our preferred state if Microsoft still shows it; a live call is asserted again
   * after it. What the person set by hand counts as released. Resolves within `fixPatienceMs`.
   */
  fix(personId: PersonId): Promise<FixedPresence>;
  of(personId: PersonId): CallsOfPerson | undefined;
  /**
   * Takes over what a process before this one left at Microsoft. Tries until the store answers. To be called before the
   * states that stand are told by `manualChanged`: these wait for it, but not long.
   */
  restore(): Promise<void>;
  /** Writes on their way, and wishes that wait for their turn. */
  readonly open: number;
  stop(): void;
}

/** How long an answered call waits for the store before Microsoft is told without it. */
export const leasePatienceMs = 700;
/** A person without calls, lease and open writes is forgotten after this: longer than every window of the machine. */
const forgetAfterMs = 60_000;
/** Timers have a largest time; a wish of days looks up in between. */
const longestTimerMs = 24 * 3_600_000;
/** A read may still show what was just cleared. */
export const echoAfterClearMs = 10_000;
const firstRetryMs = 2000;
const longestRetryMs = 60_000;
/** So long a state set by hand waits for the store to say what Microsoft was told before. */
const restorePatienceMs = 10_000;
export const fixPatienceMs = 15_000;

/**
 * A stored wish of which Microsoft has not said yes, with what else of ours may stand there: a process that died cannot tell
 * whether it was told.
 */
const asked = 'asked ';
const askedWish = ({ orPairs = [] }: { readonly orPairs?: readonly PreferredPair[] }, key: string): string =>
  `${asked}${orPairs.map(({ availability, activity }) => `${availability}/${activity}`).join()}|${key}`;
function readWish(wish: string): { key: string; sure: boolean; maybe?: readonly PreferredPair[] } {
  if (!wish.startsWith(asked)) return { key: wish, sure: true };
  const [pairs = '', key = ''] = wish.slice(asked.length).split('|');
  const maybe = pairs.split(',').flatMap((pair) => knownPairs.get(pair) ?? []);
  return { key, sure: false, ...(maybe.length > 0 && { maybe }) };
}

interface Leg {
  readonly endpoint: CallParty['endpoint'];
  readonly sinceWallMs: number;
  readonly doing?: 'held';
}

interface Restored {
  readonly at: PresencePerson;
  readonly leaseEndsMs?: number;
  readonly preferred?: {
    readonly pair: PreferredPair;
    readonly key: string;
    readonly endsMs: number;
    readonly sure: boolean;
    readonly maybe?: readonly PreferredPair[];
  };
  readonly leftKey?: string;
  readonly sequence: number;
}

interface Desk {
  readonly personId: PersonId;
  accountId?: AccountId;
  readonly legs: Map<string, Leg>;
  readonly rooms: Map<string, { readonly activity: RoomActivity; readonly sinceWallMs: number }>;
  manual?: ManualPresence;
  /** Wall ms at which a calendar of ours ends the person's being busy. */
  eventEndsWallMs?: number;
  /** Where the session is, while the machine runs: it does not move under a lease. */
  at?: PresencePerson;
  state: CallPresence;
  /** What a process of before left, until its tenant can be reached. */
  restored?: Restored;
  /** The store may have a row up to this number: it is dropped when the lease is over. 0: none. */
  rowUpTo: number;
  preferredUpTo: number;
  /** Work at the store in order, one person at a time. */
  storing: Promise<unknown>;
  stopTimer?: () => void;
  lastEndedMs?: number;
  lastPreferred?: { readonly pair: PreferredPair; readonly untilMs: number };
  fix?: { -readonly [K in keyof FixedPresence]: FixedPresence[K] } & {
    fed: boolean;
    readonly done: () => void;
  };
}

/**
 * Platform call → Teams, for everybody: feeds `stepCallPresence` with the engine's calls, carries out what it asks for,
 * and keeps each lease in the store before the request that makes it (product-behaviour 2.5, 2.8).
 */
export function createPresenceWriter(deps: PresenceWriterDeps): PresenceWriter {
  const { clock, people, graph, leases, policies } = deps;
  const pauses = deps.pauses ?? createTenantPauses(() => clock.now());
  const desks = new Map<PersonId, Desk>();
  /** Call to the legs it has given to desks. */
  const calls = new Map<string, Map<string, Desk>>();
  /** Told while what Microsoft was told before is still being read. */
  let early: Map<PersonId, ManualPresence | undefined> | undefined;
  let stopped = false;
  let stopRestore: (() => void) | undefined;

  function deskOf(accountId: AccountId | undefined, personId: PersonId): Desk {
    const known = desks.get(personId);
    if (known) {
      if (accountId !== undefined) known.accountId = accountId;
      return known;
    }
    const desk: Desk = {
      personId,
      ...(accountId !== undefined && { accountId }),
      legs: new Map(),
      rooms: new Map(),
      state: { ...noCallPresence, ...decided(policies.of(personId)) },
      rowUpTo: 0,
      preferredUpTo: 0,
      storing: Promise.resolve(),
    };
    desks.set(personId, desk);
    return desk;
  }

  /** Ties the machine to the person's place at Microsoft, once that is known and can be reached. */
  function attach(desk: Desk): void {
    if (desk.at) return;
    const { restored } = desk;
    const at = restored?.at ?? people.find(desk.personId);
    if (!at || !graph.of(at.entraTenantId)) {
      schedule(desk);
      return;
    }
    desk.at = at;
    desk.accountId = at.accountId;
    const legs = { platform: [] as string[], teams: [] as string[] };
    for (const [id, { endpoint }] of desk.legs) legs[endpoint].push(id);
    if (restored) {
      delete desk.restored;
      const restoredState = restoreCallPresence(restored, legs, clock.now());
      desk.state = { ...restoredState, ...decidedFor(desk) };
    } else {
      // Legs at Teams first: a call that Teams shows by itself must not be written for a moment.
      for (const endpoint of ['teams', 'platform'] as const)
        for (const legId of legs[endpoint]) feed(desk, { kind: 'legAnswered', legId, endpoint });
    }
    for (const [roomId, { activity }] of desk.rooms) feed(desk, { kind: 'room', roomId, activity });
    if (desk.manual) feed(desk, manualInput(desk));
    if (desk.eventEndsWallMs !== undefined) feed(desk, eventInput(desk));
    feed(desk, { kind: 'tick' });
  }

  /** The person is another user at Microsoft now than the one that was told of them. */
  function moved({ at, personId }: Desk): boolean {
    const now = at && people.find(personId);
    return now !== undefined && (now.objectId !== at?.objectId || now.entraTenantId !== at.entraTenantId);
  }

  /** From somebody else all that is ours is withdrawn, before it is told where it belongs. */
  function decidedFor(desk: Desk): ReturnType<typeof decided> {
    const now = decided(policies.of(desk.personId));
    return moved(desk) ? { ...now, writes: false } : now;
  }

  function decideAnew(desk: Desk): void {
    const { writes, conferenceAs } = decidedFor(desk);
    if (desk.state.writes === writes && desk.state.conferenceAs === conferenceAs) return;
    if (desk.at) feed(desk, { kind: 'policy', writes, conferenceAs });
    else {
      desk.state = { ...desk.state, writes, conferenceAs };
      if (wishes(desk)) attach(desk);
    }
  }

  const inMonotonic = (wallMs: number): number => clock.now() + wallMs - clock.wall();

  const manualInput = ({ manual }: Desk): CallPresenceInput => ({
    kind: 'manual',
    manual: manual && {
      state: manual.state,
      key: `${manual.state} ${manual.setAtWallMs}`,
      endsMs: inMonotonic(manualEndsWallMs(manual)),
    },
  });

  const eventInput = ({ eventEndsWallMs: ends }: Desk): CallPresenceInput => ({
    kind: 'event',
    event: ends === undefined ? undefined : { key: `event ${ends}`, endsMs: inMonotonic(ends) },
  });

  function feed(desk: Desk, input: CallPresenceInput): void {
    const before = desk.state;
    const now = clock.now();
    const pausedUntil = desk.at && pauses.untilMs(desk.at.entraTenantId);
    const paused =
      pausedUntil === undefined || pausedUntil <= (before.notBeforeMs ?? 0)
        ? before
        : { ...before, notBeforeMs: pausedUntil };
    const step = stepCallPresence(paused, input, now);
    desk.state = step.state;
    if (step.write) void carryOut(desk, step.write);
    const { leaseEndsMs, preferred, leftKey } = desk.state;
    if (before.leaseEndsMs !== undefined && leaseEndsMs === undefined) dropRow(desk);
    if (before.preferred && preferred === undefined) {
      desk.lastPreferred = { pair: before.preferred.pair, untilMs: now + echoAfterClearMs };
      // A wish that the person overruled in Teams is remembered as long as it stands: no start tells it again.
      if (leftKey === before.preferred.key && desk.state.manual?.key === leftKey)
        remember(desk, before.preferred, false);
      else dropPreferred(desk);
    } else if (before.manual?.key !== desk.state.manual?.key && preferred === undefined) dropPreferred(desk);
    if (preferred?.sure && before.preferred?.sure === false) remember(desk, preferred, true);
    // With nothing at Microsoft the machine is free to follow the link to another object.
    const free = !desk.fix && isIdle(desk.state);
    const follows = free && wishes(desk) && moved(desk);
    if (free && (follows || !wishes(desk))) delete desk.at;
    if (before.leaseEndsMs !== leaseEndsMs || before.preferred?.key !== preferred?.key)
      deps.onChange?.(desk.personId);
    schedule(desk);
    if (desk.fix?.fed && !desk.state.fixing && !desk.state.inFlight) {
      const { preferredNotBeforeMs } = desk.state;
      if (!preferred || (preferredNotBeforeMs ?? 0) > now) desk.fix.done();
    }
    if (!follows) return;
    const { sequence } = desk.state;
    desk.state = { ...noCallPresence, ...decided(policies.of(desk.personId)), sequence };
    attach(desk);
  }

  /** Something of the person is going on that Microsoft may have to be told of. */
  const wishes = ({ legs, rooms, manual, eventEndsWallMs }: Desk): boolean =>
    legs.size > 0 || rooms.size > 0 || manual !== undefined || eventEndsWallMs !== undefined;

  function schedule(desk: Desk): void {
    desk.stopTimer?.();
    delete desk.stopTimer;
    if (stopped) return;
    const { restored } = desk;
    const next = restored
      ? Math.max(restored.leaseEndsMs ?? 0, restored.preferred?.endsMs ?? 0)
      : desk.at && nextPresenceTick(desk.state, clock.now());
    if (next === undefined && wishes(desk)) return;
    const waitMs = next === undefined ? forgetAfterMs : Math.max(1, next - clock.now());
    desk.stopTimer = clock.after(Math.min(waitMs, longestTimerMs), () => {
      delete desk.stopTimer;
      if (desk.at) feed(desk, { kind: 'tick' });
      else if (restored) {
        if (next !== undefined && clock.now() < next) return schedule(desk);
        // Nobody could be told: it has healed by itself.
        delete desk.restored;
        dropRow(desk);
        dropPreferred(desk);
        attach(desk);
      } else if (desk.rowUpTo === 0 && desk.preferredUpTo === 0) desks.delete(desk.personId);
      else {
        // A row that could not be dropped fences the next call out: not forgotten before it is gone.
        dropRow(desk);
        dropPreferred(desk);
        schedule(desk);
      }
    });
  }

  async function carryOut(desk: Desk, write: PresenceWrite): Promise<void> {
    const { sequence } = write;
    const { at } = desk;
    let outcome: PresenceWriteOutcome = { is: 'later' };
    try {
      const clears = write.kind === 'clearPresence' || write.kind === 'clearPreferred';
      const held = !at || clears || (await stored(desk, at, write));
      // Given up while the store was asked: what follows was decided anew.
      if (desk.state.inFlight?.sequence !== sequence) return;
      const tenant = at && held ? graph.of(at.entraTenantId) : undefined;
      if (at && tenant) {
        outcome =
          write.kind === 'setPreferred' || write.kind === 'clearPreferred'
            ? await carryOutPreferred(tenant, at.objectId, write)
            : await tenant.write(at.objectId, write);
        // Somebody else's by now, or deleted: that user may never be seen again, and the person waits for this.
        if (outcome.is === 'hidden' && write.kind === 'clearPreferred' && moved(desk))
          outcome = await tenant.write(at.objectId, write);
        deps.onWrite?.(write.kind, outcome.is);
        if (outcome.is !== 'later') pauses.good(at.entraTenantId);
        else if (outcome.throttled || outcome.retryAfterMs !== undefined)
          pauses.throttled(at.entraTenantId, outcome.retryAfterMs);
      }
    } catch (error) {
      deps.onProblem?.(`${write.kind} of ${desk.personId}: ${String(error)}`);
    }
    if (stopped) return;
    if (desk.fix) noteFix(desk.fix, write.kind, outcome.is);
    feed(desk, { kind: 'written', sequence, outcome });
  }

  /**
   * Whether the write may go out. While the store is away it goes out without a row: a person who talks must not look free
   * because a database is down, and what nobody remembers heals by itself in five minutes.
   */
  async function stored(
    desk: Desk,
    at: PresencePerson,
    write: Extract<PresenceWrite, { kind: 'setPresence' | 'setPreferred' }>,
  ): Promise<boolean> {
    const { sequence } = write;
    // Set before the answer is known: a row whose writing was cut off may be there.
    if (write.kind === 'setPresence') desk.rowUpTo = sequence;
    else desk.preferredUpTo = sequence;
    const { preferred } = desk.state;
    const hold = desk.storing
      .then(() =>
        write.kind === 'setPresence'
          ? leases.hold({ ...at, sequence }, leaseMs)
          : deps.preferred.hold(
              {
                ...at,
                sequence,
                ...pairOf(write),
                wish: askedWish(write, preferred?.key ?? ''),
                standing: true,
              },
              write.forMs,
            ),
      )
      .catch((error: unknown) => {
        deps.onProblem?.(`what Microsoft is asked to show could not be stored: ${String(error)}`);
        return { held: true } as const;
      });
    desk.storing = hold;
    let stopWaiting: (() => void) | undefined;
    const enough = new Promise<{ readonly held: true }>((resolve) => {
      stopWaiting = clock.after(leasePatienceMs, () => resolve({ held: true }));
    });
    const answer = await Promise.race([hold, enough]);
    stopWaiting?.();
    if (answer.held) return true;
    // A row that this process does not know stands in the way; the call is here now, so the next try goes above it.
    desk.state = { ...desk.state, sequence: Math.max(desk.state.sequence, answer.standing) };
    return false;
  }

  function inStore(desk: Desk, what: string, work: () => Promise<unknown>, done?: () => void): void {
    desk.storing = desk.storing
      .then(work)
      .then(done, (error: unknown) => deps.onProblem?.(`${what}: ${String(error)}`));
  }

  function dropRow(desk: Desk): void {
    const { rowUpTo, accountId, personId } = desk;
    if (rowUpTo === 0 || accountId === undefined) return;
    inStore(
      desk,
      'a presence lease could not be dropped',
      () => leases.drop(accountId, personId, rowUpTo),
      () => {
        if (desk.rowUpTo === rowUpTo) desk.rowUpTo = 0;
      },
    );
  }

  function dropPreferred(desk: Desk): void {
    const { preferredUpTo, accountId, personId } = desk;
    if (preferredUpTo === 0 || accountId === undefined) return;
    inStore(
      desk,
      'a preferred state could not be dropped',
      () => deps.preferred.drop(accountId, personId, preferredUpTo),
      () => {
        if (desk.preferredUpTo === preferredUpTo) desk.preferredUpTo = 0;
      },
    );
  }

  /** `standing`: Microsoft said yes; else the person overruled it in Teams. */
  function remember(desk: Desk, held: NonNullable<CallPresence['preferred']>, standing: boolean): void {
    const { at } = desk;
    if (!at) return;
    const sequence = desk.state.sequence + 1;
    desk.state = { ...desk.state, sequence };
    desk.preferredUpTo = sequence;
    const row = { ...at, sequence, ...held.pair, wish: held.key, standing };
    inStore(desk, 'what a person wishes Microsoft to show could not be stored', () =>
      deps.preferred.hold(row, Math.max(1, held.endsMs - clock.now())),
    );
  }

  function legCame(desk: Desk, legId: string, endpoint: CallParty['endpoint']): void {
    desk.legs.set(legId, { endpoint, sinceWallMs: clock.wall() });
    // Attaching replays the legs, this one among them.
    if (!desk.at) attach(desk);
    else if (endpoint === 'platform') {
      for (const [id, leg] of desk.legs)
        if (leg.endpoint === 'teams') feed(desk, { kind: 'legAnswered', legId: id, endpoint: 'teams' });
      feed(desk, { kind: 'legAnswered', legId, endpoint });
    } else if (touched(desk)) feed(desk, { kind: 'legAnswered', legId, endpoint });
    // One more of many calls in Teams changes nothing that anybody sees.
    if (desk.legs.size === 1 || endpoint === 'platform') deps.onChange?.(desk.personId);
  }

  /** Microsoft is told nothing of it: a call on hold stays one (2.5). */
  function holdLeg(desk: Desk, legId: string, held: boolean): void {
    const leg = desk.legs.get(legId);
    if (!leg || held === (leg.doing === 'held')) return;
    const { doing: _, ...talking } = leg;
    desk.legs.set(legId, held ? { ...talking, doing: 'held' } : talking);
    deps.onChange?.(desk.personId);
  }

  function legWent(desk: Desk, legId: string): void {
    const atPhone = desk.legs.get(legId)?.endpoint === 'platform';
    desk.legs.delete(legId);
    desk.lastEndedMs = clock.now();
    if (desk.at) feed(desk, { kind: 'legEnded', legId });
    else schedule(desk);
    if (desk.legs.size === 0 || atPhone) deps.onChange?.(desk.personId);
  }

  function takeOver(lease: StoredLease | undefined, preferred: StoredPreferred | undefined): void {
    const row = lease ?? preferred;
    if (!row) return;
    const { personId, accountId } = row;
    const sequence = Math.max(lease?.sequence ?? 0, preferred?.sequence ?? 0);
    const desk = deskOf(accountId, personId);
    desk.rowUpTo = Math.max(desk.rowUpTo, lease?.sequence ?? 0);
    desk.preferredUpTo = Math.max(desk.preferredUpTo, preferred?.sequence ?? 0);
    const leased = lease !== undefined && lease.leftMs > 0;
    const prefers = preferred !== undefined && preferred.leftMs > 0;
    const now = clock.now();
    const pair = preferred && knownPairs.get(`${preferred.availability}/${preferred.activity}`);
    const left = prefers && !preferred.standing ? { leftKey: preferred.wish } : undefined;
    const stands = prefers &&
      pair &&
      preferred.standing && {
        preferred: {
          pair,
          ...readWish(preferred.wish),
          endsMs: now + preferred.leftMs,
        },
      };
    // The store came late and this process has something of its own already: it goes on above the old number. A lease of
    // before ends by itself; what was preferred stands for hours, so it is taken over all the same.
    if ((!leased && !prefers) || desk.state.sequence > 0) {
      if (desk.state.leaseEndsMs === undefined) dropRow(desk);
      const none = { platform: [], teams: [] };
      const before = desk.state.preferred
        ? undefined
        : restoreCallPresence({ sequence, ...left, ...stands }, none, now).preferred;
      desk.state = {
        ...desk.state,
        ...left,
        ...(before && { preferred: before }),
        sequence: Math.max(desk.state.sequence, sequence),
      };
      if (desk.state.preferred === undefined) dropPreferred(desk);
      schedule(desk);
      return;
    }
    const { entraTenantId, objectId } = leased ? lease : row;
    desk.restored = {
      at: { accountId, personId, entraTenantId, objectId },
      sequence,
      ...(leased && { leaseEndsMs: now + lease.leftMs }),
      ...left,
      ...stands,
    };
    delete desk.at;
    attach(desk);
  }

  function setManual(personId: PersonId, manual: ManualPresence | undefined): void {
    if (!manual && !desks.has(personId)) return;
    const desk = deskOf(undefined, personId);
    if (manual) desk.manual = manual;
    else delete desk.manual;
    tellOrAttach(desk, manualInput(desk));
  }

  function tellOrAttach(desk: Desk, input: CallPresenceInput): void {
    if (desk.at) feed(desk, input);
    else {
      // What is not wished any more must not be replayed.
      desk.state = withoutWishes(desk.state);
      attach(desk);
    }
  }

  const stopListening = [
    people.onChange(() => {
      for (const desk of desks.values()) {
        if (desk.at) decideAnew(desk);
        else if (wishes(desk) || desk.restored) attach(desk);
      }
    }),
    // Not synced any more: what is ours is withdrawn once. Synced: what lives is asserted (2.2).
    policies.onChange(() => {
      for (const desk of desks.values()) decideAnew(desk);
    }),
  ];

  function flushEarly(): void {
    const told = early;
    early = undefined;
    for (const [personId, manual] of told ?? []) setManual(personId, manual);
  }

  return {
    callChanged(call) {
      const before = calls.get(call.callId);
      const parties = call.parties();
      if (!before && parties.length === 0) return;
      const now = new Map<string, Desk>();
      for (const { leg, accountId, personId, endpoint, held } of parties) {
        // A leg may change hands in a transfer: it is another leg then.
        const legId = `${call.callId}/${leg}/${personId}/${endpoint}`;
        const desk = deskOf(accountId, personId);
        now.set(legId, desk);
        if (!before?.has(legId)) legCame(desk, legId, endpoint);
        holdLeg(desk, legId, held === true);
      }
      for (const [legId, desk] of before ?? []) if (!now.has(legId)) legWent(desk, legId);
      if (now.size > 0) calls.set(call.callId, now);
      else calls.delete(call.callId);
    },
    callEnded(callId) {
      const legs = calls.get(callId);
      if (!legs) return;
      calls.delete(callId);
      for (const [legId, desk] of legs) legWent(desk, legId);
    },
    manualChanged(personId, manual) {
      if (early) early.set(personId, manual);
      else setManual(personId, manual);
    },
    roomChanged(accountId, personId, roomId, activity) {
      const desk = deskOf(accountId, personId);
      const sinceWallMs = desk.rooms.get(roomId)?.sinceWallMs ?? clock.wall();
      if (activity) desk.rooms.set(roomId, { activity, sinceWallMs });
      else desk.rooms.delete(roomId);
      if (desk.at) feed(desk, { kind: 'room', roomId, activity });
      else attach(desk);
      deps.onChange?.(personId);
    },
    calendarChanged(personId, event) {
      const ends = event && !event.shownByMicrosoft ? event.endsAtWallMs : undefined;
      if (ends === undefined && desks.get(personId)?.eventEndsWallMs === undefined) return;
      const desk = deskOf(undefined, personId);
      if (ends === undefined) delete desk.eventEndsWallMs;
      else desk.eventEndsWallMs = ends;
      tellOrAttach(desk, eventInput(desk));
    },
    fix(personId) {
      const desk = deskOf(undefined, personId);
      delete desk.manual;
      desk.fix?.done();
      return new Promise((resolve) => {
        const cancel = clock.after(fixPatienceMs, () => fix.done());
        const fix: NonNullable<Desk['fix']> = {
          session: 'failed',
          preferred: 'none',
          fed: false,
          done() {
            cancel();
            if (desk.fix === fix) delete desk.fix;
            resolve({ session: fix.session, preferred: fix.preferred });
          },
        };
        desk.fix = fix;
        attach(desk);
        if (!desk.at) {
          fix.session = 'unreachable';
          fix.preferred = 'unreachable';
          return fix.done();
        }
        if (desk.state.preferred) fix.preferred = 'failed';
        fix.fed = true;
        feed(desk, { kind: 'fix' });
      });
    },
    of(personId) {
      const desk = desks.get(personId);
      if (!desk) return undefined;
      const now = clock.now();
      const leaseEndsMs = desk.restored?.leaseEndsMs ?? desk.state.leaseEndsMs;
      const held = leaseEndsMs !== undefined && leaseEndsMs > now;
      const { lastClearMs, showing, preferred } = desk.state;
      const mayEcho = held || (lastClearMs !== undefined && now - lastClearMs < echoAfterClearMs);
      const { lastPreferred } = desk;
      const standing =
        preferred?.pair ??
        desk.restored?.preferred?.pair ??
        (lastPreferred && lastPreferred.untilMs > now ? lastPreferred.pair : undefined);
      return {
        legs: [
          ...desk.legs.values(),
          ...Array.from(desk.rooms.values(), ({ activity, sinceWallMs }): CallLeg => {
            return { endpoint: 'platform', sinceWallMs, doing: activity };
          }),
        ],
        mayEcho,
        ours: [...(mayEcho ? (showing ? [showing] : sessionPairs) : []), ...(standing ? [standing] : [])],
        ...(preferred && {
          preferred: { ...preferred.pair, endsWallMs: clock.wall() + preferred.endsMs - now },
        }),
        ...(held && { leaseEndsWallMs: clock.wall() + leaseEndsMs - now }),
        ...(desk.lastEndedMs !== undefined && { lastEndedMs: desk.lastEndedMs }),
      };
    },
    async restore() {
      let waitMs = firstRetryMs;
      early ??= new Map();
      const stopPatience = clock.after(restorePatienceMs, flushEarly);
      for (;;) {
        if (stopped) return;
        try {
          const [held, preferred] = await Promise.all([
            leases.listForPlatform(),
            deps.preferred.listForPlatform(),
          ]);
          const byPerson = new Map(preferred.map((row) => [row.personId, row]));
          for (const lease of held) {
            takeOver(lease, byPerson.get(lease.personId));
            byPerson.delete(lease.personId);
          }
          for (const row of byPerson.values()) takeOver(undefined, row);
          stopPatience();
          flushEarly();
          return;
        } catch (error) {
          deps.onProblem?.(`presence leases of before cannot be read now: ${String(error)}`);
        }
        await new Promise<void>((resolve) => {
          const cancel = clock.after(waitMs, resolve);
          stopRestore = () => {
            cancel();
            resolve();
          };
        });
        waitMs = Math.min(longestRetryMs, waitMs * 2);
      }
    },
    get open() {
      return [...desks.values()].filter(
        ({ state, legs }) => state.inFlight || (legs.size === 0 && state.leaseEndsMs !== undefined),
      ).length;
    },
    stop() {
      stopped = true;
      stopRestore?.();
      for (const stop of stopListening) stop();
      for (const desk of desks.values()) desk.stopTimer?.();
    },
  };
}

/**
 * Something of ours is or may be at Microsoft, or a call or a wish asks for it. Else calls in Teams change nothing: they are
 * told when the first call at a phone comes; most people have none, and some numbers have hundreds of calls.
 */
const touched = ({ state, rooms }: Desk): boolean =>
  state.platformLegs.size > 0 || rooms.size > 0 || !isIdle(state);

const decided = ({ writesTeams, conferenceAs }: PresencePolicy) => ({ writes: writesTeams, conferenceAs });

function withoutWishes(state: CallPresence): CallPresence {
  const { manual: _m, event: _e, ...rest } = state;
  return rest;
}

const pairOf = ({ availability, activity }: PreferredPair) => ({ availability, activity });
const knownPairs: ReadonlyMap<string, PreferredPair> = new Map(
  Object.values(preferredPairs).map((pair) => [`${pair.availability}/${pair.activity}`, pair]),
);
/** After a crash it is not known which one a process of before set. */
const sessionPairs: readonly PresencePair[] = [
  { availability: 'Busy', activity: 'InACall' },
  { availability: 'Busy', activity: 'InAConferenceCall' },
  { availability: 'DoNotDisturb', activity: 'Presenting' },
];

function noteFix(
  fix: NonNullable<Desk['fix']>,
  kind: PresenceWrite['kind'],
  is: PresenceWriteOutcome['is'],
): void {
  if (kind === 'clearPresence')
    fix.session = is === 'done' ? 'cleared' : is === 'notFound' ? 'none' : 'failed';
  if (kind === 'clearPreferred')
    fix.preferred =
      is === 'done' || is === 'notFound' ? 'cleared' : is === 'left' || is === 'hidden' ? is : 'failed';
}
