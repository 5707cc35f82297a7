import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { E164 } from '@tandem/domain';
import { acme, apply, exported, globex, stores, told } from './files-rig.ts';

/** People, their numbers and what holds for them alone. */
export function peopleOfFiles(): void {
  const whole = (number: string): string => `version: 1
account: {noAnswerSeconds: 31}
ranges: [{name: Main, first: "+493012700000", last: "+493012700009"}]
webhooks: [{name: CRM, url: "https://crm.example/hooks", events: ["*"]}]
people:
  - {upn: ann@acme.example, displayName: Ann, number: next, extension: "11"}
  - {upn: ben@acme.example, displayName: Ben, number: "${number}", extension: "12"}
  - {upn: cem@acme.example, displayName: Cem, number: "+493012700005"}
`;

  test('the last number of a file belongs to another customer, which only the database knows: nothing of the file stands, not in the audit either', async () => {
    const theirs = '+493012799999' as E164;
    await stores.numberStock.add(globex.id, [theirs]);
    const before = await exported();
    const { applied, left, sentence } = await apply(whole(theirs));
    assert.deepEqual(
      applied.map(({ what, words }) => [what, words]),
      [['ben@acme.example', 'The number belongs to somebody else.']],
    );
    assert.deepEqual([left, sentence], [5, 'Nothing was changed: 1 refused, and so 5 more were not made.']);
    assert.equal(await exported(), before);
    assert.equal((await stores.audit.list(acme.id)).length, 0);
    assert.deepEqual(told, []);
  });

  test('the same file with a number of its own is made whole, once: the second apply changes nothing', async () => {
    const file = whole('+493012700004');
    const { applied } = await apply(file);
    assert.deepEqual(
      applied.map(({ action }) => action),
      ['change', 'create', 'create', 'create', 'create', 'create'],
    );
    const people = await stores.people.list(acme.id);
    assert.deepEqual(
      people.map(({ displayName, numbers, extension }) => [displayName, numbers, extension]),
      [
        ['Ann', ['+493012700000'], '11'],
        ['Ben', ['+493012700004'], '12'],
        ['Cem', ['+493012700005'], undefined],
      ],
    );
    assert.deepEqual(told.toSorted(), [
      'account.change',
      'number-range.create',
      'person.create',
      'person.create',
      'person.create',
      'webhook.create',
    ]);
    const entries = (await stores.audit.list(acme.id)).length;
    assert.equal(entries, 6);
    assert.deepEqual((await apply(file)).applied, []);
    assert.deepEqual((await apply(await exported(), true)).applied, []);
    assert.equal((await stores.audit.list(acme.id)).length, entries);
  });

  test('two people swap numbers and extensions, one leaves and one is new, in one transaction', async () => {
    const { applied } = await apply(
      `version: 1
people:
  - {upn: ann@acme.example, number: "+493012700004", extension: "12"}
  - {upn: ben@acme.example, number: "+493012700000", extension: "11", otherNumbers: ["+493012700007"]}
  - {upn: dee@acme.example, displayName: Dee, number: null, active: false}
`,
      true,
    );
    assert.ok(
      applied.every(({ action }) => action !== 'refused'),
      JSON.stringify(applied),
    );
    const people = await stores.people.list(acme.id);
    assert.deepEqual(
      people.map(({ displayName, numbers, extension, active }) => [displayName, numbers, extension, active]),
      [
        ['Ann', ['+493012700004'], '12', true],
        ['Ben', ['+493012700000', '+493012700007'], '11', true],
        ['Dee', [], undefined, false],
      ],
    );
  });
}
