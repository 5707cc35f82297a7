import type { Readiness, ReadinessCheck, ReadinessSummary } from '@tandem/contract';
import type { Account, Person, ReadinessCheckName } from '@tandem/domain';
import type { JudgedPerson, ReadinessBoard } from '../services.ts';
import { compact, instant } from './shape.ts';

/** What a check is called on the page (product-behaviour 1.1). */
export const checkTitles: Readonly<Record<ReadinessCheckName, string>> = {
  'account-enabled': 'The account may use Teams',
  'tenant-ready': 'Microsoft 365 is connected',
  'platform-user': 'The person is active on the platform',
  'microsoft-user': 'The person exists and is enabled at Microsoft',
  'identity-unique': 'The identity belongs to one person',
  'enable-group': 'The person is in the group that enables calling',
  number: 'A valid number is assigned',
  'teams-toggle': 'Calls in Teams are switched on',
  'microsoft-licence': 'Teams and Teams Phone licence at Microsoft',
  'platform-licence': 'Teams licence of the platform',
  'microsoft-number': 'The number is assigned at Microsoft',
  'voice-routing-policy': 'The voice routing policy is assigned',
  'teams-client': 'Signed in to Teams and relaunched',
};

const unjudged: ReadinessSummary = {
  verdict: 'unverified',
  headline: 'Could not be judged: the account was not found.',
};

export function toReadinessSummary({ report, state }: JudgedPerson): ReadinessSummary {
  const { headline, verdict } = report;
  return compact({
    verdict,
    headline: headline?.sentence ?? 'Calls in Teams work.',
    code: headline?.code,
    state,
    checks: report.checks.map(({ name, status, code }) =>
      compact({ id: name, title: checkTitles[name], status, code }),
    ),
  });
}

/** `account` is the person's own; without it the readiness says that it could not be judged. */
export function summaryOf(
  board: ReadinessBoard,
  account: Account | undefined,
  person: Person,
): ReadinessSummary {
  return account ? toReadinessSummary(board.of(account, person)) : unjudged;
}

export function readinessOf(
  board: ReadinessBoard,
  account: Account | undefined,
  person: Person,
  nowWallMs: number,
): Readiness {
  const judged = account && board.of(account, person);
  return {
    ...(judged ? toReadinessSummary(judged) : unjudged),
    personId: person.id,
    checkedAt: instant(judged?.checkedAtWallMs ?? nowWallMs),
    checks: (judged?.report.checks ?? []).map(
      (check): ReadinessCheck =>
        compact({
          id: check.name,
          title: checkTitles[check.name],
          status: check.status,
          code: check.code,
          sentence: check.sentence,
          owner: check.owner,
          fix: check.fix === '' ? undefined : check.fix,
          link: check.link,
          since: check.sinceWallMs === undefined ? undefined : instant(check.sinceWallMs),
          usualSeconds: check.usualSeconds,
          worstSeconds: check.worstSeconds,
        }),
    ),
  };
}
