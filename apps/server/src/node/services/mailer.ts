import { readFile } from 'node:fs/promises';
import { type MailSender, type SmtpSettings, smtpSender } from '@tandem/adapters/mail/smtp-sender.ts';
import { createStoredMailer, type StoredMailer } from '@tandem/adapters/mail/stored-mailer.ts';
import type { MailStore } from '@tandem/adapters/postgres/mail-store.ts';
import type { Clock } from '@tandem/engine';
import type { NodeConfig } from '../../supervisor/child-config.ts';

/** Mail of the platform: by the operator's server, by the twin's while it is on, else kept and shown as not sent. */
export function openMailer(parts: {
  readonly config: Pick<NodeConfig, 'mail' | 'twin'>;
  readonly store: MailStore;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly onOutcome: (outcome: 'sent' | 'later' | 'failed' | 'not-sent') => void;
  readonly onProblem: (what: string) => void;
}): StoredMailer {
  const { config, ...rest } = parts;
  const mailer = createStoredMailer({ ...rest, sender: senderOf(config) });
  mailer.start();
  return mailer;
}

function senderOf({ mail, twin }: Pick<NodeConfig, 'mail' | 'twin'>): MailSender | undefined {
  if (mail) return smtpSender(mail);
  if (!twin) return undefined;
  const [host = '127.0.0.1', port = '25'] = twin.smtp.split(':');
  // Its authority is there before the node starts; the certificate names localhost.
  return lazySender(async () => ({
    host: host === '127.0.0.1' ? 'localhost' : host,
    port: Number(port),
    security: 'starttls',
    from: 'tandem@portal.example.net',
    ca: await readFile(twin.caFile, 'utf8'),
  }));
}

function lazySender(settings: () => Promise<SmtpSettings>): MailSender {
  let made: MailSender | undefined;
  return {
    async send(mail) {
      try {
        made ??= smtpSender(await settings());
      } catch (error) {
        return { is: 'later', trouble: (error as Error).message };
      }
      return await made.send(mail);
    },
    close: () => made?.close(),
  };
}
