import type { CallId, PersonId, Queue, QueueId, RoutingSnapshot } from '@tandem/domain';
import type { BranchPlan } from '../call/branch-plan.ts';
import type { CallFailure } from '../call/call-failure.ts';
import type { Ending } from '../call/ending.ts';
import { verdictOf } from '../call/verdicts.ts';
import type { Clock } from '../ports/clock.ts';
import type { PresenceGate } from '../ports/presence-gate.ts';
import {
  type Called,
  type CalledAs,
  calledEndpoints,
  overflowOf,
  type Reach,
} from '../routing/called-party.ts';
import type { Caller, Route, ToQueue } from '../routing/decision.ts';
import { type FloorEffect, type Obstacle, QueueFloor } from './queue-floor.ts';
import type { MemberView, QueueView, WaitingView } from './queue-view.ts';

/** A call whose caller waits, as the desk needs it. */
export interface WaitingCall {
  readonly callId: CallId;
  readonly seat: ToQueue;
  /** Rings these; tells `offerEnded` when none of them took the call, `taken` when one did. */
  offer(plans: readonly BranchPlan[], personId: PersonId | undefined): void;
  /** Nobody rings for it any more. */
  withdraw(): void;
  note(sentence: string): void;
  end(ending: Ending): void;
}

export interface QueueDeskDeps {
  readonly clock: Clock;
  readonly reach: Reach;
  readonly gate?: PresenceGate;
  current(): RoutingSnapshot;
  plansOf(route: Route): readonly BranchPlan[];
  onChange(queueId: QueueId): void;
}

/** The queues of a node as calls and the API see them. Drives the floor; decides nothing by itself. */
export interface QueueDesk {
  /** Why the queue takes no caller now. */
  shut(queue: Queue): string | undefined;
  enter(call: WaitingCall): void;
  taken(callId: CallId): void;
  offerEnded(callId: CallId, failure: CallFailure): void;
  /** These people have a call from now on. */
  busy(callId: CallId, people: readonly PersonId[]): void;
  /** The call is over, for whoever was part of it. */
  over(callId: CallId): void;
  viewOf(queueId: QueueId): QueueView | undefined;
  readonly waiting: number;
  snapshotChanged(): void;
  /** Listens to presence from now on. */
  start(): void;
  stop(): void;
}

/** Queues in which somebody is a member, by person; a snapshot never changes, so its index is made once. */
const memberships = new WeakMap<RoutingSnapshot, ReadonlyMap<PersonId, readonly QueueId[]>>();

export function queuesOf(snapshot: RoutingSnapshot, personId: PersonId): readonly QueueId[] {
  if (snapshot.queues.size === 0) return [];
  let index = memberships.get(snapshot);
  if (!index) {
    const made = new Map<PersonId, QueueId[]>();
    for (const { id, members } of snapshot.queues.values())
      for (const member of members) {
        const of = made.get(member.personId);
        if (of) of.push(id);
        else made.set(member.personId, [id]);
      }
    index = made;
    memberships.set(snapshot, index);
  }
  return index.get(personId) ?? [];
}

