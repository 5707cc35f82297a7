import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Person } from '@tandem/domain';
import fc from 'fast-check';
import { notSynced } from '../ports/presence-policies.ts';
import { presenceCodes, presenceCodeTable } from './codes.ts';
import { afterRunEvent, openRunStates, runEvents, runStates } from './run.machine.ts';
import { defaultPresenceSettings, type PresenceSyncSettings } from './settings.ts';
import {
  acme,
  admin,
  microsoftUser,
  personId,
  platformPerson,
  presenceWorld,
  turns,
  userId,
} from './test-presence-world.ts';

type World = ReturnType<typeof presenceWorld>;
const set = async (one: Pick<World, 'desk'>, change: Partial<PresenceSyncSettings>) => {
  const { version, settings } = one.desk.settingsOf(acme);
  const outcome = await one.desk.change(acme, version, { ...settings, ...change }, admin);
  assert.equal(outcome.is, 'done');
  await turns();
  return outcome;
};
const three = () =>
  presenceWorld(
    [1, 2, 3].map((n) => platformPerson(n)),
    [1, 2, 3].map((n) => microsoftUser(n)),
  );
const stateOf = ({ desk, world }: Pick<World, 'desk' | 'world'>, n: number): string => {
  const person = world.people.get(personId(n)) as Person;
  const { state, code } = desk.show(person);
  return code === undefined ? state : `${state} ${code}`;
};

test('the machine of a run: what is over stays over, and every open state can be overtaken', () => {
  for (const state of runStates)
    for (const event of runEvents) {
      const next = afterRunEvent(state, event);
      if (!openRunStates.has(state)) assert.equal(next, undefined, `${state} ${event}`);
    }
  for (const state of openRunStates) assert.equal(afterRunEvent(state, 'overtaken'), 'cancelled');
});

test('all users: everybody is matched and read once, one mail tells the result to who began it and to the list', async () => {
  const one = three();
  one.world.people.set(personId(4), platformPerson(4));
  await set(one, { mode: 'all', notify: ['boss@acme.example', 'ANN@acme.example'] });
  assert.deepEqual(
    [1, 2, 3, 4].map((n) => stateOf(one, n)),
    ['synced', 'synced', 'synced', 'failed PRS-103'],
  );
  assert.deepEqual(one.reads, [[userId(1), userId(2), userId(3)]]);
  assert.equal(one.memory.of(personId(1)).readsTeams, true);
  assert.deepEqual(one.memory.of(personId(4)), notSynced);
  assert.equal(one.mails.length, 1);
  const [mail] = one.mails;
  assert.deepEqual(mail?.to, ['ANN@acme.example', 'boss@acme.example']);
  assert.equal(mail?.subject, 'Presence sync finished: 3 synced, 1 failed - Acme');
  assert.match(mail?.text ?? '', /Person 4 <p4@acme\.example>: PRS-103\./);
  assert.match(
    mail?.text ?? '',
    /In scope: 4\nSynced: 3\nAlready synced: 0\nUnsynced by an administrator: 0\nFailed: 1/,
  );
  assert.match(
    mail?.attachments?.[0]?.content ?? '',
    /^name;e-mail;code;.*\nPerson 4;p4@acme\.example;PRS-103;/,
  );
  const [run] = await one.desk.runs(acme, { limit: 5 });
  assert.deepEqual([run?.state, run?.counts.synced, run?.counts.failed], ['done', 3, 1]);
  // N21: its steps, with how many they were about and Microsoft's id of what was asked.
  assert.deepEqual(
    run?.steps?.map(({ what, people, outcome, request }) => [what, people, outcome, request?.requestId]),
    [
      ['directory', 4, undefined, undefined],
      ['match', 4, undefined, undefined],
      ['read-presence', 3, 'read', 'r-1'],
    ],
  );
  assert.ok(run?.steps?.every(({ durationMs }) => durationMs >= 0));
  assert.deepEqual(
    one.audits.map(({ action }) => action),
    ['presence-sync.change', 'presence-sync.run', 'presence-sync.run-over'],
  );
  assert.deepEqual(
    [one.audits[0]?.before, one.audits[0]?.after],
    [
      { mode: 'disabled', notify: [] },
      { mode: 'all', notify: ['boss@acme.example', 'ANN@acme.example'] },
    ],
  );
});

