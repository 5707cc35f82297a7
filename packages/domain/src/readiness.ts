import type { ReadinessCode, ReadinessOwner } from './readiness-codes.ts';

/** `unknown`: not read, or read too long ago. It is never shown or counted as good. */
export type ReadinessStatus = 'green' | 'amber' | 'red' | 'unknown';

/** The rows of product-behaviour 1.1 in the order in which they are judged. */
export const readinessChecks = [
  'account-enabled',
  'tenant-ready',
  'platform-user',
  'microsoft-user',
  'identity-unique',
  'enable-group',
  'number',
  'teams-toggle',
  'microsoft-licence',
  'platform-licence',
  'microsoft-number',
  'voice-routing-policy',
  'teams-client',
] as const;
export type ReadinessCheckName = (typeof readinessChecks)[number];
export type ReadinessCheckId = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12;

export interface ReadinessCheck {
  readonly id: ReadinessCheckId;
  readonly name: ReadinessCheckName;
  readonly status: ReadinessStatus;
  readonly code?: ReadinessCode;
  readonly sentence: string;
  /** Whose turn it is; `nobody` when there is nothing to do. */
  readonly owner: ReadinessOwner;
  /** The next step in words, empty when there is none. */
  readonly fix: string;
  /** Where the fix is done: an address at Microsoft, or a path of the portal. */
  readonly link?: string;
  /** Since when it is so, wall milliseconds, where known. */
  readonly sinceWallMs?: number;
  /** How long it usually takes and the worst that is known, seconds. Microsoft's time, never added to ours. */
  readonly usualSeconds?: number;
  readonly worstSeconds?: number;
}

/**
 * `ready`: every check is green. `attention`: calls are offered, something remains to be done. `unverified`: nothing
 * seen is wrong and something was not seen. `blocked`: a check is red.
 */
export type ReadinessVerdict = 'ready' | 'attention' | 'unverified' | 'blocked';

export interface ReadinessReport {
  readonly verdict: ReadinessVerdict;
  /** The first failing check, else the first that is not green; undefined when all are green. */
  readonly headline: ReadinessCheck | undefined;
  /** All thirteen, in order. */
  readonly checks: readonly ReadinessCheck[];
}

/** Judges a full list of checks. One red blocks; one unknown keeps it from ready. */
export function reportOf(checks: readonly ReadinessCheck[]): ReadinessReport {
  const has = (status: ReadinessStatus): boolean => checks.some((check) => check.status === status);
  const verdict = has('red')
    ? 'blocked'
    : has('unknown')
      ? 'unverified'
      : has('amber')
        ? 'attention'
        : 'ready';
  const headline =
    checks.find((check) => check.status === 'red') ?? checks.find((check) => check.status !== 'green');
  return { verdict, headline, checks };
}
