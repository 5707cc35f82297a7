import type { X509Certificate } from 'node:crypto';
import type { Audit } from '../audit/audit.ts';
import type { Agenda } from '../directory/agenda.ts';
import { shuffled } from '../random.ts';
import { type AnswerSpeed, EndpointHealth, type EndpointState, windowMs } from './endpoint-health.ts';
import { type Answer, type OutgoingRules, post } from './outgoing.ts';
import {
  encryptContent,
  readCertificate,
  type TokenFault,
  type TokenMaker,
  tokenFaults,
  validationToken,
} from './rich-content.ts';
import type { NotificationSettings } from './settings.ts';
import type { Subscription } from './subscription.ts';

/** Carries notifications to their receivers (graph 3.4): in bundles, late, twice, again and again, or never. */

/** What is to be told, before it is dressed for its receiver. */
export interface Notice {
  readonly subscription: Subscription;
  /** Members of the item beside those that every item has. */
  readonly item: Readonly<Record<string, unknown>>;
  /** Content for a subscription that asked for it. */
  readonly content?: unknown;
  readonly lifecycle: boolean;
}

interface Parcel {
  readonly notice: Notice;
  readonly id: string;
  readonly firstTriedAt: number;
  readonly attempt: number;
}

export interface DeliveryRecord {
  readonly at: string;
  readonly url: string;
  readonly attempt: number;
  readonly items: readonly {
    readonly subscriptionId: string;
    readonly tenantId: string;
    readonly what: string;
  }[];
  /** `202`, or in words what came instead. */
  readonly outcome: string;
  readonly forged?: true;
}

export interface CourierOptions {
  readonly agenda: Agenda;
  readonly settings: NotificationSettings;
  readonly tokens: TokenMaker;
  readonly outgoing: OutgoingRules;
  readonly audit: Audit;
  /** False: it ended or was taken away; `paused`: nobody vouches for it at the moment. */
  readonly standing: (subscription: Subscription) => true | false | 'paused';
  /** The payload must be in Microsoft's schema; throws if it is not. */
  readonly check: (body: unknown) => void;
}

const recordsKept = 500;
const longestPauseMs = 1_800_000;

export class Courier {
  readonly records: DeliveryRecord[] = [];
  readonly #options: CourierOptions;
  readonly #queues = new Map<string, { parcel: Parcel; readonly due: number }[]>();
  readonly #health = new Map<string, EndpointHealth>();
  #tokenVersion: 1 | 2 = 2;
  #underWay = 0;

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  /** Nothing is on its way at this moment; what waits may still be due later. */
  get idle(): boolean {
    return this.#underWay === 0;
  }

  get waiting(): number {
    return [...this.#queues.values()].reduce((sum, queue) => sum + queue.length, 0);
  }

  endpoints(): { url: string; state: EndpointState }[] {
    const now = this.#options.tokens.now();
    return [...this.#health].map(([url, health]) => ({
      url,
      state: health.look(now, this.#options.settings.judgedFrom),
    }));
  }

