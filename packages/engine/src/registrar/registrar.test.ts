import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Ask,
  authorizationFor,
  dana,
  flowOf,
  lobby,
  phoneWorld,
  realm,
  requestOf,
} from './test-phone.ts';

const contact = '<sip:dana-desk@10.0.0.7:5070>';
const contactUri = 'sip:dana-desk@10.0.0.7:5070';

describe('A phone registers', () => {
  for (const algorithm of ['SHA-256', 'MD5'] as const)
    test(`with its password in ${algorithm}: it is reached at its contact over the address it came from`, () => {
      const world = phoneWorld();
      const answer = world.register({ contacts: [contact], algorithm });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('contact'), `${contact};expires=300`);
      assert.equal(answer.headers.get('date'), new Date(world.wall).toUTCString());
      assert.deepEqual(world.registrar.contactOf(dana.id), {
        uri: contactUri,
        destination: { protocol: 'UDP', host: '192.0.2.10', port: 5060, via: 'phones-udp' },
        expiresAtWallMs: world.wall + 300_000,
      });
      assert.equal(world.registrar.deviceAt(flowOf({})), dana.id);
      assert.equal(world.registrar.contactOf(lobby.id), undefined);
      assert.deepEqual(world.faults, []);
    });

  const offers: readonly [agent: string | undefined, first: readonly string[], again: readonly string[]][] = [
    ['Yealink SIP-T46U', ['SHA-256', 'MD5'], ['MD5']],
    [undefined, ['MD5', 'SHA-256'], ['MD5']],
    ['baresip v1.0.0 (amd64/Linux)', ['MD5'], ['MD5']],
  ];
  for (const [agent, first, again] of offers)
    test(`as ${agent ?? 'nobody in particular'}: offered ${first.join(' then ')}; back without an answer: ${again}`, () => {
      const world = phoneWorld();
      const ask: Ask = { contacts: [contact], ...(agent === undefined ? {} : { agent }) };
      const offered = (): string[] =>
        world
          .send(ask)
          .headers.getAll('www-authenticate')
          .map((value) => /algorithm=([^,]+)/.exec(value)?.[1] ?? '');
      assert.deepEqual(offered(), first);
      assert.deepEqual(offered(), again);
      if (!first.includes('SHA-256')) return;
      const elsewhere = { ...ask, from: ['192.0.2.99', 5060] } as const;
      assert.equal(world.register({ ...elsewhere, algorithm: 'SHA-256' }).status, 200);
      assert.equal(
        world.send(elsewhere).headers.getAll('www-authenticate').length,
        2,
        'who knows it is offered it',
      );
    });

  test('signing the server instead of the Request-URI, as SIPp does; signing another user is no proof', () => {
    const world = phoneWorld();
    const sign = (uri: string): string =>
      authorizationFor(world.send({ contacts: [contact] }), {}, 'REGISTER', 1, uri);
    assert.equal(world.send({ contacts: [contact] }, sign('sip:192.0.2.1:5060')).status, 200);
    assert.equal(world.send({ contacts: [contact], cseq: 9 }, sign('sip:lobby@192.0.2.1')).status, 401);
  });

  const lifetimes: readonly [what: string, ask: Ask, status: number, seconds?: number][] = [
    ['nothing', { contacts: [contact] }, 200, 300],
    ['an hour in Expires', { contacts: [contact], expires: 3600 }, 200, 3600],
    ['a day', { contacts: [contact], expires: 86_400 }, 200, 3600],
    [
      '90 s at the contact, an hour in Expires',
      { contacts: [`${contact};expires=90`], expires: 3600 },
      200,
      90,
    ],
    ['30 s', { contacts: [contact], expires: 30 }, 423],
    ['the shortest that is allowed', { contacts: [contact], expires: 60 }, 200, 60],
  ];
  for (const [what, ask, status, seconds] of lifetimes)
    test(`and asks for ${what}: ${status}${seconds === undefined ? '' : `, ${seconds} s`}`, () => {
      const world = phoneWorld();
      const answer = world.register(ask);
      assert.equal(answer.status, status);
      if (seconds === undefined) {
        assert.equal(answer.headers.get('min-expires'), '60');
        assert.equal(world.registrar.contactOf(dana.id), undefined);
      } else {
        assert.match(answer.headers.get('contact') ?? '', new RegExp(`;expires=${seconds}$`));
        world.pass(seconds * 1000 - 1);
        assert.ok(world.registrar.contactOf(dana.id));
        world.pass(1);
        assert.equal(world.registrar.contactOf(dana.id), undefined, 'expired to the millisecond');
        world.pass(10_000);
        assert.equal(world.registrar.count, 0, 'and forgotten');
      }
    });

  test('at a second place: the new contact replaces the old, and the old phone leaving takes nothing away', () => {
    const world = phoneWorld();
    world.register({ contacts: [contact] });
    const second: Ask = {
      contacts: ['<sip:dana-desk@10.0.0.8:5070>'],
      from: ['192.0.2.11', 5062],
      callId: 'c2',
    };
    const answer = world.register(second);
    assert.deepEqual(answer.headers.getAll('contact'), ['<sip:dana-desk@10.0.0.8:5070>;expires=300']);
    assert.equal(world.registrar.contactOf(dana.id)?.destination.host, '192.0.2.11');
    assert.equal(world.registrar.deviceAt(flowOf({})), undefined);
    const left = world.register({ contacts: [`${contact};expires=0`], cseq: 10 });
    assert.equal(left.status, 200);
    assert.equal(world.registrar.contactOf(dana.id)?.destination.host, '192.0.2.11');
    assert.equal(world.registrar.count, 1);
  });

  test('and leaves: by its contact with expires=0, or by * with Expires 0', () => {
    for (const bye of [
      { contacts: [contact], expires: 0 },
      { contacts: ['*'], expires: 0 },
    ]) {
      const world = phoneWorld();
      world.register({ contacts: [contact] });
      const answer = world.register({ ...bye, cseq: 5 });
      assert.deepEqual([answer.status, answer.headers.get('contact')], [200, undefined]);
      assert.equal(world.registrar.contactOf(dana.id), undefined);
    }
  });

  test('and asks what is registered: no Contact in the request, the binding with its time left in the answer', () => {
    const world = phoneWorld();
    world.register({ contacts: [contact] });
    world.pass(100_000);
    const answer = world.register({ callId: 'other' });
    assert.equal(answer.headers.get('contact'), `${contact};expires=200`);
  });

  test('and a late request of the same registration changes nothing', () => {
    const world = phoneWorld();
    world.register({ contacts: [contact], cseq: 7 });
    const late = world.register({ contacts: ['<sip:old@10.0.0.1>'], cseq: 3 });
    assert.equal(late.status, 400);
    assert.equal(world.registrar.contactOf(dana.id)?.uri, contactUri);
  });

  const bad: readonly [what: string, ask: Ask, status: number][] = [
    ['* with a lifetime', { contacts: ['*'], expires: 300 }, 400],
    ['* beside another contact', { contacts: ['*', contact], expires: 0 }, 400],
    ['a telephone number as contact', { contacts: ['<tel:+12025550156>'] }, 400],
    ['a contact of two thousand bytes', { contacts: [`<sip:${'a'.repeat(2_000)}@10.0.0.7>`] }, 400],
    ["somebody else's address of record", { contacts: [contact], aor: 'lobby' }, 403],
  ];
  for (const [what, ask, status] of bad)
    test(`and sends ${what}: ${status}, and nothing is registered`, () => {
      const world = phoneWorld();
      assert.equal(world.register(ask).status, status);
      assert.equal(world.registrar.count, 0);
    });

  test('over a connection: it is reached there, and unregistered when the connection ends', () => {
    const world = phoneWorld();
    const ask: Ask = { contacts: [contact], protocol: 'TLS', from: ['192.0.2.10', 40_000] };
    world.register(ask);
    assert.deepEqual(world.registrar.contactOf(dana.id)?.destination, {
      protocol: 'TLS',
      host: '192.0.2.10',
      port: 40_000,
      via: 'phones-tls',
    });
    const before = world.changes();
    world.registrar.flowClosed(flowOf(ask));
    assert.equal(world.registrar.contactOf(dana.id), undefined);
    assert.equal(world.changes(), before + 1);
  });

  test('and is taken away by its administrator: it is gone, and its right password is answered 403', () => {
    const world = phoneWorld();
    world.register({ contacts: [contact] });
    world.devices.delete(dana);
    world.registrar.devicesChanged();
    assert.equal(world.registrar.count, 0);
    assert.equal(world.register({ contacts: [contact], cseq: 5 }).status, 403);
  });
});

