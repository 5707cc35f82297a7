import type { Account, Person } from './directory.ts';
import { isE164 } from './e164.ts';

/**
 * The own-side half of "may this person call with Teams" (product-behaviour 1.1 rows 2, 6, 7, 9). What Microsoft knows
 * (licence, group, assignment) joins when the directory is synchronised. Codes are stable and never reused.
 */
export type EligibilityCode = 'PRV-101' | 'PRV-102' | 'PRV-301' | 'PRV-302' | 'PRV-303' | 'PRV-402';

export interface EligibilityFinding {
  readonly code: EligibilityCode;
  /** For the customer's admin: what is wrong and what to do. */
  readonly sentence: string;
}

/** All that is missing, headline first. Empty: nothing on our side stands in the way. */
export function teamsEligibility(
  account: Account,
  person: Person | undefined,
): readonly EligibilityFinding[] {
  if (!person || person.accountId !== account.id) {
    return [
      { code: 'PRV-101', sentence: 'Nobody on the platform belongs to this. Create or import the person.' },
    ];
  }
  const name = person.displayName;
  const found: EligibilityFinding[] = [];
  if (!person.active)
    found.push({
      code: 'PRV-102',
      sentence: `${name} is disabled. Enable the user or remove from the group.`,
    });
  const [number] = person.numbers;
  if (number === undefined)
    found.push({ code: 'PRV-301', sentence: `${name} has no number. Assign a number.` });
  else if (!isE164(number))
    found.push({ code: 'PRV-302', sentence: `${String(number)} of ${name} is not a valid number.` });
  if (!person.teamsToggle)
    found.push({
      code: 'PRV-303',
      sentence: `Calls in Teams are switched off for ${name}. Turn on Teams calling.`,
    });
  if (!person.platformLicence)
    found.push({ code: 'PRV-402', sentence: `${name} has no Teams licence on the platform. Assign one.` });
  return found;
}
