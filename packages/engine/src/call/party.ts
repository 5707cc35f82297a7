import type { AccountId, PersonId } from '@tandem/domain';
import type { Branch, DecisionFacts } from '../routing/decision.ts';
import type { LegRole } from './call-failure.ts';

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

/** Carriers are nobody of ours; a phone that is nobody's is no person. */
export function partiesOf(
  decision: Pick<DecisionFacts, 'accountId' | 'callingPersonId'>,
  callerRole: LegRole,
  called: Branch,
): readonly CallParty[] {
  const parties: CallParty[] = [];
  const { accountId, callingPersonId: personId } = decision;
  if (accountId !== undefined && personId !== undefined && callerRole !== 'carrier')
    parties.push({ leg: 'a', accountId, personId, endpoint: callerRole === 'teams' ? 'teams' : 'platform' });
  if (called.kind === 'to-carrier' || !called.person) return parties;
  const endpoint = called.kind === 'to-teams' ? 'teams' : 'platform';
  parties.push({ leg: 'b', accountId: called.account.id, personId: called.person.id, endpoint });
  return parties;
}
