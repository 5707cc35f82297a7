import type { AccountId } from '@tandem/domain';
import type { RunnerParts } from './runner-parts.ts';

const storeAgainMs = 5_000;

/** Timers of all runs, and work that waits for the store; all of it ends when the node stops. */
export class RunTime {
  readonly #parts: Pick<RunnerParts, 'clock' | 'onProblem'>;
  readonly #timers = new Set<() => void>();
  #stopped = false;

  constructor(parts: Pick<RunnerParts, 'clock' | 'onProblem'>) {
    this.#parts = parts;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  /** Until the store takes it; false: the node stops first. */
  async surely(accountId: AccountId, work: () => Promise<unknown>): Promise<boolean> {
    for (let attempt = 0; !this.#stopped; attempt++) {
      try {
        await work();
        return true;
      } catch (error) {
        if (attempt === 0)
          this.#parts.onProblem(
            `kept later: ${error instanceof Error ? error.message : String(error)}`,
            accountId,
          );
        await this.wait(storeAgainMs);
      }
    }
    return false;
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stopped) resolve();
      else this.later(ms, resolve);
    });
  }

  later(ms: number, fire: () => void): () => void {
    const cancel = this.#parts.clock.after(ms, () => {
      this.#timers.delete(stop);
      fire();
    });
    const stop = (): void => {
      this.#timers.delete(stop);
      cancel();
    };
    this.#timers.add(stop);
    return stop;
  }
}
