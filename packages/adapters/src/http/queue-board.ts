import type { NewQueue, ProblemCode, Queue, QueueChange, QueueLive } from '@tandem/contract';
import type { AccountId, PersonId } from '@tandem/domain';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import type { Scope } from './scope.ts';

export type QueueOutcome =
  | { readonly ok: true; readonly queue: Queue }
  | {
      readonly ok: false;
      readonly code: ProblemCode;
      readonly detail?: string;
      readonly errors?: readonly { readonly path: string; readonly message: string }[];
    };

/**
 * The queues of the accounts that a scope sees; a person's scope sees those in which the person is a member. What a change
 * answers holds for the next call already.
 */
export interface QueueBoard {
  list(scope: Scope): Promise<readonly Queue[]>;
  /** Undefined: there is none, or it is not theirs. */
  get(scope: Scope, id: string): Promise<Queue | undefined>;
  /** From memory: answers while the database is away. */
  live(scope: Scope, id: string): Promise<QueueLive | undefined>;
  create(accountId: AccountId, wanted: Omit<NewQueue, 'account'>, by: AuditActor): Promise<QueueOutcome>;
  change(scope: Scope, id: string, change: QueueChange, by: AuditActor): Promise<QueueOutcome>;
  setMembers(
    scope: Scope,
    id: string,
    members: readonly PersonId[],
    version: number | undefined,
    by: AuditActor,
  ): Promise<QueueOutcome>;
  logIn(
    scope: Scope,
    id: string,
    personId: PersonId,
    loggedIn: boolean,
    by: AuditActor,
  ): Promise<QueueOutcome>;
  /** False: there was none. */
  remove(scope: Scope, id: string, by: AuditActor): Promise<boolean>;
}

/** Whether the scope may know of the queue. */
export function seesQueue(
  scope: Scope,
  queue: { readonly accountId: string; readonly members: readonly { readonly personId: string }[] },
): boolean {
  if (scope.kind === 'platform') return true;
  if (scope.accountId !== queue.accountId) return false;
  return scope.kind === 'account' || queue.members.some(({ personId }) => personId === scope.personId);
}
