import type { AnswerHabit, ClientKind, LicenceName } from '../world/rehearsal-world.ts';

/** Microsoft's side of a customer as far as calls need it (teams-direct-routing 3, 8.1, 8.4, 8.7, 8.9). */

export interface VerifiedDomain {
  readonly name: string;
  /** A licensed account exists in exactly this domain (3.3). */
  activated: boolean;
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

export interface TeamsUser {
  readonly upn: string;
  readonly objectId: string;
  readonly tenantId: string;
  displayName: string;
  accountEnabled: boolean;
  accountType: 'member' | 'guest' | 'resource-account';
  licences: readonly LicenceName[];
  enterpriseVoice: boolean;
  number: string | undefined;
  /** Calling policy switches. */
  allowPrivateCalling: boolean;
  allowOutboundPstn: boolean;
  busyOnBusy: boolean;
  /** In a conversation that is none of ours. */
  busyElsewhere: boolean;
  /** Ids of the groups that name the user as a member; what is nested counts through `Tenant.groups`. */
  groups: readonly string[];
  /** Null: no mailbox. */
  mail: string | null;
}

export interface Group {
  readonly id: string;
  readonly displayName: string;
  /** Ids of the groups that are members of this one. */
  readonly nested: readonly string[];
}

export interface Tenant {
  readonly id: string;
  readonly name: string;
  readonly domains: Map<string, VerifiedDomain>;
  /** Trunk objects by name; derived trunks have none. */
  readonly trunks: Map<string, Trunk>;
  readonly users: Map<string, TeamsUser>;
  readonly groups: Map<string, Group>;
  /** Id of the group that decides who calls from Teams. */
  readonly enableGroupId: string;
  /** Patterns on the caller's number (8.9). */
  blockedCallers: RegExp[];
  /** Trunk names of the voice route, first choice first. */
  voiceRoute: string[];
}

export interface SeededUser {
  readonly user: TeamsUser;
  readonly clients: readonly ClientKind[];
  readonly answers: AnswerHabit;
}
