import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { endpointFault, globalCloud } from './endpoints.ts';
import { GraphError } from './graph-error.ts';
import { msalTokenProvider } from './msal-token-provider.ts';
import { certificate, FakeGraph } from './testing/fake-graph.ts';
import type { TokenProvider } from './token-provider.ts';

const acme = 'acacacac-0000-4000-8000-000000000001';
const globex = '61061061-0000-4000-8000-000000000002';
let fake: FakeGraph;
let provider: TokenProvider;

before(async () => {
  fake = await FakeGraph.start();
  const own = await certificate('tandem');
  provider = msalTokenProvider({
    endpoints: { login: fake.origin, graph: fake.origin },
    twinMode: true,
    clientId: 'a1a1a1a1-0000-4000-8000-00000000a001',
    credential: { kind: 'certificate', certificate: own.cert, privateKey: own.key },
    https: fake.https,
  });
});
after(() => fake.close());

/** A login that knows the two tenants, unless told to refuse. */
function login(refuse?: { status: number; error: string; number: number }): void {
  fake.answer = ({ url }) => {
    const [, tenant] = url.split('/');
    const base = `${fake.origin}/${tenant}`;
    if (url.includes('openid-configuration'))
      return {
        status: 200,
        body: {
          issuer: `${base}/v2.0`,
          authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
          token_endpoint: `${base}/oauth2/v2.0/token`,
          jwks_uri: `${base}/discovery/v2.0/keys`,
        },
      };
    if (refuse)
      return {
        status: refuse.status,
        body: { error: refuse.error, error_description: 'AADSTS', error_codes: [refuse.number] },
      };
    const body = {
      token_type: 'Bearer',
      expires_in: 3599,
      ext_expires_in: 3599,
      access_token: `for-${tenant}`,
    };
    return { status: 200, body };
  };
}

test('a certificate signs the request (PS256, x5t#S256), each tenant has its own token, and the cache saves requests', async () => {
  login();
  assert.equal(await provider.token(acme), `for-${acme}`);
  assert.equal(await provider.token(acme), `for-${acme}`);
  const posts = (): number => fake.seen.filter((request) => request.method === 'POST').length;
  assert.equal(posts(), 1);
  assert.equal(await provider.token(globex), `for-${globex}`);
  assert.equal(await provider.token(acme, { refresh: true }), `for-${acme}`);
  assert.equal(posts(), 3);
  const form = new URLSearchParams(fake.seen.find((request) => request.method === 'POST')?.text);
  assert.equal(form.get('scope')?.includes('https://graph.microsoft.com/.default'), true);
  const [head = ''] = (form.get('client_assertion') ?? '').split('.');
  const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>;
  assert.equal(header.alg, 'PS256');
  assert.equal(typeof header['x5t#S256'], 'string');
});

test('two requests at a time share one token request, and every request has a proof of its own', async () => {
  login();
  const before = fake.seen.length;
  await Promise.all([1, 2, 3].map(() => provider.token(acme, { refresh: true })));
  await provider.token(acme, { refresh: true });
  const posts = fake.seen.slice(before).filter(({ method }) => method === 'POST');
  assert.equal(posts.length, 2);
  const proofs = posts.map(({ text }) => {
    const assertion = new URLSearchParams(text).get('client_assertion') ?? '';
    const claims = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString());
    return { aud: String(claims.aud), jti: String(claims.jti) };
  });
  assert.notEqual(proofs[0]?.jti, proofs[1]?.jti);
  assert.ok(
    proofs.every(({ aud }) => aud === `${fake.origin}/${acme}/oauth2/v2.0/token`),
    proofs[0]?.aud,
  );
});

for (const [number, error, status, code] of [
  [700016, 'unauthorized_client', 400, 'sign-in-tenant-disconnected'],
  [7000222, 'invalid_client', 401, 'sign-in-credential-refused'],
  [700024, 'invalid_client', 401, 'sign-in-clock-differs'],
  [90033, 'temporarily_unavailable', 503, 'sign-in-unavailable'],
  [0, 'server_error', 500, 'sign-in-unavailable'],
] as const) {
  test(`the sign-in service says ${number}: ${code}`, async () => {
    login({ status, error, number });
    const failure = await provider.token(acme, { refresh: true }).catch((reason: unknown) => reason);
    assert.ok(failure instanceof GraphError);
    assert.equal(failure.code, code);
  });
}

test('a tenant that Microsoft does not know is no silence: its own document is refused, and that is told', async () => {
  const nobody = '00000000-0000-4000-8000-00000000dead';
  for (const body of [
    { error: 'invalid_tenant', error_description: `AADSTS90002: Tenant '${nobody}' not found.` },
    { error: 'invalid_tenant', error_description: 'Tenant not found.', error_codes: [90002] },
  ]) {
    fake.answer = () => ({ status: 400, body });
    const failure = await provider.token(nobody).catch((reason: unknown) => reason);
    assert.ok(failure instanceof GraphError);
    assert.deepEqual([failure.code, failure.theirCode], ['sign-in-tenant-disconnected', '90002']);
  }
  fake.answer = () => ({ status: 503, body: { error: 'temporarily_unavailable' } });
  const silence = await provider.token(nobody).catch((reason: unknown) => reason);
  assert.equal(
    (silence as GraphError).code,
    'sign-in-unavailable',
    'what was said before is not said for ever',
  );
});

test('a tenant is a GUID, never common or a domain', async () => {
  await assert.rejects(provider.token('common'), /GUID/);
});

test('outside of twin mode only Microsoft gets our credentials, and always over https', () => {
  assert.equal(endpointFault(globalCloud, false), undefined);
  const twin = { login: 'https://localhost:9443', graph: 'https://localhost:9444' };
  assert.match(endpointFault(twin, false) ?? '', /login/);
  assert.equal(endpointFault(twin, true), undefined);
  assert.match(endpointFault({ ...twin, graph: 'http://localhost' }, true) ?? '', /https/);
});
