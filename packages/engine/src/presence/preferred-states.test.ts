import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { notSynced, syncedBothWays } from '../ports/presence-policies.ts';
import { type ManualState, usualManualMs } from './manual-presence.ts';
import { createPresenceWriter, type PresenceWriter } from './presence-writer.ts';
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

const dana = personId('dana');
const danaObject = objectIdOf('dana');
const hour = 3_600_000;
const dnd = { availability: 'DoNotDisturb', activity: 'DoNotDisturb' };

/** Dana, whose states set by hand are told to Microsoft. */
class Room {
  readonly clock = new VirtualClock();
  readonly microsoft = new FakeMicrosoft(this.clock);
  readonly leases = new FakeLeases(this.clock);
  readonly preferred = new FakePreferred(this.clock);
  readonly policies = new FakePolicies();
  readonly people = new FakeDirectory('dana', 'bo');
  readonly problems: string[] = [];
  writer: PresenceWriter = this.#start();

  #start(): PresenceWriter {
    return createPresenceWriter({
      ...this,
      graph: this.microsoft,
      onProblem: (what) => this.problems.push(what),
    });
  }
  /** The process dies; the next one is told what stands. */
  async crash(standing?: ManualState, setAtWallMs = this.clock.wall()): Promise<void> {
    this.writer.stop();
    this.writer = this.#start();
    const restored = this.writer.restore();
    if (standing) this.writer.manualChanged(dana, { state: standing, setAtWallMs });
    await restored;
    await settled();
  }
  async hand(state: ManualState | undefined, forMs?: number): Promise<void> {
    const setAtWallMs = this.clock.wall();
    this.writer.manualChanged(
      dana,
      state && { state, setAtWallMs, ...(forMs !== undefined && { endsAtWallMs: setAtWallMs + forMs }) },
    );
    await settled();
  }
  async talk(id = 'one'): Promise<void> {
    this.writer.callChanged(callOf(id, { name: 'dana', at: 'phone' }));
    await settled();
  }
  async hangUp(id = 'one'): Promise<void> {
    this.writer.callEnded(id);
    await settled();
  }
  kinds(): string[] {
    return this.microsoft.writes.map(({ kind }) => kind);
  }
  get teams(): string {
    const { availability, activity } = this.microsoft.shown(danaObject);
    return `${availability}/${activity}`;
  }
}

const byHand = [
  ['busy', 'Busy/Busy'],
  ['dnd', 'DoNotDisturb/DoNotDisturb'],
  ['be_right_back', 'BeRightBack/BeRightBack'],
  ['away', 'Away/Away'],
  ['appear_offline', 'Offline/OffWork'],
] as const;
for (const [state, pair] of byHand)
  test(`Dana sets ${state} by hand: Teams shows ${pair} in one write until its usual end, by itself`, async () => {
    const room = new Room();
    await room.hand(state);
    assert.equal(room.teams, pair);
    assert.equal(room.preferred.rows.size, 1, 'remembered');
    await room.clock.advance(usualManualMs[state] - 60_000);
    assert.equal(room.teams, pair);
    await room.clock.advance(61_000);
    assert.equal(room.teams, 'Available/Available');
    assert.deepEqual(room.kinds(), ['setPreferred'], 'no write at its end');
    assert.equal(room.preferred.rows.size, 0);
  });

test('Dana sets "available" by hand: what was ours is withdrawn, and available is never forced', async () => {
  const room = new Room();
  await room.hand('dnd');
  await room.clock.advance(10_000);
  await room.hand('available');
  assert.equal(room.teams, 'Available/Available');
  assert.deepEqual(room.kinds(), ['setPreferred', 'clearPreferred']);
});

test('Dana says "available" in the middle of a call: this call is not shown any more, the next one is', async () => {
  const room = new Room();
  await room.talk();
  await room.clock.advance(10_000);
  await room.hand('available');
  assert.equal(room.teams, 'Available/Available');
  await room.clock.advance(600_000);
  assert.equal(room.teams, 'Available/Available', 'not renewed');
  await room.hangUp();
  await room.talk('two');
  assert.equal(room.teams, 'Busy/InACall');
});

test('Dana releases what she set, but chose something else in Teams meanwhile: her choice stays', async () => {
  const room = new Room();
  await room.hand('busy');
  await room.clock.advance(60_000);
  room.microsoft.pick(danaObject, dnd);
  await room.hand(undefined);
  await room.clock.advance(10_000);
  assert.equal(room.teams, 'DoNotDisturb/DoNotDisturb');
  assert.deepEqual(room.kinds(), ['setPreferred'], 'compared, and not cleared');
  assert.equal(room.preferred.rows.size, 0);
});

