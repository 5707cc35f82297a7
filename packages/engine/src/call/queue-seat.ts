import type { CallId, PersonId } from '@tandem/domain';
import type { QueueDesk, WaitingCall } from '../queue/queue-desk.ts';
import type { ToQueue } from '../routing/decision.ts';
import type { BranchPlan } from './branch-plan.ts';
import type { CallFailure } from './call-failure.ts';
import type { Ending } from './ending.ts';
import type { SeatedCall } from './seated-call.ts';

/** What a call tells the queue in which its caller waits. */
export interface QueueSeat {
  readonly route: ToQueue;
  /** The caller is answered and hears music. */
  waiting(call: SeatedCall): void;
  /** A member answered, and the two can talk. */
  taken(call: SeatedCall): void;
  /** Nobody of those who were rung took it. */
  offerEnded(call: SeatedCall, failure: CallFailure): void;
}

/** A call and its queue, introduced to each other. */
export function queueSeat(route: ToQueue, desk: QueueDesk): QueueSeat {
  return {
    route,
    waiting: (call) => desk.enter(new Waiting(call, route)),
    taken: (call) => desk.taken(call.record.callId),
    offerEnded: (call, failure) => desk.offerEnded(call.record.callId, failure),
  };
}

class Waiting implements WaitingCall {
  readonly seat: ToQueue;
  readonly #call: SeatedCall;

  constructor(call: SeatedCall, seat: ToQueue) {
    this.#call = call;
    this.seat = seat;
  }

  get callId(): CallId {
    return this.#call.record.callId;
  }

  offer(plans: readonly BranchPlan[], personId: PersonId | undefined): void {
    this.#call.record.memberId = personId;
    this.#call.offer(plans);
  }

  withdraw(): void {
    this.#call.withdraw();
  }

  note(sentence: string): void {
    this.#call.noted(sentence);
  }

  end(ending: Ending): void {
    this.#call.end(ending);
  }
}
