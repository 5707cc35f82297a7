import { join } from 'node:path';
import { type ChainedEntry, headKey } from '@tandem/adapters/audit/audit-chain.ts';
import { createAuditLog, type NodeAuditLog } from '@tandem/adapters/audit/audit-log.ts';
import type { FeedEvent } from '@tandem/adapters/http/events/event-feed.ts';
import type { AuditBoard } from '@tandem/adapters/http/services.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import { createWebhookBoard, type WebhookBoard } from '@tandem/adapters/webhooks/webhook-board.ts';
import { createWebhookDispatcher } from '@tandem/adapters/webhooks/webhook-dispatcher.ts';
import type { AccountId } from '@tandem/domain';
import type { AuditLog } from '@tandem/engine/ports/audit.ts';

export interface ChangeLog {
  /** For everybody who changes something: in the chain first, then told to the account's webhooks. */
  readonly audit: AuditLog;
  /** What somebody's own transaction has put into the chain: its head is signed, and the account's webhooks are told. */
  stored(accountId: AccountId, entries: readonly ChainedEntry[]): void;
  readonly board: AuditBoard;
  readonly webhooks: WebhookBoard;
  /** The board of webhooks on stores that write within one transaction. */
  webhooksOn(stores: Pick<Stores, 'webhooks'>, audit: AuditLog): WebhookBoard;
  /** What people's readiness came to is news as well. */
  heard(event: FeedEvent): void;
  stop(): Promise<void>;
}

/** The log of changes and those who are told of them. */
export function openChangeLog(parts: {
  readonly stores: Pick<Stores, 'audit' | 'webhooks' | 'accounts'>;
  readonly masterKey: Uint8Array;
  readonly nodeDir: string;
  readonly clock: { wall(): number; after(ms: number, fire: () => void): () => void };
  readonly newId: () => string;
  /** Rehearsals point their webhooks at this machine. */
  readonly insideAllowed: boolean;
  readonly onProblem: (what: string) => void;
}): ChangeLog {
  const { stores, clock, onProblem } = parts;
  const chained: NodeAuditLog = createAuditLog({
    store: stores.audit,
    key: headKey(parts.masterKey),
    spoolFile: join(parts.nodeDir, 'audit-waiting.jsonl'),
    anchorFile: join(parts.nodeDir, 'audit-heads.jsonl'),
    clock,
    onProblem,
  });
  const dispatcher = createWebhookDispatcher({
    store: stores.webhooks,
    clock,
    newId: parts.newId,
    insideAllowed: parts.insideAllowed,
    onProblem,
  });
  const webhooksOn: ChangeLog['webhooksOn'] = (on, log) =>
    createWebhookBoard({
      store: on.webhooks,
      dispatcher,
      audit: log,
      newId: parts.newId,
      insideAllowed: parts.insideAllowed,
      accounts: stores.accounts.listAllAccountsForPlatform,
    });
  const audit: AuditLog = {
    async note(entry) {
      await chained.note(entry);
      const { accountId, action, ...data } = entry;
      if (accountId !== undefined) void dispatcher.publish({ accountId, event: action, data });
    },
  };
  return {
    audit,
    stored(accountId, entries) {
      void chained.stored(accountId, entries);
      // Before the commit only the old ones were there to be read.
      if (entries.some(({ action }) => action.startsWith('webhook.'))) dispatcher.changed(accountId);
      for (const { actor, action, object, before, after, reason } of entries)
        void dispatcher.publish({
          accountId,
          event: action,
          data: {
            actor,
            object,
            ...(before && { before }),
            ...(after && { after }),
            ...(reason !== undefined && { reason }),
          },
        });
    },
    board: { list: stores.audit.list, check: chained.check },
    webhooks: webhooksOn(stores, audit),
    webhooksOn,
    heard(event) {
      if (event.kind !== 'person' || !event.readiness) return;
      const { accountId, personId, readiness } = event;
      void dispatcher.publish({ accountId, event: 'readiness.change', data: { personId, readiness } });
    },
    async stop() {
      await dispatcher.stop();
      await chained.stop();
    },
  };
}
