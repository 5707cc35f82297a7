import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { QueueLive } from '@tandem/contract';
import { createHarness, type Visitor } from './testing/harness.ts';
import { acmeQueueId } from './testing/memory-queues.ts';
import * as world from './testing/sample-world.ts';

let harness: Awaited<ReturnType<typeof createHarness>>;
let admin: Visitor;
let dana: Visitor;
before(async () => {
  harness = await createHarness();
  admin = await harness.visitor('admin@acme.example');
  dana = await harness.visitor('dana@acme.example');
});
after(() => harness.server.close());

const ask = (
  who: Visitor,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
) => who.ask(`/api/v1/queues${path}`, { method, ...(body === undefined ? {} : { body }) });

test('an administrator makes a queue with defaults, changes it, gives it members and removes it', async () => {
  const made = await ask(admin, 'POST', '', { name: 'Support', extension: '1501' });
  assert.equal(made.status, 201, made.text);
  const { id, ...rest } = made.json() as Record<string, unknown>;
  assert.deepEqual(
    [rest.offerSeconds, rest.maxWaitSeconds, rest.maxWaiting, rest.strategy],
    [15, 900, 50, 'longest-idle'],
  );
  assert.equal((await ask(admin, 'POST', '', { name: 'Support' })).json().code, 'name-in-use');

  const members = [world.boId, world.danaId];
  const withMembers = await ask(admin, 'PUT', `/${id}/members`, { members });
  assert.deepEqual(
    (withMembers.json().members as { personId: string; loggedIn: boolean }[]).map(
      ({ personId, loggedIn }) => [personId, loggedIn],
    ),
    members.map((personId) => [personId, true]),
  );
  const changed = await ask(admin, 'PATCH', `/${id}`, {
    extension: null,
    overflow: { kind: 'forward', to: '1001' },
  });
  assert.equal(changed.json().extension, undefined);
  assert.deepEqual(changed.json().overflow, { kind: 'forward', to: '1001' });
  assert.equal(
    (await ask(admin, 'PATCH', `/${id}`, { version: 1, name: 'Help' })).json().code,
    'changed-meanwhile',
  );
  assert.equal((await ask(admin, 'DELETE', `/${id}`)).status, 204);
  assert.equal((await ask(admin, 'GET', `/${id}`)).status, 404);
});

test('a member logs in and out for herself, and sees it at once; a colleague she cannot', async () => {
  const path = `/${acmeQueueId}/members`;
  assert.equal((await ask(dana, 'PUT', `${path}/${world.danaId}/log-in`, { loggedIn: false })).status, 200);
  const live = (await ask(dana, 'GET', `/${acmeQueueId}/live`)).json() as QueueLive;
  assert.equal(live.members.find((one) => one.personId === world.danaId)?.state, 'logged-out');
  assert.equal((await ask(dana, 'PUT', `${path}/${world.boId}/log-in`, { loggedIn: false })).status, 404);
  assert.equal((await ask(admin, 'PUT', `${path}/${world.danaId}/log-in`, { loggedIn: true })).status, 200);
  assert.equal((await ask(admin, 'PUT', `${path}/${world.gretaId}/log-in`, { loggedIn: true })).status, 404);
});

test('a user sees the queues in which they are a member, and no others', async () => {
  assert.equal(((await ask(dana, 'GET', '')).json().items as unknown[]).length, 1);
  await ask(admin, 'PUT', `/${acmeQueueId}/members`, { members: [world.boId] });
  assert.deepEqual((await ask(dana, 'GET', '')).json().items, []);
  assert.equal((await ask(dana, 'GET', `/${acmeQueueId}`)).status, 404);
  await ask(admin, 'PUT', `/${acmeQueueId}/members`, { members: [world.danaId, world.boId] });
});

for (const [what, body, path] of [
  ['an extension of letters', { name: 'X', extension: 'abc' }, 'extension'],
  ['a member twice', { name: 'X', members: [world.danaId, world.danaId] }, 'members'],
  ['somebody of another customer', { name: 'X', members: [world.danaId, world.gretaId] }, 'members.1'],
  ['offers of two seconds', { name: 'X', offerSeconds: 2 }, 'offerSeconds'],
  [
    'an overflow to somewhere else',
    { name: 'X', overflow: { kind: 'forward', to: 'sip:x@y' } },
    'overflow.to',
  ],
  ['a setting that there is none', { name: 'X', music: 'loud' }, ''],
] as const)
  test(`a queue with ${what} is refused, and the place is named`, async () => {
    const answer = await ask(admin, 'POST', '', body);
    assert.equal(answer.status, 400, answer.text);
    const errors = answer.json().errors as { path: string }[];
    assert.ok(
      errors.some((error) => error.path.endsWith(path)),
      answer.text,
    );
  });
