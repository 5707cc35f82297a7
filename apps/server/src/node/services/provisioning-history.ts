import type {
  PersonStep,
  ProvisioningHistoryStore,
} from '@tandem/adapters/postgres/provisioning-history-store.ts';
import type { AccountId } from '@tandem/domain';
import { type Clock, mostHistorySteps, type ProvisioningHistory } from '@tandem/engine';

const flushMs = 500;
/** While the database is away this much waits in memory; the oldest steps go first. */
const mostWaiting = 20_000;

/** The history of links: written in groups, a moment later, so that no link waits for it. */
export function createProvisioningHistory(parts: {
  readonly store: ProvisioningHistoryStore;
  readonly clock: Clock;
  readonly onProblem: (what: string) => void;
}): ProvisioningHistory & { flush(): Promise<void> } {
  let waiting: PersonStep[] = [];
  let planned: (() => void) | undefined;
  const cancel = (): void => {
    planned?.();
    planned = undefined;
  };
  let writing: Promise<void> = Promise.resolve();

  const write = async (): Promise<void> => {
    const part = waiting;
    waiting = [];
    const accounts = new Map<AccountId, PersonStep[]>();
    for (const one of part) {
      const known = accounts.get(one.accountId);
      if (known) known.push(one);
      else accounts.set(one.accountId, [one]);
    }
    for (const [accountId, steps] of accounts) {
      try {
        await parts.store.append(accountId, steps);
      } catch (error) {
        parts.onProblem(`steps of provisioning wait for the database: ${(error as Error).message}`);
        waiting = [...steps, ...waiting].slice(-mostWaiting);
        plan(10 * flushMs);
      }
    }
  };
  const plan = (ms: number): void => {
    planned ??= parts.clock.after(ms, () => {
      planned = undefined;
      writing = writing.then(write);
    });
  };

  return {
    note(accountId, personId, step) {
      waiting.push({ accountId, personId, step });
      if (waiting.length > mostWaiting) waiting = waiting.slice(-mostWaiting);
      plan(flushMs);
    },
    async list(accountId, personId, limit) {
      const stored = await parts.store.list(accountId, personId, limit);
      const fresh = waiting.filter((one) => one.personId === personId).map(({ step }) => step);
      return [...fresh.reverse(), ...stored].slice(0, Math.min(limit, mostHistorySteps));
    },
    async flush() {
      cancel();
      writing = writing.then(write);
      await writing;
      // What could not be stored would otherwise be tried for ever.
      cancel();
    },
  };
}
