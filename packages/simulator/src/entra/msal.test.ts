import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import {
  type AuthenticationResult,
  ConfidentialClientApplication,
  CryptoProvider,
  InteractionRequiredAuthError,
  ServerError,
} from '@azure/msal-node';
import { msalNetwork } from '../testing/msal-over-twin.ts';
import { TestBrowser } from '../testing/test-browser.ts';
import { acmeId, globexId, TestGraph } from '../testing/test-graph.ts';
import { callback, claimsOf } from '../testing/test-sign-in.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';
import { graphAppClientId } from '../world/rehearsal-world.ts';

const everything = ['https://graph.microsoft.com/.default'];

describe('MSAL', () => {
  let twin: Twin;
  let graph: TestGraph;
  let key: string;
  let close: () => Promise<void>;
  let app: ConfidentialClientApplication;
  before(async () => {
    ({ twin, close } = await startTestTwin(26_040));
    graph = await TestGraph.open(twin);
    key = await readFile(join(twin.config.certificateDir, 'graph-app.key.pem'), 'utf8');
  });
  after(async () => {
    graph.close();
    await close();
  });
  beforeEach(() => {
    app = client({
      clientId: graphAppClientId,
      clientCertificate: {
        thumbprintSha256: twin.microsoft365.app.certificates.at(-1)?.thumbprintSha256 ?? '',
        privateKey: key,
      },
    });
  });

  const client = (
    auth: { clientId: string } & (
      | { clientSecret: string }
      | { clientCertificate: { thumbprintSha256: string; privateKey: string } }
    ),
    tenant = 'organizations',
  ): ConfidentialClientApplication =>
    new ConfidentialClientApplication({
      auth: {
        ...auth,
        authority: `${twin.ready.login}/${tenant}`,
        knownAuthorities: [new URL(twin.ready.login).host],
      },
      system: { networkClient: msalNetwork(graph) as NonNullable<ReturnType<typeof msalNetwork>> },
    });

  const refusedWith =
    (code: number) =>
    (error: unknown): boolean =>
      error instanceof ServerError && Number(error.errorNo) === code;

  const scopes = ['User.Read'];
  /** Code and PKCE with the library's own numbers, through the pages. */
  async function signIn(
    msal: ConfidentialClientApplication,
    presses: readonly string[],
  ): Promise<AuthenticationResult> {
    const crypto = new CryptoProvider();
    const { verifier, challenge } = await crypto.generatePkceCodes();
    const nonce = crypto.createNewGuid();
    const state = crypto.createNewGuid();
    const url = await msal.getAuthCodeUrl({
      scopes,
      redirectUri: callback,
      codeChallenge: challenge,
      codeChallengeMethod: 'S256',
      nonce,
      state,
      prompt: 'select_account',
    });
    const browser = new TestBrowser(graph);
    await browser.open(url);
    for (const words of presses) await browser.press(words);
    const returned = new URL(browser.page.location ?? 'about:blank').searchParams;
    assert.equal(returned.get('state'), state);
    const code = returned.get('code') ?? '';
    return await msal.acquireTokenByCode(
      { scopes, redirectUri: callback, code, codeVerifier: verifier, state, nonce },
      { code, state },
    );
  }

  it('signs an administrator in with code and PKCE: who, where, which roles', async () => {
    const {
      account,
      idTokenClaims,
      accessToken,
      tenantId,
      scopes: granted,
    } = await signIn(app, ['alex@acme']);
    assert.equal(tenantId, acmeId);
    const { oid } = claimsOf(accessToken);
    assert.equal(account?.homeAccountId, `${oid}.${acmeId}`);
    assert.equal(account?.username, 'alex@acme.example');
    assert.ok(granted.includes('User.Read'));
    assert.ok((idTokenClaims as { wids: string[] }).wids.includes('62e90394-69f5-4237-9190-012177145e10'));
    assert.equal((await graph.call(accessToken, 'GET', '/users')).status, 403);
  });

  it('refreshes silently, and no more once the password was reset', async () => {
    const { account, accessToken } = await signIn(app, ['alex@acme']);
    assert.ok(account);
    const again = await app.acquireTokenSilent({ account, scopes, forceRefresh: true });
    assert.notEqual(again?.accessToken, accessToken);
    twin.microsoft365.signIns.revoke(account.localAccountId);
    await assert.rejects(app.acquireTokenSilent({ account, scopes, forceRefresh: true }), refusedWith(50173));
  });

  it('redeems a refresh token that was kept elsewhere', async () => {
    await signIn(app, ['kim@globex']);
    const cache = JSON.parse(app.getTokenCache().serialize()) as {
      RefreshToken: Record<string, { secret: string }>;
    };
    const [kept] = Object.values(cache.RefreshToken);
    const result = await app.acquireTokenByRefreshToken({ refreshToken: kept?.secret ?? '', scopes });
    assert.equal(claimsOf(result?.accessToken).tid, globexId);
  });

  it('is asked for a second factor: interaction required, with claims to pass on', async () => {
    const { account } = await signIn(app, ['alex@acme']);
    assert.ok(account);
    twin.microsoft365.secondFactor.add(acmeId);
    await assert.rejects(
      app.acquireTokenSilent({ account, scopes, forceRefresh: true }),
      (error) => error instanceof InteractionRequiredAuthError && error.claims.includes('capolids'),
    );
    twin.microsoft365.secondFactor.clear();
  });

  it('is refused when the consent was taken back: interaction required again', async () => {
    const { account } = await signIn(app, ['kim@globex']);
    assert.ok(account);
    const { consents, app: registration } = twin.microsoft365;
    const withdrawn = { application: [], delegated: ['User.Read'] };
    consents.withdraw(registration, globexId, withdrawn);
    await assert.rejects(
      app.acquireTokenSilent({ account, scopes, forceRefresh: true }),
      (error) => error instanceof InteractionRequiredAuthError,
    );
    consents.grant(registration, globexId, withdrawn);
  });

  it('gets app tokens by certificate for each tenant, and none once the enterprise application is gone', async () => {
    for (const tenant of [acmeId, globexId]) {
      const result = await app.acquireTokenByClientCredential({
        scopes: everything,
        authority: `${twin.ready.login}/${tenant}`,
        skipCache: true,
      });
      assert.equal(claimsOf(result?.accessToken).tid, tenant);
    }
    const { consents, app: registration } = twin.microsoft365;
    const { roles, scopes: delegated } = registration.servicePrincipals.get(globexId) ?? assert.fail();
    consents.forget(registration, globexId);
    const ask = () =>
      app.acquireTokenByClientCredential({
        scopes: everything,
        authority: `${twin.ready.login}/${globexId}`,
        skipCache: true,
      });
    await assert.rejects(ask(), refusedWith(700016));
    consents.grant(registration, globexId, { application: roles, delegated });
    assert.deepEqual(claimsOf((await ask())?.accessToken).roles, [...roles]);
  });

  it("works with the customer's own registration: secret, then certificate, in its tenant only", async () => {
    const { apps, consents, clock } = twin.microsoft365;
    const own = apps.register({
      displayName: 'Acme voice',
      homeTenantId: acmeId,
      multiTenant: false,
      redirectUris: [{ uri: callback, kind: 'web' }],
      permissions: { application: ['User.Read.All'], delegated: ['User.Read'] },
    });
    const secret = apps.addSecret(own, 'first', clock.wall() + 60_000);
    const bySecret = client({ clientId: own.clientId, clientSecret: secret.value }, acmeId);
    const ask = (msal: ConfidentialClientApplication, tenant = acmeId) =>
      msal.acquireTokenByClientCredential({
        scopes: everything,
        authority: `${twin.ready.login}/${tenant}`,
        skipCache: true,
      });
    assert.equal(claimsOf((await ask(bySecret))?.accessToken).roles, undefined);
    consents.grant(own, acmeId, own.permissions);
    assert.deepEqual(claimsOf((await ask(bySecret))?.accessToken).roles, ['User.Read.All']);
    await assert.rejects(ask(bySecret, globexId), refusedWith(700016));
    assert.equal((await signIn(bySecret, ['dana@acme'])).tenantId, acmeId);
    twin.microsoft365.advance(61_000);
    await assert.rejects(ask(bySecret), refusedWith(7000222));
    const { thumbprintSha256 } = apps.addCertificate(
      own,
      await readFile(join(twin.config.certificateDir, 'graph-app.cert.pem'), 'utf8'),
    );
    const byCertificate = client({
      clientId: own.clientId,
      clientCertificate: { thumbprintSha256, privateKey: key },
    });
    assert.equal(claimsOf((await ask(byCertificate))?.accessToken).appidacr, '2');
  });
});
