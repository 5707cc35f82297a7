import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { E164 } from '@tandem/domain';
import { acme, admin, apply, entra, exported, files, globex, microsoft, stores, told } from './files-rig.ts';

/** Numbers that nobody has, and what a connection may be used for. */
export function stockOfFiles(): void {
  const held = async (number: string) => (await stores.numbers.get(acme.id, number as E164))?.held;

  test('numbers beside the ranges come into stock, one is reserved and one ported; a second time nothing changes, and the audit has each', async () => {
    const file = `version: 1
ranges: [{name: Bonn, first: "+493012750000", last: "+493012750001"}]
numbers:
  - {number: "+493012750000", hold: {ported: true, reason: moved}}
  - {number: "+493012750020"}
  - {number: "+493012750021", hold: {reservedFor: Zoe@acme.example, until: 2033-01-31}}
`;
    told.length = 0;
    const { applied } = await apply(file);
    assert.deepEqual(
      applied.map(({ kind, action, what }) => `${action} ${kind} ${what}`),
      [
        'create range Bonn',
        'create number +493012750000',
        'create number +493012750020',
        'create number +493012750021',
      ],
    );
    assert.deepEqual(told.toSorted(), [
      'number-range.create',
      'number.add',
      'number.add',
      'number.ported',
      'number.reserve',
    ]);
    assert.deepEqual(await held('+493012750000'), { kind: 'ported', reason: 'moved' });
    assert.deepEqual(await held('+493012750021'), {
      kind: 'reserved',
      reservedFor: 'zoe@acme.example',
      untilWallMs: Date.parse('2033-01-31'),
    });
    assert.deepEqual((await apply(file)).applied, []);
    assert.deepEqual((await apply(await exported(), true)).applied, []);
  });

  test('whoever the number is reserved for comes by a file and has it; the same stock says nothing more of it', async () => {
    const stock = `version: 1
numbers: [{number: "+493012750021", hold: {reservedFor: zoe@acme.example, until: 2033-01-31}}]
`;
    await apply(`${stock}people: [{upn: zoe@acme.example, displayName: Zoe}]`);
    const zoe = (await stores.people.list(acme.id)).find(({ displayName }) => displayName === 'Zoe');
    assert.deepEqual(zoe?.numbers, ['+493012750021']);
    assert.deepEqual((await apply(stock)).applied, []);
  });

  test('a number of another customer takes the whole file back, and says what to do', async () => {
    const theirs = '+493012799990' as E164;
    await stores.numberStock.add(globex.id, [theirs]);
    const before = await exported();
    const { applied, left } = await apply(`version: 1
numbers: [{number: "+493012750030"}, {number: "${theirs}", hold: {ported: true}}]
people: [{upn: yan@acme.example, displayName: Yan}]`);
    assert.deepEqual(
      applied.map(({ what, words }) => [what, words]),
      [[theirs, `${theirs} belongs to another customer of this platform: take it out of the file.`]],
    );
    assert.equal(left, 2);
    assert.equal(await exported(), before);
  });

  test('what is freed is somebody’s by the same file, and with prune the rest leaves the stock and the ranges', async () => {
    await apply(`version: 1
numbers: [{number: "+493012750000", hold: null}]
people: [{upn: zoe@acme.example, number: "+493012750000"}]`);
    assert.equal(await held('+493012750000'), undefined);
    const none = 'version: 1\nnumbers: []';
    const { applied } = await apply(none, true);
    assert.ok(applied.every(({ kind, action }) => kind === 'number' && action === 'remove'));
    assert.equal(await stores.numbers.get(acme.id, '+493012750020' as E164), undefined);
    assert.ok(await stores.numbers.get(acme.id, '+493012750001' as E164), 'a number of a range stays');
    assert.deepEqual((await apply(none, true)).applied, []);
  });

  test('a connection’s features and the music on hold: what is lost is said in the plan, a second time nothing', async () => {
    const file = `version: 1
connections:
  - {tenant: ${entra}, features: [mail], routingDomains: [{host: acme.sbc.example, holdMusic: teams}]}
`;
    const plan = await files().plan(acme.id, { file, prune: false }, admin);
    assert.ok(plan.kind === 'done');
    assert.match(
      plan.value.changes[0]?.words ?? '',
      /^What is kept of Microsoft's data for this is deleted: /,
    );
    await apply(file);
    assert.deepEqual(microsoft.features, ['provisioning', 'mail']);
    assert.equal(microsoft.holdMusic, 'teams');
    assert.deepEqual(microsoft.asked, ['connection-1 by operator', 'music of domain-1']);
    assert.deepEqual((await apply(file)).applied, []);
    assert.deepEqual((await apply(await exported(), true)).applied, []);
    assert.equal(microsoft.asked.length, 2);
    microsoft.refuses = true;
    const { applied } = await apply(file.replace('[mail]', '[]'));
    assert.match(applied[0]?.words ?? '', /^Not written: The connection has ended\. /);
    microsoft.refuses = false;
  });
}
