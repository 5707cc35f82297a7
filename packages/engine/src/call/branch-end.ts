import type { EndedBy } from '@tandem/domain';
import type { FinalOutcome } from '@tandem/sip/ua/types.ts';
import type { CallFailure, LegRole } from './call-failure.ts';
import { q850CauseOf } from './reason.ts';

/** How one branch ended without an answer. */
export interface BranchEnd {
  readonly failure: CallFailure;
  readonly by: EndedBy;
  /** What the called side said itself. */
  readonly q850?: number | undefined;
}

const unreachable = {
  teams: 'teams-unreachable',
  carrier: 'carrier-unreachable',
  phone: 'phone-unreachable',
} as const;

export function endOfSearch(role: LegRole, tried: number, last: FinalOutcome | undefined): BranchEnd {
  if (last?.kind !== 'response') return { failure: { kind: unreachable[role], tried }, by: 'platform' };
  const { response } = last;
  return {
    failure: { kind: 'peer-rejected', role, status: response.status },
    by: 'callee',
    q850: q850CauseOf(response),
  };
}

/** Said by the person at one endpoint for all of them (product-behaviour 4.2 item 8; RFC 3261 §21.6.1, §21.6.2). */
export function endsAll(end: BranchEnd): boolean {
  const { failure } = end;
  return failure.kind === 'peer-rejected' && (failure.status === 600 || failure.status === 603);
}

/** What the caller is told when every branch has ended (RFC 3261 §16.7 item 6, busy before the rest); first come wins a tie. */
export function bestEnd(ends: readonly BranchEnd[]): BranchEnd | undefined {
  let best: BranchEnd | undefined;
  for (const end of ends) if (!best || rank(end.failure) < rank(best.failure)) best = end;
  return best;
}

function rank(failure: CallFailure): number {
  if (failure.kind !== 'peer-rejected') return 1000;
  const { status } = failure;
  if (status >= 600) return 0;
  if (status === 486) return 1;
  // It rang, or nobody was there: nearer to the person than what a system says about itself.
  if (status === 480 || status === 408) return 2;
  return status;
}
