import type { PolicyField } from '@tandem/domain';
import type { EffectivePolicies, MicrosoftFacts, MicrosoftUser, NumberFacts, Seen } from '@tandem/engine';
import { GraphError } from './graph-error.ts';
import type { GraphNumberAssignment, GraphUser, GraphUserConfiguration } from './graph-types.ts';
import { licenceOf } from './licence-plans.ts';
import { policyTypes } from './policies.ts';
import type { Reading } from './read-directory.ts';

/** What was read for one person; a GraphError or undefined is a thing that was not read. */
export interface PersonReadings {
  readonly readAtWallMs: number;
  readonly user: Reading<GraphUser> | undefined;
  /** Who it was, when nobody is there any more: a number that was theirs is still to be judged, or it could never be released. */
  readonly goneObjectId?: string;
  readonly configuration: Reading<GraphUserConfiguration> | undefined;
  /** The wanted number, or while a number is taken back, that one. */
  readonly number: Reading<GraphNumberAssignment> | undefined;
  readonly numberReadAtWallMs: number;
  /** Other numbers of the person by the inventory, which follows a write sooner than Teams' own view. */
  readonly others?: readonly string[];
  readonly membership: Seen<{ readonly member: boolean; readonly via: readonly string[] }> | undefined;
  /** Since when the user is in the bin. */
  readonly deletedOn?: string;
  readonly configurationReadAtWallMs?: number;
  readonly alsoMatches?: readonly string[];
  readonly candidates?: MicrosoftFacts['candidates'];
  /** Who somebody else is who holds the number; undefined where the directory does not say. */
  readonly holderOf?: (objectId: string) => NumberHolder | undefined;
}

export interface NumberHolder {
  readonly upn: string;
  readonly state: 'active' | 'unlicensed' | 'disabled' | 'deleted';
}

/** How somebody else stands who holds a number (PRV-304). */
export function holderOf(user: GraphUser | undefined, deleted: boolean): NumberHolder | undefined {
  if (!user) return undefined;
  const upn = user.userPrincipalName ?? user.id;
  if (deleted) return { upn, state: 'deleted' };
  if (user.accountEnabled === false) return { upn, state: 'disabled' };
  const licence = licenceOf(user.assignedPlans, undefined);
  return { upn, state: licence !== 'unread' && licence.phone === 'missing' ? 'unlicensed' : 'active' };
}

const read = <T>(reading: Reading<T> | undefined): Seen<T | null> =>
  reading === undefined || reading instanceof GraphError ? 'unread' : reading;

/** Graph's words in ours. Pure; a field that did not come is unread, never no. */
export function microsoftFactsOf(readings: PersonReadings): MicrosoftFacts {
  const user = read(readings.user);
  const configuration = read(readings.configuration);
  const found = user === 'unread' || user === null ? undefined : user;
  const { membership } = readings;
  const numberSeen = read(readings.number);
  const objectId = user === null ? readings.goneObjectId : found?.id;
  return {
    readAtWallMs: readings.readAtWallMs,
    user: user === 'unread' || user === null ? user : userOf(user, configuration, readings.deletedOn),
    alsoMatches: readings.alsoMatches ?? [],
    ...(readings.candidates && { candidates: readings.candidates }),
    inEnableGroup:
      user === null ? false : !found || !membership || membership === 'unread' ? 'unread' : membership.member,
    ...(membership && membership !== 'unread' && membership.via.length > 0 && { via: membership.via }),
    licence: found
      ? licenceOf(found.assignedPlans, configuration === 'unread' ? undefined : configuration)
      : 'unread',
    number:
      objectId !== undefined && numberSeen !== 'unread'
        ? numberOf(numberSeen, objectId, configuration, readings)
        : 'unread',
    policies: policiesOf(configuration),
    ...(readings.configurationReadAtWallMs !== undefined && {
      policiesReadAtWallMs: readings.configurationReadAtWallMs,
    }),
  };
}

