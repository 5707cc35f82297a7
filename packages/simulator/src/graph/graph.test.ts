import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { readJwt } from '../entra/jwt.ts';
import { acmeId, errorOf, globexId, listOf, TestGraph } from '../testing/test-graph.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';
import { defaultGraphSettings } from './graph-world.ts';
import { documentedQuotas } from './throttle.ts';

/** Every answer below has passed Microsoft's schema: the twin runs with `checkAnswers` (G7). */

describe('Graph', () => {
  let twin: Twin;
  let graph: TestGraph;
  let token: string;
  let close: () => Promise<void>;
  before(async () => {
    ({ twin, close } = await startTestTwin(24_200));
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
    twin.microsoft365.throttle.reset();
  });

  const get = (path: string, headers: Record<string, string> = {}, bearer = token) =>
    graph.call(bearer, 'GET', path, undefined, headers);
  const failedCheck = (check: string) => twin.audit.find({ check, failed: true, kind: 'http' }).at(-1);
  const person = (upn: string) => {
    const found = twin.directory.user(upn);
    assert.ok(found, upn);
    return found.user;
  };
  const acme = () => {
    const tenant = twin.directory.tenant(acmeId);
    assert.ok(tenant);
    return tenant;
  };
  const names = (answer: Awaited<ReturnType<typeof get>>) =>
    listOf(answer).map((user) => user.userPrincipalName);
  const advanced = { consistencylevel: 'eventual' };

  describe('the door', () => {
    it('G1: no token, a broken one, one of somebody else, one that ended: 401', async () => {
      const parts = token.split('.');
      const forged = Buffer.from(JSON.stringify({ ...readJwt(token)?.claims, tid: globexId })).toString(
        'base64url',
      );
      for (const bad of ['', 'x', `${parts[0]}.${forged}.${parts[2]}`]) {
        const answer = await get('/users', {}, bad);
        assert.deepEqual([answer.status, errorOf(answer).code], [401, 'InvalidAuthenticationToken']);
        assert.match(String(answer.headers['www-authenticate']), /^Bearer /);
      }
      const other = await graph.twin.microsoft365.keys.sign({
        ...readJwt(token)?.claims,
        aud: 'https://x.example',
      });
      assert.equal((await get('/users', {}, other)).status, 401);
      assert.ok(failedCheck('G1'));
    });

    it("G2: Globex's people and groups do not exist for Acme's token", async () => {
      const stranger = twin.directory.user('kim@globex.example')?.user.objectId ?? '';
      const answer = await get(`/users/${stranger}`);
      assert.deepEqual([answer.status, errorOf(answer).code], [404, 'Request_ResourceNotFound']);
      assert.equal((await get('/users/kim@globex.example')).status, 404);
      assert.equal(
        (await get(`/groups/${twin.directory.tenant(globexId)?.enableGroupId}/members`)).status,
        404,
      );
      assert.equal((await get('/users/nobody@acme.example')).status, 404);
    });

    const needs: readonly (readonly [string, string, string, unknown?])[] = [
      ['GET', '/users', 'User.Read.All'],
      ['GET', '/users/dana@acme.example', 'User.Read.All'],
      ['GET', '/users/dana@acme.example/licenseDetails', 'LicenseAssignment.Read.All'],
      ['GET', '/users/delta', 'User.Read.All'],
      ['GET', '/groups', 'Group.Read.All'],
      ['GET', '/groups/delta', 'GroupMember.Read.All'],
      ['GET', '/groups/GROUP', 'GroupMember.Read.All'],
      ['GET', '/groups/GROUP/members', 'GroupMember.Read.All'],
      ['GET', '/groups/GROUP/transitiveMembers', 'GroupMember.Read.All'],
      ['GET', '/organization', 'Organization.Read.All'],
      ['GET', '/users/dana@acme.example/presence', 'Presence.Read.All'],
      ['POST', '/communications/getPresencesByUserId', 'Presence.Read.All', { ids: [acmeId] }],
      ['POST', '/users/dana@acme.example/presence/clearUserPreferredPresence', 'Presence.ReadWrite.All'],
      ['GET', '/admin/teams/userConfigurations', 'TeamsUserConfiguration.Read.All'],
      ['GET', '/admin/teams/telephoneNumberManagement/numberAssignments', 'TeamsTelephoneNumber.Read.All'],
    ];
    for (const [method, template, role, body] of needs) {
      it(`G3: ${method} ${template} needs ${role} or more`, async () => {
        const path = template.replace('GROUP', acme().enableGroupId);
        const refused = await graph.call(await graph.tokenWith(['Mail.Send']), method, path, body);
        assert.equal(refused.status, 403);
        assert.ok(['Authorization_RequestDenied', 'Forbidden'].includes(errorOf(refused).code));
        const granted = await graph.call(await graph.tokenWith([role]), method, path, body);
        assert.equal(granted.status, 200, JSON.stringify(granted.body));
      });
    }

    it('G5: an unknown path, an unknown version and another method are refused', async () => {
      assert.equal((await get('/nonsense')).status, 400);
      assert.equal((await graph.call(token, 'GET', `${twin.ready.graph}/v2.0/users`)).status, 404);
      assert.equal((await graph.call(token, 'POST', '/groups', {})).status, 405);
      assert.equal((await graph.call(token, 'GET', `${twin.ready.graph}/beta/users`)).status, 200);
    });

    it('G6: unknown members, missing ones, no JSON and no content type are refused', async () => {
      const path = '/users/dana@acme.example/presence/setPresence';
      assert.equal(
        (await graph.call(token, 'POST', path, { availabilty: 'Busy', activity: 'InACall' })).status,
        400,
      );
      assert.equal((await graph.call(token, 'POST', path, { availability: 'Busy' })).status, 400);
      const url = `${twin.ready.graph}/v1.0${path}`;
      const authorization = `Bearer ${token}`;
      const text = { authorization, 'content-type': 'text/plain' };
      assert.equal((await graph.send('POST', url, text, '{}')).status, 415);
      const json = { authorization, 'content-type': 'application/json' };
      assert.equal((await graph.send('POST', url, json, '{')).status, 400);
      assert.ok(failedCheck('G6'));
    });

    it('G12: client-request-id comes back, request-id and the date are always there', async () => {
      const id = '11111111-2222-4333-8444-555555555555';
      const good = await get('/users', { 'client-request-id': id });
      const bad = await get('/users/nobody', { 'client-request-id': id });
      for (const answer of [good, bad]) {
        assert.equal(answer.headers['client-request-id'], id);
        assert.ok(answer.headers['request-id'] && answer.headers.date);
      }
      assert.equal(errorOf(bad).innerError['client-request-id'], id);
      assert.equal(twin.audit.find({ guid: id }).length, 2);
    });

    it('G14: a bad day: 401, 403, 429, 500, 502, 503, 504, reset, slow; each as often as told', async () => {
      for (const fault of ['401', '403', '429', '500', '502', '503', '504']) {
        await twin.faults.set({ at: 'graph', operation: '/groups', times: 1 }, fault);
        assert.equal((await get('/users')).status, 200);
        const answer = await get('/groups');
        assert.equal(String(answer.status), fault);
        assert.equal(answer.headers['retry-after'], ['429', '503'].includes(fault) ? '2' : undefined);
        assert.equal((await get('/groups')).status, 200);
      }
      await twin.faults.set({ at: 'graph', operation: '*', times: 1 }, 'reset');
      await assert.rejects(get('/users'), { code: 'ECONNRESET' });
      await twin.faults.set({ at: 'graph', operation: '*', times: 1, delayMs: 20 }, 'slow');
      assert.equal((await get('/users')).status, 200);
    });
  });

  describe('throttling (G13)', () => {
    it('the directory counts resource units and says who is throttled and for how long', async () => {
      twin.microsoft365.throttle.quotas.identity.limit = 8;
      const path = `/groups/${acme().enableGroupId}/transitiveMembers`;
      const first = await get(path);
      assert.deepEqual([first.status, first.headers['x-ms-resource-unit']], [200, '5']);
      const second = await get(path);
      assert.deepEqual([second.status, second.headers['retry-after']], [429, '4']);
      assert.match(String(second.headers['x-ms-throttle-scope']), /^Tenant_Application\/Read\//);
      assert.equal(second.headers['x-ms-throttle-information'], 'ResourceUnitLimitExceeded');
      assert.equal((await get('/users', {}, await graph.token(globexId))).status, 200);
    });

    it('presence and Teams answer in another way; calls during the wait count, patience helps', async () => {
      twin.microsoft365.throttle.quotas.presence = { limit: 1, windowMs: 30_000 };
      const path = '/users/dana@acme.example/presence';
      assert.equal((await get(path)).status, 200);
      const refused = await get(path);
      assert.deepEqual([refused.status, errorOf(refused).code], [429, 'activityLimitReached']);
      assert.equal(refused.headers['x-ms-throttle-scope'], undefined);
      twin.microsoft365.advance(1_000);
      assert.equal((await get(path)).status, 429);
      assert.equal(twin.microsoft365.throttle.counts.insideRetryAfter, 1);
      twin.microsoft365.advance(120_000);
      assert.equal((await get(path)).status, 200);
      twin.microsoft365.throttle.quotas.teamsRead = { limit: 1, windowMs: 1_000_000 };
      const numbers = '/admin/teams/userConfigurations';
      assert.deepEqual([(await get(numbers)).status, (await get(numbers)).status], [200, 429]);
    });
  });

  describe('users, licences, groups', () => {
    it('G8: the default properties come without $select, the selected ones with it, unknown ones are refused', async () => {
      const plain = (await get('/users/dana@acme.example')).body as Record<string, unknown>;
      assert.equal(plain.accountEnabled, undefined);
      assert.equal(plain.mail, 'dana@acme.example');
      const select = '/users/dana@acme.example?$select=id,accountEnabled,assignedPlans';
      const chosen = (await get(select)).body as Record<string, unknown>;
      assert.deepEqual(Object.keys(chosen).toSorted(), [
        '@odata.context',
        'accountEnabled',
        'assignedPlans',
        'id',
      ]);
      assert.equal((await get('/users?$select=shoeSize')).status, 400);
      assert.ok(failedCheck('G8'));
    });

    it('G3: the basic permission shows no licences', async () => {
      const basic = await graph.tokenWith(['User.ReadBasic.All']);
      assert.equal((await get('/users?$select=id,mail', {}, basic)).status, 200);
      assert.equal((await get('/users?$select=id,assignedPlans', {}, basic)).status, 403);
    });

    it('G9: $top above 999 is refused, or clipped when Microsoft feels like it', async () => {
      assert.equal((await get('/users?$top=1000')).status, 400);
      assert.equal((await get('/users?$top=0')).status, 400);
      twin.microsoft365.settings.topAboveMaximum = 'clip';
      assert.equal((await get('/users?$top=1000')).status, 200);
    });

    it('G10: advanced queries need their header and $count', async () => {
      const filter = "/users?$filter=endswith(mail,'@acme.example')";
      const refused = await get(filter);
      assert.deepEqual([refused.status, errorOf(refused).code], [400, 'Request_UnsupportedQuery']);
      assert.equal((await get(`${filter}&$count=true`)).status, 400);
      assert.equal((await get(`${filter}&$count=true`, advanced)).status, 200);
      const cast = `/groups/${acme().enableGroupId}/transitiveMembers/microsoft.graph.user`;
      assert.equal((await get(cast)).status, 400);
      assert.equal((await get(`${cast}?$count=true`, advanced)).status, 200);
      assert.equal((await get('/users?$orderby=displayName')).status, 400);
      const counted = (await get('/users?$count=true')).body as Record<string, unknown>;
      assert.equal(counted['@odata.count'], undefined);
    });

    it('$filter finds people by address, by flag, by prefix, by licence plan', async () => {
      const find = async (filter: string, headers = {}) =>
        names(
          await get(
            `/users?$filter=${encodeURIComponent(filter)}${headers === advanced ? '&$count=true' : ''}`,
            headers,
          ),
        );
      assert.deepEqual(await find("mail eq 'SAM@acme.example'"), [
        'sam@acme.example',
        'sam.stone@acme.example',
      ]);
      assert.deepEqual(await find('accountEnabled eq false'), ['dylan@acme.example']);
      assert.deepEqual(await find("startswith(displayName,'Da') and userType eq 'Member'"), [
        'dana@acme.example',
      ]);
      const plan = 'assignedPlans/any(p:p/servicePlanId eq 4828c8ec-dc2e-4779-b502-87ac9ce28ab7)';
      assert.ok((await find(plan)).includes('dana@acme.example'));
      assert.ok((await find(`not(${plan})`, advanced)).includes('bo@acme.example'));
      assert.deepEqual(await find("userPrincipalName in ('bo@acme.example', 'x@acme.example')"), [
        'bo@acme.example',
      ]);
      assert.equal((await get('/users?$filter=mail%20like%20x')).status, 400);
    });

    it('G11: pages follow their links; a link is of one tenant and one query, and ends', async () => {
      twin.microsoft365.settings.pageSize = 4;
      const seen: unknown[] = [];
      let next = '/users?$select=userPrincipalName';
      for (let pages = 0; next !== '' && pages < 20; pages++) {
        const answer = await get(next);
        assert.equal(answer.status, 200);
        assert.ok(listOf(answer).length <= 4);
        seen.push(...names(answer));
        next = ((answer.body as Record<string, string>)['@odata.nextLink'] ?? '') as string;
      }
      assert.deepEqual(seen.toSorted(), [...acme().users.values()].map(({ upn }) => upn).toSorted());

      const link = ((await get('/users?$top=2')).body as Record<string, string>)['@odata.nextLink'] ?? '';
      assert.equal((await get(link)).status, 200);
      assert.equal((await get(link.replace('$top=2', '$top=3').replace('%24top=2', '%24top=3'))).status, 400);
      assert.equal((await get(link, {}, await graph.token(globexId))).status, 400);
      assert.equal((await get(`${link}x`)).status, 400);
    });

    it('L1: licences and plans are those that the hubs judge by', async () => {
      const details = async (upn: string) =>
        listOf(await get(`/users/${upn}/licenseDetails`)).map((licence) => licence.skuPartNumber);
      assert.deepEqual(await details('dana@acme.example'), ['SPE_E3', 'MCOEV']);
      assert.deepEqual(await details('bo@acme.example'), ['SPE_E3']);
      assert.equal((await get('/users/nobody/licenseDetails')).status, 404);
    });

    it('D5: members are direct, transitiveMembers are flattened and name the nested group', async () => {
      const group = acme().enableGroupId;
      const types = async (path: string) =>
        Object.groupBy(listOf(await get(`/groups/${group}/${path}`)), (one) => String(one['@odata.type']));
      const [direct, all] = [await types('members'), await types('transitiveMembers')];
      const upns = (of: typeof direct) => of['#microsoft.graph.user']?.map((one) => one.userPrincipalName);
      assert.ok(upns(direct)?.includes('dana@acme.example'));
      assert.ok(!upns(direct)?.includes('robin@acme.example'));
      assert.ok(upns(all)?.includes('robin@acme.example'));
      assert.ok(!upns(all)?.includes('devin@acme.example'));
      assert.equal(direct['#microsoft.graph.group']?.length, 1);
      const count = await get(`/groups/${group}/transitiveMembers/$count`, advanced);
      assert.equal(count.body, (upns(all)?.length ?? 0) + 1);
      assert.equal((await get(`/groups/${group}/transitiveMembers/$count`)).status, 400);
    });

    it('D6: without the right to read users, members are an id and a type', async () => {
      const narrow = await graph.tokenWith(['GroupMember.Read.All']);
      const [first] = listOf(await get(`/groups/${acme().enableGroupId}/members`, {}, narrow));
      assert.deepEqual(Object.keys(first ?? {}).toSorted(), ['@odata.type', 'id']);
    });

    it('G17: the directory shows a change later than it was made, when it is told to lag', async () => {
      twin.microsoft365.settings.directoryLagMs = 30_000;
      const devin = person('devin@acme.example');
      const before = devin.groups;
      twin.directory.change(devin, { groups: [acme().enableGroupId], displayName: 'Devin D.' });
      const isMember = async () =>
        names(await get(`/groups/${acme().enableGroupId}/transitiveMembers`)).includes(devin.upn);
      assert.equal(await isMember(), false);
      twin.microsoft365.advance(30_001);
      assert.equal(await isMember(), true);
      twin.directory.change(devin, { groups: before, displayName: 'Devin Drake' });
    });
  });

  describe('delta', () => {
    const follow = async (path: string) => {
      const answer = await get(path);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      return {
        value: listOf(answer),
        link: (answer.body as Record<string, string>)['@odata.deltaLink'] ?? '',
      };
    };

    it('D1: users: everybody first, then who changed, then nobody; latest gives a link only', async () => {
      const first = await follow('/users/delta?$select=displayName,accountEnabled');
      assert.equal(first.value.length, acme().users.size);
      assert.deepEqual((await follow(first.link)).value, []);
      twin.directory.change(person('nico@acme.example'), { accountEnabled: false });
      const second = await follow(first.link);
      assert.deepEqual(second.value, [
        {
          id: person('nico@acme.example').objectId,
          displayName: person('nico@acme.example').displayName,
          accountEnabled: false,
        },
      ]);
      assert.deepEqual((await follow(second.link)).value, []);
      assert.deepEqual((await follow('/users/delta?$deltatoken=latest')).value, []);
      twin.directory.change(person('nico@acme.example'), { accountEnabled: true });
    });

    it('D1, D5: groups: members come and go; a nested group is one member', async () => {
      const group = acme().enableGroupId;
      const path = `/groups/delta?$select=displayName,members&$filter=${encodeURIComponent(`id eq '${group}'`)}`;
      const first = await follow(path);
      const [entry] = first.value as {
        id: string;
        'members@delta': { '@odata.type': string; id: string }[];
      }[];
      assert.equal(entry?.id, group);
      assert.ok(entry?.['members@delta'].some((one) => one['@odata.type'] === '#microsoft.graph.group'));
      const alex = person('alex@acme.example');
      twin.directory.change(alex, { groups: [] });
      const gone = await follow(first.link);
      assert.deepEqual(gone.value[0]?.['members@delta'], [
        { '@odata.type': '#microsoft.graph.user', id: alex.objectId, '@removed': { reason: 'deleted' } },
      ]);
      twin.directory.change(alex, { groups: [group] });
      const back = await follow(gone.link);
      assert.deepEqual(back.value[0]?.['members@delta'], [
        { '@odata.type': '#microsoft.graph.user', id: alex.objectId },
      ]);
    });

    it('D1: somebody who is new shows up in both', async () => {
      const [users, groups] = [
        await follow('/users/delta?$deltatoken=latest'),
        await follow('/groups/delta'),
      ];
      const alex = person('alex@acme.example');
      const objectId = '7818921f-0000-4000-8000-00000000beef';
      twin.directory.add(acme(), { ...alex, upn: 'new@acme.example', objectId, number: undefined });
      assert.deepEqual(
        (await follow(users.link)).value.map((user) => user.id),
        [objectId],
      );
      const [group] = (await follow(groups.link)).value as { 'members@delta': { id: string }[] }[];
      assert.deepEqual(
        group?.['members@delta'].map(({ id }) => id),
        [objectId],
      );
      assert.equal((await get(`/users/${objectId}`)).status, 200);
    });

    it('D2, D3: a token of eight days ago is 410 with a way to start over; unsupported options are refused', async () => {
      const { link } = await follow('/groups/delta');
      assert.equal((await get(`${link}x`)).status, 400);
      assert.equal((await get('/groups/delta?$top=5')).status, 400);
      const many = Array.from({ length: 51 }, () => `id eq '${acme().enableGroupId}'`).join(' or ');
      assert.equal((await get(`/groups/delta?$filter=${encodeURIComponent(many)}`)).status, 400);
      twin.microsoft365.advance(8 * 86_400_000);
      assert.equal((await get(link)).status, 401, 'the token has ended as well');
      token = await graph.token();
      const late = await get(link);
      assert.deepEqual([late.status, errorOf(late).code], [410, 'syncStateNotFound']);
      assert.match(String(late.headers.location), /\/groups\/delta/);
    });
  });

  describe('$batch (G15)', () => {
    const batch = (requests: unknown) => graph.call(token, 'POST', '/$batch', { requests });
    const one = (id: string, url = '/users/dana@acme.example') => ({ id, method: 'GET', url });

    it('answers each request on its own', async () => {
      const answer = await batch([one('1'), one('2', '/users/nobody'), one('3', '/users?$top=1')]);
      const { responses } = answer.body as { responses: { id: string; status: number; body: unknown }[] };
      const status = Object.fromEntries(responses.map((response) => [response.id, response.status]));
      assert.deepEqual(status, { 1: 200, 2: 404, 3: 200 });
    });

    it('refuses 21 requests, an id twice, a body without Content-Type', async () => {
      const many = Array.from({ length: 21 }, (_, index) => one(String(index)));
      assert.equal((await batch(many)).status, 400);
      assert.equal((await batch(many.slice(1))).status, 200);
      assert.equal((await batch([one('a'), one('A')])).status, 400);
      assert.equal((await batch([{ ...one('1'), method: 'POST', body: {} }])).status, 400);
      assert.equal((await batch([])).status, 400);
      assert.equal((await batch([one('1', 'https://x.example/users')])).status, 400);
    });

    it('throttles inside: 429 with Retry-After among the headers of the inner answer; 424 after a failure', async () => {
      twin.microsoft365.throttle.quotas.identity.limit = 1;
      const answer = await batch([one('1'), one('2')]);
      const { responses } = answer.body as {
        responses: { status: number; headers: Record<string, string> }[];
      };
      assert.equal(answer.status, 200);
      assert.equal(responses.find(({ status }) => status === 429)?.headers['Retry-After'], '4');
      twin.microsoft365.throttle.quotas.identity.limit = 3_500;
      twin.microsoft365.throttle.reset();
      const chain = await batch([one('1', '/users/nobody'), { ...one('2'), dependsOn: ['1'] }]);
      const inner = (chain.body as typeof answer.body & { responses: { status: number }[] }).responses;
      assert.deepEqual(inner.map(({ status }) => status).toSorted(), [404, 424]);
    });
  });
});
