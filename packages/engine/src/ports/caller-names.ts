import type { AccountId, E164 } from '@tandem/domain';

/** Whose number calls, by the directories of the called customer and of nobody else. From memory: a call waits for nothing. */
export interface CallerNames {
  /** Undefined: nobody there has the number, or several do. */
  nameOf(accountId: AccountId, number: E164): string | undefined;
}
