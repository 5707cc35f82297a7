import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type ConnectionEvent,
  type ConnectionState,
  connectionEvents,
  connectionMachine,
  connectionStates,
} from './connection.machine.ts';
import {
  type ConnectionInput,
  type ConnectionLife,
  type LifeAction,
  newConnectionLife,
  stepConnection,
} from './connection-life.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const start = Date.parse('2026-03-01T00:00:00Z');

/** A connection with its clock: steps it, and collects what it says. */
function watched(life: ConnectionLife = newConnectionLife(start)) {
  const said: LifeAction[] = [];
  const world = {
    life,
    now: life.sinceWallMs,
    said,
    put(input: ConnectionInput): readonly LifeAction[] {
      const step = stepConnection(world.life, input, world.now);
      world.life = step.life;
      said.push(...step.actions);
      return step.actions;
    },
    /** Minute by minute, with an answer each time unless told otherwise. */
    pass(ms: number, options: { answers?: boolean; ends?: number; step?: number } = {}): LifeAction[] {
      const heard: LifeAction[] = [];
      const until = world.now + ms;
      while (world.now < until) {
        world.now = Math.min(until, world.now + (options.step ?? minute));
        if (options.answers !== false) heard.push(...world.put({ is: 'answered' }));
        heard.push(...world.put({ is: 'tick', credentialEndsWallMs: options.ends }));
      }
      return heard;
    },
  };
  return world;
}
function connected() {
  const world = watched();
  world.put({ is: 'signed-in' });
  world.put({ is: 'proof-wanted' });
  world.put({ is: 'roles', missing: [] });
  assert.equal(world.life.state, 'CONNECTED');
  world.said.length = 0;
  return world;
}

describe('the way to a connection', () => {
  test('sign-in, approval, roles in a fresh token: connected, and not before', () => {
    const world = watched();
    assert.deepEqual(world.put({ is: 'signed-in' }), []);
    assert.equal(world.life.state, 'SIGNED_IN');
    assert.deepEqual(world.put({ is: 'proof-wanted' }), ['startProof']);
    assert.equal(world.life.state, 'CONSENT_PENDING');
    world.put({ is: 'roles', missing: ['User.Read.All'] });
    assert.equal(world.life.state, 'CONSENT_PENDING');
    world.now += 40_000;
    assert.deepEqual(world.put({ is: 'roles', missing: [] }), ['begin']);
    assert.equal(world.life.state, 'CONNECTED');
  });

  test('B08: cancelled at the second grant it is a half state that can be repeated', () => {
    const world = watched();
    world.put({ is: 'signed-in' });
    world.put({ is: 'consent-failed', trouble: 'declined' });
    assert.equal(world.life.state, 'CONSENT_INCOMPLETE');
    assert.equal(world.life.reason, 'declined');
    world.put({ is: 'proof-wanted' });
    world.put({ is: 'roles', missing: [] });
    assert.equal(world.life.state, 'CONNECTED');
    assert.equal(world.life.reason, undefined);
  });

  test('whoever only signed in gets nothing by roles that somebody else approved (T19)', () => {
    const world = watched();
    world.put({ is: 'signed-in' });
    assert.deepEqual(world.put({ is: 'roles', missing: [] }), []);
    assert.equal(world.life.state, 'SIGNED_IN');
  });

  test('B46: roles that do not come within five minutes end the wait, with the missing ones named', () => {
    const world = watched();
    world.put({ is: 'signed-in' });
    world.put({ is: 'proof-wanted' });
    world.put({ is: 'roles', missing: ['Domain.Read.All'] });
    world.pass(4 * minute, { answers: false });
    assert.equal(world.life.state, 'CONSENT_PENDING');
    world.pass(minute, { answers: false });
    assert.equal(world.life.state, 'CONSENT_INCOMPLETE');
    assert.equal(world.life.reason, 'permission-missing');
  });
});

