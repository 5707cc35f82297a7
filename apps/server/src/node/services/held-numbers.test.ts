import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  asAccountId,
  asPersonId,
  asQueueId,
  type E164,
  type HeldNumber,
  type Person,
  type RoutingSnapshot,
} from '@tandem/domain';
import type { LeaverCalls } from '@tandem/engine';
import { createHeldNumbers } from './held-numbers.ts';

const accountId = asAccountId('acme');
const number = '+493012340003' as E164;
const other = '+493012340004' as E164;
const day = 86_400_000;
const person = (name: string, change: Partial<Person> = {}): Person =>
  ({
    id: asPersonId(name),
    accountId,
    displayName: name,
    upn: `${name}@acme.example`,
    numbers: [],
    active: true,
    ...change,
  }) as Person;
const dana = person('dana');
const bo = person('bo', { numbers: [other] });
const rests: HeldNumber = {
  accountId,
  kind: 'quarantine',
  untilWallMs: 30 * day,
  formerOwner: 'Dana',
  formerPersonId: dana.id,
};

function asked(held: HeldNumber, wall = 0, people = [dana, bo], rule?: LeaverCalls) {
  const snapshot = {
    people: new Map(people.map((one) => [one.id, one])),
    queues: new Map([['support', { id: 'support', accountId, name: 'Support' }]]),
    numbers: new Map([[other, { kind: 'person', personId: bo.id, accountId }]]),
    held: new Map([[number, held]]),
  } as unknown as RoutingSnapshot;
  return createHeldNumbers(
    () => snapshot,
    () => wall,
    () => rule,
  );
}

test('PRV-307: whose number rests or is reserved for them is told so, while it lasts and while they have none', () => {
  const told = { until: '1970-01-31', reason: 'the quarantine of +493012340003, which dana had' };
  assert.deepEqual(asked(rests).heldFor(dana), told);
  assert.equal(asked(rests, 31 * day).heldFor(dana), undefined, 'its time is over');
  assert.equal(asked(rests).heldFor(person('kim')), undefined, 'somebody else had it');
  assert.equal(asked(rests).heldFor({ ...dana, numbers: [other] }), undefined, 'has another one by now');
  const kept: HeldNumber = { accountId, kind: 'reserved', reservedFor: 'dana@acme.example' };
  assert.deepEqual(asked(kept).heldFor(person('x', { upn: 'y@z', mail: 'Dana@ACME.example' })), {
    until: 'further notice',
    reason: 'dana@acme.example, for whom +493012340003 is reserved',
  });
  const theirs = { ...kept, accountId: asAccountId('globex') };
  assert.equal(asked(theirs).heldFor(dana), undefined, 'another account reserved it');
});

test('callers of a leaver reach an active person or a number of the same account, until the rest is over', () => {
  const to = (forward: HeldNumber['forward']): HeldNumber => ({ ...rests, ...(forward && { forward }) });
  const person = to({ kind: 'person', personId: bo.id });
  const owner = { kind: 'person', personId: bo.id, accountId };
  assert.deepEqual(asked(person).forwardOf(number), { owner, formerOwner: 'Dana' });
  assert.deepEqual(asked(to({ kind: 'number', number: other })).forwardOf(number)?.owner, owner);
  const queue = to({ kind: 'queue', queueId: asQueueId('support') });
  assert.deepEqual(asked(queue).forwardOf(number)?.owner, { kind: 'queue', queueId: 'support', accountId });
  assert.equal(asked(to({ kind: 'queue', queueId: asQueueId('gone') })).forwardOf(number), undefined);
  assert.equal(asked(person, 31 * day).forwardOf(number), undefined);
  assert.equal(asked(person).forwardOf(other), undefined);
  assert.equal(asked(rests).forwardOf(number), undefined);
  const disabled = asked(person, 0, [dana, { ...bo, active: false }]);
  assert.equal(disabled.forwardOf(number), undefined, 'the named one is switched off');
  const foreign = asked({ ...person, accountId: asAccountId('globex') });
  assert.equal(foreign.forwardOf(number), undefined, 'never across accounts');
});

test('somebody is gone at Microsoft and still here: under the rule "voicemail" their mailbox answers while the number rests', () => {
  const rule = { kind: 'voicemail' } as const;
  const owner = { kind: 'person', personId: dana.id, accountId };
  assert.deepEqual(asked(rests, 0, [dana, bo], rule).forwardOf(number), {
    owner,
    formerOwner: 'Dana',
    mailbox: true,
  });
  assert.equal(asked(rests, 31 * day, [dana, bo], rule).forwardOf(number), undefined, 'its time is over');
  assert.equal(asked(rests, 0, [bo], rule).forwardOf(number), undefined, 'the mailbox went with the person');
  assert.equal(asked(rests, 0, [dana, bo]).forwardOf(number), undefined, 'another rule');
});