test('she releases it while nobody can see it, because her Teams is closed: looked at again, and cleared when it shows', async () => {
  const room = new Room();
  await room.hand('busy', 2 * hour);
  await room.clock.advance(10_000);
  room.microsoft.own.set(danaObject, { availability: 'Offline', activity: 'Offline' });
  await room.hand(undefined);
  await room.clock.advance(600_000);
  assert.deepEqual(room.kinds(), ['setPreferred']);
  assert.ok(room.microsoft.reads.length <= 12, `${room.microsoft.reads.length}`);
  room.microsoft.own.delete(danaObject);
  assert.equal(room.teams, 'Busy/Busy');
  await room.clock.advance(61_000);
  assert.equal(room.teams, 'Available/Available');
});

test('busy by hand makes room for a call and comes back after it for the rest of its time', async () => {
  const room = new Room();
  await room.hand('busy', 2 * hour);
  await room.clock.advance(hour);
  await room.talk();
  assert.equal(room.teams, 'Busy/InACall', 'at once');
  await room.clock.advance(600_000);
  await room.hangUp();
  assert.equal(room.teams, 'Available/Available');
  await room.clock.advance(6000);
  assert.equal(room.teams, 'Busy/Busy');
  assert.deepEqual(
    room.kinds().filter((kind) => kind !== 'setPresence'),
    ['setPreferred', 'clearPreferred', 'clearPresence', 'setPreferred'],
  );
  await room.clock.advance(50 * 60_000);
  assert.equal(room.teams, 'Available/Available', 'at the end that she chose');
});

test('she chose do-not-disturb in Teams during the call: her busy of before does not come back over it, nor after a crash', async () => {
  const room = new Room();
  const setAt = room.clock.wall();
  await room.hand('busy');
  await room.clock.advance(10_000);
  await room.talk();
  room.microsoft.pick(danaObject, dnd);
  await room.clock.advance(60_000);
  await room.hangUp();
  await room.clock.advance(60_000);
  assert.equal(room.teams, 'DoNotDisturb/DoNotDisturb');
  await room.crash('busy', setAt);
  await room.clock.advance(60_000);
  assert.equal(room.teams, 'DoNotDisturb/DoNotDisturb');
  await room.hand('busy');
  assert.equal(room.teams, 'Busy/Busy', 'said anew, it counts');
});

test('do-not-disturb by hand stays during a call', async () => {
  const room = new Room();
  await room.hand('dnd');
  await room.clock.advance(10_000);
  await room.talk();
  await room.clock.advance(10_000);
  assert.equal(room.teams, 'DoNotDisturb/DoNotDisturb');
  await room.hangUp();
  await room.clock.advance(10_000);
  assert.equal(room.teams, 'DoNotDisturb/DoNotDisturb');
  assert.deepEqual(room.kinds(), ['setPreferred', 'setPresence', 'clearPresence']);
});

test('Dana plays with the list: at most one write in five seconds, and the last wish wins', async () => {
  const room = new Room();
  for (const state of ['busy', 'away', 'dnd', 'be_right_back', 'away', 'dnd'] as const) {
    await room.hand(state);
    await room.clock.advance(500);
  }
  await room.clock.advance(10_000);
  assert.equal(room.teams, 'DoNotDisturb/DoNotDisturb');
  assert.equal(room.microsoft.writes.length, 2);
});

test('killed while her state stands: the next process tells it to nobody again, and withdraws it when she releases it', async () => {
  const room = new Room();
  const setAt = room.clock.wall();
  await room.hand('dnd');
  await room.clock.advance(hour);
  await room.crash('dnd', setAt);
  await room.clock.advance(hour);
  assert.deepEqual(room.kinds(), ['setPreferred']);
  await room.hand(undefined);
  assert.equal(room.teams, 'Available/Available');
  assert.equal(room.preferred.rows.size, 0);
});

test('killed, and nobody wishes it any more: cleared within half a minute, not before the wish could be told', async () => {
  const room = new Room();
  await room.hand('dnd');
  await room.clock.advance(hour);
  await room.crash();
  assert.equal(room.teams, 'DoNotDisturb/DoNotDisturb');
  await room.clock.advance(30_001);
  assert.equal(room.teams, 'Available/Available');
});

test('presence is switched off, or Dana unsynced: session and preferred state are withdrawn once; switched on, live calls are asserted', async () => {
  const room = new Room();
  await room.hand('dnd');
  await room.clock.advance(10_000);
  await room.talk();
  await room.clock.advance(10_000);
  room.policies.policy = notSynced;
  room.policies.changed();
  await room.clock.advance(20_000);
  assert.equal(room.teams, 'Available/Available');
  assert.equal(room.leases.rows.size + room.preferred.rows.size, 0);
  const count = room.microsoft.writes.length;
  await room.clock.advance(hour);
  await room.talk('two');
  await room.hangUp('two');
  assert.equal(room.microsoft.writes.length, count, 'nothing is written about her');
  room.policies.policy = syncedBothWays;
  room.policies.changed();
  await room.clock.advance(20_000);
  assert.ok(room.kinds().slice(count).includes('setPresence'), 'her live call');
  assert.equal(room.teams, 'DoNotDisturb/DoNotDisturb');
});

