import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asAccountId } from '@tandem/domain';
import { rescueAfterMs, rescueFault } from './rescue.ts';

const acme = asAccountId('01930000-0000-7000-8000-00000000ac3e');
const globex = asAccountId('01930000-0000-7000-8000-00000000910b');
const at = Date.parse('2026-11-23T08:00:00Z');
const day = 86_400_000;
const admin = { id: 'ann', accountId: acme, role: 'admin', disabled: false } as const;
const proposal = {
  operation: 'signIns.newPassword',
  shown: { params: { id: 'ann' }, query: {} },
  state: 'open',
  accountId: acme,
  proposedWallMs: at,
  expiresWallMs: at + 30 * day,
} as const;

describe('the provider helps in an administrator who is locked out', () => {
  test('three days after it was proposed, and not a moment before', () => {
    assert.equal(rescueFault(proposal, [admin], at + rescueAfterMs), undefined);
    assert.match(
      rescueFault(proposal, [admin], at + rescueAfterMs - 1) ?? '',
      /^Its administrators may decide until 2026-11-26T08:00:00\.000Z/,
    );
  });

  const three = at + rescueAfterMs;
  const refused: readonly [string, Parameters<typeof rescueFault>, RegExp][] = [
    [
      'somebody else of them signed in since, and can decide',
      [proposal, [admin, { ...admin, id: 'ben', lastSignInAt: at }], three],
      /has signed in since/,
    ],
    [
      'the account’s file',
      [{ ...proposal, operation: 'tenantFile.apply' }, [admin], three],
      /Only a new password/,
    ],
    [
      'somebody who only works at the desk',
      [proposal, [{ ...admin, role: 'desk' }], three],
      /Only a new password/,
    ],
    [
      'an administrator who is switched off',
      [proposal, [{ ...admin, disabled: true }], three],
      /Only a new password/,
    ],
    [
      'another customer’s administrator',
      [proposal, [{ ...admin, accountId: globex }], three],
      /Only a new password/,
    ],
    ['what was rejected', [{ ...proposal, state: 'rejected' }, [admin], three], /is rejected/],
    ['what is over', [proposal, [admin], at + 30 * day], /is expired/],
  ];
  for (const [title, ask, say] of refused)
    test(`but not: ${title}`, () => assert.match(rescueFault(...ask) ?? '', say));

  test('who signed in before it was proposed has not decided, and neither has another customer’s administrator', () => {
    const before = [
      { ...admin, lastSignInAt: at - 1 },
      { ...admin, id: 'greta', accountId: globex, lastSignInAt: at + 1 },
    ];
    assert.equal(rescueFault(proposal, before, three), undefined);
  });
});