test('selected users: only they are read; unsync wins over all, and resync brings back what was chosen', async () => {
  const one = three();
  await set(one, { mode: 'selected' });
  assert.deepEqual(one.reads, []);
  const dana = one.world.people.get(personId(1)) as Person;
  await one.desk.choose(acme, [dana], 'select', admin);
  await turns();
  assert.deepEqual(one.reads, [[userId(1)]]);
  assert.deepEqual(
    [1, 2].map((n) => stateOf(one, n)),
    ['synced', 'not-selected'],
  );
  await set(one, { mode: 'all' });
  await one.desk.choose(acme, [dana], 'unsync', admin);
  assert.equal(one.memory.of(personId(1)).synced, false);
  assert.equal(one.memory.of(personId(2)).synced, true);
  assert.equal(stateOf(one, 1), 'unsynced PRS-130');
  // Whoever clears what was left in Teams finds the person still.
  assert.equal(one.memory.objectIdOf(personId(1), 'acacacac-0000-4000-8000-000000000001'), userId(1));
  await set(one, { mode: 'disabled' });
  await set(one, { mode: 'all' });
  assert.equal(stateOf(one, 1), 'unsynced PRS-130', 'selections survive disabling');
  await one.desk.choose(acme, [dana], 'resync', admin);
  await turns();
  assert.equal(stateOf(one, 1), 'synced');
});

test('disabled: nobody is synced at once, nothing is asked of Microsoft any more, rules and matches stay', async () => {
  const one = three();
  const rules = { ...defaultPresenceSettings.rules, busy: 'no-calls' as const };
  await set(one, { mode: 'all', rules, customizeCalls: true });
  const reads = one.reads.length;
  const { version, settings } = one.desk.settingsOf(acme);
  await one.desk.change(acme, version, { ...settings, mode: 'disabled' }, admin);
  assert.deepEqual(one.memory.of(personId(1)), notSynced, 'counts when the change is answered');
  await one.clock.advance(3 * 3_600_000);
  assert.equal(one.reads.length, reads);
  assert.match(one.mails.at(-1)?.text ?? '', /Presence sync is off; it ended for 3 people/);
  assert.equal(one.desk.settingsOf(acme).settings.rules.busy, 'no-calls');
  await set(one, { mode: 'all' });
  const [run] = await one.desk.runs(acme, { limit: 1 });
  assert.equal(run?.counts.synced, 3);
  assert.equal(one.memory.of(personId(1)).rules?.busy, 'no-calls');
});

