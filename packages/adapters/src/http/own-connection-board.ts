import type { AccelerationView, GoTo, OwnConnectionMode, OwnConnectionView } from '@tandem/contract';
import type { AccountId, Person } from '@tandem/domain';
import type { OwnAsker, OwnOutcome, OwnReturn } from '@tandem/engine/own-connection/own-connection-desk.ts';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';

/** Sign-ins of people at Microsoft. The HTTP side filters by scope before it asks for a person or an account. */
export interface OwnConnectionBoard {
  show(person: Person): OwnConnectionView;
  begin(person: Person, ask: { readonly returnTo: string }, by: OwnAsker): Promise<OwnOutcome<GoTo>>;
  complete(
    back: OwnReturn,
    by: OwnAsker,
  ): Promise<
    OwnOutcome<{
      readonly use: 'own' | 'accelerator';
      readonly accountId: AccountId;
      readonly sentence: string;
    }>
  >;
  /** A second time changes nothing. */
  disconnect(person: Person, by: AuditActor): Promise<void>;
  acceleration(accountId: AccountId): AccelerationView;
  change(
    accountId: AccountId,
    change: {
      readonly ownConnections?: OwnConnectionMode | undefined;
      readonly accelerate?: boolean | undefined;
    },
    by: AuditActor,
  ): Promise<void>;
  beginAccelerator(accountId: AccountId, returnTo: string, by: OwnAsker): Promise<OwnOutcome<GoTo>>;
  /** A second time changes nothing. */
  removeAccelerator(accountId: AccountId, id: string, by: AuditActor): Promise<void>;
}
