import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { asAccountId, asConnectionId } from '@tandem/domain';
import { newConnectionLife, type StoredConnection } from '@tandem/engine';
import { createHarness, type Visitor } from './testing/harness.ts';
import * as world from './testing/sample-world.ts';
import { toConnection } from './views/connection-view.ts';

let harness: Awaited<ReturnType<typeof createHarness>>;
let admin: Visitor;
let globexAdmin: Visitor;
let operator: Visitor;
let desk: Visitor;
before(async () => {
  harness = await createHarness();
  admin = await harness.visitor('admin@acme.example');
  globexAdmin = await harness.visitor('admin@globex.example');
  operator = await harness.visitor('operator');
  desk = await harness.visitor('desk@acme.example');
});
after(() => harness.server.close());

const returnTo = 'http://localhost/connect/callback';
const begin = async (who: Visitor, account: string): Promise<string> => {
  const answer = await who.ask('/api/v1/connections/sign-in', {
    method: 'POST',
    body: { account, returnTo },
  });
  assert.equal(answer.status, 200, answer.text);
  return new URL(String(answer.json().url)).searchParams.get('state') ?? '';
};
const complete = (who: Visitor, body: object) =>
  who.ask('/api/v1/connections/complete', { method: 'POST', body });

describe('the way through Microsoft, by the API', () => {
  test('sign-in, then approval: the connection is there, with its state in words', async () => {
    const state = await begin(admin, world.acmeId);
    const first = await complete(admin, { state, code: 'a-code', session_state: 'ignored' });
    assert.equal(first.status, 200, first.text);
    assert.equal(first.json().step, 'consent');
    const { id } = first.json().connection as { id: string };
    const consent = await admin.ask(`/api/v1/connections/${id}/consent`, {
      method: 'POST',
      body: { returnTo },
    });
    const second = await complete(admin, {
      state: new URL(String(consent.json().url)).searchParams.get('state'),
      admin_consent: 'True',
      tenant: '1217ec40-0000-4000-8000-000000000003',
    });
    assert.equal(second.json().step, 'done', second.text);
    const shown = second.json().connection as { state: string; sentence: string; works: boolean };
    assert.deepEqual([shown.state, shown.works], ['connected', true]);
    assert.match(shown.sentence, /^Connected with Initech/);
  });

  test('T19: a state of another session, of another account or of nobody opens nothing', async () => {
    const state = await begin(admin, world.acmeId);
    assert.equal((await complete(globexAdmin, { state, code: 'x' })).status, 409);
    const again = await begin(admin, world.acmeId);
    const other = await harness.visitor('admin@acme.example');
    const refused = await complete(other, { state: again, code: 'x' });
    assert.deepEqual([refused.status, refused.json().code], [403, 'other-session']);
    assert.equal((await complete(admin, { state: 'made-up', code: 'x' })).json().code, 'sign-in-over');
  });

  test('the return is a write like any other: without the session it is refused, and so is a foreign page', async () => {
    const state = await begin(admin, world.acmeId);
    const stranger = await harness.ask('/api/v1/connections/complete', { method: 'POST', body: { state } });
    assert.equal(stranger.status, 401);
    const forged = await admin.ask('/api/v1/connections/complete', {
      method: 'POST',
      body: { state, code: 'x' },
      headers: { 'x-csrf-token': 'wrong' },
    });
    assert.equal(forged.json().code, 'csrf-token-missing');
    const foreign = await admin.ask('/api/v1/connections/complete', {
      method: 'POST',
      body: { state, code: 'x' },
      headers: { origin: 'https://evil.example' },
    });
    assert.equal(foreign.json().code, 'csrf-token-missing');
  });

  test('the service desk looks again, and cannot connect, change or end', async () => {
    const path = '/api/v1/connections/connection-acme';
    assert.equal((await desk.ask(`${path}/recheck`, { method: 'POST' })).status, 200);
    assert.equal((await desk.ask(`${path}/stops`)).status, 200);
    for (const [method, part, body] of [
      ['POST', '/consent', { returnTo }],
      ['PUT', '/features', { features: [] }],
      ['POST', '/disconnect', { preview: 'x' }],
    ] as const)
      assert.equal((await desk.ask(`${path}${part}`, { method, body })).status, 403, part);
  });

  test('what ends is what was previewed', async () => {
    const path = '/api/v1/connections/connection-globex';
    const wrong = await globexAdmin.ask(`${path}/disconnect`, { method: 'POST', body: { preview: 'old' } });
    assert.equal(wrong.json().code, 'preview-outdated');
    const { preview } = (await globexAdmin.ask(`${path}/stops`)).json();
    const ended = await globexAdmin.ask(`${path}/disconnect`, { method: 'POST', body: { preview } });
    assert.equal(ended.json().state, 'disconnected', ended.text);
  });

  test('the way of the approval link is open, and opens nothing without the link', async () => {
    const answer = await harness.ask('/api/v1/connections/approve', {
      method: 'POST',
      body: { link: 'guessed' },
    });
    assert.deepEqual([answer.status, answer.json().code], [409, 'sign-in-over']);
  });
});

