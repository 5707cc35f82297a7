/** One request of ours inside a dialog, a re-INVITE's ACKs included. */
import type { SipResponse } from '../message/message.ts';
import type { ClientTransaction, ClientUser } from '../transaction/client-transaction.ts';
import type { Timer, TimerQueue } from '../transaction/timer-queue.ts';
import type { LiveDialog } from './live-dialog.ts';
import type { FinalOutcome, InDialogOptions, TransportFailure } from './types.ts';

/**
 * A re-INVITE that got a provisional answer and then nothing is given up after this long (timer C of §16.6, which
 * RFC 3261 gives to proxies only; a session that cannot be changed any more is not kept).
 */
const NO_FINAL_ANSWER_MS = 180_000;

export class InDialogExchange implements ClientUser {
  transaction: ClientTransaction | undefined;
  readonly #dialog: LiveDialog;
  readonly #options: InDialogOptions;
  readonly #cseq: number;
  readonly #timers: TimerQueue;
  #patience: Timer | undefined;
  #done = false;
  #ack: Buffer | undefined;

  constructor(dialog: LiveDialog, options: InDialogOptions, cseq: number, timers: TimerQueue) {
    this.#timers = timers;
    this.#dialog = dialog;
    this.#options = options;
    this.#cseq = cseq;
  }

  onResponse(response: SipResponse): void {
    const { method } = this.#options;
    const { status } = response;
    if (status < 200) {
      if (method === 'INVITE') this.#patience ??= this.#timers.set(NO_FINAL_ANSWER_MS, 'patience', this);
      if (status > 100) this.#options.onProvisional?.(response);
      return;
    }
    if (method === 'INVITE' && status < 300) this.#acknowledge(response);
    if (status < 300 && method === 'UPDATE') this.#dialog.refreshTarget(response);
    this.#finish({ kind: 'response', response });
  }

  onTimeout(): void {
    this.#finish({ kind: 'timeout' });
  }

  onTransportFailure(failure: TransportFailure): void {
    this.#finish({ kind: 'transport', failure });
  }

  onEnded(): void {
    this.#ack = undefined;
  }

  timerFired(): void {
    this.#patience = undefined;
    this.transaction?.giveUp();
  }

  /** RFC 3261 §14.1 with §13.2.2.4: every 2xx gets the ACK, the first one makes it. */
  #acknowledge(response: SipResponse): void {
    if (this.#ack) {
      this.#dialog.repeat(this.#ack);
      return;
    }
    this.#dialog.refreshTarget(response);
    const body = this.#options.ackBody?.(response);
    this.#ack = this.#dialog.sendAck(this.#cseq, body ? { body } : {});
  }

  #finish(outcome: FinalOutcome): void {
    if (this.#done) return;
    this.#done = true;
    this.#timers.cancel(this.#patience);
    const { method } = this.#options;
    // The turn passes before the owner hears, so that it may INVITE again at once; the dialog ends after.
    if (method === 'INVITE') this.#dialog.inviteEnded();
    this.#options.onFinal(outcome);
    this.#dialog.exchangeEnded(method, outcome);
  }
}
