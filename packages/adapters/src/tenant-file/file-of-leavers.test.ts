import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rig, two } from './test-support/board-rig.ts';

describe('calls of those who left', () => {
  const rules: readonly (readonly [title: string, text: string, line: number, field: string, RegExp])[] = [
    ['nobody named', 'leaverRule: manager', 4, 'leaverRule', /leaverForward: who is rung/],
    [
      'a stranger',
      'leaverRule: manager\n    leaverForward: {person: eve@acme.example}',
      5,
      'leaverForward',
      /reach nobody: eve@acme\.example is nobody of this account/,
    ],
    [
      'a number of nobody',
      'leaverRule: manager\n    leaverForward: {number: "+12025550777"}',
      5,
      'leaverForward',
      /\+12025550777 is nobody's/,
    ],
    [
      'a queue that is not there',
      'leaverForward: {queue: Sales}\n    leaverRule: queue',
      4,
      'leaverForward',
      /no queue Sales/,
    ],
    [
      'a person for the rule of queues',
      'leaverRule: queue\n    leaverForward: {person: bo@acme.example}',
      5,
      'leaverForward',
      /wants a queue/,
    ],
  ];
  for (const [title, text, line, field, say] of rules)
    test(`a leaver rule that cannot work is refused with its line: ${title}`, async () => {
      const { plan, apply, made } = rig(two());
      const file = `version: 1
provisioning:
  - tenant: acacacac-0000-4000-8000-000000000001
    ${text}
people: [{upn: bo@acme.example, teams: false}]`;
      const found = (await plan(file)).changes.find(({ kind }) => kind === 'provisioning');
      assert.deepEqual([found?.action, found?.line, found?.field], ['refused', line, field], found?.words);
      assert.match(found?.words ?? '', say);
      const { left } = await apply(file);
      assert.deepEqual([left, made], [1, []], 'nothing of the file was made');
    });

  test('calls of those who left go to somebody, or a queue, that comes by the same file', async () => {
    const { apply, plan } = rig(two());
    const file = (forward: string) => `version: 1
provisioning:
  - {tenant: acacacac-0000-4000-8000-000000000001, leaverRule: ${forward}}
people: [{upn: new@acme.example, displayName: New}]
queues: [{name: Front, number: "+12025550300", members: [new@acme.example]}]`;
    for (const forward of [
      'manager, leaverForward: {person: new@acme.example}',
      'queue, leaverForward: {queue: Front}',
      'queue, leaverForward: {number: "+12025550300"}',
    ]) {
      const { applied } = await apply(file(forward));
      assert.ok(
        applied.every(({ action }) => action !== 'refused'),
        JSON.stringify(applied),
      );
      assert.deepEqual((await plan(file(forward))).changes, []);
    }
  });
});