describe('a new customer (C21)', () => {
  const body = {
    name: 'Initech',
    mailDomains: ['Initech.example'],
    country: 'US',
    timeZone: 'America/Chicago',
  };
  test('the operator creates it once, enabled for Teams; nobody else may', async () => {
    assert.equal((await admin.ask('/api/v1/accounts', { method: 'POST', body })).status, 403);
    const made = await operator.ask('/api/v1/accounts', { method: 'POST', body });
    assert.equal(made.status, 201, made.text);
    assert.deepEqual(made.json().teams, { enabled: true });
    assert.deepEqual(made.json().mailDomains, ['initech.example']);
    assert.equal(
      (await operator.ask('/api/v1/accounts', { method: 'POST', body })).json().code,
      'name-taken',
    );
  });
  for (const [what, change] of [
    ['a zone that does not exist', { timeZone: 'Mars/Olympus' }],
    ['a country that is no code', { country: 'usa' }],
    ['a domain that is none', { mailDomains: ['not a domain'] }],
    ['a tenant smuggled in', { entraTenantId: '1217ec40-0000-4000-8000-000000000003' }],
  ] as const) {
    test(`${what} is refused with its place`, async () => {
      const answer = await operator.ask('/api/v1/accounts', {
        method: 'POST',
        body: { ...body, name: 'Another', ...change },
      });
      assert.equal(answer.status, 400, answer.text);
      assert.ok((answer.json().errors as unknown[]).length > 0);
    });
  }
  test('the service ends with a day', async () => {
    const path = `/api/v1/accounts/${world.globexId}`;
    const ended = await operator.ask(path, {
      method: 'PATCH',
      body: { teams: { enabled: false, endsAt: '2030-01-31T00:00:00Z' } },
    });
    assert.deepEqual(ended.json().teams, { enabled: false, endsAt: '2030-01-31T00:00:00.000Z' });
    const again = await operator.ask(path, { method: 'PATCH', body: { teams: { enabled: true } } });
    assert.deepEqual(again.json().teams, { enabled: true });
  });
});

describe('how a connection is shown', () => {
  const now = Date.parse('2026-03-01T00:00:00Z');
  const sample = (change: Partial<StoredConnection>): StoredConnection => ({
    id: asConnectionId('c'),
    accountId: asAccountId('a'),
    entraTenantId: '1217ec40-0000-4000-8000-000000000003',
    tenantName: 'Initech',
    domains: [],
    kind: 'own-app',
    clientId: 'c11e0000-0000-4000-8000-000000000001',
    features: ['provisioning'],
    roles: [],
    roleUses: {},
    life: newConnectionLife(now),
    createdWallMs: now,
    version: 1,
    ...change,
  });
  const states: readonly (readonly [string, Partial<StoredConnection>, string, RegExp, string])[] = [
    ['never proved', {}, 'not-connected', /^Not connected/, 'account-admin'],
    [
      'a secret that ended: PRV-003 with its date',
      {
        life: { state: 'EXPIRED', sinceWallMs: now, reason: 'credential-expired' },
        credential: { kind: 'secret', endsWallMs: Date.parse('2026-02-27T00:00:00Z') },
      },
      'expired',
      /secret expired on 2026-02-27/,
      'account-admin',
    ],
    [
      'a permission that was taken back: PRV-002 with its name',
      {
        life: {
          state: 'INTERRUPTED',
          sinceWallMs: now,
          reason: 'permission-missing',
          missing: ['Domain.Read.All'],
        },
      },
      'interrupted',
      /Permission Domain\.Read\.All is missing/,
      'entra-admin',
    ],
    [
      "the platform's certificate is refused: the operator's turn, not the customer's",
      {
        kind: 'platform-app',
        life: { state: 'INTERRUPTED', sinceWallMs: now, reason: 'credential-refused' },
      },
      'interrupted',
      /refuses/,
      'operator',
    ],
    [
      'it ends soon',
      {
        life: { state: 'EXPIRING', sinceWallMs: now },
        credential: { kind: 'certificate', endsWallMs: now + 7 * 86_400_000 },
      },
      'expiring',
      /ends on 2026-03-08, in 7 days/,
      'account-admin',
    ],
    [
      'ended',
      { life: { state: 'DISCONNECTED', sinceWallMs: now } },
      'disconnected',
      /^Disconnected/,
      'nobody',
    ],
  ];
  for (const [title, change, state, sentence, turn] of states) {
    test(title, () => {
      const stored = sample(change);
      const shown = toConnection(stored, [stored], now);
      assert.equal(shown.state, state);
      assert.match(shown.sentence, sentence);
      assert.equal(shown.turn, turn);
    });
  }
  test('N04: another account on the same tenant is shown, its name is not', () => {
    const mine = sample({});
    const other = sample({ id: asConnectionId('d'), accountId: asAccountId('b') });
    assert.equal(toConnection(mine, [mine, other], now).sharedTenant, true);
    assert.equal(toConnection(mine, [mine], now).sharedTenant, false);
  });
});
