import type { Audit } from '../audit/audit.ts';
import type { Agenda } from '../directory/agenda.ts';
import type { Caller } from '../graph/graph-world.ts';
import { Courier, type CourierOptions, type Notice } from './courier.ts';
import { judgeUrl, type OutgoingRules, post } from './outgoing.ts';
import { watchedOf } from './resources.ts';
import { readCertificate, type TokenMaker } from './rich-content.ts';
import type { NotificationSettings } from './settings.ts';
import type { Subscription } from './subscription.ts';
import {
  badCertificate,
  judgeAsk,
  judgeCount,
  judgeExpiry,
  no,
  type Refusal,
  type RulesGround,
  type SubscriptionAsk,
} from './subscription-rules.ts';

/** Subscriptions from their creation to their end (graph 3.1 to 3.3, 3.5; checks S1 to S9, S11). */

export type Outcome = { readonly subscription: Subscription } | { readonly refusal: Refusal };

export interface OfficeOptions {
  readonly agenda: Agenda;
  readonly settings: NotificationSettings;
  readonly tokens: TokenMaker;
  readonly outgoing: OutgoingRules;
  readonly audit: Audit;
  readonly check: CourierOptions['check'];
  /** Application permissions of an app in a tenant; undefined: it has no enabled service principal there. */
  readonly granted: (tenantId: string, appId: string) => readonly string[] | undefined;
  /** Something that must survive a restart has changed. */
  readonly changed: () => void;
}

const minute = 60_000;
const tenMinutes = 10 * minute;
const hour = 60 * minute;

export class SubscriptionOffice {
  readonly courier: Courier;
  readonly #options: OfficeOptions;
  readonly #held = new Map<string, Subscription>();
  readonly #challenges = new Map<string, () => void>();
  readonly #revoked = new Set<string>();
  readonly #ground: RulesGround;

