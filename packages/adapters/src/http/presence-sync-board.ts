import type { AccountId } from '@tandem/domain';
import type { StoredConnection } from '@tandem/engine/ports/connection-store.ts';
import type { PresenceSyncDesk } from '@tandem/engine/presence-sync/presence-desk.ts';

/** Setup of presence. The HTTP side filters by scope before it asks for an account or a person. */
export interface PresenceSyncBoard {
  readonly desk: Pick<
    PresenceSyncDesk,
    | 'settingsOf'
    | 'customizeOffered'
    | 'counts'
    | 'change'
    | 'choiceOf'
    | 'resetRules'
    | 'preview'
    | 'mismatches'
    | 'people'
    | 'show'
    | 'choose'
    | 'link'
    | 'unlink'
    | 'runs'
    | 'findRun'
    | 'results'
    | 'lastRun'
    | 'startRun'
  >;
  /** From memory, oldest first; ended ones are left out. */
  connectionsOf(accountId: AccountId): readonly StoredConnection[];
}
