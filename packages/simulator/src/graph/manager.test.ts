import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { errorOf, TestGraph } from '../testing/test-graph.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';

describe('Graph says who leads whom', () => {
  let twin: Twin;
  let graph: TestGraph;
  let close: () => Promise<void>;
  before(async () => {
    ({ twin, close } = await startTestTwin(26_800));
    graph = await TestGraph.open(twin);
  });
  after(async () => {
    graph.close();
    await close();
  });
  const user = (upn: string) => twin.directory.user(upn)?.user ?? assert.fail(upn);
  const ask = async (roles: readonly string[], upn: string) =>
    await graph.call(
      await graph.tokenWith(roles),
      'GET',
      `/users/${user(upn).objectId}/manager?$select=id,displayName,userPrincipalName`,
    );

  it('Dana leads Bo: the manager is Dana; of Dana herself there is none, which is 404', async () => {
    const dana = user('dana@acme.example');
    twin.directory.change(user('bo@acme.example'), { managerId: dana.objectId });
    const found = await ask(['User.Read.All'], 'bo@acme.example');
    assert.equal(found.status, 200, JSON.stringify(found.body));
    const { id, userPrincipalName } = found.body as Record<string, unknown>;
    assert.deepEqual([id, userPrincipalName], [dana.objectId, 'dana@acme.example']);
    const none = await ask(['User.Read.All'], 'dana@acme.example');
    assert.deepEqual([none.status, errorOf(none).code], [404, 'Request_ResourceNotFound']);
  });

  it('G3: a token that may read basic profiles, groups and presence learns of no manager', async () => {
    const refused = await ask(
      ['User.ReadBasic.All', 'GroupMember.Read.All', 'Presence.Read.All'],
      'bo@acme.example',
    );
    assert.equal(refused.status, 403);
    assert.ok(twin.audit.find({ check: 'G3', failed: true, kind: 'http' }).length > 0);
  });
});
