import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notSynced, samePolicyForAll } from '../ports/presence-policies.ts';
import { type CalendarSpan, createCalendarKeeper, type TenantCalendars } from './calendar-keeper.ts';
import { FakeDirectory, FakePolicies, objectIdOf, personId, VirtualClock } from './test-world.ts';

const dana = personId('dana');
const minute = 60_000;

/** Calendars at Microsoft, and who asked for them. */
class Room {
  readonly clock = new VirtualClock();
  readonly policies = new FakePolicies();
  readonly people: FakeDirectory;
  readonly events = new Map<string, CalendarSpan[]>();
  readonly asked: { readonly at: number; readonly ids: readonly string[] }[] = [];
  readonly changes: string[] = [];
  granted = true;
  answer: Awaited<ReturnType<TenantCalendars['read']>> | undefined;
  readonly keeper;

  constructor(...names: readonly string[]) {
    this.people = new FakeDirectory(...names);
    this.keeper = createCalendarKeeper({
      clock: this.clock,
      people: this.people,
      policies: this.policies,
      calendars: { of: () => (this.granted ? { read: (...asked) => this.#read(...asked) } : undefined) },
      onChange: (who) => this.changes.push(`${who} ${this.keeper.meetingOf(who) !== undefined}`),
    });
  }
  start(): this {
    this.keeper.start();
    return this;
  }
  async #read(ids: readonly string[], from: number, until: number) {
    this.asked.push({ at: this.clock.now(), ids });
    if (this.answer) return this.answer;
    const found = new Map(
      ids.map((id) => [
        id,
        (this.events.get(id) ?? []).filter((one) => one.startsAtWallMs < until && one.endsAtWallMs > from),
      ]),
    );
    return { is: 'read', found } as const;
  }
  meets(name: string, inMs: number, forMs: number): void {
    const startsAtWallMs = this.clock.wall() + inMs;
    this.events.set(objectIdOf(name), [{ startsAtWallMs, endsAtWallMs: startsAtWallMs + forMs }]);
  }
}

test('a meeting that stands in the calendar begins and ends on its minute', async () => {
  const room = new Room('dana');
  room.meets('dana', 5 * minute, 10 * minute);
  room.start();
  await room.clock.advance(4 * minute);
  assert.equal(room.keeper.meetingOf(dana), undefined);
  await room.clock.advance(2 * minute);
  const ends = room.keeper.meetingOf(dana)?.endsAtWallMs ?? 0;
  assert.equal(ends - room.clock.wall(), 9 * minute);
  await room.clock.advance(10 * minute);
  assert.equal(room.keeper.meetingOf(dana), undefined);
  assert.deepEqual(room.changes, [`${dana} true`, `${dana} false`]);
});

test('a meeting made a moment ago is known within two seconds once it matters, and not asked for again and again', async () => {
  const room = new Room('dana').start();
  await room.clock.advance(2 * minute);
  room.meets('dana', 0, 30 * minute);
  room.keeper.wanted(dana);
  await room.clock.advance(2000);
  assert.ok(room.keeper.meetingOf(dana));
  const count = room.asked.length;
  for (let second = 0; second < 50; second++) {
    room.keeper.wanted(dana);
    await room.clock.advance(1000);
  }
  assert.equal(room.asked.length, count);
});

test('5,000 calendars: twenty a request, each once in a quarter of an hour, spread over it', async () => {
  const room = new Room(...Array.from({ length: 5_000 }, (_, i) => `p${i}`)).start();
  await room.clock.advance(15 * minute);
  const first = room.asked.length;
  assert.ok(first >= 225 && first <= 301, `${first}`);
  assert.ok(room.asked.every(({ ids }) => ids.length <= 20));
  await room.clock.advance(30 * minute);
  assert.ok(room.asked.length - first <= 602, `${room.asked.length - first}`);
  assert.equal(new Set(room.asked.flatMap(({ ids }) => ids)).size, 5_000);
});

test('without the permission, and of people who are not synced, nothing is asked', async () => {
  const room = new Room('dana', 'bo');
  room.policies.people.set(dana, notSynced);
  room.start();
  room.keeper.wanted(dana);
  await room.clock.advance(minute);
  assert.deepEqual([...new Set(room.asked.flatMap(({ ids }) => ids))], [objectIdOf('bo')]);
  room.granted = false;
  room.asked.length = 0;
  room.keeper.wanted(personId('bo'));
  await room.clock.advance(60 * minute);
  assert.deepEqual(room.asked, []);
  assert.equal(samePolicyForAll(notSynced).of(dana).readsTeams, false);
});

for (const [answer, waitMs] of [
  [{ is: 'throttled', retryAfterMs: 40_000 }, 40_000],
  [{ is: 'refused' }, 600_000],
  [{ is: 'failed' }, 30_000],
] as const)
  test(`Microsoft answers "${answer.is}": nothing is asked for ${waitMs / 1000} s, and what was known counts on`, async () => {
    const room = new Room('dana');
    room.meets('dana', 0, 25 * minute);
    room.start();
    await room.clock.advance(2 * minute);
    room.answer = answer;
    room.keeper.wanted(dana);
    await room.clock.advance(1500);
    const [last] = room.asked.slice(-1);
    assert.ok(room.keeper.meetingOf(dana));
    room.keeper.wanted(dana);
    await room.clock.advance(waitMs - 1500);
    assert.equal(room.asked.at(-1), last);
    await room.clock.advance(2500);
    assert.notEqual(room.asked.at(-1), last);
  });
