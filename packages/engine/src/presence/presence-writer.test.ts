import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPresenceWriter, type PresenceWriter } from './presence-writer.ts';
import {
  accountId,
  callOf,
  entraTenantId,
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

class Room {
  readonly clock = new VirtualClock();
  readonly microsoft = new FakeMicrosoft(this.clock);
  readonly leases = new FakeLeases(this.clock);
  readonly preferred = new FakePreferred(this.clock);
  readonly policies = new FakePolicies();
  readonly people: FakeDirectory;
  readonly problems: string[] = [];
  writer: PresenceWriter;

  constructor(...names: readonly string[]) {
    this.people = new FakeDirectory(...names);
    this.writer = this.#start();
  }
  #start(): PresenceWriter {
    return createPresenceWriter({
      clock: this.clock,
      people: this.people,
      graph: this.microsoft,
      leases: this.leases,
      preferred: this.preferred,
      policies: this.policies,
      onProblem: (what) => this.problems.push(what),
    });
  }
  /** The process dies and another one starts. */
  async crash(): Promise<void> {
    this.writer.stop();
    this.writer = this.#start();
    await this.writer.restore();
    await settled();
  }
  kinds(): string[] {
    return this.microsoft.writes.map(({ kind }) => kind);
  }
  teams(name: string): string {
    const { availability, activity } = this.microsoft.shown(objectIdOf(name));
    return `${availability}/${activity}`;
  }
}

const atPhone = (call: string, name = 'dana') => callOf(call, { name, at: 'phone' });

test('what Dana does in answered calls is told as it is: held, talking', async () => {
  const room = new Room('dana');
  const doing = () => room.writer.of(personId('dana'))?.legs.map((leg) => leg.doing ?? 'talking');
  room.writer.callChanged(atPhone('one'));
  assert.deepEqual(doing(), ['talking']);
  room.writer.callChanged(callOf('one', { name: 'dana', at: 'phone', held: true }));
  room.writer.callChanged(callOf('two', { name: 'dana', at: 'teams' }));
  assert.deepEqual(doing(), ['held', 'talking']);
  room.writer.callChanged(atPhone('one'));
  room.writer.callEnded('two');
  assert.deepEqual(doing(), ['talking']);
  room.writer.callEnded('one');
  assert.deepEqual(doing(), []);
  await settled();
});

test('Dana answers at her desk phone and hangs up: one write sets, one clears, her former state is back, no row is left', async () => {
  const room = new Room('dana');
  room.writer.callChanged(callOf('one'));
  await settled();
  assert.deepEqual(room.kinds(), [], 'ringing writes nothing');
  room.writer.callChanged(atPhone('one'));
  await settled();
  assert.equal(room.teams('dana'), 'Busy/InACall');
  assert.equal(room.leases.rows.size, 1);
  // Events of a call come often; the same parties say nothing new.
  for (let i = 0; i < 10; i++) room.writer.callChanged(atPhone('one'));
  await room.clock.advance(30_000);
  room.writer.callEnded('one');
  await settled();
  assert.equal(room.teams('dana'), 'Available/Available');
  assert.deepEqual(room.kinds(), ['setPresence', 'clearPresence']);
  assert.equal(room.leases.rows.size, 0);
  await room.clock.advance(120_000);
  assert.equal(room.writer.of(personId('dana')), undefined, 'forgotten');
});

test('the lease is in the store before Microsoft is asked', async () => {
  const room = new Room('dana');
  let rows = 0;
  room.microsoft.onWrite = () => {
    rows = room.leases.rows.size;
  };
  room.writer.callChanged(atPhone('one'));
  await settled();
  assert.equal(rows, 1);
});

test('a long call is renewed at four minutes and stays busy for an hour, a write each four minutes', async () => {
  const room = new Room('dana');
  room.writer.callChanged(atPhone('one'));
  for (let minute = 0; minute < 60; minute++) {
    await room.clock.advance(60_000);
    assert.equal(room.teams('dana'), 'Busy/InACall', `minute ${minute}`);
  }
  assert.equal(room.microsoft.writes.length, 16);
});

