import type { AccountId, PersonId } from '@tandem/domain';
import type { CallParty } from '../call/party.ts';
import type { Clock } from '../ports/clock.ts';
import {
  type CallPresence,
  type CallPresenceInput,
  leaseMs,
  nextPresenceTick,
  noCallPresence,
  type PresenceWrite,
  type PresenceWriteOutcome,
  restoreCallPresence,
  stepCallPresence,
} from './call-presence.ts';
import type { ManualPresence } from './manual-presence.ts';
import type {
  PresenceDirectory,
  PresenceGraph,
  PresenceLeases,
  PresencePerson,
  StoredLease,
} from './ports.ts';

export interface PresenceWriterDeps {
  readonly clock: Clock;
  readonly people: PresenceDirectory;
  readonly graph: PresenceGraph;
  readonly leases: PresenceLeases;
  /** The person's calls or what we ask Microsoft to show changed. */
  onChange?(personId: PersonId): void;
  onWrite?(kind: PresenceWrite['kind'], outcome: PresenceWriteOutcome['is']): void;
  /** One sentence for the log. */
  onProblem?(what: string): void;
}

/** What a person does in answered calls, as our own signalling knows it: at once, whatever Microsoft says. */
export interface CallsOfPerson {
  /** Answered legs now, the oldest first. */
  readonly legs: readonly { readonly endpoint: CallParty['endpoint']; readonly sinceWallMs: number }[];
  /** Our own session may be alive at Microsoft, or what is read may be from when it was. */
  readonly mayEcho: boolean;
  /** Until when our session may be alive; absent: there is none. */
  readonly leaseEndsWallMs?: number;
  /** Monotonic ms at which the last leg ended. */
  readonly lastEndedMs?: number;
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
  of(personId: PersonId): CallsOfPerson | undefined;
  /** Takes over what a process before this one left at Microsoft. Tries until the store answers. */
  restore(): Promise<void>;
  /** Writes on their way, and wishes that wait for their turn. */
  readonly open: number;
  stop(): void;
}

/** How long an answered call waits for the store before Microsoft is told without it. */
export const leasePatienceMs = 700;
/** A person without calls, lease and open writes is forgotten after this: longer than every window of the machine. */
const forgetAfterMs = 60_000;
/** A read may still show what was just cleared. */
export const echoAfterClearMs = 10_000;
const firstRetryMs = 2000;
const longestRetryMs = 60_000;

interface Leg {
  readonly endpoint: CallParty['endpoint'];
  readonly sinceWallMs: number;
}

interface Desk {
  readonly personId: PersonId;
  readonly accountId: AccountId;
  readonly legs: Map<string, Leg>;
  /** Where the session is, while the machine runs: it does not move under a lease. */
  at?: PresencePerson;
  state: CallPresence;
  /** A lease of before, until its tenant can be reached. */
  restored?: { readonly at: PresencePerson; readonly leaseEndsMs: number; readonly sequence: number };
  /** The store may have a row up to this number: it is dropped when the lease is over. 0: none. */
  rowUpTo: number;
  /** Work at the store in order, one person at a time. */
  storing: Promise<unknown>;
  stopTimer?: () => void;
  lastEndedMs?: number;
}

/**
 * Platform call → Teams, for everybody: feeds `stepCallPresence` with the engine's calls, carries out what it asks for,
 * and keeps each lease in the store before the request that makes it (product-behaviour 2.5, 2.8).
 */
