import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { admin, rig, two } from './test-support/board-rig.ts';
import { accountId, emptyState } from './test-support/memory-ground.ts';

describe('settings of connections', () => {
  test('settings of a connection are filled up with what stands; a tenant that is not connected is refused', async () => {
    const { apply, plan } = rig(emptyState());
    const file = `version: 1
provisioning:
  - tenant: ACACACAC-0000-4000-8000-000000000001
    drift: {number: repair}
    enableGroups: [{id: group-1, name: Renamed}]`;
    const other = `${file}
  - {tenant: 99999999-0000-4000-8000-000000000001, mode: manual}`;
    assert.match((await plan(other)).changes[1]?.words ?? '', /not connected/);
    const { applied } = await apply(file);
    assert.deepEqual(
      applied.map(({ action, before, after }) => [action, before, after]),
      [
        [
          'change',
          {
            drift: {
              number: 'ask',
              voice: 'repair',
              voiceRouting: 'repair',
              calling: 'ask',
              dialPlan: 'ask',
            },
          },
          {
            drift: {
              number: 'repair',
              voice: 'repair',
              voiceRouting: 'repair',
              calling: 'ask',
              dialPlan: 'ask',
            },
          },
        ],
      ],
    );
    assert.deepEqual((await plan(file)).changes, []);
  });

  test('settings that take many people’s numbers away say so in the plan, and the plan counts for that many only', async () => {
    let leave = 12;
    const { board, plan } = rig(two(), () => `This takes the numbers of ${leave} people away at once.`);
    const file = `version: 1
provisioning:
  - {tenant: acacacac-0000-4000-8000-000000000001, enableGroups: []}`;
    const { preview, changes } = await plan(file);
    assert.equal(changes[0]?.words, 'This takes the numbers of 12 people away at once.');
    leave = 400;
    const ask = { file, prune: false, preview };
    assert.equal((await board.apply(accountId, ask, admin)).kind, 'preview-outdated');
    leave = 12;
    assert.equal((await board.apply(accountId, ask, admin)).kind, 'done');
  });
});
