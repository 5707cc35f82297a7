import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asAccountId, asPersonId, type Person } from '@tandem/domain';
import type { Identity } from './identity.ts';
import { judgePeople } from './judge-people.ts';
import { judgePerson } from './judgement.ts';
import { PresenceMemory } from './presence-memory.ts';

const acme = asAccountId('acme');
const person = (name: string, change: Partial<Person> = {}): Person => ({
  id: asPersonId(name),
  accountId: acme,
  displayName: name,
  upn: `${name}@acme.example`,
  numbers: [],
  active: true,
  teamsToggle: false,
  platformLicence: true,
  ...change,
});

test('without a connection of the organisation, who has an own one is synced; others are told that there is none', async () => {
  const people = [person('dana'), person('bo'), person('kim', { active: false })];
  const judged = await judgePeople(
    {
      memory: new PresenceMemory({ person: () => undefined, knownObjectId: () => undefined }),
      people: () => people,
      person: (id) => people.find((one) => one.id === id),
      tenantOf: () => undefined,
      knownObjectId: () => undefined,
      servedByOwn: (id) => (id === 'bo' ? undefined : `object of ${id}`),
      breath: async () => undefined,
    },
    acme,
    { direction: 'both' },
    () => true,
  );
  const of = (name: string) => judged.get(asPersonId(name))?.verdict;
  assert.deepEqual(of('dana'), { is: 'synced', objectId: 'object of dana', by: 'link' });
  const bo = of('bo');
  assert.equal(bo?.is === 'failed' && bo.code, 'PRS-120');
  const kim = of('kim');
  assert.equal(kim?.is === 'failed' && kim.code, 'PRS-102', 'a sign-in makes nobody active');
});

test('presence is switched off: nobody’s match at Microsoft is said any more, not even of whom one is known', () => {
  const known = {
    is: 'found',
    by: 'link',
    user: { objectId: 'object of dana', upn: 'dana@acme.example', enabled: true, plans: 'unread' },
  } as unknown as Identity;
  const reach = { reads: false, writes: false, why: 'It is switched off under Connection.' };
  const both = { direction: 'both' } as const;
  for (const identity of [known, 'unread', { is: 'failed', code: 'PRS-112', detail: {} }] as const)
    assert.deepEqual(
      judgePerson(person('dana'), both, { ...reach, off: true }, identity as Identity | 'unread'),
      { is: 'failed', code: 'PRS-120', detail: { why: 'It is switched off under Connection.' } },
    );
  // Silence is not off: whom somebody is stays said.
  const silent = judgePerson(person('dana'), both, { ...reach, why: 'Microsoft is silent.' }, known);
  assert.equal('objectId' in silent && silent.objectId, 'object of dana');
});
