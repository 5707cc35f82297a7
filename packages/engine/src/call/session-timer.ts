import type { Headers, SipMessage } from '@tandem/sip';

/** Session timers (RFC 4028), per leg: never passed on from one leg to the other (teams-direct-routing 5.2). */
export interface SessionTimer {
  readonly seconds: number;
  readonly refresher: 'us' | 'them';
}

/** RFC 4028 5: no interval below this is acceptable. */
export const shortestSessionSeconds = 90;

function read(message: SipMessage): { seconds: number; refresher: string | undefined } | undefined {
  const value = message.headers.get('session-expires');
  if (value === undefined) return undefined;
  const match = /^([0-9]{1,9})\s*(?:;.*?\brefresher\s*=\s*(uac|uas)\b)?/i.exec(value);
  return match ? { seconds: Number(match[1]), refresher: match[2]?.toLowerCase() } : undefined;
}

function knowsTimer(message: SipMessage): boolean {
  return message.headers.list('supported').some((tag) => tag.toLowerCase() === 'timer');
}

export type OfferedTimer =
  | { readonly kind: 'none' }
  | { readonly kind: 'too-small' } // 422 with Min-SE
  | { readonly kind: 'timer'; readonly timer: SessionTimer; readonly require: boolean };

/** The peer's INVITE asked for a timer (we are UAS): it refreshes if it can, else we do (§9 table 2). */
export function answerTimer(request: SipMessage): OfferedTimer {
  const asked = read(request);
  if (!asked) return { kind: 'none' };
  const able = knowsTimer(request);
  if (asked.seconds < shortestSessionSeconds) return able ? { kind: 'too-small' } : { kind: 'none' };
  if (!able) return { kind: 'none' };
  const refresher = asked.refresher === 'uas' ? 'us' : 'them';
  return { kind: 'timer', timer: { seconds: asked.seconds, refresher }, require: refresher === 'them' };
}

/** Session-Expires and Require for our 2xx. */
export function writeTimer(headers: Headers, offered: OfferedTimer): void {
  if (offered.kind !== 'timer') return;
  const refresher = offered.timer.refresher === 'us' ? 'uas' : 'uac';
  headers.append('Session-Expires', `${offered.timer.seconds};refresher=${refresher}`);
  if (offered.require) headers.append('Require', 'timer');
}

/** What the peer's 2xx to our INVITE agreed to (we are UAC). */
export function acceptedTimer(response: SipMessage): SessionTimer | undefined {
  const agreed = read(response);
  if (!agreed || agreed.seconds < shortestSessionSeconds) return undefined;
  return { seconds: agreed.seconds, refresher: agreed.refresher === 'uas' ? 'them' : 'us' };
}

/** When to act: half-way for the refresher; for the other shortly before the end (RFC 4028 10). */
export function timerDelayMs(timer: SessionTimer): number {
  if (timer.refresher === 'us') return timer.seconds * 500;
  return (timer.seconds - Math.min(32, Math.floor(timer.seconds / 3))) * 1000;
}
