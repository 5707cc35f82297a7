import type { Person } from '@tandem/domain';
import type { DirectoryUser } from '../ports/directory-view.ts';
import type { Seen } from '../provisioning/facts.ts';
import type { CodeDetail, PresenceCode } from './codes.ts';
import type { Identity, IdentityStep } from './identity.ts';
import { type PresenceSyncSettings, readsTeams, writesTeams } from './settings.ts';

/** What the connection of a person allows now. */
export interface PresenceReach {
  /** The connection works, and reading or writing presence is switched on and granted. */
  readonly reads: boolean;
  readonly writes: boolean;
  /** Why not, in a sentence. */
  readonly why?: string;
  /** An admin switched presence off: then nobody is looked for in the directory on its behalf (G27). */
  readonly off?: true;
}

/** Link and state of one person, as it is kept. */
export type PersonVerdict =
  | {
      readonly is: 'synced';
      readonly objectId: string;
      readonly by: IdentityStep;
      /** PRS-121: one of two directions works. */
      readonly code?: PresenceCode;
      readonly detail?: CodeDetail;
    }
  | {
      readonly is: 'failed';
      readonly code: PresenceCode;
      readonly detail: CodeDetail;
      /** The link stands; it is something else that is in the way. */
      readonly objectId?: string;
      readonly by?: IdentityStep;
    }
  /** The directory was not read yet, or not all of it. */
  | { readonly is: 'waiting' };

/** Teams, by the service plan TEAMS1 (microsoft-graph 5). Lower case. */
export const teamsPlanId = '57ff2da0-773e-42df-b2af-ffb7a2317929';
const usable: ReadonlySet<string> = new Set(['Enabled', 'Warning']);

/** False only where the licences were read and Teams is not among them. */
export const mayHaveTeams = ({ plans }: Pick<DirectoryUser, 'plans'>): boolean =>
  plans === 'unread' ||
  plans.some(
    ({ servicePlanId, capabilityStatus }) => servicePlanId === teamsPlanId && usable.has(capabilityStatus),
  );

/** What is in the way of one person in scope, the first thing first. Microsoft's own answer about the presence comes later. */
export function judgePerson(
  person: Pick<Person, 'active' | 'platformLicence'>,
  settings: Pick<PresenceSyncSettings, 'direction'>,
  reach: PresenceReach | undefined,
  identity: Seen<Identity>,
): PersonVerdict {
  const linked =
    identity !== 'unread' && identity.is === 'found'
      ? { objectId: identity.user.objectId, by: identity.by }
      : {};
  const failed = (code: PresenceCode, detail: CodeDetail = {}): PersonVerdict => ({
    is: 'failed',
    code,
    detail,
    ...linked,
  });
  if (!person.active) return failed('PRS-102');
  if (!person.platformLicence) return failed('PRS-104');
  if (!reach) return failed('PRS-120', { why: 'Microsoft 365 is not connected.' });
  if (reach.off)
    return { is: 'failed', code: 'PRS-120', detail: reach.why === undefined ? {} : { why: reach.why } };
  if (identity === 'unread') return { is: 'waiting' };
  if (identity.is === 'failed') return failed(identity.code, identity.detail);
  const { user, by } = identity;
  if (!mayHaveTeams(user)) return failed('PRS-123', { who: [user.upn || user.displayName] });
  const why = reach.why === undefined ? {} : { why: reach.why };
  if (readsTeams(settings) && !reach.reads) return failed('PRS-120', why);
  if (writesTeams(settings) && !reach.writes) {
    // Without reading there is no other direction that would work.
    if (!readsTeams(settings)) return failed('PRS-121', why);
    return { is: 'synced', objectId: user.objectId, by, code: 'PRS-121', detail: why };
  }
  return { is: 'synced', objectId: user.objectId, by };
}

/** The codes that only Microsoft's answer to a reading can give, and only such an answer takes away. */
export const readingCodes: ReadonlySet<PresenceCode> = new Set(['PRS-122', 'PRS-123', 'PRS-120']);

export const sameVerdict = (a: PersonVerdict | undefined, b: PersonVerdict): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
