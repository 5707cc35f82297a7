import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { AccountId } from '@tandem/domain';
import type { AuditEntry } from '@tandem/engine/ports/audit.ts';
import { type Database, openDatabase } from '../postgres/database.ts';
import { createStores, type Stores } from '../postgres/stores.ts';
import { sampleAccount } from '../postgres/test-support/samples.ts';
import { startTestServer, type TestServer } from '../postgres/test-support/server.ts';
import { createSecretBox } from '../security/secret-box.ts';
import { createWebhookBoard } from './webhook-board.ts';
import { createWebhookDispatcher } from './webhook-dispatcher.ts';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: TestServer;
let db: Database;
let stores: Stores;
let receiver: Server;
let url: string;
const received: Received[] = [];
const answers: { status: number; headers?: Record<string, string> }[] = [];
const waiting: (() => void)[] = [];
const acme = sampleAccount();
const globex = sampleAccount();
const audited: AuditEntry[] = [];
const audit = { note: async (entry: AuditEntry) => void audited.push(entry) };
const by = { kind: 'user', name: 'alex' } as const;

before(async () => {
  server = await startTestServer(22080);
  db = openDatabase({ url: (await server.freshDatabase('webhooks')).appUrl });
  stores = createStores(db, createSecretBox(Buffer.alloc(32, 1)));
  for (const account of [acme, globex]) await stores.accounts.createForPlatform(account);
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      const { status, headers = {} } = answers.shift() ?? { status: 204 };
      response.writeHead(status, headers).end();
      for (const go of waiting.splice(0)) go();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks`;
});
after(async () => {
  receiver?.closeAllConnections();
  receiver?.close();
  await db?.close();
  await server?.remove();
});

/** The clock of this process moves by hand; the store's by its offset. */
function rig(post?: Parameters<typeof createWebhookDispatcher>[0]['post']) {
  let looks: (() => void)[] = [];
  const problems: string[] = [];
  const clock = {
    wall: () => 1_700_000_000_000,
    after: (_ms: number, fire: () => void) => {
      looks.push(fire);
      return () => {
        looks = looks.filter((one) => one !== fire);
      };
    },
  };
  const dispatcher = createWebhookDispatcher({
    store: stores.webhooks,
    clock,
    newId: randomUUID,
    insideAllowed: true,
    onProblem: (what) => problems.push(what),
    ...(post && { post }),
  });
  const board = createWebhookBoard({
    store: stores.webhooks,
    dispatcher,
    audit,
    newId: randomUUID,
    insideAllowed: true,
    accounts: async () => [acme, globex],
  });
  const look = (): void => {
    for (const fire of looks.splice(0)) fire();
  };
  return { dispatcher, board, look, problems };
}

async function made(board: ReturnType<typeof rig>['board'], accountId: AccountId, events = ['person.']) {
  const outcome = await board.create(accountId, { name: 'CRM', url, events }, by);
  assert.equal(outcome.kind, 'created');
  return outcome.kind === 'created' ? outcome : assert.fail();
}

/** Until so many have come in all. */
async function until(count: number): Promise<void> {
  while (received.length < count) await new Promise<void>((go) => waiting.push(go));
}
async function untilState(
  accountId: AccountId,
  webhookId: string,
  fits: (states: readonly string[]) => boolean,
): Promise<void> {
  for (;;) {
    const found = await stores.webhooks.deliveries(accountId, webhookId, 10);
    const states = found.map((one) =>
      one.deliveredWallMs !== undefined ? 'delivered' : one.nextWallMs === undefined ? 'given-up' : 'waiting',
    );
    if (fits(states)) return;
    await new Promise((go) => setImmediate(go));
  }
}

test('news goes to the account that wants it, signed so that the receiver can check it', async () => {
  const { dispatcher, board } = rig();
  received.length = 0;
  const { webhook, secret } = await made(board, acme.id);
  await made(board, globex.id);
  await dispatcher.publish({ accountId: acme.id, event: 'person.change', data: { name: 'Dana' } });
  await dispatcher.publish({ accountId: acme.id, event: 'number.reserve', data: {} });
  await until(1);
  await untilState(acme.id, webhook.id, (states) => states.join() === 'delivered');
  assert.equal(received.length, 1, 'not the other account, not the event that nobody wants');
  const [{ headers, body }] = received as [Received];
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  assert.equal(
    headers['webhook-signature'],
    `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
  );
  assert.deepEqual(JSON.parse(body).data, { name: 'Dana' });
  assert.equal(JSON.parse(body).accountId, acme.id);
  const row = await db.withAccount(acme.id, (tx) => tx.selectFrom('webhooks').selectAll().execute());
  assert.doesNotMatch(JSON.stringify(row), new RegExp(secret.slice(6, 20)), 'the secret rests sealed');
  assert.ok(!JSON.stringify(audited).includes(secret));
  await board.remove({ kind: 'platform' }, webhook.id, by);
  await dispatcher.stop();
});

