import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { E164, Link } from '@tandem/domain';
import fc from 'fast-check';
import { callOutcome } from './call-outcome.ts';
import { needsConfirmation } from './decide-events.ts';
import type { MicrosoftFacts, NumberFacts } from './facts.ts';
import { applyManual } from './manual-action.ts';
import { type ProvisioningAction, reconcileLink } from './reconcile-link.ts';
import {
  assigned,
  at,
  free,
  link,
  microsoftFacts,
  noGrace,
  number,
  ownFacts,
  readyLink,
  user,
} from './test-person.ts';
import { applyOutcome } from './write-outcome.ts';

const kinds = (actions: readonly ProvisioningAction[]): string[] => actions.map((action) => action.kind);

test('Dana joins with everything: assigned once, polled, read back, asked to relaunch, ready when seen', () => {
  const own = ownFacts({ clientSeen: { by: 'call', wallMs: at - 60_000 } });
  let step = reconcileLink(link(), own, microsoftFacts({ number: free() }), noGrace, at);
  assert.equal(step.link.state, 'ASSIGNING');
  assert.deepEqual(kinds(step.actions), ['assign']);

  const again = reconcileLink(step.link, own, microsoftFacts({ number: free() }), noGrace, at + 1);
  assert.deepEqual(kinds(again.actions), ['read-number'], 'no second write before a read-back');

  let now = at + 100;
  let done = applyOutcome(
    step.link,
    { kind: 'accepted', write: 'assign', operationId: 'op' },
    noGrace,
    now,
    0,
  );
  now += 2000;
  step = reconcileLink(done.link, own, microsoftFacts({ number: free() }), noGrace, now);
  assert.deepEqual(kinds(step.actions), ['poll']);
  done = applyOutcome(step.link, { kind: 'succeeded' }, noGrace, now, 0);
  assert.equal(done.link.state, 'PROPAGATING');

  now += 1000;
  const seen = microsoftFacts({ number: assigned({ readAtWallMs: now }) });
  step = reconcileLink(done.link, own, seen, noGrace, now);
  assert.equal(step.link.state, 'AWAITING_RELAUNCH');
  assert.deepEqual(kinds(step.actions), ['tell-person']);
  assert.deepEqual(callOutcome(step.link, step.report).toPerson, { offered: true });

  const called = ownFacts({ clientSeen: { by: 'call', wallMs: now + 5 } });
  step = reconcileLink(step.link, called, seen, noGrace, now + 10);
  assert.equal(step.link.state, 'READY');
  assert.equal(step.report.verdict, 'ready');
});

test('the number is already Dana’s at Microsoft: nothing is written', () => {
  const step = reconcileLink(link(), ownFacts(), microsoftFacts(), noGrace, at);
  assert.equal(step.link.state, 'READY');
  assert.deepEqual(kinds(step.actions), ['tell-person']);
});

test('toggle off: calls stop at once and the number is taken back, whatever the grace time', () => {
  const patient = { ...noGrace, graceSeconds: 86_400 };
  const off = ownFacts({ teamsToggle: false });
  const step = reconcileLink(readyLink(), off, microsoftFacts(), patient, at);
  assert.equal(step.link.state, 'REMOVING');
  assert.deepEqual(kinds(step.actions), ['unassign']);
  const outcome = callOutcome(step.link, step.report);
  assert.equal(!outcome.fromPerson.allowed && outcome.fromPerson.refusal.code, 'PRV-303');
});

test('licence lost with a day of grace: degraded and calling, removed when the day is over', () => {
  const account = { ...noGrace, graceSeconds: 86_400 };
  const facts = (now: number): MicrosoftFacts =>
    microsoftFacts({
      readAtWallMs: now,
      number: assigned({ readAtWallMs: now }),
      licence: { phone: 'missing', callingPlan: false, seenByTeams: false },
    });
  const lost = reconcileLink(readyLink(), ownFacts(), facts(at), account, at);
  assert.equal(lost.link.state, 'DEGRADED');
  assert.equal(lost.link.code, 'PRV-401');
  assert.deepEqual(callOutcome(lost.link, lost.report).fromPerson, { allowed: true });

  const back = reconcileLink(lost.link, ownFacts(), microsoftFacts(), account, at + 1000);
  assert.equal(back.link.state, 'READY');
  assert.deepEqual(back.actions, []);

  const later = at + 86_400_000;
  const over = reconcileLink(lost.link, ownFacts(), facts(later), account, later);
  assert.equal(over.link.state, 'REMOVING');
  assert.deepEqual(kinds(over.actions), ['unassign']);
});