describe('After a restart', () => {
  test('phones at UDP are reached until they expire; those whose connection died are not', () => {
    const before = phoneWorld();
    before.register({ contacts: [contact] });
    before.register({ user: 'lobby', contacts: ['<sip:lobby@10.0.0.9>'], protocol: 'TCP' });
    const kept = before.registrar.kept();
    assert.equal(kept.length, 1);
    const after = phoneWorld({}, JSON.parse(JSON.stringify(kept)));
    assert.deepEqual(after.registrar.contactOf(dana.id), {
      uri: contactUri,
      destination: { protocol: 'UDP', host: '192.0.2.10', port: 5060, via: 'phones-udp' },
      expiresAtWallMs: before.wall + 300_000 - 0,
    });
    after.pass(300_000);
    assert.equal(after.registrar.contactOf(dana.id), undefined);
  });

  test('a nonce of the former run is stale, no wrong password: the phone is not held for a guesser', () => {
    const before = phoneWorld();
    const authorization = authorizationFor(before.send({ contacts: [contact] }), {});
    const after = phoneWorld({}, [], before.wall + 1_000);
    const answer = after.send({ contacts: [contact] }, authorization);
    assert.equal(answer.status, 401);
    assert.match(answer.headers.get('www-authenticate') ?? '', /stale=true/i);
    assert.deepEqual(after.faults, ['stale-nonce']);
  });
});

