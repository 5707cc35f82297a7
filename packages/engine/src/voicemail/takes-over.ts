import type { CallFailure } from '../call/call-failure.ts';

/**
 * What a peer says of somebody who is not there, is busy, or declined (RFC 3261 §21.4.9, §21.4.18, §21.4.24, §21.6).
 * 480 of Teams also stands for a person without a client that rings (teams-direct-routing 2.4).
 */
const statuses: ReadonlySet<number> = new Set([408, 480, 486, 600, 603]);

/** Failures that leave the person unreached and the caller willing: the mailbox answers instead (product-behaviour 4.2 item 7). */
export function mailboxTakesOver(failure: CallFailure): boolean {
  switch (failure.kind) {
    case 'no-answer':
    case 'phone-not-registered':
    case 'phone-unreachable':
    case 'teams-unreachable':
      return true;
    case 'peer-rejected':
      return failure.role !== 'carrier' && statuses.has(failure.status);
    default:
      return false;
  }
}
