import type { ProposalsHeard } from '@tandem/adapters/http/consent/consent-board.ts';
import type { StoredProposal } from '@tandem/adapters/postgres/consent-store.ts';
import type { AccountId } from '@tandem/domain';
import type { Clock, Mailer } from '@tandem/engine';

/** What comes within it goes into one mail. */
export const gatherMs = 60_000;
/** So far apart are two mails to one account at least. */
export const apartMs = 900_000;
const retryMs = 60_000;
/** More would make a mail that nobody reads. */
const mostShown = 20;

export interface ProposalNoticeParts {
  readonly clock: Clock;
  readonly mailer: Mailer;
  /** Those that wait for a decision, newest first; undefined: of all accounts. */
  readonly open: (accountId: AccountId | undefined) => Promise<readonly StoredProposal[]>;
  readonly portalUrl: () => string | undefined;
  readonly onProblem: (what: string) => void;
}

/**
 * Tells the administrators of an account that something waits for their decision (decision 0026). A mail has a key that names the
 * newest proposal in it, so that a restart, which forgets what was told, tells nobody twice.
 */
export function startProposalNotice(parts: ProposalNoticeParts): ProposalsHeard & { stop(): void } {
  const { clock } = parts;
  const timers = new Map<AccountId | 'all', () => void>();
  const told = new Map<AccountId, ReadonlySet<string>>();
  const mailedAt = new Map<AccountId, number>();
  let stopped = false;

  function plan(whose: AccountId | 'all', afterMs: number): void {
    if (stopped || timers.has(whose)) return;
    timers.set(
      whose,
      clock.after(afterMs, () => {
        timers.delete(whose);
        look(whose).catch((error: Error) => {
          parts.onProblem(`who decides about proposals is told later: ${error.message}`);
          plan(whose, retryMs);
        });
      }),
    );
  }

  async function look(whose: AccountId | 'all'): Promise<void> {
    const open = await parts.open(whose === 'all' ? undefined : whose);
    for (const accountId of new Set(open.map((one) => one.accountId)))
      await tell(
        accountId,
        open.filter((one) => one.accountId === accountId),
      );
  }

  async function tell(accountId: AccountId, open: readonly StoredProposal[]): Promise<void> {
    const before = told.get(accountId);
    const fresh = open.filter(({ id }) => !before?.has(id));
    const [newest] = fresh;
    if (!newest) return;
    told.set(accountId, new Set(open.map(({ id }) => id)));
    mailedAt.set(accountId, clock.now());
    await parts.mailer.send({
      accountId,
      to: 'admins',
      key: `proposals:${accountId}:${newest.id}`,
      ...mailAbout(fresh, open.length, clock.wall(), parts.portalUrl()),
    });
  }

  plan('all', gatherMs);
  return {
    proposed({ accountId }) {
      const last = mailedAt.get(accountId);
      plan(accountId, Math.max(gatherMs, last === undefined ? 0 : last + apartMs - clock.now()));
    },
    rescued({ accountId, id, sentence }, by) {
      const url = parts.portalUrl();
      void parts.mailer.send({
        accountId,
        to: 'admins',
        key: `rescue:${id}`,
        subject: 'The provider gave an administrator a new password',
        text: [
          `${by.name} carried out without a decision of yours, because no administrator had signed in for three days: ${sentence}`,
          'If nobody of you asked for help, take that sign-in away and look at the audit.',
          ...(url === undefined ? [] : ['', `${url}/audit`]),
        ].join('\n'),
      });
    },
    stop() {
      stopped = true;
      for (const cancel of timers.values()) cancel();
    },
  };
}

function mailAbout(
  fresh: readonly StoredProposal[],
  open: number,
  nowWallMs: number,
  portalUrl: string | undefined,
): { readonly subject: string; readonly text: string } {
  const { length } = fresh;
  const who = [...new Set(fresh.map(({ proposedBy }) => proposedBy.name))].join(', ');
  const firstEnd = Math.min(...fresh.map(({ expiresWallMs }) => expiresWallMs));
  const lines = [
    `${who} proposed ${length === 1 ? 'a change' : `${length} changes`}. Nothing is changed until an administrator approves.`,
    '',
    ...fresh.slice(0, mostShown).map(({ sentence }) => `- ${sentence}`),
    ...(length > mostShown ? [`- and ${length - mostShown} more`] : []),
    '',
    ...(open > length ? [`With those of before ${open} wait.`] : []),
    `What nobody decides about ends by itself, the first on ${day(firstEnd)}.`,
    ...(fresh.some(({ operation }) => operation === 'signIns.newPassword')
      ? [
          `A new password for an administrator may be given without you from ${day(nowWallMs + 3 * 86_400_000)} on, if none of you signs in before: so that somebody who is locked out can be helped. Reject it if you do not want that.`,
        ]
      : []),
  ];
  return {
    subject:
      length === 1
        ? 'A change by the provider waits for your decision'
        : `${length} changes by the provider wait for your decision`,
    text: `${lines.join('\n')}${portalUrl === undefined ? '' : `\n\n${portalUrl}/consent`}`,
  };
}

const day = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 10);
