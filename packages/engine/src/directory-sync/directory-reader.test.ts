import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { VirtualClock } from '../presence/test-world.ts';
import { DirectoryReader } from './directory-reader.ts';
import { type Dice, groupId, TestDirectory, tenantId, userId } from './test-directory.ts';

function world(dice: Dice = () => 0) {
  const clock = new VirtualClock();
  const directory = new TestDirectory(() => clock.wall(), dice);
  const problems: string[] = [];
  const make = () =>
    new DirectoryReader(tenantId, {
      source: directory,
      clock,
      random: () => 0.5,
      onRead: () => undefined,
      onProblem: (what) => problems.push(what),
    });
  return { clock, directory, problems, make, reader: make() };
}
type World = ReturnType<typeof world>;

/** Voice Users holds some people directly, and Support, which holds others. */
async function started(people = 4): Promise<World> {
  const one = world();
  const { directory, reader, clock } = one;
  directory.newGroup(1, 'Voice Users');
  directory.newGroup(2, 'Support');
  directory.nest(2, 1);
  for (let n = 1; n <= people; n++) {
    directory.user(n);
    directory.join(n, n % 2 === 0 ? 2 : 1);
  }
  reader.followGroups([groupId(1)]);
  reader.start();
  await clock.advance(10);
  return one;
}

const isMember = ({ reader }: Pick<World, 'reader'>, n: number): boolean | 'unread' => {
  const seen = reader.membership([groupId(1)], userId(n));
  return seen === 'unread' ? seen : seen.member;
};

describe('A08, A13: membership with the way to it', () => {
  test('before anything was read nobody is told to be in or out', async () => {
    const { reader } = world();
    reader.followGroups([groupId(1)]);
    assert.equal(reader.membership([groupId(1)], userId(1)), 'unread');
    assert.equal(reader.user(userId(1)), 'unread');
    assert.equal(reader.members([groupId(1)]), 'unread');
    assert.equal(reader.match([]), 'unread');
  });

  test('a direct member, one through a group with the time of the reading, and one who is in neither', async () => {
    const one = await started();
    const { reader, clock } = one;
    const readAtWallMs = clock.wall() - 10;
    assert.deepEqual(reader.membership([groupId(1)], userId(1)), {
      member: true,
      via: [],
      groupId: groupId(1),
      readAtWallMs,
    });
    assert.deepEqual(reader.membership([groupId(1)], userId(2)), {
      member: true,
      via: [{ id: groupId(2), name: 'Support' }],
      groupId: groupId(1),
      readAtWallMs,
    });
    assert.deepEqual(reader.membership([groupId(1)], userId(99)), { member: false, via: [], readAtWallMs });
  });

  test('N25: six groups inside each other, the innermost holds the outermost: all of them in one round', async () => {
    const { directory, reader, clock } = world();
    for (let n = 1; n <= 7; n++) directory.newGroup(n);
    for (let n = 1; n < 7; n++) directory.nest(n + 1, n);
    directory.nest(1, 7);
    directory.user(1);
    directory.join(1, 7);
    reader.followGroups([groupId(1)]);
    reader.start();
    await clock.advance(10);
    const seen = reader.membership([groupId(1)], userId(1));
    assert.ok(seen !== 'unread' && seen.member);
    assert.deepEqual(
      seen.via.map(({ id }) => id),
      [2, 3, 4, 5, 6, 7].map(groupId),
    );
  });

  test('a member of two enable groups who leaves one is still in', async () => {
    const one = await started();
    one.directory.newGroup(3, 'Other');
    one.directory.join(1, 3);
    one.reader.followGroups([groupId(1), groupId(3)]);
    await one.clock.advance(10);
    one.directory.leave(1, 1);
    await one.clock.advance(31_000);
    const seen = one.reader.membership([groupId(1), groupId(3)], userId(1));
    assert.ok(seen !== 'unread' && seen.member && seen.groupId === groupId(3));
  });

  test('while a group that turned up inside is not read, nobody is said to be out', async () => {
    const one = await started();
    one.directory.newGroup(4, 'Late');
    one.directory.user(9);
    one.directory.join(9, 4);
    one.directory.nest(4, 1);
    one.directory.failing = 0;
    const groups = one.directory.groups.bind(one.directory);
    one.directory.groups = (ids, from) =>
      ids.includes(groupId(4))
        ? Promise.resolve({ kind: 'failed', state: { connection: { is: 'connected' } } })
        : groups(ids, from);
    await one.clock.advance(31_000);
    assert.equal(isMember(one, 9), 'unread');
    assert.equal(isMember(one, 1), true, 'who is in is in');
    one.directory.groups = groups;
    await one.clock.advance(61_000);
    assert.equal(isMember(one, 9), true);
  });
});