  constructor(options: OfficeOptions) {
    this.#options = options;
    const { settings, outgoing } = options;
    this.#ground = { settings, outgoing, now: () => this.#now(), all: () => this.all() };
    this.courier = new Courier({ ...options, standing: (one) => this.#standing(one) });
  }

  get settings(): NotificationSettings {
    return this.#options.settings;
  }

  all(): Subscription[] {
    const now = this.#now();
    for (const one of [...this.#held.values()]) if (one.expiresAt <= now) this.#drop(one);
    return [...this.#held.values()];
  }

  /** Those that a caller may see: an app its own, a person those that they made with the app. */
  of(caller: Caller): Subscription[] {
    return this.all().filter(
      (one) =>
        one.tenantId === caller.tenantId &&
        one.applicationId === caller.appId &&
        one.creatorKind === caller.kind &&
        (caller.kind === 'app' || one.creatorId === caller.objectId),
    );
  }

  find(caller: Caller, id: string): Subscription | undefined {
    return this.of(caller).find((one) => one.id === id.toLowerCase());
  }

  async create(ask: SubscriptionAsk, caller: Caller): Promise<Outcome> {
    const judged = judgeAsk(this.#ground, ask, caller);
    if ('refusal' in judged) return judged;
    const { watched, expiresAt, changeTypes } = judged;
    const urls = [ask.notificationUrl as string, ask.lifecycleNotificationUrl ?? undefined];
    for (const url of urls) {
      const why = url === undefined ? undefined : await this.#validate(url);
      if (why !== undefined)
        return no(400, 'ValidationError', `Subscription validation request failed. ${why}`, 'S1');
    }
    // Another may have come first while the URLs were called.
    const late = judgeCount(this.#ground, ask, caller, watched, changeTypes);
    if (late) return late;
    const subscription: Subscription = {
      id: this.#options.tokens.random.uuid(),
      tenantId: caller.tenantId,
      applicationId: caller.appId,
      creatorId: caller.objectId,
      creatorKind: caller.kind,
      resource: ask.resource as string,
      watched,
      changeTypes,
      notificationUrl: ask.notificationUrl as string,
      lifecycleNotificationUrl: ask.lifecycleNotificationUrl ?? null,
      clientState: ask.clientState ?? null,
      expiresAt,
      includeResourceData: ask.includeResourceData ?? false,
      encryptionCertificate: ask.encryptionCertificate ?? null,
      encryptionCertificateId: ask.encryptionCertificateId ?? null,
      latestSupportedTlsVersion: ask.latestSupportedTlsVersion ?? 'v1_2',
      tokenEndsAt: caller.expiresAt,
      patchedAt: 0,
      reauthorizedAt: 0,
      droppedUntil: 0,
    };
    this.#keep(subscription);
    return { subscription };
  }

  async patch(subscription: Subscription, ask: SubscriptionAsk, caller: Caller): Promise<Outcome> {
    const allowed = [
      'expirationDateTime',
      'notificationUrl',
      'encryptionCertificate',
      'encryptionCertificateId',
    ];
    const odd = Object.keys(ask).find((name) => !allowed.includes(name) && !name.startsWith('@'));
    if (odd !== undefined) return no(400, 'InvalidRequest', `'${odd}' cannot be changed.`, 'S9');
    const { rules } = subscription.watched;
    let { expiresAt } = subscription;
    if (ask.expirationDateTime !== undefined) {
      const end = judgeExpiry(this.#ground, ask.expirationDateTime, rules, subscription.includeResourceData);
      if (typeof end !== 'number') return end;
      expiresAt = end;
    }
    if (ask.encryptionCertificate && !readCertificate(ask.encryptionCertificate)) return badCertificate;
    if (ask.notificationUrl !== undefined && ask.notificationUrl !== subscription.notificationUrl) {
      const why =
        judgeUrl(ask.notificationUrl, this.#options.outgoing) ?? (await this.#validate(ask.notificationUrl));
      if (why !== undefined) return no(400, 'ValidationError', `notificationUrl ${why}`, 'S1');
      subscription.notificationUrl = ask.notificationUrl;
    }
    subscription.expiresAt = expiresAt;
    subscription.encryptionCertificate = ask.encryptionCertificate ?? subscription.encryptionCertificate;
    subscription.encryptionCertificateId =
      ask.encryptionCertificateId ?? subscription.encryptionCertificateId;
    subscription.patchedAt = this.#now();
    this.#vouched(subscription, caller);
    return { subscription };
  }

  reauthorize(subscription: Subscription, caller: Caller): void {
    subscription.reauthorizedAt = this.#now();
    this.#vouched(subscription, caller);
  }

  remove(subscription: Subscription): void {
    this.#drop(subscription);
  }

  /** Tells all subscriptions that `wants` picks. */
  tell(
    wants: (subscription: Subscription) => boolean,
    notice: (subscription: Subscription) => Pick<Notice, 'item' | 'content'>,
  ): void {
    for (const subscription of this.all())
      if (wants(subscription)) this.courier.send({ subscription, lifecycle: false, ...notice(subscription) });
  }

  /** Asks the subscriber to vouch again, if there is where to ask. */
  challenge(subscription: Subscription): boolean {
    if (subscription.lifecycleNotificationUrl === null) return false;
    this.courier.send({
      subscription,
      lifecycle: true,
      item: { lifecycleEvent: 'reauthorizationRequired' },
    });
    return true;
  }

  save(): unknown {
    return this.all().map(({ watched: _watched, ...rest }) => rest);
  }

  restore(value: unknown): void {
    for (const held of value as Omit<Subscription, 'watched'>[]) {
      const watched = watchedOf(held.resource);
      if (typeof watched !== 'string') this.#keep({ ...held, watched });
    }
  }

  #now(): number {
    return this.#options.tokens.now();
  }

  #keep(subscription: Subscription): void {
    this.#held.set(subscription.id, subscription);
    this.#planChallenge(subscription);
    this.#options.changed();
  }

  #drop({ id }: Subscription): void {
    if (!this.#held.delete(id)) return;
    this.#challenges.get(id)?.();
    this.#challenges.delete(id);
    this.#revoked.delete(id);
    this.#options.changed();
  }

  #vouched(subscription: Subscription, caller: Caller): void {
    subscription.tokenEndsAt = caller.expiresAt;
    this.#revoked.delete(subscription.id);
    const { patchedAt, reauthorizedAt } = subscription;
    if (this.settings.dropAfterBoth && Math.abs(patchedAt - reauthorizedAt) < tenMinutes)
      subscription.droppedUntil = this.#now() + tenMinutes;
    this.#planChallenge(subscription);
    this.#options.changed();
  }

  /** Once when a quarter of the time is left, then every fifteen minutes of the last hour (graph 3.5). */
  #planChallenge(subscription: Subscription): void {
    this.#challenges.get(subscription.id)?.();
    const end =
      subscription.creatorKind === 'user'
        ? Math.min(subscription.expiresAt, subscription.tokenEndsAt)
        : subscription.expiresAt;
    const left = end - this.#now();
    const wait = left > 4 * hour ? (left * 3) / 4 : left > hour ? left - hour : 15 * minute;
    if (wait >= left) return;
    this.#challenges.set(
      subscription.id,
      this.#options.agenda.after(wait, () => {
        if (this.#held.get(subscription.id) !== subscription) return;
        if (this.settings.challenges) this.challenge(subscription);
        this.#planChallenge(subscription);
      }),
    );
  }

  #standing(subscription: Subscription): true | false | 'paused' {
    const now = this.#now();
    if (this.#held.get(subscription.id) !== subscription || subscription.expiresAt <= now) return false;
    if (subscription.creatorKind === 'user') return subscription.tokenEndsAt > now ? true : 'paused';
    const granted = this.#options.granted(subscription.tenantId, subscription.applicationId);
    if (granted && subscription.watched.rules.application?.some((role) => granted.includes(role)))
      return true;
    if (!this.#revoked.has(subscription.id)) {
      this.#revoked.add(subscription.id);
      if (this.settings.challenges) this.challenge(subscription);
    }
    return 'paused';
  }

  /** The handshake (graph 3.3): the token comes back as it was, as text, in time. A text says what is wrong. */
  async #validate(url: string): Promise<string | undefined> {
    // Characters that change when somebody decodes twice or not at all.
    const { tokens, settings, outgoing, audit } = this.#options;
    const token = `Validation: Testing client application reachability for subscription Request-Id: ${tokens.random.uuid()} +%2B%25&=<${tokens.random.hex(4)}>`;
    const called = `${url}${url.includes('?') ? '&' : '?'}validationToken=${encodeURIComponent(token)}`;
    const answer = await post(called, '', 'text/plain; charset=utf-8', settings.validationAnswerMs, outgoing);
    const why =
      'failure' in answer
        ? `The URL did not answer: ${answer.failure}.`
        : answer.status !== 200
          ? `The URL answered ${answer.status}.`
          : !/^text\/plain\b/i.test(answer.contentType)
            ? `The answer's Content-Type is '${answer.contentType}', not text/plain.`
            : answer.body !== token
              ? 'The answer is not the validation token.'
              : undefined;
    audit.add({
      kind: 'http',
      where: 'notifications',
      method: 'POST',
      summary: `validation of ${url}: ${why ?? 'right'}`,
      ...(why === undefined ? {} : { checks: [{ id: 'S1', passed: false, detail: why }] }),
    });
    return why;
  }
}
