import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notSynced, syncedBothWays } from '../ports/presence-policies.ts';
import { effectivePresence } from './effective-presence.ts';
import { createPresenceReader } from './presence-reader.ts';
import { createPresenceWriter } from './presence-writer.ts';
import { personPresence } from './shown-presence.ts';
import { teamsEvidence } from './teams-evidence.ts';
import { createTenantPauses } from './tenant-pauses.ts';
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
  priority = new Set<string>();

  constructor(...names: readonly string[]) {
    this.people = new FakeDirectory(...names);
    const common = {
      clock: this.clock,
      people: this.people,
      graph: this.microsoft,
      pauses: createTenantPauses(() => this.clock.now()),
    };
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
      isPriority: (who) => this.priority.has(who),
      // As an operator may choose it; what is usual has tests of its own.
      otherIntervalMs: 30_000,
      onChange: (person) => this.changes.push(`${person.personId} ${this.label(person.personId.slice(7))}`),
    });
    this.reader.start();
  }
  shown(name: string) {
    const seen = this.reader.of(personId(name));
    const calls = this.writer.of(personId(name));
    const vector = {
      calls: {
        legs: calls?.legs ?? [],
        ...(calls?.leaseEndsWallMs !== undefined && { leaseEndsWallMs: calls.leaseEndsWallMs }),
      },
      ...(seen && { teams: teamsEvidence(seen, this.clock, undefined) }),
    };
    return personPresence(vector, effectivePresence(vector, syncedBothWays, this.clock.wall()));
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

const crowd = (count: number): string[] => Array.from({ length: count }, (_, i) => `p${i}`);
const asked = (house: House): Set<string> => new Set(house.microsoft.reads.flatMap(({ ids }) => ids));

test('two of ten are selected: only these two are in the requests, and who is unselected is not asked for again', async () => {
  const house = new House(...crowd(10));
  house.policies.policy = notSynced;
  for (const name of ['p3', 'p7']) house.policies.people.set(personId(name), syncedBothWays);
  house.policies.changed();
  house.microsoft.reads.length = 0;
  await house.clock.advance(120_000);
  assert.deepEqual([...asked(house)].sort(), [objectIdOf('p3'), objectIdOf('p7')]);
  assert.equal(house.reader.of(personId('p0')), undefined);
  house.policies.people.delete(personId('p3'));
  house.policies.changed();
  house.microsoft.reads.length = 0;
  await house.clock.advance(120_000);
  assert.deepEqual([...asked(house)], [objectIdOf('p7')]);
});

test('G20: 1,950 people are read in three requests', async () => {
  const house = new House(...crowd(1_950));
  await house.clock.advance(1000);
  assert.equal(house.microsoft.reads.length, 3);
});

test('members of queues are read every five seconds all day; the others ride along where there is room', async () => {
  const house = new House(...crowd(100));
  house.priority.add(personId('p1'));
  await house.cool();
  await house.clock.advance(60_000);
  assert.ok(house.microsoft.reads.length <= 12 + 2, `${house.microsoft.reads.length}`);
  house.microsoft.own.set(objectIdOf('p1'), dnd);
  house.microsoft.own.set(objectIdOf('p77'), away);
  await house.clock.advance(5_000);
  assert.deepEqual([house.label('p1'), house.label('p77')], ['dnd', 'away']);
});

test('a user is deleted in mid-sweep, another is unknown to Teams: unknown both, never available; the rest are read', async () => {
  const house = new House('dana', 'bo', 'cy');
  await house.clock.advance(6_000);
  house.microsoft.missing.add(objectIdOf('dana'));
  house.microsoft.own.set(objectIdOf('bo'), { availability: 'PresenceUnknown', activity: 'PresenceUnknown' });
  house.microsoft.own.set(objectIdOf('cy'), away);
  await house.clock.advance(31_000);
  assert.deepEqual(
    ['dana', 'bo', 'cy'].map((name) => house.label(name)),
    ['unknown', 'unknown', 'away'],
  );
});

test('Microsoft tells of changes by itself: many hints, one request within a second, none inside a wait', async () => {
  const house = new House(...crowd(50));
  await house.cool();
  for (let i = 0; i < 20; i++) {
    house.microsoft.own.set(objectIdOf(`p${i}`), dnd);
    house.reader.hinted('acacacac-0000-4000-8000-000000000001', objectIdOf(`p${i}`));
  }
  house.reader.hinted('acacacac-0000-4000-8000-000000000001', 'object-nobody');
  await house.clock.advance(1000);
  assert.equal(house.microsoft.reads.length, 1);
  assert.equal(house.microsoft.reads[0]?.ids.length, 20);
  assert.equal(house.label('p19'), 'dnd');
});

test('a state comes by itself and an older one by the next read: the newer one stands', async () => {
  const house = new House('dana');
  await house.clock.advance(1000);
  house.reader.heard('acacacac-0000-4000-8000-000000000001', objectIdOf('dana'), {
    ...dnd,
    sequenceNumber: 'A9',
  });
  assert.equal(house.label('dana'), 'dnd');
  house.reader.heard('acacacac-0000-4000-8000-000000000001', objectIdOf('dana'), {
    ...away,
    sequenceNumber: 'A8',
  });
  assert.equal(house.label('dana'), 'dnd');
});

test('after a wait: who hung up is cleared first, who talks is set then, and only then people are read', async () => {
  const house = new House('dana', 'bo');
  await house.clock.advance(1000);
  house.writer.callChanged(callOf('one', { name: 'dana', at: 'phone' }));
  await house.clock.advance(2000);
  house.microsoft.trouble = { is: 'later', retryAfterMs: 20_000, throttled: true };
  house.reader.watched(personId('dana'));
  await house.clock.advance(5000);
  house.microsoft.trouble = undefined;
  const [reads, writes] = [house.microsoft.reads.length, house.microsoft.writes.length];
  house.writer.callEnded('one');
  house.writer.callChanged(callOf('two', { name: 'bo', at: 'phone' }));
  await house.clock.advance(30_000);
  const clear = house.microsoft.writes.find(({ kind }, i) => i >= writes && kind === 'clearPresence');
  const set = house.microsoft.writes.find(({ kind }, i) => i >= writes && kind === 'setPresence');
  const read = house.microsoft.reads[reads];
  assert.ok(clear && set && read);
  assert.ok(clear.at < set.at && set.at < read.at, `${clear.at} ${set.at} ${read.at}`);
});

test('Microsoft says 429 without a time: 10 s, then 20, then 40', async () => {
  const house = new House('dana');
  await house.clock.advance(1000);
  house.microsoft.trouble = { is: 'later', throttled: true };
  await house.clock.advance(200_000);
  const gaps = house.microsoft.reads.map(({ at }, i, all) => at - (all[i - 1]?.at ?? at)).slice(2);
  for (const [i, wanted] of [10_000, 20_000, 40_000].entries()) {
    const gap = gaps[i] ?? 0;
    assert.ok(gap >= wanted && gap <= wanted + 6_000, gaps.join());
  }
});

test('"fix my presence" reads Dana at once', async () => {
  const house = new House('dana');
  await house.cool();
  house.microsoft.own.set(objectIdOf('dana'), dnd);
  assert.equal(await house.reader.readNow(personId('dana')), true);
  assert.equal(house.label('dana'), 'dnd');
  assert.equal(await house.reader.readNow(personId('nobody')), false);
});

test('5,000 people in one tenant and nothing chosen: whoever changes is seen in less than 15 s, and a throttled tenant is read more calmly', async () => {
  const names = Array.from({ length: 5000 }, (_, i) => `p${i}`);
  const clock = new VirtualClock();
  const microsoft = new FakeMicrosoft(clock);
  microsoft.latencyMs = 500;
  const seenAt = new Map<string, number>();
  const reader = createPresenceReader({
    clock,
    people: new FakeDirectory(...names),
    graph: microsoft,
    policies: new FakePolicies(),
    callsOf: () => undefined,
    onChange: ({ personId: who }) => {
      if (reader.of(who)?.shown.label === 'dnd') seenAt.set(who, clock.now());
    },
  });
  reader.start();
  await clock.advance(200_000);
  for (let i = 0; i < 12; i++) {
    const name = `p${i * 411}`;
    const at = clock.now();
    microsoft.own.set(objectIdOf(name), dnd);
    await clock.advance(15_500);
    const took = (seenAt.get(personId(name)) ?? Number.POSITIVE_INFINITY) - at;
    assert.ok(took < 15_000, `${name}: ${took} ms`);
    await clock.advance(137);
  }
  const { reads } = microsoft;
  const readsIn = async (ms: number): Promise<number> => {
    const before = reads.length;
    await clock.advance(ms);
    return reads.length - before;
  };
  await clock.advance(300_000);
  assert.equal(await readsIn(140_000), 80, 'eight requests each 14 s');
  microsoft.trouble = { is: 'later', retryAfterMs: 5000, throttled: true };
  const first = reads.length;
  await clock.advance(40_000);
  const rounds = Map.groupBy(reads.slice(first), ({ at }) => at);
  const [unaware, ...later] = [...rounds.values()].map(({ length }) => length);
  assert.equal(unaware, 8, 'sent together, before anything was refused');
  assert.ok(later.length > 2 && later.every((sent) => sent === 1), `then one at a time: ${later.join(', ')}`);
  microsoft.trouble = undefined;
  await clock.advance(60_000);
  assert.equal(await readsIn(150_000), 40, 'eight requests each 30 s');
  reader.stop();
});