const withCode: Record<string, (one: World) => void> = {
  'PRS-102': ({ world }) => void world.people.set(personId(1), platformPerson(1, { active: false })),
  'PRS-103': ({ world }) =>
    void world.mirror.commitUsers({ full: true, changes: [microsoftUser(9)], beganAtWallMs: 2 }),
  'PRS-104': ({ world }) => void world.people.set(personId(1), platformPerson(1, { platformLicence: false })),
  'PRS-105': ({ world }) => commit(world, { enabled: false }),
  'PRS-106': ({ world }) => commit(world, { guest: true }),
  'PRS-110': ({ world }) => void world.people.set(personId(1), platformPerson(1, { upn: '', mail: '' })),
  'PRS-112': ({ world }) =>
    void world.mirror.commitUsers({
      full: true,
      changes: [microsoftUser(1), microsoftUser(2, { upn: 'p1@acme.example' })],
      beganAtWallMs: 2,
    }),
  'PRS-113': (one) => {
    const row = { accountId: acme, personId: personId(7), choice: 'inherit', changedWallMs: 1 } as const;
    const link = {
      entraTenantId: 'acacacac-0000-4000-8000-000000000001',
      objectId: userId(1),
      by: 'explicit',
    } as const;
    one.memory.putPeople([{ ...row, link }]);
  },
  'PRS-120': (one) => {
    one.world.answer = () => ({ is: 'refused' });
  },
  'PRS-121': ({ world }) => {
    world.tenant = world.tenant && { ...world.tenant, reach: { reads: true, writes: false } };
  },
  'PRS-122': (one) => {
    one.world.answer = () => ({ is: 'throttled', retryAfterMs: 100 });
  },
  'PRS-123': ({ world }) => commit(world, { plans: [] }),
};
function commit({ mirror }: World['world'], change: Parameters<typeof microsoftUser>[1]): void {
  mirror.commitUsers({ full: true, changes: [microsoftUser(1, change)], beganAtWallMs: 2 });
}

test('every code is reached by what it says, with its reason, fix and whose turn it is', async () => {
  const elsewhere = new Set(['PRS-101', 'PRS-130']);
  for (const code of presenceCodes) {
    if (elsewhere.has(code)) continue;
    const one = presenceWorld([platformPerson(1)], [microsoftUser(1)]);
    withCode[code]?.(one);
    const { version, settings } = one.desk.settingsOf(acme);
    await one.desk.change(acme, version, { ...settings, mode: 'all' }, admin);
    await one.clock.advance(1_000);
    const oneWay = code === 'PRS-121';
    assert.equal(stateOf(one, 1), `${oneWay ? 'synced' : 'failed'} ${code}`);
    const [mail] = one.mails;
    if (oneWay) assert.match(mail?.subject ?? '', /finished: 1 synced, 0 failed/);
    else {
      assert.match(mail?.subject ?? '', /needs attention: 0 synced, 1 failed/, code);
      assert.ok(mail?.text.includes(presenceCodeTable[code].fix), mail?.text);
    }
  }
  // Somebody who was deleted in mid-run.
  const one = three();
  await set(one, { mode: 'selected' });
  const gone = one.world.people.get(personId(2)) as Person;
  one.world.people.delete(personId(2));
  await one.desk.choose(acme, [gone], 'select', admin);
  await turns();
  const [run] = await one.desk.runs(acme, { limit: 1 });
  assert.ok(run);
  const [result] = await one.desk.results(run, { limit: 5, offset: 0 });
  assert.equal(result?.code, 'PRS-101');
});

test('without the right to write: one direction works where there are two, and nothing where writing is all', async () => {
  const one = three();
  withCode['PRS-121']?.(one);
  await set(one, { mode: 'all', direction: 'to-teams' });
  assert.equal(stateOf(one, 1), 'failed PRS-121');
  await set(one, { direction: 'to-platform' });
  assert.equal(stateOf(one, 1), 'synced');
  assert.deepEqual(
    [one.memory.of(personId(1)).readsTeams, one.memory.of(personId(1)).writesTeams],
    [true, false],
  );
});

test('two administrators edit at once: the second is told who was faster, and nothing of theirs counts', async () => {
  const one = three();
  await set(one, { mode: 'all' });
  const { version, settings } = one.desk.settingsOf(acme);
  const rules = { ...settings.rules, busy: 'no-calls' as const };
  await one.desk.change(acme, version, { ...settings, rules }, admin);
  const late = await one.desk.change(
    acme,
    version,
    { ...settings, rules: { ...settings.rules, offline: 'no-calls' } },
    { kind: 'user', name: 'ben@acme.example' },
  );
  assert.ok(late.is === 'changed-meanwhile');
  assert.match(late.say, /^ann@acme\.example changed the settings/);
  assert.deepEqual(one.desk.settingsOf(acme).settings.rules, rules);
  const reset = await one.desk.resetRules(acme, version + 1, admin);
  assert.ok(reset.is === 'done' && !reset.run);
  assert.deepEqual(one.desk.settingsOf(acme).settings.rules, defaultPresenceSettings.rules);
  assert.deepEqual(one.audits.at(-1)?.before, { rules });
});

