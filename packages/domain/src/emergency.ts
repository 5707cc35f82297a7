import { type CountryCode, getCountryCallingCode, isSupportedCountry } from 'libphonenumber-js/max';

/**
 * Emergency numbers per country or territory, the national one first. Reference data from general knowledge
 *: an operator checks it against the national plan before production.
 */
const numbersByCountry: Readonly<Record<string, readonly string[]>> = {
  CA: ['911', '112'],
  US: ['911', '112'],
  PR: ['911', '112'],
  AR: ['911', '107', '100'],
  BR: ['190', '192', '193'],
  CL: ['131', '132', '133'],
  CO: ['123'],
  CR: ['911'],
  EC: ['911'],
  MX: ['911'],
  PA: ['911', '103', '104'],
  PE: ['105', '106', '116'],
  AU: ['000', '112'],
  HK: ['999', '112'],
  NZ: ['111'],
  SG: ['999', '995'],
  AT: ['112', '122', '133', '144'],
  BE: ['112', '100', '101'],
  HR: ['112', '192', '193', '194'],
  CZ: ['112', '150', '155', '158'],
  DK: ['112'],
  EE: ['112'],
  FI: ['112'],
  FR: ['112', '15', '17', '18', '114'],
  DE: ['112', '110'],
  GR: ['112', '100', '166', '199'],
  HU: ['112', '104', '105', '107'],
  IE: ['112', '999'],
  IL: ['100', '101', '102', '112'],
  IT: ['112', '113', '115', '118'],
  LT: ['112'],
  LU: ['112', '113'],
  NL: ['112'],
  NO: ['110', '112', '113'],
  PL: ['112', '997', '998', '999'],
  PT: ['112'],
  RO: ['112'],
  SK: ['112', '150', '155', '158'],
  SI: ['112', '113'],
  ZA: ['10111', '10177', '112'],
  ES: ['112', '062', '091'],
  SE: ['112'],
  CH: ['112', '117', '118', '144'],
  GB: ['999', '112'],
};

/** Reads the caller's address back instead of alarming anybody; routed exactly like an emergency call. */
const testNumbersByCountry: Readonly<Record<string, readonly string[]>> = {
  US: ['933'],
  CA: ['933'],
  PR: ['933'],
};

/** What is an emergency number where we know no country: better one call too many to the emergency route (I15). */
const everywhere = ['112', '911'];

export interface EmergencyNumber {
  /** As the country's network wants it: digits, no plus, no prefix. */
  readonly number: string;
  readonly test: boolean;
}

/** Countries with an entry of their own, ISO 3166 alpha-2. */
export const emergencyCountries: readonly string[] = Object.keys(numbersByCountry);

export function emergencyNumbersOf(country: string): readonly string[] {
  return numbersByCountry[country] ?? everywhere;
}

/** What people are used to dial for an outside line at a switchboard; under stress they dial it before 911 too. */
const outsideLine = ['9', '0'];

const prefixes = new Map<string, readonly string[]>();

/** What may stand in front of the digits: nothing, the plus, the plus or 00 with the country's code. */
function prefixesOf(country: string): readonly string[] {
  const known = prefixes.get(country);
  if (known) return known;
  const code = isSupportedCountry(country) ? getCountryCallingCode(country as CountryCode) : undefined;
  const made = code ? ['', '+', `+${code}`, `00${code}`] : ['', '+'];
  prefixes.set(country, made);
  return made;
}

/**
 * Whether what was dialled is an emergency number in `country`. Teams sends emergency numbers without a plus, and
 * translation rules may put the plus or the country code in front of them, and people an outside-line digit; all count.
 */
export function readEmergencyNumber(dialled: string, country: string): EmergencyNumber | undefined {
  if (dialled.length > 16) return undefined;
  const digits = dialled.replace(/[\s().-]/g, '');
  if (digits.length < 2 || digits.length > 12) return undefined;
  const numbers = emergencyNumbersOf(country);
  const tests = testNumbersByCountry[country];
  for (const prefix of [...prefixesOf(country), ...outsideLine]) {
    if (!digits.startsWith(prefix)) continue;
    const rest = digits.slice(prefix.length);
    if (numbers.includes(rest)) return { number: rest, test: false };
    if (tests?.includes(rest)) return { number: rest, test: true };
  }
  return undefined;
}

/**
 * The same where no country is known because the customer is not: any country's emergency number counts, test numbers
 * do not. Only for calls that would otherwise be refused.
 */
export function readEmergencyNumberAnywhere(dialled: string): EmergencyNumber | undefined {
  for (const country of emergencyCountries) {
    const found = readEmergencyNumber(dialled, country);
    if (found && !found.test) return found;
  }
  return undefined;
}
