import { type E164, readNumber } from '@tandem/domain';
import type { DirectoryUser } from '../ports/directory-view.ts';
import { foldAddress } from './match-identity.ts';

/** Who has an address: sign-in name, mail or any proxy address, folded as product-behaviour 2.1 wants it. */
export class AddressIndex {
  /** One holder is the rule, so most entries are a text and no list. */
  readonly #holders: Map<string, string | readonly string[]>;

  constructor(holders: Iterable<readonly [string, string | readonly string[]]> = []) {
    this.#holders = new Map(holders);
  }

  copy(): AddressIndex {
    return new AddressIndex(this.#holders);
  }

  add(user: DirectoryUser): void {
    for (const address of addressesOf(user)) {
      const known = this.#holders.get(address);
      if (known === undefined) this.#holders.set(address, user.objectId);
      else if (typeof known === 'string') {
        if (known !== user.objectId) this.#holders.set(address, [known, user.objectId]);
      } else if (!known.includes(user.objectId)) this.#holders.set(address, [...known, user.objectId]);
    }
  }

  remove(user: DirectoryUser): void {
    for (const address of addressesOf(user)) {
      const known = this.#holders.get(address);
      if (known === user.objectId) this.#holders.delete(address);
      else if (Array.isArray(known)) {
        const left = known.filter((id) => id !== user.objectId);
        const [only] = left;
        if (left.length > 1) this.#holders.set(address, left);
        else if (only !== undefined) this.#holders.set(address, only);
        else this.#holders.delete(address);
      }
    }
  }

  /** Object ids of who has this address; folds it. */
  holders(address: string): readonly string[] {
    const known = this.#holders.get(foldAddress(address));
    return known === undefined ? [] : typeof known === 'string' ? [known] : known;
  }

  get size(): number {
    return this.#holders.size;
  }
}

/** Folded. Of the proxy addresses only those that mail can be sent to. */
export function addressesOf({ upn, mail, proxyAddresses }: DirectoryUser): ReadonlySet<string> {
  const found = new Set<string>();
  if (upn !== '') found.add(foldAddress(upn));
  if (mail !== undefined) found.add(foldAddress(mail));
  for (const text of proxyAddresses) {
    const address = smtpAddress(text);
    if (address !== undefined) found.add(foldAddress(address));
  }
  return found;
}

/** `smtp:dana@acme.example` without its prefix; undefined: another kind, for example X500 or SIP. */
export function smtpAddress(text: string): string | undefined {
  const colon = text.indexOf(':');
  if (colon < 0) return text;
  return text.slice(0, colon).toLowerCase() === 'smtp' ? text.slice(colon + 1) : undefined;
}

const tailDigits = 7;
/** As a number, which costs no memory of its own. */
const tailOf = (text: string): number | undefined => {
  const digits = text.replace(/[^0-9]/g, '');
  return digits.length < tailDigits ? undefined : Number(digits.slice(-tailDigits));
};
/** Numbers that only end alike are few; a thousand who do are one office, and which of them calls nobody can say. */
const mostAlike = 20;

/**
 * Who has a phone number in the directory: a hint, never an identity (product-behaviour 2.1). The directory keeps numbers as
 * somebody typed them, so only those whose last digits fit are read as numbers at all.
 */
export class PhoneIndex {
  /** One holder is the rule, so most entries are a user and no set. */
  readonly #byTail = new Map<number, DirectoryUser | Set<DirectoryUser>>();

  constructor(users: Iterable<DirectoryUser> = []) {
    for (const user of users) this.add(user);
  }

  copy(): PhoneIndex {
    const made = new PhoneIndex();
    for (const [tail, known] of this.#byTail)
      made.#byTail.set(tail, known instanceof Set ? new Set(known) : known);
    return made;
  }

  add(user: DirectoryUser): void {
    for (const phone of user.phones) {
      const tail = tailOf(phone);
      if (tail === undefined) continue;
      const known = this.#byTail.get(tail);
      if (known === undefined) this.#byTail.set(tail, user);
      else if (known instanceof Set) known.add(user);
      else if (known !== user) this.#byTail.set(tail, new Set([known, user]));
    }
  }

  remove(user: DirectoryUser): void {
    for (const phone of user.phones) {
      const tail = tailOf(phone);
      const known = tail === undefined ? undefined : this.#byTail.get(tail);
      if (tail === undefined || known === undefined) continue;
      if (known instanceof Set) known.delete(user);
      if (known === user || (known instanceof Set && known.size === 0)) this.#byTail.delete(tail);
    }
  }

  /** `country` where the directory does not say in which country the user is. */
  holders(number: E164, country: string): readonly DirectoryUser[] {
    return [...this.#alike(number)].filter((user) => has(user, number, country));
  }

  /**
   * The one person whose number this is, for a call that is waiting: undefined when there are several. Who left, guests and
   * accounts that are no person are nobody here.
   */
  person(number: E164, country: string, areaCode?: string): DirectoryUser | undefined {
    let found: DirectoryUser | undefined;
    let read = 0;
    for (const user of this.#alike(number)) {
      if (user.enabled === false || user.guest || user.resource || user.deletedOn !== undefined) continue;
      read += 1;
      if (read > mostAlike) return undefined;
      if (!has(user, number, country, areaCode)) continue;
      if (found) return undefined;
      found = user;
    }
    return found;
  }

  #alike(number: E164): Iterable<DirectoryUser> {
    const known = this.#byTail.get(tailOf(number) ?? -1);
    return known === undefined ? [] : known instanceof Set ? known : [known];
  }
}

function has(user: DirectoryUser, number: E164, country: string, areaCode?: string): boolean {
  const theirs = user.country ?? country;
  // An area code is one of the account's own country.
  const area = theirs === country ? areaCode : undefined;
  return user.phones.some((phone) => {
    const read = readNumber(phone, theirs, area);
    return read.kind === 'e164' && read.number === number;
  });
}

const plainText = /^[\x20-\x7e]*$/;
/** Lower case, without accents: what people type when they look for somebody. */
export function foldName(text: string): string {
  const lower = text.toLowerCase();
  return plainText.test(lower) ? lower : lower.normalize('NFKD').replace(/\p{M}/gu, '');
}

/** People whose name, address or number holds every word. By name; a reading of 25,000 takes some milliseconds. */
export function searchUsers(
  users: Iterable<DirectoryUser>,
  search: string,
  limit: number,
): { readonly found: readonly DirectoryUser[]; readonly more: boolean } {
  const words = foldName(search)
    .split(/\s+/)
    .filter((word) => word !== '');
  const digits = /^\+?[0-9 ().-]{3,}$/.test(search.trim()) ? search.replace(/[^0-9]/g, '') : undefined;
  const hits: DirectoryUser[] = [];
  for (const user of users) {
    if (user.deletedOn !== undefined) continue;
    const byNumber =
      digits !== undefined && user.phones.some((phone) => phone.replace(/[^0-9]/g, '').includes(digits));
    if (!byNumber) {
      const text = foldName(`${user.displayName}\n${user.upn}\n${user.mail ?? ''}`);
      if (!words.every((word) => text.includes(word))) continue;
    }
    hits.push(user);
  }
  hits.sort((a, b) => compare(a.displayName, b.displayName) || compare(a.upn, b.upn));
  return { found: hits.slice(0, limit), more: hits.length > limit };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
