import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { acmeId, globexId, TestGraph } from '../testing/test-graph.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';
import { graphAppClientId, rehearsalWorld } from '../world/rehearsal-world.ts';
import { readJwt } from './jwt.ts';
import { makeSelfSigned } from './self-signed.ts';

const initechId = rehearsalWorld.knownToMicrosoftOnly[0]?.entraTenantId ?? '';

describe('Entra', () => {
  let twin: Twin;
  let graph: TestGraph;
  let close: () => Promise<void>;
  before(async () => {
    ({ twin, close } = await startTestTwin(24_000));
    graph = await TestGraph.open(twin);
  });
  after(async () => {
    graph.close();
    await close();
  });

  const principal = () => {
    const found = twin.microsoft365.app.servicePrincipals.get(acmeId);
    assert.ok(found);
    return found;
  };
  const codes = (body: unknown): number[] => (body as { error_codes: number[] }).error_codes;
  const claimsOf = (body: unknown) => readJwt((body as { access_token: string }).access_token)?.claims;

  it('MSAL signs the platform in with its certificate, once per tenant, and reads users and groups', async () => {
    const config = {
      login: twin.ready.login,
      graph: twin.ready.graph,
      clientId: graphAppClientId,
      tenants: [acmeId, globexId],
      key: await readFile(join(twin.config.certificateDir, 'graph-app.key.pem'), 'utf8'),
      thumbprintSha256: twin.microsoft365.app.certificates[0]?.thumbprintSha256,
      group: twin.directory.tenant(acmeId)?.enableGroupId,
    };
    const program = fileURLToPath(new URL('../testing/msal-client.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(config)], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: twin.ready.ca },
    });
    const seen = JSON.parse(stdout) as { users: string[][]; members: number; lifetimes: number[] };
    assert.ok(seen.users[0]?.includes('dana@acme.example'));
    assert.deepEqual(seen.users[1]?.toSorted(), [
      'admin@globex.example',
      'alex@globex.example',
      'dana@globex.example',
      'kim@globex.example',
    ]);
    assert.ok(seen.members > 5);
  });

  it('A1: plain http is not spoken', async () => {
    const { host } = new URL(twin.ready.login);
    await assert.rejects(fetch(`http://${host}/`));
  });

  it('A13, A14: a token says who, where and what for, and lasts 60 to 90 minutes', async () => {
    const { status, body } = await graph.askToken();
    assert.equal(status, 200);
    const { expires_in } = body as { expires_in: number };
    assert.ok(expires_in >= 3600 && expires_in <= 5400);
    const claims = claimsOf(body);
    assert.deepEqual(
      [claims?.aud, claims?.tid, claims?.appid, claims?.idtyp, claims?.appidacr, claims?.ver],
      ['https://graph.microsoft.com', acmeId, graphAppClientId, 'app', '2', '1.0'],
    );
    assert.ok((claims?.roles as string[] | undefined)?.includes('Presence.ReadWrite.All'));
    assert.notEqual(
      (await graph.askToken({}, globexId).then(({ body: other }) => claimsOf(other)))?.oid,
      claims?.oid,
    );
  });

  it('A13: an app that was granted nothing gets a token all the same, without roles', async () => {
    const claims = readJwt(await graph.tokenWith([]))?.claims;
    assert.equal(claims?.roles, undefined);
  });

  const refusals: readonly {
    readonly check: string;
    readonly what: string;
    readonly change?: () => Promise<Record<string, string | null>> | Record<string, string | null>;
    readonly tenant?: string;
    readonly status: number;
    readonly code: number;
    readonly error: string;
  }[] = [
    {
      check: 'A2',
      what: 'a tenant that does not exist',
      tenant: '00000000-0000-4000-8000-000000000000',
      status: 400,
      code: 90002,
      error: 'invalid_request',
    },
    {
      check: 'A3',
      what: 'an unknown client id',
      change: () => ({ client_id: '00000000-0000-4000-8000-000000000001' }),
      status: 400,
      code: 700016,
      error: 'unauthorized_client',
    },
    {
      check: 'A3',
      what: 'a tenant that never consented',
      tenant: initechId,
      status: 400,
      code: 700016,
      error: 'unauthorized_client',
    },
    {
      check: 'A5',
      what: 'the organizations endpoint',
      tenant: 'organizations',
      status: 400,
      code: 9001023,
      error: 'invalid_request',
    },
    {
      check: 'A6',
      what: 'a scope that is a permission',
      change: () => ({ scope: 'https://graph.microsoft.com/User.Read.All' }),
      status: 400,
      code: 1002012,
      error: 'invalid_scope',
    },
    {
      check: 'A6',
      what: 'two resources',
      change: () => ({ scope: 'https://graph.microsoft.com/.default https://x.example/.default' }),
      status: 400,
      code: 28002,
      error: 'invalid_scope',
    },
    {
      check: 'A6',
      what: 'no scope',
      change: () => ({ scope: null }),
      status: 400,
      code: 900144,
      error: 'invalid_request',
    },
    {
      check: 'A6',
      what: 'a scope that is no resource',
      change: () => ({ scope: 'graph/.default' }),
      status: 400,
      code: 70011,
      error: 'invalid_scope',
    },
    {
      check: 'A7',
      what: 'another resource',
      change: () => ({ scope: 'https://vault.example/.default' }),
      status: 400,
      code: 500011,
      error: 'invalid_resource',
    },
    {
      check: 'A8',
      what: 'neither secret nor assertion',
      change: () => ({ client_assertion: null }),
      status: 401,
      code: 7000218,
      error: 'invalid_client',
    },
    {
      check: 'A8',
      what: 'a wrong secret',
      change: () => ({ client_assertion: null, client_secret: 'wrong' }),
      status: 401,
      code: 7000215,
      error: 'invalid_client',
    },
    {
      check: 'A9',
      what: 'an audience of another tenant',
      change: async () => ({ client_assertion: await graph.assertion({}, globexId) }),
      status: 401,
      code: 50012,
      error: 'invalid_client',
    },
    {
      check: 'A9',
      what: 'an issuer that is somebody else',
      change: async () => ({ client_assertion: await graph.assertion({ claims: { iss: 'x' } }) }),
      status: 401,
      code: 50012,
      error: 'invalid_client',
    },
    {
      check: 'A9',
      what: 'an assertion of yesterday',
      change: async () => ({ client_assertion: await graph.assertion({ claims: { exp: 1_000_000_000 } }) }),
      status: 401,
      code: 700024,
      error: 'invalid_client',
    },
    {
      check: 'A9',
      what: 'an assertion of tomorrow',
      change: async () => ({ client_assertion: await graph.assertion({ claims: { nbf: 9_000_000_000 } }) }),
      status: 401,
      code: 700024,
      error: 'invalid_client',
    },
    {
      check: 'A9',
      what: 'an unknown certificate',
      change: async () => ({ client_assertion: await graph.assertion({ header: { 'x5t#S256': 'AAAA' } }) }),
      status: 401,
      code: 700027,
      error: 'invalid_client',
    },
    {
      check: 'A9',
      what: 'the signature of another key',
      change: async () => ({
        client_assertion: await graph.assertion({ key: (await makeSelfSigned('x', Date.now(), 1)).key }),
      }),
      status: 401,
      code: 700027,
      error: 'invalid_client',
    },
    {
      check: 'A9',
      what: 'no jti',
      change: async () => ({ client_assertion: await graph.assertion({ claims: { jti: '' } }) }),
      status: 401,
      code: 50012,
      error: 'invalid_client',
    },
    {
      check: 'A9',
      what: 'something that is no JWT',
      change: () => ({ client_assertion: 'a.b.c' }),
      status: 401,
      code: 50012,
      error: 'invalid_client',
    },
  ];
  for (const { check, what, change, tenant, status, code, error } of refusals) {
    it(`${check}: ${what} is refused with AADSTS${code}`, async () => {
      const answer = await graph.askToken((await change?.()) ?? {}, tenant ?? acmeId);
      assert.deepEqual([answer.status, codes(answer.body)], [status, [code]]);
      const body = answer.body as { error: string; error_description: string; trace_id: string };
      assert.equal(body.error, error);
      assert.match(body.error_description, new RegExp(`^AADSTS${code}: `));
      assert.equal(twin.audit.find({ check, failed: true, kind: 'http' }).at(-1)?.where, 'login');
    });
  }

  it('A9: an assertion works once where that is asked for; RS256 with a SHA-1 thumbprint works too', async () => {
    const once = await graph.assertion();
    assert.equal((await graph.askToken({ client_assertion: once })).status, 200);
    twin.microsoft365.consents.settings.assertionsOnce = true;
    assert.deepEqual(codes((await graph.askToken({ client_assertion: once })).body), [50012]);
    twin.microsoft365.consents.settings.assertionsOnce = false;
    const older = await graph.assertion({
      header: { alg: 'RS256', x5t: twin.microsoft365.app.certificates[0]?.sha1, 'x5t#S256': undefined },
    });
    assert.equal((await graph.askToken({ client_assertion: older })).status, 200);
  });

  it('A8: a secret works, in the form or as Basic, until it expires', async () => {
    const [secret] = twin.microsoft365.app.secrets;
    assert.ok(secret);
    const form = { client_assertion: null, client_assertion_type: null };
    const { status, body } = await graph.askToken({ ...form, client_secret: secret.value });
    assert.deepEqual([status, claimsOf(body)?.appidacr], [200, '1']);
    const basic = Buffer.from(`${graphAppClientId}:${secret.value}`).toString('base64');
    const header = { authorization: `Basic ${basic}` };
    assert.equal((await graph.askToken({ ...form, client_id: null }, acmeId, header)).status, 200);
    const end = secret.expiresAt;
    secret.expiresAt = 1;
    assert.deepEqual(codes((await graph.askToken({ ...form, client_secret: secret.value })).body), [7000222]);
    secret.expiresAt = end;
  });

  it('A4: a disabled app, A19: a second factor, A20: another cloud', async () => {
    principal().enabled = false;
    assert.deepEqual(codes((await graph.askToken()).body), [7000112]);
    principal().enabled = true;
    twin.microsoft365.secondFactor.add(acmeId);
    const factor = (await graph.askToken()).body as { suberror: string; claims: string; error: string };
    assert.deepEqual([factor.error, factor.suberror], ['interaction_required', 'basic_action']);
    twin.microsoft365.secondFactor.clear();
    twin.microsoft365.elsewhere.add(acmeId);
    assert.deepEqual(codes((await graph.askToken()).body), [90038]);
    twin.microsoft365.elsewhere.clear();
  });

  it('A17: discovery names its own endpoints; keys roll without notice and old tokens keep working', async () => {
    const found = await graph.send(
      'GET',
      `${twin.ready.login}/${acmeId}/v2.0/.well-known/openid-configuration`,
    );
    const document = found.body as { issuer: string; token_endpoint: string; jwks_uri: string };
    assert.equal(document.issuer, `${twin.ready.login}/${acmeId}/v2.0`);
    assert.equal(document.token_endpoint, `${twin.ready.login}/${acmeId}/oauth2/v2.0/token`);
    const shared = await graph.send(
      'GET',
      `${twin.ready.login}/organizations/v2.0/.well-known/openid-configuration`,
    );
    assert.match((shared.body as { issuer: string }).issuer, /\{tenantid\}/);
    const jwks = async () =>
      ((await graph.send('GET', document.jwks_uri)).body as { keys: { kid: string; x5c: string[] }[] }).keys;

    const old = await graph.token();
    assert.equal((await jwks())[0]?.kid, readJwt(old)?.header.kid);
    await twin.microsoft365.rotateKeys(false);
    const fresh = await graph.token();
    assert.notEqual(readJwt(fresh)?.header.kid, readJwt(old)?.header.kid);
    assert.equal((await jwks()).length, 2);
    assert.equal((await graph.call(old, 'GET', '/users')).status, 200);
    await twin.microsoft365.rotateKeys(true);
    assert.equal((await graph.call(fresh, 'GET', '/users')).status, 401);
    assert.equal((await graph.call(await graph.token(), 'GET', '/users')).status, 200);
  });

  it('an unknown host is told which names mean the same cloud', async () => {
    const endpoint = encodeURIComponent(`${twin.ready.login}/${acmeId}/oauth2/v2.0/authorize`);
    const url = `${twin.ready.login}/common/discovery/instance?api-version=1.1&authorization_endpoint=${endpoint}`;
    const { body } = await graph.send('GET', url);
    const { tenant_discovery_endpoint } = body as { tenant_discovery_endpoint: string };
    assert.equal(
      tenant_discovery_endpoint,
      `${twin.ready.login}/${acmeId}/v2.0/.well-known/openid-configuration`,
    );
  });

  it('a bad day of the token service: 503, 429 with Retry-After, 500, then well again', async () => {
    for (const [fault, status, retry] of [
      ['503', 503, '2'],
      ['429', 429, '2'],
      ['500', 500, undefined],
    ] as const) {
      await twin.faults.set({ at: 'login', operation: 'token', times: 1 }, fault);
      const answer = await graph.askToken();
      assert.deepEqual([answer.status, answer.headers['retry-after']], [status, retry]);
    }
    assert.equal((await graph.askToken()).status, 200);
    assert.deepEqual(twin.faults.list(), []);
  });

  it('secrets and assertions do not stand in the audit', () => {
    const texts = twin.audit
      .find({ kind: 'http' })
      .map(({ text }) => text ?? '')
      .join('\n');
    assert.match(texts, /client_assertion=<masked>/);
    assert.doesNotMatch(texts, /client_assertion=ey/);
  });
});
