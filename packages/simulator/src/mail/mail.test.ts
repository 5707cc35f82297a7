import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, describe, it } from 'node:test';
import { createTransport } from 'nodemailer';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';
import type { ReceivedMail } from './mail-box.ts';

/** The twin's mail server with a real mail client (nodemailer). */

describe('mail', () => {
  let twin: Twin;
  let ca: string;
  let close: () => Promise<void>;
  before(async () => {
    ({ twin, close } = await startTestTwin(26_480));
    ca = await readFile(twin.ready.ca, 'utf8');
  });
  after(() => close());
  afterEach(async () => {
    await twin.mail.change({ fault: 'none', delayMs: 10_000 });
    twin.mail.box.clear();
  });

  const send = (to = 'admin@acme.example', more: Record<string, unknown> = {}) => {
    const [host, port] = twin.ready.smtp.split(':');
    const transport = createTransport({
      host,
      port: Number(port),
      tls: { ca },
      connectionTimeout: 2_000,
      greetingTimeout: 300,
      socketTimeout: 2_000,
    });
    return transport
      .sendMail({
        from: 'Tandem <tandem@operator.example>',
        to,
        subject: 'Verbindung unterbrochen – Acme',
        text: 'Grüße: connect again.',
        html: '<p>Grüße: <a href="https://portal.example/">connect again</a>.</p>',
        ...more,
      })
      .finally(() => transport.close());
  };
  const control = async (method: string, path: string, body?: unknown) =>
    (await fetch(`${twin.ready.control}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    }).then((answer) => answer.json())) as { mails: ReceivedMail[]; removed: number };
  const code = (error: unknown) => (error as { responseCode?: number }).responseCode;

  it('a message is taken over TLS, read, and found by its recipient', async () => {
    await send('Admin <admin@acme.example>', { bcc: 'hidden@acme.example' });
    const { mails } = await control('GET', '/mail?to=ADMIN@acme.example');
    const [mail] = mails;
    assert.equal(mails.length, 1);
    assert.deepEqual(
      [mail?.subject, mail?.text.trim(), mail?.from, mail?.secure],
      ['Verbindung unterbrochen – Acme', 'Grüße: connect again.', 'tandem@operator.example', true],
    );
    assert.match(mail?.html ?? '', /href="https:\/\/portal\.example\/"/);
    assert.deepEqual(mail?.envelope.to, ['admin@acme.example', 'hidden@acme.example']);
    assert.ok(mail?.headers['message-id']);
    assert.equal((await control('GET', '/mail?to=somebody@else.example')).mails.length, 0);
    assert.equal((await control('GET', `/mail?after=${mail?.id}`)).mails.length, 0);
    assert.equal((await control('DELETE', '/mail')).removed, 1);
  });

  it('whoever waits for mail gets it when it comes, or nothing when the time is over', async () => {
    const waiting = control('GET', '/mail?to=late@acme.example&wait=20000');
    await send('other@acme.example');
    await send('late@acme.example');
    assert.equal((await waiting).mails.length, 1);
    assert.equal((await control('GET', '/mail?to=never@acme.example&wait=10')).mails.length, 0);
  });

  for (const [fault, status] of [
    ['later', 451],
    ['full', 452],
    ['refuse', 550],
    ['reject', 554],
  ] as const)
    it(`${fault}: the client is told ${status} and nothing is kept; after that all is well`, async () => {
      await control('PATCH', '/mail', { fault, times: 1 });
      await assert.rejects(send(), (error) => code(error) === status);
      assert.equal(twin.mail.box.find().length, 0);
      await send();
      assert.equal(twin.mail.box.find().length, 1);
    });

  it('slow: the answer comes after its delay, and the message is there', async () => {
    await control('PATCH', '/mail', { fault: 'slow', delayMs: 50, times: 1 });
    await send();
    assert.equal(twin.mail.box.find().length, 1);
  });

  it('silent: the client gives up without a greeting', async () => {
    await control('PATCH', '/mail', { fault: 'silent' });
    await assert.rejects(send(), /[Gg]reeting/);
  });

  it('down: nobody listens; up again on the same port', async () => {
    await control('PATCH', '/mail', { fault: 'down' });
    await assert.rejects(send(), /ECONNREFUSED/);
    await control('PATCH', '/mail', { fault: 'none' });
    await send();
    assert.equal(twin.mail.box.find().length, 1);
  });

  it('a message that is too big is refused', async () => {
    const content = Buffer.alloc(11 * 1024 * 1024, 'x');
    await assert.rejects(send(undefined, { attachments: [{ filename: 'big.bin', content }] }));
    assert.equal(twin.mail.box.find().length, 0);
  });
});