test('the rules are offered where there is a queue and Teams is read, else it is said why not', async () => {
  const one = three();
  await set(one, { mode: 'all' });
  one.world.hasQueue = false;
  assert.match(one.desk.customizeOffered(acme).reason ?? '', /no call queue/);
  const { version, settings } = one.desk.settingsOf(acme);
  const on = await one.desk.change(acme, version, { ...settings, customizeCalls: true }, admin);
  assert.ok(on.is === 'wrong-state' && /no call queue/.test(on.say));
  one.world.hasQueue = true;
  assert.ok(one.desk.customizeOffered(acme).offered);
  await set(one, { customizeCalls: true });
  assert.deepEqual(one.memory.of(personId(1)).rules, defaultPresenceSettings.rules);
  await set(one, { direction: 'to-teams' });
  assert.equal(one.memory.of(personId(1)).rules, undefined);
});

test('the last queue is deleted: the rules go on for direct calls and it is said why; switched off, they stay off until there is a queue', async () => {
  const one = three();
  one.world.hasQueue = true;
  await set(one, { mode: 'all', customizeCalls: true });
  one.world.hasQueue = false;
  assert.deepEqual(one.memory.of(personId(1)).rules, defaultPresenceSettings.rules);
  const { offered, reason } = one.desk.customizeOffered(acme);
  assert.equal(offered, false);
  assert.match(reason ?? '', /no call queue any more\. The rules go on counting for direct calls/);
  // What else is changed meanwhile leaves the switch alone.
  const rules = { ...defaultPresenceSettings.rules, busy: 'no-calls' as const };
  await set(one, { rules });
  assert.deepEqual(one.memory.of(personId(1)).rules, rules);
  await set(one, { customizeCalls: false });
  assert.equal(one.memory.of(personId(1)).rules, undefined);
  assert.match(one.desk.customizeOffered(acme).reason ?? '', /Create one first/);
  const { version, settings } = one.desk.settingsOf(acme);
  const on = await one.desk.change(acme, version, { ...settings, customizeCalls: true }, admin);
  assert.equal(on.is, 'wrong-state');
  assert.deepEqual(one.desk.settingsOf(acme).settings.rules, rules, 'kept while off');
});

test('the node dies in mid-run: the next one goes on, counts nobody twice and mails once', async () => {
  const one = three();
  const node = one.node();
  node.memory.load(await one.store.loadForPlatform());
  one.world.answer = () => ({ is: 'throttled', retryAfterMs: 30_000 });
  const { settings } = node.desk.settingsOf(acme);
  await node.desk.change(acme, 0, { ...settings, mode: 'all' }, admin);
  await turns();
  node.runner.stop();
  assert.equal((await one.store.listOpenRunsForPlatform()).length, 1);
  one.world.answer = (ids) => ({ is: 'read', found: new Set(ids) });
  const next = one.node();
  next.memory.load(await one.store.loadForPlatform());
  next.runner.start();
  await next.runner.resume();
  await one.clock.advance(3_000);
  const [run] = await next.desk.runs(acme, { limit: 1 });
  assert.deepEqual([run?.state, run?.counts.synced, run?.counts.alreadySynced], ['done', 3, 0]);
  assert.equal(one.mails.length, 1);
  next.runner.stop();
});

