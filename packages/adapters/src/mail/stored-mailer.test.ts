import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { asAccountId } from '@tandem/domain';
import type { Mail } from '@tandem/engine';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { certificate } from '../graph/testing/fake-graph.ts';
import type { MailStore, StoredMail } from '../postgres/mail-store.ts';
import { type SmtpSettings, smtpSender } from './smtp-sender.ts';
import { createStoredMailer } from './stored-mailer.ts';

/** A real mail server that keeps what it gets, and can refuse. */
const got: Email[] = [];
const mood: { rcpt?: number; data?: number } = {};
let server: SMTPServer;
let settings: SmtpSettings;
before(async () => {
  const { cert, key } = await certificate('localhost');
  server = new SMTPServer({
    cert,
    key,
    onAuth: ({ username, password }, _session, done) =>
      password === 'right' ? done(null, { user: username ?? '' }) : done(new Error('wrong')),
    onRcptTo: (_address, _session, done) =>
      done(mood.rcpt === undefined ? null : Object.assign(new Error('no'), { responseCode: mood.rcpt })),
    onData(stream, _session, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        if (mood.data !== undefined) {
          done(Object.assign(new Error('no'), { responseCode: mood.data }));
          return;
        }
        void PostalMime.parse(Buffer.concat(parts)).then((mail) => {
          got.push(mail);
          done();
        });
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  settings = {
    host: 'localhost',
    port: (server.server.address() as AddressInfo).port,
    security: 'starttls',
    user: 'tandem',
    password: 'right',
    from: 'tandem@example.net',
    ca: cert,
  };
});
after(() => new Promise<void>((resolve) => server.close(() => resolve())));
beforeEach(() => {
  got.length = 0;
  delete mood.rcpt;
  delete mood.data;
});

/** The table as a store has it, in memory. */
class MemoryMails implements MailStore {
  readonly rows = new Map<string, StoredMail>();
  readonly due = new Map<string, number>();
  now = 0;
  away = false;
  async keep(mail: Parameters<MailStore['keep']>[0]): Promise<boolean> {
    if (this.away) throw new Error('the database is away');
    if ([...this.rows.values()].some(({ key }) => key === mail.key)) return false;
    this.rows.set(mail.id, { ...mail, tries: 0, createdWallMs: this.now });
    if (mail.state === 'waiting') this.due.set(mail.id, this.now);
    return true;
  }
  async takeDueForPlatform(limit: number, forMs: number): Promise<readonly StoredMail[]> {
    const ids = [...this.due].filter(([, at]) => at <= this.now).map(([id]) => id);
    return ids.slice(0, limit).map((id) => {
      const mail = this.rows.get(id) as StoredMail;
      const tried = { ...mail, tries: mail.tries + 1 };
      this.rows.set(id, tried);
      this.due.set(id, this.now + forMs);
      return tried;
    });
  }
  async note({ id }: Pick<StoredMail, 'id'>, outcome: Parameters<MailStore['note']>[1]): Promise<void> {
    const mail = this.rows.get(id) as StoredMail;
    if (outcome.is === 'later') {
      this.rows.set(id, { ...mail, trouble: outcome.trouble });
      this.due.set(id, this.now + outcome.inMs);
      return;
    }
    this.due.delete(id);
    this.rows.set(id, {
      ...mail,
      state: outcome.is,
      ...(outcome.is === 'failed' && { trouble: outcome.trouble }),
    });
  }
  list = async (): Promise<readonly StoredMail[]> => [...this.rows.values()];
  admins: readonly string[] = ['admin@acme.example', 'second@acme.example'];
  operators: readonly string[] = [];
  adminsOf = async (): Promise<readonly string[]> => this.admins;
  operatorsForPlatform = async (): Promise<readonly string[]> => this.operators;
  accountsWithoutAdminForPlatform = async () => [];
  get only(): StoredMail {
    assert.equal(this.rows.size, 1);
    return [...this.rows.values()][0] as StoredMail;
  }
}

function mailer(store = new MemoryMails(), change: Partial<SmtpSettings> | null = {}) {
  const outcomes: string[] = [];
  const made = createStoredMailer({
    store,
    sender: change === null ? undefined : smtpSender({ ...settings, ...change }),
    clock: { now: () => 0, wall: () => 0, after: () => () => undefined },
    newId: randomUUID,
    onOutcome: (outcome) => outcomes.push(outcome),
    onProblem: () => undefined,
  });
  return { store, outcomes, mailer: made };
}
const mail = (change: Partial<Mail> = {}): Mail => ({
  accountId: asAccountId('acme'),
  to: 'admins',
  subject: 'Microsoft 365 needs attention - Acme',
  text: 'The connection is interrupted. Ünïcode too.\n',
  key: 'connection-interrupted:1',
  ...change,
});

test('thousands of mails in one moment are kept one after the other, and none is lost while the database is away', async () => {
  const store = new MemoryMails();
  let [now, most] = [0, 0];
  const keep = store.keep.bind(store);
  store.keep = async (one) => {
    most = Math.max(most, ++now);
    await new Promise((go) => setImmediate(go));
    now--;
    return await keep(one);
  };
  const one = mailer(store, null);
  const send = (from: number) =>
    Array.from({ length: 500 }, (_, i) => one.mailer.send(mail({ key: `ready:${from + i}` })));
  await Promise.all(send(0));
  assert.deepEqual([store.rows.size, most], [500, 1]);
  store.away = true;
  await Promise.all(send(500));
  assert.equal(store.rows.size, 500);
  store.away = false;
  // The look that was under way may have begun while it was away.
  await one.mailer.flush();
  await one.mailer.flush();
  assert.equal(store.rows.size, 1_000);
  await one.mailer.stop();
});

test('a mail reaches every administrator by TLS, with what it says and what is attached', async () => {
  const one = mailer();
  await one.mailer.send(
    mail({ attachments: [{ name: 'failed.csv', type: 'text/csv', content: 'name,code\n' }] }),
  );
  await one.mailer.flush();
  await one.mailer.stop();
  assert.equal(got.length, 1);
  assert.deepEqual(
    got[0]?.to?.map(({ address }) => address),
    ['admin@acme.example', 'second@acme.example'],
  );
  assert.match(got[0]?.text ?? '', /Ünïcode too/);
  assert.equal(got[0]?.attachments[0]?.filename, 'failed.csv');
  assert.equal(one.store.only.state, 'sent');
});

test('the same key is the same mail, also for a mailer that started anew', async () => {
  const first = mailer();
  await Promise.all([first.mailer.send(mail()), first.mailer.send(mail())]);
  await first.mailer.flush();
  await first.mailer.stop();
  const second = mailer(first.store);
  await second.mailer.send(mail({ text: 'other words' }));
  await second.mailer.flush();
  await second.mailer.stop();
  assert.equal(got.length, 1);
});

test('the server asks to come later: it is tried again after a wait, and then it is sent once', async () => {
  const one = mailer();
  mood.rcpt = 451;
  await one.mailer.send(mail());
  await one.mailer.flush();
  assert.equal(one.store.only.state, 'waiting');
  assert.match(one.store.only.trouble ?? '', /try later \(451\)/);
  delete mood.rcpt;
  await one.mailer.flush();
  assert.equal(got.length, 0, 'not before its time');
  one.store.now += 31_000;
  await one.mailer.flush();
  await one.mailer.stop();
  assert.equal(got.length, 1);
  assert.deepEqual(one.outcomes, ['later', 'sent']);
});

test('a final no is not repeated, and is shown', async () => {
  const one = mailer();
  mood.data = 554;
  await one.mailer.send(mail());
  await one.mailer.flush();
  await one.mailer.stop();
  assert.equal(one.store.only.state, 'failed');
  assert.match(one.store.only.trouble ?? '', /554/);
});

test('a wrong password keeps the mail, and says nothing of the password', async () => {
  const one = mailer(new MemoryMails(), { password: 'wrong-password' });
  await one.mailer.send(mail());
  await one.mailer.flush();
  await one.mailer.stop();
  assert.equal(one.store.only.state, 'waiting');
  assert.match(one.store.only.trouble ?? '', /refuses our sign-in/);
  assert.doesNotMatch(JSON.stringify([...one.store.rows]), /wrong-password/);
});

test('a server whose certificate nobody vouches for gets nothing', async () => {
  const { ca: _, ...strange } = settings;
  const sender = smtpSender(strange);
  const outcome = await sender.send({
    id: '1',
    to: ['a@example.net'],
    subject: 's',
    text: 't',
    attachments: [],
  });
  sender.close();
  assert.equal(outcome.is, 'later');
  assert.equal(got.length, 0);
});

test('without a mail server mails are kept and shown as not sent', async () => {
  const one = mailer(new MemoryMails(), null);
  await one.mailer.send(mail());
  await one.mailer.flush();
  assert.equal(one.store.only.state, 'not-sent');
  assert.deepEqual(one.outcomes, ['not-sent']);
});

test('the database is away: the mail waits in memory and goes out when it is back', async () => {
  const one = mailer();
  one.store.away = true;
  await one.mailer.send(mail());
  await one.mailer.flush();
  assert.equal(got.length, 0);
  one.store.away = false;
  await one.mailer.flush();
  await one.mailer.stop();
  assert.equal(got.length, 1);
});

test('a subject cannot carry another header into the mail', async () => {
  const one = mailer();
  await one.mailer.send(mail({ subject: 'Hello\r\nBcc: everybody@example.net' }));
  await one.mailer.flush();
  await one.mailer.stop();
  assert.equal(got[0]?.bcc, undefined);
  assert.match(got[0]?.subject ?? '', /^Hello Bcc:/);
});

test('an account without an administrator to write to: the operator gets the mail, and is told why', async () => {
  const one = mailer();
  one.store.admins = [];
  one.store.operators = ['operator@platform.example'];
  await one.mailer.send(mail());
  // What is for one person is nobody else's.
  await one.mailer.send(mail({ to: [], key: 'a-person' }));
  await one.mailer.flush();
  await one.mailer.stop();
  assert.deepEqual(
    got.map(({ to }) => to?.map(({ address }) => address)),
    [['operator@platform.example']],
  );
  assert.match(got[0]?.text ?? '', /^You get this as the operator.*no administrator.*Ünïcode too/s);
  const nobody = mailer();
  nobody.store.admins = [];
  await nobody.mailer.send(mail());
  assert.deepEqual([nobody.store.only.state, nobody.outcomes], ['not-sent', ['not-sent']]);
  assert.match(nobody.store.only.trouble ?? '', /no operator either/);
});
