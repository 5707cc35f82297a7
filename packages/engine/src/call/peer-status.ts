import type { ResultClass } from '@tandem/domain';
import type { LegRole } from './call-failure.ts';
import type { Blame, Verdict } from './verdicts.ts';

/**
 * What a final status of the called side means for the calling side. Meanings are kept, codes are ours: a caller is
 * never told 408, 503 or 504 for a busy or wrong number (S9), and what only concerns our leg (401, 405, 420 …)
 * stays on it.
 */
type Row = readonly [
  sip: number,
  q850: number,
  code: string,
  blame: Blame | 'peer',
  retry: Verdict['retry'],
  result: ResultClass,
  say: string,
];

const rows: Readonly<Record<number, Row>> = {
  400: [500, 127, 'peer-bad-request', 'us', 'never', 'failed', 'did not understand our request'],
  401: [500, 57, 'peer-wants-credentials', 'customer', 'never', 'failed', 'did not accept our credentials'],
  403: [403, 21, 'forbidden', 'peer', 'never', 'refused', 'refused the call (403)'],
  404: [404, 1, 'not-found', 'peer', 'never', 'refused', 'does not know the number'],
  407: [500, 57, 'peer-wants-credentials', 'customer', 'never', 'failed', 'did not accept our credentials'],
  408: [480, 18, 'no-response', 'peer', 'later', 'no-answer', 'got no response from the phone'],
  410: [410, 22, 'gone', 'peer', 'never', 'refused', 'says that the number has gone'],
  412: [484, 28, 'callee-unreadable', 'us', 'never', 'refused', 'could not read the called number'],
  480: [480, 20, 'unavailable', 'callee', 'later', 'no-answer', 'found no phone to ring, or nobody answered'],
  482: [482, 25, 'loop-detected', 'nobody', 'never', 'refused', 'found that the call goes round in a circle'],
  483: [483, 25, 'too-many-hops', 'nobody', 'never', 'refused', 'found too many systems in the path'],
  484: [484, 28, 'incomplete', 'caller', 'never', 'refused', 'says that the number is incomplete'],
  486: [486, 17, 'busy', 'callee', 'never', 'busy', 'says that the line is busy'],
  487: [480, 31, 'peer-cancelled', 'peer', 'later', 'failed', 'gave the call up by itself'],
  488: [488, 88, 'media-refused', 'peer', 'never', 'failed', 'refused the media that we offered'],
  500: [500, 41, 'peer-error', 'peer', 'later', 'failed', 'had an internal error'],
  503: [500, 42, 'peer-overloaded', 'peer', 'later', 'failed', 'is overloaded or in maintenance'],
  504: [500, 41, 'peer-timeout', 'peer', 'later', 'failed', 'could not reach its own next system'],
  600: [486, 17, 'busy', 'callee', 'never', 'busy', 'says that everybody is busy'],
  603: [603, 21, 'declined', 'callee', 'never', 'refused', 'says that the person declined'],
  604: [404, 1, 'not-found', 'peer', 'never', 'refused', 'says that the number exists nowhere'],
  606: [488, 88, 'media-refused', 'peer', 'never', 'failed', 'refused the media that we offered'],
};

/** Redirects are not followed: whoever may send a 302 could spend the customer's money (T13). */
const redirected: Row = [
  480,
  31,
  'redirected',
  'peer',
  'never',
  'failed',
  'wanted to send the call elsewhere, which is not allowed',
];
const other4xx: Row = [500, 127, 'peer-refused', 'peer', 'never', 'failed', 'refused our request'];
const other5xx: Row = [500, 41, 'peer-error', 'peer', 'later', 'failed', 'had an internal error'];
const other6xx: Row = [603, 21, 'declined', 'callee', 'never', 'refused', 'refused the call for every phone'];

const names = { teams: 'Microsoft Teams', carrier: 'The carrier', phone: 'The phone' } as const;
const blamed = { teams: 'microsoft', carrier: 'carrier', phone: 'callee' } as const;

export function peerStatusVerdict(role: LegRole, status: number): Verdict {
  // MICROSOFT: 410 is a media failure there (teams-direct-routing 2.4), not a number that has gone.
  const effective = role === 'teams' && status === 410 ? 488 : status;
  const [sip, q850, code, blame, retry, result, say] =
    rows[effective] ??
    (status < 400 ? redirected : status < 500 ? other4xx : status < 600 ? other5xx : other6xx);
  const who = names[role];
  return {
    sip,
    q850,
    code,
    blame: blame === 'peer' ? blamed[role] : blame,
    retry,
    result,
    say: `${who} ${say}.`,
  };
}

/**
 * Whether a final answer says something about this one address only, so that the next may be tried.
 * Hubs: teams-direct-routing 1.10. Carriers: product-behaviour 4.3 ("5xx and timeouts, not 486, 404, 603").
 */
export function mayTryNext(role: LegRole, status: number): boolean {
  if (role === 'teams') return status === 500 || status === 503 || status === 504;
  if (role === 'phone') return false; // one contact a phone
  return status === 408 || (status >= 500 && status < 600);
}
