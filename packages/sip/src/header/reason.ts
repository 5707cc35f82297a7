/**
 * Reason (RFC 3326, RFC 8606): why a request was sent or refused. Several protocols may stand side by side.
 *
 *     Reason: Q.850;cause=16;text="Normal call clearing", SIP;cause=200;text="Call completed elsewhere"
 */
import { splitList } from './list.ts';
import { type Params, paramOf, parseParams, printParams } from './params.ts';
import { isToken, quote, textFromWire, textToWire, unquote } from './text.ts';

export interface Reason {
  /** `SIP`, `Q.850` … as written. */
  readonly protocol: string;
  readonly cause?: number;
  /** For people. */
  readonly text?: string;
  /** All parameters in order, cause and text included. */
  readonly params: Params;
}

/** The readable reasons of one header line; broken ones are left out. */
export function parseReasons(value: string): Reason[] {
  return splitList(value)
    .map(parseReason)
    .filter((reason) => reason !== undefined);
}

export function parseReason(value: string): Reason | undefined {
  const semicolon = value.indexOf(';');
  const protocol = (semicolon < 0 ? value : value.slice(0, semicolon)).trim();
  const params = parseParams(value, semicolon < 0 ? value.length : semicolon);
  if (!isToken(protocol) || !params) return undefined;
  const reason: { -readonly [K in keyof Reason]: Reason[K] } = { protocol, params };
  const cause = paramOf(params, 'cause');
  if (cause !== undefined && /^[0-9]{1,6}$/.test(cause)) reason.cause = Number(cause);
  const text = paramOf(params, 'text');
  if (text !== undefined) reason.text = textFromWire(unquote(text));
  return reason;
}

/** Cause and text first, then what else `params` holds. */
export function printReason(reason: {
  readonly protocol: string;
  readonly cause?: number;
  readonly text?: string;
  readonly params?: Params;
}): string {
  let value = reason.protocol;
  if (reason.cause !== undefined) value += `;cause=${reason.cause}`;
  if (reason.text !== undefined) value += `;text=${quote(textToWire(reason.text))}`;
  const rest = (reason.params ?? []).filter(({ name }) => !/^(?:cause|text)$/i.test(name));
  return value + printParams(rest);
}

/** The cause of one protocol among all Reason lines of a message: `causeOf(headers.getAll('reason'), 'Q.850')`. */
export function causeOf(lines: readonly string[], protocol: 'SIP' | 'Q.850'): number | undefined {
  for (const line of lines) {
    for (const reason of parseReasons(line)) {
      if (reason.protocol.toUpperCase() === protocol && reason.cause !== undefined) return reason.cause;
    }
  }
  return undefined;
}
