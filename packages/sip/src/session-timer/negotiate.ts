/**
 * Session timers, RFC 4028: who refreshes, how often, and what to answer. Pure.
 *
 * UAS, table 2 of §9, read as "what may the 2xx say":
 *
 *     UAC supports timer | refresher asked | refresher answered
 *     no                 | -               | uas (we refresh, no Require), or no timer at all
 *     yes                | none            | ours to choose
 *     yes                | uac             | uac
 *     yes                | uas             | uas
 */
import { parseMinSe, parseSessionExpires, printSessionExpires } from '../header/number.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/message.ts';

/** §4, §5: an interval below this is refused by everybody. */
export const MIN_SE_FLOOR_SECONDS = 90;

export interface SessionTimerWishes {
  /** What we ask for, and the most we accept (default 1,800, as the RFC recommends). */
  readonly intervalSeconds: number;
  /** Below this we answer 422 (at least 90). */
  readonly minSeconds: number;
  /** Whether to run a timer with a peer that cannot: then we refresh alone. */
  readonly alone: boolean;
  /** Who refreshes when the choice is ours. */
  readonly refresher: 'us' | 'them';
}

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

/** UAS: what an INVITE or UPDATE of the peer leads to. */
export function negotiateSessionTimer(request: SipRequest, wishes: SessionTimerWishes): SessionTimerOutcome {
  const asked = sessionExpiresOf(request);
  const theirMin = Math.max(minSeOf(request), MIN_SE_FLOOR_SECONDS);
  const ourMin = Math.max(wishes.minSeconds, MIN_SE_FLOOR_SECONDS);
  const able = supportsTimer(request);
  // §9: 422 only to a UAC that understands it; for another, a proxy asked, and we take what is bearable.
  if (asked && asked.seconds < ourMin && able) return { kind: 'too-small', minSeconds: ourMin };
  if (!able && !wishes.alone) return { kind: 'off' };
  const wanted = Math.max(wishes.intervalSeconds, theirMin, ourMin);
  const intervalSeconds = asked
    ? Math.max(Math.min(asked.seconds, wanted), Math.min(asked.seconds, theirMin))
    : wanted;
  const refresher = !able ? 'uas' : (asked?.refresher ?? (wishes.refresher === 'us' ? 'uas' : 'uac'));
  const headers: [string, string][] = [['Session-Expires', printSessionExpires(intervalSeconds, refresher)]];
  if (able) headers.push(['Require', 'timer']);
  return { kind: 'on', terms: { intervalSeconds, weRefresh: refresher === 'uas' }, headers };
}

/** UAC: the header lines of our INVITE. `minSeconds` rises after a 422 (§7.4). */
export function sessionTimerRequest(
  wishes: SessionTimerWishes,
  minSeconds = wishes.minSeconds,
): (readonly [name: string, value: string])[] {
  const least = Math.max(minSeconds, MIN_SE_FLOOR_SECONDS);
  const interval = Math.max(wishes.intervalSeconds, least);
  const lines: [string, string][] = [['Session-Expires', printSessionExpires(interval)]];
  if (least > MIN_SE_FLOOR_SECONDS) lines.push(['Min-SE', String(least)]);
  return lines;
}

/**
 * UAC: what the 2xx says (§7.2). No Session-Expires means no timer. A 2xx without `refresher` breaks the grammar; we
 * refresh then, which is the safe reading.
 */
export function sessionTermsOf(response: SipResponse): SessionTerms | undefined {
  const granted = sessionExpiresOf(response);
  if (!granted || granted.seconds < 1) return undefined;
  return { intervalSeconds: granted.seconds, weRefresh: granted.refresher !== 'uas' };
}

/** UAC: the Min-SE of a 422, for one more try; undefined when it names none or nothing larger (§7.3). */
export function minSeOfRefusal(response: SipResponse, tried: number): number | undefined {
  const wanted = minSeOf(response);
  return response.status === 422 && wanted > tried ? wanted : undefined;
}

function sessionExpiresOf(message: SipMessage): ReturnType<typeof parseSessionExpires> {
  return message.headers.decode('session-expires', parseSessionExpires);
}

function minSeOf(message: SipMessage): number {
  return message.headers.decode('min-se', parseMinSe) ?? 0;
}

function supportsTimer(request: SipRequest): boolean {
  const { headers } = request;
  return [...headers.list('supported'), ...headers.list('require')].some(
    (tag) => tag.toLowerCase() === 'timer',
  );
}
