import type { Permission, TenantFilePlan, TenantFileResult } from '@tandem/contract';
import type { AccountId } from '@tandem/domain';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import type { FileFault } from '../tenant-file/read-file.ts';

export interface TenantFileAsk {
  readonly file: string;
  readonly prune: boolean;
}

/** Who asks, and what their role lets them change: a file is no way around it. */
export interface TenantFileAsker extends AuditActor {
  readonly may: (permission: Permission) => boolean;
}

export type TenantFileOutcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'preview-outdated' }
  | { readonly kind: 'faults'; readonly faults: readonly FileFault[] };

/** A whole account as one declarative file. The HTTP side has narrowed to an account that the asker may see. */
export interface TenantFileBoard {
  /** The account as YAML. Undefined: there is no such account. */
  read(accountId: AccountId): Promise<string | undefined>;
  /** Changes nothing. */
  plan(
    accountId: AccountId,
    ask: TenantFileAsk,
    by: TenantFileAsker,
  ): Promise<TenantFileOutcome<TenantFilePlan>>;
  /** Makes the changes that `preview` names and no other; those for which the time was too short are `left`. */
  apply(
    accountId: AccountId,
    ask: TenantFileAsk & { readonly preview: string },
    by: TenantFileAsker,
  ): Promise<TenantFileOutcome<TenantFileResult>>;
}
