import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { PolicyOffice } from './policies.ts';
import { type FakeAnswer, FakeGraph, type SeenRequest } from './testing/fake-graph.ts';

const personAt = (index: number): string => `dadadada-0000-4000-8000-${String(index).padStart(12, '0')}`;
const wants = (index: number, name: string | null = 'VRP-Acme') => ({
  objectId: personAt(index),
  writes: [{ field: 'voiceRouting' as const, name }],
});

let fake: FakeGraph;
before(async () => {
  fake = await FakeGraph.start();
});
after(() => fake.close());
beforeEach(() => {
  fake.seen.length = 0;
  fake.faults.length = 0;
});

interface Wish {
  readonly userId: string;
}
/** A tenant that knows VRP-Acme; `refuses` says whose assignment it does not take. */
function tenant(refuses: (userId: string) => boolean): { readonly assigned: Set<string> } {
  const assigned = new Set<string>();
  const take = (body: unknown): FakeAnswer => {
    const { value } = body as { readonly value: readonly Wish[] };
    assert.ok(value.length <= 20, `${value.length} in one call`);
    if (value.some(({ userId }) => refuses(userId)))
      return { status: 400, body: { error: { code: 'BadRequest', message: 'no', innerError: {} } } };
    for (const { userId } of value) assigned.add(userId);
    return { status: 204, headers: { 'request-id': 'r-1' } };
  };
  fake.answer = ({ url, body }: SeenRequest) => {
    if (url.includes('getPolicyId'))
      return url.includes('VRP-Acme')
        ? { status: 200, body: { value: [{ id: 'p', name: 'VRP-Acme', policyId: 'VnMA' }] } }
        : { status: 404, body: { error: { code: 'NotFound', message: 'no', innerError: {} } } };
    if (!url.endsWith('/$batch')) return take(body);
    const { requests } = body as { readonly requests: readonly { id: string; body: unknown }[] };
    const responses = requests.map(({ id, body: inner }) => ({ id, headers: {}, ...take(inner) }));
    return { status: 200, body: { responses } };
  };
  return { assigned };
}

test('45 people are three calls in one request, and the name is looked up once', async () => {
  const { assigned } = tenant(() => false);
  const office = new PolicyOffice(fake.client(), () => 5_000);
  const outcomes = await office.assign(Array.from({ length: 45 }, (_, index) => wants(index)));
  assert.ok(outcomes.every(({ kind }) => kind === 'policies'));
  assert.equal(assigned.size, 45);
  assert.deepEqual([fake.seen.length, fake.faults], [2, []]);
  const [alone] = await office.assign([wants(50)]);
  assert.equal(fake.seen.length, 3, 'the id is known');
  // N21: the step names the request.
  const clientRequestId = fake.seen[2]?.headers['client-request-id'];
  assert.deepEqual(alone?.request, { requestId: 'r-1', clientRequestId });
  assert.ok(outcomes.every(({ request }) => request?.clientRequestId !== undefined));
  assert.deepEqual(fake.faults, []);
});

test('one of twenty is refused: the call is asked in halves, nineteen get theirs and one is told why', async () => {
  const { assigned } = tenant((userId) => userId === personAt(7));
  const outcomes = await new PolicyOffice(fake.client(), () => 5_000).assign(
    Array.from({ length: 20 }, (_, index) => wants(index)),
  );
  assert.equal(assigned.size, 19);
  const refused = outcomes.flatMap((outcome, index) =>
    outcome.kind === 'refused' ? [[index, outcome.code]] : [],
  );
  assert.deepEqual(refused, [[7, 'PRV-502']]);
});

test('a tenant that takes the kind by PowerShell only is found out after three, not asked for every one of two hundred', async () => {
  tenant(() => true);
  const office = new PolicyOffice(fake.client(), () => 5_000);
  const outcomes = await office.assign(Array.from({ length: 200 }, (_, index) => wants(index)));
  for (const outcome of outcomes) {
    assert.ok(outcome.kind === 'refused' && outcome.code === 'PRV-502');
    assert.match(outcome.reason, /PowerShell/);
  }
  const asked = fake.seen.length;
  assert.ok(asked < 15, `${asked} requests`);
  await office.assign([wants(300)]);
  assert.equal(fake.seen.length, asked, 'nor for the next one within the hour');
});

test('a name that the tenant does not have is said, and asked again after a minute', async () => {
  tenant(() => false);
  let now = 5_000;
  const office = new PolicyOffice(fake.client(), () => now);
  assert.equal(
    await office.missing([{ field: 'voiceRouting', name: 'VRP-Nope' }]),
    'voice routing policy VRP-Nope',
  );
  const [outcome] = await office.assign([wants(1, 'VRP-Nope')]);
  assert.ok(outcome?.kind === 'refused' && /no voice routing policy VRP-Nope/.test(outcome.reason));
  assert.equal(fake.seen.length, 1);
  now += 61_000;
  await office.missing([{ field: 'voiceRouting', name: 'VRP-Nope' }]);
  assert.equal(fake.seen.length, 2);
});