test('rehearsal world, no grace: leaving the group removes in the same breath, joining again assigns anew', () => {
  const left = reconcileLink(readyLink(), ownFacts(), microsoftFacts({ inEnableGroup: false }), noGrace, at);
  assert.equal(left.link.state, 'REMOVING');
  const outcome = callOutcome(left.link, left.report);
  assert.deepEqual(!outcome.fromPerson.allowed && outcome.fromPerson.refusal, {
    code: 'PRV-205',
    sentence: 'Add to the group Voice Users.',
    sip: 403,
    q850: 63,
  });
  const now = at + 5000;
  const gone = microsoftFacts({ inEnableGroup: false, number: free({ readAtWallMs: now }) });
  const removed = reconcileLink(left.link, ownFacts(), gone, noGrace, now);
  assert.equal(removed.link.state, 'OUT');
  const joined = reconcileLink(
    removed.link,
    ownFacts(),
    microsoftFacts({ number: free() }),
    noGrace,
    now + 1,
  );
  assert.equal(joined.link.state, 'ASSIGNING');
  const keys = [...left.actions, ...joined.actions].flatMap((a) =>
    'idempotencyKey' in a ? [a.idempotencyKey] : [],
  );
  assert.equal(new Set(keys).size, keys.length);
});

test('a day after Dana left the group callers follow the leaver rule where no phone of hers rings, until she is back', () => {
  const account = { ...noGrace, graceSeconds: 86_400 };
  const away = (now: number, change: Partial<MicrosoftFacts> = {}): MicrosoftFacts =>
    microsoftFacts({
      readAtWallMs: now,
      inEnableGroup: false,
      number: assigned({ readAtWallMs: now }),
      ...change,
    });
  const left = reconcileLink(readyLink(), ownFacts(), away(at), account, at);
  assert.equal(left.link.state, 'DEGRADED');
  assert.equal(callOutcome(left.link, left.report).toPerson.offered, true, 'the grace time runs');

  let now = at + 86_400_000;
  const over = reconcileLink(left.link, ownFacts(), away(now), account, now);
  assert.deepEqual([over.link.state, kinds(over.actions)], ['REMOVING', ['unassign']]);
  now += 1000;
  const gone = reconcileLink(
    over.link,
    ownFacts(),
    away(now, { number: free({ readAtWallMs: now }) }),
    account,
    now,
  );
  assert.equal(gone.link.state, 'OUT');
  const { toPerson } = callOutcome(gone.link, gone.report);
  assert.ok(!toPerson.offered);
  assert.deepEqual(
    [toPerson.route, toPerson.otherEndpoints, toPerson.refusal.code],
    ['leaver-last', true, 'PRV-205'],
  );

  const back = reconcileLink(gone.link, ownFacts(), microsoftFacts({ number: free() }), account, now + 1);
  assert.equal(back.link.leftGroup, undefined, 'nobody is a leaver on the way back');
});

test('who was never in the group is no leaver', () => {
  const step = reconcileLink(
    link(),
    ownFacts(),
    microsoftFacts({ inEnableGroup: false, number: free() }),
    noGrace,
    at,
  );
  const { toPerson } = callOutcome(step.link, step.report);
  assert.deepEqual([step.link.state, !toPerson.offered && toPerson.route], ['OUT', 'unavailable']);
});

test('Microsoft cannot be read: nobody is removed and calls go on', () => {
  for (const facts of [
    undefined,
    microsoftFacts({ user: 'unread', inEnableGroup: 'unread', licence: 'unread', number: 'unread' }),
  ]) {
    const step = reconcileLink(readyLink(), ownFacts(), facts, noGrace, at);
    assert.equal(step.link.state, 'READY');
    assert.deepEqual(step.actions, []);
    assert.deepEqual(callOutcome(step.link, step.report), {
      toPerson: { offered: true },
      fromPerson: { allowed: true },
    });
  }
});

