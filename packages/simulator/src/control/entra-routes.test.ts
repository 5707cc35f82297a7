import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { acmeId, globexId, TestGraph } from '../testing/test-graph.ts';
import { claimsOf, errorCodes, TestSignIn, type Tokens } from '../testing/test-sign-in.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';
import { graphAppClientId } from '../world/rehearsal-world.ts';

interface AppView {
  readonly clientId: string;
  readonly tenants: readonly string[];
  readonly redirectUris: readonly { readonly uri: string; readonly kind: string }[];
  readonly secrets: readonly { readonly id: string; readonly expiresAt: string }[];
}

describe('the control API as the Entra admin centre', () => {
  let twin: Twin;
  let graph: TestGraph;
  let close: () => Promise<void>;
  before(async () => {
    ({ twin, close } = await startTestTwin(26_120));
    graph = await TestGraph.open(twin);
  });
  after(async () => {
    graph.close();
    await close();
  });

  const ask = async <T>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: T }> => {
    const answer = await fetch(`${twin.ready.control}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as T };
  };
  const tokenOf = (clientId: string, secret: string, tenant = acmeId) =>
    graph.askToken(
      { client_id: clientId, client_secret: secret, client_assertion: null, client_assertion_type: null },
      tenant,
    );

  it("an administrator registers the customer's own app, with a secret that ends and a certificate", async () => {
    const made = await ask<AppView>('POST', '/apps', {
      tenant: acmeId,
      displayName: 'Acme voice',
      redirectUris: ['https://portal.example.net/connect/callback'],
      application: ['User.Read.All', 'Presence.Read.All'],
      delegated: ['openid', 'User.Read'],
    });
    const { clientId } = made.body;
    assert.deepEqual([made.status, made.body.tenants], [200, [acmeId]]);
    const { body: secret } = await ask<{ id: string; value: string }>('POST', `/apps/${clientId}/secrets`, {
      days: 30,
    });
    assert.equal(
      claimsOf(((await tokenOf(clientId, secret.value)).body as Tokens).access_token).roles,
      undefined,
    );
    await ask('POST', `/tenants/${acmeId}/consents`, { clientId });
    const token = (await tokenOf(clientId, secret.value)).body as Tokens;
    assert.deepEqual(claimsOf(token.access_token).roles, ['User.Read.All', 'Presence.Read.All']);
    assert.deepEqual(errorCodes(await tokenOf(clientId, secret.id)), [7000215], 'the secret id is no secret');
    await ask('PATCH', `/apps/${clientId}/secrets/${secret.id}`, { days: -1 });
    assert.deepEqual(errorCodes(await tokenOf(clientId, secret.value)), [7000222]);

    const { body: certificate } = await ask<{
      thumbprintSha256: string;
      privateKey: string;
      certificate: string;
    }>('POST', `/apps/${clientId}/certificates`, { generate: true });
    assert.match(certificate.privateKey, /BEGIN PRIVATE KEY/);
    const again = await ask<{ thumbprintSha256: string }>('POST', `/apps/${clientId}/certificates`, {
      pem: certificate.certificate,
    });
    assert.equal(again.body.thumbprintSha256, certificate.thumbprintSha256);
    const view = await ask<AppView>('GET', `/apps/${clientId}`);
    assert.equal(view.body.secrets.length, 1);
    assert.ok(!JSON.stringify(view.body).includes(secret.value), 'shown once');
    assert.equal((await ask('DELETE', `/apps/${clientId}/secrets/${secret.id}`)).status, 200);
    assert.equal(
      (await ask('DELETE', `/apps/${clientId}/certificates/${certificate.thumbprintSha256}`)).status,
      200,
    );
    assert.equal((await ask('POST', `/tenants/${globexId}/consents`, { clientId })).status, 409);
    assert.equal((await ask('DELETE', `/apps/${clientId}`)).status, 200);
    assert.deepEqual(errorCodes(await tokenOf(clientId, secret.value)), [700016]);
  });

  it('A2, G1: a tenant that was deleted knows no token, old or new, until it is back', async () => {
    const token = (await graph.askToken()).body as Tokens;
    const users = () => graph.call(token.access_token, 'GET', '/users?$top=1');
    assert.equal((await users()).status, 200);
    await ask('PATCH', `/tenants/${acmeId}`, { gone: true });
    assert.deepEqual(errorCodes(await graph.askToken()), [90002]);
    assert.equal((await users()).status, 401);
    assert.equal((await graph.askToken({}, globexId)).status, 200, 'its neighbour is well');
    await ask('PATCH', `/tenants/${acmeId}`, { gone: false });
    assert.equal((await users()).status, 200);
  });

  it('what is wrong is said: unknown permission, bad redirect URI, certificate that is none, things that are not there', async () => {
    const app = { tenant: acmeId, displayName: 'x' };
    for (const [method, path, body, status, says] of [
      ['POST', '/apps', { ...app, application: ['User.Rule.All'] }, 422, /application\.0: Graph has no such/],
      [
        'POST',
        '/apps',
        { ...app, redirectUris: ['http://portal.example.net/'] },
        422,
        /must begin with https/,
      ],
      ['POST', '/apps', { ...app, tenant: 'nowhere' }, 404, /no tenant nowhere/],
      ['PATCH', '/apps/nobody', {}, 404, /no app registration nobody/],
      ['DELETE', `/apps/${graphAppClientId}`, undefined, 409, /stays/],
      [
        'POST',
        `/apps/${graphAppClientId}/certificates`,
        { pem: '-----BEGIN CERTIFICATE-----\nx' },
        422,
        /no X\.509/,
      ],
      ['DELETE', `/apps/${graphAppClientId}/secrets/none`, undefined, 404, /no secret none/],
      [
        'DELETE',
        `/tenants/${acmeId}/enterprise-apps/nobody`,
        undefined,
        404,
        /has no enterprise application/,
      ],
      [
        'POST',
        `/tenants/${acmeId}/consents`,
        { clientId: graphAppClientId, user: 'kim@globex.example' },
        404,
        /no user kim/,
      ],
      ['POST', '/users/nobody@acme.example/reset-password', {}, 404, /no user nobody/],
      [
        'PATCH',
        '/users/dana@acme.example/directory-roles',
        { directoryRoles: ['King'] },
        422,
        /directoryRoles/,
      ],
    ] as const) {
      const answer = await ask<{ detail: string }>(method, path, body);
      assert.equal(answer.status, status, `${method} ${path}`);
      assert.match(answer.body.detail, says);
    }
  });

  it('a redirect URI is added to the registration of the platform, and taken away', async () => {
    const uri = 'https://other.example.net/connect/callback';
    const added = await ask<AppView>('PATCH', `/apps/${graphAppClientId}`, { addRedirectUri: uri });
    assert.deepEqual(added.body.redirectUris.at(-1), { uri, kind: 'web' });
    const desk = new TestSignIn(graph);
    const page = await desk.browser.open(desk.authorizeUrl({ redirect_uri: uri }));
    assert.equal(page.status, 200);
    await ask('PATCH', `/apps/${graphAppClientId}`, { removeRedirectUri: uri });
    assert.match((await desk.browser.open(desk.authorizeUrl({ redirect_uri: uri }))).html, /AADSTS50011/);
  });

  it('an enterprise application is disabled, loses permissions, is deleted and consented to again', async () => {
    const path = `/tenants/${globexId}/enterprise-apps/${graphAppClientId}`;
    const codesNow = async () => errorCodes(await graph.askToken({}, globexId));
    await ask('PATCH', path, { enabled: false });
    assert.deepEqual(await codesNow(), [7000112]);
    await ask('PATCH', path, { enabled: true, removeApplication: ['User.Read.All'] });
    const roles = claimsOf(await graph.token(globexId)).roles as string[];
    assert.ok(!roles.includes('User.Read.All') && roles.includes('Group.Read.All'));
    await ask('DELETE', path);
    assert.deepEqual(await codesNow(), [700016]);
    await ask('PATCH', '/entra', { principalDelayMs: 1_000, grantDelayMs: 1_000 });
    const pending = await ask('POST', `/tenants/${globexId}/consents`, { clientId: graphAppClientId });
    assert.deepEqual(pending.body, { clientId: graphAppClientId, pending: true });
    assert.deepEqual(await codesNow(), [700016]);
    await ask('PATCH', '/clock', { advanceMs: 2_000 });
    assert.deepEqual(await codesNow(), []);
    await ask('PATCH', '/entra', { principalDelayMs: 0, grantDelayMs: 0 });
    const { body } = await ask<{ clientId: string; application: string[] }[]>(
      'GET',
      `/tenants/${globexId}/enterprise-apps`,
    );
    assert.ok(
      body.find(({ clientId }) => clientId === graphAppClientId)?.application.includes('User.Read.All'),
    );
  });

  it("a person's own consent is granted and taken back, their sessions end, their roles and the tenant's policy change", async () => {
    const desk = new TestSignIn(graph);
    const enterprise = `/tenants/${globexId}/enterprise-apps/${graphAppClientId}`;
    await ask('PATCH', enterprise, {
      removeDelegated: ['openid', 'profile', 'email', 'offline_access', 'User.Read'],
    });
    await ask('POST', `/tenants/${globexId}/consents`, {
      clientId: graphAppClientId,
      user: 'kim@globex.example',
    });
    const { refresh_token } = await desk.tokens('kim@globex');
    await ask('PATCH', enterprise, { removeUsers: ['kim@globex.example'] });
    assert.deepEqual(errorCodes(await desk.refresh(refresh_token)), [65001]);
    await ask('POST', '/users/kim@globex.example/reset-password');
    assert.deepEqual(errorCodes(await desk.refresh(refresh_token)), [50173]);

    const policy = await ask('PATCH', `/tenants/${globexId}/sign-in`, { userConsent: 'administrators-only' });
    assert.deepEqual(policy.body, {
      userConsent: 'administrators-only',
      secondFactor: false,
      blocked: false,
      otherCloud: false,
    });
    await desk.fresh().browser.open(desk.authorizeUrl());
    assert.match((await desk.browser.press('kim@globex')).html, /AADSTS90094/);
    await ask('PATCH', '/users/kim@globex.example/directory-roles', {
      directoryRoles: ['Global Administrator'],
    });
    await desk.fresh().browser.open(desk.authorizeUrl());
    assert.match((await desk.browser.press('kim@globex')).html, /Consent on behalf of your organization/);
  });

  it('every operation is described', async () => {
    const { body } = await ask<{ paths: Record<string, unknown> }>('GET', '/openapi.json');
    for (const path of [
      '/apps/{clientId}/secrets',
      '/tenants/{id}/consents',
      '/users/{upn}/directory-roles',
      '/entra',
    ])
      assert.ok(body.paths[path], path);
  });
});
