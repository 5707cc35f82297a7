import type { MassChangeLimits } from '../directory-sync/mass-change-guard.ts';
import type { MatchStep } from '../directory-sync/match-identity.ts';
import type { Seen, TenantFacts } from '../provisioning/facts.ts';

/**
 * One Entra tenant's directory as it was read last: answers come from memory and never wait. What was never read
 * completely is `unread`, never yes and never no. Object ids are lower case.
 */
export interface DirectoryView {
  readonly entraTenantId: string;
  /** Grows with every change of an answer. */
  readonly revision: number;

  /** By object id. Null: there is no such user, not even in the recycle bin (`deletedOn`). */
  user(objectId: string): Seen<DirectoryUser | null>;
  users(): Iterable<DirectoryUser>;

  /** Which Entra user each of these is, by the order of product-behaviour 2.1; all at once, so that two who mean one are told. */
  /** `nearest`: also who may have been meant, by a walk through everybody; yes unless said otherwise. */
  match(
    people: readonly AskedIdentity[],
    how?: { readonly nearest: boolean },
  ): Seen<ReadonlyMap<string, MatchedIdentity>>;

  /**
   * Is the person in any of these groups, directly or through groups in them? `no` is said only when every group below was
   * read. People whom a mass change would take away are still members while it is held (product-behaviour 1.4), so nobody
   * who asks here has to guard against mass changes.
   */
  membership(groupIds: readonly string[], objectId: string): Seen<Membership>;
  /** Everybody in any of these groups, held people included; the recycle bin's are not. */
  members(groupIds: readonly string[]): Seen<ReadonlySet<string>>;
  /** Null: the group does not exist. */
  group(groupId: string): Seen<DirectoryGroup | null>;

  /** Wall ms at which the last complete reading of each began. Undefined: never. */
  readonly readAtWallMs: { readonly users: number | undefined; readonly groups: number | undefined };
  /** What keeps us from reading, as `TenantFacts` says it. What was read before stays as it is. */
  readonly state: Pick<TenantFacts, 'connection' | 'trouble'>;

  /**
   * The groups that decide who calls from Teams. They and all groups in them are followed from now on; answers about a new one
   * are `unread` until it was read. Replaces what was set before.
   */
  followGroups(groupIds: readonly string[]): void;
  /**
   * Whose leaving counts for the mass-change guard: the object ids of people who are linked now. Replaces what was said
   * before; to be said before the first reading is used and whenever it changes. `limits`: the account's, else the usual ones.
   */
  protect(objectIds: ReadonlySet<string>, limits?: MassChangeLimits): void;

  /** Told after answers about these people changed; `all`: about anybody. Returns the way to stop. */
  onChange(heard: (objectIds: ReadonlySet<string> | 'all') => void): () => void;
  /**
   * Asks Microsoft for changes unless that was done within the last `youngerThanMs`. Resolves when that reading is over,
   * however it went (see `state`); never rejects, and never reads inside a wait that Microsoft asked for.
   */
  refresh(youngerThanMs: number): Promise<void>;
}

export interface DirectoryUser {
  readonly objectId: string;
  /** Empty when the directory does not say. */
  readonly upn: string;
  readonly displayName: string;
  readonly mail?: string;
  /** With their prefix, `SMTP:` for the primary one. */
  readonly proxyAddresses: readonly string[];
  readonly enabled: Seen<boolean>;
  readonly guest: boolean;
  readonly resource: boolean;
  /** ISO 3166 alpha 2: `usageLocation`. */
  readonly country?: string;
  readonly department?: string;
  readonly city?: string;
  readonly office?: string;
  readonly jobTitle?: string;
  /** As written in the directory: business first, then mobile. A hint, never an identity. */
  readonly phones: readonly string[];
  /** Service plans with their best state. */
  readonly plans: Seen<readonly DirectoryPlan[]>;
  /** Ids of the assigned licences (SKUs). */
  readonly licences: readonly string[];
  /** ISO date and time since when the user is in the recycle bin (30 days); absent: not deleted. */
  readonly deletedOn?: string;
}

export interface DirectoryPlan {
  /** Lower case. */
  readonly servicePlanId: string;
  /** Enabled, Warning, Suspended, Deleted, LockedOut. */
  readonly capabilityStatus: string;
}

/** People of ours to look for: `id` is ours. */
export interface AskedIdentity {
  readonly id: string;
  readonly displayName?: string;
  readonly mail?: string;
  readonly upn?: string;
  /** The stored link: nothing else counts then. */
  readonly objectId?: string;
}

export interface IdentityCandidate {
  readonly objectId: string;
  readonly upn: string;
  readonly displayName: string;
}

export interface MatchedIdentity {
  /**
   * Null: nobody. Where only a guest, a disabled or a resource account matches it is shown, though no candidate for a link: that
   * is what is wrong. With `alsoMatches` it is the first of several.
   */
  readonly user: DirectoryUser | null;
  readonly by?: MatchStep;
  /** Sign-in names of the others that match besides (PRV-112). */
  readonly alsoMatches: readonly string[];
  /** With `alsoMatches`: all who match, the first one too, for whoever has to choose. */
  readonly candidates?: readonly IdentityCandidate[];
  /** Ids (ours) of others who match the same user (PRV-111). */
  readonly sharedWith: readonly string[];
  /** Nobody matches: sign-in names of who may have been meant. */
  readonly nearest: readonly string[];
}

export interface Membership {
  readonly member: boolean;
  /** The groups between the asked one and the person, outermost first; empty: direct, or no member. */
  readonly via: readonly { readonly id: string; readonly name: string }[];
  /** Which of the asked groups. */
  readonly groupId?: string;
  readonly readAtWallMs: number;
  /** The directory says no, but a mass change waits for an admin. */
  readonly held?: true;
}

export type GroupKind = 'assigned' | 'dynamic' | 'microsoft365';

export interface DirectoryGroup {
  readonly id: string;
  readonly name: string;
  readonly kind: GroupKind;
  /** Comes from a directory on the customer's premises. */
  readonly synced: boolean;
  /** Direct members who are people. */
  readonly people: number;
  readonly nested: number;
  readonly deletedOn?: string;
}