test('two people with one address: both links stay as they are, nothing is written, the ready one keeps calling', () => {
  const own = ownFacts({ sharesIdentityWith: ['Dan'] });
  const ready = reconcileLink(readyLink(), own, microsoftFacts({ number: free() }), noGrace, at);
  assert.equal(ready.link.state, 'READY');
  assert.deepEqual(ready.actions, []);
  const { toPerson } = callOutcome(ready.link, ready.report);
  assert.ok(toPerson.offered && toPerson.but?.code === 'PRV-111');
  const fresh = reconcileLink(link(), own, microsoftFacts({ number: free() }), noGrace, at);
  assert.equal(fresh.link.state, 'BLOCKED');
  assert.equal(fresh.link.code, 'PRV-111');
});

test('the number changed on the platform: the old one is unassigned before the new one is assigned', () => {
  const fresh = '+12025550143' as E164;
  const own = ownFacts({ number: fresh });
  const facts = (now: number, change: Partial<NumberFacts>): MicrosoftFacts =>
    microsoftFacts({ number: free({ readAtWallMs: now, ...change }) });
  const first = reconcileLink(readyLink(), own, facts(at, { otherNumber: number }), noGrace, at);
  assert.deepEqual(
    first.actions.map((action) => ('number' in action ? [action.kind, action.number] : [])),
    [['unassign', number]],
  );
  const accepted = applyOutcome(
    first.link,
    { kind: 'accepted', write: 'unassign', operationId: 'op' },
    noGrace,
    at,
    0,
  );
  const done = applyOutcome(accepted.link, { kind: 'succeeded' }, noGrace, at + 2000, 0);
  const second = reconcileLink(done.link, own, facts(at + 3000, { otherNumber: number }), noGrace, at + 3000);
  assert.deepEqual(
    second.actions.map((action) => ('number' in action ? [action.kind, action.number] : [])),
    [['assign', fresh]],
  );
});

test('Microsoft refuses: failed with its words, calls refused, no write until an admin presses Retry', () => {
  const step = reconcileLink(link(), ownFacts(), microsoftFacts({ number: free() }), noGrace, at);
  const refused = applyOutcome(
    step.link,
    { kind: 'refused', code: 'PRV-501', reason: 'no site' },
    noGrace,
    at,
    0,
  );
  assert.equal(refused.link.state, 'FAILED');
  const later = microsoftFacts({ number: free({ readAtWallMs: at + 60_000 }) });
  const next = reconcileLink(refused.link, ownFacts(), later, noGrace, at + 60_000);
  assert.deepEqual(next.actions, []);
  assert.match(next.report.headline?.sentence ?? '', /no site/);
});

test('another user holds the number: no write is tried', () => {
  const held = microsoftFacts({
    number: free({ holder: { is: 'other', upn: 'bo@acme.example', state: 'active' } }),
  });
  const step = reconcileLink(link(), ownFacts(), held, noGrace, at);
  assert.equal(step.link.state, 'FAILED');
  assert.equal(step.link.code, 'PRV-304');
  assert.deepEqual(kinds(step.actions), ['alert']);
});

test('the mass-change guard holds when more than max(10, min(50, 20 %)) would leave in one cycle', () => {
  assert.equal(needsConfirmation(10, 12), false);
  assert.equal(needsConfirmation(11, 12), true);
  assert.equal(needsConfirmation(40, 200), false);
  assert.equal(needsConfirmation(41, 200), true);
  assert.equal(needsConfirmation(51, 5000), true);
});