test('Dana talks in Teams: Microsoft knows and nothing is written; her own state counts at once', async () => {
  const room = new Room('dana');
  room.writer.callChanged(callOf('one', { name: 'dana', at: 'teams' }));
  await room.clock.advance(300_000);
  assert.equal(room.writer.of(personId('dana'))?.legs[0]?.endpoint, 'teams');
  room.writer.callEnded('one');
  await room.clock.advance(1000);
  assert.deepEqual(room.kinds(), []);
});

test('two calls at two phones: busy until the last one ends; both people of an inner call are written', async () => {
  const room = new Room('dana', 'bo');
  room.writer.callChanged(
    callOf('one', { name: 'bo', at: 'phone', leg: 'a' }, { name: 'dana', at: 'phone', leg: 'b' }),
  );
  room.writer.callChanged(atPhone('two'));
  await room.clock.advance(10_000);
  room.writer.callEnded('one');
  await settled();
  assert.equal(room.teams('bo'), 'Available/Available');
  assert.equal(room.teams('dana'), 'Busy/InACall');
  room.writer.callEnded('two');
  await settled();
  assert.equal(room.teams('dana'), 'Available/Available');
  assert.deepEqual(room.kinds().length, 4);
});

test('the call moves from the phone to Teams: our session is cleared, Teams shows the call by itself', async () => {
  const room = new Room('dana');
  room.writer.callChanged(atPhone('one'));
  await settled();
  room.writer.callChanged(callOf('one', { name: 'dana', at: 'teams' }));
  await settled();
  assert.deepEqual(room.kinds(), ['setPresence', 'clearPresence']);
});

test('killed in mid-call: the next process clears what was left, in one request', async () => {
  const room = new Room('dana');
  room.writer.callChanged(atPhone('one'));
  await settled();
  await room.crash();
  assert.equal(room.teams('dana'), 'Available/Available');
  assert.deepEqual(room.kinds(), ['setPresence', 'clearPresence']);
  assert.equal(room.leases.rows.size, 0);
});

test('killed in mid-call and nobody starts again: the state heals by its lease within five minutes', async () => {
  const room = new Room('dana');
  room.writer.callChanged(atPhone('one'));
  await settled();
  room.writer.stop();
  await room.clock.advance(300_001);
  assert.equal(room.teams('dana'), 'Available/Available');
  // Who starts then has nothing to clear and forgets the row.
  await room.crash();
  assert.deepEqual(room.kinds(), ['setPresence']);
  assert.equal(room.leases.rows.size, 0);
});

test('killed, and the next process has no connection to Microsoft yet: it clears as soon as there is one', async () => {
  const room = new Room('dana');
  room.writer.callChanged(atPhone('one'));
  await settled();
  room.microsoft.connected = false;
  await room.crash();
  await room.clock.advance(20_000);
  assert.equal(room.teams('dana'), 'Busy/InACall');
  room.microsoft.connected = true;
  room.people.changed();
  await settled();
  assert.equal(room.teams('dana'), 'Available/Available');
});

test('killed, and the database is away at the start: the lease is read when it is back, under a call of now too', async () => {
  const room = new Room('dana');
  room.writer.callChanged(atPhone('one'));
  await room.clock.advance(1000);
  await room.clock.advance(240_000);
  room.writer.stop();
  room.leases.away = 'refuses';
  const crashed = room.crash();
  await settled();
  room.writer.callChanged(atPhone('two'));
  await settled();
  room.leases.away = 'no';
  await room.clock.advance(5000);
  await crashed;
  assert.equal(room.teams('dana'), 'Busy/InACall');
  room.writer.callEnded('two');
  await room.clock.advance(120_000);
  assert.equal(room.teams('dana'), 'Available/Available');
  assert.equal(room.leases.rows.size, 0);
});

for (const away of ['refuses', 'hangs'] as const) {
  test(`the database ${away} while Dana answers: Teams shows her busy within a second all the same`, async () => {
    const room = new Room('dana');
    room.leases.away = away;
    room.writer.callChanged(atPhone('one'));
    await room.clock.advance(1000);
    assert.equal(room.teams('dana'), 'Busy/InACall');
    room.writer.callEnded('one');
    await room.clock.advance(1000);
    assert.equal(room.teams('dana'), 'Available/Available');
  });
}

