import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { GraphClient } from '@tandem/adapters/graph/graph-client.ts';
import { asAccountId, asConnectionId, asPersonId, type RoutingSnapshot } from '@tandem/domain';
import type { ConnectionFeature } from '@tandem/engine';
import type { MicrosoftConnection } from './microsoft-connections.ts';
import { presencePeople } from './presence-people.ts';

const acme = asAccountId('acme');
const dana = asPersonId('dana');

/** One customer, one tenant, one person whose Entra user is known. */
function rig() {
  const asked: string[] = [];
  const graph = new Proxy({} as GraphClient, {
    get: (_, name) => async () => {
      asked.push(String(name));
      return { status: 200, ok: true, is: 'done', body: {}, value: [] };
    },
  });
  let connection: MicrosoftConnection = {
    connectionId: asConnectionId('one'),
    accountId: acme,
    tenantId: 'tenant-one',
    clientId: 'app',
    graph,
    domains: ['acme.example'],
  };
  const person = { id: dana, accountId: acme, upn: 'dana@acme.example' };
  const people = presencePeople({
    connections: {
      all: () => [connection],
      ofPerson: () => connection,
      objectIdOf: () => 'object of dana',
    },
    snapshot: () =>
      ({
        accounts: new Map([[acme, { id: acme }]]),
        people: new Map([[dana, person]]),
      }) as unknown as RoutingSnapshot,
  });
  const choose = (...features: ConnectionFeature[]): void => {
    connection = { ...connection, features };
    people.refresh();
  };
  return { people, choose, asked };
}

describe('whom presence asks Microsoft about', () => {
  test('switched off, the person is nobody’s match and the tenant has no way in; on again, both are back', () => {
    const { people, choose } = rig();
    choose('provisioning', 'presence', 'presence-write');
    assert.equal(people.directory.find(dana)?.objectId, 'object of dana');
    assert.ok(people.graph.of('tenant-one'));
    let heard = 0;
    people.directory.onChange(() => heard++);
    choose('provisioning', 'calendar', 'webhooks');
    assert.equal(people.directory.find(dana), undefined);
    assert.deepEqual(people.directory.list(), []);
    assert.equal(people.graph.of('tenant-one'), undefined);
    assert.equal(heard, 1, 'whoever keeps something of them forgets it');
    choose('provisioning', 'presence', 'presence-write');
    assert.equal(people.directory.find(dana)?.objectId, 'object of dana');
  });

  test('only showing is switched off: nothing is shown in Teams, what is ours is withdrawn, and Teams is read', async () => {
    const { people, choose, asked } = rig();
    choose('provisioning', 'presence');
    const presence = people.graph.of('tenant-one');
    assert.ok(presence);
    const shown = await presence.write('object of dana', {
      kind: 'setPresence',
      sessionId: 'app',
      availability: 'Busy',
      activity: 'InACall',
      minutes: 5,
    } as unknown as Parameters<typeof presence.write>[1]);
    assert.deepEqual([shown, asked], [{ is: 'refused' }, []]);
    await presence
      .write('object of dana', { kind: 'clearPreferred' } as Parameters<typeof presence.write>[1])
      .catch(() => undefined);
    assert.equal(asked.length, 1, 'Microsoft was asked to forget it');
  });
});