test('a later decision overtakes the run that goes on: one mail, about the later one', async () => {
  const one = three();
  one.world.answer = () => ({ is: 'throttled', retryAfterMs: 30_000 });
  await set(one, { mode: 'all' });
  one.world.answer = (ids) => ({ is: 'read', found: new Set(ids) });
  await set(one, { direction: 'to-platform' });
  await one.clock.advance(60_000);
  const runs = await one.desk.runs(acme, { limit: 5 });
  assert.deepEqual(
    runs.map(({ state, direction }) => [state, direction]),
    [
      ['done', 'to-platform'],
      ['cancelled', 'both'],
    ],
  );
  assert.equal(one.mails.length, 1);
});

test('who failed is tried every hour by itself, and only what changed is told', async () => {
  const one = three();
  one.world.answer = () => ({ is: 'failed' });
  one.runner.start();
  await set(one, { mode: 'all' });
  await one.clock.advance(60_000);
  assert.equal(stateOf(one, 1), 'failed PRS-122');
  assert.equal(one.mails.length, 1);
  await one.clock.advance(3_600_000 + 120_000);
  assert.equal(one.mails.length, 1, 'nothing changed, nothing is said');
  one.world.answer = (ids) => ({ is: 'read', found: new Set(ids.filter((id) => id !== userId(3))) });
  await one.clock.advance(3_600_000);
  assert.deepEqual(
    [1, 2, 3].map((n) => stateOf(one, n)),
    ['synced', 'synced', 'failed PRS-123'],
  );
  assert.equal(one.mails.length, 2);
  assert.match(one.mails[1]?.subject ?? '', /finished: 2 synced, 1 failed/);
  one.runner.stop();
});

test('the connection is lost and authorised again: one run and one mail with the former selection, no double links', async () => {
  const one = three();
  one.runner.start();
  await set(one, { mode: 'all' });
  await one.desk.choose(acme, [one.world.people.get(personId(3)) as Person], 'unsync', admin);
  await turns();
  one.mails.length = 0;
  const { tenant } = one.world;
  assert.ok(tenant);
  one.world.tenant = {
    ...tenant,
    works: false,
    reason: 'app-removed',
    reach: { reads: false, writes: false },
  };
  one.runner.connectionsChanged();
  await one.clock.advance(4 * 3_600_000);
  assert.equal(stateOf(one, 1), 'synced', 'an interruption says nothing about a person');
  assert.equal(one.mails.length, 0, 'the connection itself tells of it');
  one.world.tenant = tenant;
  one.runner.connectionsChanged();
  one.runner.connectionsChanged();
  await one.clock.advance(10_000);
  const [run] = await one.desk.runs(acme, { limit: 1 });
  assert.deepEqual(
    [run?.reason, run?.state, run?.counts.alreadySynced, run?.counts.unsynced],
    ['re-authorised', 'done', 2, 1],
  );
  assert.equal(one.mails.length, 1);
  assert.equal(new Set([...one.store.people.values()].map(({ link }) => link?.objectId)).size, 3);
  one.runner.stop();
});

test('Microsoft was only silent: nobody is told anything, and nobody has to do anything', async () => {
  const one = three();
  one.runner.start();
  await set(one, { mode: 'all' });
  one.mails.length = 0;
  const { tenant } = one.world;
  assert.ok(tenant);
  one.world.tenant = { ...tenant, works: false, reason: 'silent' };
  one.runner.connectionsChanged();
  await turns();
  one.world.tenant = tenant;
  one.runner.connectionsChanged();
  await one.clock.advance(10_000);
  assert.equal(one.mails.length, 0);
  assert.equal(stateOf(one, 1), 'synced');
  one.runner.stop();
});

test('a new colleague is matched within seconds, without a run; one who leaves in Entra is told of within the hour', async () => {
  const one = three();
  one.runner.start();
  await set(one, { mode: 'all' });
  one.mails.length = 0;
  one.world.people.set(personId(4), platformPerson(4));
  one.world.mirror.commitUsers({
    full: false,
    changes: [microsoftUser(4), microsoftUser(2, { enabled: false })],
    beganAtWallMs: 3,
  });
  one.runner.factsChanged(acme);
  await one.clock.advance(3_000);
  assert.deepEqual(
    [2, 4].map((n) => stateOf(one, n)),
    ['failed PRS-105', 'synced'],
  );
  assert.equal(one.mails.length, 0);
  await one.clock.advance(3_700_000);
  assert.equal(one.mails.length, 1);
  assert.match(one.mails[0]?.text ?? '', /Person 2/);
  assert.doesNotMatch(one.mails[0]?.text ?? '', /Person 4/);
  one.runner.stop();
});

