import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiToken } from '../postgres/token-store.ts';
import { generateToken } from '../security/token.ts';
import { createHarness } from './testing/harness.ts';
import { memoryUser } from './testing/memory-access.ts';
import { samplePassword } from './testing/memory-services.ts';
import * as world from './testing/sample-world.ts';

const minute = 60_000;
const flush = () => new Promise<void>((resolve) => setImmediate(resolve));

async function refusedSignIn(
  harness: Awaited<ReturnType<typeof createHarness>>,
  name: string,
  password: string,
) {
  const startedAt = harness.clock.now();
  let answered = false;
  const answer = harness.ask('/api/v1/session', { method: 'POST', body: { name, password } }).finally(() => {
    answered = true;
  });
  for (let turn = 0; turn < 2_000 && !answered; turn += 1) {
    await flush();
    if (turn > 20 && !answered) harness.clock.advance(10);
  }
  return { answer: await answer, tookMs: harness.clock.now() - startedAt };
}

test('an unknown name, a wrong password and a disabled user get the same answer after the same time (T02)', async () => {
  const harness = await createHarness();
  const cases = [
    ['nobody@acme.example', samplePassword],
    ['admin@acme.example', 'wrong'],
    ['left@acme.example', samplePassword],
  ] as const;
  const seen: string[] = [];
  for (const [name, password] of cases) {
    const { answer, tookMs } = await refusedSignIn(harness, name, password);
    const { requestId, ...rest } = answer.json();
    assert.equal(typeof requestId, 'string');
    seen.push(JSON.stringify([answer.status, rest]));
    assert.equal(tookMs, 1_000);
  }
  assert.equal(new Set(seen).size, 1);
  assert.match(seen[0] ?? '', /sign-in-refused/);
});

test('a guesser is held back after five tries, also with the right password, and let in again later', async () => {
  const harness = await createHarness();
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const { answer } = await refusedSignIn(harness, 'admin@acme.example', `guess ${attempt}`);
    assert.equal(answer.status, 401);
  }
  const held = await harness.ask('/api/v1/session', {
    method: 'POST',
    body: { name: 'Admin@acme.example', password: samplePassword },
  });
  assert.equal(held.status, 429);
  assert.equal(held.json().code, 'sign-in-throttled');
  assert.ok(Number(held.headers['retry-after']) >= 1);
  harness.clock.advance(16 * minute);
  await harness.visitor('admin@acme.example');
  const metrics = await harness.ask('/metrics');
  assert.match(metrics.text, /auth_failures_total\{reason="refused"\} 5/);
  assert.match(metrics.text, /auth_failures_total\{reason="throttled"\} 1/);
});

test('the session cookie cannot be read by scripts or sent from other sites; behind https it is __Host- and Secure', async () => {
  const plain = await createHarness();
  const body = { name: 'operator', password: samplePassword };
  const overHttp = await plain.ask('/api/v1/session', { method: 'POST', body });
  assert.match(
    String(overHttp.headers['set-cookie']),
    /^tandem-\d+=tds_[\w-]+; Path=\/; HttpOnly; SameSite=Lax$/,
  );
  const behindProxy = await createHarness('https://tandem.example');
  const overHttps = await behindProxy.ask('/api/v1/session', { method: 'POST', body });
  const cookie = String(overHttps.headers['set-cookie']);
  assert.match(cookie, /^__Host-tandem=/);
  assert.match(cookie, /HttpOnly; Secure; SameSite=Lax/);
  assert.doesNotMatch(cookie, /Domain=/);
});

test('a write by cookie without the CSRF token, with a wrong one or from another site is refused', async () => {
  const harness = await createHarness();
  const admin = await harness.visitor('admin@acme.example');
  const path = `/api/v1/people/${world.danaId}`;
  const change = { method: 'PATCH', body: { teamsToggle: false } } as const;
  const refusals = [
    await harness.ask(path, { ...change, headers: { cookie: admin.cookie } }),
    await admin.ask(path, { ...change, headers: { 'x-csrf-token': 'x'.repeat(43) } }),
    await admin.ask(path, { ...change, headers: { origin: 'https://evil.example' } }),
  ];
  for (const refusal of refusals) assert.equal(refusal.json().code, 'csrf-token-missing');
  const fine = await admin.ask(path, change);
  assert.equal(fine.json().teamsToggle, false);
});