describe('1.4: groups and users that are renamed, deleted, restored', () => {
  test('U19: 100 people get other names, domains and mail: nobody has to be matched anew, the group keeps its id', async () => {
    const one = await started(100);
    for (let n = 1; n <= 100; n++) one.directory.user(n, { upn: `new${n}@other.example`, name: `New ${n}` });
    one.directory.newGroup(1, 'Phones');
    await one.clock.advance(31_000);
    for (let n = 1; n <= 100; n++) {
      const match = one.reader.match([{ id: 'p', upn: `u${n}@acme.example`, objectId: userId(n) }]);
      assert.equal(match !== 'unread' && match.get('p')?.user?.upn, `new${n}@other.example`);
      assert.equal(isMember(one, n), true);
    }
    const group = one.reader.group(groupId(1));
    assert.equal(group !== 'unread' && group?.name, 'Phones');
  });

  test('a user in the recycle bin is shown with the date, keeps the membership, and comes back by a restore', async () => {
    const one = await started();
    one.directory.recycle(1);
    await one.clock.advance(31_000);
    const gone = one.reader.user(userId(1));
    assert.ok(gone !== 'unread' && gone?.deletedOn !== undefined);
    assert.equal(gone.upn, 'u1@acme.example');
    assert.equal(isMember(one, 1), true, 'Microsoft keeps the membership, and so do we');
    one.directory.recycle(1, false);
    await one.clock.advance(31_000);
    const back = one.reader.user(userId(1));
    assert.ok(back !== 'unread' && back && back.deletedOn === undefined);
    one.directory.recycle(1);
    one.directory.purge(1);
    await one.clock.advance(31_000);
    assert.equal(one.reader.user(userId(1)), null);
    assert.equal(isMember(one, 1), false);
  });

  test('a group that is restored is read anew: changes do not tell what it holds', async () => {
    const one = await started();
    one.directory.recycleGroup(2);
    await one.clock.advance(31_000);
    assert.equal(isMember(one, 2), false);
    one.directory.leave(4, 2);
    one.directory.recycleGroup(2, false);
    await one.clock.advance(31_000);
    assert.equal(isMember(one, 2), true);
    assert.equal(isMember(one, 4), false);
  });
});

