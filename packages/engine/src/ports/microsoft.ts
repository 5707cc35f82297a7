import type { E164, PersonId, PolicyField } from '@tandem/domain';
import type { MicrosoftFacts, TenantFacts } from '../provisioning/facts.ts';
import type { PolicyWrite } from '../provisioning/policies.ts';
import type { WriteOutcome } from '../provisioning/write-outcome.ts';

/** Whom a reading is about, and which number is looked for: the wanted one, or the one that is being taken back. */
export interface AskedPerson {
  readonly personId: PersonId;
  readonly displayName: string;
  readonly upn: string;
  readonly mail?: string;
  /** The stored link's: from then on names do not count. */
  readonly objectId?: string;
  readonly number?: E164;
  /** Not settled: Teams' own view is read anew, not taken from an earlier reading. */
  readonly urgent: boolean;
  /** Microsoft has to show something before the person can go on. */
  readonly moving?: boolean;
}

export interface ReadAsk {
  /** Members of any of them are meant. */
  readonly groupIds: readonly string[];
  /** Policies whose names the tenant must know. */
  readonly policies: readonly { readonly field: PolicyField; readonly name: string }[];
  /** `moving`: only what has to show for people who are moving; everything else as it was read before. */
  readonly what: 'all' | 'moving';
}

/** A member of the enable groups whom no person of ours is (PRV-101). */
export interface UnmatchedMember {
  readonly objectId: string;
  readonly displayName: string;
  readonly upn: string;
  readonly mail?: string;
  readonly country?: string;
  readonly department?: string;
  readonly city?: string;
}

export interface Reading {
  readonly connection: TenantFacts['connection'];
  /** Microsoft slows us down or does not answer: what was read before stays as it is. */
  readonly trouble?: NonNullable<TenantFacts['trouble']>;
  /** People about whom something was read now. */
  readonly facts: ReadonlyMap<PersonId, MicrosoftFacts>;
  /** People in the enable groups; absent: not read. */
  readonly members?: number;
  readonly unmatched?: readonly UnmatchedMember[];
  /** A policy that is wanted and that the tenant does not know (PRV-013). */
  readonly missing?: string;
  /** Requests that this reading took: a large tenant is read less often. */
  readonly requests?: number;
}

/** One account's Microsoft 365 tenant. Nothing throws for what Microsoft says or fails to say. */
export interface MicrosoftTenant {
  read(ask: ReadAsk, people: readonly AskedPerson[]): Promise<Reading>;
  assign(number: E164, objectId: string): Promise<WriteOutcome>;
  unassign(number: string): Promise<WriteOutcome>;
  poll(operationId: string): Promise<WriteOutcome>;
  /** All of them or none: what is refused is said for the whole. */
  assignPolicies(objectId: string, writes: readonly PolicyWrite[]): Promise<WriteOutcome>;
}