test('“use this match”: the ambiguous person is synced by it; nobody takes a user from somebody else', async () => {
  const one = presenceWorld(
    [platformPerson(1), platformPerson(2)],
    [
      microsoftUser(1),
      microsoftUser(9, { upn: 'p1@acme.example', displayName: 'The other' }),
      microsoftUser(2),
    ],
  );
  one.runner.start();
  await set(one, { mode: 'all' });
  assert.equal(stateOf(one, 1), 'failed PRS-112');
  const [mismatch] = await one.desk.mismatches(acme);
  assert.deepEqual(
    mismatch?.candidates.map(({ user, usable }) => [user.objectId, usable]),
    [
      [userId(1), true],
      [userId(9), true],
    ],
  );
  const [dana, bo] = [
    one.world.people.get(personId(1)) as Person,
    one.world.people.get(personId(2)) as Person,
  ];
  assert.equal((await one.desk.link(dana, userId(9).toUpperCase(), admin)).is, 'done');
  await one.clock.advance(3_000);
  assert.equal(stateOf(one, 1), 'synced');
  assert.equal(one.desk.show(dana).match?.by, 'explicit');
  const again = await one.desk.link(bo, userId(9), admin);
  assert.ok(again.is === 'link-taken' && /Person 1/.test(again.say));
  assert.equal((await one.desk.link(bo, userId(77), admin)).is, 'not-a-candidate');
  await one.desk.unlink(dana, admin);
  await one.clock.advance(3_000);
  assert.equal(stateOf(one, 1), 'failed PRS-112');
  assert.deepEqual(
    one.audits.filter(({ object }) => object.kind === 'person').map(({ action }) => action),
    ['presence-sync.link', 'presence-sync.unlink'],
  );
  one.runner.stop();
});

test('at night the addresses are looked at again: another match is proposed and nothing moves', async () => {
  const one = three();
  one.runner.start();
  await set(one, { mode: 'all' });
  one.world.mirror.commitUsers({
    full: true,
    changes: [
      microsoftUser(1, { upn: 'renamed@acme.example', mail: 'renamed@acme.example' }),
      microsoftUser(2),
      microsoftUser(3),
      microsoftUser(8, { upn: 'p1@acme.example' }),
    ],
    beganAtWallMs: 3,
  });
  await one.clock.advance(24 * 3_600_000);
  const shown = one.desk.show(one.world.people.get(personId(1)) as Person);
  assert.equal(shown.match?.user.objectId, userId(1));
  assert.equal(shown.match?.user.upn, 'renamed@acme.example');
  assert.equal(shown.proposal?.objectId, userId(8));
  assert.equal(shown.state, 'synced');
  one.runner.stop();
});

test('the preview counts what a change begins and ends, and names who does not fit, before anything is written', async () => {
  const one = three();
  one.world.people.set(personId(4), platformPerson(4, { active: false }));
  one.world.people.set(personId(5), platformPerson(5));
  const before = JSON.stringify([...one.store.people.values()]);
  const preview = await one.desk.preview(acme, { mode: 'all', direction: 'both' });
  assert.deepEqual(
    [preview.people, preview.inScope, preview.begins, preview.ends, preview.fails, preview.directoryRead],
    [5, 5, 3, 0, 2, true],
  );
  assert.deepEqual(
    preview.mismatches.map(({ kind, code }) => [kind, code]),
    [
      ['disabled-left', 'PRS-102'],
      ['missing-right', 'PRS-103'],
    ],
  );
  assert.equal(JSON.stringify([...one.store.people.values()]), before);
  assert.deepEqual(one.reads, []);
  await set(one, { mode: 'all' });
  assert.equal((await one.desk.preview(acme, { mode: 'disabled', direction: 'both' })).ends, 3);
});

