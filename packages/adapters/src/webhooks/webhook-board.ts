import type { AccountId } from '@tandem/domain';
import type { AuditActor, AuditLog } from '@tandem/engine/ports/audit.ts';
import { type Scope, seesAccount } from '../http/scope.ts';
import type { Delivery, Webhook, WebhookChange, WebhookStore } from '../postgres/webhook-store.ts';
import { targetFault } from './outside-address.ts';
import { newSecret } from './signature.ts';
import type { WebhookDispatcher } from './webhook-dispatcher.ts';

export type WebhookRefusal = {
  readonly kind: 'refused';
  readonly field: 'url' | 'account';
  readonly say: string;
};

/** What the API may do with webhooks. `undefined`: there is none that the scope may see. */
export interface WebhookBoard {
  list(scope: Scope, account: AccountId | undefined): Promise<readonly Webhook[]>;
  create(
    accountId: AccountId,
    wanted: { readonly name: string; readonly url: string; readonly events: readonly string[] },
    by: AuditActor,
  ): Promise<
    { readonly kind: 'created'; readonly webhook: Webhook; readonly secret: string } | WebhookRefusal
  >;
  change(
    scope: Scope,
    id: string,
    change: WebhookChange,
    by: AuditActor,
  ): Promise<{ readonly kind: 'changed'; readonly webhook: Webhook } | WebhookRefusal | undefined>;
  remove(scope: Scope, id: string, by: AuditActor): Promise<boolean>;
  test(scope: Scope, id: string): Promise<boolean>;
  deliveries(scope: Scope, id: string): Promise<readonly Delivery[] | undefined>;
}

const mostShown = 100;

export function createWebhookBoard(parts: {
  readonly store: WebhookStore;
  readonly dispatcher: Pick<WebhookDispatcher, 'changed' | 'test'>;
  readonly audit: AuditLog;
  readonly newId: () => string;
  readonly insideAllowed: boolean;
  readonly accounts: () => Promise<readonly { readonly id: AccountId }[]>;
}): WebhookBoard {
  const { store, dispatcher, audit } = parts;

  async function find(scope: Scope, id: string): Promise<Webhook | undefined> {
    const found =
      scope.kind === 'platform' ? await store.findForPlatform(id) : await store.get(scope.accountId, id);
    return found && seesAccount(scope, found.accountId) ? found : undefined;
  }
  const fault = (url: string | undefined): WebhookRefusal | undefined => {
    const say = url === undefined ? undefined : targetFault(url, parts.insideAllowed);
    return say === undefined ? undefined : { kind: 'refused', field: 'url', say };
  };
  const shown = ({ name, url, events, active }: Webhook) => ({ name, url, events, active });

  return {
    async list(scope, account) {
      if (scope.kind !== 'platform') return await store.list(scope.accountId);
      if (account !== undefined) return await store.list(account);
      const accounts = await parts.accounts();
      return (await Promise.all(accounts.map(({ id }) => store.list(id)))).flat();
    },
    async create(accountId, wanted, by) {
      const refused = fault(wanted.url);
      if (refused) return refused;
      const secret = newSecret();
      const made = await store.create({ id: parts.newId(), accountId, ...wanted }, secret);
      if (!made.ok) return { kind: 'refused', field: 'account', say: 'there is no such account' };
      dispatcher.changed(accountId);
      const object = { kind: 'webhook', id: made.value.id, label: made.value.name };
      await audit.note({ accountId, actor: by, action: 'webhook.create', object, after: shown(made.value) });
      return { kind: 'created', webhook: made.value, secret };
    },
    async change(scope, id, change, by) {
      const before = await find(scope, id);
      if (!before) return undefined;
      const refused = fault(change.url);
      if (refused) return refused;
      const changed = await store.change(before.accountId, id, change);
      if (!changed.ok) return undefined;
      dispatcher.changed(before.accountId);
      await audit.note({
        accountId: before.accountId,
        actor: by,
        action: 'webhook.change',
        object: { kind: 'webhook', id, label: before.name },
        before: shown(before),
        after: shown(changed.value),
      });
      return { kind: 'changed', webhook: changed.value };
    },
    async remove(scope, id, by) {
      const before = await find(scope, id);
      if (!before || !(await store.remove(before.accountId, id))) return false;
      dispatcher.changed(before.accountId);
      await audit.note({
        accountId: before.accountId,
        actor: by,
        action: 'webhook.delete',
        object: { kind: 'webhook', id, label: before.name },
        before: shown(before),
      });
      return true;
    },
    async test(scope, id) {
      const found = await find(scope, id);
      if (found) await dispatcher.test(found);
      return found !== undefined;
    },
    async deliveries(scope, id) {
      const found = await find(scope, id);
      return found && (await store.deliveries(found.accountId, id, mostShown));
    },
  };
}
