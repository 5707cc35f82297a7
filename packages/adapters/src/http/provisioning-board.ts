import type {
  ActionItem,
  HeldRemoval,
  PersonProvisioning,
  Provisioning,
  ProvisioningChange,
  ProvisioningPreview,
  ProvisioningStep,
  TakeOverPreview,
  TenantWrite,
  UnmatchedMember,
} from '@tandem/contract';
import type { DriftField, Person, PolicyField } from '@tandem/domain';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import type { Scope } from './scope.ts';
import type { PageAsk, PageOf } from './services.ts';

export type PersonAction =
  | { readonly kind: 'recheck' | 'retry' | 'push' }
  | { readonly kind: 'works'; readonly client: 'desktop' | 'web' }
  | {
      readonly kind: 'drift';
      readonly field: DriftField;
      readonly decision: 'repair' | 'accept' | 'undo';
    }
  | { readonly kind: 'take-over'; readonly preview: string }
  | { readonly kind: 'approve'; readonly approved: boolean }
  | { readonly kind: 'choose'; readonly objectId: string | null }
  | { readonly kind: 'override'; readonly reason: string }
  | { readonly kind: 'undo'; readonly what: 'number' | PolicyField };

export type ActOutcome =
  | { readonly kind: 'done' }
  | {
      readonly kind:
        | 'not-provisioned'
        | 'nothing-to-retry'
        | 'nothing-to-decide'
        | 'number-taken'
        | 'preview-outdated';
      readonly detail?: string;
    };

export type TakeOverAsk =
  | { readonly kind: 'preview'; readonly preview: TakeOverPreview }
  | { readonly kind: 'not-provisioned' | 'nothing-to-decide'; readonly detail?: string };

/** Provisioning as the API shows it. Answers come from memory, but for the history. */
export interface ProvisioningBoard {
  list(scope: Scope): readonly Provisioning[];
  /** Undefined: there is none, or the scope may not see it. */
  read(scope: Scope, connectionId: string): Provisioning | undefined;
  change(
    scope: Scope,
    connectionId: string,
    change: ProvisioningChange,
    by: AuditActor,
  ): Promise<Provisioning | undefined>;
  preview(
    scope: Scope,
    connectionId: string,
    change: ProvisioningChange,
  ): Omit<ProvisioningPreview, 'preview'> | undefined;
  /** What was decided about; empty: nothing is held. */
  decideHeld(
    scope: Scope,
    connectionId: string,
    decision: 'let-through' | 'keep',
    by: AuditActor,
  ): Promise<readonly HeldRemoval[] | undefined>;
  unmatched(scope: Scope, connectionId: string, ask: PageAsk): PageOf<UnmatchedMember> | undefined;
  inventory(scope: Scope, connectionId: string, ask: PageAsk): PageOf<TenantWrite> | undefined;
  actionItems(scope: Scope, owner: string | undefined): readonly ActionItem[];
  person(person: Person): PersonProvisioning;
  takeOver(person: Person): TakeOverAsk;
  history(person: Person, limit: number): Promise<readonly ProvisioningStep[]>;
  act(person: Person, action: PersonAction, by: AuditActor): Promise<ActOutcome>;
}