describe('F11: links that are too old, runs that break off', () => {
  test('410 leads to a whole reading in its shadow; who left meanwhile has left', async () => {
    const one = await started();
    one.directory.leave(1, 1);
    one.directory.purge(3);
    one.directory.oldest = one.directory.version;
    one.directory.asked.length = 0;
    await one.clock.advance(31_000);
    assert.deepEqual(
      one.directory.asked.map(({ of, full }) => `${of} ${full ? 'full' : 'delta'}`).slice(0, 4),
      ['users delta', 'users full', 'groups delta', 'groups full'],
    );
    assert.equal(isMember(one, 1), false);
    const gone = one.reader.user(userId(3));
    assert.ok(
      gone !== 'unread' && gone?.deletedOn !== undefined,
      'for good or not is not told: the safe one',
    );
    assert.equal(isMember(one, 2), true);
  });

  test('a run that breaks off changes nothing, says what is wrong, and nothing is read inside a Retry-After', async () => {
    const one = await started();
    const before = one.reader.revision;
    one.directory.leave(1, 1);
    one.directory.failing = 1;
    one.directory.notBeforeWallMs = one.clock.wall() + 120_000;
    one.directory.asked.length = 0;
    await one.clock.advance(31_000);
    assert.equal(one.reader.revision, before);
    assert.equal(isMember(one, 1), true);
    assert.equal(one.reader.state.trouble?.is, 'unavailable');
    one.reader.hint();
    await one.reader.refresh(0);
    await one.clock.advance(80_000);
    assert.equal(one.directory.asked.length, 1, 'a hint and somebody who looks do not break the wait');
    await one.clock.advance(20_000);
    assert.equal(isMember(one, 1), false);
    assert.equal(one.reader.state.trouble, undefined);
  });

  test('a comparison finds what changes did not tell, and reads the groups anew', async () => {
    const one = world();
    one.directory.newGroup(1);
    for (let n = 1; n <= 3; n++) {
      one.directory.user(n);
      one.directory.join(n, 1);
    }
    one.reader.followGroups([groupId(1)]);
    one.reader.start();
    await one.clock.advance(10);
    const late = one.directory;
    // Lost for ever: the change is older than the link that was given out for it.
    late.leave(1, 1);
    for (const member of late.groups_.get(groupId(1))?.members.values() ?? []) member.version = 0;
    await one.clock.advance(31_000);
    assert.equal(isMember(one, 1), true);
    await one.clock.advance(86_400_000);
    assert.equal(isMember(one, 1), false);
    assert.equal(one.problems.length, 1);
  });
});

test('a nightly comparison that fails is tried again less and less often, not with every reading', async () => {
  const one = await started();
  one.directory.comparisonsFail = true;
  one.directory.comparisons = 0;
  await one.clock.advance(86_400_000 + 60_000);
  const first = one.directory.comparisons;
  assert.ok(first >= 1);
  await one.clock.advance(3_600_000);
  const tries = one.directory.comparisons - first;
  assert.ok(tries >= 4 && tries <= 8, `${tries} tries in an hour, of 120 readings`);
  one.directory.comparisonsFail = false;
  await one.clock.advance(900_000);
  const well = one.directory.comparisons;
  await one.clock.advance(3_600_000);
  assert.equal(one.directory.comparisons, well, 'went well: the next night');
});

describe('how soon', () => {
  test('a change is seen within 60 s without a notification, and within 5 s with one', async () => {
    const one = await started();
    one.directory.leave(1, 1);
    await one.clock.advance(30_500);
    assert.equal(isMember(one, 1), false);
    one.directory.join(1, 1);
    one.reader.hint();
    await one.clock.advance(3_100);
    assert.equal(isMember(one, 1), true);
  });

  test('a thousand notifications in a minute are some twenty readings, and none stays unheard', async () => {
    const one = await started();
    one.directory.asked.length = 0;
    for (let n = 0; n < 1000; n++) {
      one.reader.hint();
      await one.clock.advance(60);
    }
    const rounds = one.directory.asked.filter(({ of }) => of === 'users').length;
    assert.ok(rounds >= 15 && rounds <= 22, `${rounds}`);
  });

  test('groups that turned up one by one are asked for together after an hour: two requests a round', async () => {
    const one = await started();
    one.directory.newGroup(3);
    one.directory.nest(3, 2);
    await one.clock.advance(3_700_000);
    one.directory.asked.length = 0;
    await one.clock.advance(30_000);
    assert.deepEqual(
      one.directory.asked.map(({ of, full }) => `${of} ${full ? 'full' : 'delta'}`),
      ['users delta', 'groups delta'],
    );
    assert.equal(isMember(one, 2), true);
  });

  test('somebody who looks while a reading is under way waits for the one after it', async () => {
    const one = await started();
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const members = one.directory.transitiveMembers.bind(one.directory);
    one.directory.transitiveMembers = async (root) => {
      await gate;
      return await members(root);
    };
    // The comparison of the next day holds the round up; the changes were read before it.
    await one.clock.advance(86_400_000);
    one.directory.leave(1, 1);
    const looked = one.reader.refresh(0).then(() => isMember(one, 1));
    release();
    assert.equal(await looked, false);
  });

  test('a notification that is faster than the change it tells of: looked again soon', async () => {
    const one = await started();
    one.reader.hint();
    await one.clock.advance(1_100);
    one.directory.leave(1, 1);
    await one.clock.advance(3_100);
    assert.equal(isMember(one, 1), false);
  });
});

