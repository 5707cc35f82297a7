import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { asPersonId, type E164 } from '@tandem/domain';
import type { AskedPerson } from '@tandem/engine';
import { graphTenant } from './read-tenant.ts';
import { type FakeAnswer, FakeGraph, type SeenRequest } from './testing/fake-graph.ts';

const group = '96096096-0000-4000-8000-000000000010';
const objectIdOf = (index: number): string => `dadadada-0000-4000-8000-${String(index).padStart(12, '0')}`;
const number = '+12025550142' as E164;

let fake: FakeGraph;
before(async () => {
  fake = await FakeGraph.start();
});
after(() => fake.close());
beforeEach(() => {
  fake.seen.length = 0;
  fake.faults.length = 0;
});

const plans = ['57ff2da0-773e-42df-b2af-ffb7a2317929', '4828c8ec-dc2e-4779-b502-87ac9ce28ab7'].map(
  (servicePlanId) => ({ servicePlanId, capabilityStatus: 'Enabled' }),
);
const userAt = (index: number, upn: string, change: object = {}) => ({
  id: objectIdOf(index),
  userPrincipalName: upn,
  displayName: upn.split('@')[0],
  mail: upn,
  accountEnabled: true,
  userType: 'Member',
  assignedPlans: plans,
  proxyAddresses: [],
  ...change,
});
const asked = (upn: string, change: Partial<AskedPerson> = {}): AskedPerson => ({
  personId: asPersonId(upn),
  displayName: upn.split('@')[0] ?? '',
  upn,
  mail: upn,
  urgent: true,
  ...change,
});

/** Microsoft with these users; `fails` answers instead where its path is asked for. */
function microsoft(
  users: readonly ReturnType<typeof userAt>[],
  fails: Record<string, FakeAnswer> = {},
): void {
  fake.answer = ({ url, body }: SeenRequest) => {
    const path = url.split('?')[0] ?? '';
    for (const [part, answer] of Object.entries(fails)) if (path.includes(part)) return answer;
    if (path.endsWith('/transitiveMembers'))
      return {
        status: 200,
        body: { value: users.slice(0, 1).map(({ id }) => ({ '@odata.type': '#microsoft.graph.user', id })) },
      };
    if (path.endsWith('/users')) return { status: 200, body: { value: users } };
    if (path.endsWith('/numberAssignments'))
      return {
        status: 200,
        body: {
          value: [
            {
              id: 'n1',
              telephoneNumber: number,
              numberType: 'directRouting',
              assignmentTargetId: objectIdOf(1),
            },
          ],
        },
      };
    if (path.endsWith('/$batch')) {
      const { requests } = body as { requests: { id: string; url: string }[] };
      const responses = requests.map(({ id, url: inner }) => ({
        id,
        status: 200,
        headers: {},
        body: {
          id: inner.split('/').at(-1)?.split('?')[0],
          accountType: 'user',
          isEnterpriseVoiceEnabled: true,
          featureTypes: ['Teams', 'PhoneSystem'],
          effectivePolicyAssignments: [],
        },
      }));
      return { status: 200, body: { responses } };
    }
    return { status: 404 };
  };
}
const read = (people: readonly AskedPerson[]) => {
  const graph = fake.client();
  return graphTenant(graph, { wall: () => 5_000 }).read(
    { groupIds: [group], policies: [], what: 'all' },
    people,
  );
};

