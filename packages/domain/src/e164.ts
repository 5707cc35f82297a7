import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';

declare const brand: unique symbol;
/** A public number with its plus. An extension is not one. */
export type E164 = string & { readonly [brand]: 'E164' };

const shape = /^\+[1-9][0-9]{1,14}$/;

/** True for text already in E.164 form. Says nothing about whether the number exists. */
export function isE164(text: string): text is E164 {
  return text.length <= 16 && shape.test(text);
}

export type NumberReading =
  | { readonly kind: 'e164'; readonly number: E164 }
  | { readonly kind: 'short'; readonly digits: string } // extension or service code: untouched
  | { readonly kind: 'unreadable'; readonly text: string };

/**
 * Reads what was dialled or received, as a person in `country` would mean it: plus, international prefix, national
 * form, separators; with `areaCode` also local form. Input longer than 64 characters is unreadable.
 */
export function readNumber(text: string, country: string, areaCode?: string): NumberReading {
  if (text.length > 64) return { kind: 'unreadable', text: text.slice(0, 64) };
  if (isE164(text)) return { kind: 'e164', number: text };
  const digits = text.replace(/[\s().\-/]/g, '');
  if (/^[0-9*#]{1,6}$/.test(digits)) return { kind: 'short', digits };
  const region = isSupportedCountry(country) ? (country as CountryCode) : undefined;
  const parsed = parsePhoneNumberFromString(digits, region ? { defaultCountry: region } : {});
  if (parsed?.isPossible() && isE164(parsed.number)) return { kind: 'e164', number: parsed.number };
  if (areaCode && region) {
    const local = parsePhoneNumberFromString(areaCode + digits, { defaultCountry: region });
    if (local?.isPossible() && isE164(local.number)) return { kind: 'e164', number: local.number };
  }
  return { kind: 'unreadable', text: digits };
}

/** ISO 3166 alpha-2 of a number, where its plan tells. */
export function countryOfNumber(number: E164): string | undefined {
  return parsePhoneNumberFromString(number)?.country;
}