test('signing in from another site is refused before anything is looked at', async () => {
  const harness = await createHarness();
  const answer = await harness.ask('/api/v1/session', {
    method: 'POST',
    body: { name: 'operator', password: samplePassword },
    headers: { origin: 'https://evil.example' },
  });
  assert.equal(answer.status, 403);
});

test('a session ends 30 minutes after its last use and 12 hours after its start', async () => {
  const harness = await createHarness();
  const idle = await harness.visitor('desk@acme.example');
  harness.clock.advance(29 * minute);
  assert.equal((await idle.ask('/api/v1/session')).status, 200);
  harness.clock.advance(29 * minute);
  assert.equal((await idle.ask('/api/v1/session')).status, 200);
  harness.clock.advance(31 * minute);
  assert.equal((await idle.ask('/api/v1/session')).status, 401);

  const busy = await harness.visitor('desk@acme.example');
  for (let spent = 0; spent < 11 * 60 + 50; spent += 10) {
    harness.clock.advance(10 * minute);
    assert.equal((await busy.ask('/api/v1/session')).status, 200);
  }
  harness.clock.advance(10 * minute);
  assert.equal((await busy.ask('/api/v1/session')).status, 401);
});

test('who is disabled or loses the role is out within a minute, without signing out', async () => {
  const harness = await createHarness();
  const admin = await harness.visitor('admin@acme.example');
  const index = harness.access.list.findIndex((user) => user.name === 'admin@acme.example');
  const user = harness.access.list[index];
  assert.ok(user);
  harness.access.list[index] = { ...user, role: 'desk' };
  harness.clock.advance(minute);
  const path = `/api/v1/people/${world.danaId}`;
  assert.equal((await admin.ask(path, { method: 'PATCH', body: { teamsToggle: true } })).status, 403);
  harness.access.list[index] = { ...user, disabled: true };
  harness.clock.advance(minute);
  assert.equal((await admin.ask('/api/v1/session')).status, 401);
});

test('signing out ends the session at once and clears the cookie', async () => {
  const harness = await createHarness();
  const desk = await harness.visitor('desk@acme.example');
  const out = await desk.ask('/api/v1/session', { method: 'DELETE' });
  assert.equal(out.status, 204);
  assert.match(String(out.headers['set-cookie']), /Expires=Thu, 01 Jan 1970/);
  assert.equal((await desk.ask('/api/v1/session')).status, 401);
});

test('an API token works as bearer, needs no CSRF token, ends at its date and is nothing when it is not ours', async () => {
  const harness = await createHarness();
  const token = generateToken('api');
  const stored: ApiToken = {
    id: 't1',
    prefix: token.prefix,
    name: 'script',
    role: 'admin',
    accountId: world.acmeId,
    scopes: [],
    createdAt: harness.clock.wall(),
    expiresAt: harness.clock.wall() + 60 * minute,
  };
  harness.access.apiTokens.set(token.text, stored);
  const headers = { authorization: `Bearer ${token.text}` };
  const me = await harness.ask('/api/v1/session', { headers });
  assert.equal(me.json().role, 'admin');
  assert.equal(me.json().csrfToken, undefined);
  const path = `/api/v1/people/${world.danaId}`;
  assert.equal(
    (await harness.ask(path, { method: 'PATCH', body: { teamsToggle: true }, headers })).status,
    200,
  );
  assert.equal((await harness.ask(`/api/v1/people/${world.gretaId}`, { headers })).status, 404);
  harness.clock.advance(61 * minute);
  assert.equal((await harness.ask('/api/v1/session', { headers })).status, 401);
  const foreign = { authorization: 'Bearer abc' };
  assert.equal((await harness.ask('/api/v1/session', { headers: foreign })).status, 401);
});

test('who signs in is told role, account, zone and permissions; a user without a person sees nothing', async () => {
  const harness = await createHarness();
  const admin = await harness.visitor('admin@acme.example');
  const me = (await admin.ask('/api/v1/session')).json();
  assert.equal(me.accountName, 'Acme');
  assert.equal(me.timeZone, 'America/New_York');
  assert.ok((me.permissions as string[]).includes('people:write'));
  harness.access.list.push(memoryUser('stray', 'user', samplePassword, { account: world.acmeId }));
  const nobody = await harness.visitor('stray');
  assert.equal((await nobody.ask('/api/v1/session')).status, 200);
  assert.equal((await nobody.ask('/api/v1/calls')).status, 403);
});
