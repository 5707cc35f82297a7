import type { Role } from '@tandem/contract';

/** Who asks. Made by the session service only. */
export interface Principal {
  readonly userId: string;
  readonly name: string;
  readonly displayName: string;
  readonly role: Role;
  /** Unset for the operator. */
  readonly accountId?: string | undefined;
  /** The person this user is; a `user` without one sees nothing. */
  readonly personId?: string | undefined;
  /** Who of the customer approved what the provider proposed and this carries out. */
  readonly approvedBy?: string | undefined;
  readonly via: 'cookie' | 'bearer';
  /** For writes by cookie. */
  readonly csrfToken?: string | undefined;
  readonly idleUntilMs?: number | undefined;
  readonly endsAtMs?: number | undefined;
}
