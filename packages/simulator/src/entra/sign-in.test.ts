import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { acmeId, errorOf, globexId, TestGraph } from '../testing/test-graph.ts';
import {
  type Change,
  callback,
  claimsOf,
  errorCodes,
  TestSignIn,
  type Tokens,
  verifier,
} from '../testing/test-sign-in.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';
import { graphAppClientId, rehearsalWorld } from '../world/rehearsal-world.ts';
import { type AppRegistration, judgeRedirectUri, signInScopes } from './app-registration.ts';
import { idTokenFaults } from './entra-settings.ts';
import { readJwt } from './jwt.ts';

const initechId = rehearsalWorld.knownToMicrosoftOnly[0]?.entraTenantId ?? '';

describe('Sign-in at Microsoft', () => {
  let twin: Twin;
  let graph: TestGraph;
  let desk: TestSignIn;
  let app: AppRegistration;
  let close: () => Promise<void>;
  before(async () => {
    ({ twin, close } = await startTestTwin(26_080));
    graph = await TestGraph.open(twin);
    desk = new TestSignIn(graph);
    app = twin.microsoft365.app;
  });
  after(async () => {
    graph.close();
    await close();
  });
  beforeEach(() => {
    desk.fresh();
    twin.microsoft365.consents.forget(app, initechId);
    twin.microsoft365.consents.userConsent.clear();
  });
  const initech = () => app.servicePrincipals.get(initechId);

  describe('the request of the app', () => {
    const pages: readonly [string, Change, string, number][] = [
      ['an unknown client', { client_id: '00000000-0000-4000-8000-000000000009' }, 'organizations', 700016],
      ['no client', { client_id: null }, 'organizations', 900144],
      ['no redirect URI', { redirect_uri: null }, 'organizations', 900144],
      ['a redirect URI of somebody else', { redirect_uri: 'https://evil.example/' }, 'organizations', 50011],
      ['another path', { redirect_uri: `${callback}/x` }, 'organizations', 50011],
      [
        'a port at a host that is no loopback',
        { redirect_uri: 'https://portal.example.net:444/connect/callback' },
        'organizations',
        50011,
      ],
      ['another scheme', { redirect_uri: callback.replace('http:', 'https:') }, 'organizations', 50011],
      ['an unknown tenant', {}, 'nowhere.example', 90002],
    ];
    for (const [what, change, tenant, code] of pages)
      it(`${what} is a page with AADSTS${code}, never a redirect`, async () => {
        const page = await desk.browser.open(desk.authorizeUrl(change, tenant));
        assert.deepEqual([page.status, page.location], [400, undefined]);
        assert.match(page.html, new RegExp(`AADSTS${code}:`));
      });

    const redirects: readonly [string, Change, string, number][] = [
      [
        'a response type that was not enabled',
        { response_type: 'token' },
        'unsupported_response_type',
        700054,
      ],
      ['no response type', { response_type: null }, 'invalid_request', 900144],
      ['no scope', { scope: null }, 'invalid_request', 900144],
      ['a scope that does not exist', { scope: 'openid Presence.Steal' }, 'invalid_client', 650053],
      ['an unknown resource', { scope: 'https://vault.example/Keys.Read' }, 'invalid_resource', 500011],
      ['an unknown prompt', { prompt: 'maybe' }, 'invalid_request', 90023],
      ['an unknown response mode', { response_mode: 'smoke' }, 'invalid_request', 90023],
      ['a challenge that is too short', { code_challenge: 'short' }, 'invalid_request', 501491],
      ['an unknown challenge method', { code_challenge_method: 'S512' }, 'invalid_request', 90023],
      ['prompt=none without anybody signed in', { prompt: 'none' }, 'login_required', 50058],
    ];
    for (const [what, change, error, code] of redirects)
      it(`${what} goes back to the app as ${error}, with its state`, async () => {
        await desk.browser.open(desk.authorizeUrl(change));
        const { returned } = desk;
        assert.deepEqual([returned.error, returned.state], [error, 'our state']);
        assert.match(returned.error_description ?? '', new RegExp(`^AADSTS${code}: `));
      });

    it('the port of a loopback address does not matter, to localhost as little as to 127.0.0.1', async () => {
      for (const host of ['localhost', 'localhost:1', '127.0.0.1:31337', '127.0.0.1']) {
        const redirect = `http://${host}/connect/callback`;
        const code = await desk.code('alex@acme', { redirect_uri: redirect });
        assert.equal((await desk.redeem({ code, redirect_uri: redirect })).status, 200);
      }
    });

    it('what a registration may name as redirect URI', () => {
      assert.equal(judgeRedirectUri('https://portal.example.net/x'), undefined);
      assert.equal(judgeRedirectUri('http://localhost/x'), undefined);
      for (const uri of [
        'http://portal.example.net/',
        'https://*.example.net/',
        '/x',
        'https://a.example/#x',
      ])
        assert.notEqual(judgeRedirectUri(uri), undefined, uri);
    });

    it('plain is the challenge method of whoever names none', async () => {
      const code = await desk.code('alex@acme', { code_challenge: verifier, code_challenge_method: null });
      assert.equal((await desk.redeem({ code })).status, 200);
    });

    it('words of the request cannot write into the page', async () => {
      const page = await desk.browser.open(desk.authorizeUrl({ login_hint: '"><script>alert(1)</script>' }));
      assert.equal(page.status, 200);
      assert.doesNotMatch(page.html, /<script>/);
    });
  });

  describe('the way back', () => {
    it('by fragment, and by a form that sends itself', async () => {
      await desk.browser.open(desk.authorizeUrl({ response_mode: 'fragment' }));
      await desk.browser.press('alex@acme');
      assert.ok(desk.browser.page.location?.startsWith(`${callback}#`));
      assert.deepEqual(Object.keys(desk.returned).toSorted(), ['code', 'session_state', 'state']);
      await desk.fresh().browser.open(desk.authorizeUrl({ response_mode: 'form_post', state: 'a"b' }));
      const { html, location } = await desk.browser.press('alex@acme');
      assert.equal(location, undefined);
      assert.ok(html.includes(`<form method="post" action="${callback}">`));
      assert.match(html, /name="state" value="a&quot;b"/);
      assert.match(html, /name="code" value="1\.A/);
    });

    it('a page that was left behind says so, and nothing happens', async () => {
      await desk.browser.open(desk.authorizeUrl());
      const before = desk.browser.page;
      await desk.browser.press('alex@acme');
      desk.browser.page = before;
      const page = await desk.browser.press('alex@acme');
      assert.deepEqual([page.status, page.location], [400, undefined]);
      assert.match(page.html, /no longer valid/);
    });
  });

  describe('who signs in', () => {
    it('the tokens say who it is, where, and what the person administers', async () => {
      const { body } = await desk.redeem({ code: await desk.code('voice.admin@acme') });
      const { access_token, id_token, scope, refresh_token } = body as Tokens;
      const id = claimsOf(id_token);
      const access = claimsOf(access_token);
      const wids = ['69091246-20e8-4a56-aa4d-066075b2a7a8', 'b79fbf4d-3ef9-4689-8143-76b194e85509'];
      assert.deepEqual(
        [id.aud, id.iss, id.tid, id.nonce, id.ver, id.preferred_username, id.wids],
        [
          graphAppClientId,
          `${twin.ready.login}/${acmeId}/v2.0`,
          acmeId,
          'our-nonce',
          '2.0',
          'voice.admin@acme.example',
          wids,
        ],
      );
      assert.equal((id.exp as number) - (id.iat as number), 3600);
      assert.deepEqual(
        [access.aud, access.iss, access.scp, access.idtyp, access.appidacr, access.ver, access.wids],
        [
          'https://graph.microsoft.com',
          `https://sts.windows.net/${acmeId}/`,
          'openid profile email User.Read',
          'user',
          '2',
          '1.0',
          wids,
        ],
      );
      assert.equal(id.oid, access.oid);
      assert.notEqual(id.sub, access.sub);
      assert.equal(access.roles, undefined);
      assert.equal(scope, 'openid profile email User.Read');
      assert.ok(refresh_token);
    });

    it('no offline_access, no refresh token; no openid, no id_token', async () => {
      const code = await desk.code('alex@acme', { scope: 'User.Read' });
      const { body } = await desk.redeem({ code, scope: 'User.Read' });
      assert.deepEqual([(body as Tokens).refresh_token, (body as Tokens).id_token], [undefined, undefined]);
      assert.equal(claimsOf((body as Tokens).access_token).scp, 'User.Read');
    });

    it('somebody of another tenant is told so (50020), a disabled account too (50057), and may pick again', async () => {
      await desk.browser.open(desk.authorizeUrl({}, acmeId));
      assert.match((await desk.browser.press('Next', { account: 'kim@globex.example' })).html, /AADSTS50020/);
      assert.match((await desk.browser.press('dylan@acme')).html, /AADSTS50057/);
      assert.match(
        (await desk.browser.press('Next', { account: 'nobody@acme.example' })).html,
        /AADSTS50034/,
      );
      await desk.browser.press('alex@acme');
      assert.ok(desk.returned.code);
    });

    it('a code of one tenant is worth nothing at another (700005)', async () => {
      const code = await desk.code('alex@acme');
      assert.deepEqual(errorCodes(await desk.redeem({ code }, globexId)), [700005]);
    });

    it('login_hint names the account; the browser remembers who signed in; select_account asks again; sign-out forgets', async () => {
      const page = await desk.browser.open(
        desk.authorizeUrl({ prompt: null, login_hint: 'alex@acme.example' }),
      );
      assert.match(page.html, /Sign in as alex@acme\.example/);
      await desk.browser.press('Sign in');
      assert.ok(desk.returned.code);
      await desk.browser.open(desk.authorizeUrl({ prompt: null }));
      assert.ok(desk.returned.code, 'the second sign-in shows no page');
      await desk.browser.open(desk.authorizeUrl({ prompt: 'none' }));
      assert.ok(desk.returned.code);
      assert.equal((await desk.browser.open(desk.authorizeUrl())).location, undefined);
      const out = `${twin.ready.login}/organizations/oauth2/v2.0/logout?post_logout_redirect_uri=`;
      const away = await desk.browser.open(`${out}${encodeURIComponent('https://evil.example/')}`);
      assert.deepEqual([away.status, away.location], [200, undefined]);
      await desk.browser.open(desk.authorizeUrl({ prompt: 'none' }));
      assert.equal(desk.returned.error, 'login_required');
    });

    it('who was disabled or deleted meanwhile gets no fresh token', async () => {
      const { refresh_token } = await desk.tokens('dana@acme');
      const user = twin.directory.user('dana@acme.example')?.user;
      assert.ok(user);
      twin.directory.change(user, { accountEnabled: false });
      assert.deepEqual(errorCodes(await desk.refresh(refresh_token)), [50057]);
      twin.directory.change(user, { accountEnabled: true });
      assert.equal((await desk.refresh(refresh_token)).status, 200);
    });

    it("a tenant's Conditional Access that lets nobody in stops pages, refreshing and apps (53003)", async () => {
      const { refresh_token } = await desk.tokens('dana@acme');
      const { blockedTenants } = twin.microsoft365.signIns;
      blockedTenants.add(acmeId);
      assert.deepEqual(errorCodes(await desk.refresh(refresh_token)), [53003]);
      assert.deepEqual(errorCodes(await graph.askToken()), [53003]);
      await desk.fresh().browser.open(desk.authorizeUrl());
      assert.match((await desk.browser.press('dana@acme')).html, /AADSTS53003/);
      blockedTenants.clear();
      assert.equal((await desk.refresh(refresh_token)).status, 200);
    });

    it('an id_token can be made wrong in one thing at a time, for clients that must notice', async () => {
      const { settings } = twin.microsoft365.consents;
      const right = claimsOf((await desk.tokens('alex@acme')).id_token);
      const differs: Record<string, string[]> = {
        nothing: [],
        signature: [],
        'algorithm-none': [],
        audience: ['aud'],
        issuer: ['iss'],
        tenant: ['tid'],
        nonce: ['nonce'],
        expired: ['exp', 'iat', 'nbf'],
        'not-yet': ['exp', 'nbf'],
      };
      for (const fault of idTokenFaults) {
        settings.spoilIdToken = fault;
        const { id_token } = await desk.tokens('alex@acme');
        const jwt = readJwt(id_token);
        assert.equal(
          jwt !== undefined && twin.microsoft365.keys.verify(jwt),
          !['signature', 'algorithm-none'].includes(fault),
          fault,
        );
        const claims = claimsOf(id_token || undefined);
        const names = ['aud', 'iss', 'tid', 'nonce', 'oid', 'sub', 'ver'].filter(
          (name) => jwt && claims[name] !== right[name],
        );
        for (const time of ['exp', 'iat', 'nbf'])
          if (jwt && Math.abs((claims[time] as number) - (right[time] as number)) > 1_800) names.push(time);
        assert.deepEqual(names.toSorted(), differs[fault], fault);
      }
      settings.spoilIdToken = 'nothing';
    });

    it('a person cannot do at Graph what only the app may', async () => {
      const { access_token } = await desk.tokens('dana@acme');
      const answer = await graph.call(access_token, 'GET', '/groups');
      assert.deepEqual([answer.status, errorOf(answer).code], [403, 'Authorization_RequestDenied']);
    });
  });

  describe('consent', () => {
    it('an administrator who leaves "on behalf of your organization" unchecked grants for themselves only (B46)', async () => {
      const scope = 'openid offline_access https://graph.microsoft.com/.default';
      await desk.browser.open(desk.authorizeUrl({ scope }));
      const page = await desk.browser.press('ada@initech');
      assert.match(
        page.html,
        /<label><input type="checkbox" name="organization" value="yes"> Consent on behalf/,
      );
      await desk.browser.press('Accept');
      assert.ok(desk.returned.code);
      assert.deepEqual([initech()?.roles, initech()?.scopes, initech()?.userScopes.size], [[], [], 1]);
      assert.equal(claimsOf(await graph.token(initechId)).roles, undefined);
      // Somebody else of the tenant is asked again, and may not answer.
      await desk.fresh().browser.open(desk.authorizeUrl({ scope }));
      assert.match((await desk.browser.press('isla@initech')).html, /Need admin approval/);
      // The step can be repeated, with the box checked.
      await desk.fresh().browser.open(desk.authorizeUrl({ scope, prompt: 'consent' }));
      await desk.browser.press('ada@initech');
      await desk.browser.press('Accept', { organization: 'yes' });
      assert.deepEqual(claimsOf(await graph.token(initechId)).roles, [...app.permissions.application]);
    });

    it('a plain person agrees for themselves, unless the tenant leaves that to administrators (G26)', async () => {
      await desk.browser.open(desk.authorizeUrl());
      const page = await desk.browser.press('ines@initech');
      assert.match(page.html, /Permissions requested/);
      assert.doesNotMatch(page.html, /checkbox/);
      await desk.browser.press('Accept');
      assert.deepEqual(
        [...(initech()?.userScopes.values() ?? [])],
        [['openid', 'profile', 'email', 'offline_access', 'User.Read']],
      );
      twin.microsoft365.consents.forget(app, initechId);
      twin.microsoft365.consents.userConsent.set(initechId, 'administrators-only');
      await desk.fresh().browser.open(desk.authorizeUrl());
      assert.match((await desk.browser.press('ines@initech')).html, /AADSTS90094/);
      await desk.browser.press('Return to the application');
      assert.equal(desk.returned.error, 'access_denied');
      assert.equal(initech(), undefined);
    });

    it('what needs an administrator needs one for delegated permissions too', async () => {
      const scope = 'openid User.Read.All';
      await desk.browser.open(desk.authorizeUrl({ scope }));
      assert.match((await desk.browser.press('ines@initech')).html, /AADSTS90094/);
    });

    it('a forged yes of somebody who may not say it changes nothing', async () => {
      await desk.browser.open(desk.consentUrl({}, initechId));
      const page = await desk.browser.press('isla@initech');
      const flow = /name="flow" value="([^"]+)"/.exec(page.html)?.[1] ?? '';
      const answer = await graph.send(
        'POST',
        `${twin.ready.login}/${initechId}/signin`,
        { 'content-type': 'application/x-www-form-urlencoded' },
        new URLSearchParams({ flow, action: 'accept' }).toString(),
      );
      assert.match(String(answer.body), /AADSTS90094/);
      assert.equal(initech(), undefined);
    });

    for (const [upn, all, delegatedOnly] of [
      ['alex@acme.example', true, true],
      ['roles.admin@acme.example', true, true],
      ['apps.admin@acme.example', false, true],
      ['voice.admin@acme.example', false, false],
      ['dana@acme.example', false, false],
    ] as const)
      it(`${upn} ${all ? 'may' : 'may not'} grant permissions of apps, ${delegatedOnly ? 'may' : 'may not'} grant delegated ones for everybody`, async () => {
        for (const [scope, may] of [
          ['https://graph.microsoft.com/.default', all],
          ['User.Read', delegatedOnly],
        ] as const) {
          await desk.fresh().browser.open(desk.consentUrl({ scope }, acmeId));
          const { html } = await desk.browser.press(upn);
          assert.equal(html.includes('review for your organization'), may, scope);
          assert.equal(html.includes('AADSTS90094'), !may, scope);
        }
      });

    it('the registration-driven form grants everything and names no scope; declined it says error and nothing else', async () => {
      await desk.browser.open(desk.consentUrl({}, 'organizations', 'v1'));
      await desk.browser.press('ada@initech');
      await desk.browser.press('Cancel');
      assert.deepEqual([desk.returned.error, desk.returned.admin_consent], ['access_denied', undefined]);
      assert.equal(initech(), undefined);
      await desk.fresh().browser.open(desk.consentUrl({}, 'organizations', 'v1'));
      await desk.browser.press('ada@initech');
      await desk.browser.press('Accept');
      assert.deepEqual(desk.returned, { admin_consent: 'True', tenant: initechId, state: 'our state' });
      assert.deepEqual(
        [initech()?.roles, initech()?.scopes],
        [[...app.permissions.application], [...signInScopes]],
      );
    });

    it('the scope-driven form grants the named delegated permissions and no others', async () => {
      await desk.browser.open(desk.consentUrl({ scope: 'https://graph.microsoft.com/User.Read' }, initechId));
      await desk.browser.press('ada@initech');
      await desk.browser.press('Accept');
      assert.deepEqual([initech()?.roles, initech()?.scopes], [[], ['User.Read']]);
    });

    const consentPages: readonly [string, Change, string, number][] = [
      ['common in the v2.0 form', {}, 'common', 90124],
      ['no scope in the v2.0 form', { scope: null }, initechId, 900144],
      ['a redirect URI of somebody else', { redirect_uri: 'https://evil.example/' }, initechId, 50011],
      ['an unknown client', { client_id: '00000000-0000-4000-8000-000000000009' }, initechId, 700016],
      ['an unknown tenant', {}, '00000000-0000-4000-8000-000000000009', 90002],
    ];
    for (const [what, change, tenant, code] of consentPages)
      it(`${what} is a page with AADSTS${code}`, async () => {
        const page = await desk.browser.open(desk.consentUrl(change, tenant));
        assert.deepEqual([page.status, page.location], [400, undefined]);
        assert.match(page.html, new RegExp(`AADSTS${code}:`));
      });

    it('what the registration asks for later reaches a tenant with its next consent; single permissions can be taken away', async () => {
      const before = claimsOf(await graph.token(acmeId)).roles as string[];
      assert.ok(app.permissions.application.includes('CallRecords.Read.All'));
      assert.ok(!before.includes('CallRecords.Read.All'));
      await desk.browser.open(desk.consentUrl({}, acmeId));
      await desk.browser.press('alex@acme');
      await desk.browser.press('Accept');
      assert.ok((claimsOf(await graph.token(acmeId)).roles as string[]).includes('CallRecords.Read.All'));
      const later = app.permissions.application.filter((role) => !before.includes(role));
      const gone = { application: later, delegated: [] };
      twin.microsoft365.consents.withdraw(app, acmeId, gone);
      assert.deepEqual(claimsOf(await graph.token(acmeId)).roles, before);
    });

    it('a single-tenant app is not for others: 50194 at organizations, 700016 elsewhere', async () => {
      const own = twin.microsoft365.apps.register({
        displayName: 'Acme <voice>',
        homeTenantId: acmeId,
        multiTenant: false,
        redirectUris: [{ uri: 'https://acme.example/back', kind: 'web' }],
        permissions: { application: ['User.Read.All'], delegated: ['User.Read'] },
      });
      const change = { client_id: own.clientId, redirect_uri: 'https://acme.example/back' };
      assert.match((await desk.browser.open(desk.authorizeUrl(change))).html, /AADSTS50194/);
      assert.match((await desk.browser.open(desk.authorizeUrl(change, globexId))).html, /AADSTS700016/);
      const page = await desk.browser.open(desk.consentUrl(change, acmeId));
      assert.ok(page.html.includes('Acme &lt;voice&gt;'));
      await desk.browser.press('alex@acme');
      await desk.browser.press('Accept');
      assert.deepEqual(own.servicePrincipals.get(acmeId)?.roles, ['User.Read.All']);
    });

    it('a single-page app must bring a challenge and sends no credentials; its refresh token ends after a day', async () => {
      const spa = 'https://portal.example.net/spa';
      app.redirectUris = [...app.redirectUris, { uri: spa, kind: 'spa' }];
      await desk.browser.open(
        desk.authorizeUrl({ redirect_uri: spa, code_challenge: null, code_challenge_method: null }),
      );
      assert.match(desk.returned.error_description ?? '', /^AADSTS9002325/);
      const code = await desk.code('alex@acme', { redirect_uri: spa });
      assert.deepEqual(errorCodes(await desk.redeem({ code, redirect_uri: spa })), [700025]);
      const bare = { client_assertion: null, client_assertion_type: null };
      const { body } = await desk.redeem({ code, redirect_uri: spa, ...bare });
      twin.microsoft365.advance(23 * 3_600_000);
      const next = (await desk.refresh((body as Tokens).refresh_token, bare)).body as Tokens;
      assert.ok(next.refresh_token);
      twin.microsoft365.advance(2 * 3_600_000);
      assert.deepEqual(errorCodes(await desk.refresh(next.refresh_token, bare)), [700084]);
    });
  });
});
