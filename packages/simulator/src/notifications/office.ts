import type { Audit } from '../audit/audit.ts';
import type { Agenda } from '../directory/agenda.ts';
import type { Caller } from '../graph/graph-world.ts';
import { Courier, type CourierOptions, type Notice } from './courier.ts';
import { judgeUrl, type OutgoingRules, post } from './outgoing.ts';
import { mostPresences, type ResourceRules, type Watched, watchedOf } from './resources.ts';
import { readCertificate, type TokenMaker } from './rich-content.ts';
import type { NotificationSettings } from './settings.ts';
import type { Subscription } from './subscription.ts';

/** Subscriptions from their creation to their end (graph 3.1 to 3.3, 3.5; checks S1 to S9, S11). */

/** What a caller sends, as JSON came. */
export interface SubscriptionAsk {
  readonly changeType?: string;
  readonly notificationUrl?: string;
  readonly lifecycleNotificationUrl?: string | null;
  readonly resource?: string;
  readonly expirationDateTime?: string;
  readonly clientState?: string | null;
  readonly includeResourceData?: boolean | null;
  readonly encryptionCertificate?: string | null;
  readonly encryptionCertificateId?: string | null;
  readonly latestSupportedTlsVersion?: string | null;
}

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly check: string;
}
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
const shortestMs = 45 * minute;
const hour = 60 * minute;

const no = (status: number, code: string, message: string, check: string): { refusal: Refusal } => ({
  refusal: { status, code, message, check },
});

export class SubscriptionOffice {
  readonly courier: Courier;
  readonly #options: OfficeOptions;
  readonly #held = new Map<string, Subscription>();
  readonly #challenges = new Map<string, () => void>();
  readonly #revoked = new Set<string>();

  constructor(options: OfficeOptions) {
    this.#options = options;
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
    const judged = this.#judge(ask, caller);
    if ('refusal' in judged) return judged;
    const { watched, expiresAt, changeTypes } = judged;
    const urls = [ask.notificationUrl as string, ask.lifecycleNotificationUrl ?? undefined];
    for (const url of urls) {
      const why = url === undefined ? undefined : await this.#validate(url);
      if (why !== undefined)
        return no(400, 'ValidationError', `Subscription validation request failed. ${why}`, 'S1');
    }
    // Another may have come first while the URLs were called.
    const late = this.#judgeCount(ask, caller, watched, changeTypes);
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
      const end = this.#expiry(ask.expirationDateTime, rules, subscription.includeResourceData);
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

  #judge(
    ask: SubscriptionAsk,
    caller: Caller,
  ):
    | { readonly refusal: Refusal }
    | { readonly watched: Watched; readonly expiresAt: number; readonly changeTypes: readonly string[] } {
    for (const name of ['changeType', 'notificationUrl', 'resource', 'expirationDateTime'] as const)
      if (!ask[name]) return no(400, 'InvalidRequest', `'${name}' is required.`, 'G6');
    const { outgoing } = this.#options;
    for (const name of ['notificationUrl', 'lifecycleNotificationUrl'] as const) {
      const url = ask[name];
      const why = url ? judgeUrl(url, outgoing) : undefined;
      if (why !== undefined) return no(400, 'InvalidRequest', `${name} ${why}.`, 'S1');
    }
    if ((ask.clientState ?? '').length > 255)
      return no(400, 'InvalidRequest', 'clientState has at most 255 characters.', 'G6');
    if (!['v1_0', 'v1_1', 'v1_2', 'v1_3'].includes(ask.latestSupportedTlsVersion ?? 'v1_2'))
      return no(400, 'InvalidRequest', 'latestSupportedTlsVersion is not known.', 'G6');
    const watched = watchedOf(ask.resource as string);
    if (typeof watched === 'string')
      return no(400, 'InvalidRequest', watched, /presences/i.test(ask.resource as string) ? 'S3' : 'G6');
    const { rules } = watched;
    const needed = caller.kind === 'app' ? rules.application : rules.delegated;
    const have = caller.kind === 'app' ? caller.roles : caller.scopes;
    if (!needed?.some((permission) => have.includes(permission))) {
      const check = rules.kind === 'presences' && caller.kind === 'app' ? 'S2' : 'G3';
      return no(403, 'Forbidden', 'Operation: Create; Exception: the token does not allow it.', check);
    }
    const changeTypes = [...new Set((ask.changeType as string).split(',').map((one) => one.trim()))].sort();
    const wrong = changeTypes.find((type) => !rules.changeTypes.includes(type));
    if (wrong !== undefined) {
      const check = rules.kind === 'presences' ? 'S3' : 'S8';
      return no(400, 'InvalidRequest', `changeType '${wrong}' is not supported for this resource.`, check);
    }
    const rich = ask.includeResourceData ?? false;
    if (rich) {
      if (!rules.rich)
        return no(400, 'InvalidRequest', 'includeResourceData is not supported for this resource.', 'S3');
      if (!ask.encryptionCertificate || !ask.encryptionCertificateId)
        return no(
          400,
          'InvalidRequest',
          'includeResourceData needs encryptionCertificate and encryptionCertificateId.',
          'S3',
        );
      if (ask.encryptionCertificateId.length > 128 || !readCertificate(ask.encryptionCertificate))
        return badCertificate;
    }
    const expiresAt = this.#expiry(ask.expirationDateTime as string, rules, rich);
    if (typeof expiresAt !== 'number') return expiresAt;
    if (rules.teams && expiresAt - this.#now() > hour + minute && !ask.lifecycleNotificationUrl)
      return no(
        400,
        'ValidationError',
        'lifecycleNotificationUrl is required for this resource when it lives longer than an hour.',
        'S5',
      );
    return this.#judgeCount(ask, caller, watched, changeTypes) ?? { watched, expiresAt, changeTypes };
  }

  #expiry(text: string, rules: ResourceRules, rich: boolean): number | { refusal: Refusal } {
    const now = this.#now();
    const asked = Date.parse(text);
    if (!Number.isFinite(asked) || asked <= now)
      return no(400, 'InvalidRequest', 'expirationDateTime must be a time to come, in UTC.', 'S4');
    const minutes = rich ? (rules.maxMinutesRich ?? rules.maxMinutes) : rules.maxMinutes;
    // Clocks differ, and the request took its time.
    const latest = now + minutes * minute;
    if (asked > latest + minute) {
      if (this.settings.aboveMaximum === 'clip') return latest;
      return no(
        400,
        'ValidationError',
        `Subscription expiration can only be ${minutes} minutes in the future.`,
        'S4',
      );
    }
    return Math.max(asked, now + shortestMs);
  }

