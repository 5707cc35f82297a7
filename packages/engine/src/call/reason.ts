import type { SipMessage } from '@tandem/sip';
import { quote, textToWire } from '@tandem/sip';

/** Reason headers (RFC 3326, RFC 6432). */
export interface ReasonValue {
  readonly protocol: string;
  readonly cause: number | undefined;
  readonly text: string | undefined;
}

/** What a fork says to phones that need not ring any more: nobody shows a missed call (teams-direct-routing 5.8). */
export const completedElsewhere = 'SIP;cause=200;text="Call completed elsewhere"';

const printed = new Map<string, string>();

/** `Q.850;cause=17;text="User busy"`. Texts come from our tables, so the cache stays as small as they are. */
export function q850Reason(cause: number, text: string): string {
  const key = `${cause}${text}`;
  let value = printed.get(key);
  if (value === undefined) {
    value = `Q.850;cause=${cause};text=${quote(textToWire(text))}`;
    if (printed.size < 1000) printed.set(key, value);
  }
  return value;
}

/** All reasons of a message; unreadable ones are left out. */
export function reasonsOf(message: SipMessage): readonly ReasonValue[] {
  if (!message.headers.has('reason')) return [];
  const reasons: ReasonValue[] = [];
  for (const value of message.headers.list('reason')) {
    const protocol = /^[A-Za-z0-9.!%*_+`'~-]+/.exec(value)?.[0];
    if (!protocol) continue;
    const cause = /;\s*cause\s*=\s*([0-9]{1,3})(?![0-9])/i.exec(value)?.[1];
    const text = /;\s*text\s*=\s*"((?:[^"\\]|\\.)*)"/i.exec(value)?.[1];
    reasons.push({ protocol, cause: cause === undefined ? undefined : Number(cause), text });
  }
  return reasons;
}

export function q850CauseOf(message: SipMessage): number | undefined {
  return reasonsOf(message).find((reason) => /^q\.850$/i.test(reason.protocol))?.cause;
}

/** A CANCEL that says: answered elsewhere. Passed on, or Teams shows a missed call. */
export function saysCompletedElsewhere(message: SipMessage): boolean {
  return reasonsOf(message).some(
    (reason) =>
      (/^sip$/i.test(reason.protocol) && reason.cause === 200) ||
      (/^q\.850$/i.test(reason.protocol) && reason.cause === 26),
  );
}

const GUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;

/** MICROSOFT: the correlation id stands in x-i of Contact, or first in the text of REASON (S18). */
export function microsoftCorrelationId(message: SipMessage): string | undefined {
  const contact = message.headers.get('contact');
  const fromContact = contact && /[;?&]x-i=([0-9a-f-]{36})/i.exec(contact)?.[1];
  if (fromContact && GUID.test(fromContact)) return fromContact;
  const reason = message.headers.get('reason');
  return (reason && GUID.exec(reason)?.[0]) || undefined;
}
