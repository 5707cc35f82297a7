import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import Fastify, { type FastifyInstance } from 'fastify';
import { type HintJournal, JournalFull, openHintJournal } from './hint-journal.ts';
import { graphReceiver, type Hint, hooksPath, type ReceiverResult } from './receiver.ts';
import { hashClientState, SubscriptionBook } from './subscription-book.ts';

const connection = '0190f000-0000-7000-8000-00000000ac3e';
const tenantId = 'acacacac-0000-4000-8000-000000000001';
const subscriptionId = '55555555-0000-4000-8000-000000000001';
const secret = randomBytes(32).toString('base64url');
const url = `${hooksPath}/${connection}`;

let app: FastifyInstance;
let folder: string;
let journal: HintJournal;
let broken: 'no' | 'full' = 'no';
const book = new SubscriptionBook();
const results = new Map<ReceiverResult, number>();
const hints: (readonly [string, Hint])[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hints-'));
  journal = await openHintJournal({ dir: folder });
  book.add({
    subscriptionId,
    connectionId: connection,
    entraTenantId: tenantId,
    clientStateHash: hashClientState(secret),
  });
  app = Fastify({ logger: false, forceCloseConnections: true });
  await graphReceiver({
    book,
    journal: {
      append: (hint) => (broken === 'full' ? Promise.reject(new JournalFull('full')) : journal.append(hint)),
    },
    wall: () => 1_790_000_000_000,
    onHint: (id, hint) => hints.push([id, hint]),
    onResult: (result, items) => results.set(result, (results.get(result) ?? 0) + items),
  })(app);
  await app.listen({ host: '127.0.0.1', port: 0 });
});
after(async () => {
  await app.close();
  await journal.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  broken = 'no';
  results.clear();
  hints.length = 0;
});

const item = (change: object = {}) => ({
  id: 'lsgTZMr9KwAAA',
  subscriptionId,
  clientState: secret,
  changeType: 'updated',
  resource: 'Groups/96096096-0000-4000-8000-000000000010',
  tenantId,
  ...change,
});
const post = (value: unknown, to = url) =>
  app.inject({
    method: 'POST',
    url: to,
    headers: { 'content-type': 'application/json' },
    payload: typeof value === 'string' ? value : JSON.stringify({ value }),
  });

describe('T16: who may make us look', () => {
  test('a true notification: on disk, 202 without a word, one hint however many items', async () => {
    const answer = await post([item(), item({ resource: 'Users/1' })]);
    assert.equal(answer.statusCode, 202);
    assert.equal(answer.body, '');
    assert.deepEqual(hints, [[connection, { kind: 'changed' }]]);
    assert.deepEqual([...results], [['accepted', 2]]);
    const text = await readFile(join(folder, 'notifications.jsonl'), 'utf8');
    assert.match(text, new RegExp(subscriptionId));
    assert.doesNotMatch(text, new RegExp(secret));
    assert.doesNotMatch(text, /Groups|Users/, 'nothing of a person is kept');
  });

  const wrong: readonly (readonly [string, object, ReceiverResult])[] = [
    ['forged: a wrong clientState', { clientState: randomBytes(32).toString('base64url') }, 'forged'],
    ['forged: no clientState', { clientState: undefined }, 'forged'],
    ['forged: a clientState of a megabyte, cut', { clientState: 'x'.repeat(100_000) }, 'forged'],
    ['a subscription of nobody', { subscriptionId: '66666666-0000-4000-8000-000000000001' }, 'unknown'],
    [
      'foreign: our subscription with the name of another tenant',
      { tenantId: '61061061-0000-4000-8000-000000000002' },
      'foreign-tenant',
    ],
    ['no subscription at all', { subscriptionId: undefined }, 'malformed'],
  ];
  for (const [title, change, result] of wrong)
    test(`${title}: 202, nothing happens, nothing is stored`, async () => {
      const before = await readFile(join(folder, 'notifications.jsonl'), 'utf8').catch(() => '');
      const answer = await post([item(change)]);
      assert.equal(answer.statusCode, 202);
      assert.equal(answer.body, '');
      assert.deepEqual([...results], [[result, 1]]);
      assert.equal(hints.length, 0);
      assert.equal(await readFile(join(folder, 'notifications.jsonl'), 'utf8').catch(() => ''), before);
    });

  test('the subscription of one connection at the address of another is nobody’s', async () => {
    const answer = await post([item()], `${hooksPath}/another`);
    assert.equal(answer.statusCode, 202);
    assert.deepEqual([...results], [['unknown', 1]]);
  });

  test('one true item between forged ones counts', async () => {
    await post([item({ clientState: 'x' }), item(), item({ tenantId: 'y' })]);
    assert.deepEqual(new Set(results.keys()), new Set(['forged', 'foreign-tenant', 'accepted']));
    assert.equal(hints.length, 1);
  });

  test('replayed a hundred times: hints like any other, for looking twice changes nothing', async () => {
    for (let n = 0; n < 100; n++) assert.equal((await post([item()])).statusCode, 202);
    assert.equal(hints.length, 100);
    assert.ok(hints.every(([, hint]) => hint.kind === 'changed'));
  });

  for (const [title, body] of [
    ['no JSON', 'value=1'],
    ['JSON of another shape', '{"value":{"a":1}}'],
    ['a list of numbers', '[1,2]'],
    ['an attempt at the prototype', '{"__proto__":{"value":[]}}'],
    ['nothing', ''],
  ] as const)
    test(`${title}: 202 and nothing`, async () => {
      assert.equal((await post(body)).statusCode, 202);
      assert.equal(hints.length, 0);
      assert.equal(({} as { value?: unknown }).value, undefined);
    });

  test('huge: refused before it is read to its end; too many items: the rest is left out', async () => {
    const huge = await post(JSON.stringify({ value: [item({ padding: 'x'.repeat(300_000) })] }));
    assert.equal(huge.statusCode, 413);
    assert.deepEqual([...results], [['too-large', 1]]);
    results.clear();
    await post(Array.from({ length: 1_100 }, () => ({ subscriptionId: 's' })));
    assert.deepEqual([...results].sort(), [
      ['too-many', 100],
      ['unknown', 1_000],
    ]);
  });

  test('the journal cannot store it: 503 with a Retry-After, so that Microsoft sends it again; then it works again', async () => {
    broken = 'full';
    const answer = await post([item()]);
    assert.equal(answer.statusCode, 503);
    assert.equal(answer.headers['retry-after'], '10');
    assert.equal(hints.length, 0);
    broken = 'no';
    assert.equal((await post([item()])).statusCode, 202);
  });
});

