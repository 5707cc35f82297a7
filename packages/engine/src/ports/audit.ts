import type { AccountId } from '@tandem/domain';

/** Who did it. `system`: the platform by itself, with the part that decided as its name. */
export interface AuditActor {
  readonly kind: 'user' | 'token' | 'system';
  readonly name: string;
  readonly role?: string;
  /** Address of the client. */
  readonly address?: string;
  /** Who of the customer approved what the provider proposed. */
  readonly approvedBy?: string;
}

/** One thing that was changed, or asked of Microsoft. Never holds a secret: name the field, not its value. */
export interface AuditEntry {
  /** Undefined: the platform's own chain. */
  readonly accountId: AccountId | undefined;
  readonly actor: AuditActor;
  /** noun.verb, for example `person.change`, `connection.consent`. */
  readonly action: string;
  readonly object: { readonly kind: string; readonly id: string; readonly label?: string };
  readonly before?: Readonly<Record<string, unknown>>;
  readonly after?: Readonly<Record<string, unknown>>;
  readonly reason?: string;
}

/** The chained log of changes. Never rejects: an entry that cannot be stored now waits on disk and is told of. */
export interface AuditLog {
  note(entry: AuditEntry): Promise<void>;
}
