import { type CountryCode, getCountryCallingCode, isSupportedCountry } from 'libphonenumber-js/max';
import { type NumberReading, readNumber } from './e164.ts';

export interface ToldReading {
  readonly reading: NumberReading;
  /** What was done to the digits, in its order, in words. */
  readonly steps: readonly string[];
}

/** `readNumber`, and why: for people who ask what becomes of a number that somebody dials. */
export function tellReading(text: string, country: string, areaCode?: string): ToldReading {
  const reading = readNumber(text, country, areaCode);
  const digits = text.replace(/[\s().\-/]/g, '');
  const steps: string[] = [];
  if (text.length <= 64 && digits !== text)
    steps.push(`Blanks, brackets, dots, dashes and slashes are left out: ${digits}.`);
  if (reading.kind === 'short') {
    steps.push('Up to six digits are an extension or a service code: they stay as they are.');
    return { reading, steps };
  }
  if (reading.kind === 'unreadable') {
    steps.push(
      text.length > 64
        ? 'More than 64 characters are no number.'
        : `No form in which people in ${country} write numbers fits${areaCode === undefined ? '' : `, nor a local number of the area ${areaCode}`}.`,
    );
    return { reading, steps };
  }
  const { number } = reading;
  if (digits === number) {
    steps.push('It begins with a plus: it is in international form already.');
    return { reading, steps };
  }
  const plain = readNumber(digits, country);
  const code = isSupportedCountry(country) ? `+${getCountryCallingCode(country as CountryCode)}` : '+';
  if (plain.kind !== 'e164') {
    steps.push(`It is a local number: the account's area code ${areaCode} and ${code} are put before it.`);
    return { reading, steps };
  }
  const bare = number.slice(1);
  const national = number.startsWith(code) ? number.slice(code.length) : undefined;
  const before = digits.endsWith(bare) ? digits.slice(0, -bare.length) : undefined;
  if (before !== undefined && before !== '')
    steps.push(`${before} means abroad in ${country}: a plus takes its place.`);
  else if (before === '')
    steps.push(`It begins with the country code ${bare.slice(0, code.length - 1)}: a plus is put before it.`);
  else if (national !== undefined && digits.endsWith(national) && digits.length > national.length)
    steps.push(
      `It is a national number of ${country}: ${digits.slice(0, -national.length)} is taken off, ${code} is put before it.`,
    );
  else steps.push(`It is a national number of ${country}: ${code} is put before it.`);
  return { reading, steps };
}
