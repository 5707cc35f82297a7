import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createHarness } from './testing/harness.ts';
import * as world from './testing/sample-world.ts';

type Row = Record<string, unknown>;
const itemsOf = (answer: { json(): Row }): Row[] => answer.json().items as Row[];

describe('people', () => {
  test('an admin searches by name, by part of a number and by extension, page by page', async () => {
    const harness = await createHarness();
    const admin = await harness.visitor('admin@acme.example');
    for (const search of ['dana', '555-0142', '1001']) {
      const found = itemsOf(await admin.ask(`/api/v1/people?search=${search}`));
      assert.deepEqual(
        found.map((person) => person.displayName),
        ['Dana Fields'],
        search,
      );
    }
    const names: unknown[] = [];
    let cursor: unknown;
    do {
      const answer = await admin.ask(`/api/v1/people?limit=3${cursor ? `&cursor=${cursor}` : ''}`);
      names.push(...itemsOf(answer).map((person) => person.displayName));
      assert.equal(answer.json().total, 8);
      cursor = answer.json().nextCursor;
    } while (cursor);
    assert.equal(new Set(names).size, 8);
  });

  test('people and calls are filtered by a tag; another account’s people with the same tag are not among them', async () => {
    const harness = await createHarness();
    const admin = await harness.visitor('admin@acme.example');
    const names = async (query: string) =>
      itemsOf(await admin.ask(`/api/v1/people?${query}`)).map((person) => person.displayName);
    const calls = async (query: string) =>
      itemsOf(await admin.ask(`/api/v1/calls?${query}`)).map(({ personId }) => personId);
    assert.deepEqual([await names('tag=Sales'), await calls('tag=Sales')], [[], []]);
    const put = await admin.ask(`/api/v1/people/${world.danaId}/tags`, {
      method: 'PUT',
      body: { tags: ['Sales'] },
    });
    assert.equal(put.status, 200);
    assert.deepEqual(await names('tag=Sales'), ['Dana Fields']);
    assert.deepEqual(await names('tag=Sales&search=bo'), []);
    const [all, hers] = [await calls('limit=100'), await calls('limit=100&tag=Sales')];
    assert.ok(hers.length > 0 && hers.length < all.length, `${hers.length} of ${all.length}`);
    assert.equal(hers.length, all.filter((personId) => personId === world.danaId).length);
    const live = await calls('state=live&tag=Sales');
    assert.ok(live.every((personId) => personId === world.danaId));
    const other = await harness.visitor('admin@globex.example');
    assert.deepEqual(itemsOf(await other.ask('/api/v1/people?tag=Sales')), []);
  });

  test('readiness names what is missing, whose turn it is, and calls Microsoft’s side unknown, not good (I10)', async () => {
    const harness = await createHarness();
    const desk = await harness.visitor('desk@acme.example');
    const chidi = world.people()[2]?.id;
    const blocked = (await desk.ask(`/api/v1/people/${chidi}/readiness`)).json();
    assert.equal(blocked.verdict, 'blocked');
    assert.deepEqual([blocked.headline, blocked.code], ['Turn on Teams calling.', 'PRV-303']);
    const checks = blocked.checks as Row[];
    const toggle = checks.find((check) => check.id === 'teams-toggle');
    assert.deepEqual([toggle?.status, toggle?.owner, toggle?.code], ['red', 'platform-admin', 'PRV-303']);
    assert.equal(checks.length, 13);
    assert.ok(checks.some((check) => check.id === 'microsoft-licence' && check.status === 'unknown'));
    const hana = (await desk.ask(`/api/v1/people/${world.people()[6]?.id}/readiness`)).json();
    assert.equal(hana.verdict, 'unverified');
    const dana = (await desk.ask(`/api/v1/people/${world.danaId}/readiness`)).json();
    assert.deepEqual([dana.verdict, dana.state, dana.code], ['ready', 'READY', undefined]);
    assert.equal(itemsOf(await desk.ask('/api/v1/people?readiness=blocked')).length, 4);
    const ready = itemsOf(await desk.ask('/api/v1/people?readiness=ready'));
    assert.deepEqual(
      ready.map((person) => person.displayName),
      ['Dana Fields'],
    );
  });

  test('presence says what is known and who says so; of whom nothing is known it is unknown and stale', async () => {
    const harness = await createHarness();
    const desk = await harness.visitor('desk@acme.example');
    const dana = (await desk.ask(`/api/v1/people/${world.danaId}/presence`)).json();
    assert.deepEqual([dana.label, dana.source, dana.personId], ['on_call', 'platform-call', world.danaId]);
    const chidi = (await desk.ask(`/api/v1/people/${world.people()[2]?.id}/presence`)).json();
    assert.deepEqual([chidi.label, chidi.source, chidi.stale], ['unknown', 'none', true]);
  });

  test('an admin changes a number; a taken one, a senseless one and an empty change are refused with words', async () => {
    const harness = await createHarness();
    const admin = await harness.visitor('admin@acme.example');
    const path = `/api/v1/people/${world.danaId}`;
    const change = (body: unknown) => admin.ask(path, { method: 'PATCH', body });
    assert.deepEqual((await change({ number: '+12025550160' })).json().numbers, ['+12025550160']);
    assert.equal((await change({ number: '+12025550143' })).json().code, 'number-taken');
    assert.equal(
      (await change({ number: '+12025550171' })).json().code,
      'number-taken',
      'of the other account',
    );
    for (const body of [
      { number: '2025550160' },
      {},
      { teamsToggle: 'yes' },
      { active: 'no' },
      { extension: '1' },
    ]) {
      const refusal = await change(body);
      assert.equal(refusal.status, 400);
      assert.ok((refusal.json().errors as unknown[]).length > 0);
    }
    assert.deepEqual((await change({ number: null })).json().numbers, []);
  });
});