test('a newer row that this process does not know stands in the way: the next try goes above it', async () => {
  const room = new Room('dana');
  const old = { accountId, personId: personId('dana'), entraTenantId, objectId: objectIdOf('dana') };
  await room.leases.hold({ ...old, sequence: 70 }, 300_000);
  room.writer.callChanged(atPhone('one'));
  await room.clock.advance(10_000);
  assert.equal(room.teams('dana'), 'Busy/InACall');
  assert.equal(room.leases.rows.get(personId('dana'))?.sequence, 71);
});

test('nobody knows yet who Dana is at Microsoft: written as soon as it is known, while she still talks', async () => {
  const room = new Room();
  room.writer.callChanged(atPhone('one'));
  await room.clock.advance(60_000);
  assert.deepEqual(room.kinds(), []);
  assert.equal(room.writer.of(personId('dana'))?.legs.length, 1, 'the platform knows at once');
  room.people.link('dana');
  await settled();
  assert.equal(room.teams('dana'), 'Busy/InACall');
});

test('Microsoft asks for 30 s: nothing is sent inside; then the state that is true by then', async () => {
  const room = new Room('dana');
  room.microsoft.trouble = { is: 'later', retryAfterMs: 30_000 };
  room.writer.callChanged(atPhone('one'));
  await settled();
  room.microsoft.trouble = undefined;
  await room.clock.advance(29_900);
  assert.equal(room.microsoft.writes.length, 1);
  await room.clock.advance(6000);
  assert.equal(room.teams('dana'), 'Busy/InACall');
});

test('Microsoft is away during a whole call: tries are few, and in the end nothing sticks', async () => {
  const room = new Room('dana');
  room.microsoft.trouble = { is: 'later' };
  room.writer.callChanged(atPhone('one'));
  await room.clock.advance(120_000);
  room.writer.callEnded('one');
  await room.clock.advance(60_000);
  assert.ok(room.microsoft.writes.length < 20, `${room.microsoft.writes.length}`);
  room.microsoft.trouble = undefined;
  await room.clock.advance(120_000);
  assert.equal(room.teams('dana'), 'Available/Available');
});

test('calls that come and go in any order, with Microsoft slow, failing and back: one write at a time, bounded, and in the end what is true', async () => {
  const event = fc.record({
    call: fc.constantFrom('a', 'b', 'c'),
    what: fc.constantFrom('phone', 'teams', 'end', 'end') as fc.Arbitrary<'phone' | 'teams' | 'end'>,
    waitMs: fc.constantFrom(0, 50, 1500, 6000, 90_000),
    latencyMs: fc.constantFrom(0, 100, 3000),
    trouble: fc.constantFrom(
      undefined,
      undefined,
      { is: 'later' as const },
      {
        is: 'later' as const,
        retryAfterMs: 8000,
      },
    ),
    crash: fc.nat(9),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 25 }), async (days) => {
      const room = new Room('dana');
      const live = new Map<string, 'phone' | 'teams'>();
      let spentMs = 0;
      let steps = 0;
      for (const { call, what, waitMs, latencyMs, trouble, crash } of days) {
        room.microsoft.latencyMs = latencyMs;
        room.microsoft.trouble = trouble;
        if (crash === 0) {
          // Calls do not survive the process yet.
          live.clear();
          await room.crash();
        }
        if (what === 'end') {
          live.delete(call);
          room.writer.callEnded(call);
        } else {
          live.set(call, what);
          room.writer.callChanged(callOf(call, { name: 'dana', at: what }));
        }
        steps++;
        await room.clock.advance(waitMs);
        spentMs += waitMs;
      }
      room.microsoft.latencyMs = 0;
      room.microsoft.trouble = undefined;
      await room.clock.advance(420_000);
      spentMs += 420_000;
      const atPhones = [...live.values()].filter((at) => at === 'phone').length;
      const inTeams = live.size - atPhones;
      const busy = room.teams('dana') === 'Busy/InACall';
      if (live.size === 0) assert.ok(!busy, 'stuck busy');
      else if (atPhones > 0 && inTeams === 0) assert.ok(busy, 'not busy');
      if (live.size === 0) assert.equal(room.leases.rows.size, 0, 'a row is left');
      assert.ok(room.microsoft.writes.length <= 2 * steps + spentMs / 5000 + 4, 'a storm of writes');
    }),
    { numRuns: 60 },
  );
});
