import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPresenceReader } from './presence-reader.ts';
import { createPresenceWriter } from './presence-writer.ts';
import { shownPresence } from './shown-presence.ts';
import {
  callOf,
  FakeDirectory,
  FakeLeases,
  FakeMicrosoft,
  FakePolicies,
  FakePreferred,
  objectIdOf,
  personId,
  settled,
  VirtualClock,
} from './test-world.ts';

const dnd = { availability: 'DoNotDisturb', activity: 'DoNotDisturb' };
const away = { availability: 'Away', activity: 'Away' };

/** Both loops against one Microsoft, as a node runs them. */
class House {
  readonly clock = new VirtualClock();
  readonly microsoft = new FakeMicrosoft(this.clock);
  readonly policies = new FakePolicies();
  readonly people: FakeDirectory;
  readonly changes: string[] = [];
  readonly writer;
  readonly reader;

  constructor(...names: readonly string[]) {
    this.people = new FakeDirectory(...names);
    const common = { clock: this.clock, people: this.people, graph: this.microsoft };
    this.writer = createPresenceWriter({
      ...common,
      leases: new FakeLeases(this.clock),
      preferred: new FakePreferred(this.clock),
      policies: this.policies,
    });
    this.reader = createPresenceReader({
      ...common,
      policies: this.policies,
      callsOf: this.writer.of,
      onChange: (person) => this.changes.push(`${person.personId} ${this.label(person.personId.slice(7))}`),
    });
    this.reader.start();
  }
  shown(name: string) {
    return shownPresence(this.writer.of(personId(name)), this.reader.of(personId(name)), this.clock);
  }
  label(name: string) {
    return this.shown(name)?.label;
  }
  /** Until nobody is hot any more. */
  async cool(): Promise<void> {
    await this.clock.advance(181_000);
    this.microsoft.reads.length = 0;
  }
}

test('a person whom somebody looks at shows a change in Teams within 5 s, any other within 30 s', async () => {
  const house = new House('dana', 'bo');
  await house.cool();
  house.reader.watched(personId('dana'));
  house.microsoft.own.set(objectIdOf('dana'), dnd);
  house.microsoft.own.set(objectIdOf('bo'), away);
  await house.clock.advance(5000);
  assert.equal(house.label('dana'), 'dnd');
  await house.clock.advance(25_000);
  assert.equal(house.label('bo'), 'away');
});

test('nobody is looked at: one request each 30 s for everybody, 650 ids in each', async () => {
  const house = new House(...Array.from({ length: 700 }, (_, i) => `p${i}`));
  await house.cool();
  await house.clock.advance(300_000);
  assert.equal(house.microsoft.reads.length, 10 * 2);
  assert.ok(house.microsoft.reads.every(({ ids }) => ids.length <= 650));
});

test('new people are read at once, not after half a minute; those whom Microsoft never tells of are not hot for ever', async () => {
  const house = new House('dana');
  await house.clock.advance(1000);
  assert.equal(house.label('dana'), 'available');
  house.people.link('bo');
  await house.clock.advance(5000);
  assert.equal(house.label('bo'), 'available');
});

test('Dana at her phone: on call at once; what comes back from Microsoft is our own echo, and her former state stands after the end', async () => {
  const house = new House('dana');
  house.microsoft.own.set(objectIdOf('dana'), away);
  house.reader.watched(personId('dana'));
  await house.clock.advance(5000);
  assert.equal(house.label('dana'), 'away');
  house.changes.length = 0;
  house.writer.callChanged(callOf('one', { name: 'dana', at: 'phone' }));
  assert.equal(house.label('dana'), 'on_call');
  assert.equal(house.shown('dana')?.source, 'platform-call');
  await house.clock.advance(20_000);
  const { shown } = house.reader.of(personId('dana')) ?? {};
  assert.equal(shown?.label, 'away', 'echo');
  assert.equal(shown?.stale, false);
  // The read that is on its way when the call ends shows us busy still.
  house.microsoft.latencyMs = 1000;
  await house.clock.advance(4600);
  house.writer.callEnded('one');
  await house.clock.advance(20_000);
  assert.equal(house.label('dana'), 'away');
  assert.ok(
    house.changes.every((change) => change === 'person-dana away' || change === 'person-dana on_call'),
    house.changes.join(),
  );
});

test('Dana has chosen do-not-disturb and takes a call at her phone: it is said that Teams hides it, and no longer than it does', async () => {
  const house = new House('dana');
  house.microsoft.own.set(objectIdOf('dana'), dnd);
  await house.clock.advance(20_000);
  house.writer.callChanged(callOf('one', { name: 'dana', at: 'phone' }));
  await house.clock.advance(1);
  assert.equal(house.shown('dana')?.hiddenBy, undefined, 'not known yet');
  await house.clock.advance(20_000);
  // By hand in Teams is above a call (2.6).
  assert.deepEqual([house.label('dana'), house.shown('dana')?.hiddenBy], ['dnd', 'dnd']);
  house.microsoft.own.set(objectIdOf('dana'), away);
  await house.clock.advance(20_000);
  assert.deepEqual([house.label('dana'), house.shown('dana')?.hiddenBy], ['on_call', undefined]);
  house.writer.callEnded('one');
  assert.equal(house.shown('dana')?.hiddenBy, undefined);
});

