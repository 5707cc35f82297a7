import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

/**
 * A number as a person in `country` wants to see it: national inside the country, international otherwise
 * (product-behaviour 4.18). Text that is no E.164 number comes back as it is.
 */
export function displayNumber(number: string, country: string): string {
  if (!number.startsWith('+')) return number;
  const parsed = parsePhoneNumberFromString(number);
  if (!parsed?.isPossible()) return number;
  return parsed.country === country ? parsed.formatNational() : parsed.formatInternational();
}
