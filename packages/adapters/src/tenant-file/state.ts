import type { PresenceSyncSettings, ProvisioningSettings } from '@tandem/contract';
import type { Account, Device, E164, Person, PersonId, Queue } from '@tandem/domain';

/** What of an account a file can name, as it stands. */
export interface TenantState {
  readonly account: Account;
  readonly connections: readonly {
    readonly id: string;
    readonly tenantId: string;
    readonly settings: ProvisioningSettings;
  }[];
  readonly ranges: readonly StoredRange[];
  readonly people: readonly Person[];
  /** Sorted; who has none is not in it. */
  readonly tags: ReadonlyMap<PersonId, readonly string[]>;
  readonly queues: readonly Queue[];
  readonly phones: readonly Device[];
  readonly presence: PresenceSyncSettings;
  readonly webhooks: readonly StoredWebhook[];
  /** Numbers of the account that are not simply free. */
  readonly numbers: ReadonlyMap<E164, NumberUse>;
}

export interface StoredRange {
  readonly id: string;
  readonly name: string;
  readonly first: E164;
  readonly last: E164;
  readonly size: number;
  readonly free: number;
}

export interface StoredWebhook {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly active: boolean;
}

export type NumberUse =
  | { readonly by: 'person'; readonly personId: PersonId }
  | { readonly by: 'device' }
  | { readonly by: 'queue' }
  | {
      readonly by: 'hold';
      readonly say: string;
      readonly reservedFor?: string;
      readonly formerPersonId?: PersonId;
    };
