import type { Caller } from '../graph/graph-world.ts';
import { judgeUrl, type OutgoingRules } from './outgoing.ts';
import { mostPresences, type ResourceRules, type Watched, watchedOf } from './resources.ts';
import { readCertificate } from './rich-content.ts';
import type { NotificationSettings } from './settings.ts';
import type { Subscription } from './subscription.ts';

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
/** What the rules look at besides what is asked. */
export interface RulesGround {
  readonly settings: NotificationSettings;
  readonly outgoing: OutgoingRules;
  now(): number;
  /** All subscriptions that stand. */
  all(): readonly Subscription[];
}

const minute = 60_000;
const hour = 60 * minute;
const shortestMs = 45 * minute;

export const no = (status: number, code: string, message: string, check: string): { refusal: Refusal } => ({
  refusal: { status, code, message, check },
});

export const badCertificate = no(
  400,
  'InvalidRequest',
  'encryptionCertificate is no certificate in base64 with an RSA key of 2,048 to 4,096 bits.',
  'S3',
);

/** Whether what is asked for can be had at all; the URLs are called later. */
export function judgeAsk(
  ground: RulesGround,
  ask: SubscriptionAsk,
  caller: Caller,
):
  | { readonly refusal: Refusal }
  | { readonly watched: Watched; readonly expiresAt: number; readonly changeTypes: readonly string[] } {
  for (const name of ['changeType', 'notificationUrl', 'resource', 'expirationDateTime'] as const)
    if (!ask[name]) return no(400, 'InvalidRequest', `'${name}' is required.`, 'G6');
  const { outgoing } = ground;
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
  const expiresAt = judgeExpiry(ground, ask.expirationDateTime as string, rules, rich);
  if (typeof expiresAt !== 'number') return expiresAt;
  if (rules.teams && expiresAt - ground.now() > hour + minute && !ask.lifecycleNotificationUrl)
    return no(
      400,
      'ValidationError',
      'lifecycleNotificationUrl is required for this resource when it lives longer than an hour.',
      'S5',
    );
  return judgeCount(ground, ask, caller, watched, changeTypes) ?? { watched, expiresAt, changeTypes };
}

/** The end that a subscription gets; times above the maximum are refused or cut, as the settings say. */
export function judgeExpiry(
  { now: clock, settings }: RulesGround,
  text: string,
  rules: ResourceRules,
  rich: boolean,
): number | { readonly refusal: Refusal } {
  const now = clock();
  const asked = Date.parse(text);
  if (!Number.isFinite(asked) || asked <= now)
    return no(400, 'InvalidRequest', 'expirationDateTime must be a time to come, in UTC.', 'S4');
  const minutes = rich ? (rules.maxMinutesRich ?? rules.maxMinutes) : rules.maxMinutes;
  // Clocks differ, and the request took its time.
  const latest = now + minutes * minute;
  if (asked > latest + minute) {
    if (settings.aboveMaximum === 'clip') return latest;
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
export function judgeCount(
  ground: RulesGround,
  ask: SubscriptionAsk,
  caller: Caller,
  { rules }: Watched,
  changeTypes: readonly string[],
): { refusal: Refusal } | undefined {
  const { settings } = ground;
  const all = ground.all();
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
