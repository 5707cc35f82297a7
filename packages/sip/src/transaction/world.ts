/** What transactions need from whoever holds them: time, and a way out. */
import type { SipMessage } from '../message/message.ts';
import type { Destination, Flow, TransportFailure } from '../ua/types.ts';
import type { ClientTransaction } from './client-transaction.ts';
import type { ServerTransaction } from './server-transaction.ts';
import type { TimerQueue } from './timer-queue.ts';
import type { Timing } from './timing.ts';

export interface TransactionWorld {
  readonly timers: TimerQueue;
  readonly timing: Timing;
  /** Prints and sends a new message; the bytes come back for retransmission. */
  transmit(to: Flow | Destination, message: SipMessage, failed: SendFailed): Buffer;
  /** Sends the same bytes once more. */
  retransmit(to: Flow | Destination, bytes: Buffer, failed: SendFailed): void;
  clientEnded(transaction: ClientTransaction): void;
  serverEnded(transaction: ServerTransaction): void;
}

export type SendFailed = (why: TransportFailure) => void;

export function isReliable(to: Flow | Destination): boolean {
  return to.protocol !== 'UDP';
}

export function isFlow(to: Flow | Destination): to is Flow {
  return 'remote' in to;
}

/** For messages whose loss the peer's or our own timers make good. */
export const unheeded: SendFailed = () => {};
