import type { CallId, PersonId } from '@tandem/domain';
import type { QueueDesk, WaitingCall } from '../queue/queue-desk.ts';
import type { ToQueue } from '../routing/decision.ts';
import type { BranchPlan, Call, QueueSeat } from './call.ts';
import type { Ending } from './ending.ts';

/** A call and its queue, introduced to each other. */
export function queueSeat(route: ToQueue, desk: QueueDesk): QueueSeat {
  return {
    route,
    waiting: (call) => desk.enter(new SeatedCall(call, route)),
    taken: (call) => desk.taken(call.record.callId),
    offerEnded: (call, failure) => desk.offerEnded(call.record.callId, failure),
  };
}

class SeatedCall implements WaitingCall {
  readonly seat: ToQueue;
  readonly #call: Call;

  constructor(call: Call, seat: ToQueue) {
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
