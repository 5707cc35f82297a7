import type { AccountId, PersonId } from '@tandem/domain';
import type { CallParty } from '../call/party.ts';
import type { Clock } from '../ports/clock.ts';
import type { PresencePolicies } from '../ports/presence-policies.ts';
import type { CallPresenceInput } from './call-presence.ts';
import { type CallsOfPerson, callsOfDesk } from './calls-of-person.ts';
import { createDeskCourse } from './desk-course.ts';
import { createDeskRows } from './desk-rows.ts';
import { takeOver } from './desk-takeover.ts';
import { type FixedPresence, fixPresence } from './fix-presence.ts';
import type { ManualPresence } from './manual-presence.ts';
import type { PreferredStates, PresenceDirectory, PresenceGraph, PresenceLeases } from './ports.ts';
import type { PresenceWrite, PresenceWriteOutcome } from './presence-writes.ts';
import { createTenantPauses, type TenantPauses } from './tenant-pauses.ts';
import { type Desk, newDesk, touched, wishes, withoutWishes } from './writer-desk.ts';

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

const firstRetryMs = 2000;
const longestRetryMs = 60_000;
/** So long a state set by hand waits for the store to say what Microsoft was told before. */
const restorePatienceMs = 10_000;

/**
 * Platform call → Teams, for everybody: a desk for each person of whom something is going on, fed with the engine's calls
 * and with what people decide (product-behaviour 2.5, 2.8).
 */
export function createPresenceWriter(deps: PresenceWriterDeps): PresenceWriter {
  const { clock, people, leases, policies } = deps;
  const pauses = deps.pauses ?? createTenantPauses(() => clock.now());
  const rows = createDeskRows(deps);
  const desks = new Map<PersonId, Desk>();
  const course = createDeskCourse({
    ...deps,
    pauses,
    rows,
    forget: (personId) => desks.delete(personId),
    // Methods: their owner stays who they belong to.
    onChange: (personId) => deps.onChange?.(personId),
    onWrite: (kind, outcome) => deps.onWrite?.(kind, outcome),
    onProblem: (what) => deps.onProblem?.(what),
  });
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
    const desk = newDesk(personId, accountId, policies.of(personId));
    desks.set(personId, desk);
    return desk;
  }

  function legCame(desk: Desk, legId: string, endpoint: CallParty['endpoint']): void {
    desk.legs.set(legId, { endpoint, sinceWallMs: clock.wall() });
    // Attaching replays the legs, this one among them.
    if (!desk.at) course.attach(desk);
    else if (endpoint === 'platform') {
      for (const [id, leg] of desk.legs)
        if (leg.endpoint === 'teams')
          course.feed(desk, { kind: 'legAnswered', legId: id, endpoint: 'teams' });
      course.feed(desk, { kind: 'legAnswered', legId, endpoint });
    } else if (touched(desk)) course.feed(desk, { kind: 'legAnswered', legId, endpoint });
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
    if (desk.at) course.feed(desk, { kind: 'legEnded', legId });
    else course.schedule(desk);
    if (desk.legs.size === 0 || atPhone) deps.onChange?.(desk.personId);
  }

  function setManual(personId: PersonId, manual: ManualPresence | undefined): void {
    if (!manual && !desks.has(personId)) return;
    const desk = deskOf(undefined, personId);
    if (manual) desk.manual = manual;
    else delete desk.manual;
    tellOrAttach(desk, course.manualInput(desk));
  }

  function tellOrAttach(desk: Desk, input: CallPresenceInput): void {
    if (desk.at) course.feed(desk, input);
    else {
      // What is not wished any more must not be replayed.
      desk.state = withoutWishes(desk.state);
      course.attach(desk);
    }
  }

  const stopListening = [
    people.onChange(() => {
      for (const desk of desks.values()) {
        if (desk.at) course.decideAnew(desk);
        else if (wishes(desk) || desk.restored) course.attach(desk);
      }
    }),
    // Not synced any more: what is ours is withdrawn once. Synced: what lives is asserted (2.2).
    policies.onChange(() => {
      for (const desk of desks.values()) course.decideAnew(desk);
    }),
  ];

  function flushEarly(): void {
    const told = early;
    early = undefined;
    for (const [personId, manual] of told ?? []) setManual(personId, manual);
  }

  async function takeOverAll(): Promise<void> {
    const [held, preferred] = await Promise.all([leases.listForPlatform(), deps.preferred.listForPlatform()]);
    const tools = { clock, rows, course };
    const byPerson = new Map(preferred.map((row) => [row.personId, row]));
    for (const lease of held) {
      const desk = deskOf(lease.accountId, lease.personId);
      takeOver(desk, { lease, preferred: byPerson.get(lease.personId) }, tools);
      byPerson.delete(lease.personId);
    }
    for (const row of byPerson.values())
      takeOver(deskOf(row.accountId, row.personId), { lease: undefined, preferred: row }, tools);
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
    calendarChanged(personId, event) {
      const ends = event && !event.shownByMicrosoft ? event.endsAtWallMs : undefined;
      if (ends === undefined && desks.get(personId)?.eventEndsWallMs === undefined) return;
      const desk = deskOf(undefined, personId);
      if (ends === undefined) delete desk.eventEndsWallMs;
      else desk.eventEndsWallMs = ends;
      tellOrAttach(desk, course.eventInput(desk));
    },
    fix: (personId) => fixPresence(deskOf(undefined, personId), course, clock),
    of(personId) {
      const desk = desks.get(personId);
      return desk && callsOfDesk(desk, clock);
    },
    async restore() {
      let waitMs = firstRetryMs;
      early ??= new Map();
      const stopPatience = clock.after(restorePatienceMs, flushEarly);
      for (;;) {
        if (stopped) return;
        try {
          await takeOverAll();
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
      course.stop();
      stopRestore?.();
      for (const stop of stopListening) stop();
      for (const desk of desks.values()) desk.stopTimer?.();
    },
  };
}
