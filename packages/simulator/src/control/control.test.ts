import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sbcRequest, TestSbc } from '../testing/test-sbc.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';

describe('the control API', () => {
  let twin: Twin;
  let close: () => Promise<void>;
  before(async () => {
    ({ twin, close } = await startTestTwin(23_000, { controlToken: 'secret' }));
  });
  after(() => close());

  const ask = async (method: string, path: string, body?: unknown, token = 'secret') => {
    const answer = await fetch(`${twin.ready.control}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return {
      status: answer.status,
      type: answer.headers.get('content-type'),
      body: (await answer.json()) as never,
    };
  };
  const view = <T>(answer: { body: never }): T => answer.body as T;

  it('a script reads what there is from /openapi.json, without a token', async () => {
    const answer = await ask('GET', '/openapi.json', undefined, 'wrong');
    const { paths } = view<{ paths: Record<string, unknown> }>(answer);
    assert.equal(answer.status, 200);
    for (const path of [
      '/users/{upn}',
      '/clients/{upn}',
      '/carrier',
      '/faults',
      '/clock',
      '/audit',
      '/health',
      '/calls',
    ])
      assert.ok(paths[path], path);
  });

  it('a script without the token is refused, one with a typo is told what is wrong', async () => {
    assert.equal((await ask('GET', '/health', undefined, 'wrong')).status, 401);
    const typo = await ask('PATCH', '/clients/dana@acme.example', { answer: { kind: 'ring' } });
    assert.deepEqual([typo.status, typo.type], [422, 'application/problem+json; charset=utf-8']);
    assert.equal(view<{ code: string }>(typo).code, 'invalid');
    assert.equal((await ask('GET', '/clients/nobody@acme.example')).status, 404);
    assert.equal((await ask('POST', '/clients/dana@acme.example/hold', {})).status, 409);
  });

  it('a script gives a user another number; a number that is taken is refused', async () => {
    const taken = await ask('PATCH', '/users/alex@acme.example', { number: '+12025550142' });
    assert.equal(taken.status, 409);
    const free = await ask('PATCH', '/users/alex@acme.example', {
      number: '+12025550141',
      licences: ['teams'],
    });
    assert.equal(view<{ number: string }>(free).number, '+12025550141');
  });

  it('a script signs a client in and changes how calls are taken', async () => {
    await ask('POST', '/clients/nico@acme.example/sign-in', { client: 'desktop' });
    const changed = await ask('PATCH', '/clients/nico@acme.example', {
      answers: { kind: 'decline', afterMs: 0 },
    });
    const nico = view<{ signedIn: string[]; answers: { kind: string } }>(changed);
    assert.deepEqual([nico.signedIn, nico.answers.kind], [['desktop'], 'decline']);
  });

  it('T44: SBC meets a busy data centre, and a mended one', async () => {
    const sbc = new TestSbc(twin);
    assert.equal((await ask('POST', '/faults', { at: 'hub', hub: 1, fault: '503' })).status, 200);
    const busy = await sbc.raw(sbcRequest('OPTIONS'));
    assert.ok('status' in busy && busy.status === 503);
    assert.equal(busy.headers.get('retry-after'), '1');
    assert.equal((await ask('POST', '/faults', { at: 'hub', hub: 1, fault: 'on-fire' })).status, 422);
    await ask('DELETE', '/faults');
    const mended = await sbc.raw(sbcRequest('OPTIONS'));
    assert.ok('status' in mended && mended.status === 200);
    await sbc.close();
  });

  for (const [fault, kinds] of [
    ['reset', ['connect', 'tls', 'reset']],
    ['refuse', ['connect']],
    ['tls-alert', ['tls', 'connect']],
  ] as const) {
    it(`SBC meets a hub with ${fault}: ${kinds.join(' or ')}, and another hub works`, async () => {
      await ask('POST', '/faults', { at: 'hub', hub: 2, fault });
      const sbc = new TestSbc(twin);
      const failed = await sbc.raw(sbcRequest('OPTIONS'), 1);
      assert.ok(
        !('status' in failed) && (kinds as readonly string[]).includes(failed.kind),
        JSON.stringify(failed),
      );
      const other = await sbc.raw(sbcRequest('OPTIONS'), 2);
      assert.ok('status' in other && other.status === 200);
      await ask('DELETE', '/faults/hub-2');
      const back = await sbc.raw(sbcRequest('OPTIONS'), 1);
      assert.ok('status' in back && back.status === 200);
      await sbc.close();
    });
  }

  it('a script waits for the next entry of the audit and finds the check that failed', async () => {
    const sbc = new TestSbc(twin);
    const waiting = ask('GET', `/audit?after=${twin.audit.lastSeq}&check=T40&failed=true&wait=5000`);
    await sbc.raw(sbcRequest('REFER', { headers: { 'Refer-To': '<sip:x@y.example>' } }));
    const { entries } = view<{ entries: { method: string; checks: { id: string; passed: boolean }[] }[] }>(
      await waiting,
    );
    assert.equal(entries.length, 1);
    assert.deepEqual(entries[0]?.checks.at(-1), { id: 'T40', passed: false });
    await sbc.close();
  });

  it('T13, T14: OPTIONS too often and for a derived name are answered, and written down', async () => {
    const sbc = new TestSbc(twin);
    for (let i = 0; i < 2; i++) {
      const response = await sbc.raw(sbcRequest('OPTIONS', { contactHost: 'sbc1.customers.example.net' }));
      assert.ok('status' in response && response.status === 200);
    }
    assert.ok(twin.audit.find({ check: 'T13', failed: true }).length > 0);
    assert.ok(twin.audit.find({ check: 'T14', failed: true }).length > 0);
    const health = view<{ trunks: { trunk: string; regions: { region: string; demoted: boolean }[] }[] }>(
      await ask('GET', '/health'),
    );
    const derived = health.trunks.find(({ trunk }) => trunk === 'sbc1.customers.example.net');
    assert.equal(derived?.regions.find(({ region }) => region === 'eu')?.demoted, false);
    await sbc.close();
  });

  it('T16, T19: SBC calls for a domain that is not activated, and for a caller who is blocked', async () => {
    const tenants = view<{ id: string; name: string }[]>(await ask('GET', '/tenants'));
    const id = tenants.find(({ name }) => name === 'Acme')?.id;
    const sbc = new TestSbc(twin);
    await ask('PATCH', `/tenants/${id}`, { deactivate: 'sbc1.customers.example.net' });
    const inactive = await sbc.raw(sbcRequest('INVITE'));
    assert.ok('status' in inactive && inactive.status === 403);
    assert.equal(twin.audit.find({ check: 'T16', failed: true }).length, 1);
    await ask('PATCH', `/tenants/${id}`, {
      activate: 'sbc1.customers.example.net',
      blockedCallers: ['^\\+12025550199$'],
    });
    const blocked = await sbc.raw(sbcRequest('INVITE'));
    assert.ok('status' in blocked && /Blocked calling number/.test(blocked.headers.get('reason') ?? ''));
    await ask('PATCH', `/tenants/${id}`, { blockedCallers: [] });
    await sbc.close();
  });

  it('T43, T27: trunk settings change what the hubs want', async () => {
    const sbc = new TestSbc(twin);
    await ask('PATCH', '/trunks/customers.example.net', { mediaBypass: true });
    const bypass = await sbc.raw(sbcRequest('INVITE'));
    assert.ok('status' in bypass && bypass.status === 488);
    assert.match(bypass.headers.get('reason') ?? '', /Non-ICE endpoints cannot use bypass/);
    await ask('PATCH', '/trunks/customers.example.net', { mediaBypass: false, maxConcurrentSessions: 1 });
    await ask('PATCH', '/clients/dana@acme.example', { answers: { kind: 'decline', afterMs: 0 } });
    await sbc.raw(sbcRequest('INVITE'));
    assert.equal(twin.audit.find({ check: 'T43', failed: true }).length, 1);
    await sbc.close();
  });

  it("a script changes a person's mail, group and licences; the group counts what is nested", async () => {
    type User = { mail: string | null; groupMember: boolean; licences: string[]; number: string | null };
    const robin = async (change?: unknown) =>
      view<User>(await ask(change ? 'PATCH' : 'GET', '/users/robin@acme.example', change));
    assert.equal((await robin()).groupMember, true);
    const out = await robin({ groupMember: false, mail: null, licences: ['teams'] });
    assert.deepEqual([out.groupMember, out.mail, out.licences], [false, null, ['teams']]);
    assert.equal(out.number, (await robin()).number);
    const back = await robin({
      groupMember: true,
      mail: 'robin@acme.example',
      licences: ['teams', 'teams-phone'],
    });
    assert.deepEqual([back.groupMember, back.mail], [true, 'robin@acme.example']);
  });

  it('a script breaks sign-in and Graph, lets time pass at Microsoft, and sees the app registration', async () => {
    const broken = await ask('POST', '/faults', {
      at: 'graph',
      operation: 'setPresence',
      fault: '503',
      times: 2,
    });
    assert.equal(view<{ id: string }>(broken).id, 'graph-setPresence-503');
    assert.equal((await ask('POST', '/faults', { at: 'login', fault: '429' })).status, 200);
    assert.equal((await ask('POST', '/faults', { at: 'login', fault: 'on-fire' })).status, 422);
    await ask('DELETE', '/faults');
    const before = Date.now();
    const { microsoftNow } = view<{ microsoftNow: string }>(
      await ask('PATCH', '/clock', { advanceMs: 3_600_000 }),
    );
    assert.ok(Date.parse(microsoftNow) >= before + 3_600_000);
    const graph = view<{ app: { clientId: string; certificates: { thumbprintSha256: string }[] } }>(
      await ask('PATCH', '/graph', { directoryLagMs: 5, quotas: { presence: { limit: 7 } } }),
    );
    assert.match(graph.app.certificates[0]?.thumbprintSha256 ?? '', /^[0-9A-F]{64}$/);
    assert.equal(twin.microsoft365.settings.directoryLagMs, 5);
    assert.deepEqual(twin.microsoft365.throttle.quotas.presence, { limit: 7, windowMs: 30_000 });
  });

  it("a customer's administrator takes permissions away, and the whole application", async () => {
    const tenants = view<{ id: string; name: string }[]>(await ask('GET', '/tenants'));
    const id = tenants.find(({ name }) => name === 'Globex')?.id ?? '';
    await ask('PATCH', `/tenants/${id}`, { graphRoles: ['User.Read.All'], secondFactor: true });
    assert.deepEqual(twin.microsoft365.app.servicePrincipals.get(id)?.roles, ['User.Read.All']);
    assert.ok(twin.microsoft365.secondFactor.has(id));
    await ask('PATCH', `/tenants/${id}`, { graphRoles: null, secondFactor: false });
    assert.equal(twin.microsoft365.app.servicePrincipals.has(id), false);
    await ask('PATCH', `/tenants/${id}`, { graphRoles: ['User.Read.All'] });
    assert.equal(twin.microsoft365.app.servicePrincipals.get(id)?.enabled, true);
  });

  it('a bench asks for a crowd', async () => {
    const tenants = view<{ id: string; name: string }[]>(await ask('GET', '/tenants'));
    const id = tenants.find(({ name }) => name === 'Globex')?.id ?? '';
    const answer = view<{ added: number; users: number }>(
      await ask('POST', '/users', { tenant: id, count: 500 }),
    );
    assert.equal(answer.added, 500);
    const again = view<{ added: number }>(await ask('POST', '/users', { tenant: id, count: 500 }));
    assert.equal(again.added, 0);
    const last = view<{ groupMember: boolean; presence: { availability: string } }>(
      await ask('GET', '/users/person500@globex.example'),
    );
    assert.deepEqual([last.groupMember, last.presence.availability], [true, 'Available']);
  });
});
