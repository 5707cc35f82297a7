import { type QueueBoard, type QueueOutcome, seesQueue } from '@tandem/adapters/http/queue-board.ts';
import type { Scope } from '@tandem/adapters/http/scope.ts';
import { instant } from '@tandem/adapters/http/views/shape.ts';
import type { Refusal, Versioned } from '@tandem/adapters/postgres/outcome.ts';
import type { QueueStore, QueueStoreChange } from '@tandem/adapters/postgres/queue-store.ts';
import type { QueueLive, Queue as QueueShown } from '@tandem/contract';
import {
  type AccountId,
  asPersonId,
  asQueueId,
  type E164,
  type PersonId,
  type Queue,
  type QueueId,
  type QueueOverflow,
  type RoutingSnapshot,
} from '@tandem/domain';
import type { AuditActor, AuditLog } from '@tandem/engine';
import type { QueueView } from '@tandem/engine/queue/queue-view.ts';
import { ownerIn } from '@tandem/engine/routing/called-party.ts';

export interface QueuesParts {
  readonly store: QueueStore;
  readonly snapshot: () => RoutingSnapshot;
  /** The queue at this moment, from the engine's memory. */
  readonly viewOf: (queueId: QueueId) => QueueView | undefined;
  readonly audit: AuditLog;
  readonly refresh: () => Promise<unknown>;
  readonly newId: () => string;
}

/** What people do with queues. Who changed something is answered when calls follow the change. */
export function createQueueBoard(parts: QueuesParts): QueueBoard {
  const { store, audit } = parts;
  const nameOf = (personId: PersonId): string =>
    parts.snapshot().people.get(personId)?.displayName ?? 'somebody who left';

  const shown = (queue: Versioned<Queue>): QueueShown => ({
    ...queue,
    strategy: 'longest-idle',
    overflow: { ...queue.overflow },
    members: queue.members.map(({ personId, loggedIn }) => ({
      personId,
      displayName: nameOf(personId),
      loggedIn,
    })),
  });
  const find = async (scope: Scope, id: string): Promise<Versioned<Queue> | undefined> => {
    const accountId = accountOf(scope, id);
    const queues = accountId === undefined ? [] : await store.list(accountId);
    return queues.find((queue) => queue.id === id && seesQueue(scope, queue));
  };
  /** The operator names a queue without its account: the routing facts know it. */
  const accountOf = (scope: Scope, id: string): AccountId | undefined =>
    scope.kind === 'platform' ? parts.snapshot().queues.get(asQueueId(id))?.accountId : scope.accountId;

  async function settled(
    outcome:
      | { readonly ok: true; readonly value: Versioned<Queue> }
      | { readonly ok: false; readonly refusal: Refusal },
    before: Queue | undefined,
    action: string,
    actor: AuditActor,
  ): Promise<QueueOutcome> {
    if (!outcome.ok) return refusedAs(outcome.refusal);
    const queue = outcome.value;
    await parts.refresh();
    await audit.note({
      accountId: queue.accountId,
      actor,
      action,
      object: { kind: 'queue', id: queue.id, label: queue.name },
      ...(before && { before: auditedQueue(before) }),
      after: auditedQueue(queue),
    });
    return { ok: true, queue: shown(queue) };
  }

  /** A forward that leads nowhere is found when it is set, not by the caller. */
  function overflowFault(
    accountId: AccountId,
    overflow: QueueOverflow | undefined,
    own: readonly (string | null | undefined)[],
  ): QueueOutcome | undefined {
    if (overflow?.kind !== 'forward') return undefined;
    const { to } = overflow;
    const snapshot = parts.snapshot();
    const account = snapshot.accounts.get(accountId);
    const message = own.includes(to)
      ? 'is this queue itself'
      : account && ownerIn(snapshot, account, to)
        ? undefined
        : 'is no number or extension that somebody of the account has';
    if (message === undefined) return undefined;
    return { ok: false, code: 'invalid-request', errors: [{ path: 'overflow.to', message }] };
  }

  async function changed(
    scope: Scope,
    id: string,
    version: number | undefined,
    change: QueueStoreChange,
    actor: AuditActor,
  ): Promise<QueueOutcome> {
    const before = await find(scope, id);
    if (!before) return { ok: false, code: 'not-found' };
    const { extension = before.extension, number = before.number } = change;
    const fault = overflowFault(before.accountId, change.overflow, [extension, number]);
    if (fault) return fault;
    const outcome = await store.change(before.accountId, before.id, version, change);
    return settled(outcome, before, 'queue.change', actor);
  }

  return {
    async list(scope) {
      const accounts =
        scope.kind === 'platform' ? [...parts.snapshot().accounts.keys()] : ([scope.accountId] as const);
      const queues = await Promise.all(accounts.map((accountId) => store.list(accountId)));
      return queues
        .flat()
        .filter((queue) => seesQueue(scope, queue))
        .map(shown);
    },
    async get(scope, id) {
      const queue = await find(scope, id);
      return queue && shown(queue);
    },
    async live(scope, id) {
      const queue = parts.snapshot().queues.get(asQueueId(id));
      const view = queue && seesQueue(scope, queue) ? parts.viewOf(queue.id) : undefined;
      return view && liveOf(view, nameOf);
    },
    async create(accountId, wanted, actor) {
      if (!parts.snapshot().accounts.has(accountId)) return { ok: false, code: 'not-found' };
      const { members = [], extension, number, ...settings } = wanted;
      const fault = overflowFault(accountId, settings.overflow, [extension, number]);
      if (fault) return fault;
      const outcome = await store.create({
        ...settings,
        id: asQueueId(parts.newId()),
        accountId,
        ...(extension !== undefined && { extension }),
        ...(number !== undefined && { number: number as E164 }),
        members: members.map((personId) => ({ personId: asPersonId(personId), loggedIn: true })),
      });
      return settled(outcome, undefined, 'queue.create', actor);
    },
    change: (scope, id, { version, number, ...change }, actor) =>
      changed(scope, id, version, { ...change, number: number as E164 | null | undefined }, actor),
    setMembers: (scope, id, members, version, actor) => changed(scope, id, version, { members }, actor),
    async logIn(scope, id, personId, loggedIn, actor) {
      const before = await find(scope, id);
      if (!before?.members.some((one) => one.personId === personId)) return { ok: false, code: 'not-found' };
      const outcome = await store.logIn(before.accountId, before.id, personId, loggedIn);
      return settled(outcome, before, loggedIn ? 'queue.log-in' : 'queue.log-out', actor);
    },
    async remove(scope, id, actor) {
      const before = await find(scope, id);
      if (!before) return false;
      const outcome = await store.remove(before.accountId, before.id);
      if (!outcome.ok) return false;
      await parts.refresh();
      await audit.note({
        accountId: before.accountId,
        actor,
        action: 'queue.remove',
        object: { kind: 'queue', id: before.id, label: before.name },
        before: auditedQueue(before),
      });
      return true;
    },
  };
}

