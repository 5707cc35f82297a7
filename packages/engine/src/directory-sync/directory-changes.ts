import type { DirectoryPlan, GroupKind } from '../ports/directory-view.ts';

/**
 * What one page of a delta query says, in our words (microsoft-graph 4.3). Object ids are lower case. A field that is absent did
 * not change (or, in a first reading, is not known); null clears it.
 */
export type UserChange =
  | { readonly objectId: string; readonly gone: 'recycled' | 'purged' }
  | ({ readonly objectId: string; readonly gone?: undefined } & Partial<UserFields>);

export interface UserFields {
  readonly upn: string | null;
  readonly displayName: string | null;
  readonly mail: string | null;
  readonly proxyAddresses: readonly string[];
  readonly enabled: boolean | null;
  readonly guest: boolean;
  readonly resource: boolean;
  readonly country: string | null;
  readonly department: string | null;
  readonly city: string | null;
  readonly office: string | null;
  readonly jobTitle: string | null;
  readonly businessPhones: readonly string[];
  readonly mobilePhone: string | null;
  readonly plans: readonly DirectoryPlan[];
  readonly licences: readonly string[];
}

export type GroupChange =
  | { readonly id: string; readonly gone: 'recycled' | 'purged' }
  | ({
      readonly id: string;
      readonly gone?: undefined;
      readonly members?: readonly MemberChange[];
    } & Partial<GroupFields>);

export interface GroupFields {
  readonly name: string | null;
  readonly kind: GroupKind;
  readonly synced: boolean;
}

export interface MemberChange {
  readonly id: string;
  /** What the member is; a removal may not say. Devices, apps and contacts are no members for us. */
  readonly type: 'user' | 'group' | 'other' | 'unsaid';
  readonly removed: boolean;
}
