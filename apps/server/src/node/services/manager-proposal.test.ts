import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphError, type GraphErrorCode } from '@tandem/adapters/graph/graph-error.ts';
import { asAccountId, asPersonId, type Person } from '@tandem/domain';
import { managerOf } from './manager-proposal.ts';

const accountId = asAccountId('acme');
const person = (name: string, more: Partial<Person> = {}): Person =>
  ({
    id: asPersonId(name),
    accountId,
    displayName: name,
    upn: `${name}@acme.example`,
    active: true,
    numbers: [],
    ...more,
  }) as Person;
const bo = person('bo');
const dana = person('dana');
const graph = (says: unknown) => ({
  call: async () => {
    if (says instanceof GraphError) throw says;
    return { status: 200, headers: {}, body: says };
  },
});
const error = (code: GraphErrorCode) => new GraphError(code, code);
const danaAtMicrosoft = { id: 'DADA', displayName: 'Dana Doe', userPrincipalName: 'dana@acme.example' };
const here =
  (...people: readonly (readonly [string, Person])[]) =>
  () =>
    new Map(people);

const rows = [
  ['Microsoft 365 is not connected', undefined, 'bo', 'not-connected', /not connected/],
  ['nobody at Microsoft is Bo', graph(danaAtMicrosoft), undefined, 'not-matched', /No Microsoft user/],
  ['Microsoft names nobody', graph(error('graph-not-found')), 'bo', 'none', /names no manager of bo/],
  [
    'the permission is missing',
    graph(error('graph-missing-scope')),
    'bo',
    'not-permitted',
    /User\.Read\.All/,
  ],
  ['Microsoft is away', graph(error('graph-unavailable')), 'bo', 'unavailable', /does not say now/],
] as const;
for (const [what, asked, objectId, status, sentence] of rows)
  test(`${what}: nobody is proposed, and the sentence says what happens then`, async () => {
    const answer = await managerOf(bo, asked, objectId, here(['dada', dana]));
    assert.deepEqual([answer.status, answer.leaver], [status, undefined]);
    assert.match(answer.sentence, sentence);
    assert.match(answer.sentence, /Choose who is rung, or leave it to the rule of the account\.$/);
  });

test('Dana leads Bo and is here: she is proposed for the leaver rule', async () => {
  const answer = await managerOf(bo, graph(danaAtMicrosoft), 'bo', here(['dada', dana]));
  assert.deepEqual(answer, {
    personId: bo.id,
    status: 'found',
    sentence: 'At Microsoft the manager of bo is Dana Doe.',
    manager: { displayName: 'Dana Doe', upn: 'dana@acme.example' },
    leaver: { kind: 'person', personId: dana.id },
  });
});

test('who leads Bo is nobody here, not active, or Bo: named, and not proposed', async () => {
  for (const people of [here(), here(['dada', person('dana', { active: false })]), here(['dada', bo])]) {
    const answer = await managerOf(bo, graph(danaAtMicrosoft), 'bo', people);
    assert.deepEqual([answer.status, answer.leaver], ['not-here', undefined]);
    assert.equal(answer.manager?.displayName, 'Dana Doe');
  }
});
