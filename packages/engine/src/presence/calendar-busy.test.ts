import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCalendarBusy, teamsLooksWithinMs } from './calendar-busy.ts';
import { Process, World } from './test-house.ts';
import { entraTenantId, objectIdOf, personId } from './test-world.ts';

const dana = personId('dana');
const minute = 60_000;
const [availability, activity] = ['Available', 'Available'];

/** A person, a calendar and Teams, with a process that knows all of them. */
class Room {
  readonly world = new World('dana');
  readonly process = new Process(this.world);
  readonly busy = createCalendarBusy({
    clock: this.world.clock,
    meetingOf: (who) => {
      const meeting = this.world.meetings.get(who);
      return meeting && meeting.endsAtWallMs > this.world.clock.wall() ? meeting : undefined;
    },
    teamsOf: this.process.reader.of,
    tell: this.process.writer.calendarChanged,
  });

  async start(): Promise<this> {
    await this.process.start();
    await this.pass(minute);
    return this;
  }
  meets(forMs: number | undefined): void {
    const { meetings, clock } = this.world;
    if (forMs === undefined) meetings.delete(dana);
    else meetings.set(dana, { endsAtWallMs: clock.wall() + forMs });
    this.look();
  }
  shows(pair: { availability: string; activity: string }): void {
    this.world.microsoft.own.set(objectIdOf('dana'), pair);
  }
  look(): void {
    this.process.keeper.changed(dana, 'calendar');
    this.busy.look(dana);
  }
  /** Time, in which what changes is looked at as a node does. */
  async pass(ms: number): Promise<void> {
    for (let at = 0; at < ms; at += 5000) {
      await this.world.clock.advance(Math.min(5000, ms - at));
      this.look();
    }
  }
  get teams(): string {
    const shown = this.world.microsoft.shown(objectIdOf('dana'));
    return `${shown.availability}/${shown.activity}`;
  }
  get kinds(): readonly string[] {
    return this.world.microsoft.writes.map(({ kind }) => kind);
  }
}

test('a meeting that Teams does not show makes Dana busy there until it ends, and leaves nothing behind', async () => {
  const room = await new Room().start();
  room.meets(30 * minute);
  assert.equal(room.process.label('dana'), 'calendar_busy', 'shown here at once');
  await room.pass(minute);
  assert.deepEqual(room.kinds, [], 'Teams has its time to look into the calendar');
  await room.pass(teamsLooksWithinMs);
  assert.equal(room.teams, 'Busy/Busy');
  assert.equal(room.process.label('dana'), 'calendar_busy', 'what comes back is known as ours');
  await room.pass(30 * minute);
  assert.equal(room.teams, 'Available/Available');
  assert.equal(room.process.label('dana'), 'available');
  assert.deepEqual(room.kinds, ['setPreferred'], 'one write; its end was in it');
});

test('a meeting that Teams shows by itself is not written', async () => {
  const room = await new Room().start();
  room.meets(30 * minute);
  await room.pass(minute);
  room.shows({ availability: 'Busy', activity: 'InAMeeting' });
  await room.pass(40 * minute);
  assert.deepEqual(room.kinds, []);
});

for (const [chosen, pair] of [
  ['do not disturb', { availability: 'DoNotDisturb', activity: 'DoNotDisturb' }],
  ['be right back', { availability: 'BeRightBack', activity: 'BeRightBack' }],
  ['appear offline', { availability: 'Offline', activity: 'OffWork' }],
  ['away', { availability: 'Away', activity: 'Away' }],
  ['a call in Teams', { availability: 'Busy', activity: 'InACall' }],
] as const)
  test(`a meeting writes nothing over ${chosen}`, async () => {
    const room = await new Room().start();
    room.shows(pair);
    room.meets(20 * minute);
    await room.pass(30 * minute);
    assert.deepEqual(room.kinds, []);
  });

test('Dana chooses do not disturb in Teams during the meeting: it stays, and her choice is not taken for ours', async () => {
  const room = await new Room().start();
  room.meets(30 * minute);
  await room.pass(4 * minute);
  room.world.microsoft.pick(objectIdOf('dana'), {
    availability: 'DoNotDisturb',
    activity: 'DoNotDisturb',
  });
  await room.pass(40 * minute);
  assert.equal(room.teams, 'DoNotDisturb/DoNotDisturb');
  assert.deepEqual(room.kinds, ['setPreferred']);
});

test('a meeting that is called off is taken back; one that goes on longer is shown longer', async () => {
  const room = await new Room().start();
  room.meets(30 * minute);
  await room.pass(4 * minute);
  room.meets(60 * minute);
  await room.pass(40 * minute);
  assert.equal(room.teams, 'Busy/Busy');
  room.meets(undefined);
  await room.pass(minute);
  assert.equal(room.teams, 'Available/Available');
  assert.deepEqual(room.kinds, ['setPreferred', 'setPreferred', 'clearPreferred']);
});

test('a call during the meeting shows as the call, and the meeting shows again after it', async () => {
  const room = await new Room().start();
  room.meets(60 * minute);
  await room.pass(4 * minute);
  const { writer } = room.process;
  const [person] = room.world.people.list();
  assert.equal(person?.entraTenantId, entraTenantId);
  const call = {
    callId: 'one',
    parties: () => [
      { leg: 'b' as const, accountId: person.accountId, personId: dana, endpoint: 'platform' as const },
    ],
  };
  writer.callChanged(call);
  await room.pass(minute);
  assert.equal(room.teams, 'Busy/InACall');
  assert.equal(room.process.label('dana'), 'on_call');
  writer.callEnded('one');
  await room.pass(minute);
  assert.equal(room.teams, 'Busy/Busy');
  assert.equal(room.process.label('dana'), 'calendar_busy');
});

test('“fix my presence” ends it for this meeting: it is not put back behind her', async () => {
  const room = await new Room().start();
  room.meets(60 * minute);
  await room.pass(4 * minute);
  const fixed = room.process.writer.fix(dana);
  await room.pass(10_000);
  assert.equal((await fixed).preferred, 'cleared');
  await room.pass(20 * minute);
  assert.equal(room.teams, `${availability}/${activity}`);
});