  /** Doubles and quotas (S3, S6, S7). */
  #judgeCount(
    ask: SubscriptionAsk,
    caller: Caller,
    { rules }: Watched,
    changeTypes: readonly string[],
  ): { refusal: Refusal } | undefined {
    const { settings } = this;
    const all = this.all();
    const own = all.filter((one) => one.applicationId === caller.appId && one.tenantId === caller.tenantId);
    const same = own.find(
      (one) =>
        one.resource.toLowerCase() === ask.resource?.toLowerCase() &&
        one.changeTypes.join() === changeTypes.join() &&
        (caller.kind === 'app' || one.creatorId === caller.objectId),
    );
    if (same)
      return no(
        409,
        'InvalidRequest',
        `Subscription already exists for the resource with the same changeType: ${same.id}.`,
        'S6',
      );
    const full = (what: string, limit: number): { refusal: Refusal } =>
      no(403, 'Forbidden', `The ${what} has reached its limit of ${limit} subscriptions.`, 'S7');
    if (rules.kind === 'presences')
      return own.some((one) => one.watched.rules.kind === 'presences' && one.creatorId === caller.objectId)
        ? no(403, 'Forbidden', `One presence subscription (${mostPresences} people) per app and user.`, 'S3')
        : undefined;
    const inTenant = all.filter((one) => one.tenantId === caller.tenantId);
    if (rules.perTenant !== undefined) {
      const used = inTenant.filter((one) => one.watched.rules.kind === rules.kind).length;
      return used >= rules.perTenant ? full('organisation', rules.perTenant) : undefined;
    }
    const counted = (list: readonly Subscription[]): number =>
      list.filter((one) => ['users', 'groups', 'members'].includes(one.watched.rules.kind)).length;
    if (counted(own) >= settings.quotaPerAppAndTenant)
      return full('app in this tenant', settings.quotaPerAppAndTenant);
    if (counted(inTenant) >= settings.quotaPerTenant) return full('tenant', settings.quotaPerTenant);
    const ofApp = all.filter((one) => one.applicationId === caller.appId);
    return counted(ofApp) >= settings.quotaPerApp ? full('app', settings.quotaPerApp) : undefined;
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

const badCertificate = no(
  400,
  'InvalidRequest',
  'encryptionCertificate is no certificate in base64 with an RSA key of 2,048 to 4,096 bits.',
  'S3',
);