describe('A guesser', () => {
  const stranger: readonly [string, number] = ['203.0.113.9', 5060];
  const guess: Ask = { contacts: ['<sip:x@203.0.113.9>'], from: stranger, password: 'guess' };

  test('of a name that nobody has gets what a wrong password gets', () => {
    const [known, unknown] = [phoneWorld(), phoneWorld()];
    for (let attempt = 0; attempt < 8; attempt++) {
      const a = known.register({ ...guess, callId: `g${attempt}` });
      const b = unknown.register({ ...guess, user: 'nobody', callId: `g${attempt}` });
      const shape = ({ status, headers }: typeof a) => [
        status,
        [...headers].map(([name, value]) => [name, value.replace(/nonce="[^"]*"/, 'nonce')]),
      ];
      assert.deepEqual(shape(a), shape(b));
    }
    assert.deepEqual(known.faults, unknown.faults);
  });

  test('is locked out of that phone after five wrong passwords in a minute, longer each time; the phone itself is not', () => {
    const world = phoneWorld();
    const statuses = Array.from({ length: 5 }, (_, at) => world.register({ ...guess, callId: `a${at}` }));
    assert.deepEqual(
      statuses.map(({ status }) => status),
      [401, 401, 401, 401, 403],
    );
    assert.equal(statuses[4]?.headers.get('retry-after'), '60');
    const right = world.send(
      { ...guess, password: 'correct horse' },
      authorizationFor(phoneWorld().send({ contacts: [contact], from: stranger }), {}),
    );
    assert.equal(right.status, 403, 'the right password does not help there now');
    assert.equal(world.register({ contacts: [contact] }).status, 200, 'Dana registers from her own address');

    world.pass(60_000);
    for (let at = 0; at < 5; at++) world.register({ ...guess, callId: `b${at}` });
    world.pass(119_000);
    const locked = authorizationFor(phoneWorld().send({ contacts: [contact], from: stranger }), guess);
    assert.equal(world.send(guess, locked).status, 403, 'two minutes the second time');
    world.pass(1_000);
    assert.equal(world.register({ ...guess, password: 'correct horse', callId: 'right' }).status, 200);
  });

  test("who writes the phone's own address on made-up credentials does not lock the phone out", () => {
    const world = phoneWorld();
    const elsewhere = authorizationFor(world.send(guess), guess);
    for (const forged of [
      elsewhere,
      elsewhere.replace(/nonce="[^"]*"/, 'nonce="made up"'),
      `Digest username="dana-desk", realm="${realm}", nonce="x", uri="sip:${realm}", response="0"`,
    ])
      for (let at = 0; at < 6; at++)
        assert.equal(world.send({ contacts: [contact], callId: `s${at}` }, forged).status, 401);
    assert.equal(world.register({ contacts: [contact], callId: 'own' }).status, 200);
  });

  test('with names of four thousand characters is remembered by their beginning, not by all of it', () => {
    const world = phoneWorld();
    const statuses = Array.from({ length: 5 }, (_, at) =>
      world.register({ ...guess, user: `${'n'.repeat(4_000)}${at}`, callId: `n${at}` }),
    ).map(({ status }) => status);
    assert.deepEqual(statuses, [401, 401, 401, 401, 403]);
  });

  test('who tries five passwords an hour apart is never locked out', () => {
    const world = phoneWorld();
    for (let at = 0; at < 10; at++) {
      assert.equal(world.register({ ...guess, callId: `h${at}` }).status, 401);
      world.pass(61_000);
    }
  });

  test('with a caught Authorization from elsewhere, or the same one twice, gets nowhere', () => {
    const world = phoneWorld();
    const authorization = authorizationFor(world.send({ contacts: [contact] }), {});
    assert.equal(world.send({ contacts: [contact], from: stranger }, authorization).status, 401);
    assert.equal(world.send({ contacts: [contact] }, authorization).status, 200);
    const again = world.send({ contacts: [contact], cseq: 2 }, authorization);
    assert.equal(again.status, 401);
    assert.match(again.headers.get('www-authenticate') ?? '', /stale=true/i);
  });

  test('who floods is met with silence, while phones that proved themselves and other addresses go on', () => {
    const world = phoneWorld();
    world.register({ contacts: [contact], from: ['203.0.113.9', 6000] });
    const { door } = world.registrar;
    let heard = 0;
    for (let at = 0; at < 3_000; at++) {
      if (!door.admitsAddress(...stranger)) continue;
      heard++;
      world.register({ ...guess, user: `user${at}`, callId: `f${at}` });
    }
    assert.ok(heard > 20 && heard < 100, `heard ${heard} of 3,000`);
    assert.ok(world.faults.filter((fault) => fault === 'too-fast').length > 2_900);
    assert.ok(door.admitsAddress('203.0.113.9', 6000), 'a registered phone behind the same address');
    assert.ok(door.admitsAddress('192.0.2.77', 5060), 'another address');
    world.pass(10_000);
    assert.ok(door.admitsAddress(...stranger), 'and the address itself after a while');
  });

  test('behind two hundred phones that all come back at once: every one gets in', () => {
    const world = phoneWorld();
    for (let at = 0; at < 500; at++) {
      assert.ok(world.registrar.door.admitsAddress('198.51.100.1', 10_000 + at));
      const answer = world.register({
        contacts: [contact],
        from: ['198.51.100.1', 10_000 + at],
        callId: `p${at}`,
      });
      assert.equal(answer.status, 200);
    }
  });
});

describe('The door of the phones listeners', () => {
  const said = (text: string): Buffer => Buffer.from(text);
  const cases: readonly [what: string, text: string, in_: boolean][] = [
    [
      'a REGISTER',
      requestOf({}).uri && `REGISTER sip:${realm} SIP/2.0\r\nUser-Agent: Yealink T46U\r\n\r\n`,
      true,
    ],
    ['an INVITE', 'INVITE sip:1002@x SIP/2.0\r\n\r\n', true],
    ['the ACK to a challenge', 'ACK sip:1002@x SIP/2.0\r\n\r\n', true],
    ['the BYE of a call whose connection broke', 'BYE sip:x SIP/2.0\r\n\r\n', true],
    ['OPTIONS', 'OPTIONS sip:x SIP/2.0\r\n\r\n', false],
    ['an answer to nothing', 'SIP/2.0 200 OK\r\n\r\n', false],
    ['a scanner', 'REGISTER sip:x SIP/2.0\r\nUser-Agent: friendly-scanner\r\n\r\n', false],
    ['noise', 'GET / HTTP/1.1\r\n\r\n', false],
  ];
  for (const [what, text, in_] of cases)
    test(`is ${in_ ? 'open' : 'silent'} for a stranger with ${what}`, () => {
      const world = phoneWorld();
      assert.equal(world.registrar.door.admitsMessage(said(text), flowOf({})), in_);
      world.register({ contacts: [contact] });
      assert.equal(world.registrar.door.admitsMessage(said(text), flowOf({})), true, 'and open for a phone');
    });
});

test('The door reads a long line of a stranger in one go', () => {
  const { door } = phoneWorld().registrar;
  const line = Buffer.from(`REGISTER sip:${realm} SIP/2.0\r\nUser-Agent:${' '.repeat(65_000)}\r\n\r\n`);
  // The one test that looks at the time spent: 200 such datagrams took 8 s of it once, and take a few ms.
  const before = process.cpuUsage();
  for (let at = 0; at < 200; at++) assert.ok(door.admitsMessage(line, flowOf({})));
  const { user } = process.cpuUsage(before);
  assert.ok(user < 2_000_000, `${user} us`);
});

test('A phone of a suspended customer is not registered, and still says whose call it makes: help must be reached', () => {
  const world = phoneWorld();
  world.register({ contacts: [contact] });
  world.suspended.add(dana);
  world.registrar.devicesChanged();
  assert.equal(world.registrar.contactOf(dana.id), undefined);
  assert.equal(world.register({ contacts: [contact], callId: 'c2' }).status, 403);
  assert.ok(world.faults.includes('not-active'));
  const challenge = world.send({ contacts: [contact], callId: 'c3' });
  const invite = requestOf({ cseq: 2 }, authorizationFor(challenge, {}, 'INVITE'), 'INVITE');
  assert.deepEqual(world.registrar.authenticatePhone(invite, flowOf({})), { kind: 'device', device: dana });
  world.devices.delete(dana);
  const gone = requestOf({ cseq: 3 }, authorizationFor(challenge, {}, 'INVITE', 2), 'INVITE');
  assert.equal(world.registrar.authenticatePhone(gone, flowOf({})).kind, 'refused');
});

test('A call from a phone proves itself in the same way, with the same nonce and the next count', () => {
  const world = phoneWorld();
  const first = world.registrar.authenticatePhone(requestOf({}, undefined, 'INVITE'), flowOf({}));
  assert.ok(first.kind === 'challenge' && first.status === 401 && first.headers.length === 2);
  const answer = world.send({ contacts: [contact] });
  assert.equal(world.send({ contacts: [contact] }, authorizationFor(answer, {})).status, 200);
  const authorization = authorizationFor(answer, {}, 'INVITE', 2);
  const verdict = world.registrar.authenticatePhone(requestOf({}, authorization, 'INVITE'), flowOf({}));
  assert.deepEqual(verdict, { kind: 'device', device: dana });
});
