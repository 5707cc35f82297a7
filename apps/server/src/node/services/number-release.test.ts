import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asAccountId, asPersonId, type E164, type Person } from '@tandem/domain';
import { createNumberRelease, leaverOf } from './number-release.ts';

const dana = { id: asPersonId('dana'), displayName: 'Dana' } as Person;
const forward = { kind: 'number', number: '+493012340004' as E164 } as const;
const byRule = { leaverRule: 'manager', leaverForward: forward } as const;
const user = { objectId: 'o', upn: 'dana@acme.example', enabled: true, guest: false, kind: 'user' } as const;

test('only who is gone in Entra leaves the number: not who left the group, was disabled, or could not be read', () => {
  const rows = [
    ['hard deleted', null, true],
    ['deleted', { ...user, deletedOn: '2026-01-01' }, true],
    ['disabled', { ...user, enabled: false }, false],
    ['there', user, false],
    ['not read', 'unread', false],
  ] as const;
  for (const [name, seen, leaves] of rows)
    assert.deepEqual(
      leaverOf({ person: dana, facts: { user: seen } }, byRule),
      leaves ? { name: 'Dana', forward } : undefined,
      name,
    );
  assert.equal(leaverOf({ person: dana, facts: undefined }, byRule), undefined);
  assert.equal(
    leaverOf({ person: undefined, facts: { user: null } }, byRule),
    undefined,
    'deleted here as well',
  );
  const announced = leaverOf(
    { person: dana, facts: { user: null } },
    { ...byRule, leaverRule: 'announcement' },
  );
  assert.deepEqual(announced, { name: 'Dana' });
});

test('a number that Microsoft gave back rests; calls follow at once, and the log says why it was taken', async () => {
  const did: string[] = [];
  const known = new Set(['+493012340003']);
  const release = createNumberRelease({
    stock: {
      release: async (_account, number, personId, leaver) => {
        did.push(`${number} of ${personId} ${leaver?.name ?? 'deleted here'}`);
        return known.has(number);
      },
    },
    audit: { note: async (entry) => void did.push(`${entry.actor.name} ${entry.action} ${entry.reason}`) },
    refresh: async () => void did.push('refresh'),
  });
  const released = { accountId: asAccountId('acme'), personId: dana.id };
  await release({ ...released, number: '+493012340003' as E164, leaver: { name: 'Dana' } });
  assert.deepEqual(did.splice(0), [
    '+493012340003 of dana Dana',
    'refresh',
    'provisioning number.release Dana is gone in Entra.',
  ]);
  await release({ ...released, number: '+493012340003' as E164 });
  assert.deepEqual(did.splice(0), ['+493012340003 of dana deleted here', 'refresh']);
  await release({ ...released, number: '+493012340009' as E164 });
  assert.deepEqual(did, ['+493012340009 of dana deleted here'], 'somebody has it by now: nothing changes');
});
