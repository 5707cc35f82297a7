import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Group } from '../directory/tenant.ts';
import { emptyVoice } from '../directory/voice.ts';
import { acmeId, errorOf, globexId, listOf, TestGraph } from '../testing/test-graph.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';
import { rehearsalWorld } from '../world/rehearsal-world.ts';
import { defaultGraphSettings } from './graph-world.ts';
import { skus } from './licence-catalogue.ts';
import { documentedQuotas } from './throttle.ts';

/** Every answer below has passed Microsoft's schema: the twin runs with `checkAnswers` (G7). */

const newcomer = rehearsalWorld.knownToMicrosoftOnly[0];
const initechId = newcomer?.entraTenantId ?? '';
const host = newcomer?.sbcHost ?? '';

const everything = [
  'User.ReadWrite.All',
  'GroupMember.Read.All',
  'GroupMember.ReadBasic.All',
  'Organization.Read.All',
  'LicenseAssignment.ReadWrite.All',
  'TeamsPolicyUserAssign.ReadWrite.All',
  'TeamsUserConfiguration.Read.All',
  'Domain.ReadWrite.All',
];

describe("Graph's writes to the directory", () => {
  let twin: Twin;
  let graph: TestGraph;
  let token: string;
  let close: () => Promise<void>;
  before(async () => {
    ({ twin, close } = await startTestTwin(26_200));
    graph = await TestGraph.open(twin);
    token = await graph.tokenWith(everything);
  });
  after(async () => {
    graph.close();
    await close();
  });
  afterEach(async () => {
    await twin.faults.clear();
    Object.assign(twin.microsoft365.settings, defaultGraphSettings);
    Object.assign(twin.microsoft365.throttle.quotas, documentedQuotas());
    Object.assign(twin.directory.delays, { activationMs: 1_000, groupPolicyMs: 0 });
    twin.microsoft365.throttle.reset();
  });

  const get = (path: string, headers: Record<string, string> = {}, bearer = token) =>
    graph.call(bearer, 'GET', path, undefined, headers);
  const send = (method: string, path: string, body?: unknown, bearer = token) =>
    graph.call(bearer, method, path, body);
  const failedCheck = (check: string) => twin.audit.find({ check, failed: true, kind: 'http' }).at(-1);
  const refused = (
    answer: Awaited<ReturnType<typeof get>>,
    status: number,
    check: string,
    message: RegExp,
  ): void => {
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    assert.match(errorOf(answer).message, message);
    assert.match(failedCheck(check)?.summary ?? '', message, `${check} in the audit`);
  };
  const tenantOf = (id: string) => {
    const tenant = twin.directory.tenant(id);
    assert.ok(tenant);
    return tenant;
  };
  const acme = () => tenantOf(acmeId);
  const person = (upn: string) => {
    const found = twin.directory.user(upn);
    assert.ok(found, upn);
    return found.user;
  };
  const configured = async (upn: string) =>
    (await get(`/admin/teams/userConfigurations/${person(upn).objectId}`)).body as {
      featureTypes: string[];
      effectivePolicyAssignments: {
        policyType: string;
        policyAssignment: { displayName: string; assignmentType: string; groupId: string | null };
      }[];
    };
  const effective = async (upn: string) =>
    (await configured(upn)).effectivePolicyAssignments.map(
      ({ policyType, policyAssignment: { displayName, assignmentType } }) =>
        `${policyType} ${displayName} ${assignmentType}`,
    );

  describe('policies', () => {
    const assign = '/admin/teams/policy/userAssignments/assign';
    const type = 'OnlineVoiceRoutingPolicy';
    const idOf = async (name: string, of = type, bearer = token) =>
      (listOf(await get(`/admin/teams/policy/getPolicyId(type='${of}',name='${name}')`, {}, bearer))[0]
        ?.policyId ?? '') as string;
    const wish = (upn: string, policyId: string, policyType = type) => ({
      '@odata.type': '#microsoft.graph.teamsAdministration.teamsPolicyUserAssignment',
      userId: person(upn).objectId,
      policyType,
      policyId,
    });

    it('T5: a policy is named by the id that it has in this tenant, and counts after a while', async () => {
      twin.microsoft365.settings.configurationLagMs = 30_000;
      const id = await idOf('vrp-acme');
      assert.match(id, /^[\w-]{43}$/);
      const bo = 'bo@acme.example';
      const before = await effective(bo);
      assert.equal((await send('POST', assign, { value: [wish(bo, id)] })).status, 204);
      assert.deepEqual(await effective(bo), before, 'not yet');
      twin.microsoft365.advance(30_001);
      assert.deepEqual(await effective(bo), [`${type} VRP-Acme direct`]);
      const un = '/admin/teams/policy/userAssignments/unassign';
      const { policyId: _id, ...without } = wish(bo, id);
      assert.equal((await send('POST', un, { value: [without] })).status, 204);
      twin.microsoft365.advance(30_001);
      assert.deepEqual(await effective(bo), before);
    });

    it('T5: twenty at once, not twenty-one, not none; one that is wrong spoils all', async () => {
      const id = await idOf('VRP-Acme');
      const many = (count: number) => ({
        value: Array.from({ length: count }, () => wish('casey@acme.example', id)),
      });
      refused(await send('POST', assign, many(21)), 400, 'T5', /1 to 20/);
      refused(await send('POST', assign, many(0)), 400, 'T5', /1 to 20/);
      assert.equal((await send('POST', assign, many(20))).status, 204);
      twin.directory.change(person('casey@acme.example'), { policies: {} });
      const half = { value: [wish('casey@acme.example', id), wish('bo@acme.example', 'nothing')] };
      assert.equal((await send('POST', assign, half)).status, 404);
      assert.deepEqual(person('casey@acme.example').policies, {});
    });

    it('T5: an unknown type, an unknown id, the id of another tenant, a name, a UPN, nobody', async () => {
      const id = await idOf('VRP-Acme');
      const one = (change: object) =>
        send('POST', assign, { value: [{ ...wish('bo@acme.example', id), ...change }] });
      refused(await one({ policyType: 'ShoePolicy' }), 400, 'T5', /'ShoePolicy' is not supported/);
      refused(await one({ policyId: 'VRP-Acme' }), 404, 'T5', /was not found/);
      const strange = twin.microsoft365.app.servicePrincipals.get(globexId);
      assert.ok(strange);
      const globex = await graph.tokenWith(everything, globexId);
      refused(await one({ policyId: await idOf('VRP-Globex', type, globex) }), 404, 'T5', /was not found/);
      refused(await one({ policyType: 'TenantDialPlan' }), 404, 'T5', /was not found/);
      assert.equal((await one({ policyId: null })).status, 400);
      refused(await one({ userId: 'bo@acme.example' }), 404, 'T5', /does not exist/);
      refused(await one({ userId: person('kim@globex.example').objectId }), 404, 'T5', /does not exist/);
      refused(await get(`/admin/teams/policy/getPolicyId(type='${type}',name='x')`), 404, 'T5', /'x'/);
      refused(await get("/admin/teams/policy/getPolicyId(type='x',name='y')"), 400, 'T5', /'x'/);
      assert.notEqual(await idOf('AllOn', 'TeamsMeetingPolicy'), '');
    });

    it('T5: a tenant in which Graph assigns no voice policies refuses those and takes the others', async () => {
      acme().voice.refusesVoicePolicies = true;
      const [voice, calling] = [await idOf('VRP-Acme'), await idOf('AllowCalling', 'TeamsCallingPolicy')];
      refused(
        await send('POST', assign, { value: [wish('bo@acme.example', voice)] }),
        400,
        'T5',
        /cannot be assigned in this tenant/,
      );
      const other = { value: [wish('bo@acme.example', calling, 'TeamsCallingPolicy')] };
      assert.equal((await send('POST', assign, other)).status, 204);
      acme().voice.refusesVoicePolicies = false;
      twin.directory.change(person('bo@acme.example'), { policies: {} });
    });

    it('T6: a policy of a group counts late, for direct members only, and gives way to a direct one', async () => {
      const devin = person('devin@acme.example');
      twin.directory.delays.groupPolicyMs = 60_000;
      twin.directory.change(devin, { groups: [acme().enableGroupId] });
      assert.deepEqual(await effective(devin.upn), [], 'Microsoft has not noticed');
      twin.microsoft365.advance(60_001);
      assert.deepEqual(await effective(devin.upn), [`${type} VRP-Acme group`]);
      const [shown] = (await configured(devin.upn)).effectivePolicyAssignments;
      assert.equal(shown?.policyAssignment.groupId, acme().enableGroupId);

      const robin = person('robin@acme.example');
      const before = robin.policies;
      twin.directory.change(robin, { policies: {} });
      twin.microsoft365.advance(60_001);
      assert.deepEqual(await effective(robin.upn), [], 'the group names another group that names Robin');
      twin.directory.change(robin, { policies: before });
      twin.directory.change(devin, { groups: [] });
    });

    it('T6: who has no voice routing policy does not call out, whoever else does', async () => {
      const dana = person('dana@acme.example');
      const { groups, policies } = dana;
      const place = () => twin.proxy.place({ upn: dana.upn, to: '+12025550199' });
      twin.directory.change(dana, { groups: [], policies: {} });
      const placed = await place();
      assert.ok(!placed.ok);
      assert.deepEqual([placed.status, placed.subcode], [403, 510559]);
      assert.match(placed.why, /no voice routing policy/);
      const { voice } = acme();
      const route = voice.routes.get('r-provider');
      assert.ok(route);
      twin.directory.change(dana, { groups, policies });
      voice.routes.delete('r-provider');
      assert.match(JSON.stringify(await place()), /no route of the policy VRP-Acme/);
      voice.routes.set('r-provider', { ...route, numberPattern: '^\\+44' });
      assert.match(JSON.stringify(await place()), /no route of the policy VRP-Acme/);
      voice.routes.set('r-provider', { ...route, gateways: ['sbc9.customers.example.net'] });
      assert.match(JSON.stringify(await place()), /no enabled trunk/);
      voice.routes.set('r-provider', route);
    });

    it('T7: in another national cloud there is no administration of Teams', async () => {
      acme().cloud = 'china';
      for (const path of [
        '/admin/teams/userConfigurations',
        `/admin/teams/policy/getPolicyId(type='a',name='b')`,
      ])
        refused(await get(path), 404, 'T7', /national cloud/);
      acme().cloud = 'global';
      assert.equal((await get('/users')).status, 200);
    });
  });

  describe('people', () => {
    const activation = (upn: string) => ({
      accountEnabled: false,
      displayName: 'Activation',
      mailNickname: 'activate',
      userPrincipalName: upn,
      usageLocation: 'US',
      passwordProfile: { password: 'only for the rehearsal 1', forceChangePasswordNextSignIn: false },
    });

    it('come, change their name, go into the bin, come back, and are gone', async () => {
      const made = await send('POST', '/users', activation('temp@acme.example'));
      assert.equal(made.status, 201, JSON.stringify(made.body));
      const { id } = made.body as { id: string };
      assert.equal(
        (await send('PATCH', `/users/${id}`, { userPrincipalName: 'temp2@acme.example' })).status,
        204,
      );
      assert.equal(((await get('/users/temp2@acme.example')).body as { id: string }).id, id);
      assert.equal((await get('/users/temp@acme.example')).status, 404);
      assert.equal((await send('DELETE', `/users/${id}`)).status, 204);
      assert.equal((await get(`/users/${id}`)).status, 404);
      const bin = listOf(await get('/directory/deletedItems/microsoft.graph.user'));
      assert.deepEqual(
        bin.map((user) => user.id),
        [id],
      );
      assert.match(String(bin[0]?.deletedDateTime), /^20/);
      assert.equal((await send('POST', `/directory/deletedItems/${id}/restore`)).status, 200);
      assert.equal((await get(`/users/${id}`)).status, 200);
      await send('DELETE', `/users/${id}`);
      assert.equal((await send('DELETE', `/directory/deletedItems/${id}`)).status, 204);
      assert.equal((await get(`/directory/deletedItems/${id}`)).status, 404);
    });

    it('D1: a deleted group is 404 and in the bin; restored it is there with its members; purged it is nowhere', async () => {
      const { enableGroupId: id } = acme();
      const members = async () => listOf(await get(`/groups/${id}/members?$top=999`)).length;
      const before = await members();
      twin.directory.deleteGroup(acme(), acme().groups.get(id) as Group);
      assert.equal((await get(`/groups/${id}`)).status, 404);
      assert.equal((await get(`/groups/${id}/members`)).status, 404);
      assert.equal(
        (await send('POST', `/directory/deletedItems/${id}/restore`)).status,
        403,
        'a right on users is none',
      );
      const groups = await graph.tokenWith(['Group.ReadWrite.All']);
      const bin = listOf(await get('/directory/deletedItems/microsoft.graph.group', {}, groups));
      assert.deepEqual(
        bin.map((group) => group.id),
        [id],
      );
      assert.match(String(bin[0]?.deletedDateTime), /^20/);
      assert.equal(
        (await send('POST', `/directory/deletedItems/${id}/restore`, undefined, groups)).status,
        200,
      );
      assert.equal((await get(`/groups/${id}`)).status, 200);
      assert.equal(await members(), before);
      assert.equal(
        (await send('POST', `/directory/deletedItems/${id}/restore`, undefined, groups)).status,
        404,
        'once',
      );
      const doomed = twin.directory.addGroup(acme(), { id: randomUUID(), displayName: 'Doomed' });
      twin.directory.deleteGroup(acme(), doomed);
      assert.equal(
        (await send('DELETE', `/directory/deletedItems/${doomed.id}`, undefined, groups)).status,
        204,
      );
      assert.equal((await get(`/directory/deletedItems/${doomed.id}`, {}, groups)).status, 404);
    });

    it('a name that was taken meanwhile keeps its old owner in the bin', async () => {
      const { id } = (await send('POST', '/users', activation('twice@acme.example'))).body as { id: string };
      await send('DELETE', `/users/${id}`);
      const second = (await send('POST', '/users', activation('twice@acme.example'))).body as { id: string };
      assert.equal((await send('POST', `/directory/deletedItems/${id}/restore`)).status, 400);
      await send('DELETE', `/users/${second.id}`);
      assert.equal((await send('POST', `/directory/deletedItems/${id}/restore`)).status, 200);
      for (const one of [id, second.id]) {
        await send('DELETE', `/users/${one}`);
        await send('DELETE', `/directory/deletedItems/${one}`);
      }
    });

    it('what is missing, a name that is taken, a domain that is not ours and a property that is not written', async () => {
      const { displayName: _name, ...nameless } = activation('x@acme.example');
      assert.equal((await send('POST', '/users', nameless)).status, 400);
      assert.equal((await send('POST', '/users', activation('dana@acme.example'))).status, 400);
      refused(await send('POST', '/users', activation('x@globex.example')), 400, 'O1', /userPrincipalName/);
      assert.equal((await send('PATCH', '/users/dana@acme.example', { jobTitle: 'x' })).status, 400);
      assert.equal((await send('PATCH', '/users/dana@acme.example', { shoeSize: 4 })).status, 400);
    });

    it('G17: somebody new is not there yet where the directory lags', async () => {
      twin.microsoft365.settings.directoryLagMs = 30_000;
      const { id } = (await send('POST', '/users', activation('late@acme.example'))).body as { id: string };
      assert.equal((await get(`/users/${id}`)).status, 404);
      assert.ok(!listOf(await get('/users?$top=999')).some((user) => user.id === id));
      twin.microsoft365.advance(30_001);
      assert.equal((await get(`/users/${id}`)).status, 200);
      await send('DELETE', `/users/${id}`);
      assert.equal(
        (await get(`/users/${id}`)).status,
        404,
        'a deletion is noticed at once by the one who deletes',
      );
      for (const gone of twin.directory.deletedUsers(acme())) twin.directory.purge(acme(), gone);
    });

    it('D6: with a right to basic profiles a member is more than an id', async () => {
      const path = `/groups/${acme().enableGroupId}/members`;
      const narrow = await graph.tokenWith(['GroupMember.Read.All']);
      assert.ok(listOf(await get(path, {}, narrow)).every((one) => Object.keys(one).length === 2));
      const basic = await graph.tokenWith(['GroupMember.Read.All', 'User.ReadBasic.All']);
      assert.ok(listOf(await get(path, {}, basic)).every((one) => one.displayName !== undefined));
    });

    it('D5: groups of a person, direct and through others; checkMemberGroups takes 20', async () => {
      const { enableGroupId } = acme();
      const ids = async (path: string) =>
        listOf(await get(`/users/robin@acme.example/${path}`)).map(({ id }) => id);
      assert.ok(!(await ids('memberOf')).includes(enableGroupId));
      assert.ok((await ids('transitiveMemberOf')).includes(enableGroupId));
      const check = (groupIds: readonly string[]) =>
        send('POST', '/users/robin@acme.example/checkMemberGroups', { groupIds });
      assert.deepEqual(listOf(await check([enableGroupId, 'nothing'])), [enableGroupId]);
      refused(await check(Array(21).fill(enableGroupId)), 400, 'D5', /1 to 20/);
    });

    it('G11: own headers are not carried by a link', async () => {
      const advanced = { consistencylevel: 'eventual' };
      const path = "/users?$filter=endswith(mail,'@acme.example')&$count=true&$top=3";
      const link = ((await get(path, advanced)).body as Record<string, string>)['@odata.nextLink'] ?? '';
      assert.equal((await get(link)).status, 400);
      assert.equal((await get(link, advanced)).status, 200);
      twin.microsoft365.advance(3_600_001);
      token = await graph.tokenWith(everything);
      refused(await get(link, advanced), 400, 'G11', /expired/);
    });

    it('G18: answers carry members that nobody asked for, when Microsoft feels like it', async () => {
      const tips = async (path: string) =>
        Object.keys((await get(path)).body as object).some((name) => name === '@microsoft.graph.tips');
      assert.deepEqual([await tips('/users'), await tips('/users/delta')], [false, false]);
      twin.microsoft365.settings.extraMembers = true;
      assert.deepEqual(
        [await tips('/users'), await tips('/users/delta'), await tips('/groups')],
        [true, true, true],
      );
    });
  });

  describe('licences', () => {
    const assign = (upn: string, add: readonly object[], remove: readonly string[] = []) =>
      send('POST', `/users/${upn}/assignLicense`, { addLicenses: add, removeLicenses: remove });
    const phone = { skuId: skus['teams-phone'].id, disabledPlans: [] };
    const planStates = async (upn: string, plan: string) =>
      (
        ((await get(`/users/${upn}?$select=assignedPlans`)).body as Record<string, object[]>)
          .assignedPlans as {
          servicePlanId: string;
          capabilityStatus: string;
        }[]
      )
        .filter(({ servicePlanId }) => servicePlanId === plan)
        .map(({ capabilityStatus }) => capabilityStatus);
    const mcoev = '4828c8ec-dc2e-4779-b502-87ac9ce28ab7';

    it('L1: a licence shows in Teams after a while; what was taken away stays as history; both judge by plans', async () => {
      twin.microsoft365.settings.licenceLagMs = 60_000;
      const bo = 'bo@acme.example';
      assert.equal((await assign(bo, [phone])).status, 200);
      assert.deepEqual(await planStates(bo, mcoev), ['Enabled']);
      assert.deepEqual((await configured(bo)).featureTypes, ['Teams'], 'Teams has not noticed');
      twin.microsoft365.advance(60_001);
      assert.deepEqual((await configured(bo)).featureTypes, ['Teams', 'PhoneSystem']);
      assert.equal((await assign(bo, [], [phone.skuId])).status, 200);
      assert.deepEqual(await planStates(bo, mcoev), ['Deleted']);
      assert.equal((await assign(bo, [phone])).status, 200);
      assert.deepEqual(await planStates(bo, mcoev), ['Enabled', 'Deleted'], 'the same plan twice');
      await assign(bo, [], [phone.skuId]);
    });

    it('L1: a plan that is switched off is no plan, here and at the hubs', async () => {
      const dana = 'dana@acme.example';
      assert.equal((await assign(dana, [{ ...phone, disabledPlans: [mcoev] }])).status, 200);
      assert.deepEqual(await planStates(dana, mcoev), ['Deleted']);
      const details = listOf(await get(`/users/${dana}/licenseDetails`)) as {
        skuPartNumber: string;
        servicePlans: { provisioningStatus: string }[];
      }[];
      const found = details.find(({ skuPartNumber }) => skuPartNumber === 'MCOEV');
      assert.equal(found?.servicePlans[0]?.provisioningStatus, 'Disabled');
      const placed = await twin.proxy.place({ upn: dana, to: '+12025550199' });
      assert.ok(!placed.ok);
      assert.match(placed.why, /not Enterprise Voice enabled/);
      assert.equal((await assign(dana, [phone])).status, 200);
      assert.deepEqual((await planStates(dana, mcoev)).slice(0, 1), ['Enabled']);
    });

    it('L1: what was bought and what is used; the grace period of a subscription is a warning', async () => {
      const sku = async () =>
        listOf(await get('/subscribedSkus')).find((one) => one.skuPartNumber === 'MCOEV') as {
          consumedUnits: number;
          prepaidUnits: { enabled: number };
          capabilityStatus: string;
        };
      const before = await sku();
      assert.equal(before.prepaidUnits.enabled, 25);
      twin.directory.change(person('bo@acme.example'), { licences: ['teams', 'teams-phone'] });
      assert.equal((await sku()).consumedUnits, before.consumedUnits + 1);
      const seats = acme().seats.get('teams-phone');
      assert.ok(seats);
      Object.assign(seats, { enabled: 0, warning: 25 });
      assert.equal((await sku()).capabilityStatus, 'Warning');
      assert.equal((await planStates('bo@acme.example', mcoev))[0], 'Warning');
      Object.assign(seats, { warning: 0, suspended: 25 });
      assert.equal((await planStates('bo@acme.example', mcoev))[0], 'Suspended');
      Object.assign(seats, { enabled: 25, suspended: 0 });
      twin.directory.change(person('bo@acme.example'), { licences: ['teams'] });
      refused(await get('/subscribedSkus?$top=1'), 400, 'L1', /\$top/);
    });

    it('L2: no place, no seat, no such licence, a conflict, a plan of another licence, a licence that is not there', async () => {
      const bo = person('bo@acme.example');
      twin.directory.change(bo, { usageLocation: null });
      refused(await assign(bo.upn, [phone]), 400, 'L2', /usage location/);
      twin.directory.change(bo, { usageLocation: 'US' });
      const seats = acme().seats.get('teams-phone');
      assert.ok(seats);
      seats.enabled = 1;
      refused(await assign(bo.upn, [phone]), 400, 'L2', /does not have any available licenses/);
      seats.enabled = 25;
      refused(await assign(bo.upn, [{ skuId: skus['m365-e7'].id }]), 400, 'L2', /valid company License/);
      acme().seats.set('m365-e5', { enabled: 5, warning: 0, suspended: 0, lockedOut: 0 });
      acme().seats.set('calling-plan', { enabled: 5, warning: 0, suspended: 0, lockedOut: 0 });
      refused(await assign(bo.upn, [{ skuId: skus['m365-e5'].id }]), 400, 'L2', /MutuallyExclusiveViolation/);
      refused(await assign(bo.upn, [{ skuId: skus['calling-plan'].id }]), 400, 'L2', /DependencyViolation/);
      refused(
        await assign(bo.upn, [{ ...phone, disabledPlans: ['57ff2da0-773e-42df-b2af-ffb7a2317929'] }]),
        400,
        'L2',
        /not part of license/,
      );
      refused(await assign(bo.upn, [], [phone.skuId]), 400, 'L2', /does not have a corresponding license/);
      assert.deepEqual(bo.licences, ['teams']);
      const swap = await assign(bo.upn, [{ skuId: skus['m365-e5'].id }], [skus.teams.id]);
      assert.equal(swap.status, 200, 'one for the other');
      twin.directory.change(bo, { licences: ['teams'] });
    });
  });

  describe('O1: a routing domain from nothing to the first call', () => {
    let bearer: string;
    before(async () => {
      const principals = twin.microsoft365.app.servicePrincipals;
      const like = principals.get(acmeId);
      assert.ok(like);
      principals.set(initechId, { ...like, roles: everything });
      bearer = await graph.token(initechId);
    });
    const domain = (path = '', method = 'GET', body?: unknown) =>
      send(method, `/domains${path}`, body, bearer);
    const knows = () => twin.directory.knowsTrunk(host) !== undefined;
    const activated = () => twin.directory.findTenant(host)?.tenant.domains.get(host)?.activated;

    it('what is no domain, what is more than a domain, what is there, what another tenant has', async () => {
      refused(await domain('', 'POST', { id: 'no domain' }), 400, 'O1', /no valid domain/);
      refused(await domain('', 'POST', { id: 'x.onmicrosoft.com' }), 400, 'O1', /no valid domain/);
      refused(await domain('', 'POST', { id: host, isDefault: true }), 400, 'O1', /'isDefault'/);
      refused(await domain('', 'POST', { id: 'initech.example' }), 409, 'O1', /already in this directory/);
      refused(await domain('', 'POST', { id: 'sbc1.customers.example.net' }), 409, 'O1', /another directory/);
      refused(await domain('/sbc8.customers.example.net'), 404, 'O1', /does not exist/);
    });

    it('is added, proved by the TXT record in the DNS and by nothing else, then a name of the tenant', async () => {
      const added = await domain('', 'POST', { id: host });
      assert.equal(added.status, 201, JSON.stringify(added.body));
      assert.equal((added.body as { isVerified: boolean }).isVerified, false);
      const records = listOf(await domain(`/${host}/verificationDnsRecords`));
      const text = String(records.find((one) => one.recordType === 'Txt')?.text);
      assert.match(text, /^MS=ms\d{8}$/);
      const verify = () => domain(`/${host}/verify`, 'POST');
      refused(await verify(), 400, 'O1', /DomainVerificationMissingDnsRecord/);
      twin.zones.write(host, { a: undefined, txt: ['MS=ms00000000', 'v=spf1 -all'] });
      assert.equal((await verify()).status, 400);
      twin.zones.write(host, { a: '127.0.0.1', txt: ['v=spf1 -all', text] });
      await twin.faults.set({ at: 'dns', name: host }, 'servfail');
      assert.equal((await verify()).status, 400, 'the DNS is broken');
      await twin.faults.clear();
      assert.equal(knows(), false);
      const verified = await verify();
      assert.equal(verified.status, 200, JSON.stringify(verified.body));
      assert.deepEqual([(verified.body as { isVerified: boolean }).isVerified, knows()], [true, true]);
      const [organisation] = listOf(await send('GET', '/organization', undefined, bearer)) as {
        verifiedDomains: { name: string; isInitial: boolean }[];
      }[];
      assert.deepEqual(
        organisation?.verifiedDomains.map(({ name }) => name),
        ['initech.onmicrosoft.com', 'initech.example', host],
      );
    });

    it('becomes active a while after a licensed account is in it, and not by any other account', async () => {
      twin.directory.delays.activationMs = 60_000;
      const account = await send(
        'POST',
        '/users',
        {
          accountEnabled: false,
          displayName: 'Activation',
          mailNickname: 'activate',
          userPrincipalName: `activate@${host}`,
          usageLocation: 'US',
          passwordProfile: { password: 'only for the rehearsal 1' },
        },
        bearer,
      );
      assert.equal(account.status, 201);
      twin.microsoft365.advance(60_001);
      assert.equal(activated(), false, 'an account without a licence');
      const license = (skuId: string) =>
        send(
          'POST',
          `/users/activate@${host}/assignLicense`,
          { addLicenses: [{ skuId }], removeLicenses: [] },
          bearer,
        );
      assert.equal((await license(skus['teams-phone'].id)).status, 200);
      twin.microsoft365.advance(60_001);
      assert.equal(activated(), false, 'Teams Phone alone does not count');
      assert.equal((await license(skus['resource-account'].id)).status, 200);
      assert.equal(activated(), false, 'Microsoft has not noticed');
      const known = tenantOf(initechId).domains.get(host);
      assert.ok(known);
      known.stuck = true;
      twin.microsoft365.advance(10 * 60_000);
      bearer = await graph.token(initechId);
      assert.equal(activated(), false, 'what is stuck stays stuck');
      known.stuck = false;
      assert.equal(activated(), true);
    });

    it('cannot be deleted while an account is in it; afterwards its calls land with the carrier', async () => {
      refused(await domain(`/${host}`, 'DELETE'), 400, 'O1', /referenced by activate@/);
      const [reference] = listOf(await domain(`/${host}/domainNameReferences`));
      assert.equal(reference?.userPrincipalName, `activate@${host}`);
      assert.equal((await send('DELETE', `/users/activate@${host}`, undefined, bearer)).status, 204);
      refused(await domain('/initech.example', 'DELETE'), 400, 'O1', /default domain/);
      assert.equal((await domain(`/${host}`, 'DELETE')).status, 204);
      assert.equal(knows(), false);
      assert.equal(twin.directory.findTenant(host)?.tenant.id, twin.directory.carrierTenantId);
    });

    it('a subdomain of a domain that is proved here needs no proof of its own', async () => {
      const added = await domain('', 'POST', { id: 'voice.initech.example' });
      assert.deepEqual(
        [
          added.status,
          (added.body as { isVerified: boolean }).isVerified,
          (added.body as { isRoot: boolean }).isRoot,
        ],
        [201, true, false],
      );
      assert.equal((await domain('/voice.initech.example', 'DELETE')).status, 204);
    });
  });

  it('a tenant from zero has a Global policy without usages and nothing else', () => {
    const { voice } = tenantOf(initechId);
    assert.deepEqual(voice, emptyVoice());
  });
});
