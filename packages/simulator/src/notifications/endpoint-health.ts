/** How Microsoft judges a receiver by its answers of the last ten minutes (graph 3.4, check S10). */

export type EndpointState = 'good' | 'slow' | 'drop';
/** In time; later than the first attempt's limit; later than the limit of all others. */
export type AnswerSpeed = 'quick' | 'slow' | 'dead';

export const windowMs = 600_000;

export class EndpointHealth {
  #seen: { readonly at: number; readonly speed: AnswerSpeed }[] = [];
  /** Wall ms; undefined: deliveries go out. */
  #droppedUntil: number | undefined;
  #probing = false;

  note(at: number, speed: AnswerSpeed): void {
    if (!this.#probing) {
      this.#seen.push({ at, speed });
      return;
    }
    this.#probing = false;
    if (speed === 'dead') this.#droppedUntil = at + windowMs;
    else {
      this.#droppedUntil = undefined;
      this.#seen = [];
    }
  }

  /**
   * Asked before each delivery. `slow`: over 10 % of the answers came late, and what is new waits ten minutes. `drop`: over
   * 15 % came much too late, everything is lost for ten minutes, then one delivery is let through to try.
   */
  admit(now: number, judgedFrom: number): EndpointState {
    if (this.#droppedUntil !== undefined) {
      if (now < this.#droppedUntil || this.#probing) return 'drop';
      this.#probing = true;
      return 'good';
    }
    const state = this.look(now, judgedFrom);
    if (state === 'drop') this.#droppedUntil = now + windowMs;
    return state;
  }

  /** The same without a consequence. */
  look(now: number, judgedFrom: number): EndpointState {
    if (this.#droppedUntil !== undefined) return 'drop';
    this.#seen = this.#seen.filter(({ at }) => at > now - windowMs);
    const total = this.#seen.length;
    if (total === 0 || total < judgedFrom) return 'good';
    const dead = this.#seen.filter(({ speed }) => speed === 'dead').length;
    const late = this.#seen.filter(({ speed }) => speed !== 'quick').length;
    return dead / total > 0.15 ? 'drop' : late / total > 0.1 ? 'slow' : 'good';
  }
}