describe('calls', () => {
  test('the desk finds a call by number, result, time and Call-ID', async () => {
    const harness = await createHarness();
    const desk = await harness.visitor('desk@acme.example');
    const at = new Date(harness.clock.wall() - 13 * 60_000).toISOString();
    const found = async (query: string) => itemsOf(await desk.ask(`/api/v1/calls?${query}`)).length;
    assert.equal(await found(''), 6);
    assert.equal(await found('number=+12025550144'), 1);
    assert.equal(await found('number=(202)+555-0144'), 1);
    assert.equal(await found('result=failed'), 1);
    assert.equal(await found(`from=${at}`), 1);
    assert.equal(await found('sipCallId=b-3@sbc1.customers.example.net'), 1);
    assert.equal(await found('direction=from-teams'), 2);
    assert.equal((await desk.ask('/api/v1/calls?result=lovely')).json().code, 'invalid-request');
    const live = itemsOf(await desk.ask('/api/v1/calls?state=live'));
    assert.deepEqual(
      live.map((call) => [call.state, call.phase, call.result]),
      [['live', 'talking', undefined]],
    );
  });

  test('a record says why in words; its ladder comes as data and, on request, as text', async () => {
    const harness = await createHarness();
    const desk = await harness.visitor('desk@acme.example');
    const id = world.finishedCalls(0)[0]?.callId;
    const call = (await desk.ask(`/api/v1/calls/${id}`)).json();
    assert.equal((call.why as string[]).length, 3);
    assert.equal((call.legs as Row[]).length, 2);
    const data = await desk.ask(`/api/v1/calls/${id}/ladder`);
    assert.equal((data.json().entries as Row[]).length, 15);
    const text = await desk.ask(`/api/v1/calls/${id}/ladder`, { headers: { accept: 'text/plain' } });
    assert.match(String(text.headers['content-type']), /^text\/plain/);
    assert.match(text.text, /\|-- INVITE sip:\+12025550142@12/);
    assert.match(text.text, /200 OK \(INVITE\)/);
  });
});

describe('phones', () => {
  const asked = async (name: string, query = ''): Promise<Row> => {
    const harness = await createHarness();
    return (await (await harness.visitor(name)).ask(`/api/v1/devices${query}`)).json();
  };
  const names = (page: Row): unknown[] => (page.items as Row[]).map(({ name }) => name);

  test('the service desk sees its phones and which of them is registered; Globex sees its own', async () => {
    const page = await asked('desk@acme.example');
    assert.deepEqual(names(page), ['dana-desk', 'lobby']);
    const [desk = {}, lobby = {}] = page.items as Row[];
    assert.equal((desk.registration as Row).transport, 'TLS');
    assert.deepEqual([lobby.registration, desk.sipUser], [undefined, undefined]);
    assert.deepEqual(names(await asked('admin@globex.example')), ['lobby']);
  });

  test('the operator pages through all of them', async () => {
    const first = await asked('operator', '?limit=2');
    assert.deepEqual([names(first), first.total], [['dana-desk', 'lobby'], 3]);
    const rest = await asked('operator', `?limit=2&cursor=${first.nextCursor}`);
    assert.deepEqual([names(rest), rest.nextCursor], [['lobby'], undefined]);
  });
});

