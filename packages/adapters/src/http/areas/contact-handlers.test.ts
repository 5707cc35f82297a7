import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { ContactCard, HistoryEntry, Line } from '@tandem/contract';
import { type Answer, createHarness, type Visitor } from '../testing/harness.ts';
import * as world from '../testing/sample-world.ts';

let dana: Visitor;
const itemsOf = <Item>(answer: Answer): readonly Item[] => answer.json().items as readonly Item[];
const own = `/api/v1/people/${world.danaId}/contacts`;

before(async () => {
  const harness = await createHarness();
  dana = await harness.visitor('dana@acme.example');
});

test('Dana searches for a colleague and gets one card, with numbers of both sides and the state', async () => {
  const answer = await dana.ask(`/api/v1/accounts/${world.acmeId}/contacts?search=bo`);
  assert.equal(answer.status, 200, answer.text);
  const cards = itemsOf<ContactCard>(answer).filter((card) => card.personId === world.boId);
  assert.equal(cards.length, 1);
  assert.ok(cards[0]?.objectId, 'the card is laid over the user of the directory');
  const numbers = cards[0]?.numbers.map(({ number }) => number) ?? [];
  assert.equal(new Set(numbers).size, numbers.length, 'no number stands twice');
  assert.ok(answer.json().directoryReadAt);
});

test('somebody who is only in the directory at Microsoft is found too, without a state', async () => {
  const answer = await dana.ask(`/api/v1/accounts/${world.acmeId}/contacts?search=nico`);
  assert.deepEqual(
    itemsOf<ContactCard>(answer).map(({ key }) => key.split(':')[0]),
    ['microsoft'],
  );
  assert.equal(itemsOf<ContactCard>(answer)[0]?.presence, undefined);
});

test('a place on the speed dials is given once', async () => {
  const first = await dana.ask(own, { method: 'POST', body: { personId: world.boId, speedDial: 5 } });
  assert.equal(first.status, 201, first.text);
  const second = await dana.ask(own, {
    method: 'POST',
    body: { displayName: 'Taxi', numbers: ['+1 202 555 0190'], speedDial: 5 },
  });
  assert.equal(second.status, 409);
  assert.equal(second.json().code, 'speed-dial-taken');
});

test('adding who is there already changes the entry instead of doubling it', async () => {
  await dana.ask(own, { method: 'POST', body: { personId: world.boId, favourite: true } });
  const list = await dana.ask(own);
  const bos = itemsOf<ContactCard>(list).filter(({ personId }) => personId === world.boId);
  assert.equal(bos.length, 1);
});

for (const [what, body] of [
  ['nobody', {}],
  ['two at once', { personId: world.boId, displayName: 'Bo', numbers: ['1002'] }],
  ['a person with numbers of one’s own', { personId: world.boId, numbers: ['1002'] }],
  ['somebody of one’s own without a number', { displayName: 'Taxi' }],
  ['a number that is none', { displayName: 'Taxi', numbers: ['call me'] }],
  ['place 0 on the speed dials', { personId: world.boId, speedDial: 0 }],
] as const)
  test(`${what} cannot be put on the list`, async () => {
    const answer = await dana.ask(own, { method: 'POST', body });
    assert.equal(answer.status, 400, answer.text);
  });

test('a person of another account is nobody (T03)', async () => {
  const answer = await dana.ask(own, { method: 'POST', body: { personId: world.gretaId } });
  assert.equal(answer.status, 404, answer.text);
});

test('the history names the other side where it is one of ours', async () => {
  const answer = await dana.ask(`/api/v1/people/${world.danaId}/call-history`);
  assert.equal(answer.status, 200, answer.text);
  const items = itemsOf<HistoryEntry>(answer);
  assert.ok(items.length > 0);
  for (const { call } of items) assert.equal(call.personId, world.danaId);
  const missed = await dana.ask(`/api/v1/people/${world.danaId}/call-history?kind=missed`);
  for (const { kind } of itemsOf<HistoryEntry>(missed)) assert.equal(kind, 'missed');
});

test('lines tell which number talks now', async () => {
  const answer = await dana.ask(`/api/v1/people/${world.danaId}/lines`);
  assert.equal(answer.status, 200, answer.text);
  const talking = itemsOf<Line>(answer).filter(({ state }) => state === 'talking');
  assert.ok(talking.length > 0, answer.text);
  assert.ok(talking[0]?.callId);
});
