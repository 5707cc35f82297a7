import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { number, rig, two } from './test-support/board-rig.ts';

describe('people of a file', () => {
  test('numbers and extensions that two people swap change hands', async () => {
    const { apply, plan, people } = rig(two());
    const file = `version: 1
people:
  - {upn: Dana@acme.example, number: +12025550143, extension: 1002, otherNumbers: []}
  - {upn: bo@acme.example, number: +12025550142, extension: 0100}`;
    const { applied, sentence } = await apply(file);
    assert.deepEqual(
      applied.map(({ action }) => action),
      ['change', 'change'],
    );
    assert.equal(sentence, '2 changed.');
    const [dana, bo] = [people.get('person-dana'), people.get('person-bo')];
    assert.deepEqual([dana?.numbers, dana?.extension], [[number(143)], '1002']);
    assert.deepEqual([bo?.numbers, bo?.extension], [[number(142)], '0100']);
    assert.deepEqual((await plan(file)).changes, []);
  });

  test('who waits for a number of somebody who is refused is refused too', async () => {
    const state = two();
    const { plan } = rig({ ...state, numbers: new Map([[number(160), { by: 'device' }]]) });
    const { changes } = await plan(`version: 1
people:
  - {upn: dana@acme.example, number: "+12025550160", otherNumbers: []}
  - {upn: bo@acme.example, number: "+12025550142"}`);
    assert.deepEqual(
      changes.map(({ action, words }) => [action, words]),
      [
        ['refused', 'A phone has +12025550160.'],
        ['refused', 'Dana (dana@acme.example) has +12025550142.'],
      ],
    );
  });

  test('`next` asks for a number, not for another one, and comes after all named ones', async () => {
    const { apply, plan, people } = rig(two());
    const file = `version: 1
ranges: [{name: Main, first: "+12025550200", last: "+12025550201"}]
people:
  - {upn: a@acme.example, displayName: A, number: next}
  - {upn: dana@acme.example, number: next}
  - {upn: b@acme.example, displayName: B, number: "+12025550200"}`;
    await apply(file);
    const byUpn = new Map([...people.values()].map((one) => [one.upn, one.numbers]));
    assert.deepEqual(byUpn.get('a@acme.example'), [number(201)]);
    assert.deepEqual(byUpn.get('b@acme.example'), [number(200)]);
    assert.deepEqual(byUpn.get('dana@acme.example'), [number(142), number(150)]);
    assert.deepEqual((await plan(file)).changes, []);
  });

  test('nobody is removed without prune, nor with prune by a file without the section', async () => {
    const { plan } = rig(two());
    const dana = 'version: 1\npeople: [{upn: dana@acme.example}]';
    assert.deepEqual((await plan(dana)).changes, []);
    assert.deepEqual((await plan('version: 1', true)).changes, []);
    assert.deepEqual(
      (await plan(dana, true)).changes.map(({ what, action }) => [what, action]),
      [['bo@acme.example', 'remove']],
    );
    assert.equal((await plan('version: 1\npeople: []', true)).counts.remove, 2);
  });

  test('what only shows while the file is made (no number is free for `next`) takes everything back', async () => {
    const { apply, exported } = rig(two());
    const before = await exported();
    const { applied, sentence } = await apply(`version: 1
ranges: [{name: Main, first: "+12025550200", last: "+12025550200"}]
webhooks: [{name: CRM, url: "https://crm.example/hooks", events: ["*"]}]
people:
  - {upn: a@acme.example, displayName: A, number: next}
  - {upn: b@acme.example, displayName: B, number: next}
  - {upn: dana@acme.example, active: false}`);
    assert.deepEqual(
      applied.map(({ what, words }) => [what, words]),
      [['b@acme.example', 'no free number']],
    );
    assert.match(sentence, /^Nothing was changed: 1 refused/);
    assert.equal(await exported(), before);
  });
});