  send(notice: Notice): void {
    const { settings, tokens } = this.#options;
    const now = tokens.now();
    const { subscription } = notice;
    const what = describe(notice);
    const lost = this.#chance(settings.losePercent) || subscription.droppedUntil > now;
    if (lost && !notice.lifecycle) {
      this.#record([{ notice, id: '', firstTriedAt: 0, attempt: 0 }], 'lost on purpose');
      return;
    }
    const copies = this.#chance(settings.doublePercent) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const late = this.#chance(settings.latePercent) ? settings.lateMs : 0;
      const overtaken = this.#chance(settings.reorderPercent) ? settings.delayMs * 2 + 500 : 0;
      const slow = this.#endpoint(notice).look(now, settings.judgedFrom) === 'slow' ? windowMs : 0;
      // A doubled notification has the same id: that is how a receiver may know it.
      const id = Buffer.from(`${subscription.id}${what}${now}`).toString('base64url').slice(-22);
      const parcel: Parcel = { notice, id, firstTriedAt: 0, attempt: 1 };
      this.#queue(parcel, settings.delayMs + late + overtaken + slow + copy);
    }
  }

  /** A POST that Microsoft did not send, now (S12, S13). */
  async forge(
    subscription: Subscription,
    kind: 'client-state' | 'unknown-subscription' | TokenFault,
  ): Promise<string> {
    const fault = tokenFaults.find((one) => one === kind);
    const parcel: Parcel = {
      notice: {
        subscription,
        item: forgedItem(subscription),
        content: forgedContent(subscription),
        lifecycle: false,
      },
      id: this.#options.tokens.random.hex(8),
      firstTriedAt: 0,
      attempt: 1,
    };
    const change: Record<string, unknown> =
      kind === 'client-state'
        ? { clientState: this.#options.tokens.random.hex(16) }
        : kind === 'unknown-subscription'
          ? { subscriptionId: this.#options.tokens.random.uuid() }
          : {};
    const body = this.#body([parcel], fault, change);
    const answer = await this.#post(subscription.notificationUrl, body, this.#options.settings.retryAnswerMs);
    return this.#record([parcel], outcomeOf(answer), true).outcome;
  }

  #chance(percent: number): boolean {
    return percent > 0 && this.#options.tokens.random.fraction() * 100 < percent;
  }

  #endpoint({ subscription, lifecycle }: Notice): EndpointHealth {
    const key = new URL(urlOf(subscription, lifecycle)).origin;
    const known = this.#health.get(key) ?? new EndpointHealth();
    this.#health.set(key, known);
    return known;
  }

  #queue(parcel: Parcel, ms: number): void {
    const { subscription, lifecycle } = parcel.notice;
    const url = urlOf(subscription, lifecycle);
    const queue = this.#queues.get(url) ?? [];
    this.#queues.set(url, queue);
    queue.push({ parcel, due: this.#options.tokens.now() + ms });
    this.#options.agenda.after(ms, () => void this.#flush(url));
  }

  /** Everything that is due for one URL goes in one POST: subscriptions and tenants mixed (S10). Attempts do not mix. */
  async #flush(url: string): Promise<void> {
    const queue = this.#queues.get(url) ?? [];
    const now = this.#options.tokens.now();
    const due = queue.filter((one) => one.due <= now);
    if (due.length === 0) return;
    this.#queues.set(
      url,
      queue.filter((one) => one.due > now),
    );
    const bundles = new Map<string, Parcel[]>();
    for (const { parcel } of due) {
      const standing = this.#options.standing(parcel.notice.subscription);
      // What ended is told nothing more, and nobody is told that it ended (S11).
      if (standing === false) continue;
      if (standing === 'paused' && !parcel.notice.lifecycle) {
        this.#again(parcel, 'paused: the authorisation behind the subscription has ended');
        continue;
      }
      const key = parcel.attempt === 1 ? 'first' : parcel.id;
      bundles.set(key, [...(bundles.get(key) ?? []), parcel]);
    }
    for (const parcels of bundles.values()) await this.#deliver(url, parcels);
  }

  async #deliver(url: string, parcels: readonly Parcel[]): Promise<void> {
    const { settings, tokens, audit } = this.#options;
    const [first] = parcels;
    if (!first) return;
    const health = this.#endpoint(first.notice);
    if (health.admit(tokens.now(), settings.judgedFrom) === 'drop') {
      this.#record(parcels, 'dropped: the endpoint answers too late');
      return;
    }
    const limit = first.attempt === 1 ? settings.firstAnswerMs : settings.retryAnswerMs;
    const rich = parcels.some(({ notice }) => notice.content !== undefined);
    const fault =
      rich && this.#chance(settings.forgeTokenPercent)
        ? tokenFaults[Math.floor(tokens.random.fraction() * tokenFaults.length)]
        : undefined;
    const mixed = settings.reorderPercent > 0 ? shuffled(parcels, tokens.random) : parcels;
    const answer = await this.#post(url, this.#body(mixed, fault), limit);
    health.note(tokens.now(), speedOf(answer, settings, first.attempt));
    const outcome = outcomeOf(answer);
    this.#record(parcels, outcome);
    const good = 'status' in answer && answer.status >= 200 && answer.status < 300;
    audit.add({
      kind: 'http',
      where: 'notifications',
      method: 'POST',
      summary: `${parcels.length} notification(s) to ${url}, attempt ${first.attempt}: ${outcome}`,
      ...('status' in answer ? { status: answer.status } : {}),
    });
    // A forged token was no delivery: what is real comes again, properly.
    if (!good || fault) for (const parcel of parcels) this.#again(parcel, outcome, fault !== undefined);
    for (const { notice } of parcels)
      if (this.#chance(settings.forgePercent) && !notice.lifecycle)
        await this.forge(
          notice.subscription,
          tokens.random.fraction() < 0.5 ? 'client-state' : 'unknown-subscription',
        );
  }

  #again(parcel: Parcel, why: string, soon = false): void {
    const { settings, tokens } = this.#options;
    const firstTriedAt = parcel.firstTriedAt || tokens.now();
    const pause = soon ? 0 : Math.min(settings.retryFirstMs * 2 ** (parcel.attempt - 1), longestPauseMs);
    if (tokens.now() + pause - firstTriedAt > settings.retryForMs) {
      this.#record([parcel], `given up after ${parcel.attempt} attempts: ${why}`);
      return;
    }
    this.#queue({ ...parcel, firstTriedAt, attempt: parcel.attempt + 1 }, pause);
  }

  async #post(url: string, body: string, limit: number): Promise<Answer> {
    this.#underWay++;
    try {
      return await post(url, body, 'application/json; charset=utf-8', limit, this.#options.outgoing);
    } finally {
      this.#underWay--;
    }
  }

  #body(
    parcels: readonly Parcel[],
    fault: TokenFault | undefined,
    change: Readonly<Record<string, unknown>> = {},
  ): string {
    const { tokens, settings } = this.#options;
    const pairs = new Map<string, Subscription>();
    const value = parcels.map(({ notice, id }) => {
      const { subscription, item, content } = notice;
      const certificate = content === undefined ? undefined : certificateOf(subscription);
      if (certificate) pairs.set(`${subscription.applicationId} ${subscription.tenantId}`, subscription);
      return {
        ...(notice.lifecycle ? {} : { id }),
        subscriptionId: subscription.id,
        subscriptionExpirationDateTime: new Date(subscription.expiresAt).toISOString(),
        ...(subscription.clientState === null ? {} : { clientState: subscription.clientState }),
        tenantId: subscription.tenantId,
        ...item,
        ...(certificate
          ? {
              encryptedContent: encryptContent(
                content,
                certificate,
                subscription.encryptionCertificateId ?? '',
                tokens.random,
              ),
            }
          : {}),
        ...change,
      };
    });
    const subscribers = [...pairs.values()];
    const unassigned = subscribers.some(({ tenantId }) => settings.assignmentRequired.includes(tenantId));
    this.#tokenVersion = this.#tokenVersion === 1 ? 2 : 1;
    const validationTokens = unassigned
      ? null
      : subscribers.map(({ applicationId, tenantId }, index) =>
          validationToken(
            tokens,
            applicationId,
            tenantId,
            this.#tokenVersion,
            index === 0 ? fault : undefined,
          ),
        );
    const body = { value, ...(subscribers.length > 0 ? { validationTokens } : {}) };
    this.#options.check(body);
    return JSON.stringify(body);
  }

  #record(parcels: readonly Parcel[], outcome: string, forged = false): DeliveryRecord {
    const [first] = parcels as readonly [Parcel, ...Parcel[]];
    const record: DeliveryRecord = {
      at: new Date(this.#options.tokens.now()).toISOString(),
      url: urlOf(first.notice.subscription, first.notice.lifecycle),
      attempt: first.attempt,
      items: parcels.map(({ notice }) => ({
        subscriptionId: notice.subscription.id,
        tenantId: notice.subscription.tenantId,
        what: describe(notice),
      })),
      outcome,
      ...(forged ? { forged: true } : {}),
    };
    this.records.push(record);
    if (this.records.length > recordsKept) this.records.shift();
    return record;
  }
}