test('Dana is linked with another user while her state and her call stand: both leave the old one and go to the new', async () => {
  for (const crashes of [false, true]) {
    const room = new Room();
    const setAtWallMs = room.clock.wall();
    const shown = (objectId: string) => {
      const { availability, activity } = room.microsoft.shown(objectId);
      return `${availability}/${activity}`;
    };
    await room.hand('dnd');
    if (!crashes) await room.talk();
    await room.clock.advance(10_000);
    assert.equal(room.teams, 'DoNotDisturb/DoNotDisturb');
    room.people.link('dana', 'object-right');
    if (crashes) await room.crash('dnd', setAtWallMs);
    await room.clock.advance(20_000);
    assert.deepEqual(
      [room.teams, shown('object-right')],
      ['Available/Available', 'DoNotDisturb/DoNotDisturb'],
    );
    await room.hand(undefined);
    await room.clock.advance(10_000);
    assert.equal(shown('object-right'), crashes ? 'Available/Available' : 'Busy/InACall');
    await room.hangUp();
    await room.clock.advance(10_000);
    assert.equal(shown('object-right'), 'Available/Available');
    assert.deepEqual(room.problems, []);
  }
});

test('Dana was deleted and made anew at Microsoft: what stood at the old user does not keep her state from the new one', async () => {
  const room = new Room();
  await room.hand('dnd');
  await room.clock.advance(10_000);
  room.microsoft.missing.add(danaObject);
  room.people.link('dana', 'object-new');
  await room.clock.advance(20_000);
  assert.equal(room.microsoft.shown('object-new').availability, 'DoNotDisturb');
  assert.equal(room.microsoft.preferred.has(danaObject), false);
});

test('to the platform only: calls and states set by hand write nothing', async () => {
  const room = new Room();
  room.policies.policy = { ...syncedBothWays, writesTeams: false };
  await room.hand('dnd');
  await room.talk();
  await room.clock.advance(hour);
  await room.hangUp();
  assert.deepEqual(room.kinds(), []);
});

test('busy by a calendar: nothing while Microsoft shows it by itself; another calendar makes her busy until it ends', async () => {
  const room = new Room();
  const endsAtWallMs = room.clock.wall() + hour;
  room.writer.calendarChanged(dana, { endsAtWallMs, shownByMicrosoft: true });
  await room.clock.advance(60_000);
  assert.deepEqual(room.kinds(), []);
  room.writer.calendarChanged(dana, { endsAtWallMs, shownByMicrosoft: false });
  await settled();
  assert.equal(room.teams, 'Busy/Busy');
  await room.clock.advance(hour);
  assert.equal(room.teams, 'Available/Available');
  assert.deepEqual(room.kinds(), ['setPreferred']);
});

test('"fix my presence": a session that nobody knows of and her own state are cleared, her live call is shown again', async () => {
  const room = new Room();
  await room.hand('busy');
  await room.clock.advance(10_000);
  await room.hand(undefined);
  await room.hand('dnd');
  await room.clock.advance(10_000);
  const nothing = await fixed(room, room.writer.fix(dana));
  assert.deepEqual(nothing, { session: 'none', preferred: 'cleared' });
  assert.equal(room.teams, 'Available/Available');
  await room.talk();
  await room.clock.advance(10_000);
  assert.deepEqual(await fixed(room, room.writer.fix(dana)), { session: 'cleared', preferred: 'none' });
  await room.clock.advance(3000);
  assert.equal(room.teams, 'Busy/InACall');
});

test('"fix my presence" where Teams shows her own choice, and where Microsoft cannot be reached: it is said', async () => {
  const room = new Room();
  await room.hand('busy');
  await room.clock.advance(10_000);
  room.microsoft.pick(danaObject, dnd);
  assert.deepEqual(await fixed(room, room.writer.fix(dana)), { session: 'none', preferred: 'left' });
  assert.equal(room.teams, 'DoNotDisturb/DoNotDisturb');
  room.microsoft.trouble = { is: 'later' };
  assert.deepEqual(await fixed(room, room.writer.fix(dana)), { session: 'failed', preferred: 'none' });
  room.microsoft.connected = false;
  room.writer.stop();
  const cut = createPresenceWriter({ ...room, graph: room.microsoft });
  assert.deepEqual(await cut.fix(dana), { session: 'unreachable', preferred: 'unreachable' });
});

