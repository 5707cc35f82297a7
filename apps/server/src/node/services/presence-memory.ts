import type { PersonId, PresenceLabel } from '@tandem/domain';
import {
  type Clock,
  createPresenceJournal,
  type JournalAhead,
  type PersonState,
  type PersonStates,
  type PresenceChange,
  type PresenceChanges,
  type PresenceJournal,
} from '@tandem/engine';

export interface PresenceMemoryParts {
  readonly clock: Clock;
  readonly states: PersonStates;
  readonly changes: PresenceChanges;
  readonly ahead?: JournalAhead;
  readonly onLost: (count: number) => void;
  readonly onProblem: (what: string) => void;
}

export interface PresenceMemory {
  readonly journal: PresenceJournal;
  /** `first`: what the person showed before is not known to this process. */
  note(change: PresenceChange, first: boolean): void;
  /** Reads what was decided and shown before, as soon as the store answers; nobody waits for it. */
  start(restore: (states: readonly PersonState[]) => void): void;
  stop(): Promise<void>;
}

const firstRetryMs = 1000;
const longestRetryMs = 30_000;
/** Lines that wait for the store to say what stood before them. */
const heldAtMost = 20_000;

/** What presence remembers over a restart. */
export function openPresenceMemory(parts: PresenceMemoryParts): PresenceMemory {
  const { clock, onProblem } = parts;
  const journal = createPresenceJournal({
    clock,
    store: parts.changes,
    ...(parts.ahead && { ahead: parts.ahead }),
    onProblem,
    onLost: parts.onLost,
  });
  let last: ReadonlyMap<PersonId, PresenceLabel> | undefined;
  let held: { readonly change: PresenceChange; readonly first: boolean }[] = [];
  let stopped = false;
  let wake: (() => void) | undefined;

  /** A restart alone changed nobody: only who shows something else than before has a line for it. */
  function put(change: PresenceChange, first: boolean): void {
    const before = first ? last?.get(change.personId) : undefined;
    if (before === undefined) journal.note(change);
    else if (before !== change.to) journal.note({ ...change, from: before });
    else if (change.cause !== 'started') journal.note({ ...change, from: before });
  }

  async function untilAnswered<T>(what: string, ask: () => Promise<T>): Promise<T | undefined> {
    let waitMs = firstRetryMs;
    for (let said = false; !stopped; waitMs = Math.min(longestRetryMs, waitMs * 2)) {
      try {
        return await ask();
      } catch (error) {
        if (!said) onProblem(`${what} cannot be read now: ${String(error)}`);
        said = true;
      }
      await new Promise<void>((resolve) => {
        const cancel = clock.after(waitMs, resolve);
        wake = () => {
          cancel();
          resolve();
        };
      });
    }
    return undefined;
  }

  return {
    journal,
    note(change, first) {
      if (last) put(change, first);
      else if (held.push({ change, first }) > heldAtMost) {
        held.shift();
        parts.onLost(1);
      }
    },
    start(restore) {
      journal.start();
      void untilAnswered('what people set by hand', () => parts.states.listForPlatform()).then((states) => {
        if (states && !stopped) restore(states);
      });
      void untilAnswered('the presence journal', () => parts.changes.lastLabelsForPlatform()).then(
        (labels) => {
          if (!labels) return;
          // What a process of before had noted and not stored is on its way to the store.
          const before = new Map(labels);
          for (const { personId, to } of parts.ahead?.left() ?? []) before.set(personId, to);
          last = before;
          const waiting = held;
          held = [];
          for (const { change, first } of waiting) put(change, first);
        },
      );
    },
    async stop() {
      stopped = true;
      wake?.();
      await journal.stop();
    },
  };
}
