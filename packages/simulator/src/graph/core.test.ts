import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { acmeId, errorOf, globexId, listOf, type TestAnswer, TestGraph } from '../testing/test-graph.ts';
import { TestSbc } from '../testing/test-sbc.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';
import { graphAppClientId } from '../world/rehearsal-world.ts';
import { defaultGraphSettings } from './graph-world.ts';
import { documentedQuotas } from './throttle.ts';

/** What every operation shares beyond graph.test.ts: people as callers, limits of each service, faults, odd answers. */

describe("Graph's core", () => {
  let twin: Twin;
  let graph: TestGraph;
  let token: string;
  let close: () => Promise<void>;
  before(async () => {
    ({ twin, close } = await startTestTwin(26_420));
    graph = await TestGraph.open(twin);
    token = await graph.token();
  });
  after(async () => {
    graph.close();
    await close();
  });
  afterEach(async () => {
    await twin.faults.clear();
    Object.assign(twin.microsoft365.settings, defaultGraphSettings);
    Object.assign(twin.microsoft365.throttle.quotas, documentedQuotas());
    twin.microsoft365.throttle.scale = 1;
    twin.microsoft365.throttle.reset();
    twin.microsoft365.sent.clear();
    token = await graph.token();
  });

  const get = (path: string, bearer = token, headers: Record<string, string> = {}) =>
    graph.call(bearer, 'GET', path, undefined, headers);
  const person = (upn: string) => {
    const found = twin.directory.user(upn);
    assert.ok(found, upn);
    return found.user;
  };
  const teamsAdministrator = '69091246-20e8-4a56-aa4d-066075b2a7a8';
  /** A token for Dana, or for somebody else of Acme. */
  const personToken = (scp: string, more: Record<string, unknown> = {}) => {
    const now = Math.floor(twin.microsoft365.clock.wall() / 1000);
    return twin.microsoft365.keys.sign({
      aud: 'https://graph.microsoft.com',
      iss: `https://sts.windows.net/${acmeId}/`,
      tid: acmeId,
      appid: graphAppClientId,
      idtyp: 'user',
      scp,
      oid: person('dana@acme.example').objectId,
      nbf: now,
      exp: now + 3_600,
      ...more,
    });
  };
  const status = async (answer: Promise<TestAnswer>) => (await answer).status;
  const failed = (check: string) => twin.audit.find({ check, failed: true, kind: 'http' }).length;

  describe('people as callers (G3, G4)', () => {
    it('G3: what an app may is nothing to a person, and the other way round', async () => {
      const app = personToken('', { idtyp: 'app', scp: undefined, roles: ['User.Read.All'] });
      const user = personToken('User.Read.All', { roles: ['Group.Read.All'] });
      assert.equal(await status(get('/users', app)), 200);
      assert.equal(await status(get('/users', user)), 200);
      assert.equal(await status(get('/groups', user)), 403);
      assert.equal(await status(get('/users', personToken('openid profile'))), 403);
      const roleOnly = personToken('openid', { roles: ['User.Read.All'] });
      assert.equal(await status(get('/users', roleOnly)), 403);
    });

    it('G3: `me` is the person who signed in, and nobody for an app', async () => {
      const mine = personToken('User.Read Presence.Read');
      const me = await get('/me', mine);
      assert.equal((me.body as { userPrincipalName: string }).userPrincipalName, 'dana@acme.example');
      assert.equal(await status(get('/me/presence', mine)), 200);
      assert.equal(await status(get('/me')), 403);
      assert.equal(await status(get('/me/presence')), 403);
    });

    it('G3: call logs are for apps alone', async () => {
      const path =
        '/communications/callRecords/getDirectRoutingCalls(fromDateTime=2026-05-01,toDateTime=2026-05-02)';
      assert.equal(await status(get(path, personToken('CallRecords.Read.All'))), 403);
    });

    it('G4: with Presence.Read a person reads their own presence only; by address or id', async () => {
      const mine = personToken('Presence.Read');
      const before = failed('G4');
      assert.equal(await status(get('/users/dana@acme.example/presence', mine)), 200);
      assert.equal(await status(get(`/users/${person('dana@acme.example').objectId}/presence`, mine)), 200);
      assert.equal(await status(get('/users/alex@acme.example/presence', mine)), 403);
      assert.equal(failed('G4'), before + 1);
      assert.equal(
        await status(get('/users/alex@acme.example/presence', personToken('Presence.Read.All'))),
        200,
      );
    });

    it('G4: a person sets their own presence only', async () => {
      const mine = personToken('Presence.ReadWrite');
      const set = (upn: string) =>
        graph.call(mine, 'POST', `/users/${person(upn).objectId}/presence/clearUserPreferredPresence`);
      assert.deepEqual(
        [(await set('dana@acme.example')).status, (await set('alex@acme.example')).status],
        [200, 403],
      );
    });

    it('G3: each delegated permission of presence opens what it says, and nothing beside it', async () => {
      const { objectId } = person('dana@acme.example');
      const session = { sessionId: graphAppClientId, availability: 'Away', activity: 'Away' };
      const asks = {
        mine: (token: string) => get('/me/presence', token),
        set: (token: string) => graph.call(token, 'POST', `/users/${objectId}/presence/setPresence`, session),
        clear: (token: string) =>
          graph.call(token, 'POST', `/users/${objectId}/presence/clearPresence`, {
            sessionId: graphAppClientId,
          }),
        many: (token: string) =>
          graph.call(token, 'POST', '/communications/getPresencesByUserId', { ids: [objectId] }),
      };
      const opens: Record<string, readonly (keyof typeof asks)[]> = {
        'User.Read': [],
        'Presence.Read': ['mine'],
        'Presence.ReadWrite': ['set', 'clear'],
        'Presence.Read Presence.ReadWrite': ['mine', 'set', 'clear'],
        'Presence.Read.All': ['mine', 'many'],
      };
      for (const [scp, opened] of Object.entries(opens))
        for (const [name, ask] of Object.entries(asks)) {
          const wanted = opened.includes(name as keyof typeof asks) ? 200 : 403;
          assert.equal(await status(ask(personToken(scp))), wanted, `${scp}: ${name}`);
        }
      // What an application holds under that name is of no use to a person.
      assert.equal(await status(asks.set(personToken('Presence.ReadWrite.All'))), 403);
    });

    it('G4: User.Read shows the person, and nobody else', async () => {
      const mine = personToken('User.Read');
      assert.equal(await status(get('/users/dana@acme.example', mine)), 200);
      assert.equal(await status(get('/users/alex@acme.example', mine)), 403);
    });

    it('G4: the administration of Teams needs a role, whatever the token is for', async () => {
      const path = '/admin/teams/telephoneNumberManagement/numberAssignments';
      const scp = 'TeamsTelephoneNumber.ReadWrite.All';
      const before = failed('G4');
      assert.equal(await status(get(path, personToken(scp))), 403);
      const member = personToken(scp, { wids: ['b79fbf4d-3ef9-4689-8143-76b194e85509'] });
      assert.equal(await status(get(path, member)), 403);
      assert.equal(failed('G4'), before + 2);
      assert.equal(await status(get(path, personToken(scp, { wids: [teamsAdministrator] }))), 200);
    });

    it('G1: a token of v2 names its app by azp', async () => {
      const v2 = personToken('User.Read', { appid: undefined, azp: graphAppClientId, ver: '2.0' });
      assert.equal(await status(get('/me', v2)), 200);
    });
  });

  describe('limits (G13)', () => {
    const asked = async (path: string, count: number) => {
      const answers: TestAnswer[] = [];
      for (let one = 0; one < count; one++) answers.push(await get(path));
      return answers;
    };

    it('G13: a scale makes every limit tighter at once', async () => {
      twin.microsoft365.throttle.scale = 0.001;
      const answers = await asked('/organization', 6);
      assert.deepEqual(
        answers.map((answer) => answer.status),
        [200, 200, 200, 429, 429, 429],
      );
    });

    it('G13: near the limit the share of it is told', async () => {
      twin.microsoft365.throttle.quotas.identity.limit = 4;
      const answers = await asked('/organization', 4);
      assert.equal(answers[0]?.headers['x-ms-throttle-limit-percentage'], undefined);
      assert.equal(answers[3]?.headers['x-ms-throttle-limit-percentage'], '1.0');
    });

    it('G13: a larger tenant may read more', async () => {
      const { throttle } = twin.microsoft365;
      throttle.quotas.identity.limit = 7;
      const passed = (users: number) => {
        throttle.reset();
        let count = 0;
        const one = {
          appId: 'a',
          tenantId: 't',
          service: 'identity',
          method: 'GET',
          cost: 1,
          resource: '',
        } as const;
        while (!throttle.take({ ...one, users }).refused) count++;
        return count;
      };
      assert.deepEqual([passed(49), passed(50), passed(501)], [7, 10, 16]);
    });

    it('G13: an app has limits over all tenants, which name another scope', async () => {
      twin.microsoft365.throttle.quotas.identityApp = { limit: 2, windowMs: 1_000_000 };
      const other = await graph.token(globexId);
      assert.equal(await status(get('/organization')), 200);
      assert.equal(await status(get('/organization', other)), 200);
      const third = await get('/organization');
      assert.equal(third.status, 429);
      assert.match(String(third.headers['x-ms-throttle-scope']), /^Application\/Read\//);
    });

    it('what was on its way with a refused request is no impatience; what comes after the answer is', () => {
      const { throttle } = twin.microsoft365;
      throttle.quotas.presence = { limit: 1, windowMs: 1_000_000 };
      const before = throttle.counts.insideRetryAfter;
      const ask = () =>
        throttle.take({
          appId: 'batches',
          tenantId: 't',
          service: 'presence',
          method: 'GET',
          cost: 1,
          users: 1,
          resource: '',
        }).refused !== undefined;
      assert.deepEqual([ask(), ask(), ask(), ask()], [false, true, true, true]);
      assert.equal(throttle.counts.insideRetryAfter - before, 0);
      twin.microsoft365.advance(1_000);
      ask();
      assert.equal(throttle.counts.insideRetryAfter - before, 1);
    });

    it('G13: writes of the directory have their own, per tenant too', async () => {
      const { throttle } = twin.microsoft365;
      throttle.quotas.identityWriteTenant = { limit: 1, windowMs: 1_000_000 };
      const write = (appId: string) =>
        throttle.take({
          appId,
          tenantId: 't',
          service: 'identity',
          method: 'PATCH',
          cost: 1,
          users: 1,
          resource: '',
        }).refused;
      assert.equal(write('a'), undefined);
      const refused = write('b');
      assert.deepEqual([refused?.quota, refused?.scope], ['identityWriteTenant', 'Tenant']);
    });

    it('G13: a mailbox is one meter, the next mailbox another; Teams says activityLimitReached and no scope', async () => {
      twin.microsoft365.throttle.quotas.outlook = { limit: 1, windowMs: 1_000_000 };
      const bearer = await graph.tokenWith(['MailboxSettings.Read']);
      const read = (upn: string) => get(`/users/${upn}/mailboxSettings`, bearer);
      assert.equal(await status(read('dana@acme.example')), 200);
      assert.equal(await status(read('alex@acme.example')), 200);
      const refused = await read('dana@acme.example');
      assert.equal(refused.status, 429);
      assert.equal(refused.headers['x-ms-throttle-scope'], undefined);
      assert.equal(errorOf(refused).code, 'activityLimitReached');
      assert.ok(Number(refused.headers['retry-after']) > 0);
    });

    it('G13: deleting has a limit of its own in Teams', async () => {
      twin.microsoft365.throttle.quotas.teamsDelete = { limit: 1, windowMs: 1_000_000 };
      const remove = () => graph.call(token, 'DELETE', `/subscriptions/${acmeId}`);
      assert.deepEqual([(await remove()).status, (await remove()).status], [404, 429]);
    });
  });

  describe('a bad day (G14)', () => {
    it('G14: a percentage of the requests for one operation, and no other', async () => {
      await twin.faults.set({ at: 'graph', operation: '/organization', percent: 50 }, '503');
      let broken = 0;
      for (let one = 0; one < 40; one++) {
        if ((await get('/organization')).status === 503) broken++;
        assert.equal(await status(get('/groups')), 200);
      }
      assert.ok(broken > 5 && broken < 35, `${broken} of 40`);
    });

    it('G14: a newer token is wanted: 401 with claims that a library can read', async () => {
      await twin.faults.set({ at: 'graph', operation: '*', times: 1 }, '401-claims');
      const answer = await get('/organization');
      assert.deepEqual([answer.status, errorOf(answer).code], [401, 'InvalidAuthenticationToken']);
      const header = String(answer.headers['www-authenticate']);
      assert.match(header, /error="insufficient_claims"/);
      const claims = /claims="([^"]+)"/.exec(header)?.[1] ?? '';
      const said = JSON.parse(Buffer.from(claims, 'base64').toString('utf8'));
      assert.equal(said.access_token.nbf.essential, true);
      assert.equal(await status(get('/organization')), 200);
    });
  });

  describe('odd answers', () => {
    it('G18: members that nobody asked for come when told so, and Microsoft allows them', async () => {
      twin.microsoft365.settings.extraMembers = true;
      const answer = await get('/users');
      assert.equal(answer.status, 200);
      const odd = Object.keys(answer.body as object).filter(
        (name) => !['@odata.context', '@odata.nextLink', 'value'].includes(name),
      );
      assert.ok(odd.length > 0 && odd.every((name) => name.startsWith('@')));
    });

    it('G11: a page link of another app or another tenant is refused', async () => {
      const first = (await get('/users?$top=2')).body as Record<string, string>;
      const link = first['@odata.nextLink'] ?? '';
      assert.equal(await status(get(link)), 200);
      assert.equal(await status(get(link, await graph.token(globexId))), 400);
      assert.equal(await status(get(link.replace('%24top=2', '%24top=3').replace('$top=2', '$top=3'))), 400);
      assert.ok(failed('G11') > 0);
    });

    it('P6: a state shows in Graph at once, in the Teams of others later', async () => {
      const dana = person('dana@acme.example');
      const { presence, settings } = twin.microsoft365;
      settings.teamsClientLagMs = 60_000;
      presence.shown(dana);
      twin.microsoft365.advance(120_000);
      presence.setClient(dana, { availability: 'Busy', activity: 'InAMeeting' });
      const path = `/users/${dana.objectId}/presence`;
      assert.equal(((await get(path)).body as { availability: string }).availability, 'Busy');
      assert.equal(presence.inTeams(dana, settings.teamsClientLagMs).availability, 'Available');
      twin.microsoft365.advance(61_000);
      assert.equal(presence.inTeams(dana, settings.teamsClientLagMs).availability, 'Busy');
      presence.setClient(dana, null);
    });

    it('P8: a status message is text; its times are for the person alone; it ends; an empty one clears it', async () => {
      const dana = person('dana@acme.example');
      const path = `/users/${dana.objectId}/presence`;
      const set = (content: string, more: object = {}, contentType = 'text') =>
        graph.call(token, 'POST', `${path}/setStatusMessage`, {
          statusMessage: { message: { content, contentType }, ...more },
        });
      const seen = async (bearer = token) =>
        ((await get(path, bearer)).body as { statusMessage: Record<string, unknown> | null }).statusMessage;
      const until = (ms: number) => ({
        expiryDateTime: {
          dateTime: new Date(twin.microsoft365.clock.wall() + ms).toISOString().slice(0, -1),
          timeZone: 'UTC',
        },
      });
      assert.equal((await set('<b>x</b>', {}, 'html')).status, 400);
      assert.equal((await set('x'.repeat(281))).status, 400);
      assert.equal((await set('x', { expiryDateTime: { dateTime: 'soon', timeZone: 'UTC' } })).status, 400);
      assert.equal(failed('P8') >= 3, true);
      assert.equal((await set('Back at three', until(600_000))).status, 200);
      assert.deepEqual(await seen(), { message: { content: 'Back at three', contentType: 'text' } });
      const own = await seen(personToken('Presence.Read'));
      assert.ok(own?.publishedDateTime && own.expiryDateTime);
      twin.microsoft365.advance(601_000);
      assert.equal(await seen(await graph.token()), null);
      await set('again');
      await set('');
      assert.equal(await seen(), null);
    });

    it('P9: the spelling changes, and values come that nobody has seen', async () => {
      const read = async () => {
        const { availability, activity } = (
          await get(`/users/${person('dana@acme.example').objectId}/presence`)
        ).body as { availability: string; activity: string };
        return `${availability}/${activity}`;
      };
      assert.equal(await read(), 'Available/Available');
      twin.microsoft365.settings.presenceNames = 'camel';
      assert.equal(await read(), 'available/available');
      twin.microsoft365.settings.presenceNames = 'fresh';
      assert.equal(await read(), 'AvailableElsewhere/AvailableElsewhere');
    });
  });

  describe('mail, activity, chat (M1 to M3)', () => {
    const mail = {
      message: {
        subject: 'Your number',
        body: { contentType: 'HTML', content: '<p>Hello</p>' },
        toRecipients: [{ emailAddress: { address: 'dana@acme.example' } }],
      },
      saveToSentItems: false,
    };
    const items = () => twin.microsoft365.sent.all();

    it('M1: an app sends as anybody: 202 and nothing more, and the message is kept for who asks', async () => {
      const bearer = await graph.tokenWith(['Mail.Send']);
      const answer = await graph.call(bearer, 'POST', '/users/alex@acme.example/sendMail', mail);
      assert.deepEqual([answer.status, answer.body], [202, '']);
      const [item] = items();
      assert.deepEqual([item?.kind, item?.userPrincipalName], ['mail', 'alex@acme.example']);
      assert.equal(
        (item?.content as { message: { subject: string } } | undefined)?.message.subject,
        'Your number',
      );
      const shown = (await (await fetch(`${twin.ready.control}/sent`)).json()) as { items: unknown[] };
      assert.equal(shown.items.length, 1);
    });

    it('M1: a person sends as themselves: `me` works, another mailbox does not; an app has no `me`', async () => {
      const mine = personToken('Mail.Send');
      assert.equal((await graph.call(mine, 'POST', '/me/sendMail', mail)).status, 202);
      assert.equal(items()[0]?.userPrincipalName, 'dana@acme.example');
      assert.equal((await graph.call(mine, 'POST', '/users/alex@acme.example/sendMail', mail)).status, 403);
      const app = await graph.tokenWith(['Mail.Send']);
      assert.equal((await graph.call(app, 'POST', '/me/sendMail', mail)).status, 403);
      assert.equal(items().length, 1);
    });

    it('M1: no permission, no recipient, no mailbox, nobody: refused, and nothing is kept', async () => {
      const bearer = await graph.tokenWith(['Mail.Send']);
      const send = (upn: string, body: object) => graph.call(bearer, 'POST', `/users/${upn}/sendMail`, body);
      assert.equal((await graph.call(token, 'POST', '/users/alex@acme.example/sendMail', mail)).status, 403);
      const nobody = { message: { ...mail.message, toRecipients: [] } };
      assert.equal((await send('alex@acme.example', nobody)).status, 400);
      const odd = { message: { ...mail.message, toRecipients: [{ emailAddress: { address: 'dana' } }] } };
      assert.equal((await send('alex@acme.example', odd)).status, 400);
      assert.equal((await send('ghost@acme.example', mail)).status, 404);
      twin.directory.change(person('alex@acme.example'), { mail: null });
      assert.equal((await send('alex@acme.example', mail)).status, 404);
      twin.directory.change(person('alex@acme.example'), { mail: 'alex@acme.example' });
      assert.equal(items().length, 0);
    });

    const activity = {
      topic: { source: 'text', value: 'Calls', webUrl: 'https://teams.microsoft.com/l/entity/x' },
      activityType: 'numberAssigned',
      previewText: { content: 'You have a number' },
      templateParameters: [],
    };
    const notify = async (change: object = {}, upn = 'dana@acme.example') =>
      graph.call(
        await graph.tokenWith(['TeamsActivity.Send']),
        'POST',
        `/users/${person(upn).objectId}/teamwork/sendActivityNotification`,
        { ...activity, ...change },
      );

    it('M2: a notification is taken and kept; to many by one request', async () => {
      assert.equal((await notify()).status, 204);
      const many = await graph.call(
        await graph.tokenWith(['TeamsActivity.Send']),
        'POST',
        '/teamwork/sendActivityNotificationToRecipients',
        {
          ...activity,
          recipients: ['dana@acme.example', 'alex@acme.example'].map((upn) => ({
            '@odata.type': 'microsoft.graph.aadUserNotificationRecipient',
            userId: person(upn).objectId,
          })),
        },
      );
      assert.equal(many.status, 202, JSON.stringify(many.body));
      assert.equal(items().filter(({ kind }) => kind === 'activity').length, 3);
    });

    it('M2: an activity that is not declared, a text without a deep link, an app that is not there: refused', async () => {
      assert.equal((await notify({ activityType: 'surprise' })).status, 400);
      assert.equal((await notify({ topic: { source: 'text', value: 'x' } })).status, 400);
      assert.equal((await notify({ topic: null })).status, 400);
      assert.equal((await notify({ previewText: null })).status, 400);
      twin.microsoft365.sent.withoutApp.add(person('dana@acme.example').objectId);
      assert.equal((await notify()).status, 403);
      twin.microsoft365.sent.withoutApp.clear();
      assert.equal(items().length, 0);
      assert.ok(failed('M2') >= 5);
    });

    it('M3: an app cannot write into a chat', async () => {
      const bearer = await graph.tokenWith(['Chat.ReadWrite.All', 'Teamwork.Migrate.All']);
      const answer = await graph.call(bearer, 'POST', '/chats/19:x@thread.v2/messages', {
        body: { content: 'Hello' },
      });
      assert.equal(answer.status, 403);
      assert.ok(failed('M3') > 0);
    });
  });

  describe('call logs (C1)', () => {
    const day = 86_400_000;
    const log = async (from: string, to: string, more = '') =>
      get(
        `/communications/callRecords/getDirectRoutingCalls(fromDateTime=${from},toDateTime=${to})${more}`,
        await graph.tokenWith(['CallRecord-PstnCalls.Read.All']),
      );
    const iso = (ms: number) => new Date(ms).toISOString();
    const addCall = (startedAt: number, change: object = {}) => {
      const user = person('dana@acme.example');
      twin.microsoft365.calls.add({
        id: twin.random.uuid(),
        tenantId: acmeId,
        correlationId: twin.random.uuid(),
        user,
        direction: 'in',
        number: '+12025550199',
        trunk: 'sbc1.customers.example.net',
        region: 'eu',
        invitedAt: startedAt - 2_000,
        connectedAt: startedAt,
        endedAt: startedAt + 65_000,
        end: { connected: true },
        ...change,
      });
    };

    it('C1: rows come late, numbers are masked, a failed call says why', async () => {
      const now = twin.microsoft365.clock.wall();
      twin.microsoft365.settings.callLogLagMs = 3_600_000;
      addCall(now);
      addCall(now + 1, {
        connectedAt: undefined,
        endedAt: now + 5_000,
        direction: 'out',
        end: { connected: false, status: 486, subcode: 560_486, phrase: 'Busy Here' },
      });
      const read = async () => listOf(await log(iso(now - day), iso(now + day)));
      assert.deepEqual(await read(), []);
      twin.microsoft365.advance(3_700_000);
      const rows = await read();
      assert.equal(rows.length, 2);
      const good = rows.find((row) => row.successfulCall) ?? {};
      const bad = rows.find((row) => !row.successfulCall) ?? {};
      assert.deepEqual(
        [good.callType, good.callerNumber, good.calleeNumber, good.duration, good.failureDateTime],
        ['ByotIn', '+1202555****', '+1202555****', 65, '0001-01-01T00:00:00Z'],
      );
      assert.deepEqual(
        [bad.callType, bad.finalSipCode, bad.callEndSubReason, bad.duration],
        ['ByotOut', 486, 560_486, 0],
      );
      const other = await graph.call(
        await graph.tokenWith(['CallRecords.Read.All'], globexId),
        'GET',
        `/communications/callRecords/getDirectRoutingCalls(fromDateTime=${iso(now - day)},toDateTime=${iso(now + day)})`,
      );
      assert.deepEqual(listOf(other), []);
      const record = await get(
        `/communications/callRecords/${good.correlationId}`,
        await graph.tokenWith(['CallRecords.Read.All']),
      );
      assert.equal((record.body as { id: string }).id, good.correlationId);
    });

    it('C1: from is in, to is out; pages of 1,000 with their count', async () => {
      twin.microsoft365.settings.callLogLagMs = 0;
      const start = Date.UTC(2026, 4, 1);
      for (let index = 0; index < 1_500; index++) addCall(start + index);
      addCall(start + day);
      const first = await log('2026-05-01', '2026-05-02');
      const body = first.body as Record<string, unknown>;
      assert.deepEqual([listOf(first).length, body['@odata.count']], [1_000, 1_000]);
      const second = await get(
        String(body['@odata.nextLink']),
        await graph.tokenWith(['CallRecord-PstnCalls.Read.All']),
      );
      assert.equal(listOf(second).length, 500, JSON.stringify(second.body).slice(0, 200));
      assert.equal((second.body as Record<string, unknown>)['@odata.nextLink'], undefined);
      assert.equal(listOf(await log('2026-05-02', '2026-05-03')).length, 1);
      assert.equal(listOf(await log(iso(start + 1), iso(start + 3))).length, 2);
    });

    it('C1: a call that the hubs had is in the log, with its trunk, its correlation id and how long it took', async () => {
      twin.microsoft365.settings.callLogLagMs = 0;
      const sbc = new TestSbc(twin);
      await sbc.listen();
      const clients = twin.clients.get('dana@acme.example');
      assert.ok(clients);
      clients.answers = { kind: 'answer', afterMs: 0 };
      const began = twin.microsoft365.clock.wall();
      const outcome = await sbc.call({}).outcome;
      assert.ok('dialog' in outcome, JSON.stringify(outcome));
      const [guid] = [...clients.calls.keys()];
      const logged = new Promise<void>((resolve) => {
        const before = twin.microsoft365.calls.onLogged;
        twin.microsoft365.calls.onLogged = (call) => {
          before(call);
          resolve();
        };
      });
      for (const call of clients.calls.values()) call.hangUp();
      await logged;
      await sbc.close();
      twin.microsoft365.advance(1_000);
      const rows = listOf(await log(iso(began - 1_000), iso(began + day)));
      const row = rows.find(({ correlationId }) => correlationId === guid);
      assert.ok(row, JSON.stringify(rows));
      assert.deepEqual(
        [row.userPrincipalName, row.callType, row.successfulCall, row.trunkFullyQualifiedDomainName],
        ['dana@acme.example', 'ByotIn', true, 'sbc1.customers.example.net'],
      );
      assert.equal(row.calleeNumber, '+1202555****');
    });

    for (const [what, from, to] of [
      ['more than 90 days', '2026-01-01', '2026-05-01'],
      ['an end before its beginning', '2026-05-02', '2026-05-01'],
      ['nothing', '2026-05-01', '2026-05-01'],
      ['no dates', 'yesterday', 'today'],
    ] as const)
      it(`C1: ${what} is refused`, async () => {
        const before = failed('C1');
        assert.equal((await log(from, to)).status, 400);
        assert.equal(failed('C1'), before + 1);
      });

    it('C1: the log of Calling Plans is empty here, and has the same rules', async () => {
      const path = (from: string) =>
        `/communications/callRecords/getPstnCalls(fromDateTime=${from},toDateTime=2026-05-02)`;
      const bearer = await graph.tokenWith(['CallRecords.Read.All']);
      assert.deepEqual(listOf(await get(path('2026-05-01'), bearer)), []);
      assert.equal(await status(get(path('2025-05-01'), bearer)), 400);
      assert.equal(await status(get(path('2026-05-01'))), 403);
    });
  });
});