async function fixed<T>(room: Room, work: Promise<T>): Promise<T> {
  await room.clock.advance(20_000);
  return await work;
}

test('Microsoft asks the tenant to wait: nobody is written inside, who hung up goes first', async () => {
  const room = new Room();
  await room.talk();
  await room.clock.advance(10_000);
  room.microsoft.trouble = { is: 'later', retryAfterMs: 30_000, throttled: true };
  room.writer.callChanged(callOf('three', { name: 'bo', at: 'phone' }));
  await settled();
  const began = room.clock.now();
  room.microsoft.trouble = undefined;
  const count = room.microsoft.writes.length;
  await room.hangUp();
  await room.clock.advance(29_999 - (room.clock.now() - began));
  assert.equal(room.microsoft.writes.length, count);
  await room.clock.advance(5000);
  assert.deepEqual(room.kinds().slice(count), ['clearPresence', 'setPresence']);
});

test('the database is away: her state is told all the same', async () => {
  const room = new Room();
  room.preferred.away = true;
  await room.hand('dnd');
  assert.equal(room.teams, 'DoNotDisturb/DoNotDisturb');
  assert.ok(room.problems.length > 0);
});

test('states set by hand, calls, choices in Teams, crashes, unsyncing and trouble in any order: nothing of ours outlives its wish, her own choice stays, writes are few', async () => {
  const event = fc.record({
    what: fc.constantFrom(
      'hand',
      'hand',
      'release',
      'talk',
      'hangUp',
      'pick',
      'unpick',
      'crash',
      'unsync',
      'sync',
    ) as fc.Arbitrary<
      'hand' | 'release' | 'talk' | 'hangUp' | 'pick' | 'unpick' | 'crash' | 'unsync' | 'sync'
    >,
    state: fc.constantFrom(...byHand.map(([state]) => state)),
    waitMs: fc.constantFrom(1, 100, 3000, 20_000, 400_000),
    latencyMs: fc.constantFrom(0, 300),
    trouble: fc.constantFrom(
      undefined,
      undefined,
      { is: 'later' as const },
      {
        is: 'later' as const,
        retryAfterMs: 9000,
        throttled: true as const,
      },
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 20 }), async (days) => {
      const room = new Room();
      let standing: { state: ManualState; at: number } | undefined;
      /** She chose something in Teams since: ours need not show. */
      let chosen = false;
      const began = room.clock.now();
      for (const { what, state, waitMs, latencyMs, trouble } of days) {
        room.microsoft.latencyMs = latencyMs;
        room.microsoft.trouble = trouble;
        if (what === 'hand') {
          standing = { state, at: room.clock.wall() };
          chosen = false;
          await room.hand(state);
        } else if (what === 'release') {
          standing = undefined;
          await room.hand(undefined);
        } else if (what === 'talk') await room.talk();
        else if (what === 'hangUp') await room.hangUp();
        else if (what === 'pick' || what === 'unpick') {
          chosen = true;
          room.microsoft.pick(
            danaObject,
            what === 'pick' ? { availability: 'BeRightBack', activity: 'BeRightBack' } : undefined,
          );
        } else if (what === 'crash') {
          const crash = room.crash(standing?.state, standing?.at);
          await room.clock.advance(1000);
          await crash;
        } else {
          room.policies.policy = what === 'unsync' ? notSynced : syncedBothWays;
          room.policies.changed();
        }
        await room.clock.advance(waitMs);
      }
      room.microsoft.latencyMs = 0;
      room.microsoft.trouble = undefined;
      await room.hangUp();
      await room.clock.advance(600_000);
      const held = room.microsoft.preferred.get(danaObject);
      const own = held?.endsMs === Number.POSITIVE_INFINITY;
      const shows = held !== undefined && held.endsMs > room.clock.now() && !own;
      const synced = room.policies.policy.synced;
      if (!standing || !synced) assert.ok(!shows, 'ours outlives its wish');
      const ends = standing ? standing.at + usualManualMs[standing.state] : 0;
      // After a crash nobody knows which came first, her choice in Teams or her wish here: the choice stays.
      if (standing && synced && !chosen && !own && room.clock.wall() < ends - 60_000)
        assert.equal(room.teams, byHand.find(([state]) => state === standing?.state)?.[1]);
      assert.notEqual(room.teams, 'Busy/InACall', 'stuck busy');
      const spentMs = room.clock.now() - began;
      assert.ok(room.microsoft.writes.length <= 4 * days.length + spentMs / 5000 + 4, 'a storm of writes');
    }),
    { numRuns: 80 },
  );
});
