import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Account,
  asCallId,
  asPersonId,
  asQueueId,
  buildSnapshot,
  type Device,
  type Person,
  type PresenceLabel,
  type Queue,
  queueDefaults,
  type RoutingSnapshot,
} from '@tandem/domain';
import { ha1Of } from '@tandem/sip';
import { type Watching, type WatchingPhone, WatchWorld } from '@tandem/sip/subscription/test-subscriber.ts';
import fc from 'fast-check';
import type { CallEnd } from '../call/call-end.ts';
import { account, acmeId, danaNumber, device, globexId, people, person } from '../call/test-world.ts';
import type { PersonPresence } from '../presence/shown-presence.ts';
import { createRegistrar } from '../registrar/registrar.ts';
import { defaultExpires, defaultLockOut, defaultUnproven } from '../registrar/settings.ts';
import { authorizationFor, realm } from '../registrar/test-phone.ts';
import { shownStates } from './lamp.ts';
import { createPhoneWatch, type WatchedCall } from './phone-watch.ts';
import { defaultPace, defaultWatchLimits, type PhoneWatchSettings } from './settings.ts';

interface Facts {
  readonly devices: readonly Device[];
  readonly people: readonly Person[];
  readonly accounts: readonly Account[];
  readonly queues?: readonly Queue[];
}
const snapshotOf = (facts: Facts): RoutingSnapshot =>
  buildSnapshot({ version: 1, builtAtWallMs: 0, carriers: [], hubs: [], ...facts }).snapshot;

const dana = asPersonId('Dana');
const reception = device('reception', 'acme', { extension: '1010' });
const danaDesk = device('dana-desk', 'acme', { personId: dana, extension: '1011' });
const gina = device('gina-desk', 'globex', { extension: '2001' });
const settings: PhoneWatchSettings = {
  realm,
  via: { UDP: 'phones-udp', TCP: 'phones-tcp', TLS: 'phones-tls' },
  contact: {
    UDP: { host: '192.0.2.1', port: 5060 },
    TCP: { host: '192.0.2.1', port: 5060 },
    TLS: { host: '192.0.2.1', port: 5061 },
  },
  limits: defaultWatchLimits,
  pace: defaultPace,
};

