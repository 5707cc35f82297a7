import type { LeaverChoice } from '@tandem/contract';
import type { Scope } from './scope.ts';
import type { ApiServices } from './services.ts';

/**
 * What is wrong with who shall be rung for those who left, in words; undefined: nothing. It must be somebody of the account
 * who can be rung, and not the leaver.
 */
export async function leaverTargetFault(
  { directory, queues }: Pick<ApiServices, 'directory' | 'queues'>,
  scope: Scope,
  accountId: string | undefined,
  choice: LeaverChoice,
  leaverId?: string,
): Promise<string | undefined> {
  switch (choice.kind) {
    case 'announcement':
    case 'voicemail':
      return undefined;
    case 'person': {
      const person = await directory.person(scope, choice.personId);
      if (choice.personId === leaverId) return 'nobody is rung for themselves; name somebody else';
      const there = person?.active === true && person.accountId === accountId;
      return there ? undefined : 'nobody of this account; name somebody who is active';
    }
    case 'queue': {
      const queue = await queues.get(scope, choice.queueId);
      return queue?.accountId === accountId && queue !== undefined
        ? undefined
        : 'no queue of this account; make one first, or name a person or a number';
    }
    case 'number': {
      const { items } = await directory.numbers(scope, { limit: 50, search: choice.number });
      const found = items.find(
        (one) =>
          one.number === choice.number &&
          one.accountId === accountId &&
          (one.person || one.device || one.queue),
      );
      if (!found) return 'nobody of this account has this number';
      return leaverId !== undefined && found.person?.id === leaverId
        ? 'it is a number of the person who leaves; name another one'
        : undefined;
    }
  }
}
