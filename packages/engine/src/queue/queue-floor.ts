import type { CallId, PersonId, Queue, QueueId } from '@tandem/domain';
import { type MemberInput, type MemberTurnState, stepMember } from './member.machine.ts';

/** Who did not take an offer is left in peace for a moment, else a lone member's phone would never stop. */
export const restMs = 5_000;
/** While somebody waits, the world is looked at again at least this often: "free again" is seen within a second. */
export const lookEveryMs = 1_000;
/** Sentences about members that one caller's record takes. */
const mostNotes = 60;

/** Why a member cannot be offered a caller now. */
export interface Obstacle {
  readonly state: 'in-call' | 'skipped' | 'unreachable';
  /** A whole sentence with the member's name. */
  readonly because: string;
}

/** What the floor does not know by itself, asked at the moment of an offer and answered from memory. */
export interface FloorFacts {
  /** Undefined: nothing is in the way. */
  obstacle(queue: Queue, personId: PersonId, callId: CallId): Obstacle | undefined;
  nameOf(personId: PersonId): string;
}

export type FloorEffect =
  | { readonly kind: 'offer'; readonly callId: CallId; readonly queue: Queue; readonly personId: PersonId }
  /** The offer ends without an answer; the caller waits on. */
  | { readonly kind: 'withdraw'; readonly callId: CallId; readonly personId: PersonId }
  /** The caller leaves the queue: it took too long, or the queue is gone (then `queue` is what it was). */
  | {
      readonly kind: 'overflow';
      readonly callId: CallId;
      readonly queue: Queue;
      readonly because: 'timeout' | 'gone';
    }
  /** For the record of the call. */
  | { readonly kind: 'note'; readonly callId: CallId; readonly sentence: string }
  /** Somebody who watches the queue sees something else now. */
  | { readonly kind: 'changed'; readonly queueId: QueueId };

export interface Turn {
  readonly state: MemberTurnState;
  readonly sinceMs: number;
  /** End of an offer, of wrap-up or of rest. */
  readonly untilMs: number | undefined;
  readonly callId: CallId | undefined;
}

interface Member {
  state: MemberTurnState;
  sinceMs: number;
  untilMs: number | undefined;
  callId: CallId | undefined;
  queueId: QueueId | undefined;
  /** Since when nobody of ours has given the member a call. */
  idleSinceMs: number;
}

interface Caller {
  readonly callId: CallId;
  readonly queueId: QueueId;
  readonly sinceMs: number;
  offeredTo: PersonId | undefined;
  taken: boolean;
  readonly said: Map<PersonId, string>;
  notes: number;
}

export interface WaitingCaller {
  readonly callId: CallId;
  readonly sinceMs: number;
  readonly offeredTo: PersonId | undefined;
}

/**
 * All queues of a node: who waits, in which order, whose turn it is. Pure: time is an argument, what must be done is a list
 * of effects, and the same inputs give the same effects. Whoever drives it takes the effects after each input and calls
 * `tick` when `wakeAt` has come.
 */
export class QueueFloor {
  readonly #facts: FloorFacts;
  #queues: ReadonlyMap<QueueId, Queue> = new Map();
  readonly #members = new Map<PersonId, Member>();
  readonly #callers = new Map<CallId, Caller>();
  /** Those who wait, in their order; talking callers are in `#callers` only. */
  readonly #lines = new Map<QueueId, Caller[]>();
  #effects: FloorEffect[] = [];
  #lookedAtMs = 0;

  constructor(facts: FloorFacts) {
    this.#facts = facts;
  }

  /** What is to be done since the last time. */
  take(): readonly FloorEffect[] {
    const effects = this.#effects;
    if (effects.length > 0) this.#effects = [];
    return effects;
  }

