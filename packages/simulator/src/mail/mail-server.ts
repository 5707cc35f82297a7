import type { AddressInfo } from 'node:net';
import PostalMime, { type Address } from 'postal-mime';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { Audit } from '../audit/audit.ts';
import { fullChain, type Issued } from '../trust/authority.ts';
import { MailBox } from './mail-box.ts';

/** A mail server as an operator has one (RFC 5321), which keeps what it gets and can have a bad day. */

export const mailFaults = {
  none: 'takes everything',
  later: 'answers 451 to the recipient: try again later',
  full: 'answers 452 after the message: no storage',
  refuse: 'answers 550 to the recipient: there is no such mailbox',
  reject: 'answers 554 after the message: it looks like spam',
  slow: 'answers after `delayMs` (10 s)',
  silent: 'takes the connection and never greets',
  down: 'does not listen',
} as const;
export type MailFault = keyof typeof mailFaults;

export interface MailSettings {
  fault: MailFault;
  delayMs: number;
  /** How many messages it hits before it mends itself; null: until it is changed. */
  times: number | null;
}

export interface MailServerOptions {
  readonly address: string;
  readonly port: number;
  /** For STARTTLS. */
  readonly certificate: Issued;
  readonly audit: Audit;
  readonly wall: () => number;
  readonly delay: (ms: number) => Promise<void>;
}

const refusals: Partial<Record<MailFault, { readonly code: number; readonly text: string }>> = {
  later: { code: 451, text: '4.3.0 The mailbox is busy, try again later' },
  full: { code: 452, text: '4.3.1 Insufficient system storage' },
  refuse: { code: 550, text: '5.1.1 There is no such mailbox here' },
  reject: { code: 554, text: '5.7.1 The message was rejected as spam' },
};

const largest = 10 * 1024 * 1024;

export class MailServer {
  readonly box = new MailBox();
  readonly settings: MailSettings = { fault: 'none', delayMs: 10_000, times: null };
  readonly #options: MailServerOptions;
  #server: SMTPServer | undefined;
  #port = 0;

  private constructor(options: MailServerOptions) {
    this.#options = options;
    this.#port = options.port;
  }

  static async open(options: MailServerOptions): Promise<MailServer> {
    const mail = new MailServer(options);
    await mail.#listen();
    return mail;
  }

  get port(): number {
    return this.#port;
  }

  /** Changes what goes wrong from now on; `down` ends the connections that are open. */
  async change(settings: Partial<MailSettings>): Promise<MailSettings> {
    if (settings.fault !== undefined) this.settings.times = null;
    Object.assign(this.settings, settings);
    if (this.settings.fault === 'down') await this.#shut();
    else await this.#listen();
    return this.settings;
  }

  close(): Promise<void> {
    return this.#shut();
  }

  async #listen(): Promise<void> {
    if (this.#server) return;
    const { address, certificate } = this.#options;
    const server = new SMTPServer({
      name: 'mail.twin.example',
      banner: 'The twin keeps what it gets',
      key: certificate.key,
      cert: fullChain(certificate),
      authOptional: true,
      // Whoever signs in may: an operator's relay asks, ours only wants to see the client do it.
      allowInsecureAuth: true,
      disableReverseLookup: true,
      size: largest,
      logger: false,
      onAuth: (auth, _session, done) => done(null, { user: auth.username ?? 'somebody' }),
      onConnect: (_session, done) => {
        if (this.settings.fault !== 'silent') done();
      },
      onRcptTo: ({ address: to }, _session, done) => void this.#judge('rcpt', to).then(done),
      onData: (stream, session, done) => void this.#take(stream, session).then(done),
    });
    // A client that breaks off is the client's affair.
    server.on('error', () => undefined);
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      const listener = server.listen(this.#port, address, () => resolve());
      listener.once('error', reject);
    });
    this.#port = (server.server.address() as AddressInfo).port;
  }

  async #shut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const connection of server.connections) connection.close();
    });
  }

  async #judge(stage: 'rcpt' | 'data', what: string): Promise<Error | null> {
    const { settings } = this;
    const { fault } = settings;
    if (fault === 'slow' && stage === 'data') await this.#options.delay(settings.delayMs);
    const refusal = refusals[fault];
    const mine = stage === 'rcpt' ? ['later', 'refuse'] : ['full', 'reject', 'slow'];
    if (!mine.includes(fault)) return null;
    if (settings.times !== null && --settings.times <= 0)
      Object.assign(settings, { fault: 'none', times: null });
    if (!refusal) return null;
    this.#note(`${what}: ${refusal.code} ${refusal.text}`);
    return Object.assign(new Error(refusal.text), { responseCode: refusal.code });
  }

  async #take(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<Error | null> {
    const parts: Buffer[] = [];
    for await (const part of stream as AsyncIterable<Buffer>) parts.push(part);
    if (stream.sizeExceeded)
      return Object.assign(new Error('5.3.4 The message is too big'), { responseCode: 552 });
    const raw = Buffer.concat(parts);
    const { mailFrom, rcptTo } = session.envelope;
    const to = rcptTo.map(({ address }) => address);
    const refused = await this.#judge('data', `message to ${to.length}`);
    if (refused) return refused;
    const parsed = await PostalMime.parse(raw).catch(() => undefined);
    if (!parsed) return Object.assign(new Error('5.6.0 The message cannot be read'), { responseCode: 554 });
    const mail = this.box.add({
      receivedAt: new Date(this.#options.wall()).toISOString(),
      envelope: { from: mailFrom ? mailFrom.address : '', to },
      helo: session.hostNameAppearsAs,
      secure: session.secure,
      from: parsed.from?.address ?? null,
      to: flat(parsed.to ?? []),
      subject: parsed.subject ?? '',
      text: parsed.text ?? '',
      html: parsed.html ?? null,
      headers: Object.fromEntries(parsed.headers.map(({ key, value }) => [key, value])),
      attachments: parsed.attachments.map(({ filename, mimeType, content }) => ({
        name: filename,
        type: mimeType,
        bytes: typeof content === 'string' ? content.length : content.byteLength,
      })),
      raw: raw.toString('utf8'),
    });
    this.#note(`message ${mail.id} for ${to.join(', ')}: ${mail.subject}`);
    return null;
  }

  #note(summary: string): void {
    this.#options.audit.add({ kind: 'mail', where: 'mail', summary });
  }
}

const flat = (addresses: readonly Address[]): string[] =>
  addresses.flatMap((one) => (one.group ? one.group.map(({ address }) => address) : [one.address]));
