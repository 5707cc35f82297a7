import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { acmeId, globexId, type TestAnswer, TestGraph } from '../testing/test-graph.ts';
import { claimsOf, errorCodes, TestSignIn, type Tokens } from '../testing/test-sign-in.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';
import { graphAppClientId, rehearsalWorld } from '../world/rehearsal-world.ts';
import { type EntraCheck, entraCheckTable } from './check-table.ts';

const initechId = rehearsalWorld.knownToMicrosoftOnly[0]?.entraTenantId ?? '';
const alex = 'alex@acme.example';
const dana = 'dana@acme.example';
const ada = 'ada@initech.example';

/** One test per row of the check table: everything is right but this one thing, and only this check says so. */
describe('Entra check', () => {
  let twin: Twin;
  let graph: TestGraph;
  let desk: TestSignIn;
  let close: () => Promise<void>;
  before(async () => {
    ({ twin, close } = await startTestTwin(26_000));
    graph = await TestGraph.open(twin);
    desk = new TestSignIn(graph);
  });
  after(async () => {
    graph.close();
    await close();
  });

  /** Ids of the checks that failed while `run` ran. */
  async function failed(run: () => Promise<unknown>): Promise<string[]> {
    const from = twin.audit.lastSeq;
    await run();
    return twin.audit
      .find({ after: from, kind: 'http', failed: true })
      .flatMap(({ checks }) => checks ?? [])
      .map(({ id }) => id);
  }
  const works = async (answer: Promise<TestAnswer>): Promise<void> =>
    assert.equal((await answer).status, 200, JSON.stringify((await answer).body));
  const refused = async (answer: Promise<TestAnswer>, status: number, error: string, code: number) => {
    const { body, ...rest } = await answer;
    assert.deepEqual(
      [rest.status, (body as { error: string }).error, errorCodes({ body, ...rest })],
      [status, error, [code]],
    );
  };
  const app = () => twin.microsoft365.app;

  const tests = {
    A1: async () => {
      await works(graph.askToken());
      await assert.rejects(fetch(`http://${new URL(twin.ready.login).host}/`));
      return [];
    },
    A2: () =>
      failed(() =>
        refused(graph.askToken({}, '00000000-0000-4000-8000-000000000000'), 400, 'invalid_request', 90002),
      ),
    A3: () => failed(() => refused(graph.askToken({}, initechId), 400, 'unauthorized_client', 700016)),
    A4: async () => {
      twin.microsoft365.consents.setEnabled(app(), acmeId, false);
      const seen = await failed(() => refused(graph.askToken(), 400, 'unauthorized_client', 7000112));
      const page = await desk.fresh().browser.open(desk.authorizeUrl());
      assert.equal(page.status, 200);
      assert.match((await desk.browser.press(alex)).html, /AADSTS7000112/);
      twin.microsoft365.consents.setEnabled(app(), acmeId, true);
      await works(graph.askToken());
      return seen;
    },
    A5: () => failed(() => refused(graph.askToken({}, 'organizations'), 400, 'invalid_request', 9001023)),
    A6: () =>
      failed(() =>
        refused(
          graph.askToken({ scope: 'https://graph.microsoft.com/.default https://x.example/.default' }),
          400,
          'invalid_scope',
          28002,
        ),
      ),
    A7: () =>
      failed(() =>
        refused(graph.askToken({ scope: 'https://vault.example/.default' }), 400, 'invalid_resource', 500011),
      ),
    A8: async () => {
      const { apps, clock } = twin.microsoft365;
      const secret = apps.addSecret(app(), 'for A8', clock.wall() + 1_000);
      const form = { client_assertion: null, client_assertion_type: null, client_secret: secret.value };
      await works(graph.askToken(form));
      twin.microsoft365.advance(2_000);
      const seen = await failed(() => refused(graph.askToken(form), 401, 'invalid_client', 7000222));
      apps.removeSecret(app(), secret.id);
      await refused(graph.askToken(form), 401, 'invalid_client', 7000215);
      return seen;
    },
    A9: async () => {
      await works(graph.askToken());
      const spoilt = await graph.assertion({ claims: { exp: 1_000_000_000 } });
      const seen = await failed(() =>
        refused(graph.askToken({ client_assertion: spoilt }), 401, 'invalid_client', 700024),
      );
      const { settings } = twin.microsoft365.consents;
      const once = await graph.assertion();
      await works(graph.askToken({ client_assertion: once }));
      await works(graph.askToken({ client_assertion: once }));
      settings.assertionsOnce = true;
      await refused(graph.askToken({ client_assertion: once }), 401, 'invalid_client', 50012);
      settings.assertionsOnce = false;
      return seen;
    },
    A10: async () => {
      const wrong = { redirect_uri: 'https://portal.example.net/connect/callback/' };
      const seen = await failed(async () => {
        const page = await desk.fresh().browser.open(desk.authorizeUrl(wrong));
        assert.deepEqual([page.status, page.location], [400, undefined]);
        assert.match(page.html, /AADSTS50011/);
      });
      const code = await desk.code(alex);
      const other = { code, redirect_uri: 'https://portal.example.net/connect/callback' };
      const onTheTokenLeg = await failed(() => refused(desk.redeem(other), 400, 'invalid_client', 500112));
      assert.deepEqual(onTheTokenLeg, seen);
      await works(desk.redeem({ code }));
      return seen;
    },
    A11: async () => {
      const code = await desk.code(alex);
      await refused(desk.redeem({ code, code_verifier: 'another-verifier' }), 400, 'invalid_grant', 501481);
      await works(desk.redeem({ code }));
      const seen = await failed(() => refused(desk.redeem({ code }), 400, 'invalid_grant', 54005));
      const late = await desk.code(alex);
      twin.microsoft365.advance(10 * 60_000 + 1);
      await refused(desk.redeem({ code: late }), 400, 'invalid_grant', 70008);
      const { apps, clock } = twin.microsoft365;
      const stranger = apps.register({
        displayName: 'Stranger',
        homeTenantId: acmeId,
        multiTenant: true,
        redirectUris: app().redirectUris,
        permissions: { application: [], delegated: [] },
      });
      const secret = apps.addSecret(stranger, 'secret', clock.wall() + 60_000);
      const asStranger = {
        client_id: stranger.clientId,
        client_secret: secret.value,
        client_assertion: null,
        code: await desk.code(alex),
      };
      await refused(desk.redeem(asStranger), 400, 'invalid_grant', 70000);
      apps.remove(stranger.clientId);
      return seen;
    },
    A12: async () => {
      const { refresh_token: token } = await desk.tokens(dana);
      twin.microsoft365.advance(89 * 86_400_000);
      const { body } = await desk.refresh(token);
      const next = (body as Tokens).refresh_token;
      twin.microsoft365.advance(2 * 86_400_000);
      const seen = await failed(() => refused(desk.refresh(token), 400, 'invalid_grant', 700082));
      await works(desk.refresh(next));
      twin.microsoft365.signIns.revoke(claimsOf((body as Tokens).access_token).oid as string);
      await refused(desk.refresh(next), 400, 'invalid_grant', 50173);
      return seen;
    },
    A13: async () => {
      const token = await graph.tokenWith([]);
      assert.equal(claimsOf(token).roles, undefined);
      assert.equal((await graph.call(token, 'GET', '/users')).status, 403);
      return [];
    },
    A14: async () => {
      const lifetimes = new Set<number>();
      for (let round = 0; round < 5; round++) {
        const { expires_in } = (await graph.askToken()).body as Tokens;
        assert.ok(expires_in >= 3600 && expires_in <= 5400);
        lifetimes.add(expires_in);
      }
      assert.ok(lifetimes.size > 1);
      const token = await graph.token();
      assert.equal((await graph.call(token, 'GET', '/users?$top=1')).status, 200);
      twin.microsoft365.advance(5_401_000);
      assert.equal((await graph.call(token, 'GET', '/users?$top=1')).status, 401);
      return [];
    },
    A15: async () => {
      const { consents } = twin.microsoft365;
      const seen = await failed(async () => {
        await desk.fresh().browser.open(desk.consentUrl({}, initechId));
        await desk.browser.press(ada);
        await desk.browser.press('Cancel');
      });
      const { error, error_description, admin_consent, state } = desk.returned;
      assert.deepEqual([error, admin_consent, state], ['access_denied', 'True', 'our state']);
      assert.match(error_description ?? '', /^AADSTS65004: /);
      Object.assign(consents.settings, { principalDelayMs: 20_000, grantDelayMs: 40_000 });
      await desk.fresh().browser.open(desk.consentUrl({}, initechId));
      await desk.browser.press(ada);
      await desk.browser.press('Accept');
      assert.deepEqual(desk.returned, {
        admin_consent: 'True',
        tenant: initechId,
        scope: 'https://graph.microsoft.com/.default',
        state: 'our state',
      });
      await refused(graph.askToken({}, initechId), 400, 'unauthorized_client', 700016);
      twin.microsoft365.advance(20_000);
      assert.equal(claimsOf(await graph.token(initechId)).roles, undefined);
      twin.microsoft365.advance(40_000);
      assert.ok((claimsOf(await graph.token(initechId)).roles as string[]).includes('Mail.Send'));
      Object.assign(consents.settings, { principalDelayMs: 0, grantDelayMs: 0 });
      consents.forget(app(), initechId);
      return seen;
    },
    A16: async () => {
      const seen = await failed(async () => {
        await desk.fresh().browser.open(desk.consentUrl({}, acmeId));
        const page = await desk.browser.press('voice.admin@acme.example');
        assert.equal(page.status, 400);
        assert.match(page.html, /Need admin approval.*AADSTS90094/s);
      });
      await desk.browser.press('Have an admin account?');
      assert.match((await desk.browser.press(alex)).html, /review for your organization/);
      return seen;
    },
    A17: async () => {
      const token = await graph.token();
      await twin.microsoft365.rotateKeys(false);
      assert.equal((await graph.call(token, 'GET', '/users?$top=1')).status, 200);
      await twin.microsoft365.rotateKeys(true);
      assert.equal((await graph.call(token, 'GET', '/users?$top=1')).status, 401);
      const url = `${twin.ready.login}/organizations/v2.0/.well-known/openid-configuration`;
      assert.match(((await graph.send('GET', url)).body as { issuer: string }).issuer, /\{tenantid\}/);
      return [];
    },
    A18: async () => {
      const asked = (await desk.redeem({ code: await desk.code(alex) })).body as Tokens;
      const { uid, utid } = JSON.parse(Buffer.from(asked.client_info ?? '', 'base64url').toString('utf8'));
      const { oid, tid } = claimsOf(asked.id_token);
      assert.deepEqual([uid, utid], [oid, tid]);
      const not = (await desk.redeem({ code: await desk.code(alex), client_info: null })).body as Tokens;
      assert.equal(not.client_info, undefined);
      return [];
    },
    A19: async () => {
      const { refresh_token: without } = await desk.tokens(alex);
      twin.microsoft365.secondFactor.add(acmeId);
      const seen = await failed(async () => {
        const answer = desk.refresh(without);
        await refused(answer, 400, 'interaction_required', 50076);
        const { suberror, claims } = (await answer).body as { suberror: string; claims: string };
        assert.equal(suberror, 'basic_action');
        assert.ok(JSON.parse(claims));
      });
      await refused(graph.askToken(), 400, 'interaction_required', 50076);
      await desk.fresh().browser.open(desk.authorizeUrl());
      assert.match((await desk.browser.press(alex)).html, /Approve sign in request/);
      await desk.browser.press('Approve');
      const { body } = await desk.redeem({ code: desk.returned.code ?? '' });
      assert.deepEqual(claimsOf((body as Tokens).access_token).amr, ['pwd', 'mfa']);
      await works(desk.refresh((body as Tokens).refresh_token));
      twin.microsoft365.secondFactor.clear();
      return seen;
    },
    A20: async () => {
      await works(graph.askToken({}, globexId));
      twin.microsoft365.elsewhere.add(globexId);
      const seen = await failed(() => refused(graph.askToken({}, globexId), 400, 'invalid_request', 90038));
      const page = await desk.fresh().browser.open(desk.authorizeUrl({}, globexId));
      assert.match(page.html, /AADSTS90038/);
      await desk.browser.open(desk.authorizeUrl());
      assert.match((await desk.browser.press('kim@globex.example')).html, /AADSTS90038/);
      twin.microsoft365.elsewhere.clear();
      return seen;
    },
  } satisfies Record<EntraCheck, () => Promise<string[]>>;

  /** Those that leave an answer of 200 or no request at all break nothing that the audit could name. */
  const silent: readonly EntraCheck[] = ['A1', 'A13', 'A14', 'A17', 'A18'];

  for (const [id, run] of Object.entries(tests) as [EntraCheck, () => Promise<string[]>][])
    it(`${id}: ${entraCheckTable[id].wants}; else ${entraCheckTable[id].else}`, async () => {
      assert.deepEqual(await run(), silent.includes(id) ? [] : [id]);
    });

  it('nothing that is secret stands in the audit', () => {
    const texts = JSON.stringify(twin.audit.find({ kind: 'http' }));
    for (const name of [
      'client_secret',
      'client_assertion',
      'refresh_token',
      'code',
      'code_verifier',
      'flow',
    ])
      assert.doesNotMatch(texts, new RegExp(`\\b${name}=(?!<masked>)[^&"\\\\ ]`), name);
    assert.ok(texts.includes(graphAppClientId));
  });
});
