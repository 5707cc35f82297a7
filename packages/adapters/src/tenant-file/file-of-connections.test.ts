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

  test('a feature is switched on and off, and the music on hold chosen; a second time nothing changes', async () => {
    const { apply, plan, exported, made } = rig(emptyState());
    const file = `version: 1
connections:
  - tenant: ACACACAC-0000-4000-8000-000000000001
    features: [presence]
    routingDomains: [{host: Acme.SBC.example, holdMusic: none}]`;
    const { applied } = await apply(file);
    assert.deepEqual(
      applied.map(({ kind, what, before, after }) => [kind, what, before, after]),
      [
        [
          'connection',
          'acacacac-0000-4000-8000-000000000001',
          { features: ['provisioning'] },
          { features: ['provisioning', 'presence'] },
        ],
        ['routing-domain', 'acme.sbc.example', { holdMusic: null }, { holdMusic: 'none' }],
      ],
    );
    assert.deepEqual(made, ['change-features', 'choose-music']);
    assert.deepEqual((await plan(file)).changes, []);
    assert.deepEqual((await plan(await exported(), true)).changes, []);
    await apply(file.replace('[presence]', '[]').replace('none', 'null'));
    assert.match(await exported(), /features: \[provisioning\]\n[\s\S]*?holdMusic: null/);
  });

  test('a tenant that is not connected and a routing domain that is not there are refused with what to do', async () => {
    const { plan } = rig(emptyState());
    const { changes } = await plan(`version: 1
connections:
  - {tenant: 99999999-0000-4000-8000-000000000001, features: []}
  - tenant: acacacac-0000-4000-8000-000000000001
    routingDomains: [{host: other.sbc.example, holdMusic: teams}]`);
    assert.deepEqual(
      changes.map(({ action, line, field, words }) => [action, line, field, words?.split(':').at(-1)]),
      [
        ['refused', 3, 'tenant', ' connect it in the portal first.'],
        [
          'refused',
          5,
          'routingDomains',
          ' add it on the page Microsoft 365 first, or take it out of the file.',
        ],
      ],
    );
  });
});
