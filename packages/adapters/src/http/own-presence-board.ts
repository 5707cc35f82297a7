import type {
  ChangeExceptions,
  PresenceExceptionsView,
  PresenceFix,
  PresenceJournalEntry,
  PresenceVectorView,
  SetManual,
} from '@tandem/contract';
import type { Person } from '@tandem/domain';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import type { PageAsk, PageOf } from './services.ts';

export interface JournalAsk extends PageAsk {
  /** Not before. */
  readonly fromWallMs?: number | undefined;
  readonly beforeWallMs?: number | undefined;
}

/** A change that somebody asked for: what stands now, or why not. */
export type OwnPresenceOutcome<Value> =
  | { readonly ok: true; readonly value: Value }
  /** The place in the request and what is wanted there. */
  | { readonly ok: false; readonly is: 'invalid'; readonly path: string; readonly message: string }
  | { readonly ok: false; readonly is: 'not-allowed'; readonly say: string };

/** One person's state, by the person, an administrator or the service desk. Who may is judged before. */
export interface OwnPresenceBoard {
  /** From memory, while the database is away. Undefined: nobody whom this node has heard of. */
  known(personId: string): Person | undefined;
  vector(person: Person): PresenceVectorView;
  set(person: Person, asked: SetManual, by: AuditActor): Promise<OwnPresenceOutcome<PresenceVectorView>>;
  release(person: Person, by: AuditActor): Promise<PresenceVectorView>;
  /** Newest first. */
  journal(person: Person, ask: JournalAsk): Promise<PageOf<PresenceJournalEntry>>;
  fix(person: Person, by: AuditActor): Promise<PresenceFix>;
  exceptions(person: Person): PresenceExceptionsView;
  changeExceptions(
    person: Person,
    change: ChangeExceptions,
    by: AuditActor,
  ): Promise<OwnPresenceOutcome<PresenceExceptionsView>>;
}
