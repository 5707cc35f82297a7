import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asAccountId, asConnectionId } from '@tandem/domain';
import { type ConnectionState, connectionStates } from '../connection/connection.machine.ts';
import { type ConnectionFeature, connectionFeatures } from '../connection/features.ts';
import type { StoredConnection } from '../ports/connection-store.ts';
import { isLastWith, offBecause, planPurges, type StoredPurge } from './purge-plan.ts';

const connection = (
  state: ConnectionState,
  features: readonly ConnectionFeature[],
  id = 'one',
): StoredConnection => ({
  id: asConnectionId(id),
  accountId: asAccountId('acme'),
  entraTenantId: `tenant-${id}`,
  domains: [],
  kind: 'platform-app',
  clientId: 'app',
  features,
  roles: [],
  roleUses: {},
  life: { state, sinceWallMs: 0, answeredWallMs: 0 },
  createdWallMs: 0,
  version: 1,
});
const purge = (feature: ConnectionFeature): StoredPurge => ({
  id: 1,
  accountId: asAccountId('acme'),
  connectionId: asConnectionId('one'),
  entraTenantId: 'tenant-one',
  feature,
  reason: 'switched-off',
  askedWallMs: 0,
  removed: {},
  audited: false,
});

describe('what is to be purged (G27)', () => {
  test('no state but the end of a connection is a reason: whatever is on stays, however long Microsoft is silent', () => {
    for (const state of connectionStates)
      for (const feature of connectionFeatures)
        assert.equal(
          offBecause(connection(state, connectionFeatures), feature),
          state === 'DISCONNECTED' ? 'disconnected' : undefined,
          `${state} ${feature}`,
        );
  });

  test('a feature that is switched off is asked for once; provisioning cannot be', () => {
    const off = connection('CONNECTED', ['presence-write']);
    const { ask } = planPurges([off], []);
    assert.ok(ask.some(({ feature, reason }) => feature === 'presence' && reason === 'switched-off'));
    assert.ok(!ask.some(({ feature }) => feature === 'provisioning' || feature === 'presence-write'));
    const again = planPurges([off], [purge('presence')]);
    assert.ok(!again.ask.some(({ feature }) => feature === 'presence'));
    assert.deepEqual(again.over, []);
  });

  test('switched on again, a purge is over, done or not', () => {
    const stands = purge('presence');
    assert.deepEqual(planPurges([connection('CONNECTED', ['presence'])], [stands]).over, [stands]);
  });

  test('another connection of the account with the feature keeps what cannot be told apart', () => {
    const off = connection('CONNECTED', []);
    const other = connection('INTERRUPTED', ['presence'], 'two');
    assert.equal(isLastWith([off, other], purge('presence')), false);
    assert.equal(isLastWith([off, other], purge('calendar')), true);
    assert.equal(isLastWith([off, { ...other, accountId: asAccountId('globex') }], purge('presence')), true);
  });
});
