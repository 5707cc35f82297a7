import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type LiveEvent, liveEvent } from '@tandem/contract';
import { createHarness } from '../testing/harness.ts';
import * as world from '../testing/sample-world.ts';

const closers: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closers) await close();
});

async function listening() {
  const harness = await createHarness();
  const { url } = await harness.server.listen();
  closers.push(() => harness.server.close());
  /** Signs in over the socket (the cookie's name carries the port) and opens the stream. */
  async function open(name: string) {
    const signedIn = await fetch(`${url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, password: 'correct horse' }),
    });
    const cookie = String(signedIn.headers.get('set-cookie')).split(';')[0] as string;
    const response = await fetch(`${url}/api/v1/events`, { headers: { cookie } });
    return { response, next: reader(response) };
  }
  return { harness, open, url };
}

function reader(response: Response): () => Promise<LiveEvent | 'end'> {
  const source = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return async () => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        const data = /^data: (.*)$/m.exec(block)?.[1];
        return liveEvent.parse(JSON.parse(data ?? 'null'));
      }
      const chunk = await source?.read();
      if (!chunk || chunk.done) return 'end';
      text += chunk.value;
    }
  };
}

const kindOf = (event: LiveEvent | 'end'): string => (event === 'end' ? 'end' : event.kind);

test("the stream says hello, shows the peers, then each reader's own calls only", async () => {
  const { harness, open } = await listening();
  const acme = await open('desk@acme.example');
  const globex = await open('desk@globex.example');
  assert.match(String(acme.response.headers.get('content-type')), /^text\/event-stream/);
  assert.equal(harness.server.answering, 0, 'a stream is answered as it opens, however long it lasts');
  for (const { next } of [acme, globex]) {
    assert.equal(kindOf(await next()), 'hello');
    assert.equal(kindOf(await next()), 'peers');
  }
  harness.events.publish({ kind: 'call', record: world.record(50, harness.clock.wall(), {}) });
  harness.events.publish({
    kind: 'call',
    record: world.record(51, harness.clock.wall(), { accountId: world.globexId }),
  });
  const [forAcme, forGlobex] = [await acme.next(), await globex.next()];
  assert.ok(forAcme !== 'end' && forAcme.kind === 'call' && forAcme.call.accountId === world.acmeId);
  assert.ok(forGlobex !== 'end' && forGlobex.kind === 'call' && forGlobex.call.accountId === world.globexId);
});

test('a user hears of the calls of that person only, and nothing of peers', async () => {
  const { harness, open } = await listening();
  const dana = await open('dana@acme.example');
  assert.equal(kindOf(await dana.next()), 'hello');
  const { personId, ...without } = world.record(52, harness.clock.wall(), {});
  harness.events.publish({ kind: 'peers' });
  harness.events.publish({ kind: 'call', record: without });
  harness.events.publish({ kind: 'call', record: world.record(53, harness.clock.wall(), {}) });
  const event = await dana.next();
  assert.ok(event !== 'end' && event.kind === 'call' && event.call.personId === world.danaId);
});

test('a burst of peer changes becomes one picture a second', async () => {
  const { harness, open } = await listening();
  const desk = await open('desk@acme.example');
  await desk.next();
  await desk.next();
  for (let change = 0; change < 20; change += 1) harness.events.publish({ kind: 'peers' });
  harness.clock.advance(1_000);
  harness.events.publish({ kind: 'call', record: world.record(54, harness.clock.wall(), {}) });
  assert.deepEqual([kindOf(await desk.next()), kindOf(await desk.next())], ['peers', 'call']);
});

test('whoever is disabled while listening is told and let go at the next beat', async () => {
  const { harness, open } = await listening();
  const desk = await open('desk@acme.example');
  await desk.next();
  await desk.next();
  const index = harness.access.list.findIndex((user) => user.name === 'desk@acme.example');
  const user = harness.access.list[index];
  assert.ok(user);
  harness.access.list[index] = { ...user, disabled: true };
  // Two beats: the first may still trust what was read less than 30 s ago.
  const kinds: string[] = [];
  for (let beat = 0; beat < 3; beat += 1) {
    harness.clock.advance(15_000);
    const kind = kindOf(await desk.next());
    kinds.push(kind);
    if (kind === 'signed-out') break;
  }
  assert.equal(kinds.at(-1), 'signed-out');
  assert.equal(await desk.next(), 'end');
});

test('twelve windows of one user get a stream each, the next is told why not', async () => {
  const { open } = await listening();
  const streams = [];
  for (let window = 0; window < 12; window += 1) streams.push(await open('desk@acme.example'));
  const refused = await open('desk@acme.example');
  assert.equal(refused.response.status, 429);
  assert.match(String(refused.response.headers.get('content-type')), /problem\+json/);
});

test('a user hears how colleagues are, not whether they may call, and nothing of other accounts', async () => {
  const { harness, open } = await listening();
  const dana = await open('dana@acme.example');
  assert.equal(kindOf(await dana.next()), 'hello');
  const presence = { label: 'busy', sentence: 'Teams shows: busy.', source: 'teams', stale: false } as const;
  const readiness = { verdict: 'ready', headline: 'Ready.' } as const;
  const bo = { kind: 'person', accountId: world.acmeId, personId: world.boId } as const;
  harness.events.publish({ kind: 'person', accountId: world.globexId, personId: world.gretaId, presence });
  harness.events.publish({ ...bo, readiness });
  harness.events.publish({ ...bo, readiness, presence });
  const event = await dana.next();
  assert.ok(event !== 'end' && event.kind === 'person');
  assert.equal(event.personId, world.boId);
  assert.deepEqual(event.presence, presence);
  assert.equal(event.readiness, undefined);
});
