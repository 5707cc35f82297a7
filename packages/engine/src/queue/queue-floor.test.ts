import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  asAccountId,
  asCallId,
  asPersonId,
  asQueueId,
  type CallId,
  type PersonId,
  type Queue,
  type QueueId,
  queueDefaults,
} from '@tandem/domain';
import fc from 'fast-check';
import { type FloorEffect, type Obstacle, QueueFloor } from './queue-floor.ts';

const people = ['Ann', 'Bea', 'Cem', 'Dan'].map(asPersonId);
const [ann, bea, cem] = people as [PersonId, PersonId, PersonId];
const sales = asQueueId('sales');
const support = asQueueId('support');

const queue = (id: QueueId, members: readonly PersonId[], more: Partial<Queue> = {}): Queue => ({
  ...queueDefaults,
  id,
  accountId: asAccountId('acme'),
  name: id,
  members: members.map((personId) => ({ personId, loggedIn: true })),
  ...more,
});

/** A floor with a world around it that a story moves. */
function rig(queues: readonly Queue[]) {
  const obstacles = new Map<PersonId, Obstacle>();
  const floor = new QueueFloor({
    nameOf: (personId) => personId,
    obstacle: (_queue, personId) => obstacles.get(personId),
  });
  const effects: FloorEffect[] = [];
  let now = 0;
  const settle = (): void => void effects.push(...floor.take());
  floor.configure(new Map(queues.map((one) => [one.id, one])), now);
  return {
    floor,
    obstacles,
    effects,
    offers: () =>
      effects.flatMap((effect) => (effect.kind === 'offer' ? [`${effect.callId}→${effect.personId}`] : [])),
    do(input: (now: number) => void): void {
      input(now);
      settle();
    },
    /** Time passes, and the driver wakes whenever the floor asks. */
    pass(ms: number): void {
      const end = now + ms;
      for (let at = floor.wakeAt; at !== undefined && at <= end; at = floor.wakeAt) {
        now = Math.max(now, at);
        floor.tick(now);
        settle();
      }
      now = end;
    },
  };
}

const call = (name: string): CallId => asCallId(name);

test('who has been idle longest is offered the call, among equals who stands first', () => {
  const { floor, do: act, offers, pass } = rig([queue(sales, [ann, bea, cem])]);
  for (const name of ['one', 'two', 'three']) act((now) => floor.enter(call(name), sales, now));
  assert.deepEqual(offers(), ['one→Ann', 'two→Bea', 'three→Cem']);
  for (const name of ['one', 'two', 'three']) act((now) => floor.taken(call(name), now));
  for (const name of ['two', 'three', 'one']) {
    pass(1_000);
    act((now) => floor.leave(call(name), now));
  }
  for (const name of ['four', 'five', 'six']) act((now) => floor.enter(call(name), sales, now));
  assert.deepEqual(offers().slice(3), ['four→Bea', 'five→Cem', 'six→Ann']);
});

test('callers keep their order: the first who waits gets the first who is free', () => {
  const { floor, do: act, offers, obstacles, pass } = rig([queue(sales, [ann])]);
  obstacles.set(ann, { state: 'in-call', because: 'Ann has another call.' });
  for (const name of ['one', 'two']) act((now) => floor.enter(call(name), sales, now));
  assert.deepEqual(offers(), []);
  obstacles.delete(ann);
  pass(1_000);
  assert.deepEqual(offers(), ['one→Ann']);
  act((now) => floor.missed(call('one'), 'She declined.', now));
  pass(5_000);
  assert.deepEqual(offers(), ['one→Ann', 'one→Ann'], 'one did not lose the place');
});

test('an obstacle is told to a caller once, and again only when it is another', () => {
  const { floor, do: act, effects, obstacles, pass } = rig([queue(sales, [ann])]);
  obstacles.set(ann, { state: 'skipped', because: 'Ann is In a meeting: no queue calls.' });
  act((now) => floor.enter(call('one'), sales, now));
  pass(10_000);
  obstacles.set(ann, { state: 'in-call', because: 'Ann has another call.' });
  pass(10_000);
  assert.deepEqual(
    effects.flatMap((effect) => (effect.kind === 'note' ? [effect.sentence] : [])),
    ['Not offered: Ann is In a meeting: no queue calls.', 'Not offered: Ann has another call.'],
  );
});

test('a member of two queues is offered one call at a time', () => {
  const { floor, do: act, offers } = rig([queue(sales, [ann]), queue(support, [ann])]);
  act((now) => floor.enter(call('one'), sales, now));
  act((now) => floor.enter(call('two'), support, now));
  assert.deepEqual(offers(), ['one→Ann']);
  act((now) => floor.leave(call('one'), now));
  assert.deepEqual(offers(), ['one→Ann', 'two→Ann']);
});

