/**
 * The headers that every layer asks for, decoded once per message. Undefined when absent or unreadable; after
 * `parseMessage` said ok, `topVia`, `callIdOf` and `cseqOf` are always there.
 */
import { type CSeq, parseCSeq } from '../header/cseq.ts';
import { type NameAddr, parseNameAddr, parseNameAddrs, tagOf } from '../header/name-addr.ts';
import type { Via } from '../header/via.ts';
import type { SipMessage } from './message.ts';
import { parseTopVia } from './parse.ts';

export function topVia(message: SipMessage): Via | undefined {
  return message.headers.decode('via', parseTopVia);
}

export function fromOf(message: SipMessage): NameAddr | undefined {
  return message.headers.decode('from', parseNameAddr);
}

export function toOf(message: SipMessage): NameAddr | undefined {
  return message.headers.decode('to', parseNameAddr);
}

export function fromTagOf(message: SipMessage): string | undefined {
  return tagOf(fromOf(message));
}

export function toTagOf(message: SipMessage): string | undefined {
  return tagOf(toOf(message));
}

export function callIdOf(message: SipMessage): string | undefined {
  return message.headers.get('call-id');
}

export function cseqOf(message: SipMessage): CSeq | undefined {
  return message.headers.decode('cseq', parseCSeq);
}

/** All Contacts over all lines; [] when there is none or it is `*`, unreadable ones left out. */
export function contactsOf(message: SipMessage): NameAddr[] {
  return addressesOf(message, 'contact');
}

/** The addresses of any name-addr list header (Contact, Route, Record-Route, P-Asserted-Identity, Diversion …), in order. */
export function addressesOf(message: SipMessage, header: string): NameAddr[] {
  const { headers } = message;
  if (headers.count(header) === 1) {
    const all = headers.decode(header, parseNameAddrs);
    if (all) return all;
  }
  const addresses: NameAddr[] = [];
  for (const value of headers.list(header)) {
    const address = parseNameAddr(value);
    if (address) addresses.push(address);
  }
  return addresses;
}
