import type { ReadinessCheck, ReadinessSummary } from '@tandem/contract';
import { type Account, type EligibilityCode, type Person, teamsEligibility } from '@tandem/domain';

interface CheckRow {
  readonly id: string;
  readonly title: string;
  readonly codes: readonly EligibilityCode[];
  readonly ok: (account: Account, person: Person) => string;
  readonly fix: string;
}

/** product-behaviour 1.1, in its order. Only our own side can be judged today. */
const ownSide: readonly CheckRow[] = [
  {
    id: 'person-active',
    title: 'Person is active on the platform',
    codes: ['PRV-101', 'PRV-102'],
    ok: (_, person) => `${person.displayName} is active.`,
    fix: 'Enable the person.',
  },
  {
    id: 'number',
    title: 'A valid number is assigned',
    codes: ['PRV-301', 'PRV-302'],
    ok: (_, person) => `${person.displayName} has ${person.numbers[0]}.`,
    fix: 'Assign a number in international form.',
  },
  {
    id: 'teams-toggle',
    title: 'Calls in Teams are switched on',
    codes: ['PRV-303'],
    ok: () => 'The switch is on.',
    fix: 'Switch calls in Teams on.',
  },
  {
    id: 'platform-licence',
    title: 'Teams licence of the platform',
    codes: ['PRV-402'],
    ok: () => 'A licence is assigned.',
    fix: 'Assign a licence.',
  },
];

const microsoftSide: readonly { readonly id: string; readonly title: string }[] = [
  { id: 'entra-user', title: 'User exists and is enabled at Microsoft' },
  { id: 'enable-group', title: 'User is in the group that enables calling' },
  { id: 'microsoft-licence', title: 'Microsoft phone licence' },
  { id: 'microsoft-number', title: 'Number is assigned on the Microsoft side' },
  { id: 'voice-routing-policy', title: 'Voice routing policy is assigned' },
  { id: 'client', title: 'Signed in to Teams and relaunched' },
];

const notLookedAt = 'Not looked at: this platform does not read the Microsoft 365 directory yet.';

export function readinessOf(
  account: Account | undefined,
  person: Person,
): ReadinessSummary & { readonly checks: ReadinessCheck[] } {
  if (!account) {
    return { verdict: 'unverified', headline: 'Could not be judged: the account was not found.', checks: [] };
  }
  const findings = teamsEligibility(account, person);
  const service: ReadinessCheck =
    account.status === 'active'
      ? ok('account', 'Account is in service', `${account.name} is active.`)
      : {
          id: 'account',
          title: 'Account is in service',
          state: 'missing',
          sentence: `${account.name} is suspended.`,
          whoseTurn: 'operator',
          fix: 'Ask the operator to lift the suspension.',
        };
  const own = ownSide.map((row): ReadinessCheck => {
    const finding = findings.find((found) => row.codes.includes(found.code));
    if (!finding) return ok(row.id, row.title, row.ok(account, person));
    return {
      id: row.id,
      title: row.title,
      state: 'missing',
      sentence: finding.sentence,
      whoseTurn: 'admin',
      fix: row.fix,
      code: finding.code,
    };
  });
  const theirs = microsoftSide.map(
    ({ id, title }): ReadinessCheck => ({
      id,
      title,
      state: 'unknown',
      sentence: notLookedAt,
      whoseTurn: 'nobody',
    }),
  );
  const checks = [service, ...own, ...theirs];
  const first = checks.find((check) => check.state === 'missing');
  if (first) return { verdict: 'blocked', headline: first.sentence, checks };
  return {
    verdict: 'unverified',
    headline: 'Everything on our side is in order. Microsoft’s side has not been looked at.',
    checks,
  };
}

function ok(id: string, title: string, sentence: string): ReadinessCheck {
  return { id, title, state: 'ok', sentence, whoseTurn: 'nobody' };
}
