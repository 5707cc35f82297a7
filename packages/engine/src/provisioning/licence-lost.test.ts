import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Link } from '@tandem/domain';
import type { LicenceFacts } from './facts.ts';
import { reconcileLink } from './reconcile-link.ts';
import { assigned, at, free, microsoftFacts, number, ownFacts, readyLink } from './test-person.ts';
import { calledByName } from './work.ts';
import { applyOutcome } from './write-outcome.ts';

const account = { graceSeconds: 86_400, mode: 'automatic', standby: false } as const;
const hour = 3_600_000;

/** The link at some time, when this is what is read of the licence. */
function seen(before: Link, atMs: number, licence: Partial<LicenceFacts>, held = true) {
  const now = at + atMs;
  const facts = microsoftFacts({
    readAtWallMs: now,
    licence: { phone: 'missing', callingPlan: false, seenByTeams: true, ...licence },
    number: (held ? assigned : free)({ readAtWallMs: now }),
    policiesReadAtWallMs: now,
  });
  return { ...reconcileLink(before, ownFacts(), facts, account, now), facts };
}
const writes = ({ actions }: ReturnType<typeof seen>): string[] =>
  actions.flatMap((one) => (one.kind === 'assign' || one.kind === 'unassign' ? [one.kind] : []));

test('a lost licence: calls go on for half of the grace time, then the number is taken back while Microsoft lets it go', () => {
  const lost = seen(readyLink(), 0, {});
  assert.deepEqual([lost.link.state, lost.link.code, writes(lost)], ['DEGRADED', 'PRV-401', []]);
  assert.equal(lost.link.graceEndsWallMs, at + 12 * hour);
  const waiting = seen(lost.link, 11 * hour, {});
  assert.deepEqual([waiting.link.state, writes(waiting)], ['DEGRADED', []]);
  const back = seen(waiting.link, 11 * hour, { phone: 'usable' });
  assert.deepEqual([back.link.state, writes(back)], ['READY', []], 'nothing was written in between');
  const half = seen(waiting.link, 12 * hour, {});
  assert.deepEqual([half.link.state, half.link.code, writes(half)], ['REMOVING', 'PRV-401', ['unassign']]);
  const clean = seen(half.link, 12 * hour + 60_000, {}, false);
  assert.equal(clean.link.state, 'BLOCKED', 'released, and in scope still: the licence is what is missing');
  assert.ok(clean.actions.some((one) => one.kind === 'release-number' && one.number === number));
});

test('Teams itself does not see the licence any more: it is not waited for, unless it is being exchanged', () => {
  const lost = seen(readyLink(), 0, { seenByTeams: false });
  assert.deepEqual([lost.link.state, writes(lost)], ['DEGRADED', []]);
  const exchanged = seen(lost.link, 14 * 60_000, { phone: 'usable' });
  assert.deepEqual([exchanged.link.state, writes(exchanged)], ['READY', []]);
  const unread = seen(lost.link, 20 * 60_000, { seenByTeams: 'unread' });
  assert.equal(unread.link.state, 'DEGRADED', 'not having read takes nothing away');
  const gone = seen(lost.link, 15 * 60_000, { seenByTeams: false });
  assert.deepEqual([gone.link.state, writes(gone)], ['REMOVING', ['unassign']]);
});

test('Microsoft refuses all the same: that is PRV-405, and the licence given back releases the number', () => {
  const half = seen(seen(readyLink(), 0, {}).link, 12 * hour, {});
  const answer = { kind: 'refused', code: 'PRV-501', reason: 'no licence' } as const;
  const refusal = calledByName(half.link, half.facts, answer);
  const { link } = applyOutcome(half.link, refusal, account, at + 12 * hour, 0);
  assert.deepEqual([link.state, link.code], ['REMOVE_FAILED', 'PRV-405']);
  const still = seen(link, 12 * hour + 60_000, {});
  assert.deepEqual([still.link.state, writes(still)], ['REMOVE_FAILED', []]);
  const check = still.report.checks[8];
  assert.deepEqual([check?.code, check?.owner], ['PRV-405', 'entra-admin']);
  // Back in time is back: the person calls again, without a write.
  const back = seen(still.link, 12 * hour + 120_000, { phone: 'usable' });
  assert.deepEqual([back.link.state, writes(back)], ['READY', []]);
});
