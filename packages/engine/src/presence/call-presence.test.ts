import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type CallPresence,
  type CallPresenceInput,
  flapWindowMs,
  leaseMs,
  nextPresenceTick,
  noCallPresence,
  type PresenceWrite,
  restoreCallPresence,
  stepCallPresence,
} from './call-presence.ts';

/** Steps a person's presence and keeps what was written. */
class Desk {
  state: CallPresence = noCallPresence;
  readonly writes: (PresenceWrite & { readonly at: number })[] = [];

  take(input: CallPresenceInput, now: number): PresenceWrite | undefined {
    const step = stepCallPresence(this.state, input, now);
    this.state = step.state;
    if (step.write) this.writes.push({ ...step.write, at: now });
    return step.write;
  }
  answer(legId: string, now: number, endpoint: 'platform' | 'teams' = 'platform') {
    return this.take({ kind: 'legAnswered', legId, endpoint }, now);
  }
  end(legId: string, now: number) {
    return this.take({ kind: 'legEnded', legId }, now);
  }
  done(now: number, is: 'done' | 'notFound' | 'refused' = 'done') {
    return this.take({ kind: 'written', sequence: this.state.sequence, outcome: { is } }, now);
  }
  kinds() {
    return this.writes.map((write) => write.kind);
  }
}

test('Dana answers at her desk phone: busy at once, renewed at four minutes, cleared at the end', () => {
  const desk = new Desk();
  assert.equal(desk.answer('a', 0)?.kind, 'setPresence');
  desk.done(200);
  assert.equal(desk.take({ kind: 'tick' }, 239_999), undefined);
  assert.equal(nextPresenceTick(desk.state), 240_000);
  assert.equal(desk.take({ kind: 'tick' }, 240_000)?.kind, 'setPresence');
  desk.done(240_100);
  assert.equal(desk.end('a', 300_000)?.kind, 'clearPresence');
  desk.done(300_100, 'notFound');
  assert.equal(desk.state.leaseEndsMs, undefined);
  assert.equal(nextPresenceTick(desk.state), undefined);
});

test('Dana answers in Teams: nothing is written, Teams knows', () => {
  const desk = new Desk();
  desk.answer('a', 0, 'teams');
  desk.take({ kind: 'tick' }, 300_000);
  desk.end('a', 400_000);
  assert.deepEqual(desk.writes, []);
});

test('a desk phone call outlives a Teams call: busy is set when Teams stops showing one', () => {
  const desk = new Desk();
  desk.answer('t', 0, 'teams');
  assert.equal(desk.answer('p', 10_000), undefined);
  assert.equal(desk.end('t', 20_000)?.kind, 'setPresence');
});

test('the call ends while the write is still under way: the clear follows the answer', () => {
  const desk = new Desk();
  desk.answer('a', 0);
  assert.equal(desk.end('a', 100), undefined);
  assert.equal(desk.done(1000)?.kind, 'clearPresence');
});

test('the write may or may not have reached Microsoft: a call that has ended is cleared all the same', () => {
  const desk = new Desk();
  desk.answer('a', 0);
  desk.end('a', 100);
  desk.take({ kind: 'written', sequence: 1, outcome: { is: 'later', retryAfterMs: 7000 } }, 1000);
  assert.equal(desk.take({ kind: 'tick' }, 7999), undefined);
  assert.equal(desk.take({ kind: 'tick' }, 8000)?.kind, 'clearPresence');
});

test('Microsoft asks to wait 30 s: nothing is sent inside, and the latest wish after it', () => {
  const desk = new Desk();
  desk.answer('a', 0);
  desk.take({ kind: 'written', sequence: 1, outcome: { is: 'later', retryAfterMs: 30_000 } }, 100);
  for (let now = 1000; now < 30_100; now += 1000) assert.equal(desk.take({ kind: 'tick' }, now), undefined);
  assert.equal(desk.take({ kind: 'tick' }, 30_349), undefined, 'those who are free again go first');
  assert.equal(desk.take({ kind: 'tick' }, 30_350)?.kind, 'setPresence');
});