const urlOf = (subscription: Subscription, lifecycle: boolean): string =>
  lifecycle
    ? (subscription.lifecycleNotificationUrl ?? subscription.notificationUrl)
    : subscription.notificationUrl;

const describe = ({ item }: Notice): string =>
  String(item.lifecycleEvent ?? `${String(item.changeType)} ${String(item.resource)}`);

const outcomeOf = (answer: Answer): string => ('status' in answer ? String(answer.status) : answer.failure);

function speedOf(answer: Answer, settings: NotificationSettings, attempt: number): AnswerSpeed {
  if ('failure' in answer) {
    // Refused at once is no slow answer; silence is.
    if (!answer.failure.startsWith('no answer')) return 'quick';
    return attempt === 1 ? 'slow' : 'dead';
  }
  return answer.ms > settings.retryAnswerMs ? 'dead' : answer.ms > settings.firstAnswerMs ? 'slow' : 'quick';
}

const certificateOf = ({
  includeResourceData,
  encryptionCertificate,
}: Subscription): X509Certificate | undefined =>
  includeResourceData && encryptionCertificate !== null ? readCertificate(encryptionCertificate) : undefined;

const forgedId = '00000000-0000-4000-8000-0000000f0e9e';

/** A change of somebody who does not exist. */
function forgedItem({ watched, resource }: Subscription): Record<string, unknown> {
  const id = watched.ids[0] ?? forgedId;
  return { changeType: 'updated', resource: `${resource.split('?')[0]}/${id}`, resourceData: { id } };
}

const forgedContent = ({ watched, includeResourceData }: Subscription): unknown =>
  includeResourceData
    ? { id: watched.ids[0] ?? forgedId, availability: 'Available', activity: 'Available' }
    : undefined;
