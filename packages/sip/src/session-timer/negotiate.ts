/**
 * Session timers, RFC 4028: who refreshes, how often, what to answer, and when to act. Pure.
 *
 * UAS, table 2 of §9, read as "what may the 2xx say", for a timer that the request asks for:
 *
 *     UAC supports timer | refresher asked | refresher answered
 *     no                 | -               | no timer: it would be ours alone
 *     yes                | none            | uac: who asked keeps it alive
 *     yes                | uac             | uac
 *     yes                | uas             | uas
 */
import { parseSessionExpires, printSessionExpires } from '../header/number.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/message.ts';

/** §4, §5: an interval below this is refused by everybody. */
export const MIN_SE_FLOOR_SECONDS = 90;

export interface SessionTerms {
  readonly intervalSeconds: number;
  readonly weRefresh: boolean;
}

export type SessionTimerOutcome =
  | { readonly kind: 'off' }
  /** Answer 422 with this Min-SE. */
  | { readonly kind: 'too-small'; readonly minSeconds: number }
  /** Header lines for the 2xx, and what to keep. */
  | {
      readonly kind: 'on';
      readonly terms: SessionTerms;
      readonly headers: readonly (readonly [name: string, value: string])[];
    };

/** UAS: what an INVITE of the peer leads to. The interval is the peer's; a timer that nobody asked for is not started. */
export function negotiateSessionTimer(
  request: SipRequest,
  minSeconds = MIN_SE_FLOOR_SECONDS,
): SessionTimerOutcome {
  const asked = sessionExpiresOf(request);
  // §9: 422 only to a UAC that understands it; what a proxy wrote for one that does not is left alone.
  if (!asked || !supportsTimer(request)) return { kind: 'off' };
  if (asked.seconds < minSeconds) return { kind: 'too-small', minSeconds };
  const refresher = asked.refresher ?? 'uac';
  const headers: [string, string][] = [['Session-Expires', printSessionExpires(asked.seconds, refresher)]];
  // §9: mandatory when the peer is to refresh.
  if (refresher === 'uac') headers.push(['Require', 'timer']);
  const terms = { intervalSeconds: asked.seconds, weRefresh: refresher === 'uas' };
  return { kind: 'on', terms, headers };
}

/**
 * UAC: what the 2xx says (§7.2). No Session-Expires means no timer, and so does one below the floor, or a peer could
 * make us send a re-INVITE twice a second. A 2xx without `refresher` breaks the grammar; we refresh then, which is the
 * safe reading.
 */
export function sessionTermsOf(response: SipResponse): SessionTerms | undefined {
  const granted = sessionExpiresOf(response);
  if (!granted || granted.seconds < MIN_SE_FLOOR_SECONDS) return undefined;
  return { intervalSeconds: granted.seconds, weRefresh: granted.refresher !== 'uas' };
}

/** When to act after a 2xx (§10), ms: half-way for the refresher; for the other shortly before the end. */
export function sessionDelayMs(terms: SessionTerms): number {
  const interval = terms.intervalSeconds * 1000;
  return terms.weRefresh ? interval / 2 : interval - Math.min(32_000, interval / 3);
}

function sessionExpiresOf(message: SipMessage): ReturnType<typeof parseSessionExpires> {
  return message.headers.decode('session-expires', parseSessionExpires);
}

function supportsTimer(request: SipRequest): boolean {
  const { headers } = request;
  return [...headers.list('supported'), ...headers.list('require')].some(
    (tag) => tag.toLowerCase() === 'timer',
  );
}
