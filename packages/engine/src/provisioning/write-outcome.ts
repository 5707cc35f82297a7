import type { Link, ReadinessCode } from '@tandem/domain';
import type { AccountPolicy } from './decide-events.ts';
import { type PolicyWrite, wrotePolicies } from './policies.ts';
import { applyEvent, type ProvisioningAction } from './reconcile-link.ts';

/** By what Microsoft's support finds a request: Microsoft's id and ours. */
export interface RequestIds {
  readonly requestId?: string;
  readonly clientRequestId?: string;
}

type WriteResult =
  | { readonly kind: 'accepted'; readonly write: 'assign' | 'unassign'; readonly operationId: string }
  /** Microsoft took these policies for the person. */
  | { readonly kind: 'policies'; readonly writes: readonly PolicyWrite[] }
  | { readonly kind: 'running' }
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'refused'; readonly code: ReadinessCode; readonly reason: string }
  /** 429, 5xx, no answer: whether Microsoft did it is not known. */
  | { readonly kind: 'later'; readonly retryAfterMs?: number }
  /** Microsoft has forgotten the operation: the number itself tells. */
  | { readonly kind: 'forgotten' };

/** What came of a write or of a poll. `request`: absent where nothing was asked, or nothing is known of it. */
export type WriteOutcome = WriteResult & { readonly request?: RequestIds };

/** product-behaviour 1.2: `Retry-After`, else 2, 4, 8 .. 120 s with jitter. */
const longestRetryMs = 120_000;
/** microsoft-graph 5.2: poll after 2, 4, 8 .. 60 s, give up after 30 minutes and read the number. */
const longestPollMs = 60_000;
const giveUpMs = 30 * 60_000;
/** What was refused for somebody who calls already is tried again, seldom. */
const policyRetryMs = 3_600_000;

export interface OutcomeOptions {
  /** Policies are still to be written once the number is there. */
  readonly policiesNext?: boolean;
  /** How long such operations take at this tenant, as seen lately: the first poll comes then. */
  readonly usualMs?: number;
}

/** `jitter` is 0 to 1, from the caller's source of randomness. */
export function applyOutcome(
  link: Link,
  outcome: WriteOutcome,
  account: AccountPolicy,
  nowWallMs: number,
  jitter: number,
  options: OutcomeOptions = {},
): { readonly link: Link; readonly actions: readonly ProvisioningAction[] } {
  const actions: ProvisioningAction[] = [];
  const unchanged = { link, actions };
  if (outcome.kind === 'policies') {
    const { code: _c, reason: _w, retries: _r, notBeforeWallMs: _n, ...kept } = link;
    const code = link.code === undefined || link.code === 'PRV-502' ? {} : { code: link.code };
    return { link: wrotePolicies({ ...kept, ...code }, outcome.writes, nowWallMs), actions };
  }
  if (policyStates.has(link.state))
    return { link: policyTrouble(link, outcome, account, nowWallMs, jitter, actions), actions };
  if (link.state !== 'ASSIGNING' && link.state !== 'REMOVING')
    return { link: seenThrough(link, outcome, nowWallMs), actions };
  const { operation, ...rest } = link;
  switch (outcome.kind) {
    case 'accepted': {
      const { retries: _r, notBeforeWallMs: _n, ...kept } = rest;
      const started = {
        id: outcome.operationId,
        kind: outcome.write,
        startedWallMs: nowWallMs,
        polls: 0,
        nextPollWallMs: nowWallMs + Math.min(longestPollMs, Math.max(2000, options.usualMs ?? 0)),
      };
      return { link: { ...kept, operation: started, lastWriteWallMs: nowWallMs }, actions };
    }
    case 'running': {
      if (!operation) return unchanged;
      if (nowWallMs - operation.startedWallMs > giveUpMs)
        return { link: { ...rest, lastWriteWallMs: nowWallMs }, actions };
      const polls = operation.polls + 1;
      const nextPollWallMs = nowWallMs + Math.min(longestPollMs, 2000 * 2 ** polls);
      return { link: { ...rest, operation: { ...operation, polls, nextPollWallMs } }, actions };
    }
    case 'forgotten':
      return { link: { ...rest, lastWriteWallMs: nowWallMs }, actions };
    case 'succeeded': {
      const done: Link = { ...rest, lastWriteWallMs: nowWallMs };
      // The old number is gone; the new one follows after the read-back. A removal ends with its read-back too.
      if (link.state === 'REMOVING') return { link: done, actions };
      if (operation?.kind === 'unassign') {
        // Teams' own view may show the old number for hours: what the operation said counts.
        const { assignedNumber: _, replaces: _p, ...freed } = done;
        const { takeOver } = freed;
        return { link: takeOver ? { ...freed, takeOver: { ...takeOver, done: true } } : freed, actions };
      }
      if (options.policiesNext) return { link: { ...done, step: 'policies' }, actions };
      const next = applyEvent(done, { event: 'operationSucceeded' }, account, nowWallMs, actions);
      return { link: next ?? done, actions };
    }
    case 'refused': {
      // Microsoft keeps a policy that it does not take back: nothing depends on it once the number is gone.
      if (link.state === 'REMOVING' && outcome.code === 'PRV-502') {
        const { policies: _, ...without } = link;
        return { link: without, actions };
      }
      const next = applyEvent(link, { event: 'refused', code: outcome.code }, account, nowWallMs, actions);
      return { link: next ? { ...next, reason: outcome.reason } : link, actions };
    }
    case 'later': {
      const retries = (link.retries ?? 0) + 1;
      const backOff = Math.min(longestRetryMs, 1000 * 2 ** retries);
      const waitMs = outcome.retryAfterMs ?? backOff / 2 + (backOff / 2) * jitter;
      // Whatever was read while the write was under way says nothing about it.
      const wait: Link = operation
        ? { ...link, operation: { ...operation, nextPollWallMs: nowWallMs + waitMs } }
        : { ...link, lastWriteWallMs: nowWallMs };
      return { link: { ...wait, retries, notBeforeWallMs: nowWallMs + waitMs }, actions };
    }
  }
}

