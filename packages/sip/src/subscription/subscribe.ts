/** What a SUBSCRIBE asks for (RFC 6665 §4.2.1), or the answer that it gets instead. */
import { parseContacts } from '../header/contact.ts';
import { parseNumber } from '../header/number.ts';
import { Headers } from '../message/headers.ts';
import type { SipRequest } from '../message/message.ts';
import { parseUri } from '../uri/uri.ts';
import { chooseType } from './accept.ts';
import { parseEvent, type SipEvent } from './event.ts';

/** An event package that we notify of. */
export interface EventPackage {
  readonly name: string;
  /** Bodies, lower case; the first is the package's default. */
  readonly types: readonly string[];
  /** When the subscriber names no time. */
  readonly usualSeconds: number;
}

export interface SubscribeLimits {
  /** Shorter wishes get 423 (§4.2.1.1); 0 is not short but the end. At most 3600. */
  readonly lowestSeconds: number;
  /** Longer wishes are cut to it (§4.2.1). */
  readonly highestSeconds: number;
}

export interface SubscribeWish {
  readonly kind: 'wish';
  readonly event: SipEvent;
  readonly package: EventPackage;
  readonly contentType: string;
  /** 0: one NOTIFY and no more. */
  readonly seconds: number;
}

export interface SubscribeRefusal {
  readonly kind: 'refusal';
  readonly status: 400 | 406 | 415 | 423 | 489;
  readonly why: string;
  readonly headers: Headers;
}

export const allowEvents = (packages: readonly EventPackage[]): string =>
  packages.map(({ name }) => name).join(', ');

export function readSubscribe(
  request: SipRequest,
  packages: readonly EventPackage[],
  limits: SubscribeLimits,
): SubscribeWish | SubscribeRefusal {
  const { headers } = request;
  const refusal = (
    status: SubscribeRefusal['status'],
    why: string,
    ...pairs: [string, string][]
  ): SubscribeRefusal => ({ kind: 'refusal', status, why, headers: Headers.of(pairs) });
  const badEvent = (): SubscribeRefusal => refusal(489, 'Bad Event', ['Allow-Events', allowEvents(packages)]);

  // §8.2.1. None at all is PINT's (RFC 2848), which nobody speaks; of two the parser has said 400.
  const written = headers.get('event');
  if (written === undefined) return badEvent();
  const event = parseEvent(written);
  if (!event) return refusal(400, 'malformed Event');
  const wanted = packages.find(({ name }) => name === event.type);
  if (!wanted) return badEvent();

  const contact = contactFault(headers.getAll('contact'));
  if (contact) return refusal(400, contact);
  // A filter (RFC 4660) that is not understood must not be taken for none.
  if (request.body.length > 0) return refusal(415, 'no filters are understood', ['Accept', '']);
  const contentType = chooseType(headers.list('accept'), wanted.types);
  if (contentType === 'malformed') return refusal(400, 'malformed Accept');
  if (contentType === undefined) return refusal(406, 'Not Acceptable', ['Accept', wanted.types.join(', ')]);

  const said = headers.get('expires');
  const asked = said === undefined ? wanted.usualSeconds : parseNumber(said);
  if (asked === undefined) return refusal(400, 'malformed Expires');
  if (asked > 0 && asked < limits.lowestSeconds)
    return refusal(423, 'Interval Too Brief', ['Min-Expires', String(limits.lowestSeconds)]);
  const seconds = Math.min(asked, limits.highestSeconds);
  return { kind: 'wish', event, package: wanted, contentType, seconds };
}

/** Where NOTIFYs are aimed: one SIP URI (RFC 3261 §8.1.1.8, RFC 6665 §4.2.1). */
function contactFault(values: readonly string[]): string | undefined {
  const [value] = values;
  if (value === undefined) return 'Contact is missing';
  const contacts = values.length === 1 ? parseContacts(value) : undefined;
  if (!contacts || contacts === '*') return 'malformed Contact';
  const [only] = contacts;
  const uri = only && contacts.length === 1 ? parseUri(only.uri) : undefined;
  return uri && uri.scheme !== 'tel' ? undefined : 'Contact is not one SIP URI';
}
