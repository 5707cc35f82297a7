import type { AccountId } from '@tandem/domain';
import type { Delivery, Webhook, WebhookStore } from '../postgres/webhook-store.ts';
import { type PostOutcome, postWebhook } from './post-webhook.ts';
import { signedHeaders } from './signature.ts';

/** Waits after the first, second .. try; after the last one a delivery is given up. About a day in all. */
const retryAfterMs = [
  5_000,
  30_000,
  120_000,
  600_000,
  3_600_000,
  3 * 3_600_000,
  8 * 3_600_000,
  12 * 3_600_000,
];
/** Deliveries in a row that were given up, before the webhook is switched off. */
const stopAfterFailures = 20;
const timeoutMs = 10_000;
/** A taker that dies leaves its deliveries to the next after this. */
const leaseMs = 60_000;
/** On their way at once: of the platform, of one account, of one webhook. Who is slow fills only his own share. */
const atOnce = 100;
const atOnceOfAccount = 20;
const atOnceOfWebhook = 4;
const lookEveryMs = 2_000;
const keepMs = 14 * 86_400_000;

export interface WebhookNews {
  readonly accountId: AccountId;
  /** noun.verb. */
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface WebhookDispatcher {
  /** Stored for every webhook that wants it, then delivered. Never rejects: without a database there is no news. */
  publish(news: WebhookNews): Promise<void>;
  /** The account's webhooks changed. */
  changed(accountId: AccountId): void;
  /** One delivery to one webhook, wanted or not: to see that it arrives. */
  test(webhook: Webhook): Promise<void>;
  stop(): Promise<void>;
}

export interface WebhookDispatcherParts {
  readonly store: WebhookStore;
  readonly clock: { wall(): number; after(ms: number, fire: () => void): () => void };
  readonly newId: () => string;
  /** Rehearsals point at this machine. */
  readonly insideAllowed: boolean;
  readonly onProblem: (what: string) => void;
  readonly post?: (
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
  ) => Promise<PostOutcome>;
}

export const wants = (events: readonly string[], event: string): boolean =>
  events.some((one) => one === '*' || one === event || (one.endsWith('.') && event.startsWith(one)));

export function createWebhookDispatcher(parts: WebhookDispatcherParts): WebhookDispatcher {
  const { store, clock } = parts;
  const post =
    parts.post ??
    ((url, headers, body) =>
      postWebhook(url, headers, body, { timeoutMs, insideAllowed: parts.insideAllowed }));
  const known = new Map<AccountId, Promise<readonly Webhook[]>>();
  const flights = new Map<string, { readonly delivery: Delivery; readonly done: Promise<void> }>();
  let delivering: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let cancelLook: (() => void) | undefined;
  let forgotAtWallMs = 0;

  const hooksOf = (accountId: AccountId): Promise<readonly Webhook[]> => {
    const found = known.get(accountId) ?? store.list(accountId);
    known.set(accountId, found);
    found.catch(() => known.delete(accountId));
    return found;
  };

  async function enqueue(hooks: readonly Webhook[], news: WebhookNews): Promise<void> {
    const at = new Date(clock.wall()).toISOString();
    const body = JSON.stringify({
      type: news.event,
      timestamp: at,
      accountId: news.accountId,
      data: news.data,
    });
    await store.enqueue(
      hooks.map(({ id, accountId }) => ({
        id: parts.newId(),
        webhookId: id,
        accountId,
        event: news.event,
        body,
      })),
    );
    deliverSoon();
  }

  async function deliverOne(
    delivery: Delivery & { readonly url: string; readonly secret: string | undefined },
  ): Promise<void> {
    const { id, body, url, secret, attempts } = delivery;
    const outcome: PostOutcome =
      secret === undefined
        ? { kind: 'failed', words: 'its secret cannot be opened with the master key of this installation' }
        : await post(url, { ...signedHeaders(id, Math.floor(clock.wall() / 1000), body, secret) }, body);
    if (outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300) {
      await store.delivered(delivery, outcome.status);
      return;
    }
    const waitMs = retryAfterMs[attempts - 1];
    const asked = outcome.kind === 'answered' ? (outcome.retryAfterSeconds ?? 0) * 1000 : 0;
    // 410 Gone: the receiver says that it wants no more of this.
    const gone = outcome.kind === 'answered' && outcome.status === 410;
    const problem =
      outcome.kind === 'answered'
        ? { status: outcome.status, words: `answered ${outcome.status}` }
        : { words: outcome.words };
    const next = waitMs === undefined || gone ? undefined : Math.max(waitMs, asked);
    await store.failed(delivery, problem, next, gone ? 1 : stopAfterFailures);
    if (next === undefined) known.delete(delivery.accountId);
  }

  /** Under way by itself: one slow receiver holds up nobody else's news. */
  function fly(one: Parameters<typeof deliverOne>[0]): void {
    const done = deliverOne(one)
      .catch((error: Error) => parts.onProblem(`webhooks wait: ${error.message}`))
      .finally(() => {
        flights.delete(one.id);
        deliverSoon();
      });
    flights.set(one.id, { delivery: one, done });
  }

  async function deliverDue(): Promise<void> {
    do {
      again = false;
      const under = [...flights.values()].map(({ delivery }) => delivery);
      if (under.length >= atOnce) break;
      const accounts = new Set(under.map(({ accountId }) => accountId));
      const due = await store.takeDueForPlatform(atOnce - under.length, leaseMs, {
        perWebhook: atOnceOfWebhook,
        busyWebhooks: [...new Set(under.map(({ webhookId }) => webhookId))],
        busyAccounts: [...accounts].filter(
          (id) => under.filter(({ accountId }) => accountId === id).length >= atOnceOfAccount,
        ),
      });
      for (const one of due) fly(one);
    } while (again && !stopped);
    const now = clock.wall();
    if (now - forgotAtWallMs > 3_600_000) {
      forgotAtWallMs = now;
      await store.forgetForPlatform(now - keepMs);
    }
  }

  function deliverSoon(): void {
    again = true;
    if (stopped) return;
    delivering ??= deliverDue()
      .catch((error: Error) => {
        again = false;
        parts.onProblem(`webhooks wait: ${error.message}`);
      })
      .finally(() => {
        delivering = undefined;
        // Asked for while the last round was ending.
        if (again) deliverSoon();
      });
  }

  const look = (): void => {
    if (stopped) return;
    deliverSoon();
    cancelLook = clock.after(lookEveryMs, look);
  };
  look();

  return {
    async publish(news) {
      try {
        const hooks = (await hooksOf(news.accountId)).filter(
          ({ active, events }) => active && wants(events, news.event),
        );
        if (hooks.length > 0) await enqueue(hooks, news);
      } catch (error) {
        parts.onProblem(`news for webhooks was lost: ${(error as Error).message}`);
      }
    },
    changed: (accountId) => void known.delete(accountId),
    test: (webhook) =>
      enqueue([webhook], {
        accountId: webhook.accountId,
        event: 'webhook.test',
        data: { name: webhook.name },
      }),
    async stop() {
      stopped = true;
      cancelLook?.();
      await delivering;
      await Promise.all([...flights.values()].map(({ done }) => done));
    },
  };
}
