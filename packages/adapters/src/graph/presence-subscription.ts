import type { Clock } from '@tandem/engine/ports/clock.ts';
import { hashClientState, type SubscriptionBook } from '../graph-notifications/subscription-book.ts';
import type { GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import { hasId } from './graph-types.ts';

/** Microsoft tells one signed-in person of at most so many (microsoft-graph 2.7). */
export const mostWatched = 650;

export interface PresenceSubscriptionOptions {
  /** With the token of a person who signed in for this: applications may not subscribe to presences. */
  readonly graph: GraphClient;
  readonly connectionId: string;
  readonly notificationUrl: string;
  readonly book: SubscriptionBook;
  readonly clock: Clock;
  /** A secret of at least 128 bits. */
  readonly newSecret: () => string;
  /** Base64 of the certificate for whose key content is encrypted, and our name for it. */
  readonly certificate: { readonly base64: string; readonly id: string };
  readonly count?: (what: 'created' | 'renewed' | 'lost' | 'refused' | 'failed') => void;
}

const minuteMs = 60_000;
/** An hour at most; a minute less, for clocks that differ. */
const lifeMs = 59 * minuteMs;
/** At half of its life, whatever notices come or do not (microsoft-graph 3.5). */
const renewAfterMs = 30 * minuteMs;
/** Silence of three times the usual gap is looked into, and never sooner than this (reliability F10). */
const leastSilenceMs = 5 * minuteMs;
const longestWaitMs = 30 * minuteMs;
/** Others to watch: not more often than this, each time is a new subscription. */
const changeEveryMs = 5 * minuteMs;

interface Live {
  readonly id: string;
  readonly ids: readonly string[];
  readonly renewedAtMs: number;
  readonly endsAtMs: number;
}

/**
 * The one presence subscription of a signed-in person: an accelerator, off unless somebody signed in for it. Whatever goes
 * wrong here costs speed only; polling goes on all the time.
 */
export class PresenceSubscription {
  readonly #options: PresenceSubscriptionOptions;
  #wanted: readonly string[] = [];
  #live: Live | undefined;
  #cancel: (() => void) | undefined;
  #working: Promise<void> | undefined;
  #stopped = true;
  #failures = 0;
  #trouble: string | undefined;
  #notBeforeMs = 0;
  #createdAtMs = Number.NEGATIVE_INFINITY;
  #heardAtMs: number | undefined;
  #probedAtMs = Number.NEGATIVE_INFINITY;
  #usualGapMs = leastSilenceMs / 3;
  #swept = false;

  constructor(options: PresenceSubscriptionOptions) {
    this.#options = options;
  }

  /** Whom to watch, the most important first; more than 650 are left to polling. */
  watch(objectIds: readonly string[]): void {
    this.#wanted = [...new Set(objectIds)].slice(0, mostWatched).sort();
  }

  get state(): 'active' | 'starting' | 'waiting' {
    if (this.#live) return 'active';
    return this.#failures > 0 ? 'waiting' : 'starting';
  }

  /** What Microsoft said last, while it is not active. */
  get trouble(): string | undefined {
    return this.#live ? undefined : this.#trouble;
  }

  /** A notification of this subscription came. */
  heard(): void {
    const now = this.#options.clock.now();
    if (this.#heardAtMs !== undefined)
      this.#usualGapMs = 0.9 * this.#usualGapMs + 0.1 * (now - this.#heardAtMs);
    this.#heardAtMs = now;
  }

  /** Microsoft wants to see that the person still may. */
  reauthorize(): void {
    if (this.#live) this.#live = { ...this.#live, renewedAtMs: Number.NEGATIVE_INFINITY };
    this.#again(0);
  }

  /** How many Microsoft tells of now. */
  get watching(): number {
    return this.#live?.ids.length ?? 0;
  }

  start(): void {
    this.#stopped = false;
    this.#again(0);
  }

  /** Microsoft shall tell nobody any more. Never rejects. */
  async end(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#working;
    await this.#remove();
  }

  #again(inMs: number): void {
    if (this.#stopped) return;
    this.#cancel?.();
    const waitMs = Math.max(inMs, this.#notBeforeMs - this.#options.clock.now());
    this.#cancel = this.#options.clock.after(waitMs, () => {
      this.#working ??= this.#tend()
        .catch((error: unknown) => this.#failed(error))
        .finally(() => {
          this.#working = undefined;
          this.#again(minuteMs);
        });
    });
  }

  async #tend(): Promise<void> {
    const now = this.#options.clock.now();
    const live = this.#live;
    if (live && now >= live.endsAtMs) this.#lose();
    else if (live) {
      const others = live.ids.join() !== this.#wanted.join() && now - this.#createdAtMs >= changeEveryMs;
      if (others) await this.#remove();
      else if (now - live.renewedAtMs >= renewAfterMs) await this.#renew(live);
      else if (this.#isSilent(now)) await this.#probe(live);
    }
    if (!this.#live && this.#wanted.length > 0) await this.#create();
    this.#failures = 0;
  }

  #isSilent(now: number): boolean {
    const enough = Math.max(leastSilenceMs, 3 * this.#usualGapMs);
    const since = Math.max(this.#heardAtMs ?? this.#createdAtMs, this.#probedAtMs);
    return now - since > enough;
  }

  async #create(): Promise<void> {
    const { graph, clock, book, connectionId, notificationUrl, certificate, count } = this.#options;
    if (!this.#swept) await this.#sweep();
    const clientState = this.#options.newSecret();
    const ids = this.#wanted;
    const body = {
      changeType: 'updated',
      notificationUrl,
      lifecycleNotificationUrl: notificationUrl,
      resource: `communications/presences?$filter=id in (${ids.map((id) => `'${id}'`).join(',')})`,
      expirationDateTime: new Date(clock.wall() + lifeMs).toISOString(),
      clientState,
      latestSupportedTlsVersion: 'v1_2',
      includeResourceData: true,
      encryptionCertificate: certificate.base64,
      encryptionCertificateId: certificate.id,
    };
    const answer = await book.whileExpecting(connectionId, () => graph.call('createSubscription', { body }));
    if (!hasId(answer.body)) throw new GraphError('graph-unexpected-answer', 'a subscription without an id');
    const now = clock.now();
    book.add({
      subscriptionId: answer.body.id,
      connectionId,
      entraTenantId: graph.entraTenantId.toLowerCase(),
      clientStateHash: hashClientState(clientState),
    });
    this.#live = { id: answer.body.id, ids, renewedAtMs: now, endsAtMs: now + lifeMs };
    this.#createdAtMs = now;
    count?.('created');
  }

  async #renew(live: Live): Promise<void> {
    const { graph, clock, count } = this.#options;
    const expirationDateTime = new Date(clock.wall() + lifeMs).toISOString();
    try {
      const params = { 'subscription-id': live.id };
      await graph.call('renewSubscription', { params, body: { expirationDateTime } });
      const now = clock.now();
      this.#live = { ...live, renewedAtMs: now, endsAtMs: now + lifeMs };
      count?.('renewed');
    } catch (error) {
      if (!isGone(error)) throw error;
      this.#lose();
    }
  }

  /** There is one for each person and app: one of an earlier process, whose secret nobody knows any more, would be in the way. */
  async #sweep(): Promise<void> {
    const old: string[] = [];
    for await (const page of this.#options.graph.pages('subscriptions'))
      for (const one of page) {
        const { resource } = one as { resource?: unknown };
        if (hasId(one) && typeof resource === 'string' && /^\/?communications\/presences/i.test(resource))
          old.push(one.id);
      }
    for (const id of old)
      await this.#options.graph
        .call('deleteSubscription', { params: { 'subscription-id': id } })
        .catch((error: unknown) => {
          if (!isGone(error)) throw error;
        });
    this.#swept = true;
  }

  /** Is it still there? One that lapsed says nothing. */
  async #probe(live: Live): Promise<void> {
    this.#probedAtMs = this.#options.clock.now();
    for await (const page of this.#options.graph.pages('subscriptions'))
      if (page.some((one) => hasId(one) && one.id.toLowerCase() === live.id.toLowerCase())) return;
    this.#lose();
  }

  #lose(): void {
    if (this.#live) this.#options.book.remove(this.#live.id);
    this.#live = undefined;
    this.#options.count?.('lost');
  }

  async #remove(): Promise<void> {
    const live = this.#live;
    if (!live) return;
    this.#options.book.remove(live.id);
    this.#live = undefined;
    try {
      const params = { 'subscription-id': live.id };
      await this.#options.graph.call('deleteSubscription', { params, patienceMs: 2_000 });
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
    }
  }

  /** 403: the quota is used up, or the person may not; 409: there is one already. Neither is cured by asking. */
  #failed(error: unknown): void {
    const { clock, count } = this.#options;
    const known = error instanceof GraphError ? error : undefined;
    this.#failures += 1;
    this.#swept = false;
    this.#trouble = known ? known.message.slice(0, 300) : 'a fault of ours';
    const waitMs = Math.min(longestWaitMs, minuteMs * 2 ** (this.#failures - 1));
    this.#notBeforeMs = clock.now() + Math.max(waitMs, known?.retryAfterMs ?? 0);
    count?.(known?.status === 403 || known?.status === 409 ? 'refused' : 'failed');
  }
}

const isGone = (error: unknown): boolean => error instanceof GraphError && error.code === 'graph-not-found';