test('random days, with crashes, lost answers and late reads: never two writes of a kind without a read between, and it settles', () => {
  const act = fc.constantFrom(
    'toggle',
    'group',
    'licence',
    'tick',
    'read',
    'answer',
    'lose',
    'late',
    'unread',
  );
  fc.assert(
    fc.property(fc.array(act, { minLength: 5, maxLength: 60 }), (days) => {
      let now = at;
      let state: Link = link();
      const world = { toggle: true, group: true, licence: true, held: false };
      const writes: { key: string; at: number }[] = [];
      let readAt = at;
      let number: NumberFacts = free();
      let open: ProvisioningAction | undefined;
      let unread = false;
      const read = (): void => {
        readAt = now;
        number = world.held ? assigned({ readAtWallMs: now }) : free({ readAtWallMs: now });
      };
      const cycle = (): void => {
        const facts = microsoftFacts({
          readAtWallMs: now,
          user: user(),
          inEnableGroup: unread ? 'unread' : world.group,
          number: unread ? 'unread' : number,
          licence: {
            phone: world.licence ? 'usable' : 'missing',
            callingPlan: false,
            seenByTeams: world.licence,
          },
        });
        const step = reconcileLink(state, ownFacts({ teamsToggle: world.toggle }), facts, noGrace, now);
        state = step.link;
        for (const action of step.actions) {
          if (action.kind !== 'assign' && action.kind !== 'unassign') continue;
          const last = writes.at(-1);
          assert.ok(!last || readAt > last.at, 'a write without a read-back between');
          assert.equal(action.kind === 'assign' ? world.toggle && world.group && world.licence : true, true);
          writes.push({ key: action.idempotencyKey, at: now });
          world.held = action.kind === 'assign';
          open = action;
        }
      };
      const play = (what: string): void => {
        now += 1000;
        if (what === 'toggle') world.toggle = !world.toggle;
        if (what === 'group') world.group = !world.group;
        if (what === 'licence') world.licence = !world.licence;
        if (what === 'read') read();
        unread = what === 'unread';
        if (what === 'answer' && open && (open.kind === 'assign' || open.kind === 'unassign')) {
          state = applyOutcome(
            state,
            { kind: 'accepted', write: open.kind, operationId: 'o' },
            noGrace,
            now,
            0,
          ).link;
          state = applyOutcome(state, { kind: 'succeeded' }, noGrace, now, 0).link;
          open = undefined;
        }
        if (what === 'lose') open = undefined;
        if (what === 'late') state = applyOutcome(state, { kind: 'later' }, noGrace, now, 0.5).link;
        cycle();
      };
      for (const what of days) play(what);
      for (let i = 0; i < 200; i++) play('read');
      const wanted = world.toggle && world.group && world.licence;
      assert.equal(world.held, wanted, `ended ${state.state}`);
      assert.equal(['READY', 'AWAITING_RELAUNCH'].includes(state.state), wanted, state.state);
    }),
    { numRuns: 150 },
  );
});

test('deleted in Entra: the number is held for 30 days, restored it is ready again, purged it is removed at once (1.4)', () => {
  const now = at + 60_000;
  const policy = { ...noGrace, graceSeconds: 3_600 };
  const facts = (change: Parameters<typeof microsoftFacts>[0]) =>
    microsoftFacts({ number: assigned({ readAtWallMs: now }), ...change });
  const binned = reconcileLink(
    readyLink(),
    ownFacts(),
    facts({ user: user({ deletedOn: '2026-05-04' }) }),
    policy,
    now,
  );
  assert.deepEqual([binned.link.state, binned.link.code], ['DEGRADED', 'PRV-207']);
  const restored = reconcileLink(binned.link, ownFacts(), facts({}), policy, now + 1_000);
  assert.equal(restored.link.state, 'READY');
  const purged = reconcileLink(
    binned.link,
    ownFacts(),
    facts({ user: null, number: free({ readAtWallMs: now + 2_000 }) }),
    policy,
    now + 2_000,
  );
  assert.ok(purged.steps.some(({ to }) => to === 'REMOVED'));
  assert.equal(purged.link.assignedNumber, undefined);
  assert.deepEqual(
    purged.actions.flatMap((action) => (action.kind === 'release-number' ? [action.number] : [])),
    [number],
  );
  // Not found without ever having been in the bin may be our mistake: the grace time goes on.
  const missing = reconcileLink(readyLink(), ownFacts(), facts({ user: null }), policy, now);
  assert.deepEqual([missing.link.state, missing.link.code], ['DEGRADED', 'PRV-201']);
});