export function createQueueDesk(deps: QueueDeskDeps): QueueDesk {
  const { clock } = deps;
  /** Callers who wait, are being sent on, or talk to a member. */
  const calls = new Map<CallId, WaitingCall>();
  /** Who was sent on: what is left of the queue for them is an ending. */
  const sentOn = new Set<CallId>();
  const callsOf = new Map<PersonId, Set<CallId>>();
  const peopleOf = new Map<CallId, PersonId[]>();
  const stops = new Map<CallId, () => void>();
  const floor = new QueueFloor({
    nameOf,
    obstacle: (queue, personId, callId) => {
      const call = calls.get(callId);
      return call ? obstacle(queue, personId, asOf(queue, call.seat)) : gone(personId);
    },
  });
  let stopTimer: (() => void) | undefined;
  let timerAt: number | undefined;
  let working = false;

  let unwatch: (() => void) | undefined;
  const presenceChanged = (personId: PersonId): void => {
    const queues = queuesOf(deps.current(), personId);
    if (queues.length === 0) return;
    run(() => floor.look(clock.now()));
    for (const queueId of queues) deps.onChange(queueId);
  };

  function nameOf(personId: PersonId): string {
    return deps.current().people.get(personId)?.displayName ?? 'Somebody who left';
  }
  const gone = (personId: PersonId): Obstacle => ({
    state: 'unreachable',
    because: `${nameOf(personId)} cannot be reached.`,
  });

  /** N17: the queue's name before the caller's; the number stays what it is. */
  function asOf(queue: Queue, seat: ToQueue): CalledAs {
    const { account, dialled, calling, caller } = seat;
    const shown: Caller = {
      ...caller,
      displayName: caller.anonymous
        ? undefined
        : `${queue.name}: ${caller.displayName ?? caller.number ?? 'unknown'}`,
    };
    return { account, dialled, number: undefined, caller: shown, calling, kind: 'queue' };
  }

  function routeTo(personId: PersonId, as: CalledAs, why: string[]): Called {
    const owner = { kind: 'person' as const, personId, accountId: as.account.id };
    return calledEndpoints(deps.current(), owner, as, deps.reach, why);
  }

  function obstacle(queue: Queue, personId: PersonId, as: CalledAs): Obstacle | undefined {
    const name = nameOf(personId);
    const person = deps.current().people.get(personId);
    if (person?.accountId !== queue.accountId) return gone(personId);
    // U03: known from our own signalling, from the INVITE on, through whatever endpoint it runs.
    if ((callsOf.get(personId)?.size ?? 0) > 0 && !alsoInCalls(personId, as))
      return { state: 'in-call', because: `${name} has another call.` };
    const { failure } = routeTo(personId, as, []);
    if (!failure) return undefined;
    if (failure.kind === 'callee-unavailable') return { state: 'skipped', because: failure.sentence };
    return { state: 'unreachable', because: `${name} cannot be rung. ${verdictOf(failure).say}` };
  }

  /** "Busy known at once" is the default while no call rule says otherwise (2.6). */
  function alsoInCalls(personId: PersonId, { caller, calling }: CalledAs): boolean {
    const verdict = deps.gate?.verdictFor(personId, {
      kind: 'queue',
      callerNumber: caller.anonymous ? undefined : caller.number,
      callingPersonId: calling.personId,
    });
    return verdict?.rings === true && verdict.alsoInCalls === true;
  }

  // ---------------------------------------------------------------- driving the floor

  /** Every input goes this way, also one that comes while its effects are carried out. */
  function run(input: () => void): void {
    floor.configure(deps.current().queues, clock.now());
    input();
    if (working) return;
    working = true;
    const changed = new Set<QueueId>();
    try {
      for (let effects = floor.take(); effects.length > 0; effects = floor.take())
        for (const effect of effects) carryOut(effect, changed);
    } finally {
      working = false;
    }
    arm();
    for (const queueId of changed) deps.onChange(queueId);
  }

  function arm(): void {
    const at = floor.wakeAt;
    if (at === timerAt && stopTimer) return;
    stopTimer?.();
    stopTimer = undefined;
    timerAt = at;
    if (at === undefined) return;
    stopTimer = clock.after(Math.max(1, at - clock.now()), () => {
      stopTimer = undefined;
      run(() => floor.tick(clock.now()));
    });
  }

  function carryOut(effect: FloorEffect, changed: Set<QueueId>): void {
    if (effect.kind === 'changed') {
      changed.add(effect.queueId);
      return;
    }
    const call = calls.get(effect.callId);
    if (!call) return;
    switch (effect.kind) {
      case 'note':
        call.note(effect.sentence);
        return;
      case 'withdraw':
        release(effect.callId, effect.personId);
        call.withdraw();
        return;
      case 'overflow':
        overflow(call, effect.queue, effect.because);
        return;
      case 'offer': {
        const why: string[] = [];
        const { route, failure } = routeTo(effect.personId, asOf(effect.queue, call.seat), why);
        for (const sentence of why) call.note(sentence);
        if (!route) {
          floor.missed(effect.callId, verdictOf(failure).say, clock.now());
          return;
        }
        hold(effect.callId, effect.personId);
        call.offer(deps.plansOf(route), effect.personId);
        return;
      }
    }
  }

  /** Waited too long, or the queue is gone: sent on once, or ended. */
  function overflow(call: WaitingCall, queue: Queue, because: 'timeout' | 'gone'): void {
    const failure: CallFailure =
      because === 'gone'
        ? { kind: 'queue-gone' }
        : { kind: 'queue-timeout', afterSeconds: queue.maxWaitSeconds };
    const { account, dialled, calling, caller } = call.seat;
    const why: string[] = [verdictOf(failure).say];
    const as: CalledAs = {
      account,
      dialled,
      number: undefined,
      caller,
      calling,
      ...(sentOn.has(call.callId) && { forwarded: true as const }),
    };
    const next = overflowOf(deps.current(), queue, as, deps.reach, why, failure);
    for (const sentence of why) call.note(sentence);
    if (!next.route) {
      call.end({ kind: 'failure', failure: next.failure, by: 'platform' });
      return;
    }
    // Whom nobody of the queue took is answered already: a mailbox is for callers who are not.
    if (next.route.kind === 'to-mailbox') {
      call.end({ kind: 'failure', failure, by: 'platform' });
      return;
    }
    sentOn.add(call.callId);
    if (next.route.kind === 'to-queue') {
      floor.enter(call.callId, next.route.queue.id, clock.now());
      return;
    }
    const ringMs = account.noAnswerSeconds * 1000;
    stops.set(
      call.callId,
      clock.after(ringMs, () => {
        call.end({
          kind: 'failure',
          failure: { kind: 'no-answer', afterSeconds: account.noAnswerSeconds },
          by: 'platform',
        });
      }),
    );
    call.offer(deps.plansOf(next.route), undefined);
  }

  // ---------------------------------------------------------------- who has a call

  function hold(callId: CallId, personId: PersonId): void {
    const of = callsOf.get(personId);
    if (of) of.add(callId);
    else callsOf.set(personId, new Set([callId]));
    const people = peopleOf.get(callId);
    if (!people) peopleOf.set(callId, [personId]);
    else if (!people.includes(personId)) people.push(personId);
  }

  function release(callId: CallId, personId: PersonId): void {
    const of = callsOf.get(personId);
    if (!of?.delete(callId) || of.size > 0) return;
    callsOf.delete(personId);
    floor.wasBusy(personId, clock.now());
  }

  function tellOf(people: readonly PersonId[]): void {
    const snapshot = deps.current();
    for (const personId of people) for (const queueId of queuesOf(snapshot, personId)) deps.onChange(queueId);
  }

  // ---------------------------------------------------------------- what is seen

  function memberView(queue: Queue, personId: PersonId, loggedIn: boolean): MemberView {
    const name = nameOf(personId);
    const turn = floor.turnOf(personId);
    const wall = (at: number): number => Math.round(clock.wall() - (clock.now() - at));
    const seen = (state: MemberView['state'], sentence: string): MemberView => ({
      personId,
      state,
      sentence,
      ...(turn && turn.state !== 'idle' && { sinceWallMs: wall(turn.sinceMs) }),
      ...(turn?.untilMs !== undefined && { untilWallMs: wall(turn.untilMs) }),
      ...(turn?.callId !== undefined && { callId: turn.callId }),
    });
    if (turn?.state === 'talking') return seen('in-call', 'Talks for a queue.');
    if (turn?.state === 'offered') return seen('offered', `A call is offered to ${name}.`);
    if (!loggedIn) return { personId, state: 'logged-out', sentence: 'Logged out of this queue.' };
    if (turn?.state === 'wrapping') return seen('wrap-up', 'Wraps up after a call.');
    if (turn?.state === 'resting') return seen('resting', 'Did not take a call a moment ago.');
    const account = deps.current().accounts.get(queue.accountId);
    if (!account) return { personId, state: 'unreachable', sentence: gone(personId).because };
    const nobody: Caller = {
      number: undefined,
      displayName: undefined,
      anonymous: false,
      asserted: undefined,
    };
    const calling = { kind: 'carrier' as const, personId: undefined, deviceId: undefined };
    const as: CalledAs = {
      account,
      dialled: queue.number ?? queue.extension ?? '',
      number: undefined,
      caller: nobody,
      calling,
      kind: 'queue',
    };
    const found = obstacle(queue, personId, as);
    if (!found) return { personId, state: 'free', sentence: `${name} is free.` };
    const sentence = found.state === 'skipped' ? `Skipped because ${found.because}` : found.because;
    return { personId, state: found.state, sentence };
  }

  return {
    shut(queue) {
      floor.configure(deps.current().queues, clock.now());
      if (!queue.members.some(({ loggedIn }) => loggedIn))
        return `Nobody is logged in to the queue ${queue.name}.`;
      const waiting = floor.waiting(queue.id).length;
      return waiting >= queue.maxWaiting ? `The queue ${queue.name} is full: ${waiting} wait.` : undefined;
    },
    enter(call) {
      calls.set(call.callId, call);
      run(() => floor.enter(call.callId, call.seat.queue.id, clock.now()));
      // Removed between the routing and the answer: nobody would ever come for this caller.
      if (!floor.has(call.callId) && !sentOn.has(call.callId) && calls.has(call.callId))
        run(() => overflow(call, call.seat.queue, 'gone'));
    },
    taken(callId) {
      stops.get(callId)?.();
      stops.delete(callId);
      run(() => floor.taken(callId, clock.now()));
    },
    offerEnded(callId, failure) {
      const call = calls.get(callId);
      if (!call) return;
      if (!floor.has(callId)) {
        call.end({ kind: 'failure', failure, by: 'callee' });
        return;
      }
      run(() => {
        const offeredTo = peopleOf.get(callId)?.filter((id) => floor.turnOf(id)?.callId === callId) ?? [];
        floor.missed(callId, verdictOf(failure).say, clock.now());
        for (const personId of offeredTo) release(callId, personId);
        floor.look(clock.now());
      });
    },
    busy(callId, people) {
      for (const personId of people) hold(callId, personId);
      tellOf(people);
    },
    over(callId) {
      const people = peopleOf.get(callId);
      const waited = calls.delete(callId);
      if (!people && !waited) return;
      peopleOf.delete(callId);
      sentOn.delete(callId);
      stops.get(callId)?.();
      stops.delete(callId);
      run(() => {
        const now = clock.now();
        for (const personId of people ?? []) release(callId, personId);
        floor.leave(callId, now);
        floor.look(now);
      });
      tellOf(people ?? []);
    },
    viewOf(queueId) {
      const queue = deps.current().queues.get(queueId);
      if (!queue) return undefined;
      floor.configure(deps.current().queues, clock.now());
      const waiting = floor.waiting(queueId).map(({ callId, sinceMs, offeredTo }): WaitingView => {
        const caller = calls.get(callId)?.seat.caller;
        const from = caller?.anonymous ? 'anonymous' : (caller?.number ?? caller?.displayName ?? 'unknown');
        const sinceWallMs = Math.round(clock.wall() - (clock.now() - sinceMs));
        return { callId, from, sinceWallMs, ...(offeredTo !== undefined && { offeredTo }) };
      });
      const members = queue.members.map(({ personId, loggedIn }) => memberView(queue, personId, loggedIn));
      return { queueId, waiting, members };
    },
    start() {
      unwatch ??= deps.gate?.onChange(presenceChanged);
    },
    get waiting() {
      return floor.waitingAtAll;
    },
    snapshotChanged: () => run(() => floor.look(clock.now())),
    stop() {
      unwatch?.();
      stopTimer?.();
      for (const stop of stops.values()) stop();
    },
  };
}
