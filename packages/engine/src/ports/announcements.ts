import type { AccountId } from '@tandem/domain';

/** What callers hear before they are refused, where a rule wants them to hear something. From memory, never throws. */
export interface Announcements {
  /** The account's own recording as a file. Undefined: the special information tone of networks. */
  fileOf(accountId: AccountId): string | undefined;
}
