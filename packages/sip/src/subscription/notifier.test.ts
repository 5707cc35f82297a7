import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialogPackage } from '../event-package/dialog-info.ts';
import { presencePackage } from '../event-package/pidf.ts';
import type { IncomingRequest } from '../ua/types.ts';
import { Notifier, type NotifierLimits } from './notifier.ts';
import { WatchWorld } from './test-subscriber.ts';

const limits: NotifierLimits = { lowestSeconds: 60, highestSeconds: 600, perOwner: 5, all: 8 };

/** A platform where everybody may watch everything, and what is watched is a number. */
function watched(change: Partial<NotifierLimits> = {}) {
  const world = new WatchWorld();
  const outcomes: string[] = [];
  const faults: string[] = [];
  const state = { value: 0, mayRefresh: true };
  const notifier = new Notifier({
    clock: world.clock,
    packages: [dialogPackage, presencePackage],
    limits: { ...limits, ...change },
    settings: { gapMs: 500, retryMs: 5_000, mostMissed: 3 },
    mayRefresh(incoming) {
      if (!state.mayRefresh) incoming.respond(403);
      return state.mayRefresh;
    },
    onNotified: (name, outcome) => outcomes.push(`${name} ${outcome}`),
    onRefused: (why) => faults.push(why),
  });
  world.onRequest = (incoming: IncomingRequest) => {
    const wish = notifier.read(incoming);
    if (!wish) return;
    notifier.open(incoming, wish, {
      owner: incoming.flow.remote.host,
      resource: 'dana',
      contact: '<sip:192.0.2.1:5060>',
      nextHop: incoming.flow,
      tell: () => {
        const told = state.value;
        return { same: String(told), body: (version) => `v${version} is ${told}` };
      },
    });
  };
  const change_ = (value: number, urgent = false): void => {
    state.value = value;
    notifier.news('dana', urgent);
  };
  return { world, notifier, outcomes, faults, state, change: change_ };
}

test('a phone subscribes: 200 with the time it gets, and a NOTIFY at once in the same dialog', () => {
  const { world } = watched();
  const phone = world.phone('desk');
  const lamp = phone.subscribe({ expires: 3600 });
  world.pass(10);
  assert.equal(lamp.answer.status, 200);
  assert.equal(lamp.answer.headers.get('expires'), '600');
  assert.equal(lamp.answer.headers.get('allow-events'), 'dialog, presence');
  const [first, ...others] = lamp.notifies;
  assert.deepEqual(others, []);
  assert.equal(first?.event, 'dialog');
  assert.equal(first?.state, 'active;expires=600');
  assert.equal(first?.body, 'v0 is 0');
  assert.equal(first?.request.uri, 'sip:desk@192.0.2.10:5060');
  assert.equal(first?.request.headers.get('content-type'), 'application/dialog-info+xml');
  assert.match(first?.request.headers.get('from') ?? '', /^<sip:1001@platform\.example>;tag=us-tag/);
  assert.match(first?.request.headers.get('to') ?? '', /;tag=desk-call-1$/);
  assert.equal(first?.request.headers.get('contact'), '<sip:192.0.2.1:5060>');
});

/** Answers, as RFC 6665 and RFC 3261 name them. */
const refusals = [
  ['an event that nobody notifies of', { event: 'refer' }, 489, 'allow-events', 'dialog, presence'],
  ['no event at all', { event: undefined }, 489, 'allow-events', 'dialog, presence'],
  ['an event that cannot be read', { event: 'dia log' }, 400, undefined, undefined],
  ['two events', { more: [['Event', 'presence']] }, 400, undefined, undefined],
  ['a time too short to be worth it', { expires: 59 }, 423, 'min-expires', '60'],
  ['a time that is no number', { expires: 'soon' }, 400, undefined, undefined],
  ['a time that no clock counts', { expires: '99999999999' }, 400, undefined, undefined],
  ['two times', { more: [['Expires', '100']] }, 400, undefined, undefined],
  [
    'a body that we do not speak',
    { accept: 'application/pidf+xml' },
    406,
    'accept',
    'application/dialog-info+xml',
  ],
  ['an Accept that cannot be read', { accept: 'xml;;' }, 400, undefined, undefined],
  ['no Contact', { contact: '' }, 400, undefined, undefined],
  ['any Contact', { contact: '*' }, 400, undefined, undefined],
  ['two Contacts', { contact: '<sip:a@192.0.2.10>, <sip:b@192.0.2.11>' }, 400, undefined, undefined],
  ['a telephone as Contact', { contact: '<tel:+12025550100>' }, 400, undefined, undefined],
  ['a filter', { body: '<filter/>' }, 415, 'accept', ''],
] as const;
for (const [what, text, status, header, value] of refusals)
  test(`a phone subscribes with ${what}: ${status}, and nothing is kept`, () => {
    const { world, notifier, faults } = watched();
    const phone = world.phone('desk');
    const lamp = phone.subscribe(text);
    world.pass(60_000);
    assert.equal(lamp.answer.status, status);
    if (header !== undefined) assert.equal(lamp.answer.headers.get(header), value);
    assert.ok(faults.length <= 1);
    assert.deepEqual([notifier.count, phone.packets, world.ua.counts.dialogs], [0, 0, 0]);
  });

