import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seenRoles } from './entra-roles.ts';
import { chosenFeatures, connectionFeatures, judgePermissions, rolesToAsk } from './features.ts';
import { aadstsNumber, troubleOfNumber, troubles, troubleTable } from './trouble.ts';

describe('permissions by feature', () => {
  test('G24: only what is switched on is asked for; a feature more asks for its own permission only', () => {
    const base = rolesToAsk([]).map(({ role }) => role);
    const withPresence = rolesToAsk(['presence']).map(({ role }) => role);
    assert.deepEqual(
      withPresence.filter((role) => !base.includes(role)),
      ['Presence.Read.All'],
    );
    assert.ok(!base.some((role) => /Presence|Mail|CallRecord|Domain.ReadWrite/.test(role)));
  });

  test('G19: to read presence alone is not to show it: the writing permission is named as missing', () => {
    const roles = rolesToAsk(['presence']).map(({ role }) => role);
    const { missing, working, missingBase } = judgePermissions(['presence', 'presence-write'], roles);
    assert.deepEqual(
      missing.map(({ feature, role }) => [feature, role]),
      [['presence-write', 'Presence.ReadWrite.All']],
    );
    assert.ok(working.has('presence') && !working.has('presence-write'));
    assert.deepEqual(missingBase, []);
  });

  test('writing presence includes reading it', () => {
    const roles = [...rolesToAsk([]).map(({ role }) => role), 'Presence.ReadWrite.All'];
    assert.deepEqual(judgePermissions(['presence', 'presence-write'], roles).missing, []);
  });

  test('a wider permission does for a narrower one, and one that nothing needs is named', () => {
    const roles = rolesToAsk([])
      .map(({ role }) => role)
      .filter((role) => role !== 'GroupMember.Read.All');
    assert.deepEqual(judgePermissions([], roles).missingBase, ['GroupMember.Read.All']);
    assert.deepEqual(judgePermissions([], [...roles, 'Group.Read.All']).missingBase, []);
    assert.deepEqual(judgePermissions([], [...roles, 'Group.Read.All', 'Mail.Send']).unneeded, ['Mail.Send']);
  });

  test('G03-G06, G10-G18: chats, meetings, rooms, files and contacts of Microsoft are asked for by no feature', () => {
    const roles = rolesToAsk(connectionFeatures).map(({ role }) => role);
    assert.ok(roles.length > 10);
    const never =
      /^(Chat|ChannelMessage|TeamsAppInstallation|OnlineMeetings|Place|Files|Sites|Contacts|Calendars\.ReadWrite)/;
    assert.deepEqual(
      roles.filter((role) => never.test(role)),
      [],
    );
  });

  test('who calls from Teams cannot be switched off', () => {
    assert.deepEqual(chosenFeatures([]), ['provisioning']);
    assert.deepEqual(chosenFeatures(['mail', 'presence']), ['provisioning', 'presence', 'mail']);
  });
});

describe('roles of Entra (B09)', () => {
  for (const [ids, names, mayConsent] of [
    [['62e90394-69f5-4237-9190-012177145e10'], ['Global Administrator'], true],
    [['e8611ab8-c189-46e8-94e1-60213ab1f814'], ['Privileged Role Administrator'], true],
    [['69091246-20e8-4a56-aa4d-066075b2a7a8'], ['Teams Administrator'], false],
    [['158c047a-c907-4556-b7ef-446551a6b5f7'], ['Cloud Application Administrator'], false],
    [['b79fbf4d-3ef9-4689-8143-76b194e85509'], [], false],
    [[], [], false],
  ] as const) {
    test(`${names.join() || 'nothing but a member'}: ${mayConsent ? 'may' : 'may not'} approve`, () => {
      assert.deepEqual(seenRoles(ids), { names, mayConsent });
    });
  }
  test('a token that does not say is not a token that says no', () => {
    assert.equal(seenRoles(undefined), undefined);
  });
});

describe('numbers of the sign-in service (microsoft-graph 1.7)', () => {
  for (const [number, trouble] of [
    [700016, 'app-removed'],
    [7000112, 'app-disabled'],
    [7000222, 'credential-expired'],
    [7000215, 'credential-refused'],
    [700027, 'credential-refused'],
    [700024, 'clock-differs'],
    [53003, 'blocked-by-policy'],
    [90002, 'tenant-gone'],
    [90038, 'tenant-elsewhere'],
    [65004, 'declined'],
    [90094, 'needs-admin'],
    [90033, undefined],
    [54005, undefined],
  ] as const) {
    test(`AADSTS${number}: ${trouble ?? 'nothing final'}`, () =>
      assert.equal(troubleOfNumber(number), trouble));
  }
  test('the number is read out of a description, and only there', () => {
    assert.equal(aadstsNumber('AADSTS65004: User declined to consent. Trace ID: 1'), 65004);
    assert.equal(aadstsNumber('something else'), undefined);
    assert.equal(aadstsNumber(undefined), undefined);
  });
  test('every trouble says what happened, what to do and whose turn it is', () => {
    for (const trouble of troubles) {
      const { say, next } = troubleTable[trouble];
      assert.match(say, /\.$/);
      assert.match(next, /\.$/);
    }
  });
});