test('nothing that Teams says is ever written back: states change for an hour, no write goes out', async () => {
  const house = new House('dana');
  for (const state of [dnd, away, { availability: 'Busy', activity: 'InACall' }, dnd, away]) {
    house.microsoft.own.set(objectIdOf('dana'), state);
    await house.clock.advance(600_000);
  }
  assert.deepEqual(house.microsoft.writes, []);
});

test('a Teams meeting and a phone call overlap in both orders: nothing stays busy', async () => {
  for (const first of ['meeting', 'call']) {
    const house = new House('dana');
    const meeting = (): void => {
      house.microsoft.own.set(objectIdOf('dana'), { availability: 'Busy', activity: 'InAMeeting' });
    };
    const call = (): void => house.writer.callChanged(callOf('one', { name: 'dana', at: 'phone' }));
    const order = first === 'meeting' ? [meeting, call] : [call, meeting];
    for (const begins of order) {
      begins();
      await house.clock.advance(20_000);
    }
    house.writer.callEnded('one');
    await house.clock.advance(20_000);
    assert.equal(house.label('dana'), 'calendar_busy', first);
    house.microsoft.own.delete(objectIdOf('dana'));
    await house.clock.advance(40_000);
    assert.equal(house.label('dana'), 'available', first);
    assert.equal(house.microsoft.writes.length, 2, first);
  }
});

test('Microsoft asks for 12 s: no read inside, everybody is read after it', async () => {
  const house = new House('dana');
  await house.clock.advance(1000);
  house.reader.watched(personId('dana'));
  house.microsoft.trouble = { is: 'later', retryAfterMs: 12_000 };
  await house.clock.advance(5000);
  const asked = house.microsoft.reads.at(-1)?.at ?? 0;
  const count = house.microsoft.reads.length;
  house.microsoft.trouble = undefined;
  await house.clock.advance(asked + 11_999 - house.clock.now());
  assert.equal(house.microsoft.reads.length, count);
  await house.clock.advance(5000);
  assert.ok(house.microsoft.reads.length > count);
});

test('Microsoft is away for ten minutes: unknown after three intervals and told so, few requests, and back at once when it is', async () => {
  const house = new House('dana', 'bo');
  await house.cool();
  house.microsoft.trouble = { is: 'later' };
  await house.clock.advance(89_000);
  assert.equal(house.label('bo'), 'available');
  house.changes.length = 0;
  await house.clock.advance(11_000);
  assert.equal(house.shown('bo')?.stale, true);
  assert.equal(house.label('bo'), 'unknown');
  assert.ok(house.changes.includes('person-bo unknown'), house.changes.join());
  await house.clock.advance(500_000);
  assert.ok(house.microsoft.reads.length <= 20, `${house.microsoft.reads.length}`);
  house.microsoft.trouble = undefined;
  await house.clock.advance(60_000);
  assert.equal(house.label('bo'), 'available');
});

test('a person who is looked at is not unknown for a moment because the pace changes', async () => {
  const house = new House('dana');
  await house.cool();
  for (let second = 0; second < 300; second++) {
    if (second === 29) house.reader.watched(personId('dana'));
    await house.clock.advance(1000);
    assert.equal(house.label('dana'), 'available', `second ${second}`);
  }
});

test('Microsoft takes 20 s for an answer: sweeps do not pile up', async () => {
  const house = new House('dana');
  house.microsoft.latencyMs = 20_000;
  for (let i = 0; i < 10; i++) {
    house.reader.watched(personId('dana'));
    await house.clock.advance(30_000);
  }
  assert.ok(house.microsoft.reads.length <= 16, `${house.microsoft.reads.length}`);
});

test('permission is missing: asked once a minute, not every five seconds', async () => {
  const house = new House('dana');
  house.microsoft.trouble = { is: 'refused' };
  await house.clock.advance(600_000);
  assert.ok(house.microsoft.reads.length <= 11, `${house.microsoft.reads.length}`);
  assert.equal(house.label('dana'), 'unknown');
  assert.equal(house.shown('dana')?.refused, true);
  house.microsoft.trouble = undefined;
  await house.clock.advance(60_000);
  assert.equal(house.label('dana'), 'available');
  assert.equal(house.shown('dana')?.refused, false);
});

test('ten thousand people for five minutes: the lower bound of requests', async () => {
  const house = new House(...Array.from({ length: 10_000 }, (_, i) => `p${i}`));
  await house.cool();
  await settled();
  await house.clock.advance(300_000);
  assert.equal(house.microsoft.reads.length, 10 * Math.ceil(10_000 / 650));
});
