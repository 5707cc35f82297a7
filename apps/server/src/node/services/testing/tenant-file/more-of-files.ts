import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleAccount } from '@tandem/adapters/postgres/test-support/samples.ts';
import { acme, apply, desk, exceptions, exported, stores } from './files-rig.ts';

/** Whole accounts, many people, and what holds for one alone. */
export function moreOfFiles(): void {
  test('tags of people stand in the file: set with a new person, changed, taken away, and not a second time', async () => {
    const file = (tags: string) =>
      `version: 1\npeople: [{upn: tia@acme.example, displayName: Tia, tags: [${tags}]}]`;
    await apply(file('Sales, "12", Sales'));
    const tia = async () => (await stores.tags.people(acme.id)).map(({ upn, tags }) => [upn, tags]);
    assert.deepEqual(await tia(), [['tia@acme.example', ['12', 'Sales']]]);
    assert.deepEqual((await apply(file('Sales, "12"'))).applied, []);
    assert.deepEqual((await apply(await exported(), true)).applied, []);
    assert.equal((await apply(file(''))).applied[0]?.action, 'change');
    assert.deepEqual(await tia(), []);
  });

  test('the export of one account, applied to an empty one of the same name, is the export of that one too', async () => {
    const first = sampleAccount({ name: 'Moving' });
    await stores.accounts.createForPlatform(first);
    const { applied } = await apply(
      `version: 1
account: {country: DE, carriers: [Trunk], mailDomains: [moving.example], mainNumber: "+493012811100"}
carriers: [{name: Trunk, targets: [{host: sip.moving.example, protocol: TLS, port: 5061}], emergency: true}]
ranges: [{name: Main, first: "+493012811100", last: "+493012811109"}]
people:
  - {upn: a@moving.example, displayName: "A: \\"B\\"", number: next, extension: "001", tags: [no, Sales]}
  - {upn: b@moving.example, displayName: B, number: "+493012811108", otherNumbers: ["+493012811107"], active: false}
queues: [{name: Front, number: "+493012811105", members: [b@moving.example, a@moving.example], overflowTo: "001"}]
phones: [{name: hall, kind: common-area-phone, sipUser: hall-moving, extension: "77", person: a@moving.example}]
webhooks: [{name: CRM, url: "https://crm.example/h", events: [person.], active: false}]
signIns: [{name: a@moving.example, role: user, person: a@moving.example}, {name: it@moving.example, role: admin}]
`,
      false,
      first.id,
    );
    assert.deepEqual(
      applied.filter(({ action }) => action !== 'create' && action !== 'change'),
      [],
    );
    const file = await exported(first.id);
    await stores.accounts.removeForPlatform(first.id);
    const second = sampleAccount({ name: 'Moving' });
    await stores.accounts.createForPlatform(second);
    const again = await apply(file, false, second.id);
    assert.deepEqual(
      again.applied.filter(({ action }) => action === 'refused'),
      [],
    );
    assert.equal(await exported(second.id), file);
    await stores.accounts.removeForPlatform(second.id);
  });

  test('1,000 people of a file come in one go', async () => {
    const rows = Array.from({ length: 1000 }, (_, i) => `  - {upn: m${i}@acme.example, displayName: M${i}}`);
    const { applied } = await apply(`version: 1\npeople:\n${rows.join('\n')}\n`);
    assert.equal(applied.length, 1000);
    assert.deepEqual((await apply(`version: 1\npeople:\n${rows.join('\n')}\n`)).applied, []);
  });

  test('what holds for single people stands in the file: made with the person, changed, taken back, and never twice', async () => {
    const file = `version: 1
voicemail: {owner: platform, retentionDays: 14}
presence: {ownConnections: fallback, accelerate: true}
queues: [{name: Heirs, members: []}]
people:
  - upn: gus@acme.example
    displayName: Gus
    extension: "71"
    own: {leaver: {queue: Heirs}, voicemail: teams, presence: selected}
  - upn: hal@acme.example
    displayName: Hal
    own:
      leaver: {person: gus@acme.example}
      important: [{number: "+493012345678", name: Home}, {person: gus@acme.example}]
      quietHours: {spans: [{days: [5, 1], from: "22:00", to: "06:30"}]}
      unavailable: {kind: forward, to: "71"}
      rules: {busy: no-calls}
      presence: unsynced
`;
    const { applied } = await apply(file);
    assert.deepEqual(
      applied.map(({ kind, what, action, words }) => [kind, what, action, words]),
      [
        ['person', 'gus@acme.example', 'create', undefined],
        ['person', 'hal@acme.example', 'create', undefined],
        ['queue', 'Heirs', 'create', undefined],
        ['voicemail', acme.name, 'change', undefined],
        ['own-connections', acme.name, 'change', undefined],
        ['own', 'gus@acme.example', 'change', undefined],
        ['own', 'hal@acme.example', 'change', undefined],
      ],
    );
    const [queue] = (await stores.queues.list(acme.id)).filter(({ name }) => name === 'Heirs');
    const people = await stores.people.list(acme.id);
    const [gus, hal] = ['gus', 'hal'].map((name) => people.find(({ upn }) => upn === `${name}@acme.example`));
    assert.ok(gus && hal && queue);
    assert.deepEqual(gus.leaver, { kind: 'queue', queueId: queue.id });
    assert.deepEqual(hal.leaver, { kind: 'person', personId: gus.id });
    assert.equal((await stores.voicemail.settings(acme.id, gus.id)).owner, 'teams');
    assert.deepEqual([desk.choiceOf(gus.id), desk.choiceOf(hal.id)], ['on', 'unsynced']);
    assert.deepEqual(exceptions.get(hal.id), {
      important: [
        { kind: 'number', number: '+493012345678', name: 'Home' },
        { kind: 'person', personId: gus.id },
      ],
      timeBoxed: [],
      quietHours: { spans: [{ days: [1, 5], from: 22 * 60, to: 6 * 60 + 30 }] },
      unavailable: { kind: 'forward', to: '71' },
      rules: { busy: 'no-calls' },
    });
    assert.deepEqual((await apply(file)).applied, [], 'a second time changes nothing');
    assert.deepEqual((await apply(await exported())).applied, [], 'nor does the export');

    const back = await apply('version: 1\npeople: [{upn: hal@acme.example, own: none}]\n');
    assert.deepEqual(back.applied[0]?.after, {
      leaver: null,
      presence: 'account',
      important: [],
      quietHours: null,
      unavailable: { kind: 'voicemail' },
      rules: {},
    });
    assert.equal((await stores.people.get(acme.id, hal.id))?.leaver, undefined);
    assert.equal(desk.choiceOf(hal.id), 'inherit');
    const told = await apply(
      'version: 1\npeople: [{upn: hal@acme.example, own: {unavailable: {kind: forward, to: "99"}}}]\n',
    );
    assert.deepEqual(
      told.applied.map(({ words, line, field }) => [words, line, field]),
      [["unavailable.to: 99 is nobody's in this account.", 2, 'own']],
    );
  });
}
