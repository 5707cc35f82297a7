import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { acmeId, listOf, TestGraph } from '../testing/test-graph.ts';
import { TestReceiver } from '../testing/test-receiver.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';

/** The platform keeps its data over a restart; Microsoft would too. */

const root = '/admin/teams/telephoneNumberManagement';
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'twin-restart-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function inTwin(run: (twin: Twin, graph: TestGraph) => Promise<void>): Promise<void> {
  const { twin, close } = await startTestTwin(26_560, {
    dataDir: folder,
    certificateDir: join(folder, 'certificates'),
    plainNotificationUrls: true,
  });
  const graph = await TestGraph.open(twin);
  try {
    await run(twin, graph);
  } finally {
    graph.close();
    await close();
  }
}

it('a twin that starts again on its data knows numbers, licences, groups, people, domains, subscriptions and its time', async () => {
  const receiver = await TestReceiver.open();
  const number = '+12025550130';
  let delta = '';
  let subscription: unknown;
  let devinsGroups: readonly string[] = [];
  await inTwin(async (twin, graph) => {
    Object.assign(twin.microsoft365.settings, { operationMs: 60_000 });
    const person = (upn: string) => {
      const found = twin.directory.user(upn);
      assert.ok(found);
      return found;
    };
    const { tenant, user: devin } = person('devin@acme.example');
    twin.directory.change(devin, { groups: [tenant.enableGroupId] });
    devinsGroups = devin.groups;
    twin.directory.change(person('bo@acme.example').user, { licences: ['teams', 'teams-phone'] });
    twin.directory.add(tenant, { ...devin, upn: 'new@acme.example', objectId: twin.random.uuid() });
    twin.directory.rename(tenant, person('nico@acme.example').user, 'nicola@acme.example');
    twin.directory.purge(tenant, person('toni@acme.example').user);
    tenant.domains.delete('sbc1.customers.example.net');
    const token = await graph.token();
    await graph.call(token, 'POST', `${root}/numberAssignments/assignNumber`, {
      telephoneNumber: number,
      assignmentTargetId: person('casey@acme.example').user.objectId,
      numberType: 'directRouting',
    });
    twin.microsoft365.advance(61_000);
    await graph.call(token, 'POST', `${root}/numberAssignments/unassignNumber`, {
      telephoneNumber: '+12025550142',
      numberType: 'directRouting',
    });
    const made = await graph.call(token, 'POST', '/subscriptions', {
      changeType: 'updated',
      notificationUrl: receiver.url(),
      resource: 'users',
      expirationDateTime: new Date(twin.microsoft365.clock.wall() + 9_000_000).toISOString(),
      clientState: 'kept',
    });
    subscription = (made.body as { id: string }).id;
    const { presence } = twin.microsoft365;
    const dana = person('dana@acme.example').user;
    presence.set(dana, 'an-app', { availability: 'Busy', activity: 'InACall' }, 60_000);
    presence.prefer(person('bo@acme.example').user, { availability: 'Away', activity: 'Away' });
    presence.setOutOfOffice(dana, true);
    const { body } = await graph.call(token, 'GET', '/users/delta?$deltatoken=latest');
    delta = (body as Record<string, string>)['@odata.deltaLink'] ?? '';
  });
  await inTwin(async (twin, graph) => {
    const user = (upn: string) => twin.directory.user(upn)?.user;
    assert.deepEqual(
      [user('casey@acme.example')?.number, user('casey@acme.example')?.enterpriseVoice],
      [number, true],
    );
    assert.deepEqual(user('devin@acme.example')?.groups, devinsGroups);
    const shown = (upn: string) => {
      const found = user(upn);
      assert.ok(found);
      const { availability, activity, outOfOffice } = twin.microsoft365.presence.shown(found);
      return `${availability}/${activity}${outOfOffice ? ', out of office' : ''}`;
    };
    assert.equal(shown('dana@acme.example'), 'Busy/InACall, out of office');
    assert.equal(shown('bo@acme.example'), 'Away/Away');
    assert.deepEqual(user('bo@acme.example')?.licences, ['teams', 'teams-phone']);
    assert.ok(user('new@acme.example'));
    assert.ok(twin.clients.has('new@acme.example') && twin.clients.has('nicola@acme.example'));
    assert.equal(user('nico@acme.example'), undefined);
    assert.equal(user('toni@acme.example'), undefined);
    assert.ok(user('robin@acme.example') && user('dana@globex.example'));
    const tenant = twin.directory.tenant(acmeId);
    assert.equal(tenant?.domains.has('sbc1.customers.example.net'), false);
    assert.ok(tenant && twin.directory.userByNumber(tenant, number));
    assert.ok(twin.microsoft365.clock.offsetMs >= 61_000);
    // What was under way goes on.
    twin.microsoft365.advance(61_000);
    assert.equal(user('dana@acme.example')?.number, undefined);
    assert.equal(
      shown('dana@acme.example'),
      'Available/Available, out of office',
      'the session ended by its own time',
    );
    const token = await graph.token();
    assert.deepEqual(
      listOf(await graph.call(token, 'GET', '/subscriptions')).map(({ id, clientState }) => [
        id,
        clientState,
      ]),
      [[subscription, 'kept']],
    );
    // What happened before is forgotten, and a delta link of before says so.
    const stale = await graph.call(token, 'GET', delta.replace(/^https:\/\/[^/]+/, twin.ready.graph));
    assert.equal(stale.status, 410, JSON.stringify(stale.body));
    assert.ok(stale.headers.location);
    const trunk = twin.directory.tenant(twin.directory.carrierTenantId)?.trunks.get('customers.example.net');
    assert.equal(trunk?.sipSignalingPort, Number(twin.config.sbcTeamsTls.split(':')[1]));
  });
  await receiver.close();
});
