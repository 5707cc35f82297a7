import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { E164 } from '@tandem/domain';
import { ha1Of } from '@tandem/sip';
import { acme, admin, apply, exported, files, globex, presence, stores } from './files-rig.ts';

/** Queues, phones and presence, with the people of the same file. */
export function linesOfFiles(): void {
  const lines = `version: 1
people:
  - {upn: eva@acme.example, displayName: Eva, number: next}
queues:
  - {name: Sales, number: "+493012700006", extension: "700", members: [eva@acme.example, ann@acme.example], wrapUpSeconds: 9, overflowTo: "12"}
phones:
  - {name: Lobby, kind: common-area-phone, sipUser: lobby-acme, number: "+493012700007", extension: "900"}
presence: {mode: all, customizeCalls: true, rules: {busy: no-calls}}
`;

  test('queues, phones and presence come with the people of the same file; a second time nothing changes, and the password was shown once', async () => {
    const file = lines.replace('overflowTo: "12"', 'overflowTo: "100"');
    await apply('version: 1\npeople: [{upn: ben@acme.example, number: "+493012700000", otherNumbers: []}]');
    presence.disturbed = 1;
    const { applied } = await apply(file);
    assert.deepEqual(
      applied.map(({ kind, action, words }) => [kind, action, words]),
      [
        ['person', 'create', 'Has +493012700001.'],
        ['queue', 'create', undefined],
        ['phone', 'create', 'Registers as lobby-acme with the password made-for-you; it is shown this once.'],
        ['presence', 'change', 'Sync of presence begins for 0 people and ends for 40 at once.'],
      ],
    );
    const [queue] = await stores.queues.list(acme.id);
    const people = new Map(
      (await stores.people.list(acme.id)).map(({ id, displayName }) => [id, displayName]),
    );
    assert.deepEqual(
      [queue?.number, queue?.extension, queue?.wrapUpSeconds, queue?.overflow, queue?.maxWaiting],
      ['+493012700006', '700', 9, { kind: 'forward', to: '100' }, 50],
    );
    assert.deepEqual(
      queue?.members.map(({ personId }) => people.get(personId)),
      ['Eva', 'Ann'],
    );
    const [phone] = await stores.devices.list(acme.id);
    assert.deepEqual([phone?.name, phone?.number, phone?.extension], ['lobby', '+493012700007', '900']);
    const [secret] = await stores.devices.listAllSecretsForPlatform();
    assert.equal(secret?.md5, ha1Of('MD5', 'lobby-acme', 'sbc.example', 'made-for-you'));
    // What somebody else changed in between stays.
    const { mode, customizeCalls, rules, personalOverrides } = presence.settings;
    assert.deepEqual([mode, customizeCalls, rules.busy, personalOverrides], ['all', true, 'no-calls', true]);
    assert.equal(rules.offline, 'accept-all');
    const text = await exported();
    assert.ok(!text.includes('made-for-you'));
    assert.deepEqual((await apply(file)).applied, []);
    assert.deepEqual((await apply(text, true)).applied, []);
    assert.equal(presence.changes, 1);
    const actions = (await stores.audit.list(acme.id)).map(({ action }) => action);
    assert.ok(actions.includes('queue.create') && actions.includes('device.create'), actions.join());
  });

  test('numbers and extensions change hands between a queue, a phone and a person in one file', async () => {
    const { applied } = await apply(`version: 1
people: [{upn: eva@acme.example, number: "+493012700006"}]
queues: [{name: Sales, number: "+493012700007", extension: "900", members: [ann@acme.example]}]
phones: [{name: lobby, number: "+493012700001", extension: "700", person: eva@acme.example}]
`);
    assert.deepEqual(
      applied.map(({ action, words }) => [action, words]),
      [
        ['change', undefined],
        ['change', undefined],
        ['change', undefined],
      ],
    );
    const owners = async () =>
      (await stores.numbers.list(acme.id))
        .filter(({ queueId, deviceId }) => queueId ?? deviceId)
        .map(({ number, queueId }) => [number, queueId ? 'queue' : 'phone']);
    assert.deepEqual(await owners(), [
      ['+493012700001', 'phone'],
      ['+493012700007', 'queue'],
    ]);
    const eva = (await stores.people.list(acme.id)).find(({ displayName }) => displayName === 'Eva');
    assert.deepEqual(eva?.numbers, ['+493012700006']);
    const [phone] = await stores.devices.list(acme.id);
    assert.deepEqual([phone?.extension, phone?.personId], ['700', eva?.id]);
  });

  test('a queue whose number only the database knows to be another customer’s takes the whole file back, phones and presence too', async () => {
    const theirs = '+493012799998' as E164;
    await stores.numberStock.add(globex.id, [theirs]);
    const [before, saved] = [await exported(), presence.changes];
    const { applied } = await apply(`version: 1
queues:
  - {name: Help, number: "${theirs}"}
phones:
  - {name: lobby, person: null}
  - {name: hall, sipUser: hall-acme}
presence: {keepDuringInactivity: true}
`);
    assert.deepEqual(
      applied.map(({ what, words }) => [what, words]),
      [['Help', 'The number belongs to somebody else.']],
    );
    assert.equal(await exported(), before);
    assert.equal(presence.changes, saved);
  });

  test('a mode that ends sync for many says so in the plan; queues and phones go only with prune, their numbers to stock', async () => {
    const board = files();
    const plan = await board.plan(
      acme.id,
      { file: 'version: 1\npresence: {mode: disabled}', prune: false },
      admin,
    );
    assert.ok(plan.kind === 'done');
    assert.equal(
      plan.value.changes[0]?.words,
      'Sync of presence begins for 0 people and ends for 40 at once.',
    );
    assert.deepEqual((await apply('version: 1\nqueues: []\nphones: []')).applied, []);
    const { applied } = await apply('version: 1\nqueues: []\nphones: []', true);
    assert.deepEqual(
      applied.map(({ kind, action }) => [kind, action]),
      [
        ['queue', 'remove'],
        ['phone', 'remove'],
      ],
    );
    assert.equal((await stores.numbers.get(acme.id, '+493012700007' as E164))?.queueId, undefined);
  });
}
