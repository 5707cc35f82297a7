import type { Clock } from '@tandem/engine/ports/clock.ts';
import { hashClientState, type SubscriptionBook } from '../graph-notifications/subscription-book.ts';
import type { GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import { hasId } from './graph-types.ts';

/** What has to outlive a restart; the secret is not among it, only its hash (T16). */
export interface KeptSubscription {
  readonly id: string;
  readonly resource: WatchedResource;
  /** Base64. */
  readonly clientStateHash: string;
  readonly expiresAtWallMs: number;
  readonly renewedAtWallMs: number;
}

export const watchedResources = ['users', 'groups'] as const;
export type WatchedResource = (typeof watchedResources)[number];

export interface SubscriptionState {
  readonly state: 'active' | 'starting' | 'refused' | 'failing';
  /** What Microsoft said last, for those who are not active. */
  readonly detail?: string;
  readonly endsAtWallMs?: number;
}

export interface GraphSubscriptionsOptions {
  readonly graph: GraphClient;
  readonly connectionId: string;
  /** Where Microsoft reaches us, with the connection in it. */
  readonly notificationUrl: string;
  readonly book: SubscriptionBook;
  readonly clock: Clock;
  /** A secret of at least 128 bits, as text of at most 255 characters. */
  readonly newSecret: () => string;
  readonly kept: readonly KeptSubscription[];
  readonly keep: (kept: readonly KeptSubscription[]) => void;
  /** What happened before a subscription began is not told by it. */
  readonly onCreated: () => void;
  readonly count?: (resource: WatchedResource, what: SubscriptionEvent) => void;
}
export type SubscriptionEvent = 'created' | 'renewed' | 'lost' | 'refused' | 'failed';

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** 29 days at most (microsoft-graph 3.2); a day less, for clocks that differ. */
const lifeMs = 28 * dayMs;
const renewAfterMs = 14 * dayMs;
/** A subscription that nobody hears of is looked for, but not more often than this. */
const probeEveryMs = 10 * minuteMs;
const longestWaitMs = 60 * minuteMs;
/** Silence of three times the usual gap is suspicious, and never before this (F10). */
const leastSilenceMs = 6 * 60 * minuteMs;

/**
 * The subscriptions of one connection, on our own clock: some never get a lifecycle notice, and one that lapses says nothing
 * (microsoft-graph 3.5, F10). Whatever goes wrong here costs speed only: changes are found by asking.
 */
export class GraphSubscriptions {
  readonly #options: GraphSubscriptionsOptions;
  #kept: KeptSubscription[];
  #cancel: (() => void) | undefined;
  #tending: Promise<void> | undefined;
  #stopped = true;
  #failures = 0;
  #notBefore = 0;
  #trouble: { readonly state: 'refused' | 'failing'; readonly detail: string } | undefined;
  #probeWanted = false;
  #probedAt = Number.NEGATIVE_INFINITY;
  #heardAt: number | undefined;
  #usualGapMs = leastSilenceMs / 3;
  readonly #renewNow = new Set<string>();

  constructor(options: GraphSubscriptionsOptions) {
    this.#options = options;
    this.#kept = [...options.kept];
    for (const one of this.#kept) this.#enter(one);
  }

  start(): void {
    this.#stopped = false;
    this.#again(0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#tending;
  }

  /** Resolves when nothing is under way at Microsoft. */
  async idle(): Promise<void> {
    await this.#tending;
  }

  /** The connection is given up: Microsoft shall tell nobody any more. Never rejects. */
  async end(): Promise<void> {
    await this.stop();
    for (const { id } of this.#kept) {
      this.#options.book.remove(id);
      await this.#quietly(id);
    }
    this.#kept = [];
    this.#options.keep([]);
  }

  state(): SubscriptionState {
    const ends = this.#kept.map(({ expiresAtWallMs }) => expiresAtWallMs);
    const endsAt = ends.length === 0 ? undefined : Math.min(...ends);
    const whole = this.#kept.length === watchedResources.length;
    return {
      state: whole ? 'active' : (this.#trouble?.state ?? 'starting'),
      ...(!whole && this.#trouble && { detail: this.#trouble.detail }),
      ...(endsAt !== undefined && { endsAtWallMs: endsAt }),
    };
  }

  heard(atWallMs: number): void {
    if (this.#heardAt !== undefined)
      this.#usualGapMs = 0.9 * this.#usualGapMs + 0.1 * Math.max(0, atWallMs - this.#heardAt);
    this.#heardAt = atWallMs;
  }

  /** Changes were found by asking, and nobody had told of them: perhaps nobody tells any more. */
  unannounced(): void {
    this.#probeWanted = true;
    this.#again(0);
  }

  /** Microsoft wants the subscription authorised anew, which a new expiry does (microsoft-graph 3.5). */
  reauthorize(subscriptionId: string): void {
    this.#renewNow.add(subscriptionId.toLowerCase());
    this.#again(0);
  }

  // ---- tending

  #again(inMs: number): void {
    if (this.#stopped) return;
    this.#cancel?.();
    const waitMs = Math.max(inMs, this.#notBefore - this.#options.clock.wall());
    this.#cancel = this.#options.clock.after(waitMs, () => this.#tend());
  }

  #tend(): void {
    if (this.#stopped || this.#tending) return;
    this.#tending = this.#work()
      .catch((error: unknown) => void this.#failed(undefined, error))
      .finally(() => {
        this.#tending = undefined;
        this.#again(this.#renewNow.size > 0 || this.#probeWanted ? 1_000 : minuteMs);
      });
  }

  async #work(): Promise<void> {
    const now = this.#options.clock.wall();
    if (now < this.#notBefore) return;
    for (const one of [...this.#kept]) {
      const asked = this.#renewNow.delete(one.id.toLowerCase());
      const old = now - one.renewedAtWallMs >= renewAfterMs || one.expiresAtWallMs - now < dayMs;
      if ((asked || old) && !(await this.#renew(one))) return;
    }
    const silent =
      this.#heardAt !== undefined &&
      now - this.#heardAt > Math.max(leastSilenceMs, 3 * this.#usualGapMs) &&
      now - this.#probedAt > Math.max(leastSilenceMs, 3 * this.#usualGapMs);
    if ((silent || this.#probeWanted) && now - this.#probedAt >= probeEveryMs) await this.#probe();
    this.#probeWanted = false;
    for (const resource of watchedResources)
      if (!this.#kept.some((one) => one.resource === resource) && !(await this.#create(resource))) return;
    this.#failures = 0;
    this.#trouble = undefined;
  }

  async #renew(one: KeptSubscription): Promise<boolean> {
    const { graph, clock, count } = this.#options;
    const expiresAtWallMs = clock.wall() + lifeMs;
    try {
      await graph.call('renewSubscription', {
        params: { 'subscription-id': one.id },
        body: { expirationDateTime: new Date(expiresAtWallMs).toISOString() },
      });
      this.#store({ ...one, expiresAtWallMs, renewedAtWallMs: clock.wall() });
      count?.(one.resource, 'renewed');
      return true;
    } catch (error) {
      if (error instanceof GraphError && error.code === 'graph-not-found') {
        this.#lose(one);
        return true;
      }
      return this.#failed(one.resource, error);
    }
  }

  async #create(resource: WatchedResource): Promise<boolean> {
    const { graph, clock, book, connectionId, notificationUrl, count } = this.#options;
    const clientState = this.#options.newSecret();
    const expiresAtWallMs = clock.wall() + lifeMs;
    const body = {
      changeType: 'updated,deleted',
      notificationUrl,
      lifecycleNotificationUrl: notificationUrl,
      resource,
      expirationDateTime: new Date(expiresAtWallMs).toISOString(),
      clientState,
      latestSupportedTlsVersion: 'v1_2',
    };
    for (let tries = 0; ; tries++) {
      try {
        const answer = await book.whileExpecting(connectionId, () =>
          graph.call('createSubscription', { body }),
        );
        if (!hasId(answer.body))
          throw new GraphError('graph-unexpected-answer', 'a subscription without an id');
        const told = Date.parse(String(answer.body.expirationDateTime ?? ''));
        this.#store({
          id: answer.body.id,
          resource,
          clientStateHash: hashClientState(clientState).toString('base64'),
          expiresAtWallMs: Number.isNaN(told) ? expiresAtWallMs : told,
          renewedAtWallMs: clock.wall(),
        });
        count?.(resource, 'created');
        this.#options.onCreated();
        return true;
      } catch (error) {
        // One of this kind is there already, perhaps made by a request of ours whose answer was lost.
        const taken = error instanceof GraphError && error.status === 409;
        if (!taken || tries > 0 || !(await this.#clear(resource))) return this.#failed(resource, error);
      }
    }
  }

  /**
   * Takes away a subscription that leads to us and whose secret we do not know. True: there may be room now. One that leads
   * elsewhere belongs to another installation and stays.
   */
  async #clear(resource: WatchedResource): Promise<boolean> {
    const listed = await this.#list();
    const ours = listed.filter((one) => one.notificationUrl === this.#options.notificationUrl);
    const known = new Set(this.#kept.map(({ id }) => id.toLowerCase()));
    const strays = ours.filter(
      (one) => !known.has(one.id.toLowerCase()) && one.resource?.toLowerCase() === resource,
    );
    for (const { id } of strays) await this.#quietly(id);
    return strays.length > 0;
  }

  /** Are they still there? Those that are not are made anew right after. */
  async #probe(): Promise<void> {
    this.#probedAt = this.#options.clock.wall();
    const listed = new Set((await this.#list()).map(({ id }) => id.toLowerCase()));
    for (const one of [...this.#kept]) if (!listed.has(one.id.toLowerCase())) this.#lose(one);
  }

  async #list(): Promise<{ id: string; resource?: string; notificationUrl?: string }[]> {
    const found: { id: string; resource?: string; notificationUrl?: string }[] = [];
    for await (const page of this.#options.graph.pages('subscriptions'))
      for (const one of page)
        if (hasId(one))
          found.push({
            id: one.id,
            ...(typeof one.resource === 'string' && { resource: one.resource.replace(/^\//, '') }),
            ...(typeof one.notificationUrl === 'string' && { notificationUrl: one.notificationUrl }),
          });
    return found;
  }

  async #quietly(id: string): Promise<void> {
    try {
      await this.#options.graph.call('deleteSubscription', {
        params: { 'subscription-id': id },
        patienceMs: 2_000,
      });
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
    }
  }

  #enter(one: KeptSubscription): void {
    const { book, connectionId, graph } = this.#options;
    book.add({
      subscriptionId: one.id,
      connectionId,
      entraTenantId: graph.entraTenantId.toLowerCase(),
      clientStateHash: Buffer.from(one.clientStateHash, 'base64'),
    });
  }

  #store(one: KeptSubscription): void {
    this.#kept = [...this.#kept.filter(({ resource }) => resource !== one.resource), one];
    this.#enter(one);
    this.#options.keep(this.#kept);
  }

  #lose(one: KeptSubscription): void {
    this.#kept = this.#kept.filter(({ id }) => id !== one.id);
    this.#options.book.remove(one.id);
    this.#options.keep(this.#kept);
    this.#options.count?.(one.resource, 'lost');
  }

  /** Waits at least 60 s, and longer each time: a quota is not freed by asking (F10). Always false. */
  #failed(resource: WatchedResource | undefined, error: unknown): false {
    const { clock, count } = this.#options;
    const graphError = error instanceof GraphError ? error : undefined;
    const refused = graphError?.status === 403 || graphError?.status === 409;
    this.#failures += 1;
    const wait = Math.min(longestWaitMs, minuteMs * 2 ** (this.#failures - 1));
    this.#notBefore = clock.wall() + Math.max(wait, graphError?.retryAfterMs ?? 0);
    this.#trouble = {
      state: refused ? 'refused' : 'failing',
      detail: graphError ? graphError.message.slice(0, 300) : 'a fault of ours',
    };
    if (resource) count?.(resource, refused ? 'refused' : 'failed');
    return false;
  }
}