function userOf(
  user: GraphUser,
  configuration: Seen<GraphUserConfiguration | null>,
  deletedOn: string | undefined,
): Seen<MicrosoftUser> {
  // Without the right to read it, `accountEnabled` is missing: nothing is known then.
  if (typeof user.accountEnabled !== 'boolean') return 'unread';
  const type = configuration === 'unread' || configuration === null ? undefined : configuration.accountType;
  return {
    objectId: user.id,
    upn: user.userPrincipalName ?? user.id,
    enabled: user.accountEnabled,
    guest: user.userType === 'Guest' || type === 'guest',
    kind:
      user.isResourceAccount === true || type === 'resourceAccount'
        ? 'resource'
        : type === 'ineligibleUser'
          ? 'ineligible'
          : type === 'sfbOnPremUser'
            ? 'on-premises'
            : type === 'user'
              ? 'user'
              : 'unread',
    ...(user.usageLocation ? { country: user.usageLocation } : {}),
    ...(user.department ? { department: user.department } : {}),
    ...(user.city ? { city: user.city } : {}),
    ...(deletedOn !== undefined && { deletedOn }),
  };
}

/** `assignmentStatus` of a number that another has, in words for the admin (microsoft-graph 5.2). */
const heldAs: Readonly<Record<string, string>> = {
  conferenceAssigned: 'a conference bridge',
  voiceApplicationAssigned: 'a queue or menu of Teams',
};

function numberOf(
  number: GraphNumberAssignment | null,
  objectId: string,
  configuration: Seen<GraphUserConfiguration | null>,
  readings: PersonReadings,
): NumberFacts {
  const target = number?.assignmentTargetId ?? null;
  const same = target !== null && target.toLowerCase() === objectId.toLowerCase();
  const type = number?.numberType ?? null;
  const elsewhere = heldAs[number?.assignmentStatus ?? ''];
  const other = readings.others
    ? readings.others.find((one) => one !== number?.telephoneNumber)
    : primaryOf(configuration);
  return {
    holder: same
      ? { is: 'this-person' }
      : target === null
        ? // A bridge is no object of the directory: the status alone says that somebody has the number.
          elsewhere === undefined
          ? { is: 'nobody' }
          : { is: 'other', upn: elsewhere, state: 'assigned' }
        : otherHolder(target, elsewhere, readings),
    type: type === 'directRouting' || type === 'callingPlan' || type === 'operatorConnect' ? type : null,
    onPremises: number?.numberSource === 'onPremises',
    pending: number?.activationState === 'assignmentPending' || number?.activationState === 'updatePending',
    voiceEnabled: configuration === 'unread' ? 'unread' : configuration?.isEnterpriseVoiceEnabled === true,
    ...(other !== undefined && other !== number?.telephoneNumber && { otherNumber: other }),
    readAtWallMs: readings.numberReadAtWallMs,
  };
}

function otherHolder(
  target: string,
  elsewhere: string | undefined,
  { holderOf: who }: PersonReadings,
): NumberFacts['holder'] {
  const known = who?.(target);
  const objectId = elsewhere === undefined ? { objectId: target.toLowerCase() } : {};
  return {
    is: 'other',
    upn: known?.upn ?? target,
    state: elsewhere ?? known?.state ?? 'assigned',
    ...objectId,
  };
}

/** What is in effect for the person. Nobody known to Teams has no policies, which is as good as the tenant's default. */
function policiesOf(configuration: Seen<GraphUserConfiguration | null>): Seen<EffectivePolicies> {
  if (configuration === 'unread' || (configuration && !configuration.effectivePolicyAssignments))
    return 'unread';
  const of = (field: PolicyField): EffectivePolicies[PolicyField] => {
    const found = configuration?.effectivePolicyAssignments?.find(
      (one) => one?.policyType === policyTypes[field],
    )?.policyAssignment;
    return {
      name: found?.displayName ?? null,
      ...(found?.assignmentType && { by: found.assignmentType }),
    };
  };
  return { voiceRouting: of('voiceRouting'), calling: of('calling'), dialPlan: of('dialPlan') };
}

function primaryOf(configuration: Seen<GraphUserConfiguration | null>): string | undefined {
  if (configuration === 'unread') return undefined;
  const numbers = configuration?.telephoneNumbers ?? [];
  return numbers.find((one) => (one?.assignmentCategory ?? 'primary') === 'primary')?.telephoneNumber;
}