export function liveOf(view: QueueView, nameOf: (personId: PersonId) => string): QueueLive {
  return {
    queueId: view.queueId,
    waiting: view.waiting.map(({ callId, from, sinceWallMs, offeredTo }, at) => ({
      callId,
      from,
      since: instant(sinceWallMs),
      position: at + 1,
      ...(offeredTo !== undefined && { offeredTo }),
    })),
    members: view.members.map(({ personId, state, sentence, sinceWallMs, untilWallMs, callId }) => ({
      personId,
      displayName: nameOf(personId),
      state,
      sentence,
      ...(sinceWallMs !== undefined && { since: instant(sinceWallMs) }),
      ...(untilWallMs !== undefined && { until: instant(untilWallMs) }),
      ...(callId !== undefined && { callId }),
    })),
  };
}

function refusedAs(refusal: Refusal): QueueOutcome {
  switch (refusal.kind) {
    case 'taken':
      if (refusal.what === 'number') return { ok: false, code: 'number-taken' };
      return {
        ok: false,
        code: 'name-in-use',
        detail:
          refusal.what === 'extension'
            ? 'Somebody of the account has this extension.'
            : 'Another queue of the account has this name.',
      };
    case 'held':
      return { ok: false, code: 'number-held', detail: refusal.say };
    case 'conflict':
      return { ok: false, code: 'changed-meanwhile' };
    case 'unknown-reference':
      return {
        ok: false,
        code: 'invalid-request',
        errors: [{ path: 'members', message: 'names somebody who is nobody of this account' }],
      };
    case 'invalid':
      return { ok: false, code: 'invalid-request', detail: refusal.detail };
    case 'in-use':
    case 'not-found':
      return { ok: false, code: 'not-found' };
  }
}

function auditedQueue(queue: Queue): Readonly<Record<string, unknown>> {
  const { id: _, accountId: _of, ...rest } = queue;
  return { ...rest };
}
