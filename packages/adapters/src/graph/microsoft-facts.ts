import type { MicrosoftFacts, MicrosoftUser, NumberFacts, Seen } from '@tandem/engine';
import { GraphError } from './graph-error.ts';
import type { GraphNumberAssignment, GraphUser, GraphUserConfiguration } from './graph-types.ts';
import { licenceOf } from './licence-plans.ts';
import type { Reading } from './read-directory.ts';

/** What was read for one person; a GraphError or undefined is a thing that was not read. */
export interface PersonReadings {
  readonly readAtWallMs: number;
  readonly user: Reading<GraphUser> | undefined;
  readonly configuration: Reading<GraphUserConfiguration> | undefined;
  /** The wanted number, or while a number is taken back, that one. */
  readonly number: Reading<GraphNumberAssignment> | undefined;
  readonly numberReadAtWallMs: number;
  /** The Direct Routing numbers of the tenant, where they were swept: they follow a write sooner than Teams' own view. */
  readonly inventory?: readonly GraphNumberAssignment[];
  readonly members: ReadonlySet<string> | GraphError | undefined;
  readonly alsoMatches?: readonly string[];
  /** UPNs by object id, to name who holds a number. */
  readonly upnOf?: (objectId: string) => string | undefined;
  /** The account's policy by name; undefined: the routing is kept by hand. */
  readonly routingPolicy?: string;
}

const read = <T>(reading: Reading<T> | undefined): Seen<T | null> =>
  reading === undefined || reading instanceof GraphError ? 'unread' : reading;

/** Graph's words in ours. Pure; a field that did not come is unread, never no. */
export function microsoftFactsOf(readings: PersonReadings): MicrosoftFacts {
  const user = read(readings.user);
  const configuration = read(readings.configuration);
  const found = user === 'unread' || user === null ? undefined : user;
  const members = readings.members instanceof Set ? readings.members : undefined;
  const numberSeen = read(readings.number);
  return {
    readAtWallMs: readings.readAtWallMs,
    user: user === 'unread' || user === null ? user : userOf(user, configuration),
    alsoMatches: readings.alsoMatches ?? [],
    inEnableGroup:
      members === undefined ? 'unread' : found ? members.has(found.id) : user === null ? false : 'unread',
    licence: found
      ? licenceOf(found.assignedPlans, configuration === 'unread' ? undefined : configuration)
      : 'unread',
    number:
      found && numberSeen !== 'unread' ? numberOf(numberSeen, found, configuration, readings) : 'unread',
    routingPolicy: policyOf(configuration, readings.routingPolicy),
  };
}

function userOf(user: GraphUser, configuration: Seen<GraphUserConfiguration | null>): Seen<MicrosoftUser> {
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
  };
}

/** `assignmentStatus` of a number that another has, in words for the admin (microsoft-graph 5.2). */
const heldAs: Readonly<Record<string, string>> = {
  conferenceAssigned: 'a conference bridge',
  voiceApplicationAssigned: 'a queue or menu of Teams',
};

function numberOf(
  number: GraphNumberAssignment | null,
  user: GraphUser,
  configuration: Seen<GraphUserConfiguration | null>,
  readings: PersonReadings,
): NumberFacts {
  const target = number?.assignmentTargetId ?? null;
  const same = target !== null && target.toLowerCase() === user.id.toLowerCase();
  const type = number?.numberType ?? null;
  const other = readings.inventory
    ? readings.inventory.find(
        (one) =>
          one.assignmentTargetId?.toLowerCase() === user.id.toLowerCase() &&
          one.telephoneNumber !== number?.telephoneNumber,
      )?.telephoneNumber
    : primaryOf(configuration);
  return {
    holder: same
      ? { is: 'this-person' }
      : target === null
        ? { is: 'nobody' }
        : {
            is: 'other',
            upn: readings.upnOf?.(target) ?? target,
            state: heldAs[number?.assignmentStatus ?? ''] ?? 'assigned',
          },
    type: type === 'directRouting' || type === 'callingPlan' || type === 'operatorConnect' ? type : null,
    onPremises: number?.numberSource === 'onPremises',
    pending: number?.activationState === 'assignmentPending' || number?.activationState === 'updatePending',
    voiceEnabled: configuration === 'unread' ? 'unread' : configuration?.isEnterpriseVoiceEnabled === true,
    ...(other !== undefined && other !== number?.telephoneNumber && { otherNumber: other }),
    readAtWallMs: readings.numberReadAtWallMs,
  };
}

function policyOf(
  configuration: Seen<GraphUserConfiguration | null>,
  wanted: string | undefined,
): MicrosoftFacts['routingPolicy'] {
  if (wanted === undefined) return 'by-hand';
  if (configuration === 'unread') return 'unread';
  const policy = configuration?.effectivePolicyAssignments?.find(
    (one) => one?.policyType === 'OnlineVoiceRoutingPolicy',
  );
  return policy?.policyAssignment?.displayName === wanted ? 'assigned' : 'missing';
}

function primaryOf(configuration: Seen<GraphUserConfiguration | null>): string | undefined {
  if (configuration === 'unread') return undefined;
  const numbers = configuration?.telephoneNumbers ?? [];
  return numbers.find((one) => (one?.assignmentCategory ?? 'primary') === 'primary')?.telephoneNumber;
}
