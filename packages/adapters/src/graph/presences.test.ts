import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isoDuration, tenantPresence } from './presences.ts';
import { type FakeAnswer, FakeGraph } from './testing/fake-graph.ts';

const dana = 'dadadada-0000-4000-8000-000000000142';
const app = 'a1a1a1a1-0000-4000-8000-00000000a001';
const set = {
  kind: 'setPresence',
  sequence: 1,
  availability: 'Busy',
  activity: 'InACall',
  expirationDuration: 'PT5M',
} as const;
const clear = { kind: 'clearPresence', sequence: 2 } as const;
const busy = { sequence: 3, availability: 'Busy', activity: 'Busy' } as const;
const prefer = { kind: 'setPreferred', ...busy, forMs: 8 * 3_600_000, unlessChosen: false } as const;
const unprefer = { kind: 'clearPreferred', ...busy } as const;

let fake: FakeGraph;
before(async () => {
  fake = await FakeGraph.start();
});
after(() => fake.close());

const refusal = (status: number, headers: Record<string, string> = {}): FakeAnswer => ({
  status,
  headers,
  body: { error: { code: 'x', message: 'y' } },
});

const reads: readonly (readonly [string, FakeAnswer, string, number?])[] = [
  ['429 with Retry-After', refusal(429, { 'retry-after': '12' }), 'throttled', 12_000],
  ['429 without', refusal(429), 'throttled'],
  ['503 with Retry-After', refusal(503, { 'retry-after': '7' }), 'throttled', 7000],
  ['500', refusal(500), 'failed'],
  ['a cut connection', { status: 0, hangUp: true }, 'failed'],
  ['a list that is none', { status: 200, body: {} }, 'failed'],
  ['401 with every token', refusal(401), 'refused'],
  ['403 with every token', refusal(403), 'refused'],
];
for (const [what, answer, is, retryAfterMs] of reads)
  test(`a read of presence meets ${what}: an outcome, not an exception`, async () => {
    fake.answer = () => answer;
    const outcome = await tenantPresence(fake.client(), app).read([dana]);
    assert.equal(outcome.is, is);
    if (outcome.is === 'throttled') assert.equal(outcome.retryAfterMs, retryAfterMs);
  });

test('the token is refused once: a fresh one is asked for, and the read goes well', async () => {
  let asked = 0;
  fake.answer = () => (asked++ === 0 ? refusal(401) : { status: 200, body: { value: [] } });
  const fresh: boolean[] = [];
  const tokens = {
    token: (_tenant: string, options?: { readonly refresh?: boolean }) => {
      fresh.push(options?.refresh === true);
      return Promise.resolve('opaque');
    },
  };
  assert.equal((await tenantPresence(fake.client({ tokens }), app).read([dana])).is, 'read');
  assert.deepEqual(fresh, [false, true]);
});

const writes: readonly (readonly [string, FakeAnswer, string])[] = [
  ['200', { status: 200 }, 'done'],
  ['404', refusal(404), 'notFound'],
  ['400', refusal(400), 'refused'],
  ['403', refusal(403), 'refused'],
  ['429', refusal(429, { 'retry-after': '5' }), 'later'],
  ['503', refusal(503), 'later'],
  ['a cut connection', { status: 0, hangUp: true }, 'later'],
];
for (const [what, answer, is] of writes)
  test(`a write of presence meets ${what}: ${is}`, async () => {
    fake.answer = () => answer;
    for (const write of [set, clear, prefer, unprefer])
      assert.equal((await tenantPresence(fake.client(), app).write(dana, write)).is, is);
  });

for (const [ms, text] of [
  [8 * 3_600_000, 'PT8H'],
  [3_600_000 - 29_600, 'PT59M31S'],
  [1, 'PT1S'],
  [90_061_000, 'PT25H1M1S'],
] as const)
  test(`${ms} ms travel as ${text}`, () => assert.equal(isoDuration(ms), text));
