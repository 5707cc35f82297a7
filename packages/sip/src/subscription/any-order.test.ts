import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dialogPackage } from '../event-package/dialog-info.ts';
import { Notifier } from './notifier.ts';
import { subscriptionMachine } from './subscription.machine.ts';
import { type Habit, WatchWorld } from './test-subscriber.ts';

const habits: readonly Habit[] = [
  { status: 200 },
  { status: 200 },
  'silence',
  { status: 500 },
  { status: 503, retryAfter: 3 },
];
const things = fc.oneof(
  fc.record({ do: fc.constant('change' as const), to: fc.nat(5), urgent: fc.boolean() }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 8_000 }) }),
  fc.record({ do: fc.constant('habit' as const), at: fc.nat(habits.length - 1) }),
  fc.record({ do: fc.constant('refresh' as const), expires: fc.constantFrom(0, 60, 600) }),
  fc.record({ do: fc.constant('end' as const) }),
);

test('changes, refreshes, slow and refusing phones in any order: one NOTIFY at a time, versions count, the newest state or the end is told', () => {
  fc.assert(
    fc.property(fc.array(things, { maxLength: 40 }), (story) => {
      const world = new WatchWorld();
      let state = 0;
      let underWay = 0;
      const notifier = new Notifier({
        clock: world.clock,
        packages: [dialogPackage],
        limits: { lowestSeconds: 60, highestSeconds: 600, perOwner: 10, all: 10 },
        settings: { gapMs: 500, retryMs: 5_000, mostMissed: 4 },
        mayRefresh: () => true,
        onNotified: () => underWay--,
      });
      world.onRequest = (incoming) => {
        const wish = notifier.read(incoming);
        if (wish)
          notifier.open(incoming, wish, {
            owner: 'desk',
            resource: 'dana',
            contact: '<sip:192.0.2.1>',
            nextHop: incoming.flow,
            tell: () => ({
              same: String(state),
              body(version) {
                underWay++;
                assert.equal(underWay, 1, 'two NOTIFYs under way');
                return `${version} ${state}`;
              },
            }),
          });
      };
      const phone = world.phone('desk');
      const lamp = phone.subscribe();
      for (const thing of story) {
        if (thing.do === 'change') {
          state = thing.to;
          notifier.news('dana', thing.urgent);
        } else if (thing.do === 'pass') world.pass(thing.ms);
        else if (thing.do === 'habit') phone.habit = habits[thing.at] ?? 'silence';
        else if (thing.do === 'end') notifier.end('deactivated');
        else {
          const { status } = lamp.refresh({ expires: thing.expires });
          assert.ok(status === 200 || status === 481, String(status));
        }
      }
      phone.habit = { status: 200 };
      world.pass(60_000);
      const { notifies } = phone;
      for (const [version, { body }] of notifies.entries()) assert.equal(body.split(' ')[0], String(version));
      const ends = notifies.filter((heard) => heard.state.startsWith('terminated'));
      assert.ok(ends.length <= 1);
      if (ends.length === 1) assert.equal(notifies.at(-1), ends[0]);
      if (notifier.count === 1) assert.equal(notifies.at(-1)?.body.split(' ')[1], String(state));
      world.pass(700_000);
      assert.deepEqual([notifier.count, world.ua.counts.dialogs, world.ua.counts.transactions], [0, 0, 0]);
    }),
    { numRuns: 300 },
  );
});

test('whatever stands in a SUBSCRIBE, it is answered or dropped, and what was refused leaves nothing behind', () => {
  const pieces = fc.constantFrom(
    'dialog',
    'presence;id=1',
    ';;',
    '"',
    '0',
    '60',
    '-1',
    '99999999999999',
    '<sip:a@b>',
    '*',
    '',
    'application/dialog-info+xml',
    '*/*;q=x',
    '\u0000',
    'é',
  );
  const names = fc.constantFrom('Event', 'o', 'Expires', 'Accept', 'Contact', 'm', 'Require', 'Content-Type');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(names, fc.oneof(pieces, fc.string({ maxLength: 20 }))), { maxLength: 6 }),
      fc.string({ maxLength: 10 }),
      (more, body) => {
        const world = new WatchWorld();
        const notifier = new Notifier({
          clock: world.clock,
          packages: [dialogPackage],
          limits: { lowestSeconds: 60, highestSeconds: 600, perOwner: 10, all: 10 },
          settings: { gapMs: 500, retryMs: 5_000, mostMissed: 4 },
          mayRefresh: () => true,
        });
        world.onRequest = (incoming) => {
          const wish = notifier.read(incoming);
          if (wish)
            notifier.open(incoming, wish, {
              owner: 'desk',
              resource: 'dana',
              contact: '<sip:192.0.2.1>',
              nextHop: incoming.flow,
              tell: () => ({ same: '', body: () => '' }),
            });
          assert.ok(incoming.answered);
        };
        const phone = world.phone('desk');
        phone.subscribe({ event: undefined, expires: undefined, contact: '', more, body });
        world.pass(700_000);
        assert.deepEqual([notifier.count, world.ua.counts.dialogs], [0, 0]);
      },
    ),
    { numRuns: 500 },
  );
});

test('the table: every phase ends, nothing leaves the end, and the last word is said once', () => {
  for (const [phase, row] of Object.entries(subscriptionMachine)) {
    if (phase === 'over') assert.ok(Object.values(row).every((step) => step === undefined));
    else assert.deepEqual(row.gone, ['over', 'forget'], phase);
    if (phase === 'leaving' || phase === 'over')
      assert.ok(Object.values(row).every((step) => step === undefined || step[0] === 'over'));
  }
});
