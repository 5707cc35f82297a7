import type { AccountId } from '@tandem/domain';
import type { Clock } from '@tandem/engine';

export interface AdminAddresses {
  /** Accounts whose mails reach nobody who administers them. From memory, some minutes old at most. */
  without(): ReadonlySet<AccountId>;
  stop(): void;
}

const everyMs = 300_000;

/** Looks regularly whether every account has an administrator to write to: else its operator has to know. */
export function watchAdminAddresses(parts: {
  readonly read: () => Promise<readonly AccountId[]>;
  readonly clock: Pick<Clock, 'after'>;
}): AdminAddresses {
  let without: ReadonlySet<AccountId> = new Set();
  let cancel: (() => void) | undefined;
  let stopped = false;
  const look = (): void => {
    parts
      .read()
      .then((ids) => {
        without = new Set(ids);
      })
      // What was known before stands; the database's absence is told by others.
      .catch(() => undefined)
      .finally(() => {
        if (!stopped) cancel = parts.clock.after(everyMs, look);
      });
  };
  look();
  return {
    without: () => without,
    stop() {
      stopped = true;
      cancel?.();
    },
  };
}
