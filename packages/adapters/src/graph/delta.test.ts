import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Shared } from '@tandem/engine/directory-sync/mirror-user.ts';
import { graphDirectorySource, groupChange, mirroredUserFields, userChange } from './delta.ts';
import { type FakeAnswer, FakeGraph, reference } from './testing/fake-graph.ts';

const userId = (n: number): string => `dadadada-0000-4000-8000-${String(n).padStart(12, '0')}`;
const groupId = '96096096-0000-4000-8000-000000000010';

let fake: FakeGraph;
before(async () => {
  fake = await FakeGraph.start();
});
after(() => fake.close());
beforeEach(() => {
  fake.seen.length = 0;
  fake.faults.length = 0;
});

/** Answers in the order of the requests; the last one stays. */
function answers(...list: readonly FakeAnswer[]): void {
  let at = 0;
  fake.answer = () => list[Math.min(at++, list.length - 1)] as FakeAnswer;
}
const link = (rest: string): string => `${fake.origin}/v1.0/users/delta?${rest}`;
const page = (users: readonly object[], rest: object): FakeAnswer => ({
  status: 200,
  body: { value: users, ...rest },
});
const next = (token: string) => ({ '@odata.nextLink': link(`$skiptoken=${token}`) });
const end = (token: string) => ({ '@odata.deltaLink': link(`$deltatoken=${token}`) });
const source = () => graphDirectorySource(fake.client(), () => 1_790_000_000_000);

