/** Contact (RFC 3261 §20.10): addresses with `expires` and `q`, or a lone `*` to remove all bindings (§10.2.2). */
import { type NameAddr, parseNameAddrs } from './name-addr.ts';
import { parseNumber } from './number.ts';
import { paramOf } from './params.ts';

export type Contacts = '*' | readonly NameAddr[];

export function parseContacts(value: string): Contacts | undefined {
  return value.trim() === '*' ? '*' : parseNameAddrs(value);
}

/** The binding's own lifetime, else undefined. An unreadable one counts as 3600 s (§10.3 step 7). */
export function contactExpires(contact: NameAddr): number | undefined {
  const value = paramOf(contact.params, 'expires');
  return value === undefined ? undefined : (parseNumber(value) ?? 3600);
}

/** `q` in thousandths, 0..1000; 1000 when absent or unreadable. */
export function contactPreference(contact: NameAddr): number {
  const value = paramOf(contact.params, 'q');
  const match = value === undefined ? null : /^(?:0(?:\.([0-9]{0,3}))?|1(?:\.0{0,3})?)$/.exec(value);
  if (!match || value?.startsWith('1')) return 1000;
  return Number((match[1] ?? '').padEnd(3, '0'));
}
