import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { acmeId, errorOf, listOf, TestGraph } from '../testing/test-graph.ts';
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
