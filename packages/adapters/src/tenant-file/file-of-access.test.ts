import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Permission, roleMay } from '@tandem/contract';
import { asCarrierId } from '@tandem/domain';
import type { StoredCarrier, StoredSignIn } from './state.ts';
import { admin, rig, two } from './test-support/board-rig.ts';

describe('carriers and sign-ins of a file', () => {
  test('nobody locks themselves out by a file, and an account’s admin makes no carrier', async () => {
    const { plan } = rig({
      ...two(),
      signIns: [{ id: 'sign-in-1', name: 'ann@acme.example', role: 'admin', disabled: false }],
    });
    const by = {
      ...admin,
      name: 'ann@acme.example',
      may: (permission: Permission) => roleMay('admin', permission),
    };
    const gone = await plan('version: 1\nsignIns: []', true, by);
    assert.deepEqual([gone.changes[0]?.action, gone.counts.refused], ['refused', 1]);
    const less = await plan('version: 1\nsignIns: [{name: ann@acme.example, role: desk}]', false, by);
    assert.match(less.changes[0]?.words ?? '', /signed in with this one/);
    const other = await plan('version: 1\nsignIns: [{name: ben@acme.example, role: desk}]', false, by);
    assert.deepEqual(other.counts, { create: 1, change: 0, remove: 0, refused: 0 });
    const carrier = 'version: 1\ncarriers: [{name: Own, targets: [{host: sip.example}]}]';
    assert.match((await plan(carrier, false, by)).changes[0]?.words ?? '', /Only the operator/);
  });

  test('the last administrator of an account stays, unless another one comes by the same file', async () => {
    const signIn = (name: string, role: StoredSignIn['role']): StoredSignIn => ({
      id: `sign-in-${name}`,
      name,
      role,
      disabled: false,
    });
    const state = { ...two(), signIns: [signIn('ann', 'admin'), signIn('desk', 'desk')] };
    for (const [file, prune] of [
      ['signIns: [{name: desk}]', true],
      ['signIns: [{name: ann, active: false}]', false],
      ['signIns: [{name: ann, role: desk}]', false],
    ] as const) {
      const { changes } = await rig(state).plan(`version: 1\n${file}\n`, prune);
      assert.deepEqual(
        changes.map(({ what, action, words }) => [what, action, words?.slice(0, 20)]),
        [['ann', 'refused', 'Nobody would be left']],
        file,
      );
    }
    const { applied } = await rig(state).apply(
      'version: 1\nsignIns: [{name: desk, role: admin}, {name: ann, role: desk}]\n',
    );
    assert.deepEqual(
      applied.map(({ what, action }) => [what, action]),
      [
        ['desk', 'change'],
        ['ann', 'change'],
      ],
    );
  });

  test('a carrier that is used is not removed with prune, one that is not is', async () => {
    const carrier = (name: string, tail: number): StoredCarrier => ({
      id: asCarrierId(`carrier-${name}`),
      name,
      targets: [{ host: 'sip.example', port: 5060, protocol: 'UDP', priority: 1, weight: 1 }],
      sources: [{ address: `192.0.2.${tail}` }],
      probeWithOptions: true,
      numberFormat: 'e164',
      emergency: false,
      version: 1,
    });
    const state = two();
    const { plan, apply, exported } = rig({
      ...state,
      account: { ...state.account, carriers: [asCarrierId('carrier-A')] },
      carriers: [carrier('A', 1), carrier('B', 2)],
    });
    const none = 'version: 1\ncarriers: []';
    assert.deepEqual(
      (await plan(none, true)).changes.map(({ what, action }) => [what, action]),
      [
        ['A', 'refused'],
        ['B', 'remove'],
      ],
    );
    await apply(`${none}\naccount: {carriers: [Operator]}`, true);
    assert.match(await exported(), /carriers: \[Operator\][\s\S]*\ncarriers: \[\]/);
  });
});
