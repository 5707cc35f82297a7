/**
 * Which presences to read now (product-behaviour 2.11): hot people every 5 s, the others every 30 s, 650 ids a request,
 * inside a share of Microsoft's quota; a tenant too large for that is read more slowly. Room that is left in a request of
 * hot people is filled with others, which costs nothing. One plan per Entra tenant. Pure: the time comes in, the batches
 * go out.
 */
export interface PollingPlan {
  readonly tiers: Readonly<Record<PollTier, { readonly lastSweepMs?: number }>>;
  /** When the requests of the last quota window were sent. */
  readonly sentMs: readonly number[];
  readonly pausedUntilMs?: number;
  /** Nothing could be read for a while: everybody is read once, in a larger share of the quota. */
  readonly catchingUp?: boolean;
  /** Where the next filling begins. */
  readonly filledTo?: number;
}

export type PollTier = 'hot' | 'other';

export const tierIntervalMs: Readonly<Record<PollTier, number>> = { hot: 5000, other: 30_000 };
export const idsPerRequest = 650;
/** The stricter of Microsoft's two figures: 1,500 requests in 30 s per app and tenant (microsoft-graph 2.2). */
export const presenceQuota = { requests: 1500, windowMs: 30_000 } as const;
export const quotaShare = 0.6;
export const catchUpShare = 0.8;
/** So that a change and the answer that tells it fit into 15 s (features U04). */
export const briskIntervalMs = 14_000;
/** What reading briskly may take of the quota: half of what all reading may. */
const briskShare = quotaShare / 2;

/**
 * How often those are read with whom nothing goes on, when nobody chose it: within 15 s as long as half of our share of the
 * quota is enough for it, which is so for some hundred thousand people in a tenant; more seldom beyond.
 */
export function usualOtherIntervalMs(hot: number, other: number): number {
  const window = presenceQuota.requests * briskShare;
  const room = window - Math.ceil(hot / idsPerRequest) * (presenceQuota.windowMs / tierIntervalMs.hot);
  const fits =
    room <= 0 ? Number.POSITIVE_INFINITY : (Math.ceil(other / idsPerRequest) * presenceQuota.windowMs) / room;
  return Math.min(tierIntervalMs.other, Math.max(briskIntervalMs, fits));
}

/** Retry-After is missing: 10 s, doubling to 300 s, is what a caller keeps count of (reliability F08). */
export const defaultPauseMs = 10_000;

export const newPollingPlan: PollingPlan = { tiers: { hot: {}, other: {} }, sentMs: [] };

export interface PollStep {
  readonly plan: PollingPlan;
  /** One request each. */
  readonly batches: readonly { readonly tier: PollTier; readonly ids: readonly string[] }[];
  /** When to ask again. */
  readonly nextMs: number;
}

export function planPolls(
  before: PollingPlan,
  people: Readonly<Record<PollTier, readonly string[]>>,
  nowMs: number,
  intervalMs: Readonly<Record<PollTier, number>> = tierIntervalMs,
): PollStep {
  if (before.pausedUntilMs !== undefined && nowMs < before.pausedUntilMs)
    return { plan: before, batches: [], nextMs: before.pausedUntilMs };
  const sentMs = before.sentMs.filter((at) => nowMs - at < presenceQuota.windowMs);
  let room =
    Math.floor(presenceQuota.requests * (before.catchingUp ? catchUpShare : quotaShare)) - sentMs.length;
  const tiers: Record<PollTier, { readonly lastSweepMs?: number }> = { ...before.tiers };
  const batches: PollStep['batches'][number][] = [];
  let crowded = false;
  for (const tier of ['hot', 'other'] as const) {
    const due = dueAt(before, tier, intervalMs);
    const needed = Math.ceil(people[tier].length / idsPerRequest);
    if (nowMs < due) continue;
    // A sweep is whole or waits: half of the people fresh and half of them old helps nobody.
    if (needed > room) {
      crowded = true;
      continue;
    }
    for (let at = 0; at < people[tier].length; at += idsPerRequest)
      batches.push({ tier, ids: people[tier].slice(at, at + idsPerRequest) });
    room -= needed;
    // Kept to the grid, so that late wake-ups do not add up; a long gap starts a new one.
    const onGrid = nowMs - due < intervalMs[tier] && Number.isFinite(due) ? due : nowMs;
    tiers[tier] = { lastSweepMs: onGrid };
  }
  const { pausedUntilMs: _, catchingUp, ...rest } = before;
  const swept = tiers.other !== before.tiers.other || people.other.length === 0;
  const filled = tiers.other === before.tiers.other ? fill(batches, people.other, before.filledTo ?? 0) : 0;
  const plan: PollingPlan = {
    ...rest,
    tiers,
    sentMs: [...sentMs, ...batches.map(() => nowMs)],
    filledTo: filled,
    ...(catchingUp && !swept && { catchingUp }),
  };
  const oldest = plan.sentMs[0];
  const quotaMs = oldest === undefined ? nowMs + 1000 : oldest + presenceQuota.windowMs;
  const dueMs = Math.min(...(['hot', 'other'] as const).map((tier) => dueAt(plan, tier, intervalMs)));
  return { plan, batches, nextMs: crowded ? Math.max(nowMs + 1, quotaMs) : Math.max(nowMs + 1, dueMs) };
}

/** Fills the last request of hot people up with others, going round. Returns where to go on. */
function fill(batches: PollStep['batches'][number][], others: readonly string[], from: number): number {
  const last = batches.at(-1);
  if (last?.tier !== 'hot' || others.length === 0) return from;
  const room = Math.min(idsPerRequest - last.ids.length, others.length);
  const start = from % others.length;
  const ids = [
    ...others.slice(start, start + room),
    ...others.slice(0, Math.max(0, start + room - others.length)),
  ];
  batches[batches.length - 1] = { tier: 'hot', ids: [...last.ids, ...ids] };
  return (start + room) % others.length;
}

/** Microsoft asked us to wait: nothing is read before, and what was due is read once, not often. */
export function pausePolls(
  before: PollingPlan,
  retryAfterMs: number | undefined,
  nowMs: number,
  /** Nothing came of what was asked: all of it is due when the pause ends. */
  dueAgain = false,
): PollingPlan {
  const untilMs = nowMs + (retryAfterMs ?? defaultPauseMs);
  return {
    ...before,
    ...(dueAgain && { tiers: newPollingPlan.tiers }),
    catchingUp: true,
    pausedUntilMs: Math.max(untilMs, before.pausedUntilMs ?? 0),
  };
}

function dueAt(plan: PollingPlan, tier: PollTier, intervalMs: Readonly<Record<PollTier, number>>): number {
  const last = plan.tiers[tier].lastSweepMs;
  return last === undefined ? Number.NEGATIVE_INFINITY : last + intervalMs[tier];
}
