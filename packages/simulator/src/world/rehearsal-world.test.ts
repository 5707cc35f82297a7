import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rehearsalWorld } from './rehearsal-world.ts';

const people = rehearsalWorld.customers.flatMap((customer) =>
  customer.people.map((person) => ({ customer, person })),
);

describe('the rehearsal world', () => {
  it('uses only numbers that are reserved for fiction, each with one owner', () => {
    const numbers = people.flatMap(({ person }) => person.platform?.number ?? []);
    for (const number of [
      ...numbers,
      ...rehearsalWorld.carrier.numbers.map((n) => n.number).filter((n) => n.startsWith('+')),
    ])
      assert.match(number, /^\+120255501\d\d$/);
    assert.equal(new Set(numbers).size, numbers.length);
    for (const { number } of rehearsalWorld.carrier.numbers) assert.ok(!numbers.includes(number), number);
  });

  it('gives both customers an extension 1001 and people of the same names', () => {
    const of = (key: string) =>
      people.filter(({ customer }) => customer.key === key).map(({ person }) => person);
    for (const key of ['acme', 'globex'])
      assert.ok(of(key).some((person) => person.platform?.extension === '1001'));
    const shared = of('globex').filter(({ displayName }) =>
      of('acme').some((other) => other.displayName === displayName),
    );
    assert.ok(shared.length >= 2);
  });

  it('has Microsoft and the platform agree on the number of everybody who is ready', () => {
    for (const { person } of people)
      if (person.microsoft?.number !== undefined)
        assert.equal(person.microsoft.number, person.platform?.number, person.upn);
  });

  it('has exactly one pair with the same address, and unique principal names', () => {
    const mails = people.flatMap(({ person }) => person.platform?.mail ?? []);
    const twice = mails.filter((mail, at) => mails.indexOf(mail) !== at);
    assert.deepEqual(twice, ['sam@acme.example']);
    const upns = people.map(({ person }) => person.upn);
    assert.equal(new Set(upns).size, upns.length);
  });
});