for (const [accept, status] of [
  ['application/dialog-info+xml', 200],
  ['application/*', 200],
  ['*/*', 200],
  ['application/pidf+xml, application/dialog-info+xml;q=0.1', 200],
  ['APPLICATION/Dialog-Info+XML', 200],
  ['application/dialog-info+xml;q=0, */*', 406],
  ['text/*', 406],
] as const)
  test(`a phone accepts ${accept}: ${status}`, () => {
    const { world } = watched();
    assert.equal(world.phone('desk').subscribe({ accept }).answer.status, status);
  });

test('a SUBSCRIBE that comes again by the network gets the same answer and no second subscription', () => {
  const { world, notifier } = watched();
  const phone = world.phone('desk');
  const text = [
    'SUBSCRIBE sip:1001@platform.example SIP/2.0',
    'Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKsame;rport',
    'From: <sip:desk@platform.example>;tag=a',
    'To: <sip:1001@platform.example>',
    'Call-ID: same',
    'CSeq: 1 SUBSCRIBE',
    'Contact: <sip:desk@192.0.2.10>',
    'Event: dialog',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
  phone.say(text);
  phone.say(text);
  world.pass(100);
  phone.say(text);
  world.pass(100);
  assert.equal(notifier.count, 1);
  assert.equal(phone.notifies.length, 1);
});

test('changes go out at most every 500 ms, the newest state last; what is urgent does not wait', () => {
  const { world, change } = watched();
  const phone = world.phone('desk');
  phone.subscribe();
  world.pass(1_000);
  for (let value = 1; value <= 20; value++) {
    change(value);
    world.pass(50);
  }
  world.pass(1_000);
  const bodies = phone.notifies.map(({ body }) => body);
  assert.equal(bodies.at(-1), 'v3 is 20');
  const gaps = phone.notifies.slice(2).map(({ at }, index) => at - (phone.notifies[index + 1]?.at ?? 0));
  assert.ok(
    gaps.every((gap) => gap >= 500),
    `gaps ${gaps.join(', ')}`,
  );
  const { now } = world;
  change(21);
  world.pass(5);
  change(22, true);
  world.pass(5);
  const [before, last] = phone.notifies.slice(-2);
  assert.equal(before?.at, now);
  assert.equal(last?.at, now + 5);
});

test('a change that is taken back before it was told is not told', () => {
  const { world, change } = watched();
  const phone = world.phone('desk');
  phone.subscribe();
  world.pass(100);
  change(1);
  change(0);
  world.pass(5_000);
  assert.equal(phone.notifies.length, 1);
});

test('one NOTIFY is under way at a time: while a phone is slow, changes collect, and the next tells the newest', () => {
  const { world, change } = watched();
  const phone = world.phone('desk');
  phone.subscribe();
  world.pass(100);
  phone.habit = 'silence';
  change(1, true);
  world.pass(600);
  assert.equal(phone.notifies.length, 2);
  for (let value = 2; value <= 9; value++) change(value, true);
  world.pass(600);
  assert.equal(phone.notifies.length, 2, 'still waits for the answer');
  assert.ok(phone.packets > 2, 'the transaction layer sends it again');
  phone.habit = { status: 200 };
  world.pass(5_000);
  assert.deepEqual(
    phone.notifies.map(({ body }) => body),
    ['v0 is 0', 'v1 is 1', 'v2 is 9'],
  );
});

test('a phone refreshes: 200, a NOTIFY at once though nothing changed, and the time counts anew', () => {
  const { world, notifier } = watched();
  const phone = world.phone('desk');
  const lamp = phone.subscribe({ expires: 100 });
  world.pass(90_000);
  assert.equal(lamp.refresh({ expires: 100 }).status, 200);
  world.pass(90_000);
  assert.equal(notifier.count, 1);
  assert.deepEqual(
    lamp.notifies.map(({ state }) => state),
    ['active;expires=100', 'active;expires=100'],
  );
});

test('a phone refreshes with another Contact: the next NOTIFY is aimed there, but goes where the phone proved to be', () => {
  const { world } = watched();
  const phone = world.phone('desk');
  const lamp = phone.subscribe();
  world.pass(10);
  lamp.refresh({ contact: '<sip:desk@198.51.100.66:9999>' });
  world.pass(10);
  assert.deepEqual(
    phone.notifies.map(({ request }) => request.uri),
    ['sip:desk@192.0.2.10:5060', 'sip:desk@198.51.100.66:9999'],
  );
});

test('a phone does not refresh: the last NOTIFY says so, and the dialog is gone', () => {
  const { world, notifier } = watched();
  const phone = world.phone('desk');
  const lamp = phone.subscribe({ expires: 60 });
  world.pass(59_000);
  assert.equal(notifier.count, 1);
  world.pass(2_000);
  assert.equal(lamp.notifies.at(-1)?.state, 'terminated;reason=timeout');
  assert.deepEqual([notifier.count, world.ua.counts.dialogs], [0, 0]);
  assert.equal(lamp.refresh().status, 481);
});

test('a phone unsubscribes: 200, a last NOTIFY with the state, and no more', () => {
  const { world, notifier, change } = watched();
  const phone = world.phone('desk');
  const lamp = phone.subscribe();
  world.pass(10);
  const answer = lamp.refresh({ expires: 0 });
  assert.deepEqual([answer.status, answer.headers.get('expires')], [200, '0']);
  world.pass(10);
  assert.equal(lamp.notifies.at(-1)?.state, 'terminated;reason=timeout');
  change(1, true);
  world.pass(1_000);
  assert.deepEqual([notifier.count, phone.notifies.length], [0, 2]);
});

test('a phone unsubscribes while a NOTIFY is under way: the last word waits for its answer', () => {
  const { world, notifier, change } = watched();
  const phone = world.phone('desk');
  const lamp = phone.subscribe();
  world.pass(10);
  phone.habit = 'silence';
  change(1, true);
  lamp.refresh({ expires: 0 });
  world.pass(100);
  assert.equal(phone.notifies.length, 2);
  assert.equal(lamp.refresh({ expires: 600 }).status, 481, 'it is over for the phone already');
  phone.habit = { status: 200 };
  world.pass(4_000);
  assert.equal(phone.notifies.at(-1)?.state, 'terminated;reason=timeout');
  assert.equal(notifier.count, 0);
});

test('a phone only asks for the state (Expires 0): one NOTIFY, which is the last', () => {
  const { world, notifier } = watched();
  const phone = world.phone('desk');
  const lamp = phone.subscribe({ expires: 0 });
  world.pass(10);
  assert.equal(lamp.answer.headers.get('expires'), '0');
  assert.deepEqual(
    phone.notifies.map(({ state, body }) => [state, body]),
    [['terminated;reason=timeout', 'v0 is 0']],
  );
  assert.deepEqual([notifier.count, world.ua.counts.dialogs], [0, 0]);
});

test('the event id is sent back, and a refresh with another id or event is for a subscription that does not exist', () => {
  const { world } = watched();
  const phone = world.phone('desk');
  const lamp = phone.subscribe({ event: 'dialog;id=7;include-session-description' });
  world.pass(10);
  assert.equal(lamp.notifies[0]?.event, 'dialog;id=7');
  assert.equal(lamp.refresh({ event: 'dialog;id=8' }).status, 481);
  assert.equal(lamp.refresh({ event: 'presence' }).status, 481);
  assert.equal(lamp.refresh({ event: 'refer' }).status, 489);
  assert.equal(lamp.refresh({ event: 'dialog;id=7', expires: 5 }).status, 423);
  assert.equal(lamp.refresh({ event: 'dialog;id=7' }).status, 200);
});

test('INVITE, BYE and NOTIFY in the dialog of a subscription: 481, and the subscription lives', () => {
  const { world, notifier } = watched();
  const phone = world.phone('desk');
  const lamp = phone.subscribe();
  world.pass(10);
  for (const method of ['BYE', 'INVITE']) {
    lamp.send({}, undefined, method);
    assert.equal(lamp.answer.status, 481, method);
  }
  lamp.send({}, undefined, 'OPTIONS');
  assert.equal(lamp.answer.status, 200);
  assert.equal(notifier.count, 1);
});

for (const status of [404, 408, 481, 489, 604])
  test(`a phone answers ${status} to a NOTIFY: the subscription is over, and no more is sent`, () => {
    const { world, notifier, outcomes, change } = watched();
    const phone = world.phone('desk');
    phone.subscribe();
    world.pass(10);
    phone.habit = { status };
    change(1, true);
    world.pass(10);
    assert.deepEqual([notifier.count, world.ua.counts.dialogs], [0, 0]);
    change(2, true);
    world.pass(1_000);
    assert.equal(phone.notifies.length, 2);
    assert.deepEqual(outcomes, ['dialog taken', 'dialog gone']);
  });

test('a phone does not answer at all: the subscription is over when the transaction gives up', () => {
  const { world, notifier, outcomes } = watched();
  const phone = world.phone('desk');
  phone.habit = 'silence';
  phone.subscribe();
  world.pass(31_000);
  assert.equal(notifier.count, 1);
  world.pass(2_000);
  assert.deepEqual([notifier.count, outcomes], [0, ['dialog gone']]);
});

test('a phone is busy and answers 503 with Retry-After: the newest state comes then, and changes do not hurry it', () => {
  const { world, notifier, change } = watched();
  const phone = world.phone('desk');
  phone.subscribe();
  world.pass(10);
  phone.habit = { status: 503, retryAfter: 20 };
  change(1, true);
  world.pass(10);
  phone.habit = { status: 200 };
  for (let value = 2; value < 10; value++) {
    change(value, true);
    world.pass(1_000);
  }
  assert.equal(phone.notifies.length, 2);
  world.pass(20_000);
  assert.equal(phone.notifies.at(-1)?.body, 'v2 is 9');
  assert.equal(notifier.count, 1);
});

test('a phone refuses three NOTIFYs in a row: the subscription is over', () => {
  const { world, notifier } = watched();
  const phone = world.phone('desk');
  phone.habit = { status: 500 };
  phone.subscribe();
  world.pass(60_000);
  assert.deepEqual([notifier.count, phone.notifies.length], [0, 3]);
});

test("a phone has its most subscriptions, then all of the platform's: 403, then 503; one that ends makes room", () => {
  const { world, notifier, faults } = watched();
  const [one, two] = [world.phone('one'), world.phone('two')];
  const lamps = Array.from({ length: 5 }, () => one.subscribe());
  assert.equal(one.subscribe().answer.status, 403);
  const others = Array.from({ length: 3 }, () => two.subscribe());
  const full = two.subscribe();
  assert.equal(full.answer.status, 503);
  assert.equal(full.answer.headers.get('retry-after'), '60');
  assert.equal(notifier.count, 8);
  lamps[0]?.refresh({ expires: 0 });
  world.pass(100);
  assert.equal(two.subscribe().answer.status, 200);
  assert.deepEqual(faults, ['too-many-of-one', 'too-many']);
  assert.ok([...lamps, ...others].every(({ answer }) => answer.status === 200));
});

test('who may not watch any more is refused at the refresh, and what is watched goes: the last NOTIFY says why', () => {
  const { world, notifier, state } = watched();
  const phone = world.phone('desk');
  const lamp = phone.subscribe();
  world.pass(10);
  state.mayRefresh = false;
  assert.equal(lamp.refresh().status, 403);
  notifier.end('noresource', ({ resource }) => resource === 'dana');
  world.pass(10);
  assert.equal(lamp.notifies.at(-1)?.state, 'terminated;reason=noresource');
  assert.equal(notifier.count, 0);
});

test('the platform stops: each phone is told when to come back', () => {
  const { world, notifier } = watched();
  const phone = world.phone('desk');
  const lamp = phone.subscribe();
  world.pass(10);
  notifier.end('probation', undefined, () => 7);
  world.pass(10);
  assert.equal(lamp.notifies.at(-1)?.state, 'terminated;reason=probation;retry-after=7');
});