test('a receiver that fails is asked again later with the same id, and after the last try the news is given up', async () => {
  const { dispatcher, board, look } = rig();
  received.length = 0;
  const { webhook } = await made(board, acme.id, ['*']);
  answers.push({ status: 500 }, { status: 429, headers: { 'retry-after': '7' } }, { status: 302 });
  await dispatcher.publish({ accountId: acme.id, event: 'person.change', data: {} });
  let offset = 0;
  for (let tries = 1; tries <= 4; tries++) {
    // What became of the last try may be stored after the clock was moved: then it is moved again.
    while (received.length < tries) {
      await stores.facts.setClockOffsetForPlatform(offset);
      offset += 3_600_000;
      look();
      await new Promise((go) => setImmediate(go));
    }
    const wanted = tries < 4 ? 'waiting' : 'delivered';
    await untilState(acme.id, webhook.id, (states) => states.join() === wanted);
  }
  assert.equal(new Set(received.map(({ headers }) => headers['webhook-id'])).size, 1);
  await stores.facts.setClockOffsetForPlatform(0);

  answers.push({ status: 410 });
  await dispatcher.publish({ accountId: acme.id, event: 'person.change', data: {} });
  await untilState(acme.id, webhook.id, (states) => states[0] === 'given-up');
  let gone = await stores.webhooks.get(acme.id, webhook.id);
  while (gone?.active) gone = await stores.webhooks.get(acme.id, webhook.id);
  assert.match(gone?.stoppedBecause ?? '', /410/);
  await dispatcher.publish({ accountId: acme.id, event: 'person.change', data: {} });
  assert.equal(
    (await stores.webhooks.deliveries(acme.id, webhook.id, 10)).length,
    2,
    'nothing new for one that is off',
  );

  const on = await board.change({ kind: 'account', accountId: acme.id }, webhook.id, { active: true }, by);
  assert.equal(on?.kind === 'changed' && on.webhook.active && on.webhook.stoppedBecause === undefined, true);
  await board.remove({ kind: 'platform' }, webhook.id, by);
  await dispatcher.stop();
});

test('receivers of one account that never answer do not hold up the news of another', async () => {
  const held: (() => void)[] = [];
  const told: string[] = [];
  const { dispatcher, board } = rig(
    (to, _headers, body) =>
      new Promise((resolve) => {
        const answer = () => resolve({ kind: 'answered', status: 204 });
        if (to.endsWith('/slow')) held.push(answer);
        else {
          told.push(JSON.parse(body).accountId);
          answer();
        }
      }),
  );
  const slow: string[] = [];
  for (let i = 0; i < 8; i++) {
    const made = await board.create(acme.id, { name: `${i}`, url: `${url}/slow`, events: ['person.'] }, by);
    if (made.kind === 'created') slow.push(made.webhook.id);
  }
  const good = await made(board, globex.id);
  for (let i = 0; i < 30; i++)
    await dispatcher.publish({ accountId: acme.id, event: 'person.change', data: { i } });
  for (let i = 0; i < 10; i++)
    await dispatcher.publish({ accountId: globex.id, event: 'person.change', data: { i } });
  await untilState(globex.id, good.webhook.id, (states) => states.every((state) => state === 'delivered'));
  assert.deepEqual([...new Set(told)], [globex.id]);
  assert.ok(held.length > 0 && held.length <= 32, `${held.length} of the slow ones are under way`);
  for (const id of slow) await board.remove({ kind: 'platform' }, id, by);
  await board.remove({ kind: 'platform' }, good.webhook.id, by);
  for (const answer of held) answer();
  await dispatcher.stop();
});

test('T21: the webhooks of one account are not there for another', async () => {
  const { dispatcher, board } = rig();
  const { webhook } = await made(board, acme.id);
  const foreign = { kind: 'account', accountId: globex.id } as const;
  assert.equal(await board.change(foreign, webhook.id, { active: false }, by), undefined);
  assert.equal(await board.remove(foreign, webhook.id, by), false);
  assert.equal(await board.test(foreign, webhook.id), false);
  assert.equal(await board.deliveries(foreign, webhook.id), undefined);
  await board.remove({ kind: 'platform' }, webhook.id, by);
  await dispatcher.stop();
});
