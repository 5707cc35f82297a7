import type { DirectoryRole } from '../entra/directory-roles.ts';
import type { AnswerHabit, ClientKind, LicenceName } from '../world/rehearsal-world.ts';
import type { PolicyType, TenantVoice } from './voice.ts';

/** Microsoft's side of a customer as far as calls and the directory need it (teams-direct-routing 3, 8; graph 4). */

export interface VerifiedDomain {
  readonly name: string;
  /** A licensed account exists in exactly this domain, and Microsoft has noticed (3.3). */
  activated: boolean;
  /** Wall ms since when such an account exists; undefined: there is none. */
  qualifiedAt?: number | undefined;
  /** Microsoft never notices, until somebody says otherwise. */
  stuck?: boolean;
}

/** A domain that was added and not proved yet (graph 4.6). */
export interface PendingDomain {
  readonly name: string;
  /** `MS=ms########`: what a TXT record has to say. */
  readonly challenge: string;
  readonly addedAt: number;
}

/** `CsOnlinePSTNGateway`; a derived trunk has the carrier trunk's values under its own name. */
export interface Trunk {
  readonly fqdn: string;
  sipSignalingPort: number;
  enabled: boolean;
  sendSipOptions: boolean;
  failoverTimeSeconds: number;
  failoverResponseCodes: readonly number[];
  forwardPai: boolean;
  forwardCallHistory: boolean;
  mediaBypass: boolean;
  maxConcurrentSessions: number | undefined;
}

/** `deleted` may be restored for 30 days; `purged` is gone for good; `unborn` is how the time before looks. */
export type Life = 'unborn' | 'live' | 'deleted' | 'purged';

/** A service plan that the user once had (`assignedPlans` keeps it; graph 4.5). */
export interface PastPlan {
  readonly planId: string;
  readonly assignedAt: number;
}

export interface TeamsUser {
  /** Changed by `Directory.rename` alone: it is the key of the tenant's users. */
  upn: string;
  readonly objectId: string;
  readonly tenantId: string;
  displayName: string;
  accountEnabled: boolean;
  accountType: 'member' | 'guest' | 'resource-account';
  licences: readonly LicenceName[];
  /** Service plans that are switched off, by licence. */
  disabledPlans: Readonly<Partial<Record<LicenceName, readonly string[]>>>;
  pastPlans: readonly PastPlan[];
  enterpriseVoice: boolean;
  number: string | undefined;
  /** Switches that other policies would have. */
  allowOutboundPstn: boolean;
  busyOnBusy: boolean;
  /** In a conversation that is none of ours. */
  busyElsewhere: boolean;
  /** Ids of the groups that name the user as a member; what is nested counts through `Tenant.groups`. */
  groups: readonly string[];
  /** Null: no mailbox. */
  mail: string | null;
  /** Further addresses. */
  aliases: readonly string[];
  /** ISO 3166; null: nobody said, and no licence can be assigned. */
  usageLocation: string | null;
  department: string | null;
  city?: string | null;
  officeLocation?: string | null;
  jobTitle?: string | null;
  /** As somebody typed them. */
  businessPhones?: readonly string[];
  mobilePhone?: string | null;
  /** Object id of who leads this user. */
  managerId?: string | null;
  /** Synchronised from a directory on premises, telephone number included. */
  onPremises: boolean;
  directoryRoles: readonly DirectoryRole[];
  /** Policies that were assigned to this user by name; groups and the tenant's Global come on top. */
  policies: Readonly<Partial<Record<PolicyType, string>>>;
  life: Life;
  /** Wall ms of the soft deletion. */
  deletedAt: number | undefined;
  readonly createdAt: number;
}

type Given = 'upn' | 'objectId' | 'tenantId' | 'displayName';

/** A user with nothing but a name; what is given counts. */
export function makeUser(given: Pick<TeamsUser, Given> & Partial<TeamsUser>): TeamsUser {
  return {
    accountEnabled: true,
    accountType: 'member',
    licences: [],
    disabledPlans: {},
    pastPlans: [],
    enterpriseVoice: false,
    number: undefined,
    allowOutboundPstn: true,
    busyOnBusy: false,
    busyElsewhere: false,
    groups: [],
    mail: null,
    aliases: [],
    usageLocation: 'US',
    department: null,
    onPremises: false,
    directoryRoles: [],
    policies: {},
    life: 'live',
    deletedAt: undefined,
    createdAt: Date.UTC(2026, 0, 5, 8),
    ...given,
  };
}

export interface Group {
  readonly id: string;
  displayName: string;
  /** Ids of the groups that are members of this one. */
  nested: readonly string[];
  /** A Microsoft 365 group can be restored after its deletion; a security group cannot. */
  readonly kind: 'security' | 'unified';
  /** Membership rule: members follow it and nobody adds or removes them by hand. */
  rule: string | undefined;
  life: Life;
  deletedAt: number | undefined;
  readonly createdAt: number;
}

export const makeGroup = (given: Pick<Group, 'id' | 'displayName'> & Partial<Group>): Group => ({
  nested: [],
  kind: 'security',
  rule: undefined,
  life: 'live',
  deletedAt: undefined,
  createdAt: Date.UTC(2026, 0, 5, 8),
  ...given,
});

/** What was bought of one licence (`prepaidUnits`; graph 4.5). */
export interface Seats {
  enabled: number;
  warning: number;
  suspended: number;
  lockedOut: number;
}

export interface Tenant {
  readonly id: string;
  readonly name: string;
  readonly country: string;
  /** `….onmicrosoft.com`: always there, never to be used for a trunk. */
  readonly initialDomain: string;
  /** Verified ones. */
  readonly domains: Map<string, VerifiedDomain>;
  readonly pendingDomains: Map<string, PendingDomain>;
  /** Trunk objects by name; derived trunks have none. */
  readonly trunks: Map<string, Trunk>;
  /** Those who live, by UPN in lower case. */
  readonly users: Map<string, TeamsUser>;
  /** Those who live, by id. */
  readonly groups: Map<string, Group>;
  /** Id of the group that decides who calls from Teams. */
  readonly enableGroupId: string;
  /** Patterns on the caller's number (8.9). */
  blockedCallers: RegExp[];
  /** Usages, routes, policies and who has them (8.3). */
  readonly voice: TenantVoice;
  readonly seats: Map<LicenceName, Seats>;
  /** Numbers of the audio conferencing bridge. */
  conferenceNumbers: readonly string[];
  /** In another national cloud there is no administration of Teams by Graph (T7). */
  cloud: 'global' | 'us-government' | 'china';
  /** Grows with each reset: delta tokens of before are worthless. */
  deltaEpoch: number;
}

export interface SeededUser {
  readonly user: TeamsUser;
  readonly clients: readonly ClientKind[];
  readonly answers: AnswerHabit;
}