test('the database is away in mid-run: it waits, goes on by itself, and is told once', async () => {
  const one = three();
  one.world.answer = () => ({ is: 'throttled', retryAfterMs: 10_000 });
  await set(one, { mode: 'all' });
  one.store.away = true;
  one.world.answer = (ids) => ({ is: 'read', found: new Set(ids) });
  await one.clock.advance(30_000);
  assert.equal(one.mails.length, 0);
  const { version, settings } = one.desk.settingsOf(acme);
  await assert.rejects(one.desk.change(acme, version, { ...settings, mode: 'disabled' }, admin));
  assert.equal(one.desk.settingsOf(acme).settings.mode, 'all', 'nothing is promised that is not kept');
  one.store.away = false;
  await one.clock.advance(10_000);
  assert.equal(one.mails.length, 1);
  assert.equal(stateOf(one, 1), 'synced');
  assert.equal(one.problems.filter((what) => /kept later/.test(what)).length, 1);
});

test('5,000 people are read in batches of 650, and a mail about many failures has fifty lines and the whole list as a file', async () => {
  const people = Array.from({ length: 5000 }, (_, n) => platformPerson(n));
  const one = presenceWorld(
    people,
    people.slice(0, 4000).map((_, n) => microsoftUser(n)),
  );
  await set(one, { mode: 'all' });
  await one.clock.advance(0);
  assert.deepEqual(
    one.reads.map(({ length }) => length),
    [650, 650, 650, 650, 650, 650, 100],
  );
  const [mail] = one.mails;
  assert.match(mail?.subject ?? '', /4000 synced, 1000 failed/);
  assert.equal((mail?.text.match(/PRS-103/g) ?? []).length, 50);
  assert.equal(mail?.attachments?.[0]?.content.trim().split('\n').length, 1001);
});

test('whatever is chosen in whatever order: a policy says synced only to whom mode and choice let in', async () => {
  const step = fc.oneof(
    fc.record({ mode: fc.constantFrom('all' as const, 'selected' as const, 'disabled' as const) }),
    fc.record({
      action: fc.constantFrom('select' as const, 'deselect' as const, 'unsync' as const, 'resync' as const),
      n: fc.integer({ min: 1, max: 3 }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      const one = three();
      const unsynced = new Set<number>();
      const chosen = new Set<number>();
      let mode = 'disabled';
      for (const each of steps) {
        if ('mode' in each) {
          await set(one, each);
          mode = each.mode;
        } else {
          await one.desk.choose(acme, [one.world.people.get(personId(each.n)) as Person], each.action, admin);
          await turns();
          if (each.action === 'select') chosen.add(each.n);
          if (each.action === 'select' || each.action === 'resync') unsynced.delete(each.n);
          if (each.action === 'deselect' && !unsynced.has(each.n)) chosen.delete(each.n);
          if (each.action === 'unsync') {
            unsynced.add(each.n);
            chosen.delete(each.n);
          }
        }
        for (const n of [1, 2, 3]) {
          const wanted = mode !== 'disabled' && !unsynced.has(n) && (mode === 'all' || chosen.has(n));
          assert.equal(one.memory.of(personId(n)).synced, wanted, `${n} after ${JSON.stringify(each)}`);
        }
      }
      // What the store has is what counts after a restart.
      const next = one.node();
      next.memory.load(await one.store.loadForPlatform());
      for (const n of [1, 2, 3]) assert.deepEqual(next.memory.of(personId(n)), one.memory.of(personId(n)));
    }),
    { numRuns: 40 },
  );
});