test('a final no is not repeated until another call begins', () => {
  const desk = new Desk();
  desk.answer('a', 0);
  desk.done(100, 'refused');
  assert.equal(desk.take({ kind: 'tick' }, 400_000), undefined);
  desk.end('a', 400_001);
  assert.equal(desk.answer('b', 500_000)?.kind, 'setPresence');
});

test('killed in mid-call: a live call is asserted again, an orphaned lease is cleared, an old one forgotten', () => {
  const tick = { kind: 'tick' } as const;
  const stored = { leaseEndsMs: 300_000, sequence: 7 };
  const alive = restoreCallPresence(stored, { platform: ['a'], teams: [] });
  assert.equal(stepCallPresence(alive, tick, 60_000).write?.kind, 'setPresence');
  const orphan = restoreCallPresence(stored, { platform: [], teams: [] });
  assert.deepEqual(stepCallPresence(orphan, tick, 60_000).write, { kind: 'clearPresence', sequence: 8 });
  assert.equal(stepCallPresence(orphan, tick, 300_001).write, undefined);
});

const inputs = fc.oneof(
  fc.record({
    kind: fc.constant('legAnswered' as const),
    legId: fc.constantFrom('a', 'b', 'c'),
    endpoint: fc.constantFrom('platform' as const, 'teams' as const),
  }),
  fc.record({ kind: fc.constant('legEnded' as const), legId: fc.constantFrom('a', 'b', 'c') }),
  fc.record({ kind: fc.constant('tick' as const) }),
  fc.record({
    kind: fc.constant('written' as const),
    outcome: fc.constantFrom(
      { is: 'done' as const },
      { is: 'notFound' as const },
      { is: 'refused' as const },
      { is: 'later' as const },
      { is: 'later' as const, retryAfterMs: 20_000 },
    ),
  }),
);

test('whatever happens in whatever order: one write at a time, none in a storm, none inside Retry-After, and in the end Microsoft shows what is', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(inputs, fc.constantFrom(1, 100, 1500, 6000, 70_000, 250_000)), { maxLength: 60 }),
      (days) => {
        const desk = new Desk();
        let now = 0;
        let inFlight = false;
        let pausedUntil = 0;
        // Microsoft's side: our session, which dies by itself.
        let session = 0;
        const feed = (input: CallPresenceInput): void => {
          if (input.kind === 'written') inFlight = false;
          const given = desk.state.inFlight !== undefined;
          const write = desk.take(input, now);
          // A write without an answer is given up after a minute, also when nothing else is to be written then.
          if (given && desk.state.inFlight === undefined) inFlight = false;
          if (!write) return;
          assert.ok(!inFlight || given, 'two writes at a time');
          assert.ok(now >= pausedUntil, 'inside Retry-After');
          const same = desk.writes.filter((one) => one.kind === write.kind).at(-2);
          assert.ok(!same || now - same.at >= flapWindowMs, 'a storm of writes');
          inFlight = true;
          session = write.kind === 'setPresence' ? now + leaseMs : 0;
        };
        for (const [input, wait] of days) {
          now += wait;
          if (input.kind !== 'written') feed(input);
          else if (desk.state.inFlight) {
            if ('retryAfterMs' in input.outcome) pausedUntil = now + (input.outcome.retryAfterMs ?? 0);
            if (input.outcome.is === 'refused' && desk.state.inFlight.write === 'set') session = 0;
            if (input.outcome.is === 'notFound') session = 0;
            feed({ kind: 'written', sequence: desk.state.inFlight.sequence, outcome: input.outcome });
          }
        }
        // Then Microsoft answers everything for a while, and a new call would clear a refusal.
        for (let i = 0; i < 200; i++) {
          now += 1000;
          if (desk.state.inFlight)
            feed({ kind: 'written', sequence: desk.state.sequence, outcome: { is: 'done' } });
          else feed({ kind: 'tick' });
        }
        const busy = desk.state.platformLegs.size > 0;
        if (!busy) assert.ok(session <= now, 'stuck busy');
        else if (desk.state.teamsLegs.size === 0 && !desk.state.refused) assert.ok(session > now, 'not busy');
      },
    ),
    { numRuns: 300 },
  );
});
