import type { AccountId, PersonId } from '@tandem/domain';

/**
 * A person at one end of an answered call. `platform`: at a phone, which Teams cannot see. `teams`: at the Teams client,
 * which Microsoft knows by itself.
 */
export interface CallParty {
  readonly leg: 'a' | 'b';
  readonly accountId: AccountId;
  readonly personId: PersonId;
  readonly endpoint: 'platform' | 'teams';
}
