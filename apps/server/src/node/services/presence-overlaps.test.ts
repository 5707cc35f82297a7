import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapTeamsPresence, type TeamsPresence } from '@tandem/domain';
import { seededRandom } from '@tandem/simulator/random.ts';
import { openPresencePlatform } from './testing/presence-platform.ts';
import { openPresenceTwin, type TwinPerson } from './testing/presence-twin.ts';
import { VirtualTime } from './testing/virtual-time.ts';

/** product-behaviour 2.8: the side effect that makes people reset their state by hand elsewhere must not occur. */
const seed = 20_260_604;
const overlaps = 1_000;
const windowMs = 240_000;

const inTeams: readonly TeamsPresence[] = [
  { availability: 'Busy', activity: 'InAMeeting' },
  { availability: 'Busy', activity: 'InACall' },
  { availability: 'Busy', activity: 'InAConferenceCall' },
  { availability: 'DoNotDisturb', activity: 'Presenting' },
];

interface Overlap {
  readonly person: TwinPerson;
  readonly call: readonly [number, number];
  readonly meeting: readonly [number, number];
  readonly teams: TeamsPresence;
}

test(`${overlaps} random overlaps of a platform call and a Teams meeting or call, in both orders: both sides end right, nobody resets anything`, async () => {
  const time = new VirtualTime();
  const twin = await openPresenceTwin(time, seed);
  const random = seededRandom(seed);
  const people = twin.addTenant(overlaps);
  const platform = openPresencePlatform(time, twin, people);
  const { book } = twin;
  const pair = (person: TwinPerson): string => {
    const { availability, activity } = book.shown(person.user);
    return `${availability}/${activity}`;
  };
  platform.reader.start();
  await time.advance(10_000);

  // Two intervals that share at least ten seconds; who begins and who ends first is left to chance.
  const all: Overlap[] = people.map((person) => {
    const shared = random.fraction() * (windowMs - 20_000);
    const around = (): readonly [number, number] => [
      Math.max(0, shared - random.fraction() * 60_000),
      Math.min(windowMs, shared + 10_000 + random.fraction() * 60_000),
    ];
    const teams = inTeams[Math.floor(random.fraction() * inTeams.length)] ?? inTeams[0];
    return { person, call: around(), meeting: around(), teams: teams as TeamsPresence };
  });
  const orders = new Set(all.map(({ call, meeting }) => `${call[0] < meeting[0]} ${call[1] < meeting[1]}`));
  assert.equal(orders.size, 4, 'both orders of beginning and of ending');

  const wrong: string[] = [];
  for (const { person, call, meeting, teams } of all) {
    const callId = `call-${person.objectId}`;
    const parties = () => [
      {
        leg: 'b' as const,
        accountId: person.accountId,
        personId: person.personId,
        endpoint: 'platform' as const,
      },
    ];
    time.after(call[0], () => platform.writer.callChanged({ callId, parties }));
    time.after(call[1], () => platform.writer.callEnded(callId));
    const shown = { availability: teams.availability ?? '', activity: teams.activity ?? '' };
    time.after(meeting[0], () => book.setClient(person.user, shown));
    time.after(meeting[1], () => book.setClient(person.user, null));
    // In the middle of both: the platform knows its own call, whatever Teams says.
    time.after((Math.max(call[0], meeting[0]) + Math.min(call[1], meeting[1])) / 2, () => {
      const label = platform.of(person.personId)?.label;
      if (label !== 'on_call') wrong.push(`in both: ${label}`);
    });
    // Two seconds after the call Teams shows what is Teams' own again: a write waits for its turn at most that long.
    time.after(call[1] + 2_500, () => {
      const own = time.now() - began < meeting[1] && time.now() - began >= meeting[0];
      const expected = own ? `${shown.availability}/${shown.activity}` : 'Available/Available';
      if (pair(person) !== expected)
        wrong.push(`after the call: Teams shows ${pair(person)}, not ${expected}`);
    });
  }
  const began = time.now();
  await time.advance(windowMs + 45_000);

  for (const { person } of all) {
    if (pair(person) !== 'Available/Available') wrong.push(`in the end: Teams shows ${pair(person)}`);
    const label = platform.of(person.personId)?.label;
    if (label !== mapTeamsPresence({ availability: 'Available', activity: 'Available' }, false).label)
      wrong.push(`in the end: the platform shows ${label}`);
  }
  platform.stop();
  assert.deepEqual([...new Set(wrong)], [], `seed ${seed}`);
  assert.equal(platform.leases, 0, 'no lease is left');
  assert.deepEqual(platform.problems, []);
  // A set and a clear for each call, and a renewal for none: nothing is written because of Teams.
  assert.equal(twin.requests.writes, 2 * overlaps);
});