export function createPresenceWriter(deps: PresenceWriterDeps): PresenceWriter {
  const { clock, people, graph, leases } = deps;
  const desks = new Map<PersonId, Desk>();
  /** Call to the legs it has given to desks. */
  const calls = new Map<string, Map<string, Desk>>();
  const manuals = new Map<PersonId, ManualPresence>();
  let stopped = false;
  let stopRestore: (() => void) | undefined;

  function deskOf(accountId: AccountId, personId: PersonId): Desk {
    const known = desks.get(personId);
    if (known) return known;
    const desk: Desk = {
      personId,
      accountId,
      legs: new Map(),
      state: noCallPresence,
      rowUpTo: 0,
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
    const legs = { platform: [] as string[], teams: [] as string[] };
    for (const [id, { endpoint }] of desk.legs) legs[endpoint].push(id);
    if (restored) {
      delete desk.restored;
      desk.state = restoreCallPresence(restored, legs);
      feed(desk, { kind: 'tick' });
      return;
    }
    // Legs at Teams first: a call that Teams shows by itself must not be written for a moment.
    for (const endpoint of ['teams', 'platform'] as const)
      for (const legId of legs[endpoint]) feed(desk, { kind: 'legAnswered', legId, endpoint });
  }

  function feed(desk: Desk, input: CallPresenceInput): void {
    const before = desk.state;
    const step = stepCallPresence(before, input, clock.now());
    desk.state = step.state;
    if (step.write) void carryOut(desk, step.write);
    const { leaseEndsMs, inFlight } = desk.state;
    if (before.leaseEndsMs !== undefined && leaseEndsMs === undefined) dropRow(desk);
    // Without a lease the machine is free to follow the link to another object.
    if (desk.legs.size === 0 && leaseEndsMs === undefined && !inFlight) delete desk.at;
    if (before.leaseEndsMs !== leaseEndsMs) deps.onChange?.(desk.personId);
    schedule(desk);
  }

  function schedule(desk: Desk): void {
    desk.stopTimer?.();
    delete desk.stopTimer;
    if (stopped) return;
    const { restored } = desk;
    const next = restored ? restored.leaseEndsMs : desk.at && nextPresenceTick(desk.state);
    if (next === undefined && desk.legs.size > 0) return;
    const waitMs = next === undefined ? forgetAfterMs : Math.max(1, next - clock.now());
    desk.stopTimer = clock.after(waitMs, () => {
      delete desk.stopTimer;
      if (desk.at) feed(desk, { kind: 'tick' });
      else if (restored) {
        // Nobody could be told: it has healed by itself.
        delete desk.restored;
        dropRow(desk);
        attach(desk);
      } else if (desk.rowUpTo === 0) desks.delete(desk.personId);
      else {
        // A row that could not be dropped fences the next call out: not forgotten before it is gone.
        dropRow(desk);
        schedule(desk);
      }
    });
  }

  async function carryOut(desk: Desk, write: PresenceWrite): Promise<void> {
    const { sequence } = write;
    const { at } = desk;
    let outcome: PresenceWriteOutcome = { is: 'later' };
    try {
      const held = !at || write.kind === 'clearPresence' || (await stored(desk, at, sequence));
      // Given up while the store was asked: what follows was decided anew.
      if (desk.state.inFlight?.sequence !== sequence) return;
      const tenant = at && held ? graph.of(at.entraTenantId) : undefined;
      if (at && tenant) {
        outcome = await tenant.write(at.objectId, write);
        deps.onWrite?.(write.kind, outcome.is);
      }
    } catch (error) {
      deps.onProblem?.(`${write.kind} of ${desk.personId}: ${String(error)}`);
    }
    if (!stopped) feed(desk, { kind: 'written', sequence, outcome });
  }

  /**
   * Whether the write may go out. While the store is away it goes out without a row: a person who talks must not look free
   * because a database is down, and what nobody remembers heals by itself in five minutes.
   */
  async function stored(desk: Desk, at: PresencePerson, sequence: number): Promise<boolean> {
    // Set before the answer is known: a row whose writing was cut off may be there.
    desk.rowUpTo = sequence;
    const hold = desk.storing
      .then(() => leases.hold({ ...at, sequence }, leaseMs))
      .catch((error: unknown) => {
        deps.onProblem?.(`a presence lease could not be stored: ${String(error)}`);
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

  function dropRow(desk: Desk): void {
    const { rowUpTo } = desk;
    if (rowUpTo === 0) return;
    desk.storing = desk.storing
      .then(() => leases.drop(desk.accountId, desk.personId, rowUpTo))
      .then(
        () => {
          if (desk.rowUpTo === rowUpTo) desk.rowUpTo = 0;
        },
        (error: unknown) => deps.onProblem?.(`a presence lease could not be dropped: ${String(error)}`),
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
    } else if (!untouched(desk.state)) feed(desk, { kind: 'legAnswered', legId, endpoint });
    // One more of many calls in Teams changes nothing that anybody sees.
    if (desk.legs.size === 1 || endpoint === 'platform') deps.onChange?.(desk.personId);
  }

  function legWent(desk: Desk, legId: string): void {
    const atPhone = desk.legs.get(legId)?.endpoint === 'platform';
    desk.legs.delete(legId);
    desk.lastEndedMs = clock.now();
    if (desk.at) feed(desk, { kind: 'legEnded', legId });
    else schedule(desk);
    if (desk.legs.size === 0 || atPhone) deps.onChange?.(desk.personId);
  }

  function takeOver(lease: StoredLease): void {
    const { personId, accountId, entraTenantId, objectId, sequence, leftMs } = lease;
    const desk = deskOf(accountId, personId);
    desk.rowUpTo = Math.max(desk.rowUpTo, sequence);
    // The store came late and this process has a session of its own already: it goes on above the old number.
    if (leftMs <= 0 || desk.state.sequence > 0) {
      if (desk.state.leaseEndsMs === undefined) dropRow(desk);
      desk.state = { ...desk.state, sequence: Math.max(desk.state.sequence, sequence) };
      schedule(desk);
      return;
    }
    const at = { accountId, personId, entraTenantId, objectId };
    desk.restored = { at, leaseEndsMs: clock.now() + leftMs, sequence };
    delete desk.at;
    attach(desk);
  }

  const stopListening = people.onChange(() => {
    for (const desk of desks.values()) if (desk.legs.size > 0 || desk.restored) attach(desk);
  });

  return {
    callChanged(call) {
      const before = calls.get(call.callId);
      const parties = call.parties();
      if (!before && parties.length === 0) return;
      const now = new Map<string, Desk>();
      for (const { leg, accountId, personId, endpoint } of parties) {
        // A leg may change hands in a transfer: it is another leg then.
        const legId = `${call.callId}/${leg}/${personId}/${endpoint}`;
        const desk = deskOf(accountId, personId);
        now.set(legId, desk);
        if (!before?.has(legId)) legCame(desk, legId, endpoint);
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
      if (manual) manuals.set(personId, manual);
      else manuals.delete(personId);
    },
    of(personId) {
      const desk = desks.get(personId);
      if (!desk) return undefined;
      const now = clock.now();
      const leaseEndsMs = desk.restored?.leaseEndsMs ?? desk.state.leaseEndsMs;
      const held = leaseEndsMs !== undefined && leaseEndsMs > now;
      const { lastClearMs } = desk.state;
      return {
        legs: [...desk.legs.values()],
        mayEcho: held || (lastClearMs !== undefined && now - lastClearMs < echoAfterClearMs),
        ...(held && { leaseEndsWallMs: clock.wall() + leaseEndsMs - now }),
        ...(desk.lastEndedMs !== undefined && { lastEndedMs: desk.lastEndedMs }),
      };
    },
    async restore() {
      let waitMs = firstRetryMs;
      for (;;) {
        if (stopped) return;
        try {
          for (const lease of await leases.listForPlatform()) takeOver(lease);
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
      stopListening();
      for (const desk of desks.values()) desk.stopTimer?.();
    },
  };
}

/**
 * Nothing of ours is or may be at Microsoft, and no call asks for it: calls in Teams change nothing. They are told when
 * the first call at a phone comes; most people have none, and some numbers have hundreds of calls.
 */
function untouched(state: CallPresence): boolean {
  return state.platformLegs.size === 0 && state.leaseEndsMs === undefined && state.inFlight === undefined;
}
