/** Microsoft's limits (graph 6.3, 7.5, check G13): windows that slide; what is refused counts as well. */

export type ServiceName =
  | 'presence'
  | 'identity'
  | 'teams'
  | 'callRecords'
  | 'pstnLogs'
  | 'outlook'
  | 'activity'
  | 'chat';

export interface Quota {
  limit: number;
  windowMs: number;
}

/** Whose requests one meter counts together. */
type Scope = 'app+tenant' | 'app' | 'tenant' | 'app+resource';

const rows = {
  everything: ['app', 130_000, 10_000],
  /** The method article; the article of limits says 10,000. */
  presence: ['app+tenant', 1_500, 30_000],
  /** In resource units; of a small tenant. Middle-sized and large ones get more. */
  identity: ['app+tenant', 3_500, 10_000],
  identityApp: ['app', 150_000, 20_000],
  identityWrite: ['app+tenant', 3_000, 150_000],
  identityWriteApp: ['app', 35_000, 300_000],
  identityWriteTenant: ['tenant', 18_000, 300_000],
  teamsRead: ['app+tenant', 30, 1_000],
  teamsReadApp: ['app', 1_500, 1_000],
  teamsWrite: ['app+tenant', 30, 1_000],
  teamsWriteApp: ['app', 300, 1_000],
  teamsDelete: ['app+tenant', 15, 1_000],
  callRecords: ['app+tenant', 1_500, 20_000],
  callRecordsTenant: ['tenant', 10_000, 20_000],
  pstnLogs: ['app+tenant', 200, 60_000],
  pstnLogsTenant: ['tenant', 1_000, 60_000],
  pstnLogsCollection: ['app+resource', 50, 60_000],
  outlook: ['app+resource', 10_000, 600_000],
  activity: ['app+tenant', 5, 1_000],
  activityApp: ['app', 50, 1_000],
  chat: ['app+tenant', 20, 1_000],
} as const satisfies Record<string, readonly [Scope, number, number]>;

export type QuotaName = keyof typeof rows;
export type Quotas = Record<QuotaName, Quota>;
export const quotaNames = Object.keys(rows) as [QuotaName, ...QuotaName[]];

export const documentedQuotas = (): Quotas =>
  Object.fromEntries(
    Object.entries(rows).map(([name, [, limit, windowMs]]) => [name, { limit, windowMs }]),
  ) as Quotas;

const metersOf: Readonly<Record<ServiceName, (method: string) => readonly QuotaName[]>> = {
  presence: () => ['presence'],
  identity: (method) =>
    method === 'GET'
      ? ['identity', 'identityApp']
      : ['identityWrite', 'identityWriteApp', 'identityWriteTenant'],
  teams: (method) =>
    method === 'GET'
      ? ['teamsRead', 'teamsReadApp']
      : method === 'DELETE'
        ? ['teamsDelete']
        : ['teamsWrite', 'teamsWriteApp'],
  callRecords: () => ['callRecords', 'callRecordsTenant'],
  pstnLogs: () => ['pstnLogs', 'pstnLogsTenant', 'pstnLogsCollection'],
  outlook: () => ['outlook'],
  activity: () => ['activity', 'activityApp'],
  chat: () => ['chat'],
};

/** Read units of the directory by the size of the tenant, against those of a small one. */
const sizeFactor = (users: number): number => (users > 500 ? 8_000 / 3_500 : users >= 50 ? 5_000 / 3_500 : 1);

/** A window that slides in two halves: cheap, and hammering does not open it. */
interface Meter {
  window: number;
  used: number;
  before: number;
  blockedUntil: number;
  /** What was on its way when the refusal was said counts from here on: who sent it could not know. */
  heardAt: number;
}

export interface Throttled {
  readonly retryAfterSeconds: number;
  readonly quota: QuotaName;
  /** As `x-ms-throttle-scope` begins. */
  readonly scope: 'Tenant_Application' | 'Application' | 'Tenant';
}