describe('health', () => {
  test('peers are told in words with the age of OPTIONS both ways; a carrier of another account is not shown', async () => {
    const harness = await createHarness();
    const desk = await harness.visitor('desk@acme.example');
    const board = (await desk.ask('/api/v1/health/peers')).json();
    assert.equal(board.sentence, '2 of 3 hubs up, the carrier is up.');
    const third = (board.items as Row[])[2] as Row;
    assert.match(String(third.sentence), /does not answer \(no answer in 3 s\)/);
    assert.equal((third.theyAsk as Row).ageSeconds, 512);
    assert.equal((board.items as Row[]).length, 4);
    const hubs = (await desk.ask('/api/v1/health/peers?kind=hub')).json();
    assert.equal((hubs.items as Row[]).length, 3);
  });

  test('readyz has one line per dependency; metrics carry the names that dashboards know', async () => {
    const harness = await createHarness();
    const ready = await harness.ask('/readyz');
    assert.equal(ready.status, 200);
    assert.deepEqual(ready.text.trim().split('\n'), ['ok database: answers', 'ok media: answers']);
    const { text } = await harness.ask('/metrics');
    assert.match(text, /sbc_calls_active\{direction="to-teams",connector="Rehearsal carrier"\} 2/);
    assert.match(text, /sbc_peer_up\{peer="sip3.pstnhub.microsoft.com",kind="hub"\} 0/);
    assert.match(
      text,
      /sbc_peer_last_options_age_seconds\{peer="sip.pstnhub.microsoft.com",kind="hub",way="we-ask"\} 12/,
    );
  });

  test('while the database is away live calls and peers are served, the rest says so, and nobody is thrown out (I1)', async () => {
    const harness = await createHarness();
    const desk = await harness.visitor('desk@acme.example');
    harness.switches.databaseAway = true;
    harness.clock.advance(5 * 60_000);
    const live = harness.liveCalls[0]?.record.callId;
    const served = [
      '/api/v1/session',
      '/api/v1/calls?state=live',
      `/api/v1/calls/${live}`,
      `/api/v1/calls/${live}/ladder`,
      '/api/v1/health/peers',
      '/readyz',
      '/metrics',
      '/healthz',
    ];
    for (const path of served) assert.equal((await desk.ask(path)).status, 200, path);
    for (const path of [
      '/api/v1/people',
      '/api/v1/calls',
      '/api/v1/accounts',
      '/api/v1/numbers',
      '/api/v1/trunks',
    ]) {
      const refusal = await desk.ask(path);
      assert.equal(refusal.status, 503, path);
      assert.equal(refusal.json().code, 'database-unavailable');
    }
    assert.equal(harness.failures.length, 0, 'an absent database is not a fault of ours');
    harness.switches.databaseAway = false;
    assert.equal((await desk.ask('/api/v1/people')).status, 200);
  });
});

describe('hostile and odd requests', () => {
  test('a huge body, another media type, broken JSON, __proto__ and odd ids get a problem, never a crash', async () => {
    const harness = await createHarness();
    const admin = await harness.visitor('admin@acme.example');
    const path = `/api/v1/people/${world.danaId}`;
    const send = async (payload: string, type: string) =>
      harness.server.app.inject({
        method: 'PATCH',
        url: path,
        payload,
        headers: { cookie: admin.cookie, 'x-csrf-token': admin.csrfToken, 'content-type': type },
      });
    const codes = [
      [await send(`{"number":"${'9'.repeat(70_000)}"}`, 'application/json'), 'body-too-large'],
      [await send('a=b', 'application/x-www-form-urlencoded'), 'media-type-unsupported'],
      [await send('a', 'text/plain'), 'media-type-unsupported'],
      [await send('{', 'application/json'), 'invalid-request'],
      [
        await send('{"__proto__":{"role":"operator"},"teamsToggle":true}', 'application/json'),
        'invalid-request',
      ],
      [await send('null', 'application/json'), 'invalid-request'],
    ] as const;
    for (const [answer, code] of codes) assert.equal((answer.json() as Row).code, code);
    for (const odd of ['%00', '..%2f..', "'%20or%201=1", 'a'.repeat(200), '%ff']) {
      const answer = await admin.ask(`/api/v1/people/${odd}`);
      assert.ok([400, 404].includes(answer.status), `${odd} ${answer.status}`);
    }
    assert.equal(harness.failures.length, 0);
  });

  test('API answers are never cached, framed or sniffed', async () => {
    const harness = await createHarness();
    for (const path of ['/api/v1/session', '/api/v1/openapi.json', '/nothing']) {
      const { headers } = await harness.ask(path);
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/);
    }
  });

  test('until the portal is built its address says so, in words and escaped, and looks again by itself', async () => {
    const harness = await createHarness();
    for (const path of ['/', '/calls/123', '/people']) {
      const page = await harness.ask(path);
      assert.equal(page.status, 503);
      assert.match(page.text, /The portal is being built/);
      assert.match(page.text, /http-equiv="refresh"/);
      assert.match(page.text, /Installing &#60;parts&#62;/);
      const policy = String(page.headers['content-security-policy']);
      assert.match(policy, /script-src 'self';/);
      assert.doesNotMatch(policy, /unsafe/);
      assert.match(policy, /frame-ancestors 'self' https:\/\/teams\.microsoft\.com/);
    }
  });

  test('every problem code has a page under its type', async () => {
    const harness = await createHarness();
    assert.equal((await harness.ask('/problems/number-taken')).status, 200);
    assert.equal((await harness.ask('/problems/constructor')).status, 404);
  });
});
