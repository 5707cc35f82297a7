import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { presenceCauses, presenceSources } from '@tandem/contract';
import { presenceCauses as engineCauses, presenceSources as engineSources } from '@tandem/engine';
import { createHarness } from '../testing/harness.ts';
import * as world from '../testing/sample-world.ts';

let harness: Awaited<ReturnType<typeof createHarness>>;
before(async () => {
  harness = await createHarness();
});
after(() => harness.server.close());
const path = `/api/v1/people/${world.danaId}/presence`;

test('the contract and the engine have the same words', () => {
  assert.deepEqual([...presenceSources], [...engineSources]);
  assert.deepEqual([...presenceCauses], [...engineCauses]);
});

test('Dana sets herself away, reads why, and takes her journal along as CSV', async () => {
  const dana = await harness.visitor('dana@acme.example');
  const set = await dana.ask(`${path}/manual`, { method: 'PUT', body: { state: 'away', minutes: 5 } });
  assert.equal(set.status, 200, set.text);
  assert.equal(set.json().source, 'manual');
  assert.equal((await dana.ask(`${path}/manual`, { method: 'DELETE' })).status, 200);
  const journal = await dana.ask(`${path}/journal?limit=1`);
  const { items, nextCursor } = journal.json() as { items: { cause: string }[]; nextCursor?: string };
  assert.deepEqual([items[0]?.cause, typeof nextCursor], ['manual-released', 'string']);
  const csv = await dana.ask(`${path}/journal`, { headers: { accept: 'text/csv' } });
  assert.match(String(csv.headers['content-type']), /^text\/csv/);
  const [heading, ...rows] = csv.text.trim().split(/\r?\n/);
  assert.match(heading ?? '', /^at,from,to,source,cause,/);
  assert.equal(rows.length, 2);
});

test('what does not fit is refused with the place: two ends at once, a state that nobody sets, a weekday that is none', async () => {
  const dana = await harness.visitor('dana@acme.example');
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const wrong = [
    ['PUT', 'manual', { state: 'busy', until, minutes: 5 }],
    ['PUT', 'manual', { state: 'ringing' }],
    ['PATCH', 'exceptions', { quietHours: { spans: [{ days: [8], from: '22:00', to: '07:00' }] } }],
    ['PATCH', 'exceptions', { unavailable: { kind: 'refuse', sip: 404 } }],
    ['PATCH', 'exceptions', {}],
  ] as const;
  for (const [method, part, body] of wrong) {
    const answer = await dana.ask(`${path}/${part}`, { method, body });
    assert.equal(answer.status, 400, answer.text);
    assert.ok((answer.json().errors as unknown[]).length > 0);
  }
});

test('the database is away: what Dana shows is told from memory and says so, to those who may see her; what must be stored waits', async () => {
  const [dana, stranger] = await Promise.all([
    harness.visitor('dana@acme.example'),
    harness.visitor('greta@globex.example'),
  ]);
  harness.switches.databaseAway = true;
  try {
    const read = await dana.ask(`${path}/vector`);
    assert.equal(read.status, 200, read.text);
    assert.equal(read.json().remembered, true);
    assert.equal((await stranger.ask(`${path}/vector`)).status, 404);
    const unknown = '/api/v1/people/00000000-0000-7000-8000-0000000000ff/presence/vector';
    assert.equal((await dana.ask(unknown)).status, 404);
    assert.equal((await dana.ask(`${path}/journal`)).status, 503);
  } finally {
    harness.switches.databaseAway = false;
  }
  assert.equal((await dana.ask(`${path}/vector`)).json().remembered, undefined);
});

test('the desk fixes and reads, and sets nothing', async () => {
  const desk = await harness.visitor('desk@acme.example');
  assert.equal((await desk.ask(`${path}/fix`, { method: 'POST' })).status, 200);
  assert.equal((await desk.ask(`${path}/vector`)).status, 200);
  assert.equal((await desk.ask(`${path}/manual`, { method: 'PUT', body: { state: 'busy' } })).status, 403);
});
