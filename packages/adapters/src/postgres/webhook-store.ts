import type { AccountId } from '@tandem/domain';
import { type Selectable, sql } from 'kysely';
import type { SecretBox } from '../security/secret-box.ts';
import type { Database } from './database.ts';
import { done, isId, refused, type StoreOutcome } from './outcome.ts';
import type { Schema } from './schema.ts';

export interface Webhook {
  readonly id: string;
  readonly accountId: AccountId;
  readonly name: string;
  readonly url: string;
  /** Exact names, nouns with their dot, or `*`. */
  readonly events: readonly string[];
  readonly active: boolean;
  /** Why the platform switched it off. */
  readonly stoppedBecause?: string;
  /** Deliveries in a row that were given up. */
  readonly failures: number;
  readonly lastSuccessWallMs?: number;
  readonly version: number;
}

export interface Delivery {
  readonly id: string;
  readonly webhookId: string;
  readonly accountId: AccountId;
  readonly event: string;
  readonly body: string;
  readonly createdWallMs: number;
  readonly attempts: number;
  /** Absent: delivered, or given up. */
  readonly nextWallMs?: number;
  readonly deliveredWallMs?: number;
  readonly lastStatus?: number;
  readonly lastProblem?: string;
}

export interface WebhookChange {
  readonly name?: string | undefined;
  readonly url?: string | undefined;
  readonly events?: readonly string[] | undefined;
  readonly active?: boolean | undefined;
}

export interface WebhookStore {
  list(accountId: AccountId): Promise<readonly Webhook[]>;
  get(accountId: AccountId, id: string): Promise<Webhook | undefined>;
  findForPlatform(id: string): Promise<Webhook | undefined>;
  /** Where all of them go, each once. */
  addressesForPlatform(): Promise<readonly string[]>;
  create(
    webhook: Pick<Webhook, 'id' | 'accountId' | 'name' | 'url' | 'events'>,
    secret: string,
  ): Promise<StoreOutcome<Webhook>>;
  change(accountId: AccountId, id: string, change: WebhookChange): Promise<StoreOutcome<Webhook>>;
  remove(accountId: AccountId, id: string): Promise<boolean>;
  /** Written in one go with their ids: what is in the table is delivered at least once. */
  enqueue(
    deliveries: readonly Pick<Delivery, 'id' | 'webhookId' | 'accountId' | 'event' | 'body'>[],
  ): Promise<void>;
  deliveries(accountId: AccountId, webhookId: string, limit: number): Promise<readonly Delivery[]>;
  /**
   * Takes what is due, oldest first but only some of each webhook and nothing of the busy ones, and keeps it from other takers
   * for `leaseMs`: a receiver that is slow must not stand in front of everybody else's.
   */
  takeDueForPlatform(
    limit: number,
    leaseMs: number,
    share?: {
      readonly perWebhook: number;
      readonly busyWebhooks: readonly string[];
      readonly busyAccounts: readonly AccountId[];
    },
  ): Promise<readonly (Delivery & { readonly url: string; readonly secret: string | undefined })[]>;
  delivered(delivery: Delivery, status: number): Promise<void>;
  /** `nextInMs` undefined: given up. */
  failed(
    delivery: Delivery,
    problem: { readonly status?: number; readonly words: string },
    nextInMs: number | undefined,
    stopAfterFailures: number,
  ): Promise<void>;
  /** Old news go: delivered and given up ones before this moment. */
  forgetForPlatform(beforeWallMs: number): Promise<void>;
}

const contextOf = (id: string): string => `webhook:${id}`;

