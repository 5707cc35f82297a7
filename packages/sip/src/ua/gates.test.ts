import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Headers } from '../message/headers.ts';
import { call, failure, reply, SDP } from './test-call.ts';
import { TestNetwork, type TestPeer } from './test-network.ts';

function request(method: string, more: Record<string, string> = {}, uri = 'sip:bob@192.0.2.2'): string {
  const lines: Record<string, string> = {
    Via: 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKone',
    From: '<sip:alice@example.net>;tag=a',
    To: '<sip:bob@example.net>',
    'Call-ID': 'call-one',
    CSeq: `1 ${method}`,
    'Max-Forwards': '70',
    Contact: '<sip:alice@192.0.2.1>',
    ...more,
  };
  const text = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${uri} SIP/2.0\r\n${text.join('')}\r\n`;
}

function two(): { net: TestNetwork; alice: TestPeer; bob: TestPeer } {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = net.peer('bob');
  return { net, alice, bob };
}

const rows: readonly { name: string; text: string; answer: string | undefined }[] = [
  { name: 'a method that we do not answer gets 405', text: request('PUBLISH'), answer: '405 PUBLISH' },
  {
    name: 'an extension that we do not know gets 420',
    text: request('INVITE', { Require: '100rel' }),
    answer: '420 INVITE',
  },
  {
    name: 'an INVITE without hops left gets 483',
    text: request('INVITE', { 'Max-Forwards': '0' }),
    answer: '483 INVITE',
  },
  {
    name: 'an INVITE for a dialog that nobody knows gets 481',
    text: request('INVITE', { To: '<sip:bob@example.net>;tag=gone' }),
    answer: '481 INVITE',
  },
  {
    name: 'SIP/3.0 gets 505',
    text: request('OPTIONS').replace('SIP/2.0\r\n', 'SIP/3.0\r\n'),
    answer: '505 OPTIONS',
  },
  {
    name: 'a CSeq with another method gets 400',
    text: request('OPTIONS', { CSeq: '1 INVITE' }),
    answer: '400 INVITE',
  },
  {
    name: 'a scheme from elsewhere gets 416',
    text: request('OPTIONS', {}, 'xmpp:bob@x'),
    answer: '416 OPTIONS',
  },
  {
    name: 'a broken request without Call-ID gets 400',
    text: request('OPTIONS').replace(/Call-ID.*\r\n/, ''),
    answer: '400 OPTIONS',
  },
  {
    name: 'a broken request without From gets 400',
    text: request('OPTIONS').replace(/From.*\r\n/, ''),
    answer: '400 OPTIONS',
  },
  {
    name: 'a broken request without Via gets silence: nobody can match the answer',
    text: request('OPTIONS').replace(/Via.*\r\n/, ''),
    answer: undefined,
  },
  { name: 'an ACK for nothing gets silence', text: request('ACK'), answer: undefined },
  { name: 'noise gets silence', text: 'GET / HTTP/1.1\r\n\r\n', answer: undefined },
  { name: 'a keep-alive gets silence', text: '\r\n\r\n', answer: undefined },
];

test('a CSeq beyond 2^32 gets 400 with that CSeq as it came (RFC 4475 §3.1.2.4)', () => {
  const { net, alice, bob } = two();
  bob.hear(request('OPTIONS', { CSeq: '36893488147419103232 OPTIONS' }), alice);
  assert.equal(net.ladder.length, 1);
  assert.match(net.ladder[0] ?? '', /^bob>alice 400/);
});

for (const row of rows) {
  test(`${row.name}; nothing is kept`, () => {
    const { net, alice, bob } = two();
    bob.hear(row.text, alice);
    assert.deepEqual(net.ladder, row.answer === undefined ? [] : [`bob>alice ${row.answer}`]);
    assert.deepEqual(bob.ua.counts, { transactions: 0, dialogs: 0 });
    assert.equal(bob.invites.length + bob.requests.length, 0);
  });
}

test('a refused request that comes again gets the same answer, To tag included (RFC 3261 §8.2.7), and its ACK is no anomaly', () => {
  const { net, alice, bob } = two();
  const text = request('INVITE', { Require: '100rel' });
  bob.hear(text, alice);
  bob.hear(text, alice);
  const tags = net.seen.map(({ message }) => message.headers.get('to'));
  assert.equal(tags[0], tags[1]);
  assert.equal(net.seen[0]?.message.headers.get('unsupported'), '100rel');
  bob.anomalies.length = 0;
  bob.hear(request('ACK', { To: tags[0] ?? '' }), alice);
  assert.deepEqual(bob.anomalies, []);
});

test('the same INVITE by two paths: the second is refused 482 (RFC 3261 §8.2.2.2)', () => {
  const { net, alice, bob } = two();
  bob.hear(request('INVITE'), alice);
  bob.hear(request('INVITE', { Via: 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKtwo' }), alice);
  assert.deepEqual(net.ladder, ['bob>alice 100 INVITE', 'bob>alice 482 INVITE']);
  assert.equal(bob.invites.length, 1);
});

test('a device that sends its OPTIONS for ever with one Call-ID, tag and CSeq is answered each time', () => {
  const { net, alice, bob } = two();
  for (const branch of ['a', 'b', 'c']) {
    bob.hear(request('OPTIONS', { Via: `SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK${branch}` }), alice);
  }
  assert.deepEqual(net.ladder, Array(3).fill('bob>alice 200 OPTIONS'));
});

for (const branch of ['z9hG4bKone', 'old-style']) {
  test(`an ACK to the 200 that wears the branch of its INVITE (${branch}) still confirms the call`, () => {
    const { net, alice, bob } = two();
    const acks: string[] = [];
    bob.handlers = {
      onInvite: (invite) => {
        invite.accept({ contact: bob.contact, body: SDP });
        invite.onAck = (ack) => acks.push(ack.method);
      },
    };
    const via = { Via: `SIP/2.0/UDP 192.0.2.1:5060;branch=${branch}` };
    bob.hear(request('INVITE', via), alice);
    const ack = request('ACK', { ...via, To: `<sip:bob@example.net>;tag=${bob.invites[0]?.localTag}` });
    bob.hear(ack, alice);
    bob.hear(ack, alice);
    net.run(5000);
    assert.deepEqual(acks, ['ACK']);
    assert.equal(net.count('200 INVITE'), 1);
  });
}

test('the transaction table is full: new calls get 503 without a trace, calls that are up can still end (T04)', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = net.peer('bob', {
    options: { maxTransactions: 4 },
    onInvite: (invite) => {
      invite.accept({ contact: bob.contact, body: SDP });
    },
  });
  const calls = [1, 2, 3, 4, 5].map(() => call(alice, bob));
  net.run(100);
  assert.deepEqual(calls.map(failure), [undefined, undefined, undefined, undefined, '503']);
  assert.equal(bob.ua.counts.transactions, 4);
  const [first] = calls;
  first?.dialog?.bye();
  net.run(100);
  assert.deepEqual(first?.ends, ['bye-sent']);
  assert.equal(net.count('200 BYE'), 1);
  net.run(64_000);
  for (const { dialog } of calls) dialog?.bye();
  net.settle();
  assert.deepEqual(bob.ua.counts, { transactions: 0, dialogs: 0 });
});

test('rport: the answer goes to the source, and its Via says where the request came from (RFC 3581)', () => {
  const { net, alice, bob } = two();
  bob.hear(request('OPTIONS', { Via: 'SIP/2.0/UDP 10.0.0.9:5999;rport;branch=z9hG4bKr' }), alice);
  assert.equal(net.ladder[0], 'bob>alice 200 OPTIONS');
  assert.equal(
    net.seen[0]?.message.headers.get('via'),
    'SIP/2.0/UDP 10.0.0.9:5999;rport=5060;branch=z9hG4bKr;received=192.0.2.1',
  );
});

test('without rport the answer goes to the source address and the sent-by port (RFC 3261 §18.2.2)', () => {
  const { net, bob, alice } = two();
  const sent: string[] = [];
  const carry = net.carry.bind(net);
  net.carry = (from, to, ...rest) => {
    sent.push('remote' in to ? 'flow' : `${to.protocol} ${to.host}:${to.port} via ${to.via}`);
    carry(from, to, ...rest);
  };
  bob.hear(request('OPTIONS', { Via: 'SIP/2.0/UDP pbx.example:5999;branch=z9hG4bKr' }), alice);
  assert.deepEqual(sent, ['UDP 192.0.2.1:5999 via bob']);
});

test('several Vias come back in order, Record-Route only where a dialog is made', () => {
  const { net, alice, bob } = two();
  bob.handlers = { onInvite: (invite) => invite.progress(183, { contact: bob.contact }) };
  bob.hear(
    request('INVITE', {
      Via: 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa, SIP/2.0/TCP far.example;branch=z9hG4bKb',
      'Record-Route': '<sip:192.0.2.1;lr>,<sip:far.example;lr>',
    }),
    alice,
  );
  const [trying, progress] = net.seen;
  assert.deepEqual(progress?.message.headers.list('via').length, 2);
  assert.equal(trying?.message.headers.has('record-route'), false);
  assert.equal(progress?.message.headers.get('record-route'), '<sip:192.0.2.1;lr>,<sip:far.example;lr>');
  bob.invites[0]?.reject(486, { headers: Headers.of([['Reason', 'Q.850;cause=17']]) });
  const busy = net.seen.at(-1)?.message;
  assert.equal(busy?.headers.has('record-route'), false);
  assert.equal(busy?.headers.get('reason'), 'Q.850;cause=17');
});

test('an OPTIONS that nobody answers is forgotten in silence after 64*T1 (RFC 4320 §4.2)', () => {
  const { net, alice, bob } = two();
  bob.handlers = { onRequest: () => {} };
  bob.hear(request('OPTIONS'), alice);
  assert.equal(bob.ua.counts.transactions, 1);
  net.run(32_001);
  assert.equal(bob.ua.counts.transactions, 0);
  assert.deepEqual(net.ladder, []);
});

for (const status of [401, 407]) {
  test(`the carrier challenges with ${status}: one more INVITE with credentials, new branch, CSeq + 1, then no more`, () => {
    const net = new TestNetwork();
    const alice = net.peer('alice');
    const name = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    const bob = net.peer('bob', {
      onInvite: (invite) => {
        const headers = Headers.of([
          [name, 'Digest realm="carrier", nonce="abc", qop="auth", algorithm=MD5'],
        ]);
        if (net.count('INVITE') < 3 && refuse) invite.reject(status, { headers });
        else invite.accept({ contact: bob.contact, body: SDP });
      },
    });
    let refuse = true;
    const asked: unknown[] = [];
    const credentials = (challenge: unknown) => {
      asked.push(challenge);
      refuse = twice;
      return { username: 'tandem', password: 'secret' };
    };
    let twice = false;
    const placed = call(alice, bob, { credentials });
    net.run(200);
    assert.equal(placed.finals, 1);
    assert.ok(placed.dialog);
    assert.deepEqual(asked, [{ realm: 'carrier', proxy: status === 407 }]);
    const [first, second] = net.seen
      .filter(({ line }) => line === 'INVITE')
      .map(({ message }) => message.headers);
    assert.match(
      second?.get(status === 401 ? 'authorization' : 'proxy-authorization') ?? '',
      /^Digest username="tandem".*nc=00000001/,
    );
    assert.equal(second?.get('cseq'), '2 INVITE');
    assert.equal(second?.get('call-id'), first?.get('call-id'));
    assert.equal(second?.get('from'), first?.get('from'));
    assert.notEqual(second?.get('via'), first?.get('via'));
    placed.dialog?.bye();
    net.run(100);
    assert.equal(net.seen.find(({ line }) => line === 'BYE')?.message.headers.get('cseq'), '3 BYE');

    twice = refuse = true;
    net.seen.length = 0;
    const hopeless = call(alice, bob, { credentials });
    net.run(200);
    assert.equal(failure(hopeless), String(status), 'a second challenge is final');
    assert.equal(net.count('INVITE'), 2);
    net.settle();
    assert.deepEqual(alice.ua.counts, { transactions: 0, dialogs: 0 });
  });
}

test('a challenge without credentials for its realm is the outcome', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const headers = Headers.of([['WWW-Authenticate', 'Digest realm="stranger", nonce="abc"']]);
  const bob = net.peer('bob', { onInvite: (invite) => invite.reject(401, { headers }) });
  const placed = call(alice, bob, { credentials: () => undefined });
  net.run(200);
  assert.equal(failure(placed), '401');
});

test('a 405 names what calls may use, not what only a registrar answers', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = net.peer('bob', { options: { allow: ['INVITE', 'BYE'], alsoAnswered: ['REGISTER'] } });
  bob.hear(request('REFER'), alice);
  const answer = net.seen.find(({ line }) => line === '405 REFER');
  assert.deepEqual(answer?.message.headers.getAll('allow'), ['INVITE, BYE']);
});

test("the caller's headers: well-known ones replace ours, Via and friends stay ours, decorate has the last word", () => {
  const net = new TestNetwork();
  const alice = net.peer('alice', {
    options: {
      userAgent: 'Tandem',
      decorate: (message) => {
        message.headers.append('X-LAST', 'yes');
      },
    },
  });
  const bob = net.peer('bob');
  call(alice, bob, {
    maxForwards: 12,
    headers: Headers.of([
      ['Allow', 'INVITE, ACK'],
      ['P-Asserted-Identity', '<tel:+12025550142>'],
      ['Via', 'SIP/2.0/UDP evil'],
      ['User-Agent', 'Other'],
      ['X-A', 'with\r\nInjected: yes'],
    ]),
  });
  const { headers } = net.seen[0]!.message;
  assert.deepEqual(headers.getAll('allow'), ['INVITE, ACK']);
  assert.deepEqual(headers.getAll('user-agent'), ['Other']);
  assert.equal(headers.count('via'), 1);
  assert.equal(headers.get('max-forwards'), '12');
  assert.equal(headers.get('x-last'), 'yes');
  assert.equal(headers.has('injected'), false);
  assert.equal(headers.get('supported'), 'timer, replaces');
});

test('whatever bytes arrive, nothing throws and nothing stays for ever', () => {
  const bases = [
    request('INVITE'),
    request('OPTIONS'),
    request('BYE', { To: '<sip:b@x>;tag=1' }),
    request('CANCEL'),
    request('ACK'),
    request('REGISTER', { Via: 'SIP/2.0/TCP [2001:db8::1];branch=1;rport' }),
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...bases, 'reply 180', 'reply 200', 'reply 401', 'reply 487'),
      fc.array(
        fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.string({ unit: 'binary', maxLength: 6 })),
        {
          maxLength: 6,
        },
      ),
      fc.boolean(),
      (base, cuts, cutOff) => {
        const { net, alice, bob } = two();
        bob.handlers = { onInvite: (invite) => invite.accept({ contact: bob.contact, body: SDP }).bye() };
        alice.handlers = { onInvite: (invite) => invite.reject(486) };
        const placed = call(alice, bob);
        let text = base.startsWith('reply')
          ? reply(placed.invite.request, Number(base.slice(6)), 'x', [
              'WWW-Authenticate: Digest realm="a", nonce="b"',
            ])
          : base;
        for (const [where, what] of cuts) {
          const at = Math.floor(where * text.length);
          text = text.slice(0, at) + what + text.slice(at + what.length);
        }
        if (cutOff) text = text.slice(0, Math.floor(text.length * 0.7));
        const bytes = Buffer.from(text, 'latin1');
        bob.hear(bytes, alice);
        alice.hear(bytes, bob);
        bob.hear(bytes, alice, 'TLS');
        net.settle();
        placed.dialog?.bye();
        net.settle();
        assert.deepEqual(alice.ua.counts, { transactions: 0, dialogs: 0 });
        assert.deepEqual(bob.ua.counts, { transactions: 0, dialogs: 0 });
        assert.equal(placed.finals, 1);
      },
    ),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
      const { alice, bob } = two();
      bob.hear(Buffer.from(noise), alice);
    }),
    { numRuns: 300 },
  );
});
