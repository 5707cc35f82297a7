import { problemPage } from '@tandem/contract';
import { type Account, type Person, teamsEligibility } from '@tandem/domain';
import { mayTryNext, peerStatusVerdict } from '@tandem/engine/call/peer-status.ts';
import { normalEnd, verdicts } from '@tandem/engine/call/verdicts.ts';
import { presenceCodes, presenceCodeTable } from '@tandem/engine/presence-sync/codes.ts';
import { code, heading, table } from './page.ts';

/** A person without anything, once without and once with a wrong number: together they meet every rule. */
const findings = () => {
  const account = { id: 'a' } as unknown as Account;
  const person = {
    accountId: 'a',
    displayName: 'Dana Doe',
    active: false,
    numbers: [],
    teamsToggle: false,
    platformLicence: false,
  } as unknown as Person;
  const wrong = { ...person, numbers: ['12025550142'] } as unknown as Person;
  const all = [undefined, person, wrong].flatMap((one) => teamsEligibility(account, one));
  return [...new Map(all.map((finding) => [finding.code, finding])).values()].sort((a, b) =>
    a.code.localeCompare(b.code),
  );
};

/** Statuses that have a reading of their own; what is left falls under the status of its hundred. */
const peerStatuses = (): readonly number[] => {
  const found: number[] = [];
  for (const hundred of [400, 500, 600]) {
    const rest = peerStatusVerdict('carrier', hundred + 99).code;
    for (let status = hundred; status < hundred + 99; status++)
      if (peerStatusVerdict('carrier', status).code !== rest) found.push(status);
    found.push(hundred + 99);
  }
  return found;
};

export function errorsPage(): string {
  return [
    ...heading(
      'Codes of refusals and failures',
      'packages/contract/src/problem.ts, packages/engine/src/call/verdicts.ts, peer-status.ts, packages/domain/src/teams-eligibility.ts',
    ),
    'A code is a promise: it is never reused for something else. The words beside it may change.',
    '',
    '## Problems of the API',
    '',
    'Problem details (RFC 9457) with `code`, `detail` (what happened this time) and `next` (what to do).',
    '',
    problemPage().trimEnd(),
    '',
    '## How calls end',
    '',
    'One reading of a failure for the SIP answer, the Reason header, the record, the metric and the sentence. `SIP` is the final',
    'status to a caller who has none yet. `again` says whether the same call could work: never, later, or elsewhere. Where a',
    'person lacks something, the code of the record is the PRV code below.',
    '',
    ...table(
      ['code', 'SIP', 'Q.850', 'blame', 'again', 'result', 'sentence'],
      [
        [code(normalEnd.code), 200, normalEnd.q850, 'nobody', '', 'answered', normalEnd.say],
        ...Object.entries(verdicts).map(
          ([kind, row]) =>
            [code(kind), row.sip, row.q850, row.blame, row.retry, row.result, row.say] as const,
        ),
      ],
    ),
    '',
    '`caller-cancelled` becomes `completed-elsewhere` (Q.850 26) when the CANCEL says that another phone answered.',
    '',
    '## What a status of the called side becomes',
    '',
    '`peer-rejected` in detail. The caller is never told 408, 503 or 504 for a number that is busy or wrong. `next` says who has',
    'another address tried after this status: hubs of Microsoft, addresses of a carrier.',
    '',
    ...table(
      ['from the peer', 'SIP to the caller', 'Q.850', 'code', 'result', 'next', 'sentence (of a carrier)'],
      peerStatuses().map((status) => {
        const { sip, q850, code: name, result, say } = peerStatusVerdict('carrier', status);
        const next = [
          ...(mayTryNext('teams', status) ? ['hubs'] : []),
          ...(mayTryNext('carrier', status) ? ['carriers'] : []),
        ].join(', ');
        const from =
          status % 100 === 99 ? `any other ${status / 100 >= 1 ? Math.floor(status / 100) : ''}xx` : status;
        return [from, sip, q850, code(name), result, next, say];
      }),
    ),
    '',
    'From Microsoft 410 is read as 488: there it means failed media, not a number that has gone.',
    '',
    '## What a person lacks',
    '',
    'Why a person may not call with Teams yet. All that are true are listed, the first is the headline.',
    '',
    ...table(
      ['code', 'said of Dana Doe'],
      findings().map((finding) => [code(finding.code), finding.sentence]),
    ),
    '',
    '## Why presence of a person is not synced',
    '',
    'Shown in the table of people, in the results of a run and in its mail. All but PRS-130 are tried again every hour.',
    '',
    ...table(
      ['code', 'means', 'what to do', 'whose turn'],
      presenceCodes.map((name) => {
        const { meaning, fix, owner } = presenceCodeTable[name];
        return [code(name), meaning, fix, owner];
      }),
    ),
    '',
  ].join('\n');
}