describe('an interrupted connection (product-behaviour 2.10)', () => {
  test('a refused token interrupts at once, with its reason, and is told', () => {
    const world = connected();
    assert.deepEqual(world.put({ is: 'refused', trouble: 'app-removed' }), ['tellInterrupted']);
    assert.equal(world.life.state, 'INTERRUPTED');
    assert.equal(world.life.reason, 'app-removed');
  });

  test('one 403 is nothing, two in a row interrupt, an answer in between starts the count anew', () => {
    const world = connected();
    assert.deepEqual(world.put({ is: 'denied' }), []);
    world.put({ is: 'answered' });
    assert.deepEqual(world.put({ is: 'denied' }), []);
    assert.deepEqual(world.put({ is: 'denied' }), ['tellInterrupted']);
    assert.equal(world.life.reason, 'access-denied');
  });

  test('three minutes without an answer interrupt, and the first answer resumes', () => {
    const world = connected();
    world.put({ is: 'answered' });
    assert.deepEqual(world.pass(3 * minute - 1, { answers: false, step: minute / 2 }), []);
    assert.deepEqual(world.pass(1, { answers: false }), ['tellInterrupted']);
    assert.equal(world.life.reason, 'silent');
    assert.deepEqual(world.put({ is: 'answered' }), ['resume']);
    assert.equal(world.life.state, 'CONNECTED');
  });

  test('an answer does not end another trouble than silence: a fresh token must prove it', () => {
    const world = connected();
    world.put({ is: 'roles', missing: ['GroupMember.Read.All'] });
    assert.equal(world.life.reason, 'permission-missing');
    assert.deepEqual(world.life.missing, ['GroupMember.Read.All']);
    world.put({ is: 'answered' });
    assert.equal(world.life.state, 'INTERRUPTED');
    assert.deepEqual(world.put({ is: 'roles', missing: [] }), ['resume']);
    assert.equal(world.life.missing, undefined);
  });

  test('it is told daily, at most seven times more, then there is quiet', () => {
    const world = connected();
    world.put({ is: 'refused', trouble: 'app-disabled' });
    const heard = world.pass(30 * day, { answers: false, step: 60 * minute });
    assert.deepEqual(heard, Array<LifeAction>(7).fill('tellAgain'));
  });

  test('while it is interrupted another reason replaces the old one without a second mail', () => {
    const world = connected();
    world.put({ is: 'refused', trouble: 'silent' });
    assert.deepEqual(world.put({ is: 'refused', trouble: 'tenant-gone' }), []);
    assert.equal(world.life.reason, 'tenant-gone');
  });

  test('approving again while it is interrupted resumes: nothing has to be chosen anew', () => {
    const world = connected();
    world.put({ is: 'refused', trouble: 'app-removed' });
    assert.deepEqual(world.put({ is: 'proof-wanted' }), []);
    assert.equal(world.life.state, 'INTERRUPTED');
    assert.deepEqual(world.put({ is: 'roles', missing: [] }), ['resume']);
  });
});

describe('a credential that ends (N02)', () => {
  test('reminders 30, 7, 1 and 0 days before, once each, then it is expired and told daily', () => {
    const world = connected();
    const ends = start + 40 * day;
    const at: [number, LifeAction][] = [];
    for (let hour = 0; hour < 45 * 24; hour++) {
      for (const action of world.pass(60 * minute, { ends, step: 60 * minute }))
        at.push([Math.ceil((ends - world.now) / day), action]);
    }
    assert.deepEqual(
      at.filter(([, action]) => action === 'remind').map(([left]) => left),
      [30, 7, 1, 0],
    );
    assert.equal(world.life.state, 'EXPIRED');
    assert.equal(at.filter(([, action]) => action === 'tellExpired').length, 1);
    assert.equal(at.filter(([, action]) => action === 'tellAgain').length, 5);
  });

  test('within the last thirty days it works and says so', () => {
    const world = connected();
    world.pass(minute, { ends: start + 20 * day });
    assert.equal(world.life.state, 'EXPIRING');
  });

  test('a new credential ends the reminders and begins them anew for its own end', () => {
    const world = connected();
    world.pass(minute, { ends: start + 5 * day });
    assert.equal(world.life.reminded, 7);
    world.pass(minute, { ends: start + 700 * day });
    assert.equal(world.life.state, 'CONNECTED');
    assert.equal(world.life.reminded, undefined);
  });

  test('a platform that slept through several reminders sends only the last', () => {
    const world = connected();
    world.now += 39.5 * day;
    world.put({ is: 'answered' });
    const actions = world.put({ is: 'tick', credentialEndsWallMs: start + 40 * day });
    assert.deepEqual(actions, ['remind']);
    assert.equal(world.life.reminded, 1);
  });

  test('Microsoft says that the secret expired before we thought so: expired, not interrupted', () => {
    const world = connected();
    assert.deepEqual(world.put({ is: 'refused', trouble: 'credential-expired' }), ['tellExpired']);
    assert.equal(world.life.state, 'EXPIRED');
    assert.deepEqual(world.put({ is: 'roles', missing: [] }), ['resume']);
  });
});