/** An operation that was under way when the link moved on: its end is waited for, and the number itself tells what came of it. */
function seenThrough(link: Link, outcome: WriteOutcome, nowWallMs: number): Link {
  const { operation, ...rest } = link;
  if (!operation || outcome.kind === 'accepted') return link;
  const over = nowWallMs - operation.startedWallMs > giveUpMs;
  if (over || (outcome.kind !== 'running' && outcome.kind !== 'later'))
    return { ...rest, lastWriteWallMs: nowWallMs };
  const polls = operation.polls + 1;
  const waitMs = (outcome.kind === 'later' && outcome.retryAfterMs) || 2000 * 2 ** polls;
  const nextPollWallMs = nowWallMs + Math.min(longestPollMs, waitMs);
  return { ...link, operation: { ...operation, polls, nextPollWallMs } };
}

const policyStates: ReadonlySet<Link['state']> = new Set([
  'PROPAGATING',
  'AWAITING_RELAUNCH',
  'READY',
  'DRIFTED',
]);

/** A policy of somebody whose number stands was refused or has to wait: the number goes on. */
function policyTrouble(
  link: Link,
  outcome: WriteOutcome,
  account: AccountPolicy,
  nowWallMs: number,
  jitter: number,
  actions: ProvisioningAction[],
): Link {
  if (outcome.kind === 'refused' && link.state === 'PROPAGATING') {
    const next = applyEvent(link, { event: 'refused', code: outcome.code }, account, nowWallMs, actions);
    return next ? { ...next, reason: outcome.reason } : link;
  }
  if (outcome.kind === 'refused')
    return {
      ...link,
      code: outcome.code,
      reason: outcome.reason,
      notBeforeWallMs: nowWallMs + policyRetryMs,
    };
  if (outcome.kind !== 'later') return link;
  const retries = (link.retries ?? 0) + 1;
  const backOff = Math.min(longestRetryMs, 1000 * 2 ** retries);
  const waitMs = outcome.retryAfterMs ?? backOff / 2 + (backOff / 2) * jitter;
  return { ...link, retries, notBeforeWallMs: nowWallMs + waitMs };
}