  /** The moment by which `tick` must be called; undefined: nothing is open. */
  get wakeAt(): number | undefined {
    let at = Number.POSITIVE_INFINITY;
    for (const { untilMs } of this.#members.values()) if (untilMs !== undefined && untilMs < at) at = untilMs;
    for (const [queueId, line] of this.#lines) {
      const queue = this.#queues.get(queueId);
      for (const { sinceMs, offeredTo } of line) {
        if (queue) at = Math.min(at, sinceMs + queue.maxWaitSeconds * 1000);
        if (offeredTo === undefined) at = Math.min(at, this.#lookedAtMs + lookEveryMs);
      }
    }
    return at === Number.POSITIVE_INFINITY ? undefined : at;
  }

  // ---------------------------------------------------------------- inputs

  /** The queues as they are from now on. */
  configure(queues: ReadonlyMap<QueueId, Queue>, now: number): void {
    const before = this.#queues;
    if (before === queues) return;
    this.#queues = queues;
    for (const [queueId, line] of this.#lines) {
      const queue = queues.get(queueId);
      if (!queue) {
        const was = before.get(queueId);
        for (const caller of [...line]) {
          this.leave(caller.callId, now);
          if (was)
            this.#effects.push({ kind: 'overflow', callId: caller.callId, queue: was, because: 'gone' });
        }
        continue;
      }
      for (const { callId, offeredTo } of line) {
        const stays = queue.members.some(({ personId, loggedIn }) => loggedIn && personId === offeredTo);
        if (offeredTo === undefined || stays) continue;
        this.#note(callId, `${this.#facts.nameOf(offeredTo)} left the queue and is not rung any more.`);
        this.#endOffer(callId, 'withdrawn', now);
        this.#effects.push({ kind: 'withdraw', callId, personId: offeredTo });
      }
    }
    for (const queueId of queues.keys())
      if (queues.get(queueId) !== before.get(queueId)) this.#changed(queueId);
    this.look(now);
  }

  /** A caller waits, behind all others. */
  enter(callId: CallId, queueId: QueueId, now: number): void {
    if (this.#callers.has(callId) || !this.#queues.has(queueId)) return;
    const caller: Caller = {
      callId,
      queueId,
      sinceMs: now,
      offeredTo: undefined,
      taken: false,
      said: new Map(),
      notes: 0,
    };
    this.#callers.set(callId, caller);
    const line = this.#lines.get(queueId);
    if (line) line.push(caller);
    else this.#lines.set(queueId, [caller]);
    this.#changed(queueId);
    this.look(now);
  }

  /** The caller is gone: hung up while waiting or being offered, or the call of the two is over. */
  leave(callId: CallId, now: number): void {
    const caller = this.#callers.get(callId);
    if (!caller) return;
    const { queueId, offeredTo } = caller;
    this.#unline(caller);
    this.#callers.delete(callId);
    const member = offeredTo === undefined ? undefined : this.#members.get(offeredTo);
    if (member && caller.taken && this.#stepMember(member, 'ended', now)) {
      const wrapUpMs = (this.#queues.get(queueId)?.wrapUpSeconds ?? 0) * 1000;
      member.callId = undefined;
      member.untilMs = now + wrapUpMs;
      if (wrapUpMs === 0) this.#rested(member, now);
    } else if (member && this.#stepMember(member, 'withdrawn', now)) this.#unbind(member);
    this.#changed(queueId);
    this.look(now);
  }

  /** The member who was offered this caller answered. */
  taken(callId: CallId, now: number): void {
    const caller = this.#callers.get(callId);
    const member = caller?.offeredTo === undefined ? undefined : this.#members.get(caller.offeredTo);
    if (!caller || !member || !this.#stepMember(member, 'taken', now)) return;
    caller.taken = true;
    member.untilMs = undefined;
    this.#unline(caller);
    this.#changed(caller.queueId);
    this.look(now);
  }

  /** All endpoints of the member said no. */
  missed(callId: CallId, sentence: string, now: number): void {
    const caller = this.#callers.get(callId);
    if (caller?.offeredTo === undefined || caller.taken) return;
    this.#note(callId, `${this.#facts.nameOf(caller.offeredTo)} did not take it: ${sentence}`);
    this.#endOffer(callId, 'missed', now);
    this.look(now);
  }

  /** The member had a call outside of the queues until now. */
  wasBusy(personId: PersonId, now: number): void {
    const member = this.#members.get(personId);
    if (member?.state === 'idle') member.idleSinceMs = now;
    else if (!member) this.#member(personId, now);
  }

  /** Time has passed. */
  tick(now: number): void {
    for (const member of this.#members.values()) {
      if (member.untilMs === undefined || member.untilMs > now) continue;
      if (member.state === 'offered' && member.callId !== undefined) this.#offerTimedOut(member.callId, now);
      else this.#rested(member, now);
    }
    for (const [queueId, line] of this.#lines) {
      const queue = this.#queues.get(queueId);
      if (!queue) continue;
      for (const { callId, sinceMs, offeredTo } of [...line]) {
        if (sinceMs + queue.maxWaitSeconds * 1000 > now) continue;
        if (offeredTo !== undefined) this.#effects.push({ kind: 'withdraw', callId, personId: offeredTo });
        this.leave(callId, now);
        this.#effects.push({ kind: 'overflow', callId, queue, because: 'timeout' });
      }
    }
    this.look(now);
  }

  /** Something may have changed about members: whoever can be offered now, is. First come, first served. */
  look(now: number): void {
    this.#lookedAtMs = now;
    for (const [queueId, line] of this.#lines) {
      const queue = this.#queues.get(queueId);
      if (!queue) continue;
      for (const caller of line) if (caller.offeredTo === undefined) this.#seek(queue, caller, now);
    }
  }

  // ---------------------------------------------------------------- what is seen

  waiting(queueId: QueueId): readonly WaitingCaller[] {
    return this.#lines.get(queueId) ?? [];
  }

  get waitingAtAll(): number {
    let count = 0;
    for (const line of this.#lines.values()) count += line.length;
    return count;
  }

  turnOf(personId: PersonId): Turn | undefined {
    return this.#members.get(personId);
  }

  has(callId: CallId): boolean {
    return this.#callers.has(callId);
  }

  // ---------------------------------------------------------------- inside

  #seek(queue: Queue, caller: Caller, now: number): void {
    let best: PersonId | undefined;
    let bestSince = Number.POSITIVE_INFINITY;
    for (const { personId, loggedIn } of queue.members) {
      if (!loggedIn) continue;
      const member = this.#members.get(personId);
      if (member && member.state !== 'idle') continue;
      const since = member?.idleSinceMs ?? Number.NEGATIVE_INFINITY;
      const obstacle = this.#facts.obstacle(queue, personId, caller.callId);
      if (obstacle) this.#say(caller, personId, obstacle.because);
      else if (best === undefined || since < bestSince) {
        best = personId;
        bestSince = since;
      }
    }
    if (best === undefined) return;
    const member = this.#member(best, Number.NEGATIVE_INFINITY);
    if (!this.#stepMember(member, 'offer', now)) return;
    member.callId = caller.callId;
    member.queueId = queue.id;
    member.untilMs = now + queue.offerSeconds * 1000;
    caller.offeredTo = best;
    caller.said.delete(best);
    this.#note(caller.callId, `Offered to ${this.#facts.nameOf(best)}, who has been idle longest.`);
    this.#effects.push({ kind: 'offer', callId: caller.callId, queue, personId: best });
    this.#changed(queue.id);
  }

  #offerTimedOut(callId: CallId, now: number): void {
    const caller = this.#callers.get(callId);
    if (caller?.offeredTo === undefined) return;
    const personId = caller.offeredTo;
    const seconds = this.#queues.get(caller.queueId)?.offerSeconds;
    this.#note(callId, `${this.#facts.nameOf(personId)} did not answer in ${seconds ?? '?'} s.`);
    this.#endOffer(callId, 'missed', now);
    this.#effects.push({ kind: 'withdraw', callId, personId });
  }

  #endOffer(callId: CallId, how: 'missed' | 'withdrawn', now: number): void {
    const caller = this.#callers.get(callId);
    const member = caller?.offeredTo === undefined ? undefined : this.#members.get(caller.offeredTo);
    if (!caller || !member || !this.#stepMember(member, how, now)) return;
    caller.offeredTo = undefined;
    this.#unbind(member);
    if (how === 'missed') {
      member.untilMs = now + restMs;
      member.idleSinceMs = now;
    }
    this.#changed(caller.queueId);
  }

  #rested(member: Member, now: number): void {
    const { queueId } = member;
    if (!this.#stepMember(member, 'rested', now)) return;
    this.#unbind(member);
    member.idleSinceMs = now;
    if (queueId !== undefined) this.#changed(queueId);
    else for (const id of this.#lines.keys()) this.#changed(id);
  }

  #unbind(member: Member): void {
    member.untilMs = undefined;
    member.callId = undefined;
  }

  #member(personId: PersonId, idleSinceMs: number): Member {
    let member = this.#members.get(personId);
    if (!member) {
      member = {
        state: 'idle',
        sinceMs: 0,
        untilMs: undefined,
        callId: undefined,
        queueId: undefined,
        idleSinceMs,
      };
      this.#members.set(personId, member);
    }
    return member;
  }

  #stepMember(member: Member, input: MemberInput, now: number): boolean {
    const next = stepMember(member.state, input);
    if (next === undefined) return false;
    member.state = next;
    member.sinceMs = now;
    return true;
  }

  #unline(caller: Caller): void {
    const line = this.#lines.get(caller.queueId);
    const at = line?.indexOf(caller) ?? -1;
    if (!line || at < 0) return;
    line.splice(at, 1);
    if (line.length === 0) this.#lines.delete(caller.queueId);
  }

  /** Said once while it stays the same: the world is looked at every second. */
  #say(caller: Caller, personId: PersonId, sentence: string): void {
    if (caller.said.get(personId) === sentence) return;
    caller.said.set(personId, sentence);
    this.#note(caller.callId, `Not offered: ${sentence}`);
  }

  #note(callId: CallId, sentence: string): void {
    const caller = this.#callers.get(callId);
    if (!caller || caller.notes >= mostNotes) return;
    caller.notes += 1;
    this.#effects.push({ kind: 'note', callId, sentence });
  }

  #changed(queueId: QueueId): void {
    this.#effects.push({ kind: 'changed', queueId });
  }
}