export function createWebhookStore(db: Database, box: SecretBox): WebhookStore {
  const read = (accountId: AccountId, id: string) =>
    db.withAccount(accountId, (tx) =>
      tx.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst(),
    );
  return {
    async list(accountId) {
      if (!isId(accountId)) return [];
      const rows = await db.withAccount(accountId, (tx) =>
        tx.selectFrom('webhooks').selectAll().orderBy('created_at').orderBy('id').execute(),
      );
      return rows.map(webhookOf);
    },
    async get(accountId, id) {
      if (!isId(accountId) || !isId(id)) return undefined;
      const row = await read(accountId, id);
      return row && webhookOf(row);
    },
    async addressesForPlatform() {
      const rows = await db.readPlatform('list where webhooks go', (tx) =>
        tx.selectFrom('webhooks').select('url').distinct().execute(),
      );
      return rows.map(({ url }) => url);
    },
    async findForPlatform(id) {
      if (!isId(id)) return undefined;
      const row = await db.withPlatform('find webhook', (tx) =>
        tx.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst(),
      );
      return row && webhookOf(row);
    },
    async create({ id, accountId, name, url, events }, secret) {
      if (!isId(accountId)) return refused({ kind: 'not-found' });
      const row = await db.withAccount(accountId, (tx) =>
        tx
          .insertInto('webhooks')
          .values({
            id,
            account_id: accountId,
            name,
            url,
            events: [...events],
            sealed_secret: box.seal(secret, contextOf(id)),
          })
          .returningAll()
          .executeTakeFirstOrThrow(),
      );
      return done(webhookOf(row));
    },
    async change(accountId, id, change) {
      if (!isId(accountId) || !isId(id)) return refused({ kind: 'not-found' });
      const row = await db.withAccount(accountId, (tx) =>
        tx
          .updateTable('webhooks')
          .set({
            ...(change.name !== undefined && { name: change.name }),
            ...(change.url !== undefined && { url: change.url }),
            ...(change.events !== undefined && { events: [...change.events] }),
            ...(change.active !== undefined && { active: change.active, failures: 0, stopped_because: null }),
            version: sql`version + 1`,
          })
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirst(),
      );
      return row ? done(webhookOf(row)) : refused({ kind: 'not-found' });
    },
    async remove(accountId, id) {
      if (!isId(accountId) || !isId(id)) return false;
      const result = await db.withAccount(accountId, (tx) =>
        tx.deleteFrom('webhooks').where('id', '=', id).executeTakeFirst(),
      );
      return result.numDeletedRows > 0n;
    },
    async enqueue(deliveries) {
      const [first] = deliveries;
      if (!first) return;
      await db.withAccount(first.accountId, (tx) =>
        tx
          .insertInto('webhook_deliveries')
          .values(
            deliveries.map(({ id, webhookId, accountId, event, body }) => ({
              id,
              webhook_id: webhookId,
              account_id: accountId,
              event,
              body,
              next_at: sql<Date>`tandem_now()`,
            })),
          )
          .execute(),
      );
    },
    async deliveries(accountId, webhookId, limit) {
      if (!isId(accountId) || !isId(webhookId)) return [];
      const rows = await db.withAccount(accountId, (tx) =>
        tx
          .selectFrom('webhook_deliveries')
          .selectAll()
          .where('webhook_id', '=', webhookId)
          .orderBy('created_at', 'desc')
          .orderBy('id', 'desc')
          .limit(limit)
          .execute(),
      );
      return rows.map(deliveryOf);
    },
    async takeDueForPlatform(
      limit,
      leaseMs,
      share = { perWebhook: limit, busyWebhooks: [], busyAccounts: [] },
    ) {
      const rows = await db.withPlatform('deliver webhooks', async (tx) => {
        const taken = await tx
          .updateTable('webhook_deliveries')
          .set({
            attempts: sql`attempts + 1`,
            next_at: sql<Date>`tandem_now() + ${leaseMs} * interval '1 millisecond'`,
          })
          .where('id', 'in', (eb) =>
            eb
              .selectFrom('webhook_deliveries as due')
              .innerJoin('webhooks', 'webhooks.id', 'due.webhook_id')
              .select('due.id')
              .where('webhooks.active', '=', true)
              .where(sql<boolean>`due.next_at <= tandem_now()`)
              .where(
                sql<boolean>`due.id in (
                  select id from (
                    select id, row_number() over (partition by webhook_id order by next_at) as place
                    from webhook_deliveries
                    where next_at <= tandem_now()
                      and webhook_id <> all(${[...share.busyWebhooks]}::uuid[])
                      and account_id <> all(${[...share.busyAccounts]}::uuid[])
                  ) as fair where place <= ${share.perWebhook})`,
              )
              .orderBy('due.next_at')
              .limit(limit)
              .forUpdate('due')
              .skipLocked(),
          )
          .returningAll()
          .execute();
        if (taken.length === 0) return [];
        const hooks = await tx
          .selectFrom('webhooks')
          .select(['id', 'url', 'sealed_secret'])
          .where('id', 'in', [...new Set(taken.map((row) => row.webhook_id))])
          .execute();
        const byId = new Map(hooks.map((hook) => [hook.id, hook]));
        return taken.flatMap((row) => {
          const hook = byId.get(row.webhook_id);
          return hook ? [{ row, hook }] : [];
        });
      });
      return rows.map(({ row, hook }) => ({
        ...deliveryOf(row),
        url: hook.url,
        secret: box.open(hook.sealed_secret, contextOf(hook.id)),
      }));
    },
    async delivered(delivery, status) {
      await db.withAccount(delivery.accountId, async (tx) => {
        await tx
          .updateTable('webhook_deliveries')
          .set({
            next_at: null,
            delivered_at: sql<Date>`tandem_now()`,
            last_status: status,
            last_problem: null,
          })
          .where('id', '=', delivery.id)
          .execute();
        await tx
          .updateTable('webhooks')
          .set({ failures: 0, last_success_at: sql<Date>`tandem_now()` })
          .where('id', '=', delivery.webhookId)
          .execute();
      });
    },
    async failed(delivery, { status, words }, nextInMs, stopAfterFailures) {
      await db.withAccount(delivery.accountId, async (tx) => {
        await tx
          .updateTable('webhook_deliveries')
          .set({
            next_at:
              nextInMs === undefined
                ? null
                : sql<Date>`tandem_now() + ${nextInMs} * interval '1 millisecond'`,
            last_status: status ?? null,
            last_problem: words.slice(0, 300),
          })
          .where('id', '=', delivery.id)
          .execute();
        if (nextInMs !== undefined) return;
        await tx
          .updateTable('webhooks')
          .set({
            failures: sql`failures + 1`,
            active: sql<boolean>`active and failures + 1 < ${stopAfterFailures}`,
            stopped_because: sql<string>`case when failures + 1 >= ${stopAfterFailures} then ${`${stopAfterFailures} deliveries in a row were given up: ${words.slice(0, 200)}`} else stopped_because end`,
          })
          .where('id', '=', delivery.webhookId)
          .execute();
      });
    },
    async forgetForPlatform(beforeWallMs) {
      await db.withPlatform('forget old webhook deliveries', (tx) =>
        tx
          .deleteFrom('webhook_deliveries')
          .where('next_at', 'is', null)
          .where(sql`created_at`, '<', new Date(beforeWallMs))
          .execute(),
      );
    },
  };
}

function webhookOf(row: Selectable<Schema['webhooks']>): Webhook {
  return {
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    url: row.url,
    events: row.events,
    active: row.active,
    ...(row.stopped_because !== null && { stoppedBecause: row.stopped_because }),
    failures: row.failures,
    ...(row.last_success_at !== null && { lastSuccessWallMs: row.last_success_at }),
    version: row.version,
  };
}

function deliveryOf(row: Selectable<Schema['webhook_deliveries']>): Delivery {
  return {
    id: row.id,
    webhookId: row.webhook_id,
    accountId: row.account_id,
    event: row.event,
    body: row.body,
    createdWallMs: row.created_at,
    attempts: row.attempts,
    ...(row.next_at !== null && { nextWallMs: row.next_at }),
    ...(row.delivered_at !== null && { deliveredWallMs: row.delivered_at }),
    ...(row.last_status !== null && { lastStatus: row.last_status }),
    ...(row.last_problem !== null && { lastProblem: row.last_problem }),
  };
}
