import type { AccountId, E164, Owner, Person, PersonId } from '@tandem/domain';
import type { CallOutcome } from '../provisioning/call-outcome.ts';
import type { LeaverCalls } from '../provisioning/leaver-rule.ts';

/**
 * What provisioning says of a person's calls in Teams (product-behaviour 1.8), from memory: deciding about a call waits
 * for nobody. Undefined: provisioning does not look at this account, only our own facts count.
 */
export interface TeamsAccess {
  outcomeOf(accountId: AccountId, personId: PersonId): CallOutcome | undefined;
  /**
   * Whose number this was until Microsoft has the new one (product-behaviour 1.4): both are answered during the change.
   * Asked only about numbers that nobody has by now.
   */
  formerOwner?(number: E164): Owner | undefined;
  /**
   * Who is rung for somebody who is still here and whose Microsoft account is not (`route: 'leaver'`): by the person's own
   * rule, else by the account's; or that their mailbox answers. Undefined: nobody.
   */
  leaverForward?(person: Person): LeaverCalls | undefined;
  /**
   * Who is rung for somebody who left (product-behaviour 1.4, leaver rule), while that lasts. Always somebody of the
   * account that has the number. Asked only about numbers that nobody has by now.
   */
  forwardOf?(number: E164):
    | {
        readonly owner: Owner;
        readonly formerOwner: string;
        /** Not rung: the mailbox of this person, who left and is still here, answers. */
        readonly mailbox?: true;
      }
    | undefined;
  /**
   * The account whose number rests after somebody left, with nobody to be rung for them: callers hear that it is not in
   * service. Asked only about numbers that nobody has by now.
   */
  restsAt?(number: E164): AccountId | undefined;
}

/** For a platform without provisioning, and for tests of everything else. */
export const ownFactsOnly: TeamsAccess = { outcomeOf: () => undefined };