describe('delta queries over Graph (microsoft-graph 4.3)', () => {
  test('pages to the end, empty ones too; fields by name; nothing that delta does not support', async () => {
    answers(
      page([{ id: userId(1).toUpperCase(), displayName: 'A' }], next('a')),
      page([], next('b')),
      page([{ id: userId(2) }], end('d')),
    );
    const run = await source().users(undefined);
    assert.ok(run.kind === 'complete');
    assert.deepEqual(
      run.changes.map((one) => one.objectId),
      [userId(1), userId(2)],
    );
    assert.match(run.link, /deltatoken=d$/);
    const [first, second] = fake.seen;
    const query = new URL(first?.url ?? '', fake.origin).searchParams;
    assert.equal(query.get('$select'), mirroredUserFields.join(','));
    assert.equal(query.get('$top'), null);
    assert.equal(first?.headers.prefer, undefined);
    assert.match(second?.url ?? '', /skiptoken=a$/);
    assert.deepEqual(fake.faults, []);
    const known = Object.keys(reference.components.schemas['microsoft.graph.user']?.properties ?? {});
    for (const field of mirroredUserFields) assert.ok(known.includes(field), field);
  });

  test('a delta link is followed as it is, and only changed properties are asked for, on every page', async () => {
    answers(page([], next('x')), page([], end('e')));
    await source().users({ link: link('$deltatoken=d') });
    assert.match(fake.seen[0]?.url ?? '', /\?\$deltatoken=d$/);
    assert.deepEqual(
      fake.seen.map(({ headers }) => headers.prefer),
      ['return=minimal', 'return=minimal'],
    );
  });

  test('groups by id, members with what they are and how they went', async () => {
    answers({
      status: 200,
      body: {
        value: [
          {
            id: groupId,
            displayName: 'Voice Users',
            groupTypes: ['DynamicMembership'],
            'members@delta': [
              { '@odata.type': '#microsoft.graph.user', id: userId(1) },
              { '@odata.type': '#microsoft.graph.group', id: 'AAAAAAAA-0000-4000-8000-000000000011' },
              { '@odata.type': '#microsoft.graph.device', id: 'd' },
              { id: userId(2), '@removed': { reason: 'deleted' } },
            ],
          },
          { id: 'bbbbbbbb-0000-4000-8000-000000000012', '@removed': { reason: 'changed' } },
        ],
        '@odata.deltaLink': `${fake.origin}/v1.0/groups/delta?$deltatoken=g`,
      },
    });
    const run = await source().groups([groupId, "o'brien"], undefined);
    assert.ok(run.kind === 'complete');
    assert.deepEqual(run.changes, [
      {
        id: groupId,
        name: 'Voice Users',
        kind: 'dynamic',
        members: [
          { id: userId(1), type: 'user', removed: false },
          { id: 'aaaaaaaa-0000-4000-8000-000000000011', type: 'group', removed: false },
          { id: 'd', type: 'other', removed: false },
          { id: userId(2), type: 'unsaid', removed: true },
        ],
      },
      { id: 'bbbbbbbb-0000-4000-8000-000000000012', gone: 'recycled' },
    ]);
    const filter = new URL(fake.seen[0]?.url ?? '', fake.origin).searchParams.get('$filter');
    assert.equal(filter, `id eq '${groupId}' or id eq 'o''brien'`);
  });

  const gone = (status: number): FakeAnswer => ({
    status,
    body: { error: { code: 'syncStateNotFound', message: 'expired' } },
  });
  for (const status of [410, 400])
    test(`F11: ${status} on a link means: from the beginning; on a first reading it is a refusal`, async () => {
      answers(gone(status));
      assert.equal((await source().users({ link: link('$deltatoken=old') })).kind, 'expired');
      assert.equal((await source().users(undefined)).kind, 'failed');
    });

  test('F11: a run that breaks off gives nothing, and goes on with the page that did not come', async () => {
    answers(
      page([{ id: userId(1) }], next('a')),
      { status: 403, body: { error: { code: 'Authorization_RequestDenied', message: 'no' } } },
      { status: 403, body: { error: { code: 'Authorization_RequestDenied', message: 'no' } } },
      page([{ id: userId(2) }], end('d')),
    );
    const one = source();
    const broken = await one.users(undefined);
    assert.ok(broken.kind === 'failed' && broken.resume);
    assert.equal(broken.state.connection.is, 'missing-scope');
    const run = await one.users({ resume: broken.resume });
    assert.ok(run.kind === 'complete');
    assert.deepEqual(
      run.changes.map((change) => change.objectId),
      [userId(1), userId(2)],
    );
    assert.match(fake.seen.at(-1)?.url ?? '', /skiptoken=a$/);
  });

  test('F08: a long Retry-After is told, not waited for', async () => {
    answers({
      status: 429,
      headers: { 'retry-after': '120' },
      body: { error: { code: 'TooManyRequests', message: '' } },
    });
    const run = await source().users(undefined);
    assert.ok(run.kind === 'failed');
    assert.equal(run.state.trouble?.is, 'throttled');
    assert.ok((run.notBeforeWallMs ?? 0) >= 1_790_000_000_000 + 120_000);
    assert.equal(fake.seen.length, 1);
  });

  test('F07: no answer is trouble since the first time, until there is one', async () => {
    let now = 1_790_000_000_000;
    answers({ status: 500, hangUp: true });
    const one = graphDirectorySource(fake.client(), () => now);
    const first = await one.users(undefined);
    now += 60_000;
    const second = await one.users(undefined);
    for (const run of [first, second])
      assert.deepEqual(run.kind === 'failed' && run.state.trouble, {
        is: 'unavailable',
        sinceWallMs: 1_790_000_000_000,
      });
  });

  test('T20: a link to another host is not followed, and our token goes nowhere', async () => {
    answers(page([], { '@odata.nextLink': 'https://graph.evil.example/v1.0/users/delta?$skiptoken=a' }));
    const run = await source().users(undefined);
    assert.equal(run.kind, 'failed');
    assert.equal(fake.seen.length, 1);
  });

  test('a page that leads to itself, and an answer without a list, end', async () => {
    answers(page([], next('a')), page([], next('a')));
    assert.equal((await source().users(undefined)).kind, 'failed');
    answers({ status: 200, body: { '@odata.deltaLink': link('x') } });
    assert.equal((await source().users(undefined)).kind, 'failed');
  });
});

describe('what an item says', () => {
  test('absent is not said, null is cleared, and nothing of the wrong shape breaks it', () => {
    const shared = new Shared();
    assert.deepEqual(userChange({ id: 'A', mail: null, accountEnabled: 'yes', proxyAddresses: 7 }, shared), {
      objectId: 'a',
      mail: null,
      enabled: null,
      proxyAddresses: [],
    });
    assert.deepEqual(userChange({ id: 'A', '@removed': { reason: 'deleted' } }, shared), {
      objectId: 'a',
      gone: 'purged',
    });
    assert.deepEqual(userChange({ id: 'A', '@removed': {} }, shared), { objectId: 'a', gone: 'recycled' });
    assert.deepEqual(groupChange({ id: 'G', 'members@delta': [null, 1, { noId: true }] }), {
      id: 'g',
      members: [],
    });
  });

  test('users with the same plans share one list, whatever the case of the ids', () => {
    const shared = new Shared();
    const plan = (id: string) => ({
      id: 'u',
      assignedPlans: [{ servicePlanId: id, capabilityStatus: 'Enabled' }],
    });
    const [a, b] = [userChange(plan('AA'), shared), userChange(plan('aa'), shared)];
    assert.ok(a.gone === undefined && b.gone === undefined);
    assert.equal(a.plans, b.plans);
  });
});
