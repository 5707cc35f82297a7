import type { E164, PersonId } from '@tandem/domain';
import type { MicrosoftFacts, TenantFacts } from '../provisioning/facts.ts';
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
}

export interface Reading {
  readonly connection: TenantFacts['connection'];
  /** Microsoft slows us down or does not answer: what was read before stays as it is. */
  readonly trouble?: NonNullable<TenantFacts['trouble']>;
  /** People about whom something was read now. */
  readonly facts: ReadonlyMap<PersonId, MicrosoftFacts>;
}

/** One account's Microsoft 365 tenant. Nothing throws for what Microsoft says or fails to say. */
export interface MicrosoftTenant {
  read(enableGroupId: string, people: readonly AskedPerson[]): Promise<Reading>;
  assign(number: E164, objectId: string): Promise<WriteOutcome>;
  unassign(number: E164): Promise<WriteOutcome>;
  poll(operationId: string): Promise<WriteOutcome>;
}