test('somebody gave Dana the number without voice: it is assigned once more, for nothing else turns voice on', () => {
  const mute = microsoftFacts({ number: assigned({ voiceEnabled: false }) });
  const step = reconcileLink(link(), ownFacts(), mute, noGrace, at);
  assert.equal(step.link.state, 'ASSIGNING');
  assert.deepEqual(kinds(step.actions), ['assign']);
  assert.match(
    step.report.checks[12]?.sentence ?? '',
    /still assigning/,
    'and not that nothing was assigned yet',
  );
  const late = microsoftFacts({ number: assigned({ voiceEnabled: false, readAtWallMs: at + 1000 }) });
  const next = reconcileLink(step.link, ownFacts(), late, noGrace, at + 2000);
  assert.deepEqual([next.link.state, kinds(next.actions)], ['PROPAGATING', []], 'and not a third time');
});

test('PRV-306: a number that is kept on premises is refused, at whomever it is, and assigned once it was cleared', () => {
  const kept = (readAtWallMs: number, onPremises: boolean) =>
    microsoftFacts({ number: assigned({ onPremises, voiceEnabled: false, readAtWallMs }) });
  const step = reconcileLink(link(), ownFacts(), kept(at, true), noGrace, at);
  assert.deepEqual([step.link.state, step.link.code, step.actions.length], ['FAILED', 'PRV-306', 1]);
  assert.equal(callOutcome(step.link, step.report).toPerson.offered, false, 'no call is offered meanwhile');
  const still = reconcileLink(step.link, ownFacts(), kept(at + 1, true), noGrace, at + 1);
  assert.deepEqual([still.link.state, kinds(still.actions)], ['FAILED', []]);
  const cleared = reconcileLink(still.link, ownFacts(), kept(at + 2, false), noGrace, at + 2);
  assert.deepEqual([cleared.link.state, kinds(cleared.actions)], ['ASSIGNING', ['assign']]);
});

test('PRV-306 at somebody else says whose line value it is, and leads there', () => {
  const holder = { is: 'other', upn: 'bo@acme.example', state: 'active', objectId: 'b0b0' } as const;
  const facts = microsoftFacts({ number: free({ holder, onPremises: true }) });
  const { report } = reconcileLink(link(), ownFacts(), facts, noGrace, at);
  assert.equal(
    report.headline?.sentence,
    'Clear the on-premises line value of bo@acme.example, sync, retry.',
  );
  assert.match(report.headline?.link ?? '', /b0b0/);
});

test('STANDBY: what is assigned is taken back first, then the link rests and is watched; its end assigns again', () => {
  const standby = { ...noGrace, standby: true };
  const step = reconcileLink(readyLink(), ownFacts(), microsoftFacts(), standby, at);
  assert.deepEqual([step.link.state, kinds(step.actions)], ['REMOVING', ['unassign']]);
  const gone = microsoftFacts({ number: free({ readAtWallMs: at + 1 }) });
  const rests = reconcileLink(step.link, ownFacts(), gone, standby, at + 2);
  assert.equal(rests.link.state, 'STANDBY');
  assert.equal(rests.link.assignedNumber, undefined);
  assert.notEqual(rests.report.verdict, 'ready');
  assert.match(rests.report.checks[10]?.sentence ?? '', /kept in reserve/);
  assert.equal(callOutcome(rests.link, rests.report).toPerson.offered, false);
  const blocked = reconcileLink(rests.link, ownFacts({ teamsToggle: false }), gone, standby, at + 3);
  assert.deepEqual(
    [blocked.link.state, blocked.report.headline?.code],
    ['STANDBY', 'PRV-303'],
    'still watched',
  );
  const over = reconcileLink(rests.link, ownFacts(), gone, noGrace, at + 4);
  assert.deepEqual([over.link.state, kinds(over.actions)], ['ASSIGNING', ['assign']]);
});

test('PRV-112: whoever was chosen is who the person is, until a number of theirs is at Microsoft', () => {
  const chosen = applyManual(link(), { kind: 'choose', objectId: 'b0b0' }, 'admin', noGrace, at);
  assert.ok(typeof chosen !== 'string');
  assert.equal(chosen.objectId, 'b0b0');
  const again = applyManual(chosen, { kind: 'choose', objectId: null }, 'admin', noGrace, at);
  assert.ok(typeof again !== 'string' && again.objectId === undefined);
  for (const objectId of ['b0b0', null])
    assert.equal(
      applyManual(readyLink(), { kind: 'choose', objectId }, 'admin', noGrace, at),
      'nothing-to-decide',
    );
});