test('every state is met with every event, and what the table does not list changes nothing', () => {
  const handled: Record<ConnectionState, readonly ConnectionEvent[]> = {
    NOT_CONNECTED: ['signedIn', 'proofWanted', 'consentFailed', 'rolesComplete', 'disconnected'],
    SIGNED_IN: ['signedIn', 'proofWanted', 'consentFailed', 'disconnected'],
    CONSENT_PENDING: [
      'signedIn',
      'proofWanted',
      'consentFailed',
      'rolesComplete',
      'proofOver',
      'disconnected',
    ],
    CONSENT_INCOMPLETE: ['signedIn', 'proofWanted', 'consentFailed', 'rolesComplete', 'disconnected'],
    CONNECTED: [
      'rolesMissing',
      'refused',
      'lostAccess',
      'silent',
      'credentialEndsSoon',
      'credentialEnded',
      'disconnected',
    ],
    EXPIRING: [
      'rolesMissing',
      'refused',
      'lostAccess',
      'silent',
      'credentialEnded',
      'credentialFresh',
      'disconnected',
    ],
    EXPIRED: ['rolesComplete', 'disconnected'],
    INTERRUPTED: ['rolesComplete', 'answered', 'credentialEnded', 'disconnected'],
    DISCONNECTED: ['signedIn', 'proofWanted'],
  };
  for (const state of connectionStates) {
    const listed = connectionEvents.filter((event) => event in connectionMachine[state]);
    assert.deepEqual(new Set(listed), new Set(handled[state]), state);
  }
});

test('whatever happens: works only after roles were seen complete, and never more than eight mails for one trouble', () => {
  const input: fc.Arbitrary<ConnectionInput> = fc.oneof(
    fc.constantFrom<ConnectionInput>(
      { is: 'signed-in' },
      { is: 'proof-wanted' },
      { is: 'roles', missing: [] },
      { is: 'roles', missing: ['User.Read.All'] },
      { is: 'refused', trouble: 'app-removed' },
      { is: 'refused', trouble: 'credential-expired' },
      { is: 'consent-failed', trouble: 'declined' },
      { is: 'answered' },
      { is: 'denied' },
      { is: 'tick' },
      { is: 'tick', credentialEndsWallMs: start + 20 * day },
      { is: 'disconnected' },
    ),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(input, fc.integer({ min: 0, max: 2 * day })), { maxLength: 80 }),
      (steps) => {
        const world = watched();
        let proved = false;
        let mails = 0;
        for (const [one, wait] of steps) {
          world.now += wait;
          const before = world.life.state;
          const actions = world.put(one);
          if (one.is === 'roles' && one.missing.length === 0 && before !== 'SIGNED_IN') proved = true;
          if (one.is === 'disconnected') proved = false;
          if (['CONNECTED', 'EXPIRING'].includes(world.life.state)) assert.ok(proved);
          if (world.life.state !== before && !['INTERRUPTED', 'EXPIRED'].includes(before)) mails = 0;
          mails += actions.filter((action) => action.startsWith('tell')).length;
          assert.ok(mails <= 8, `${mails} mails`);
        }
      },
    ),
    { numRuns: 300 },
  );
});
