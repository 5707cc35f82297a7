import type { Mail } from '../ports/mailer.ts';
import { type PresenceOwner, presenceCodeTable, presenceSentence } from './codes.ts';
import type { RunReason, RunResult, StoredRun } from './run.ts';

const mostInMail = 50;

const ownerWords: Readonly<Record<PresenceOwner, string>> = {
  nobody: 'nobody',
  'entra-admin': 'administrator of Microsoft 365',
  'teams-admin': 'administrator of Teams',
  'platform-admin': 'administrator here',
  user: 'the person',
  vendor: 'operator of this platform',
  microsoft: 'Microsoft',
};

const reasonWords: Readonly<Record<RunReason, string>> = {
  'mode-change': 'a change of the settings',
  selection: 'a selection of people',
  resync: 'a resync',
  're-authorised': 'a new authorisation at Microsoft',
  'by-hand': 'somebody who started it by hand',
  retry: 'the hourly retry; only what changed is told',
};

export interface RunMailParts {
  readonly accountName: string;
  /** Names or ids of the connected tenants. */
  readonly tenants: readonly string[];
  readonly results: readonly RunResult[];
  /** Address of the portal, without a slash at the end. */
  readonly portal: string;
  /** Addresses of the account's notification list. */
  readonly notify: readonly string[];
  readonly connectionLost: boolean;
  readonly csv: (header: readonly string[], rows: readonly (readonly (string | undefined)[])[]) => string;
}

/** A sign-in name that is an address is one. */
const isAddress = (text: string): boolean => /^[^\s@,;<>]+@[^\s@,;<>]+$/.test(text);
const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** The mail about one run (product-behaviour 2.9). Holds no token, no secret and nobody's status. */
export function runMail(run: StoredRun, parts: RunMailParts): Mail {
  const { counts } = run;
  const ok = counts.synced + counts.alreadySynced;
  const bad = run.state === 'needs-attention' || parts.connectionLost;
  const name = oneLine(parts.accountName);
  const subject = bad
    ? `Presence sync needs attention: ${ok} synced, ${counts.failed} failed - ${name}`
    : `Presence sync finished: ${ok} synced, ${counts.failed} failed - ${name}`;
  const failed = parts.results.filter(({ outcome }) => outcome === 'failed');
  const finishedWallMs = run.finishedWallMs ?? run.startedWallMs;
  const selfClearing = failed.filter(({ code }) => code !== undefined && presenceCodeTable[code].selfClears);
  const lines = [
    `Presence sync of ${name}, started by ${oneLine(run.startedBy.name)} (${reasonWords[run.reason]}).`,
    '',
    `Microsoft 365: ${parts.tenants.length > 0 ? parts.tenants.map(oneLine).join(', ') : 'not connected'}`,
    `Mode: ${run.mode}, direction: ${run.direction}`,
    `Began: ${new Date(run.startedWallMs).toISOString()}`,
    `Took: ${((finishedWallMs - run.startedWallMs) / 1000).toFixed(1)} s`,
    '',
    `In scope: ${counts.inScope}`,
    `Synced: ${counts.synced}`,
    `Already synced: ${counts.alreadySynced}`,
    `Unsynced by an administrator: ${counts.unsynced}`,
    `Failed: ${counts.failed}`,
  ];
  if (run.mode === 'disabled') lines.push('', `Presence sync is off; it ended for ${run.ended ?? 0} people.`);
  if (parts.connectionLost)
    lines.push('', 'The connection with Microsoft 365 was lost on the way. Calls go on.');
  if (failed.length > 0) {
    lines.push('', `Failed${failed.length > mostInMail ? `, the first ${mostInMail}` : ''}:`);
    for (const one of failed.slice(0, mostInMail)) {
      const code = one.code ?? 'PRS-122';
      const { fix, owner } = presenceCodeTable[code];
      lines.push(
        `- ${oneLine(one.displayName)}${one.mail === undefined ? '' : ` <${oneLine(one.mail)}>`}: ${code}. ${presenceSentence(code, one.detail)} ${fix} (${ownerWords[owner]})`,
      );
    }
    lines.push(
      failed.length > mostInMail
        ? `All ${failed.length} stand in the attached file.`
        : 'They stand in the attached file, too.',
    );
    lines.push('', `The list: ${parts.portal}/presence?state=failed`);
    if (selfClearing.length > 0)
      lines.push(
        '',
        `What happens next: ${selfClearing.length === failed.length ? 'all of them' : `${selfClearing.length} of them`} are tried again every hour; you hear of it when something changed.`,
      );
  }
  lines.push('');
  const to = [
    ...new Map(
      [run.startedBy.name, ...parts.notify]
        .filter(isAddress)
        .map((address) => [address.toLowerCase(), address]),
    ).values(),
  ];
  return {
    accountId: run.accountId,
    to: to.length > 0 ? to : 'admins',
    subject,
    text: lines.join('\n'),
    key: `presence-run:${run.id}`,
    ...(failed.length > 0 && {
      attachments: [
        {
          name: 'presence-sync-failed.csv',
          type: 'text/csv; charset=utf-8',
          content: parts.csv(
            ['name', 'e-mail', 'code', 'reason', 'fix', 'who fixes it'],
            failed.map(({ displayName, mail, code = 'PRS-122', detail }) => [
              displayName,
              mail,
              code,
              presenceSentence(code, detail),
              presenceCodeTable[code].fix,
              ownerWords[presenceCodeTable[code].owner],
            ]),
          ),
        },
      ],
    }),
  };
}