describe('mass changes are held (product-behaviour 1.4)', () => {
  const everybody = (people: number) => new Set(Array.from({ length: people }, (_, n) => userId(n + 1)));

  test('a group emptied by mistake: 12 of 40 stay until an admin confirms; 10 would have gone', async () => {
    const one = await started(40);
    one.reader.protect(everybody(40));
    for (let n = 1; n <= 24; n += 2) one.directory.leave(n, 1);
    const told: (ReadonlySet<string> | 'all')[] = [];
    one.reader.onChange((ids) => told.push(ids));
    await one.clock.advance(31_000);
    const seen = one.reader.membership([groupId(1)], userId(1));
    assert.ok(seen !== 'unread' && seen.member && seen.held);
    const [held] = one.reader.mirror.held;
    assert.equal(held?.people.size, 12);
    assert.equal(held?.linked, 40);
    assert.equal(held?.people.get(userId(1))?.reason, 'left-group');
    told.length = 0;
    assert.equal(one.reader.mirror.decide(held?.id ?? '', 'confirm'), true);
    assert.equal(isMember(one, 1), false);
    assert.ok(told[0] instanceof Set && told[0].size === 12, 'who may leave now is told');
    await one.clock.advance(31_000);
    assert.equal(one.reader.mirror.held.length, 0, 'and is not asked about again');
    assert.equal(one.reader.mirror.decide('no-such', 'confirm'), false);
  });

  test('a small change passes; the same number again and again within minutes does not', async () => {
    const one = await started(40);
    one.reader.protect(everybody(40));
    for (const n of [1, 3, 5, 7, 9, 11]) one.directory.leave(n, 1);
    await one.clock.advance(31_000);
    assert.equal(isMember(one, 1), false);
    for (const n of [13, 15, 17, 19, 21, 23]) one.directory.leave(n, 1);
    await one.clock.advance(31_000);
    assert.equal(isMember(one, 13), true);
    assert.equal(one.reader.mirror.held[0]?.people.size, 6);
  });

  test('rejected: they stay, nobody is asked again, and whoever comes back is no exception any more', async () => {
    const one = await started(40);
    one.reader.protect(everybody(40));
    for (let n = 1; n <= 40; n += 2) one.directory.leave(n, 1);
    await one.clock.advance(31_000);
    one.reader.mirror.decide(one.reader.mirror.held[0]?.id ?? '', 'reject');
    one.directory.join(1, 1);
    await one.clock.advance(600_000);
    assert.equal(one.reader.mirror.held.length, 1);
    assert.equal(one.reader.mirror.held[0]?.state, 'rejected');
    assert.equal(one.reader.mirror.held[0]?.people.has(userId(1)), false);
    assert.equal(isMember(one, 3), true);
    one.directory.leave(1, 1);
    await one.clock.advance(31_000);
    assert.equal(isMember(one, 1), false, 'one person more is an ordinary change');
  });

  test('the group is deleted, or all users are: held too, and users look as they did', async () => {
    const one = await started(40);
    one.reader.protect(everybody(40));
    one.directory.recycleGroup(1);
    await one.clock.advance(31_000);
    assert.equal(one.reader.mirror.held[0]?.people.size, 40);
    assert.equal(one.reader.mirror.held[0]?.people.get(userId(2))?.reason, 'group-deleted');
    const seen = one.reader.membership([groupId(1)], userId(2));
    assert.ok(seen !== 'unread' && seen.held && seen.via[0]?.id === groupId(2));
    one.directory.recycleGroup(1, false);
    await one.clock.advance(31_000);
    assert.equal(one.reader.mirror.held.length, 0, 'restored: nothing to decide');
    for (let n = 1; n <= 20; n++) one.directory.recycle(n);
    for (let n = 1; n <= 10; n++) one.directory.purge(n);
    await one.clock.advance(31_000);
    const held = one.reader.mirror.held.flatMap(({ people }) => [...people.values()]);
    assert.equal(held.length, 20);
    assert.ok(held.every(({ reason }) => reason === 'user-gone'));
    const user = one.reader.user(userId(1));
    assert.ok(user !== 'unread' && user?.upn === 'u1@acme.example' && user.deletedOn === undefined);
    assert.equal(isMember(one, 1), true);
  });

  test('no memory of before and a group that is empty now: whoever is linked is held', async () => {
    const one = world();
    one.directory.newGroup(1);
    for (let n = 1; n <= 30; n++) one.directory.user(n);
    one.reader.followGroups([groupId(1)]);
    one.reader.protect(everybody(30));
    one.reader.start();
    await one.clock.advance(10);
    assert.equal(one.reader.mirror.held[0]?.people.size, 30);
    assert.equal(isMember(one, 1), true);
  });

  test('an admin who chooses another group is not asked twice', async () => {
    const one = await started(40);
    one.reader.protect(everybody(40));
    one.directory.newGroup(5, 'Pilot');
    one.directory.join(1, 5);
    one.reader.followGroups([groupId(5)]);
    await one.clock.advance(1_000);
    assert.equal(one.reader.mirror.held.length, 0);
    const seen = one.reader.membership([groupId(5)], userId(2));
    assert.ok(seen !== 'unread' && !seen.member);
  });
});

