/** Event (RFC 6665 §8.2.1): the package and, when a subscriber has several subscriptions to one, its `id`. */
import { paramOf, parseParams } from '../header/params.ts';
import { isToken } from '../header/text.ts';

export interface SipEvent {
  /** As it is compared: with case (§7.1 leaves it a token). */
  readonly type: string;
  readonly id: string | undefined;
}

/** Parameters of a package (RFC 4235 §4.1: `call-id`, `from-tag` …) mean nothing here and are not sent back. */
export function parseEvent(value: string): SipEvent | undefined {
  const semicolon = value.indexOf(';');
  const type = (semicolon < 0 ? value : value.slice(0, semicolon)).trim();
  const params = semicolon < 0 ? [] : parseParams(value, semicolon);
  if (!isToken(type) || !params) return undefined;
  const id = paramOf(params, 'id');
  return id === undefined || isToken(id) ? { type, id } : undefined;
}

export function printEvent({ type, id }: SipEvent): string {
  return id === undefined ? type : `${type};id=${id}`;
}
