import { createHash } from 'node:crypto';
import type { Clock, Mail, Mailer } from '@tandem/engine';
import { isConnectionError } from '../postgres/errors.ts';
import type { MailStore } from '../postgres/mail-store.ts';
import type { MailSender } from './smtp-sender.ts';

export interface StoredMailerParts {
  readonly store: MailStore;
  /** Undefined: no mail server is configured; mails are kept and shown as not sent. */
  readonly sender: MailSender | undefined;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly onOutcome: (outcome: 'sent' | 'later' | 'failed' | 'not-sent') => void;
  readonly onProblem: (what: string) => void;
}

export interface StoredMailer extends Mailer {
  start(): void;
  /** Sends what is due, now. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

const everyMs = 10_000;
const atOnce = 20;
const mostTries = 20;
/** Longer than a try can take: another node does not take the same mail meanwhile. */
const holdMs = 120_000;
/** 30 s, 1, 2, 4 ... at most 60 minutes. */
const waitMs = (tries: number): number => Math.min(30_000 * 2 ** (tries - 1), 3_600_000);
const mostUnstored = 10_000;
const insteadWords =
  'You get this as the operator of the platform: the account has no administrator with a mail address. Name one, or tell the customer.';

/**
 * Mails by way of a table: kept before they are sent, sent once for each key, over restarts too. While the database is away
 * they wait in memory and are kept when it is back.
 */
export function createStoredMailer(parts: StoredMailerParts): StoredMailer {
  const { store, sender, clock } = parts;
  let unstored: Mail[] = [];
  let cancel: (() => void) | undefined;
  let stopped = false;
  let running: Promise<void> | undefined;
  let keeping: Promise<void> = Promise.resolve();

  async function keep(mail: Mail): Promise<void> {
    const admins = mail.to === 'admins' ? await store.adminsOf(mail.accountId) : mail.to;
    // Somebody has to hear of it: who runs the platform can name an administrator, or tell the customer.
    const instead = mail.to === 'admins' && admins.length === 0 ? await store.operatorsForPlatform() : [];
    const to = admins.length > 0 ? admins : instead;
    const trouble =
      sender === undefined
        ? 'No mail server is configured.'
        : to.length === 0
          ? 'No administrator of the account has an address, and no operator either.'
          : undefined;
    const isNew = await store.keep({
      id: parts.newId(),
      key: mail.key.length <= 300 ? mail.key : createHash('sha256').update(mail.key).digest('hex'),
      accountId: mail.accountId,
      to,
      subject: mail.subject.replaceAll(/[\r\n]+/g, ' '),
      text: instead.length > 0 ? `${insteadWords}\n\n${mail.text}` : mail.text,
      attachments: mail.attachments ?? [],
      state: trouble === undefined ? 'waiting' : 'not-sent',
      ...(trouble !== undefined && { trouble }),
    });
    if (isNew && trouble !== undefined) parts.onOutcome('not-sent');
  }

  const later = (mail: Mail): void => {
    if (unstored.length < mostUnstored) unstored.push(mail);
    else parts.onProblem(`a mail is lost: ${mostUnstored} wait for the database`);
  };

  async function sendDue(): Promise<void> {
    const waiting = unstored;
    unstored = [];
    let away = false;
    // Who is refused once is not asked for each of the others: they come with the next look.
    for (const mail of waiting)
      if (away) later(mail);
      else
        await keep(mail).catch((error: unknown) => {
          away = isConnectionError(error);
          later(mail);
        });
    if (!sender) return;
    for (;;) {
      const due = await store.takeDueForPlatform(atOnce, holdMs);
      for (const mail of due) {
        const outcome = await sender.send(mail);
        if (outcome.is === 'sent') {
          await store.note(mail, { is: 'sent' });
          parts.onOutcome('sent');
        } else if (outcome.is === 'refused' || mail.tries >= mostTries) {
          await store.note(mail, { is: 'failed', trouble: outcome.trouble });
          parts.onOutcome('failed');
          parts.onProblem(`a mail was not sent: ${outcome.trouble}`);
        } else {
          await store.note(mail, { is: 'later', inMs: waitMs(mail.tries), trouble: outcome.trouble });
          parts.onOutcome('later');
        }
      }
      if (due.length < atOnce) return;
    }
  }

  const flush = (): Promise<void> => {
    running ??= sendDue()
      .catch((error: Error) => parts.onProblem(`mails wait: ${error.message}`))
      .finally(() => {
        running = undefined;
      });
    return running;
  };

  return {
    async send(mail) {
      // One after the other: what happens to thousands of people in one moment must not take every connection.
      const turn = keeping.then(async () => {
        if (unstored.length > 0) return void later(mail);
        await keep(mail).catch((error: Error) => {
          later(mail);
          parts.onProblem(`mails are kept later: ${error.message}`);
        });
      });
      keeping = turn;
      await turn;
      // Not waited for: whoever has something to say goes on.
      if (!stopped) void flush();
    },
    flush,
    start() {
      const again = (): void => {
        cancel = clock.after(everyMs, () => {
          void flush().finally(() => {
            if (!stopped) again();
          });
        });
      };
      again();
    },
    async stop() {
      stopped = true;
      cancel?.();
      await running;
      sender?.close();
    },
  };
}