export interface Asked {
  readonly appId: string;
  readonly tenantId: string;
  readonly service: ServiceName;
  readonly method: string;
  /** Resource units of an identity read; 1 of anything else. */
  readonly cost: number;
  /** People in the tenant. */
  readonly users: number;
  /** What the narrowest meter counts by: a mailbox, a collection. */
  readonly resource: string;
}

/** An answer's way back, and the rest of the batch or of the sweep that was sent with it. */
const onTheWayMs = 250;

export class Throttle {
  readonly quotas: Quotas = documentedQuotas();
  /** All limits times this: 0.1 makes Microsoft ten times as strict. */
  scale = 1;
  readonly #meters = new Map<string, Meter>();
  readonly #now: () => number;
  /** Requests by outcome, for benches. */
  readonly counts = { requests: 0, throttled: 0, insideRetryAfter: 0 };
  /** The same, of each limit: which wait was not kept. */
  readonly insideBy: Partial<Record<QuotaName, number>> = {};

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Forgets what was used. */
  reset(): void {
    this.#meters.clear();
    Object.assign(this.counts, { requests: 0, throttled: 0, insideRetryAfter: 0 });
    for (const name of quotaNames) delete this.insideBy[name];
  }

  /** Counts a request. `share` is how much of the tightest limit is used, 1 = all. */
  take(asked: Asked): { readonly refused?: Throttled; readonly share: number } {
    const now = this.#now();
    this.counts.requests++;
    let share = 0;
    let refused: Throttled | undefined;
    let blocked = false;
    for (const name of ['everything', ...metersOf[asked.service](asked.method)] as const) {
      const { windowMs } = this.quotas[name];
      const units = name === 'identity' || name === 'identityApp' ? asked.cost : 1;
      const factor = name === 'identity' ? sizeFactor(asked.users) : 1;
      const limit = this.quotas[name].limit * factor * this.scale;
      const meter = this.#meter(`${name} ${keyOf(rows[name][0], asked)}`, Math.floor(now / windowMs));
      const overlap = 1 - (now % windowMs) / windowMs;
      meter.used += units;
      if (now > meter.heardAt && now < meter.blockedUntil) {
        blocked = true;
        this.insideBy[name] = (this.insideBy[name] ?? 0) + 1;
      }
      const used = (meter.used + meter.before * overlap) / limit;
      share = Math.max(share, used);
      if (used <= 1 || refused) continue;
      const retryAfterSeconds = Math.max(1, Math.ceil(windowMs / 3_000));
      // Of the first refusal only: whoever goes on asking has heard it.
      if (now >= meter.blockedUntil) meter.heardAt = now + onTheWayMs;
      meter.blockedUntil = now + retryAfterSeconds * 1_000;
      refused = { retryAfterSeconds, quota: name, scope: scopeName(rows[name][0]) };
    }
    if (blocked) this.counts.insideRetryAfter++;
    if (refused) this.counts.throttled++;
    return refused ? { refused, share } : { share };
  }

  #meter(key: string, window: number): Meter {
    const meter = this.#meters.get(key) ?? { window, used: 0, before: 0, blockedUntil: 0, heardAt: 0 };
    if (meter.window !== window) {
      meter.before = meter.window === window - 1 ? meter.used : 0;
      meter.used = 0;
      meter.window = window;
    }
    this.#meters.set(key, meter);
    return meter;
  }
}

function keyOf(scope: Scope, { appId, tenantId, resource }: Asked): string {
  if (scope === 'app') return appId;
  if (scope === 'tenant') return tenantId;
  return scope === 'app+tenant' ? `${appId}/${tenantId}` : `${appId}/${tenantId}/${resource}`;
}

const scopeName = (scope: Scope): Throttled['scope'] =>
  scope === 'app' ? 'Application' : scope === 'tenant' ? 'Tenant' : 'Tenant_Application';

/** `$select` saves a unit, `$expand` costs one, `$top` below 20 saves another, never below one. */
export function readCost(base: number, query: URLSearchParams): number {
  const top = Number(query.get('$top') ?? Number.NaN);
  const cost = base + (query.has('$expand') ? 1 : 0) - (query.has('$select') ? 1 : 0) - (top < 20 ? 1 : 0);
  return Math.max(1, cost);
}
