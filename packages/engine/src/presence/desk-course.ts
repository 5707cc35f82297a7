import type { PersonId } from '@tandem/domain';
import type { Clock } from '../ports/clock.ts';
import type { PresencePolicies } from '../ports/presence-policies.ts';
import {
  type CallPresenceInput,
  isIdle,
  nextPresenceTick,
  noCallPresence,
  restoreCallPresence,
  stepCallPresence,
} from './call-presence.ts';
import { echoAfterClearMs } from './calls-of-person.ts';
import type { DeskRows } from './desk-rows.ts';
import { noteFix } from './fix-presence.ts';
import { manualEndsWallMs } from './manual-presence.ts';
import type { PresenceDirectory, PresenceGraph } from './ports.ts';
import { carryOutPreferred } from './preferred-write.ts';
import type { PresenceWrite, PresenceWriteOutcome } from './presence-writes.ts';
import type { TenantPauses } from './tenant-pauses.ts';
import { type Desk, wishes } from './writer-desk.ts';

export interface DeskCourseDeps {
  readonly clock: Clock;
  readonly people: PresenceDirectory;
  readonly graph: PresenceGraph;
  readonly policies: PresencePolicies;
  readonly pauses: TenantPauses;
  readonly rows: DeskRows;
  /** Nothing of the person is going on, nothing stands at Microsoft or in the store. */
  forget(personId: PersonId): void;
  onChange?(personId: PersonId): void;
  onWrite?(kind: PresenceWrite['kind'], outcome: PresenceWriteOutcome['is']): void;
  onProblem?(what: string): void;
}

/** Gives a desk's machine its inputs and its time, and carries out at Microsoft what it asks for. */
export interface DeskCourse {
  /** Ties the machine to the person's place at Microsoft, once that is known and can be reached. */
  attach(desk: Desk): void;
  feed(desk: Desk, input: CallPresenceInput): void;
  /** The person may be synced otherwise, or be another user at Microsoft. */
  decideAnew(desk: Desk): void;
  schedule(desk: Desk): void;
  manualInput(desk: Desk): CallPresenceInput;
  eventInput(desk: Desk): CallPresenceInput;
  stop(): void;
}

/** A person without calls, lease and open writes is forgotten after this: longer than every window of the machine. */
const forgetAfterMs = 60_000;
/** Timers have a largest time; a wish of days looks up in between. */
const longestTimerMs = 24 * 3_600_000;

export function createDeskCourse(deps: DeskCourseDeps): DeskCourse {
  const { clock, people, graph, policies, pauses, rows } = deps;
  let stopped = false;

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
      desk.state = { ...restoreCallPresence(restored, legs, clock.now()), writes: mayWrite(desk) };
    } else {
      // Legs at Teams first: a call that Teams shows by itself must not be written for a moment.
      for (const endpoint of ['teams', 'platform'] as const)
        for (const legId of legs[endpoint]) feed(desk, { kind: 'legAnswered', legId, endpoint });
    }
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
  const mayWrite = (desk: Desk): boolean => policies.of(desk.personId).writesTeams && !moved(desk);

  function decideAnew(desk: Desk): void {
    const writes = mayWrite(desk);
    if (desk.state.writes === writes) return;
    if (desk.at) feed(desk, { kind: 'policy', writes });
    else {
      desk.state = { ...desk.state, writes };
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
    if (before.leaseEndsMs !== undefined && leaseEndsMs === undefined) rows.dropLease(desk);
    if (before.preferred && preferred === undefined) {
      desk.lastPreferred = { pair: before.preferred.pair, untilMs: now + echoAfterClearMs };
      // A wish that the person overruled in Teams is remembered as long as it stands: no start tells it again.
      if (leftKey === before.preferred.key && desk.state.manual?.key === leftKey)
        rows.remember(desk, before.preferred, false);
      else rows.dropPreferred(desk);
    } else if (before.manual?.key !== desk.state.manual?.key && preferred === undefined)
      rows.dropPreferred(desk);
    if (preferred?.sure && before.preferred?.sure === false) rows.remember(desk, preferred, true);
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
    desk.state = { ...noCallPresence, writes: policies.of(desk.personId).writesTeams, sequence };
    attach(desk);
  }

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
        rows.dropLease(desk);
        rows.dropPreferred(desk);
        attach(desk);
      } else if (desk.rowUpTo === 0 && desk.preferredUpTo === 0) deps.forget(desk.personId);
      else {
        // A row that could not be dropped fences the next call out: not forgotten before it is gone.
        rows.dropLease(desk);
        rows.dropPreferred(desk);
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
      const held = !at || clears || (await rows.hold(desk, at, write));
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

  return {
    attach,
    feed,
    decideAnew,
    schedule,
    manualInput,
    eventInput,
    stop: () => {
      stopped = true;
    },
  };
}
