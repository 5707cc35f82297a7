/**
 * name-addr and addr-spec, the shape of From, To, Contact, Route, Record-Route, Refer-To, Referred-By, Diversion,
 * P-Asserted-Identity, Reply-To (RFC 3261 §20.10, §25.1).
 *
 *     name-addr = [ display-name ] "<" addr-spec ">" *( ";" param )
 *     addr-spec = URI; without brackets every ";" starts a header parameter (§20)
 *
 * MICROSOFT: a display name without quotes and without a blank stands directly before `<` (`Dana Doe<sip:…>`).
 */

import { splitList } from './list.ts';
import { noParams, type Params, paramOf, parseParams, printParams } from './params.ts';
import { closingQuote, quote, textFromWire, textToWire, unquote } from './text.ts';

export interface NameAddr {
  /** For people: quotes removed, UTF-8 decoded. */
  readonly displayName?: string;
  /** The URI as written, byte for byte; see `parseUri`. */
  readonly uri: string;
  /** Header parameters such as `tag`, `expires`; never those of the URI. */
  readonly params: Params;
}

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;

/** One name-addr or addr-spec. Undefined when it is neither. */
export function parseNameAddr(value: string): NameAddr | undefined {
  let open: number;
  let displayName = '';
  const first = value.charCodeAt(0);
  if (first === 60) open = 0;
  else if (first === 34) {
    const close = closingQuote(value, 0);
    if (close < 0) return undefined;
    open = value.indexOf('<', close);
    if (open < 0 || value.slice(close + 1, open).trim() !== '') return undefined;
    displayName = textFromWire(unquote(value.slice(0, close + 1)));
  } else {
    open = value.indexOf('<');
    if (open < 0) return parseAddrSpec(value);
    displayName = textFromWire(value.slice(0, open).trim());
    // A quote in a bare name is unbalanced, a comma or semicolon would be read differently by the next hop.
    if (/[",;]/.test(displayName)) return undefined;
  }
  const close = value.indexOf('>', open);
  if (close < 0) return undefined;
  const uri = value.slice(open + 1, close);
  if (!looksLikeUri(uri)) return undefined;
  const params = close + 1 === value.length ? noParams : parseParams(value, close + 1);
  if (!params) return undefined;
  return displayName === '' ? { uri, params } : { displayName, uri, params };
}

function parseAddrSpec(value: string): NameAddr | undefined {
  const semicolon = value.indexOf(';');
  const uri = (semicolon < 0 ? value : value.slice(0, semicolon)).trim();
  // §20.10: a URI with comma, question mark or semicolon must stand in brackets, else it is not a URI here.
  if (!looksLikeUri(uri) || uri.includes('?') || uri.includes(',')) return undefined;
  const params = semicolon < 0 ? noParams : parseParams(value, semicolon);
  return params && { uri, params };
}

function looksLikeUri(uri: string): boolean {
  if (uri.startsWith('sip:')) return uri.length > 4 && uri.indexOf(' ') < 0;
  return SCHEME.test(uri) && uri.indexOf(' ') < 0 && uri.indexOf('<') < 0;
}

/** Prints in brackets always: the form that no reader can misread. Controls in the name are dropped. */
export function printNameAddr(address: NameAddr): string {
  const name = address.displayName ? `${quote(textToWire(address.displayName))} ` : '';
  return `${name}<${address.uri}>${printParams(address.params)}`;
}

/** All addresses of one comma-separated value. Undefined when one of them is broken. */
export function parseNameAddrs(value: string): NameAddr[] | undefined {
  const addresses: NameAddr[] = [];
  for (const piece of splitList(value)) {
    const address = parseNameAddr(piece);
    if (!address) return undefined;
    addresses.push(address);
  }
  return addresses.length === 0 ? undefined : addresses;
}

/** The `tag` parameter; undefined when absent or empty. */
export function tagOf(address: NameAddr | undefined): string | undefined {
  return (address && paramOf(address.params, 'tag')) || undefined;
}
