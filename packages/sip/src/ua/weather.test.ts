/** Random networks: whatever is lost, doubled, delayed or overtaken, every call ends once and nothing is left behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Headers } from '../message/headers.ts';
import { call, type PlacedCall, SDP } from './test-call.ts';
import { TestNetwork } from './test-network.ts';

const weather = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  loss: fc.double({ min: 0, max: 0.4, noNaN: true }),
  duplicate: fc.double({ min: 0, max: 0.3, noNaN: true }),
  delayMs: fc.integer({ min: 0, max: 300 }),
  jitterMs: fc.integer({ min: 0, max: 1500 }),
});

/** What Bob does and when; what Alice does and when. */
const story = fc.record({
  bob: fc.constantFrom('accept', 'ring', 'reject', 'accept-bye'),
  bobAfterMs: fc.integer({ min: 0, max: 4000 }),
  alice: fc.constantFrom('bye', 'cancel', 'hold', 'both'),
  aliceAfterMs: fc.integer({ min: 0, max: 6000 }),
});

test('each INVITE has exactly one outcome, each dialog one end, and all transactions drain to zero', () => {
  fc.assert(
    fc.property(weather, fc.array(story, { minLength: 1, maxLength: 4 }), (air, stories) => {
      const net = new TestNetwork(air);
      const alice = net.peer('alice');
      const bob = net.peer('bob');
      const bobEnds: number[] = [];
      const acks: number[] = [];
      const calls: PlacedCall[] = [];
      const todo: { at: number; act: () => void }[] = [];
      bob.handlers = {
        onInvite: (invite) => {
          const which = Number(invite.request.headers.get('x-story'));
          const plan = stories[which]!;
          acks[which] = 0;
          bobEnds[which] = 0;
          invite.onAck = () => {
            acks[which] = (acks[which] ?? 0) + 1;
          };
          if (plan.bob !== 'reject') invite.progress(180, { contact: bob.contact });
          if (plan.bob === 'ring') {
            todo.push({ at: net.now + 40_000, act: () => invite.reject(480) });
            return;
          }
          todo.push({
            at: net.now + plan.bobAfterMs,
            act: () => {
              if (invite.state !== 'proceeding') return;
              if (plan.bob === 'reject') {
                invite.reject(486);
                return;
              }
              const dialog = invite.accept({ contact: bob.contact, body: SDP });
              dialog.onEnded = () => {
                bobEnds[which] = (bobEnds[which] ?? 0) + 1;
              };
              dialog.onRequest = (request) => request.respond(200, { body: SDP });
              invite.onAckTimeout = () => dialog.bye();
              if (plan.bob === 'accept-bye') dialog.bye();
              else todo.push({ at: net.now + 60_000, act: () => dialog.bye() });
            },
          });
        },
      };
      stories.forEach((plan, which) => {
        const placed = call(alice, bob, { headers: headersOf(which) });
        calls.push(placed);
        todo.push({
          at: plan.aliceAfterMs,
          act: () => {
            if (plan.alice === 'cancel') placed.invite.cancel();
            else if (plan.alice === 'hold') {
              placed.dialog?.request({ method: 'INVITE', body: SDP, onFinal() {} });
            } else {
              placed.invite.cancel();
              placed.dialog?.bye();
            }
          },
        });
      });
      // Twenty seconds in which new plans are still made, then whatever is planned.
      while (net.now < 20_000 || todo.length > 0) {
        net.run(20);
        for (const next of todo.filter(({ at }) => at <= net.now)) {
          todo.splice(todo.indexOf(next), 1);
          next.act();
        }
      }
      net.settle();
      calls.forEach((placed, which) => {
        assert.equal(placed.finals, 1, `call ${which} has one outcome`);
        assert.ok(placed.ends.length <= 1);
        if (placed.dialog) assert.equal(placed.ends.length, 1, `call ${which} ended once for Alice`);
        assert.ok((bobEnds[which] ?? 0) <= 1);
        assert.ok((acks[which] ?? 0) <= 1);
      });
      assert.deepEqual(alice.ua.counts, { transactions: 0, dialogs: 0 });
      assert.deepEqual(bob.ua.counts, { transactions: 0, dialogs: 0 });
      const sent = net.seen.length;
      net.settle();
      assert.equal(net.seen.length, sent, 'the terminated say nothing');
    }),
    { numRuns: 150 },
  );
});

test('streams are cut at any moment: answers find another way, each call ends once, nothing is left', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.array(fc.integer({ min: 0, max: 9_000 }), { maxLength: 6 }),
      fc.constantFrom('accept', 'reject', 'cancel'),
      fc.integer({ min: 0, max: 3000 }),
      (seed, cuts, plan, afterMs) => {
        const net = new TestNetwork({ seed, delayMs: 150 });
        const alice = net.peer('alice');
        const bob = net.peer('bob');
        bob.handlers = { onInvite: (invite) => invite.progress(180, { contact: bob.contact }) };
        const placed = call(alice, bob, { destination: bob.at('TLS') });
        const todo = cuts.map((at) => ({ at, act: () => net.cut(alice, bob) }));
        todo.push({
          at: afterMs,
          act: () => {
            const [invite] = bob.invites;
            if (plan === 'reject') invite?.reject(486);
            else if (plan === 'cancel') placed.invite.cancel();
            else if (invite?.state === 'proceeding') {
              const dialog = invite.accept({ contact: bob.contact, body: SDP });
              dialog.setNextHop(alice.at('TLS'));
              invite.onAckTimeout = () => dialog.bye();
            }
          },
        });
        // The owner's own patience: nobody rings for ever.
        todo.push({ at: 20_000, act: () => placed.invite.cancel() });
        todo.push({ at: 60_000, act: () => placed.dialog?.bye() });
        todo.push({ at: 70_000, act: () => bob.invites[0]?.reject(480) });
        for (const { at, act } of todo.sort((a, b) => a.at - b.at)) {
          net.run(at - net.now);
          act();
        }
        net.settle();
        assert.equal(placed.finals, 1);
        if (placed.dialog) assert.equal(placed.ends.length, 1);
        assert.deepEqual(alice.ua.counts, { transactions: 0, dialogs: 0 });
        assert.deepEqual(bob.ua.counts, { transactions: 0, dialogs: 0 });
      },
    ),
    { numRuns: 300 },
  );
});

test('the same seed gives the same run', () => {
  const run = () => {
    const net = new TestNetwork({ seed: 42, loss: 0.3, duplicate: 0.2, jitterMs: 700 });
    const alice = net.peer('alice');
    const bob = net.peer('bob', {
      onInvite: (invite) => void invite.accept({ contact: bob.contact, body: SDP }),
    });
    const placed = call(alice, bob);
    net.run(5000);
    placed.dialog?.bye();
    net.settle();
    return net.seen.map(({ at, line, dropped }) => `${at} ${line} ${dropped}`);
  };
  assert.deepEqual(run(), run());
});

function headersOf(which: number): Headers {
  return Headers.of([['X-Story', String(which)]]);
}
