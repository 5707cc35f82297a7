import type { AccountId, PersonId } from '@tandem/domain';
import { type Branch, branchesOf, type Decision, type DecisionFacts } from '../routing/decision.ts';
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
  /** The call is on hold, whichever side wanted it. */
  readonly held?: true;
}

/** People of ours who have this call from its INVITE on, answered or not: nobody offers them another one (U03). */
export function peopleIn(decision: Decision): readonly PersonId[] {
  const { callingPersonId } = decision;
  const people = callingPersonId === undefined ? [] : [callingPersonId];
  if (decision.outcome !== 'route') return people;
  for (const branch of branchesOf(decision.route)) {
    const called = branch.kind === 'to-carrier' ? undefined : branch.person?.id;
    if (called !== undefined && !people.includes(called)) people.push(called);
  }
  return people;
}

/** Carriers are nobody of ours; a phone that is nobody's is no person. */
export function partiesOf(
  decision: Pick<DecisionFacts, 'accountId' | 'callingPersonId'>,
  callerRole: LegRole,
  /** Undefined: nobody yet. */
  called: Branch | undefined,
): readonly CallParty[] {
  const parties: CallParty[] = [];
  const { accountId, callingPersonId: personId } = decision;
  if (accountId !== undefined && personId !== undefined && callerRole !== 'carrier')
    parties.push({ leg: 'a', accountId, personId, endpoint: callerRole === 'teams' ? 'teams' : 'platform' });
  if (!called || called.kind === 'to-carrier' || !called.person) return parties;
  const endpoint = called.kind === 'to-teams' ? 'teams' : 'platform';
  parties.push({ leg: 'b', accountId: called.account.id, personId: called.person.id, endpoint });
  return parties;
}
