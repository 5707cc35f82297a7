import type { E164, LinkPolicy, LinkState, PolicyField, ReadinessCode } from '@tandem/domain';
import type { IdentityCandidate } from '../ports/directory-view.ts';
import type { ProvisioningSettings, WantedPolicies } from './settings.ts';

/** What Microsoft was not asked for, or did not answer. Never read as yes or as no. */
export type Seen<T> = T | 'unread';

/** What we know of the account and the person from our own store: always current. */
export interface OwnFacts {
  readonly account: {
    /** The operator lets the account use Teams (row 0), and it is not suspended. */
    readonly teamsEnabled: boolean;
    readonly suspended: boolean;
    /** What people call the enable group. */
    readonly enableGroup?: string;
    /** Where its members are kept. */
    readonly enableGroupId?: string;
    /** Absent: the enable group decides. */
    readonly mode?: ProvisioningSettings['mode'];
  };
  /** Absent: policies are kept by hand. */
  readonly wanted?: WantedPolicies;
  readonly tenant: TenantFacts;
  /** Undefined: nobody on the platform belongs to this Entra user. */
  readonly person: OwnPerson | undefined;
  readonly link: {
    readonly state: LinkState;
    readonly sinceWallMs: number;
    readonly acceptedWallMs?: number;
    /** What the last write came to, where it is refused or waits. */
    readonly code?: ReadinessCode;
    readonly reason?: string;
    /** Since Microsoft asked us to slow down, until when. */
    readonly throttledUntilWallMs?: number;
    readonly policies?: Readonly<Partial<Record<PolicyField, LinkPolicy>>>;
    /** Mixed mode. */
    readonly approved?: boolean;
  };
}

export interface OwnPerson {
  readonly id?: string;
  readonly displayName: string;
  readonly mail?: string;
  readonly active: boolean;
  readonly number?: E164;
  /** Set when the number's text is not valid; `suggestion` is what it may have meant. */
  readonly invalidNumber?: { readonly text: string; readonly suggestion?: string };
  readonly heldNumber?: { readonly until: string; readonly reason: string };
  readonly teamsToggle: boolean;
  readonly platformLicence: boolean;
  readonly licences?: { readonly used: number; readonly total: number };
  /** Other people of the account with the same identity (PRV-111). */
  readonly sharesIdentityWith: readonly string[];
  /** Evidence of a working Teams client (product-behaviour 1.7): a call touched it, the person said so, an override. */
  readonly clientSeen?: {
    readonly by: 'call' | 'person' | 'override';
    readonly wallMs: number;
  };
  /** By their own word; Microsoft tells nobody which client a call or a presence comes from (1.7 c). */
  readonly onlyWebClient?: boolean;
  readonly teamsAnswered404?: boolean;
  /** Why our own edge refused the person's last call (PRV-702). */
  readonly edgeRefused?: string;
  /** ISO 3166 alpha-2, by the plan of the number. */
  readonly numberCountry?: string;
}

/** The connection of an account with its Microsoft 365 tenant (row 1). */
export interface TenantFacts {
  readonly connection:
    | { readonly is: 'connected' }
    | { readonly is: 'never' }
    | { readonly is: 'lost'; readonly sinceWallMs: number }
    | { readonly is: 'missing-scope'; readonly scope: string }
    | { readonly is: 'credential-expired'; readonly date: string };
  /** `by-hand`: the account declares that its admins keep domain and routing, and Tandem does not look. */
  readonly domain: Seen<
    | { readonly is: 'active' }
    | { readonly is: 'by-hand' }
    | { readonly is: 'unverified'; readonly txt: string }
    | { readonly is: 'verified'; readonly name: string; readonly sinceWallMs: number }
  >;
  readonly routing: Seen<
    | { readonly is: 'present' }
    | { readonly is: 'by-hand' }
    | { readonly is: 'missing'; readonly object: string }
  >;
  /** Calling policies with which nobody calls, as the tenant said last; DisallowCalling besides. */
  readonly withoutCalling?: readonly string[];
  /** Microsoft was asked and did not answer as it should: what is known may be older than it looks. */
  readonly trouble?:
    | { readonly is: 'throttled'; readonly untilWallMs: number }
    | { readonly is: 'unavailable'; readonly sinceWallMs: number }
    /** Microsoft gives no token because one of the clocks is wrong. */
    | { readonly is: 'clock-differs'; readonly sinceWallMs: number };
  /** Minutes since Microsoft's last OPTIONS to this host; undefined while it is reachable or nobody counts. */
  readonly edgeSilent?: { readonly fqdn: string; readonly minutes: number };
}

/** What Graph said of one person. `readAtWallMs` is the time of the oldest part. */
export interface MicrosoftFacts {
  readonly readAtWallMs: number;
  /** Null: nobody matches. */
  readonly user: Seen<MicrosoftUser | null>;
  /** Entra users that match besides (PRV-112). */
  readonly alsoMatches: readonly string[];
  /** All who match, where they are several: an admin chooses one of them. */
  readonly candidates?: readonly IdentityCandidate[];
  readonly nearest?: readonly string[];
  readonly inEnableGroup: Seen<boolean>;
  /** Through which groups, outermost first; empty or absent: directly. */
  readonly via?: readonly string[];
  /** Another account whose enable group holds the person too. */
  readonly claimedBy?: string;
  readonly licence: Seen<LicenceFacts>;
  readonly number: Seen<NumberFacts>;
  /** What is in effect, whoever set it (row 11). */
  readonly policies: Seen<EffectivePolicies>;
  /** When Teams' own view was read: a policy write must be older than this before it is judged or repeated. */
  readonly policiesReadAtWallMs?: number;
}

/** Null: none is set for the person, the tenant's default counts. `by`: direct, group or what Microsoft says. */
export type EffectivePolicies = Readonly<
  Record<PolicyField, { readonly name: string | null; readonly by?: string }>
>;

export interface MicrosoftUser {
  readonly objectId: string;
  readonly upn: string;
  readonly enabled: boolean;
  readonly guest: boolean;
  readonly kind: Seen<'user' | 'resource' | 'ineligible' | 'on-premises'>;
  readonly deletedOn?: string;
  readonly country?: string;
  readonly department?: string;
  readonly city?: string;
}

export interface LicenceFacts {
  /** Both plans, Teams and Teams Phone, are usable. */
  readonly phone: 'usable' | 'warning' | 'pending' | 'missing';
  readonly callingPlan: boolean;
  /** The licence of the tenant's stock that would do, and how many are free; absent: the stock was not read. */
  readonly spare?: { readonly count: number; readonly sku: string };
  /** Seen by Teams itself: `featureTypes` contains PhoneSystem. */
  readonly seenByTeams: Seen<boolean>;
}

/** The wanted number in Microsoft's inventory. */
export interface NumberFacts {
  readonly holder:
    | { readonly is: 'nobody' }
    | { readonly is: 'this-person' }
    /** `objectId`: of a user, lower case; absent for what is no object of the directory, and for queues and menus. */
    | { readonly is: 'other'; readonly upn: string; readonly state: string; readonly objectId?: string };
  /** Null: Microsoft does not know the number. */
  readonly type: 'directRouting' | 'callingPlan' | 'operatorConnect' | null;
  readonly onPremises: boolean;
  readonly pending: boolean;
  /** Enterprise voice of the person. */
  readonly voiceEnabled: Seen<boolean>;
  /** The primary number that the person has at Microsoft when it is not the wanted one. */
  readonly otherNumber?: string;
  /** When the inventory was read: a write must be older than this before it is judged or repeated. */
  readonly readAtWallMs: number;
}
