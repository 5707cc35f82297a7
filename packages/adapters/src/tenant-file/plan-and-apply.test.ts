import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asQueueId, queueDefaults } from '@tandem/domain';
import { admin, rig, two } from './test-support/board-rig.ts';
import { accountId } from './test-support/memory-ground.ts';

describe('what was planned is what is made', () => {
  test('a file of which one change is refused changes nothing at all, and says which', async () => {
    const { apply, exported, made } = rig(two());
    const before = await exported();
    const { applied, left, sentence } = await apply(`version: 1
people:
  - {upn: bo@acme.example, number: "+12025550142", active: false}
  - {upn: new@acme.example, displayName: New, extension: "77"}
  - {upn: nobody@acme.example}`);
    assert.deepEqual(
      applied.map(({ what, action, words }) => [what, action, words]),
      [
        ['bo@acme.example', 'refused', 'Dana (dana@acme.example) has +12025550142.'],
        ['nobody@acme.example', 'refused', 'Nobody has this address yet; a new person needs a displayName.'],
      ],
    );
    assert.deepEqual([left, made], [1, []]);
    assert.equal(sentence, 'Nothing was changed: 2 refused, and so 1 more were not made.');
    assert.equal(await exported(), before);
  });

  test('a refusal names line and field, whatever the section', async () => {
    const state = two();
    const sales = { ...queueDefaults, id: asQueueId('queue-1'), accountId, name: 'Sales', members: [] };
    const { plan } = rig({ ...state, queues: [sales], sourcesElsewhere: new Set(['198.51.100.1']) });
    const { changes } = await plan(`version: 1
account:
  carriers: [Nowhere]
carriers:
  - name: Own
    targets: [{host: sip.example}]
    sources: [{address: 198.51.100.1}]
people:
  - upn: bo@acme.example
    number: "+12025550142"
queues:
  - name: Sales
    members: [eve@acme.example]
signIns:
  - name: eve@acme.example
    role: user
  - {name: ann@acme.example, role: admin, person: eve@acme.example}`);
    assert.deepEqual(
      changes.map(({ kind, action, line, field }) => [kind, action, line, field]),
      [
        ['carrier', 'refused', 7, 'sources'],
        ['account', 'refused', 3, 'carriers'],
        ['person', 'refused', 10, 'number'],
        ['queue', 'refused', 13, 'members'],
        ['sign-in', 'refused', 16, 'role'],
        ['sign-in', 'refused', 17, 'person'],
      ],
    );
  });

  test('an admin of the account cannot change by a file what only the operator may', async () => {
    const { plan } = rig(two());
    const file = 'version: 1\naccount: {country: DE}\npeople: [{upn: bo@acme.example, teams: false}]';
    const by = { ...admin, may: (permission: string) => permission !== 'accounts:write' };
    assert.deepEqual(
      (await plan(file, false, by)).changes.map(({ kind, action }) => [kind, action]),
      [
        ['account', 'refused'],
        ['person', 'change'],
      ],
    );
  });

  test('a file of another account is refused by its name', async () => {
    const { board } = rig(two());
    const file = 'version: 1\naccount:\n  name: Globex\npeople: []\n';
    const outcome = await board.plan(accountId, { file, prune: true }, admin);
    assert.ok(outcome.kind === 'faults');
    assert.deepEqual([outcome.faults[0]?.line, outcome.faults[0]?.column], [3, 3]);
  });

  test('the preview counts for exactly these changes: not after another change, not for another file, not with prune', async () => {
    const { board, plan, apply, made } = rig(two());
    const file = 'version: 1\npeople: [{upn: bo@acme.example, teams: false}]';
    const { preview } = await plan(file);
    const attempt = (text: string, prune = false) =>
      board.apply(accountId, { file: text, prune, preview }, admin);
    assert.equal((await attempt(file, true)).kind, 'preview-outdated');
    assert.equal((await attempt(file.replace('false', 'true'))).kind, 'preview-outdated');
    assert.deepEqual(made, []);
    await apply('version: 1\npeople: [{upn: bo@acme.example, teams: false, active: false}]');
    assert.equal((await attempt(file)).kind, 'preview-outdated');
  });

  test('two who apply the same plan at once change the account once', async () => {
    const { board, plan, made, notes } = rig(two());
    const file = 'version: 1\npeople: [{upn: new@acme.example, displayName: New}]';
    const { preview } = await plan(file);
    const ask = { file, prune: false, preview };
    const outcomes = await Promise.all([1, 2].map(() => board.apply(accountId, ask, admin)));
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ['done', 'preview-outdated'],
    );
    assert.deepEqual(made, ['create-person']);
    assert.deepEqual(
      notes.map(({ action }) => action),
      ['tenant-file.apply'],
    );
  });
});
