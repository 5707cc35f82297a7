/**
 * The 2xx to an INVITE is retransmitted end to end until its ACK comes: first after T1, then doubling up to T2, on
 * every transport, and given up after 64*T1 (RFC 3261 §13.3.1.4).
 */
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { Timer, TimerQueue } from '../transaction/timer-queue.ts';
import type { Timing } from '../transaction/timing.ts';

export class AnswerClock {
  readonly cseq: number;
  readonly #transaction: ServerTransaction;
  readonly #timers: TimerQueue;
  readonly #timing: Timing;
  readonly #gaveUp: () => void;
  #gap: number;
  #again: Timer | undefined;
  #end: Timer | undefined;

  constructor(
    cseq: number,
    transaction: ServerTransaction,
    timers: TimerQueue,
    timing: Timing,
    gaveUp: () => void,
  ) {
    this.cseq = cseq;
    this.#transaction = transaction;
    this.#timers = timers;
    this.#timing = timing;
    this.#gaveUp = gaveUp;
    this.#gap = timing.t1;
    this.#again = timers.set(this.#gap, 'again', this);
    this.#end = timers.set(timing.patience, 'end', this);
  }

  stop(): void {
    this.#timers.cancel(this.#again);
    this.#timers.cancel(this.#end);
    this.#again = this.#end = undefined;
  }

  timerFired(timer: string): void {
    if (timer === 'end') {
      this.stop();
      this.#gaveUp();
      return;
    }
    this.#gap = Math.min(this.#gap * 2, this.#timing.t2);
    this.#again = this.#timers.set(this.#gap, 'again', this);
    this.#transaction.resendAccept();
  }
}