describe('a restart', () => {
  test('who came after the memory was written is not gone: unread, until changes were read', async () => {
    const one = await started(5);
    const dump = one.reader.mirror.dump();
    const kept = { ...dump, users: [...dump.users] };
    const links = one.reader.links();
    await one.reader.stop();
    one.directory.user(9);
    one.directory.join(9, 1);
    const again = one.make();
    again.mirror.restore(kept);
    again.restore(links);
    again.followGroups([groupId(1)]);
    const linked = { id: 'p9', objectId: userId(9), displayName: 'Nine', upn: 'nine@acme.example' };
    assert.equal(again.user(userId(9)), 'unread');
    assert.equal(again.membership([groupId(1)], userId(9)), 'unread');
    assert.equal(again.match([linked]), 'unread');
    assert.equal(isMember({ reader: again }, 1), true, 'whom it knows it knows');
    again.start();
    await one.clock.advance(10);
    const seen = again.user(userId(9));
    assert.ok(seen !== 'unread' && seen?.objectId === userId(9));
    assert.equal(isMember({ reader: again }, 9), true);
    assert.equal(again.user(userId(99)), null, 'now nobody is nobody');
  });

  test('goes on with changes only; what was held stays held, and what happened meanwhile is compared with before', async () => {
    const one = await started(40);
    const linked = new Set(Array.from({ length: 40 }, (_, n) => userId(n + 1)));
    one.reader.protect(linked);
    const dump = one.reader.mirror.dump();
    const links = one.reader.links();
    const kept = { ...dump, users: [...dump.users] };
    await one.reader.stop();
    for (let n = 1; n <= 40; n += 2) one.directory.leave(n, 1);
    const again = one.make();
    again.mirror.restore(kept);
    again.restore(links);
    again.followGroups([groupId(1)]);
    again.protect(linked);
    assert.equal(isMember({ reader: again }, 1), true, 'answers are there before anything is read');
    one.directory.asked.length = 0;
    again.start();
    await one.clock.advance(10);
    assert.ok(one.directory.asked.every(({ full }) => !full));
    assert.equal(again.mirror.held[0]?.people.size, 20);
  });
});

type Step =
  | { readonly do: 'user' | 'recycle' | 'restore' | 'purge'; readonly n: number }
  | { readonly do: 'join' | 'leave'; readonly n: number; readonly g: number }
  | { readonly do: 'group' | 'drop' | 'bring' | 'purgeGroup'; readonly g: number }
  | { readonly do: 'nest' | 'unnest'; readonly g: number; readonly n: number }
  | { readonly do: 'fail'; readonly n: number }
  | { readonly do: 'expire' | 'hint' | 'restart' }
  | { readonly do: 'wait'; readonly n: number };

