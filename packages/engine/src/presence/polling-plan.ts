/**
 * Which presences to read now (product-behaviour 2.11): hot people every 5 s, the others every 30 s, 650 ids a request,
 * inside a share of Microsoft's quota. One plan per Entra tenant. Pure: the time comes in, the batches go out.
 */
export interface PollingPlan {
  readonly tiers: Readonly<Record<PollTier, { readonly lastSweepMs?: number }>>;
  /** When the requests of the last quota window were sent. */
  readonly sentMs: readonly number[];
  readonly pausedUntilMs?: number;
}

export type PollTier = 'hot' | 'other';

export const tierIntervalMs: Readonly<Record<PollTier, number>> = { hot: 5000, other: 30_000 };
export const idsPerRequest = 650;
/** The stricter of Microsoft's two figures: 1,500 requests in 30 s per app and tenant (microsoft-graph 2.2). */
export const presenceQuota = { requests: 1500, windowMs: 30_000 } as const;
export const quotaShare = 0.6;
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
): PollStep {
  if (before.pausedUntilMs !== undefined && nowMs < before.pausedUntilMs)
    return { plan: before, batches: [], nextMs: before.pausedUntilMs };
  const sentMs = before.sentMs.filter((at) => nowMs - at < presenceQuota.windowMs);
  let room = Math.floor(presenceQuota.requests * quotaShare) - sentMs.length;
  const tiers: Record<PollTier, { readonly lastSweepMs?: number }> = { ...before.tiers };
  const batches: PollStep['batches'][number][] = [];
  let crowded = false;
  for (const tier of ['hot', 'other'] as const) {
    const due = dueAt(before, tier);
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
    const onGrid = nowMs - due < tierIntervalMs[tier] && Number.isFinite(due) ? due : nowMs;
    tiers[tier] = { lastSweepMs: onGrid };
  }
  const { pausedUntilMs: _, ...rest } = before;
  const plan: PollingPlan = { ...rest, tiers, sentMs: [...sentMs, ...batches.map(() => nowMs)] };
  const oldest = plan.sentMs[0];
  const quotaMs = oldest === undefined ? nowMs + 1000 : oldest + presenceQuota.windowMs;
  const dueMs = Math.min(...(['hot', 'other'] as const).map((tier) => dueAt(plan, tier)));
  return { plan, batches, nextMs: crowded ? Math.max(nowMs + 1, quotaMs) : Math.max(nowMs + 1, dueMs) };
}

/** Microsoft asked us to wait: nothing is read before, and what was due is read once, not often. */
export function pausePolls(
  before: PollingPlan,
  retryAfterMs: number | undefined,
  nowMs: number,
): PollingPlan {
  const untilMs = nowMs + (retryAfterMs ?? defaultPauseMs);
  return { ...before, pausedUntilMs: Math.max(untilMs, before.pausedUntilMs ?? 0) };
}

function dueAt(plan: PollingPlan, tier: PollTier): number {
  const last = plan.tiers[tier].lastSweepMs;
  return last === undefined ? Number.NEGATIVE_INFINITY : last + tierIntervalMs[tier];
}
