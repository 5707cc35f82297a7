import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Proof } from '../ports/microsoft-connection.ts';
import { type ConnectionFeature, judgeConnection, rolesToAsk } from './features.ts';
import {
  hearPresenceProof,
  newPresenceRegistration,
  type PresenceRegistration,
  presenceRegistrationWords,
  remindOfPresence,
} from './presence-registration.ts';

const read = 'Presence.Read.All';
const write = 'Presence.ReadWrite.All';
const base = rolesToAsk([]).map(({ role }) => role);
const both: readonly ConnectionFeature[] = ['presence', 'presence-write', 'calendar'];
const dayMs = 86_400_000;

describe('two registrations are judged apart (G23)', () => {
  const asked: readonly ConnectionFeature[] = both;
  for (const [what, main, presence, missing, unneeded, beyond] of [
    ['one for everything', [...base, 'Calendars.Read', write], undefined, [], [], []],
    ['each has its own', [...base, 'Calendars.Read'], [read, write], [], [], []],
    [
      'presence stands with the first',
      [...base, 'Calendars.Read', write],
      [],
      ['presence Presence.Read.All', 'presence Presence.ReadWrite.All'],
      [write],
      [],
    ],
    [
      'the calendar stands with the second',
      base,
      [write, 'Calendars.Read'],
      ['main Calendars.Read'],
      [],
      ['Calendars.Read'],
    ],
    [
      'the second lost writing',
      [...base, 'Calendars.Read'],
      [read],
      ['presence Presence.ReadWrite.All'],
      [],
      [],
    ],
    [
      'the base stands with the second',
      ['Calendars.Read'],
      [...base, read, write],
      base.map((role) => `main ${role}`),
      [],
      base,
    ],
  ] as const)
    test(`${what}: missing ${missing.join(', ') || 'nothing'}`, () => {
      const report = judgeConnection({
        features: asked,
        roles: main,
        ...(presence && { presence: { roles: presence } }),
      });
      assert.deepEqual(
        report.missing.map(({ registration, role }) => `${registration} ${role}`),
        missing,
      );
      assert.deepEqual(report.unneeded, unneeded);
      assert.deepEqual(report.unneededForPresence, beyond);
    });
});

describe('what is heard of a registration for presence', () => {
  const fresh = newPresenceRegistration('app', 1);
  const proven: PresenceRegistration = { ...fresh, roles: [read, write], rolesReadWallMs: 1, proven: true };
  const lost: PresenceRegistration = { ...proven, roles: [read], sinceWallMs: 2 };
  const removed: PresenceRegistration = { ...proven, roles: [], trouble: 'app-removed', sinceWallMs: 2 };
  const roles = (...granted: string[]): Proof => ({ is: 'roles', roles: granted });
  for (const [what, before, proof, tells, changed] of [
    ['an approval is copied: no roles yet', fresh, roles(), [], false],
    ['an approval is there: nobody is mailed that a beginning began', fresh, roles(read, write), [], true],
    [
      'Microsoft does not know the app yet: nothing was lost',
      fresh,
      { is: 'refused', trouble: 'app-removed' },
      [],
      true,
    ],
    ['silence says nothing', proven, { is: 'silent' }, [], false],
    ['the same again', proven, roles(read, write), [], false],
    ['one permission less', proven, roles(read), ['presence-lost'], true],
    ['reading alone is what writing includes: nothing is lost', proven, roles(write), [], true],
    ['the app is deleted', proven, { is: 'refused', trouble: 'app-removed' }, ['presence-lost'], true],
    ['still deleted', removed, { is: 'refused', trouble: 'app-removed' }, [], false],
    ['lost, and then deleted: told once', lost, { is: 'refused', trouble: 'app-removed' }, [], true],
    ['the permission is back', lost, roles(read, write), ['presence-resumed'], true],
    ['the app is back, without permissions', removed, roles(), [], true],
    ['the app is back as it was', removed, roles(read, write), ['presence-resumed'], true],
  ] as const)
    test(`${what}: ${tells.join() || 'nobody is told'}`, () => {
      const step = hearPresenceProof(before, proof as Proof, both, 9);
      assert.deepEqual(step.tells, tells);
      assert.equal(step.changed, changed);
      assert.equal(step.presence.sinceWallMs, changed ? 9 : before.sinceWallMs);
    });

  test('nobody is told of a permission that nothing needs', () => {
    const step = hearPresenceProof(proven, roles(read), ['presence'], 9);
    assert.deepEqual(step.tells, []);
  });

  test('reminders of its credential: 30, 7, 1 and 0 days before, each once; the platform’s own is not the customer’s', () => {
    const told: number[] = [];
    let presence: PresenceRegistration = {
      ...proven,
      credential: { kind: 'secret', endsWallMs: 40 * dayMs },
    };
    for (let day = 0; day <= 42; day++)
      for (const _ of ['morning', 'evening']) {
        const step = remindOfPresence(presence, day * dayMs);
        presence = step.presence;
        if (step.tells.length > 0) told.push(40 - day);
      }
    assert.deepEqual(told, [30, 7, 1, 0]);
    assert.deepEqual(remindOfPresence(proven, 100 * dayMs).tells, []);
  });

  for (const [what, presence, said] of [
    ['there is none', undefined, undefined],
    ['it works', proven, undefined],
    [
      'a permission is missing',
      lost,
      /Presence\.ReadWrite\.All of the app registration for presence is missing/,
    ],
    ['Microsoft refuses it', removed, /^The app registration for presence: /],
  ] as const)
    test(`in words: ${what}`, () => {
      const words = presenceRegistrationWords({ features: both, ...(presence && { presence }) });
      if (said === undefined) assert.equal(words, undefined);
      else assert.match(words?.sentence ?? '', said);
    });
});