describe('the handshake (microsoft-graph 3.3)', () => {
  const token = 'Validation: <script>alert(1)</script> Request-Id: a+b%20c';
  const asked = `${url}?v=1&validationToken=${encodeURIComponent(token)}`;

  test('nobody asked Microsoft for a subscription: the text is not repeated', async () => {
    const answer = await app.inject({
      method: 'POST',
      url: asked,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    });
    assert.equal(answer.statusCode, 404);
    assert.equal(answer.body, '');
    assert.deepEqual([...results], [['validation-refused', 1]]);
  });

  test('while one is being made: the token decoded once, as plain text that no browser takes for a page', async () => {
    await book.whileExpecting(connection, async () => {
      const answer = await app.inject({
        method: 'POST',
        url: asked,
        headers: { 'content-type': 'text/plain; charset=utf-8' },
      });
      assert.equal(answer.statusCode, 200);
      assert.equal(answer.body, token);
      assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8');
      assert.equal(answer.headers['x-content-type-options'], 'nosniff');
      const other = await app.inject({ method: 'POST', url: asked.replace(connection, 'another') });
      assert.equal(other.statusCode, 404);
      const long = await app.inject({ method: 'POST', url: `${url}?validationToken=${'x'.repeat(4_097)}` });
      assert.equal(long.statusCode, 404);
    });
    assert.equal(book.expects(connection), false);
  });
});

describe('lifecycle (microsoft-graph 3.5)', () => {
  test('reauthorizationRequired names the subscription; an event that nobody knows makes us look', async () => {
    const lifecycle = { changeType: undefined, resource: undefined };
    await post([item({ ...lifecycle, lifecycleEvent: 'reauthorizationRequired' })]);
    assert.deepEqual(hints, [[connection, { kind: 'reauthorize', subscriptionId }]]);
    hints.length = 0;
    await post([item({ ...lifecycle, lifecycleEvent: 'somethingNew' })]);
    assert.deepEqual(hints, [[connection, { kind: 'changed' }]]);
    await post([item({ ...lifecycle, lifecycleEvent: 'reauthorizationRequired', clientState: 'forged' })]);
    assert.equal(hints.length, 1);
  });
});

describe('T17: a slow or crowded receiver', () => {
  test('a sender that never ends its body holds up nobody', async () => {
    const address = app.server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const slow = connect(port, '127.0.0.1');
    await new Promise((resolve) => slow.once('connect', resolve));
    slow.write(
      `POST ${url} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{"value"`,
    );
    assert.equal((await post([item()])).statusCode, 202);
    slow.destroy();
  });

  test('a thousand at once are all stored, in far fewer writes than notifications', async () => {
    let writes = 0;
    const dir = join(folder, 'crowd');
    const crowd = await openHintJournal({
      dir,
      write: async (file, text) => {
        writes += 1;
        await file.appendFile(text);
        await file.datasync();
      },
    });
    const hint = (n: number) => ({ atWallMs: n, connectionId: connection, items: [] });
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => crowd.append(hint(n))));
    assert.ok(writes < 20, `${writes}`);
    const lines = (await readFile(join(dir, 'notifications.jsonl'), 'utf8'))
      .split('\n')
      .filter((line) => line !== '');
    assert.equal(lines.length, 1_000);
    await crowd.close();
    const again = await openHintJournal({ dir });
    assert.equal(again.lastHeard(connection), 999);
    await again.close();
  });

  test('a disk that fails refuses what waits and works again when the disk does; what waits is bounded', async () => {
    let fails = true;
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const failing = await openHintJournal({
      dir: join(folder, 'failing'),
      mostWaiting: 3,
      write: async (file, text) => {
        await gate;
        if (fails) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
        await file.appendFile(text);
      },
    });
    const hint = { atWallMs: 1, connectionId: connection, items: [] };
    const tries = Array.from({ length: 10 }, () =>
      failing.append(hint).then(
        () => 'stored',
        () => 'refused',
      ),
    );
    release();
    assert.deepEqual(
      await Promise.all(tries),
      Array.from({ length: 10 }, () => 'refused'),
    );
    fails = false;
    await failing.append(hint);
    await failing.close();
  });

  test('the file does not grow for ever: a full one is put aside, an older one goes', async () => {
    const dir = join(folder, 'small');
    const small = await openHintJournal({ dir, mostBytes: 500 });
    for (let n = 0; n < 60; n++) await small.append({ atWallMs: n, connectionId: connection, items: [] });
    await small.close();
    for (const name of ['notifications.jsonl', 'notifications.jsonl.1'])
      assert.ok((await readFile(join(dir, name))).length < 700);
  });
});
