import type { AccountDesk } from '@tandem/adapters/http/connection-board.ts';
import type { NumberBoard } from '@tandem/adapters/http/number-board.ts';
import type { Refusal } from '@tandem/adapters/postgres/outcome.ts';
import type { Inside } from '@tandem/adapters/postgres/together.ts';
import type { Step } from '@tandem/adapters/tenant-file/plan-file.ts';
import type { WebhookBoard } from '@tandem/adapters/webhooks/webhook-board.ts';
import type { AccountId, Person } from '@tandem/domain';
import type { AuditActor, AuditEntry } from '@tandem/engine/ports/audit.ts';

/** What the audit says why. */
export const reason = 'tenant file';

/** The boards that everybody uses, on stores that write within one transaction. */
export interface BoardsInside {
  readonly numbers: Pick<NumberBoard, 'createRange' | 'changeRange' | 'removeRange'>;
  readonly webhooks: Pick<WebhookBoard, 'create' | 'change' | 'remove'>;
  readonly accountDesk: Pick<AccountDesk, 'change'>;
}

/** One file being made, within one transaction. */
export interface Making {
  readonly accountId: AccountId;
  readonly inside: Inside;
  readonly boards: BoardsInside;
  readonly note: (entry: AuditEntry) => void;
  readonly by: AuditActor;
  /** What whoever applies has to know, for example a secret that is shown once. */
  readonly words: Map<Step, string>;
  /** One is enough, and nothing of the file stays. */
  readonly refusals: Map<Step, string>;
  /** Who belongs to queues and phones before, for the entries of the audit. */
  readonly people: readonly Person[];
  /** Numbers that a queue or a phone asks for by name. */
  readonly spared: ReadonlySet<string>;
  readonly newId: () => string;
  readonly wall: () => number;
}

export type StepOf<Do extends Step['do']> = Extract<Step, { readonly do: Do }>;
export type PersonStep = StepOf<'create-person' | 'change-person' | 'remove-person'>;
export type LineStep = StepOf<
  'create-queue' | 'change-queue' | 'remove-queue' | 'create-phone' | 'change-phone' | 'remove-phone'
>;

/** An entry of the audit for what a step did. */
export const entryOf = (
  { accountId, by }: Making,
  action: string,
  object: AuditEntry['object'],
  rest: Pick<AuditEntry, 'before' | 'after'>,
): AuditEntry => ({ accountId, actor: by, action, object, reason, ...rest });

/** A refusal of a store, in words. */
export function wordsOf(refusal: Refusal | { readonly kind: 'no-free-number' }): string {
  switch (refusal.kind) {
    case 'taken':
      return `The ${refusal.what} belongs to somebody else.`;
    case 'held':
      return refusal.say;
    case 'invalid':
      return refusal.detail;
    case 'no-free-number':
      return 'The account has no free number.';
    default:
      return `Refused: ${refusal.kind}.`;
  }
}