test('one reading tells of everybody: three lists, one batch, the reference on both sides', async () => {
  microsoft([
    userAt(1, 'dana@acme.example'),
    userAt(2, 'gale@acme.example', { userType: 'Guest' }),
    userAt(3, 'dylan@acme.example', { accountEnabled: false }),
    userAt(4, 'pat@acme.example', { mail: 'shared@acme.example' }),
    userAt(5, 'shared.box@acme.example', { mail: 'shared@acme.example' }),
  ]);
  const people = [
    asked('dana@acme.example', { number }),
    asked('gale@acme.example'),
    asked('dylan@acme.example', { number }),
    asked('other@acme.example', { mail: 'shared@acme.example' }),
    asked('nobody@elsewhere.example', { displayName: 'dana' }),
  ];
  const { facts, connection, trouble } = await read(people);
  assert.deepEqual([connection, trouble], [{ is: 'connected' }, undefined]);
  const of = (upn: string) => facts.get(asPersonId(upn));
  const dana = of('dana@acme.example');
  assert.ok(dana && dana.number !== 'unread' && dana.licence !== 'unread');
  assert.deepEqual(
    [dana.inEnableGroup, dana.number.holder.is, dana.number.readAtWallMs, dana.licence.phone],
    [true, 'this-person', 5_000, 'usable'],
  );
  const gale = of('gale@acme.example')?.user;
  assert.ok(gale && gale !== 'unread' && gale.guest, 'a guest is shown as what she is');
  const dylan = of('dylan@acme.example');
  assert.ok(dylan?.user && dylan.user !== 'unread' && !dylan.user.enabled);
  assert.ok(dylan.number !== 'unread' && dylan.number.holder.is === 'other');
  assert.equal(dylan.number.holder.upn, 'dana@acme.example');
  assert.equal(of('other@acme.example')?.alsoMatches.length, 1, 'two users match: PRV-112');
  const nobody = of('nobody@elsewhere.example');
  assert.deepEqual([nobody?.user, nobody?.nearest], [null, ['dana@acme.example']]);
  assert.deepEqual(fake.faults, []);
  assert.equal(fake.seen.length, 4);
});

test('a stored object id counts, names do not', async () => {
  microsoft([userAt(1, 'renamed@acme.example'), userAt(2, 'dana@acme.example')]);
  const { facts } = await read([asked('dana@acme.example', { objectId: objectIdOf(1) })]);
  const user = facts.get(asPersonId('dana@acme.example'))?.user;
  assert.ok(user && user !== 'unread');
  assert.equal(user.upn, 'renamed@acme.example');
});

test('a linked user who is gone for good: nobody, and the number is read all the same', async () => {
  microsoft([userAt(2, 'bo@acme.example')]);
  const free = '+12025550199' as typeof number;
  const { facts } = await read([
    asked('dana@acme.example', { objectId: objectIdOf(7), number: free }),
    asked('new@acme.example', { number: free }),
  ]);
  const dana = facts.get(asPersonId('dana@acme.example'));
  assert.equal(dana?.user, null);
  assert.ok(dana.number !== 'unread', 'or the removal would never end');
  assert.deepEqual(dana.number.holder, { is: 'nobody' });
  assert.equal(facts.get(asPersonId('new@acme.example'))?.number, 'unread');
});

test('the group is gone: nobody is said to have left it', async () => {
  microsoft([userAt(1, 'dana@acme.example')], { transitiveMembers: { status: 404 } });
  const { facts, connection } = await read([asked('dana@acme.example')]);
  assert.equal(facts.get(asPersonId('dana@acme.example'))?.inEnableGroup, 'unread');
  assert.equal(connection.is, 'connected');
});

test('a permission is missing for one part: the rest is read, and the permission is named', async () => {
  microsoft([userAt(1, 'dana@acme.example')], {
    numberAssignments: { status: 403, body: { error: { code: 'Forbidden', message: 'no' } } },
  });
  const { facts, connection } = await read([asked('dana@acme.example', { number })]);
  assert.deepEqual(connection, { is: 'missing-scope', scope: 'TeamsTelephoneNumber.Read.All' });
  const dana = facts.get(asPersonId('dana@acme.example'));
  assert.deepEqual([dana?.inEnableGroup, dana?.number], [true, 'unread']);
});

test('users cannot be read: nothing is said about anybody', async () => {
  microsoft([], { '/users': { status: 503 } });
  const { facts, trouble } = await read([asked('dana@acme.example')]);
  assert.equal(facts.size, 0);
  assert.equal(trouble?.is, 'unavailable');
});
