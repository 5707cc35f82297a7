import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { makeUser, type TeamsUser } from '../directory/tenant.ts';
import { acmeId, errorOf, globexId, listOf, TestGraph } from '../testing/test-graph.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';
import { defaultGraphSettings } from './graph-world.ts';

describe('telephone numbers in Graph', () => {
  let twin: Twin;
  let graph: TestGraph;
  let token: string;
  let close: () => Promise<void>;
  const root = '/admin/teams/telephoneNumberManagement';
  before(async () => {
    ({ twin, close } = await startTestTwin(24_600));
    graph = await TestGraph.open(twin);
    token = await graph.token();
  });
  after(async () => {
    graph.close();
    await close();
  });
  /** Nothing happens by itself: time passes when a test says so. */
  const slow = { ...defaultGraphSettings, operationMs: 60_000, configurationLagMs: 60_000 };
  before(() => void Object.assign(twin.microsoft365.settings, slow));
  afterEach(() => void Object.assign(twin.microsoft365.settings, slow));

  const person = (upn: string) => {
    const found = twin.directory.user(upn);
    assert.ok(found, upn);
    return found.user;
  };
  const until = async (state: () => boolean) => {
    while (!state()) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  const wait = (ms: number) => twin.microsoft365.advance(ms);
  const assign = (telephoneNumber: string, upn: string, more = {}) =>
    graph.call(token, 'POST', `${root}/numberAssignments/assignNumber`, {
      telephoneNumber,
      assignmentTargetId: upn.includes('@') ? person(upn).objectId : upn,
      numberType: 'directRouting',
      ...more,
    });
  const unassign = (telephoneNumber: string) =>
    graph.call(token, 'POST', `${root}/numberAssignments/unassignNumber`, {
      telephoneNumber,
      numberType: 'directRouting',
    });
  const operation = async (accepted: Awaited<ReturnType<typeof assign>>) => {
    assert.equal(accepted.status, 202, JSON.stringify(accepted.body));
    const answer = await graph.call(token, 'GET', String(accepted.headers.location));
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body as { status: string; numbers: { status: string; statusDetail: string | null }[] };
  };
  const configuration = async (upn: string) =>
    (await graph.call(token, 'GET', `/admin/teams/userConfigurations/${person(upn).objectId}`)).body as {
      telephoneNumbers: { telephoneNumber: string }[];
      isEnterpriseVoiceEnabled: boolean;
      featureTypes: string[];
      accountType: string;
    };
  const listed = async (number: string) =>
    listOf(
      await graph.call(
        token,
        'GET',
        `${root}/numberAssignments?$filter=${encodeURIComponent(`telephoneNumber eq '${number}'`)}`,
      ),
    )[0];

  it('504 comes after the work is done, in a batch as outside of one; 500 comes before it', async () => {
    const number = '+12025550130';
    const body = {
      telephoneNumber: number,
      assignmentTargetId: person('casey@acme.example').objectId,
      numberType: 'directRouting',
    };
    const request = {
      id: '0',
      method: 'POST',
      url: `${root}/numberAssignments/assignNumber`,
      headers: { 'Content-Type': 'application/json' },
      body,
    };
    for (const [fault, assigned] of [
      ['500', undefined],
      ['504', number],
    ] as const) {
      await twin.faults.set({ at: 'graph', operation: 'assignNumber', times: 1 }, fault);
      const answer = await graph.call(token, 'POST', '/$batch', { requests: [request] });
      const { responses } = answer.body as { responses: { status: number }[] };
      assert.deepEqual(
        responses.map(({ status }) => String(status)),
        [fault],
      );
      wait(60_000);
      assert.equal(person('casey@acme.example').number, assigned, fault);
    }
    await unassign(number);
    wait(180_001);
    assert.equal(person('casey@acme.example').number, undefined);
  });

  it('T2, T3: a number given: 202, notStarted, running, succeeded; the hubs know, then the configuration shows it', async () => {
    const number = '+12025550130';
    const accepted = await assign(number, 'casey@acme.example');
    assert.equal((await operation(accepted)).status, 'notStarted');
    assert.equal((await listed(number))?.activationState, 'assignmentPending');
    wait(31_000);
    assert.equal((await operation(accepted)).status, 'running');
    assert.equal(person('casey@acme.example').number, undefined);
    wait(30_000);
    assert.equal((await operation(accepted)).status, 'succeeded');
    assert.deepEqual(
      [person('casey@acme.example').number, person('casey@acme.example').enterpriseVoice],
      [number, true],
    );
    const row = await listed(number);
    assert.deepEqual(
      [row?.assignmentStatus, row?.assignmentTargetId, row?.activationState],
      ['userAssigned', person('casey@acme.example').objectId, 'activated'],
    );
    assert.deepEqual((await configuration('casey@acme.example')).telephoneNumbers, []);
    wait(60_001);
    const shown = await configuration('casey@acme.example');
    assert.deepEqual(
      [shown.telephoneNumbers[0]?.telephoneNumber, shown.isEnterpriseVoiceEnabled],
      [number, true],
    );

    const gone = await unassign(number);
    wait(60_001);
    assert.equal((await operation(gone)).status, 'succeeded');
    assert.equal(person('casey@acme.example').enterpriseVoice, false);
    assert.equal((await listed(number))?.assignmentStatus, 'unassigned');
    assert.equal((await configuration('casey@acme.example')).isEnterpriseVoiceEnabled, true);
    wait(60_001);
    assert.equal((await configuration('casey@acme.example')).isEnterpriseVoiceEnabled, false);
  });

  it('a number that is due reaches the hubs though nobody polls', { timeout: 10_000 }, async () => {
    Object.assign(twin.microsoft365.settings, { operationMs: 1 });
    await assign('+12025550131', 'casey@acme.example');
    await until(() => person('casey@acme.example').number === '+12025550131');
    await unassign('+12025550131');
    await until(() => person('casey@acme.example').number === undefined);
  });

  const refusals: readonly (readonly [string, string, string, RegExp, object?])[] = [
    ['somebody without Teams Phone', '+12025550132', 'bo@acme.example', /licence/],
    ['a number that Dana has', '+12025550142', 'casey@acme.example', /already assigned/],
    ['a second number', '+12025550132', 'dana@acme.example', /already has/],
    ['nobody', '+12025550132', '00000000-0000-4000-8000-00000000dead', /not found/],
    ['something that is no number', '+0123', 'casey@acme.example', /malformed/],
    ['a number of a Calling Plan', '+12025550133', 'casey@acme.example', /another type/],
  ];
  for (const [what, number, target, why] of refusals) {
    it(`T1: ${what} is refused, in the operation or at once`, async () => {
      twin.microsoft365.numbers.stock(acmeId, '+12025550133', 'callingPlan');
      const accepted = await assign(number, target);
      wait(60_001);
      const ended = await operation(accepted);
      assert.equal(ended.status, 'failed');
      assert.match(String(ended.numbers[0]?.statusDetail), why);
      twin.microsoft365.settings.numberRefusals = 'at-once';
      const refused = await assign(number, target);
      assert.equal(refused.status, 400);
      assert.match(errorOf(refused).message, why);
    });
  }

  const conditions: readonly (readonly [string, RegExp, Partial<TeamsUser>, object?])[] = [
    ['somebody on premises', /on premises/, { onPremises: true }],
    ['somebody with a Calling Plan', /Calling Plan/, { licences: ['teams', 'teams-phone', 'calling-plan'] }],
    ['a guest', /guest/, { accountType: 'guest' }],
    ['a private number without a primary one', /primary/, {}, { assignmentCategory: 'private' }],
    ['an alternate number without a primary one', /primary/, {}, { assignmentCategory: 'alternate' }],
  ];
  for (const [what, why, change, more] of conditions) {
    it(`T1: ${what} is refused, in the operation or at once`, async () => {
      const casey = person('casey@acme.example');
      const before = { ...casey };
      twin.directory.change(casey, change);
      const accepted = await assign('+12025550136', 'casey@acme.example', more);
      wait(60_001);
      assert.match(String((await operation(accepted)).numbers[0]?.statusDetail), why);
      twin.microsoft365.settings.numberRefusals = 'at-once';
      const refused = await assign('+12025550136', 'casey@acme.example', more);
      assert.deepEqual([refused.status, why.test(errorOf(refused).message)], [400, true]);
      const { upn: _upn, life: _life, ...rest } = before;
      twin.directory.change(casey, rest);
    });
  }

  it('T1: one private number beside a primary one, shown with its category, and taken back alone', async () => {
    const give = async (number: string, category: string) => {
      const accepted = await assign(number, 'dana@acme.example', { assignmentCategory: category });
      wait(60_001);
      return (await operation(accepted)).status;
    };
    assert.equal(await give('+12025550137', 'private'), 'succeeded');
    assert.equal(await give('+12025550138', 'private'), 'failed');
    assert.equal(await give('+12025550142', 'alternate'), 'failed');
    assert.equal((await listed('+12025550137'))?.assignmentCategory, 'private');
    wait(60_001);
    assert.deepEqual(
      (await configuration('dana@acme.example')).telephoneNumbers.map(
        (one) => `${one.telephoneNumber} ${(one as { assignmentCategory?: string }).assignmentCategory}`,
      ),
      ['+12025550142 primary', '+12025550137 private'],
    );
    await unassign('+12025550137');
    wait(60_001);
    assert.equal((await listed('+12025550137'))?.assignmentStatus, 'unassigned');
    assert.equal(person('dana@acme.example').number, '+12025550142');
  });

  it('T1: what nobody has, what is of another type and what comes from on premises cannot be taken back', async () => {
    twin.microsoft365.settings.numberRefusals = 'at-once';
    assert.equal((await unassign('+12025550139')).status, 400);
    const wrongType = await graph.call(token, 'POST', `${root}/numberAssignments/unassignNumber`, {
      telephoneNumber: '+12025550142',
      numberType: 'callingPlan',
    });
    assert.equal(wrongType.status, 400);
    twin.directory.change(person('dana@acme.example'), { onPremises: true });
    assert.equal((await listed('+12025550142'))?.numberSource, 'onPremises');
    assert.equal((await unassign('+12025550142')).status, 400);
    twin.directory.change(person('dana@acme.example'), { onPremises: false });
  });

  it('T8: what stays with somebody whose licence went first cannot be taken back, number or policy, until the licence is back', async () => {
    const policy = { policyType: 'OnlineVoiceRoutingPolicy', userId: person('casey@acme.example').objectId };
    const takePolicy = () =>
      graph.call(token, 'POST', '/admin/teams/policy/userAssignments/unassign', {
        value: [
          { '@odata.type': '#microsoft.graph.teamsAdministration.teamsPolicyUserAssignment', ...policy },
        ],
      });
    const number = '+12025550138';
    const casey = () => person('casey@acme.example');
    const { licences } = casey();
    await assign(number, 'casey@acme.example');
    wait(60_001);
    assert.equal(casey().number, number);
    twin.directory.change(casey(), {
      licences: ['teams'],
      policies: { OnlineVoiceRoutingPolicy: 'VRP-Acme' },
    });
    twin.microsoft365.settings.strandedAfterMs = 600_000;
    wait(300_000);
    assert.equal((await takePolicy()).status, 204, 'in time');
    twin.directory.change(casey(), { policies: { OnlineVoiceRoutingPolicy: 'VRP-Acme' } });
    wait(300_000);
    const accepted = await unassign(number);
    wait(60_001);
    const { status, numbers } = await operation(accepted);
    assert.deepEqual(
      [status, numbers[0]?.statusDetail],
      ['failed', 'The user does not have a Teams Phone licence any more.'],
    );
    twin.microsoft365.settings.numberRefusals = 'at-once';
    for (const answer of [await unassign(number), await takePolicy()]) {
      assert.equal(answer.status, 400);
      assert.match(errorOf(answer).message, /Teams Phone licence any more/);
    }
    assert.deepEqual([casey().number, casey().policies.OnlineVoiceRoutingPolicy], [number, 'VRP-Acme']);
    const failed = twin.audit.find({ check: 'T8' }).filter(({ where }) => where === 'graph');
    assert.equal(failed.length, 3);
    twin.microsoft365.settings.strandedAfterMs = null;
    assert.equal((await takePolicy()).status, 204, 'told to let everybody go');
    twin.microsoft365.settings.strandedAfterMs = 600_000;
    twin.directory.change(casey(), { licences: ['teams', 'teams-phone'] });
    await unassign(number);
    wait(60_001);
    assert.equal(casey().number, undefined);
    twin.directory.change(casey(), { licences });
  });

  it('T3: updateNumber sets and clears what stands beside a number; null keeps it; an unknown number is 404', async () => {
    const update = (body: unknown) =>
      graph.call(token, 'POST', `${root}/numberAssignments/updateNumber`, body);
    const telephoneNumber = '+12025550142';
    assert.equal(
      (
        await update({
          telephoneNumber,
          locationId: 'loc-1',
          reverseNumberLookupOptions: ['skipInternalVoip'],
        })
      ).status,
      200,
    );
    await update({ telephoneNumber, locationId: null, networkSiteId: 'site-1' });
    const row = await listed(telephoneNumber);
    assert.deepEqual(
      [row?.locationId, row?.networkSiteId, row?.reverseNumberLookupOptions],
      ['loc-1', 'site-1', ['skipInternalVoip']],
    );
    await update({ telephoneNumber, locationId: '', networkSiteId: '', reverseNumberLookupOptions: [] });
    assert.equal((await listed(telephoneNumber))?.locationId, null);
    assert.equal((await update({ telephoneNumber: '+12025550001' })).status, 404);
  });

  it('T2: by turns wrapped and bare, when told so', async () => {
    twin.microsoft365.settings.wrapOperations = 'alternate';
    const accepted = await assign('+12025550135', 'casey@acme.example');
    const shapes = new Set<boolean>();
    for (let asked = 0; asked < 2; asked++) {
      const { body } = await graph.call(token, 'GET', String(accepted.headers.location));
      shapes.add('value' in (body as object));
    }
    assert.equal(shapes.size, 2);
    wait(60_001);
    await unassign('+12025550135');
    wait(60_001);
  });

  it('25,000 numbers: an operation does not walk through them, and neither does a look at one', async () => {
    const globex = twin.directory.tenant(globexId);
    assert.ok(globex);
    const crowd = 25_000;
    for (let index = 0; index < crowd; index++)
      twin.directory.add(
        globex,
        makeUser({
          upn: `p${index}@globex.example`,
          objectId: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
          tenantId: globexId,
          displayName: `P ${index}`,
          licences: ['teams', 'teams-phone'],
          number: `+1303${String(5_550_000 + index).padStart(7, '0')}`,
        }),
      );
    const { numbers } = twin.microsoft365;
    const people = [...globex.users.values()].slice(0, 1_000);
    // Counted, not timed: who looks at every user looks at their numbers.
    let looked = 0;
    const first = people[0];
    assert.ok(first);
    const real = first.number;
    Object.defineProperty(first, 'number', {
      configurable: true,
      enumerable: true,
      get: () => {
        looked++;
        return real;
      },
    });
    for (const other of people.slice(1)) numbers.whyNot(globex, '+13034440000', other, 'directRouting');
    for (let asked = 0; asked < 100; asked++)
      twin.directory.userByNumber(globex, `+1303${5_560_000 + asked}`);
    assert.equal(looked, 0);
    Object.defineProperty(first, 'number', {
      configurable: true,
      enumerable: true,
      writable: true,
      value: real,
    });
  });

  it('T1: fields that are missing or not of the enumeration are refused; a UPN is no target', async () => {
    const send = (body: unknown) => graph.call(token, 'POST', `${root}/numberAssignments/assignNumber`, body);
    assert.equal((await send({ telephoneNumber: '+12025550132', numberType: 'directRouting' })).status, 400);
    assert.equal((await assign('+12025550132', 'casey@acme.example', { numberType: 'pigeon' })).status, 400);
    assert.equal(
      (await assign('+12025550132', 'casey@acme.example', { assignmentCategory: 'third' })).status,
      400,
    );
    twin.microsoft365.settings.numberRefusals = 'at-once';
    const byName = {
      telephoneNumber: '+12025550132',
      assignmentTargetId: 'casey@acme.example',
      numberType: 'directRouting',
    };
    assert.equal((await send(byName)).status, 400);
  });

  it('T4: a number is kept with its plus, and with its extension', async () => {
    for (const [typed, kept] of [
      ['12025550134', '+12025550134'],
      ['+12025550100;ext=142', '+12025550100;ext=142'],
    ] as const) {
      await assign(typed, 'casey@acme.example');
      wait(60_001);
      assert.equal((await listed(kept))?.telephoneNumber, kept);
      await unassign(kept);
      wait(60_001);
    }
  });

  it('T2: the operation may come wrapped; one of another tenant or nobody is 404', async () => {
    const accepted = await assign('+12025550135', 'casey@acme.example');
    twin.microsoft365.settings.wrapOperations = true;
    const wrapped = (await graph.call(token, 'GET', String(accepted.headers.location))).body as {
      value: { status: string };
    };
    assert.equal(wrapped.value.status, 'notStarted');
    twin.microsoft365.settings.wrapOperations = false;
    assert.equal((await graph.call(token, 'GET', `${root}/operations/nonsense`)).status, 404);
    wait(60_001);
    assert.equal((await operation(accepted)).status, 'succeeded');
    await unassign('+12025550135');
    wait(60_001);
  });

  it('numbers are listed, filtered without case, and paged by $skip', async () => {
    const list = (query: string) => graph.call(token, 'GET', `${root}/numberAssignments${query}`);
    const all = listOf(
      await list(
        "?$filter=numberType eq 'DirectRouting' and assignmentStatus eq 'userAssigned'".replaceAll(
          ' ',
          '%20',
        ),
      ),
    );
    assert.ok(all.some((one) => one.telephoneNumber === '+12025550142'));
    const first = (await list('?$top=2')).body as Record<string, string>;
    assert.match(first['@odata.nextLink'] ?? '', /skip=2/);
    assert.equal((await graph.call(token, 'GET', first['@odata.nextLink'] ?? '')).status, 200);
    assert.equal((await list('?$top=1001')).status, 400);
    const id = String(all[0]?.id);
    assert.equal((await graph.call(token, 'GET', `${root}/numberAssignments/${id}`)).status, 200);
  });

  it('G16, L1: who is not eligible is named only on request; a licence shows late when told so', async () => {
    const bo = person('bo@acme.example');
    assert.deepEqual((await configuration('bo@acme.example')).featureTypes, ['Teams']);
    twin.microsoft365.settings.licenceLagMs = 60_000;
    twin.directory.change(bo, { licences: ['teams', 'teams-phone'] });
    assert.deepEqual((await configuration('bo@acme.example')).featureTypes, ['Teams']);
    wait(60_001);
    assert.deepEqual((await configuration('bo@acme.example')).featureTypes, ['Teams', 'PhoneSystem']);
    twin.directory.change(bo, { licences: [] });
    wait(60_001);
    assert.equal((await configuration('bo@acme.example')).accountType, 'unknownFutureValue');
    const path = `/admin/teams/userConfigurations/${bo.objectId}`;
    const asked = await graph.call(token, 'GET', path, undefined, { prefer: 'include-unknown-enum-members' });
    assert.equal((asked.body as { accountType: string }).accountType, 'ineligibleUser');
    assert.equal(
      (await graph.call(token, 'GET', '/admin/teams/userConfigurations/bo@acme.example')).status,
      404,
    );
  });
});
