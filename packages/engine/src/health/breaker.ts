/**
 * Circuit breaker of one carrier address (reliability 2): opens when 5 of the last 10 attempts failed; while open one
 * call per 5 s may try; closes after 3 good ones in a row. While it is open nobody else tries (I11).
 */
export class Breaker {
  #outcomes: boolean[] = [];
  #open = false;
  #goodInARow = 0;
  #lastTrialAt = 0;

  get open(): boolean {
    return this.#open;
  }

  /** Whether a call may go there now. Asking takes the trial, so ask only when the call will be made. */
  admits(now: number): boolean {
    if (!this.#open) return true;
    if (now - this.#lastTrialAt < trialEveryMs) return false;
    this.#lastTrialAt = now;
    return true;
  }

  record(good: boolean, now: number): void {
    if (this.#open) {
      this.#goodInARow = good ? this.#goodInARow + 1 : 0;
      if (this.#goodInARow >= goodToClose) {
        this.#open = false;
        this.#outcomes = [];
      }
      return;
    }
    this.#outcomes.push(good);
    if (this.#outcomes.length > window) this.#outcomes.shift();
    if (this.#outcomes.filter((outcome) => !outcome).length < badToOpen) return;
    this.#open = true;
    this.#goodInARow = 0;
    this.#lastTrialAt = now;
  }
}

const window = 10;
const badToOpen = 5;
const goodToClose = 3;
const trialEveryMs = 5000;

/** What counts against an address: it did not do its work. A busy or wrong number does not. */
export function speaksAgainst(status: number): boolean {
  return status === 408 || status === 500 || status === 502 || status === 503 || status === 504;
}