const n = fc.integer({ min: 1, max: 6 });
const g = fc.integer({ min: 1, max: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom('user' as const, 'recycle' as const, 'restore' as const, 'purge' as const),
    n,
  }),
  fc.record({ do: fc.constantFrom('join' as const, 'leave' as const), n, g }),
  fc.record({
    do: fc.constantFrom('group' as const, 'drop' as const, 'bring' as const, 'purgeGroup' as const),
    g,
  }),
  fc.record({ do: fc.constantFrom('nest' as const, 'unnest' as const), g, n: g }),
  fc.record({ do: fc.constant('fail' as const), n: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ do: fc.constantFrom('expire' as const, 'hint' as const, 'restart' as const) }),
  fc.record({ do: fc.constant('wait' as const), n: fc.integer({ min: 0, max: 40_000 }) }),
);

test('F09: whatever happens in the tenant, and however pages, notifications and links come: after quiet the mirror equals it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.infiniteStream(fc.nat()), async (steps, rolls) => {
      const dice: Dice = (max) => (rolls.next().value as number) % max;
      const one = world(dice);
      const { clock, directory } = one;
      let { reader } = one;
      reader.followGroups([groupId(1)]);
      reader.start();
      for (const act of steps) {
        switch (act.do) {
          case 'user':
            directory.user(act.n, { name: `User ${directory.version}`, enabled: dice(2) === 0 });
            break;
          case 'recycle':
            directory.recycle(act.n);
            break;
          case 'restore':
            directory.recycle(act.n, false);
            break;
          case 'purge':
            directory.purge(act.n);
            break;
          case 'join':
            directory.join(act.n, act.g);
            break;
          case 'leave':
            directory.leave(act.n, act.g);
            break;
          case 'group':
            directory.newGroup(act.g, `Group ${directory.version}`);
            break;
          case 'drop':
            directory.recycleGroup(act.g);
            break;
          case 'bring':
            directory.recycleGroup(act.g, false);
            break;
          case 'purgeGroup':
            directory.purgeGroup(act.g);
            break;
          case 'nest':
          case 'unnest':
            directory.nest(act.n, act.g, act.do === 'nest');
            break;
          case 'fail':
            directory.failing = act.n;
            break;
          case 'expire':
            directory.oldest = directory.version;
            break;
          case 'hint':
            reader.hint();
            break;
          case 'wait':
            await clock.advance(act.n);
            break;
          case 'restart': {
            await Promise.all([reader.stop(), clock.advance(1)]);
            const dump = reader.mirror.dump();
            const kept = { ...dump, users: [...dump.users] };
            const links = reader.links();
            reader = one.make();
            reader.mirror.restore(kept);
            reader.restore(links);
            reader.start();
          }
        }
      }
      directory.failing = 0;
      // Longer than the longest wait of a comparison that failed, where one may have.
      await clock.advance(steps.some((act) => act.do === 'fail') ? 1_000_000 : 200_000);

      for (let id = 1; id <= 6; id++) {
        const truth = directory.users_.get(userId(id));
        const seen = reader.user(userId(id));
        assert.notEqual(seen, 'unread');
        if (truth && !truth.deleted) {
          assert.ok(seen !== 'unread' && seen, `user ${id}`);
          assert.equal(seen.displayName, truth.name);
          assert.equal(seen.upn, truth.upn);
          assert.equal(seen.enabled, truth.enabled);
          assert.equal(seen.deletedOn, undefined);
        } else if (seen !== 'unread' && seen)
          assert.ok(seen.deletedOn !== undefined, `user ${id} is deleted`);
        const member = reader.membership([groupId(1)], userId(id));
        assert.ok(member !== 'unread');
        const wanted = directory.truth(groupId(1)).has(userId(id));
        assert.equal(member.member, wanted, `user ${id} in the group`);
        if (wanted) {
          // The way must be a way: each group holds the next, the last one the person.
          const way = [groupId(1), ...member.via.map((one) => one.id), userId(id)];
          for (const [at, outer] of way.slice(0, -1).entries())
            assert.equal(directory.groups_.get(outer)?.members.get(way[at + 1] as string)?.present, true);
        }
      }
      await reader.stop();
    }),
    { numRuns: 300 },
  );
});