test('who logs out while being rung is rung no more, and the caller waits for the next', () => {
  const { floor, do: act, effects, offers } = rig([queue(sales, [ann, bea])]);
  act((now) => floor.enter(call('one'), sales, now));
  const out = {
    ...queue(sales, [ann, bea]),
    members: [
      { personId: ann, loggedIn: false },
      { personId: bea, loggedIn: true },
    ],
  };
  act((now) => floor.configure(new Map([[sales, out]]), now));
  assert.ok(effects.some((effect) => effect.kind === 'withdraw' && effect.personId === ann));
  assert.deepEqual(offers(), ['one→Ann', 'one→Bea']);
});

/**
 * Whatever happens in whatever order: nobody has two offers or an offer beside a call, callers of a queue are offered in
 * their order, everybody who waits while a member is free has an offer within a second, and nothing is left at the end.
 */
test('property: no double offers, order kept, nobody free while somebody waits, nothing left behind', () => {
  const event = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('enter' as const), queue: fc.nat(1) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('answer' as const), at: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('decline' as const), at: fc.nat(9) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('hang up' as const), at: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('busy' as const), at: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('free' as const), at: fc.nat(3) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('log' as const), at: fc.nat(3), loggedIn: fc.boolean() }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
    },
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 80 }), (events) => {
      const settings = { wrapUpSeconds: 3, maxWaitSeconds: 60 };
      let queues = [queue(sales, people.slice(0, 3), settings), queue(support, people.slice(1), settings)];
      const world = rig(queues);
      const { floor, obstacles } = world;
      const present: CallId[] = [];
      /** As a phone system would see it: who rings and who talks. */
      const ringing = new Map<PersonId, CallId>();
      const talking = new Map<PersonId, CallId>();
      let made = 0;
      let read = 0;

      const follow = (): void => {
        for (; read < world.effects.length; read += 1) {
          const effect = world.effects[read]!;
          if (effect.kind === 'offer') {
            assert.ok(!ringing.has(effect.personId), `${effect.personId} has two offers`);
            assert.ok(!talking.has(effect.personId), `${effect.personId} talks and is offered a call`);
            assert.ok(![...ringing.values()].includes(effect.callId), `${effect.callId} is offered twice`);
            assert.ok(!obstacles.has(effect.personId), `${effect.personId} cannot be offered a call`);
            ringing.set(effect.personId, effect.callId);
          } else if (effect.kind === 'withdraw') ringing.delete(effect.personId);
          else if (effect.kind === 'overflow') present.splice(present.indexOf(effect.callId), 1);
        }
      };
      const stop = (callId: CallId): void => {
        for (const map of [ringing, talking])
          for (const [personId, other] of map) if (other === callId) map.delete(personId);
      };
      const calm = (): void => {
        follow();
        for (const one of queues) {
          const line = floor.waiting(one.id);
          const idle = line.findIndex(({ offeredTo }) => offeredTo === undefined);
          if (idle < 0) continue;
          for (const { personId, loggedIn } of one.members) {
            const turn = floor.turnOf(personId);
            const free =
              loggedIn && !obstacles.has(personId) && (turn === undefined || turn.state === 'idle');
            assert.ok(!free, `${personId} is free and somebody waits in ${one.id}`);
          }
          const since = line.map(({ sinceMs }) => sinceMs);
          assert.deepEqual(
            since,
            [...since].sort((a, b) => a - b),
          );
        }
      };

      for (const one of events) {
        const picked = 'at' in one ? present[one.at] : undefined;
        switch (one.kind) {
          case 'enter': {
            made += 1;
            const callId = call(`call ${made}`);
            present.push(callId);
            world.do((now) => floor.enter(callId, queues[one.queue]!.id, now));
            break;
          }
          case 'answer': {
            const rung = [...ringing].find(([, callId]) => callId === picked);
            if (!picked || !rung) break;
            ringing.delete(rung[0]);
            talking.set(rung[0], picked);
            world.do((now) => floor.taken(picked, now));
            break;
          }
          case 'decline':
            if (!picked || ![...ringing.values()].includes(picked)) break;
            stop(picked);
            world.do((now) => floor.missed(picked, 'declined.', now));
            break;
          case 'hang up':
            if (!picked) break;
            present.splice(one.at, 1);
            stop(picked);
            world.do((now) => floor.leave(picked, now));
            break;
          case 'busy':
            obstacles.set(people[one.at]!, { state: 'in-call', because: 'busy' });
            break;
          case 'free':
            obstacles.delete(people[one.at]!);
            world.do((now) => floor.look(now));
            break;
          case 'log':
            queues = queues.map((each) => ({
              ...each,
              members: each.members.map((member) =>
                member.personId === people[one.at] ? { ...member, loggedIn: one.loggedIn } : member,
              ),
            }));
            world.do((now) => floor.configure(new Map(queues.map((each) => [each.id, each])), now));
            break;
          case 'pass':
            // Timers fire one by one, and the phones follow each of them.
            for (let left = one.ms; left > 0; left -= 250) {
              world.pass(Math.min(250, left));
              follow();
            }
        }
        calm();
      }
      for (const callId of [...present]) world.do((now) => floor.leave(callId, now));
      world.pass(100_000);
      assert.equal(floor.wakeAt, undefined);
    }),
    { numRuns: 300 },
  );
});
