import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context, Handlers } from '../handlers.ts';
import { Refusal } from '../refusal.ts';
import type { ApiServices } from '../services.ts';
import { provisioningHandlers } from './provisioning-handlers.ts';

/** A tenant in which this many people would leave by any change. */
function handlersWhere(state: { leave: number; changed: number }): Handlers {
  const board = {
    preview: () => ({
      people: 200,
      join: 0,
      leave: state.leave,
      policies: 0,
      graphRequests: state.leave,
      needsConfirmation: state.leave > 50,
      examples: [],
    }),
    read: () => ({ accountId: 'acme', settings: { leaverRule: 'announcement' } }),
    change: async () => {
      state.changed += 1;
      return { connectionId: 'c1' };
    },
  };
  const directory = {
    person: async (_scope: unknown, id: string) => ({
      accountId: id === 'gina' ? 'globex' : 'acme',
      active: id !== 'off',
    }),
    numbers: async () => ({
      items: [
        { number: '+493012340003', accountId: 'acme', device: { id: 'lobby' } },
        { number: '+493012340004', accountId: 'acme' },
        { number: '+493012340005', accountId: 'acme', queue: { id: 'support' } },
      ],
    }),
  };
  const queues = {
    get: async (_scope: unknown, id: string) =>
      id === 'support' ? { accountId: 'acme' } : id === 'theirs' ? { accountId: 'globex' } : undefined,
  };
  return provisioningHandlers({
    provisioning: board,
    directory,
    queues,
  } as unknown as ApiServices) as Handlers;
}

const asked = (body: object, preview?: string) =>
  ({
    input: { params: { id: 'c1' }, query: { preview }, body },
    principal: { name: 'alex', role: 'admin' },
    scope: { kind: 'platform' },
    caller: { address: '192.0.2.1' },
  }) as unknown as Context<'provisioning.change'> & Context<'provisioning.preview'>;

test('a setting that would take many people away needs the preview of exactly that', async () => {
  const state = { leave: 198, changed: 0 };
  const handlers = handlersWhere(state);
  const mixed = { mode: 'mixed' };
  const refused = await handlers['provisioning.change'](asked(mixed));
  assert.ok(refused instanceof Refusal);
  assert.match(JSON.stringify(refused.toProblem('r')), /preview-outdated.*198 people/);
  const shown = await handlers['provisioning.preview'](asked(mixed));
  const token = (shown as { preview: string }).preview;
  assert.ok((await handlers['provisioning.change'](asked({ mode: 'manual' }, token))) instanceof Refusal);
  state.leave = 199;
  assert.ok(
    (await handlers['provisioning.change'](asked(mixed, token))) instanceof Refusal,
    'one more by now',
  );
  state.leave = 198;
  assert.equal(state.changed, 0);
  assert.deepEqual(await handlers['provisioning.change'](asked(mixed, token)), { connectionId: 'c1' });
  state.leave = 3;
  await handlers['provisioning.change'](asked(mixed));
  assert.equal(state.changed, 2, 'few go without asking');
});

test('callers of leavers are sent to somebody of the same account only', async () => {
  const state = { leave: 0, changed: 0 };
  const handlers = handlersWhere(state);
  const send = (leaverForward: object) =>
    handlers['provisioning.change'](asked({ leaverRule: 'manager', leaverForward }));
  for (const nobody of [
    { kind: 'person', personId: 'gina' },
    { kind: 'person', personId: 'off' },
    { kind: 'number', number: '+493012340004' },
    { kind: 'number', number: '+493012349999' },
  ])
    assert.match(JSON.stringify(await send(nobody)), /nobody of this account/);
  for (const queueId of ['theirs', 'gone'])
    assert.match(JSON.stringify(await send({ kind: 'queue', queueId })), /no queue of this account/);
  assert.equal(state.changed, 0);
  await send({ kind: 'person', personId: 'dana' });
  await send({ kind: 'number', number: '+493012340003' });
  assert.equal(state.changed, 2);
});

test('the leaver rule `queue` takes a queue or the number of one, nothing else', async () => {
  const state = { leave: 0, changed: 0 };
  const handlers = handlersWhere(state);
  const send = (leaverForward: object) =>
    handlers['provisioning.change'](asked({ leaverRule: 'queue', leaverForward }));
  for (const other of [
    { kind: 'person', personId: 'dana' },
    { kind: 'number', number: '+493012340003' },
  ])
    assert.match(JSON.stringify(await send(other)), /wants a queue or the number of one/);
  assert.equal(state.changed, 0);
  await send({ kind: 'queue', queueId: 'support' });
  await send({ kind: 'number', number: '+493012340005' });
  assert.equal(state.changed, 2);
});