/** Acme with Dana (1001), Sam (1002), a reception phone and Dana's desk phone; Globex with a 1001 and a phone 2001. */
function office(change: Partial<PhoneWatchSettings> = {}, withPresence = true) {
  const world = new WatchWorld();
  const facts = {
    devices: [reception, danaDesk, gina] as readonly Device[],
    people: [...people, person('Gus', 'globex', undefined, { extension: '1003' })],
    accounts: [account('acme'), account('globex')],
  };
  const seen = {
    snapshot: snapshotOf(facts),
    registered: new Set<Device['id']>(),
    states: new Map<string, PersonPresence>(),
    looked: [] as string[],
    faults: [] as string[],
    asked: 0,
    /** Device by the user in From, as if it had proved itself. */
    proves: true,
  };
  const listeners = new Set<(id: typeof dana) => void>();
  const live = new Map<string, readonly CallEnd[]>();
  const call = (id: string): WatchedCall => ({
    callId: id,
    ends() {
      seen.asked++;
      return live.get(id) ?? [];
    },
  });
  const watch = createPhoneWatch({
    clock: world.clock,
    settings: { ...settings, ...change },
    authenticatePhone(request) {
      const user = /sip:([^@]+)@/.exec(request.headers.get('from') ?? '')?.[1];
      const found = [...seen.snapshot.devices.values()].find(({ name }) => name === user);
      return found && seen.proves
        ? { kind: 'device', device: found }
        : { kind: 'challenge', status: 401, headers: [['WWW-Authenticate', 'Digest realm="x"']] };
    },
    registrations: {
      deviceAt: () => undefined,
      contactOf: (id) =>
        seen.registered.has(id)
          ? {
              uri: 'sip:x@192.0.2.9',
              destination: { protocol: 'UDP', host: '192.0.2.9', port: 5060, via: 'x' },
              expiresAtWallMs: 9e15,
            }
          : undefined,
    },
    snapshot: () => seen.snapshot,
    activeCalls: () => [...live.keys()].map(call),
    ...(withPresence && {
      presence: {
        of: (id) => seen.states.get(id),
        onChange(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
        watched: (id) => seen.looked.push(id),
      },
    }),
    fraction: () => 0.5,
    onFault: (why) => seen.faults.push(why),
  });
  world.onRequest = (incoming) => watch.onSubscribe(incoming);
  return {
    world,
    watch,
    seen,
    facts,
    /** A call of Dana's, or of whoever `ends` says, as the engine tells it. */
    call(id: string, ...ends: readonly Partial<CallEnd>[]) {
      live.set(
        id,
        ends.map((end) => ({
          accountId: acmeId,
          personId: dana,
          deviceId: undefined,
          direction: 'recipient',
          state: 'early',
          remote: '+12025550199',
          ...end,
        })),
      );
      if (ends.length > 0) watch.callChanged(call(id));
      else {
        live.delete(id);
        watch.callEnded(id);
      }
    },
    /** What Teams shows of Dana, read now. */
    teams(label: PresenceLabel, of = dana) {
      seen.states.set(of, {
        label,
        source: 'teams',
        idle: false,
        outOfOffice: false,
        stale: false,
        flags: { acceptDirect: 'yes', acceptQueue: true },
        refused: false,
        teams: { availability: null, activity: null, readAtWallMs: world.clock.wall() },
      });
      for (const listener of listeners) listener(of);
    },
  };
}

/** States of the dialogs in the last NOTIFY. */
const lamp = (watching: Watching): readonly string[] =>
  [...(watching.notifies.at(-1)?.body ?? '').matchAll(/<state>(\w+)<\/state>/g)].map(
    ([, state]) => state ?? '',
  );
const phoneOf = (world: WatchWorld, name = 'reception'): WatchingPhone => world.phone(name);

test("a call from outside rings Dana, is answered and ends: reception's lamp blinks, lights and goes dark at once", () => {
  const { world, call } = office();
  const watching = phoneOf(world).subscribe({ user: '1001' });
  world.pass(10);
  assert.equal(watching.answer.status, 200);
  assert.deepEqual(lamp(watching), ['terminated']);
  for (const [state, shown] of [
    ['early', ['early']],
    ['confirmed', ['confirmed']],
    [undefined, ['terminated']],
  ] as const) {
    const { now } = world;
    call('c1', ...(state ? [{ state }] : []));
    world.pass(5);
    assert.deepEqual(lamp(watching), shown);
    assert.equal(watching.notifies.at(-1)?.at, now);
  }
  const versions = watching.notifies.map(({ body }) => /version="(\d+)"/.exec(body)?.[1]);
  assert.deepEqual(versions, ['0', '1', '2', '3']);
  assert.match(watching.notifies[1]?.body ?? '', /<dialog id="c1\.b" direction="recipient">/);
  assert.match(watching.notifies[3]?.body ?? '', /<dialog id="c1\.b">\r\n<state>terminated/);
  assert.match(watching.notifies[0]?.body ?? '', new RegExp(`entity="sip:1001@${realm}"`));
});

test('a phone that begins to watch in the middle of a call sees it', () => {
  const { world, call } = office();
  call('c1', { state: 'confirmed' });
  const watching = phoneOf(world).subscribe({ user: '1001' });
  world.pass(10);
  assert.deepEqual(lamp(watching), ['confirmed']);
});

test("Dana's Teams and her desk phone ring and the phone answers: one dialog of hers, and the phone's own lamp as well", () => {
  const { world, call } = office();
  const phone = phoneOf(world);
  const [person, desk] = [phone.subscribe({ user: '1001' }), phone.subscribe({ user: 'dana-desk' })];
  call('c1', { state: 'early' }, { state: 'early', deviceId: danaDesk.id });
  world.pass(10);
  assert.deepEqual([lamp(person), lamp(desk)], [['early'], ['early']]);
  call('c1', { state: 'confirmed' });
  world.pass(10);
  assert.deepEqual([lamp(person), lamp(desk)], [['confirmed'], ['terminated']], 'answered in Teams');
});

test('who may watch whom: names, extensions and numbers of the own account; all else is 404, whoever has it', () => {
  const { world, watch, seen } = office();
  const phone = phoneOf(world);
  for (const user of ['1001', '1010', 'reception', 'acme-reception', danaNumber, danaNumber.slice(2)])
    assert.equal(phone.subscribe({ user }).answer.status, 200, user);
  // 2001, 1003, Gina's number and phone are another customer's; 9999 and the rest are nobody's.
  const answers = ['2001', '1003', '+12025550162', 'gina-desk', '9999', '+12025550111', 'nobody', ''].map(
    (user) => {
      const { answer } = phone.subscribe({ user });
      const headers = [...answer.headers].filter(([name]) => !/^(via|from|to|call-id)$/i.test(name));
      return JSON.stringify([answer.status, answer.reason, headers]);
    },
  );
  assert.match(answers[0] ?? '', /^\[404,"Not Found"/);
  assert.equal(new Set(answers.slice(0, 7)).size, 1, 'not told apart');
  assert.equal(watch.counts().dialog, 6);
  assert.ok(seen.faults.every((fault) => fault === 'not-found'));
});

test("a phone of Globex that watches 1001 sees Globex's, not Acme's", () => {
  const { world, call } = office();
  const watching = phoneOf(world, 'gina-desk').subscribe({ user: '1001' });
  call('c1', { state: 'confirmed' });
  world.pass(10);
  assert.deepEqual(lamp(watching), ['terminated']);
  call('c2', { state: 'early', accountId: globexId, personId: asPersonId('Gina') });
  world.pass(10);
  assert.deepEqual(lamp(watching), ['early']);
});

for (const [label, { lit, basic, activities, note }] of Object.entries(shownStates))
  test(`Teams shows Dana ${label}: the lamp is ${lit ? 'lit' : 'dark'}, presence is ${basic}, ${note}`, () => {
    const { world, teams } = office();
    const phone = phoneOf(world);
    const [dialog, presence] = [
      phone.subscribe({ user: '1001' }),
      phone.subscribe({ user: '1001', event: 'presence' }),
    ];
    world.pass(1_000);
    teams(label as PresenceLabel);
    world.pass(1_000);
    assert.deepEqual(lamp(dialog), [lit ? 'confirmed' : 'terminated']);
    const { body } = presence.notifies.at(-1) ?? { body: '' };
    assert.match(body, new RegExp(`<basic>${basic}</basic>`));
    assert.match(body, new RegExp(`<dm:note>${note}</dm:note>`));
    for (const activity of activities) assert.ok(body.includes(`<rpid:${activity}/>`), body);
    if (label !== 'available')
      assert.equal(presence.notifies.length, note === 'Unknown' ? 1 : 2, 'told once');
  });

test('nothing is known of Dana: closed without a registered phone, available with one; a ringing and a talking line count first', () => {
  const { world, watch, seen, call } = office();
  const watching = phoneOf(world).subscribe({ user: '1001', event: 'presence' });
  const note = () => /<dm:note>(.*)<\/dm:note>/.exec(watching.notifies.at(-1)?.body ?? '')?.[1];
  world.pass(10);
  assert.equal(note(), 'Unknown');
  seen.registered.add(danaDesk.id);
  watch.registrationsChanged();
  world.pass(3_000);
  assert.equal(note(), 'Available');
  call('c1', { state: 'early' });
  world.pass(10);
  assert.equal(note(), 'Ringing');
  call('c1', { state: 'confirmed' });
  world.pass(10);
  assert.equal(note(), 'On a call');
  call('c1');
  world.pass(10);
  assert.equal(note(), 'Available');
});

test('a phone of nobody: offline, available while registered, on a call', () => {
  const { world, watch, seen, call } = office();
  const watching = phoneOf(world, 'dana-desk').subscribe({ user: '1010', event: 'presence' });
  const basic = () => /<basic>(\w+)/.exec(watching.notifies.at(-1)?.body ?? '')?.[1];
  world.pass(10);
  assert.equal(basic(), 'closed');
  seen.registered.add(reception.id);
  watch.registrationsChanged();
  world.pass(3_000);
  assert.equal(basic(), 'open');
  call('c1', { personId: undefined, deviceId: reception.id, direction: 'initiator', state: 'trying' });
  world.pass(10);
  assert.match(watching.notifies.at(-1)?.body ?? '', /on-the-phone/);
});

test('somebody waits in a queue: its lamp blinks until a member takes the call; it is open while a member is logged in', () => {
  const { world, watch, seen, facts, call } = office();
  const sales: Queue = {
    ...queueDefaults,
    id: asQueueId('sales'),
    accountId: acmeId,
    name: 'Sales',
    extension: '1500',
    members: [{ personId: dana, loggedIn: false }],
  };
  seen.snapshot = snapshotOf({ ...facts, queues: [sales] });
  const phone = phoneOf(world);
  const [dialog, presence, member] = [
    phone.subscribe({ user: '1500' }),
    phone.subscribe({ user: '1500', event: 'presence' }),
    phone.subscribe({ user: '1001' }),
  ];
  const note = () => /<dm:note>(.*)<\/dm:note>/.exec(presence.notifies.at(-1)?.body ?? '')?.[1];
  world.pass(1_000);
  assert.deepEqual([lamp(dialog), note()], [['terminated'], 'Offline']);
  seen.snapshot = snapshotOf({
    ...facts,
    queues: [{ ...sales, members: [{ personId: dana, loggedIn: true }] }],
  });
  watch.snapshotChanged();
  world.pass(1_000);
  assert.equal(note(), 'Available');
  const waits = { personId: undefined, queueId: sales.id };
  call('c1', waits);
  world.pass(10);
  assert.deepEqual([lamp(dialog), note(), lamp(member)], [['early'], 'Ringing', ['terminated']]);
  call('c1', waits, { state: 'early' });
  world.pass(10);
  assert.deepEqual([lamp(dialog), lamp(member)], [['early'], ['early']]);
  call('c1', { state: 'confirmed' });
  world.pass(10);
  assert.deepEqual([lamp(dialog), note(), lamp(member)], [['terminated'], 'Available', ['confirmed']]);
  seen.snapshot = snapshotOf(facts);
  watch.snapshotChanged();
  world.pass(10);
  assert.equal(dialog.notifies.at(-1)?.state, 'terminated;reason=noresource');
});

test('Teams still says in a call when a call of ours has ended: the lamp goes dark, and lights again only for another call', () => {
  const { world, call, teams } = office();
  const watching = phoneOf(world).subscribe({ user: '1001' });
  call('c1', { state: 'confirmed' });
  world.pass(5_000);
  teams('on_call');
  world.pass(1_000);
  call('c1');
  world.pass(600);
  assert.deepEqual(lamp(watching), ['terminated']);
  world.pass(1_000);
  teams('on_call');
  world.pass(1_000);
  assert.deepEqual(lamp(watching), ['terminated'], 'read within the lag');
  world.pass(2_000);
  teams('on_call');
  world.pass(1_000);
  assert.deepEqual(lamp(watching), ['confirmed'], 'a call that only Teams knows');
  teams('available');
  world.pass(1_000);
  assert.deepEqual(lamp(watching), ['terminated']);
});

test('nobody reads Teams again after a call: what it said last counts when it has had its time', () => {
  const { world, call, teams } = office();
  const watching = phoneOf(world).subscribe({ user: '1001' });
  call('c1', { state: 'confirmed' });
  teams('on_call');
  call('c1');
  world.pass(1_000);
  assert.deepEqual(lamp(watching), ['terminated']);
  world.pass(10_000);
  assert.deepEqual(lamp(watching), ['confirmed']);
});

test('a lamp says that Dana talks and not with whom, but to her own phone; a hidden caller to nobody', () => {
  const { world, call } = office();
  const [others, own] = [phoneOf(world), phoneOf(world, 'dana-desk')].map((phone) =>
    phone.subscribe({ user: '1001' }),
  );
  call('c1', { remote: '+12025550199' });
  world.pass(10);
  assert.doesNotMatch(others?.notifies.at(-1)?.body ?? '', /2025550199|remote/);
  assert.match(own?.notifies.at(-1)?.body ?? '', /<remote>\r\n<identity>sip:\+12025550199@/);
  call('c1');
  call('c2', { remote: 'anonymous' });
  world.pass(600);
  assert.doesNotMatch(own?.notifies.at(-1)?.body ?? '', /anonymous|remote/);
});

test('a stranger is challenged, a suspended customer and too many requests are refused, and none of them watches', () => {
  const { world, watch, seen, facts } = office({
    pace: { perPhone: { points: 3, perSecond: 1 }, all: { points: 100, perSecond: 100 } },
  });
  const phone = phoneOf(world);
  assert.equal(phoneOf(world, 'mallory').subscribe().answer.status, 401);
  for (let at = 0; at < 3; at++) assert.equal(phone.subscribe().answer.status, 200);
  const flooded = phone.subscribe().answer;
  assert.deepEqual([flooded.status, flooded.headers.get('retry-after')], [503, '10']);
  world.pass(2_000);
  assert.equal(phone.subscribe().answer.status, 200);
  assert.equal(watch.counts().dialog, 4);
  seen.snapshot = snapshotOf({
    ...facts,
    accounts: [account('acme', { status: 'suspended' }), account('globex')],
  });
  assert.equal(phone.subscribe().answer.status, 403);
  assert.deepEqual(seen.faults, ['too-fast', 'not-active']);
});

test('a refresh proves itself too: not at all gets 401, another phone 403, and the subscription lives on', () => {
  const { world, watch, seen } = office();
  const phone = phoneOf(world);
  const watching = phone.subscribe({ user: '1001' });
  world.pass(10);
  seen.proves = false;
  assert.equal(watching.refresh().status, 401);
  seen.proves = true;
  seen.snapshot = snapshotOf({
    devices: [{ ...reception, id: danaDesk.id }],
    people,
    accounts: [account('acme')],
  });
  assert.equal(watching.refresh().status, 403);
  assert.equal(watch.counts().dialog, 1);
});

test('who is watched leaves the account, a phone is taken away, a customer is suspended: each lamp is told its end', () => {
  const { world, watch, seen, facts } = office();
  const [one, two] = [phoneOf(world), phoneOf(world, 'dana-desk')];
  const [sam, of2] = [one.subscribe({ user: '1002' }), two.subscribe({ user: '1001' })];
  world.pass(10);
  seen.snapshot = snapshotOf({ ...facts, people: facts.people.filter(({ id }) => id !== 'Sam') });
  watch.snapshotChanged();
  world.pass(10);
  assert.equal(sam.notifies.at(-1)?.state, 'terminated;reason=noresource');
  assert.equal(of2.notifies.length, 1);
  seen.snapshot = snapshotOf({ ...facts, devices: [reception] });
  watch.snapshotChanged();
  world.pass(10);
  assert.equal(of2.notifies.at(-1)?.state, 'terminated;reason=rejected');
  assert.deepEqual(watch.counts(), { dialog: 0, presence: 0 });
});

test('a connection ends: its lamps are forgotten at once; those of other phones stay', () => {
  const { world, watch } = office();
  const [tls, udp] = [world.phone('reception', 'TLS'), world.phone('dana-desk')];
  tls.subscribe({ user: '1001' });
  tls.subscribe({ user: '1002' });
  udp.subscribe({ user: '1002' });
  world.pass(10);
  assert.equal(tls.notifies[0]?.request.headers.get('contact'), '<sip:1001@192.0.2.1:5061;transport=tls>');
  watch.flowClosed(tls.flow);
  world.pass(10);
  assert.deepEqual([watch.counts().dialog, tls.packets], [1, 2]);
});

test('people on watched lamps are read often for as long as somebody watches, and nobody asks calls when nobody does', () => {
  const { world, seen, call, watch } = office();
  call('c0', { state: 'confirmed' });
  assert.equal(seen.asked, 0);
  const phone = phoneOf(world);
  const watching = phone.subscribe({ user: '1001' });
  world.pass(95_000);
  assert.deepEqual(seen.looked, ['Dana', 'Dana', 'Dana', 'Dana']);
  watching.refresh({ expires: 0 });
  world.pass(100);
  const { asked } = seen;
  call('c0', { state: 'early' });
  world.pass(300_000);
  assert.deepEqual([seen.looked.length, seen.asked, watch.counts().dialog], [4, asked, 0]);
});

test('the platform stops: phones are told to come back, spread over half a minute', () => {
  const { world, watch } = office();
  const watching = phoneOf(world).subscribe({ user: '1001' });
  world.pass(10);
  watch.stop();
  assert.equal(watching.notifies.at(-1)?.state, 'terminated;reason=probation;retry-after=18');
});

test('without presence only our own calls light a lamp', () => {
  const { world, call } = office({}, false);
  const watching = phoneOf(world).subscribe({ user: '1001' });
  call('c1', { state: 'confirmed' });
  world.pass(10);
  assert.deepEqual(lamp(watching), ['confirmed']);
});

for (const algorithm of ['MD5', 'SHA-256'] as const)
  test(`a phone proves itself by digest with ${algorithm}, as when it registers; a wrong password is challenged again`, () => {
    const { world, watch, seen } = office();
    const registrar = createRegistrar({
      clock: world.clock,
      settings: {
        realm,
        nonceKey: { secret: Buffer.alloc(32, 7), lifetimeMs: 300_000 },
        via: settings.via,
        expires: defaultExpires,
        lockOut: defaultLockOut,
        unproven: defaultUnproven,
      },
      secrets: {
        ofUser: (user) =>
          user === reception.sipUser
            ? {
                deviceId: reception.id,
                sipUser: user,
                md5: ha1Of('MD5', user, realm, 'staple'),
                sha256: ha1Of('SHA-256', user, realm, 'staple'),
              }
            : undefined,
      },
      deviceOf: (id) => seen.snapshot.devices.get(id),
      secretBytes: (count) => Buffer.alloc(count, 1),
    });
    world.pass(1);
    const proven = createPhoneWatch({
      clock: world.clock,
      settings,
      authenticatePhone: registrar.authenticatePhone,
      registrations: registrar,
      snapshot: () => seen.snapshot,
      activeCalls: () => [],
      fraction: () => 0,
    });
    world.onRequest = (incoming) => proven.onSubscribe(incoming);
    for (const [password, status] of [
      ['guess', 401],
      ['staple', 200],
    ] as const) {
      const phone = phoneOf(world);
      const first = phone.subscribe({ user: '1001' });
      assert.equal(first.answer.status, 401);
      const ask = { user: reception.sipUser, password, algorithm };
      const uri = 'sip:1001@platform.example';
      const authorization = authorizationFor(first.answer, ask, 'SUBSCRIBE', 1, uri);
      const second = phone.subscribe({ user: '1001', authorization }, first.callId, 2);
      assert.equal(second.answer.status, status);
    }
    assert.deepEqual([proven.counts().dialog, watch.counts().dialog], [1, 0]);
    registrar.stop();
  });

test('calls ring, are answered and end in any order: when it is quiet each lamp shows what the calls are', () => {
  const step = fc.record({
    id: fc.constantFrom('c1', 'c2', 'c3'),
    ends: fc.array(
      fc.record({
        personId: fc.constantFrom(dana, asPersonId('Sam')),
        deviceId: fc.constantFrom(undefined, danaDesk.id),
        direction: fc.constantFrom('initiator' as const, 'recipient' as const),
        state: fc.constantFrom('trying' as const, 'early' as const, 'confirmed' as const),
      }),
      { maxLength: 3 },
    ),
    ms: fc.nat(700),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (story) => {
      const { world, call } = office();
      const watching = phoneOf(world).subscribe({ user: '1001' });
      const strength = { trying: 0, early: 1, confirmed: 2 };
      const now = new Map<string, Map<string, keyof typeof strength>>();
      for (const { id, ends, ms } of story) {
        call(asCallId(id), ...ends);
        const mine = new Map<string, keyof typeof strength>();
        for (const { personId, direction, state } of ends) {
          if (personId !== dana) continue;
          const old = mine.get(direction);
          if (!old || strength[old] < strength[state]) mine.set(direction, state);
        }
        now.set(id, mine);
        world.pass(ms);
      }
      world.pass(20_000);
      const wanted = [...now.values()].flatMap((mine) => [...mine.values()]).sort();
      const shown = lamp(watching).filter((state) => state !== 'terminated');
      assert.deepEqual([...shown].sort(), wanted);
    }),
    { numRuns: 100 },
  );
});
