import { createTransport } from 'nodemailer';

/** How mail leaves the platform. */
export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /** `starttls`: demanded, not hoped for. `none`: for a relay on this machine only. */
  readonly security: 'tls' | 'starttls' | 'none';
  readonly user?: string;
  readonly password?: string;
  /** Sender's address. */
  readonly from: string;
  /** PEM: a private authority. */
  readonly ca?: string;
}

export interface MailToSend {
  readonly id: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly attachments: readonly {
    readonly name: string;
    readonly type: string;
    readonly content: string;
  }[];
}

export type SendOutcome =
  | { readonly is: 'sent' }
  /** RFC 5321 4.2.1: 4yz, or no connection: the same mail may go out later. */
  | { readonly is: 'later'; readonly trouble: string }
  /** 5yz: it will not. */
  | { readonly is: 'refused'; readonly trouble: string };

export interface MailSender {
  send(mail: MailToSend): Promise<SendOutcome>;
  close(): void;
}

const timeoutMs = 15_000;

/** One mail server by SMTP (RFC 5321). The message id is the mail's own, so that a copy that came twice can be told. */
export function smtpSender(settings: SmtpSettings): MailSender {
  const { host, port, security, user, password, from, ca } = settings;
  const transport = createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
    tls: { minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = from.slice(from.lastIndexOf('@') + 1);
  return {
    async send({ id, to, subject, text, attachments }) {
      try {
        await transport.sendMail({
          from: { name: 'Tandem', address: from },
          to: [...to],
          subject,
          text,
          messageId: `<${id}@${domain}>`,
          // Nobody's holiday notice is wanted (RFC 3834 5).
          headers: { 'Auto-Submitted': 'auto-generated' },
          attachments: attachments.map((one) => ({
            filename: one.name,
            contentType: one.type,
            content: one.content,
          })),
        });
        return { is: 'sent' };
      } catch (error) {
        return outcomeOf(error);
      }
    },
    close: () => transport.close(),
  };
}

function outcomeOf(error: unknown): SendOutcome {
  const { responseCode, code } = error as { responseCode?: unknown; code?: unknown };
  if (typeof responseCode === 'number' && responseCode >= 500)
    // A wrong password is the operator's to mend, and then the mail goes out.
    return code === 'EAUTH'
      ? { is: 'later', trouble: `The mail server refuses our sign-in (${responseCode}).` }
      : { is: 'refused', trouble: `The mail server refused it (${responseCode}).` };
  if (typeof responseCode === 'number')
    return { is: 'later', trouble: `The mail server asks to try later (${responseCode}).` };
  const why = typeof code === 'string' ? ` (${code})` : '';
  return { is: 'later', trouble: `The mail server cannot be reached${why}.` };
}
