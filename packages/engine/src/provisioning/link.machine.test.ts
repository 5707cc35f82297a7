import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkStates } from '@tandem/domain';
import { linkActions, linkEvents, linkMachine, linkStep } from './link.machine.ts';

test('every state names known events, goes to known states and does known things', () => {
  for (const [state, row] of Object.entries(linkMachine)) {
    assert.ok((linkStates as readonly string[]).includes(state));
    for (const [event, [next, ...actions]] of Object.entries(row)) {
      assert.ok((linkEvents as readonly string[]).includes(event), event);
      assert.ok((linkStates as readonly string[]).includes(next), next);
      for (const action of actions) assert.ok((linkActions as readonly string[]).includes(action), action);
    }
  }
});

/** Everything a state ignores, so that a new event has to be thought about in each. */
const ignored: Readonly<Record<string, number>> = Object.fromEntries(
  linkStates.map((state) => [state, linkEvents.filter((event) => !linkStep(state, event)).length]),
);

test('each state handles as many events as the table of the product says', () => {
  const handled = Object.fromEntries(
    linkStates.map((state) => [state, linkEvents.length - (ignored[state] ?? 0)]),
  );
  assert.deepEqual(handled, {
    OUT: 3,
    BLOCKED: 3,
    QUEUED: 9,
    ASSIGNING: 7,
    PROPAGATING: 7,
    AWAITING_RELAUNCH: 6,
    READY: 5,
    DRIFTED: 7,
    DEGRADED: 6,
    STANDBY: 2,
    REMOVING: 5,
    REMOVE_FAILED: 3,
    REMOVED: 4,
    FAILED: 8,
  });
});

test('every state can be left and every state can be reached', () => {
  const reached = new Set<string>(['OUT']);
  for (let round = 0; round < linkStates.length; round++)
    for (const [state, row] of Object.entries(linkMachine))
      if (reached.has(state)) for (const [next] of Object.values(row)) reached.add(next);
  assert.deepEqual([...reached].sort(), [...linkStates].sort());
});
