import type { AccountId, CarrierId } from '@tandem/domain';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import type { PlatformUser } from '../postgres/user-store.ts';
import type { Scope } from './scope.ts';

export interface CarrierCredentials {
  readonly username: string;
  readonly password: string;
  readonly realm?: string;
}

/** Who gets in, and what carriers are shown. Secrets go in or come out once. */
export interface AccessBoard {
  signIns(scope: Scope, accountId: AccountId | undefined): Promise<readonly PlatformUser[]>;
  /** Undefined: nobody of the scope has this sign-in. */
  newPassword(scope: Scope, signInId: string, by: AuditActor): Promise<string | undefined>;
  /** `null`: the carrier wants none. False: there is no such carrier. */
  setCredentials(
    scope: Scope,
    carrierId: CarrierId,
    credentials: CarrierCredentials | null,
    by: AuditActor,
  ): Promise<boolean>;
}
