import assert from 'node:assert/strict';
import { test } from 'node:test';
import { glareDelayMs } from '../dialog/glare.ts';
import { aim, destinationOf } from '../dialog/route-set.ts';
import { Headers } from '../message/headers.ts';
import { call, type PlacedCall, SDP } from './test-call.ts';
import { TestNetwork, type TestPeer } from './test-network.ts';
import type { Dialog, FinalOutcome, IncomingRequest } from './types.ts';

interface Pair {
  net: TestNetwork;
  alice: TestPeer;
  bob: TestPeer;
  placed: PlacedCall;
  hers: Dialog;
  his: Dialog;
}

/** Two in a call. */
function connected(net = new TestNetwork()): Pair {
  const alice = net.peer('alice');
  let his: Dialog | undefined;
  const bob = net.peer('bob', {
    onInvite: (invite) => {
      his = invite.accept({ contact: bob.contact, body: SDP });
    },
  });
  const placed = call(alice, bob);
  net.run(100);
  assert.ok(placed.dialog && his);
  net.seen.length = 0;
  return { net, alice, bob, placed, hers: placed.dialog, his };
}

function word(outcome: FinalOutcome): string {
  return outcome.kind === 'response' ? String(outcome.response.status) : outcome.kind;
}

function ask(dialog: Dialog, method: string, into: string[], body?: Buffer): void {
  dialog.request({ method, ...(body ? { body } : {}), onFinal: (outcome) => into.push(word(outcome)) });
}

test('hold: re-INVITE, 200, ACK; both CSeqs grow and the new Contact is where the next request goes', () => {
  const { net, hers, his, bob } = connected();
  his.onRequest = (request) => request.respond(200, { contact: '<sip:bob@192.0.2.2:5060;moved>', body: SDP });
  const finals: string[] = [];
  ask(hers, 'INVITE', finals, SDP);
  net.run(100);
  assert.deepEqual(finals, ['200']);
  assert.deepEqual(net.ladder, ['alice>bob INVITE', 'bob>alice 200 INVITE', 'alice>bob ACK']);
  assert.equal(net.seen[0]?.message.headers.get('cseq'), '2 INVITE');
  assert.equal(net.seen[2]?.message.headers.get('cseq'), '2 ACK');
  assert.equal(hers.snapshot.remoteTarget, 'sip:bob@192.0.2.2:5060;moved');
  assert.equal(bob.invites.length, 1, 'no second call');
});

test('a re-INVITE that takes its time gets a 100; its 200 is repeated until the ACK', () => {
  const { net, hers, his } = connected();
  let open: IncomingRequest | undefined;
  const acks: string[] = [];
  his.onRequest = (request) => {
    open = request;
  };
  his.onAck = (ack) => acks.push(ack.body.toString());
  let lost = 0;
  net.drop = ({ line }) => line === 'ACK' && lost++ < 2;
  const finals: string[] = [];
  hers.request({
    method: 'INVITE',
    onFinal: (outcome) => finals.push(word(outcome)),
    ackBody: () => Buffer.from('v=2\r\n'),
  });
  net.run(1000);
  assert.equal(net.count('100 INVITE'), 1);
  open?.respond(200, { body: SDP });
  net.run(5000);
  assert.equal(net.count('200 INVITE'), 3);
  assert.deepEqual([finals, acks], [['200'], ['v=2\r\n']]);
});

test('the re-INVITE that is never ACKed ends the call with BYE', () => {
  const { net, hers, his } = connected();
  his.onRequest = (request) => request.respond(200, { body: SDP });
  const ends: string[] = [];
  his.onEnded = (why) => ends.push(why.kind);
  net.drop = ({ line }) => line === 'ACK';
  ask(hers, 'INVITE', [], SDP);
  net.run(33_000);
  assert.deepEqual(ends, ['gone']);
  assert.equal(net.count('BYE', 'bob'), 1);
  assert.equal(hers.state, 'ended');
});

test('glare: both re-INVITE at once, both get 491, nobody hears a request (RFC 3261 §14.1)', () => {
  const { net, hers, his } = connected();
  const heard: string[] = [];
  hers.onRequest = () => heard.push('alice');
  his.onRequest = () => heard.push('bob');
  const finals: string[] = [];
  ask(hers, 'INVITE', finals, SDP);
  ask(his, 'INVITE', finals, SDP);
  net.run(100);
  assert.deepEqual([finals, heard], [['491', '491'], []]);
  assert.equal(net.count('ACK'), 2);
  his.onRequest = (request) => request.respond(200, { body: SDP });
  ask(hers, 'INVITE', finals, SDP);
  net.run(100);
  assert.equal(finals.at(-1), '200', 'the turn is free again');
});

test('the glare wait is 2.1-4 s for the owner of the Call-ID and 0-2 s for the other', () => {
  assert.deepEqual([glareDelayMs(true, 0), glareDelayMs(true, 0.999999)], [2100, 4000]);
  assert.deepEqual([glareDelayMs(false, 0), glareDelayMs(false, 0.999999)], [0, 2000]);
});

test('a re-INVITE while ours is open fails with a local 491, without a packet', () => {
  const { net, hers, his } = connected();
  his.onRequest = () => {};
  const finals: string[] = [];
  ask(hers, 'INVITE', finals, SDP);
  ask(hers, 'INVITE', finals, SDP);
  assert.deepEqual(finals, ['491']);
  assert.equal(net.count('INVITE'), 1);
});

test('a second re-INVITE before the first is answered: 500 with Retry-After (RFC 3261 §14.2)', () => {
  const { net, hers, his, alice, bob } = connected();
  let open: IncomingRequest | undefined;
  his.onRequest = (request) => {
    open = request;
  };
  ask(hers, 'INVITE', [], SDP);
  net.run(50);
  const first = net.seen[0]!.message;
  const text = `INVITE sip:bob@192.0.2.2 SIP/2.0\r\n${first.headers.print(0)}\r\n`
    .replace('z9hG4bK', 'z9hG4bKx')
    .replace('CSeq: 2', 'CSeq: 3');
  bob.hear(text, alice);
  const refusal = net.seen.at(-1)!.message;
  assert.equal(net.ladder.at(-1), 'bob>alice 500 INVITE');
  assert.match(refusal.headers.get('retry-after') ?? '', /^([0-9]|10)$/);
  open?.respond(200, { body: SDP });
  net.run(100);
  assert.equal(his.state, 'confirmed');
});

test('a request from the past (lower CSeq) is answered 500; one from a stranger 481', () => {
  const { net, hers, his, alice, bob } = connected();
  his.onRequest = (request) => request.respond(200);
  ask(hers, 'INFO', []);
  net.run(100);
  const info = net.seen[0]!.message;
  const again = (change: (text: string) => string) =>
    bob.hear(change(`INFO sip:bob@192.0.2.2 SIP/2.0\r\n${info.headers.print(0)}\r\n`), alice);
  again((text) => text.replace('z9hG4bK', 'z9hG4bKold').replace('CSeq: 2', 'CSeq: 1'));
  assert.equal(net.ladder.at(-1), 'bob>alice 500 INFO');
  again((text) => text.replace('z9hG4bK', 'z9hG4bKnew').replace(/tag=bob-tag-\d+/, 'tag=nobody'));
  assert.equal(net.ladder.at(-1), 'bob>alice 481 INFO');
});

test('nobody handles it: re-INVITE 488, INFO 501, OPTIONS 200', () => {
  const { net, hers } = connected();
  const finals: string[] = [];
  ask(hers, 'INVITE', finals, SDP);
  net.run(100);
  ask(hers, 'INFO', finals);
  net.run(100);
  ask(hers, 'OPTIONS', finals);
  net.run(100);
  assert.deepEqual(finals, ['488', '501', '200']);
  assert.equal(hers.state, 'confirmed');
});

test('Bob forgot the call: 481 to our re-INVITE ends it, without a BYE', () => {
  const { net, hers, his, placed } = connected();
  net.drop = ({ line }) => line === 'BYE';
  his.bye();
  net.run(40_000);
  net.drop = () => false;
  const finals: string[] = [];
  ask(hers, 'INVITE', finals, SDP);
  net.run(100);
  assert.deepEqual([finals, placed.ends], [['481'], ['gone']]);
  assert.equal(net.count('BYE', 'alice'), 0);
});

test('Bob is dead: silence to our re-INVITE ends the call, with a BYE for the case that he only lost his way', () => {
  const { net, hers, placed } = connected();
  net.drop = () => true;
  const finals: string[] = [];
  ask(hers, 'INVITE', finals, SDP);
  net.run(32_500);
  assert.deepEqual([finals, placed.ends], [['timeout'], ['gone']]);
  assert.ok(net.count('BYE', 'alice') >= 1);
});

test('481 to a NOTIFY ends the subscription, not the call', () => {
  const { net, hers, his, placed } = connected();
  his.onRequest = (request) => request.respond(481);
  const finals: string[] = [];
  ask(hers, 'NOTIFY', finals);
  net.run(100);
  assert.deepEqual([finals, placed.ends, hers.state], [['481'], [], 'confirmed']);
});

test('the carrier challenges BYE and re-INVITE: no Authorization is ever sent (threat T07)', () => {
  const { net, hers, his } = connected();
  const challenge = Headers.of([['WWW-Authenticate', 'Digest realm="x", nonce="y"']]);
  his.onRequest = (request) => request.respond(401, { headers: challenge });
  const finals: string[] = [];
  ask(hers, 'INVITE', finals, SDP);
  net.run(100);
  assert.deepEqual(finals, ['401']);
  hers.bye();
  net.run(100);
  assert.ok(net.seen.every(({ message }) => !message.headers.has('authorization')));
});

test('BYE while a re-INVITE of the peer is open: it is answered 487 (RFC 3261 §15.1.2)', () => {
  const { net, hers, his } = connected();
  his.onRequest = () => {};
  const finals: string[] = [];
  ask(hers, 'INVITE', finals, SDP);
  net.run(50);
  hers.bye();
  net.run(100);
  assert.deepEqual(finals, ['487']);
  net.settle();
});

test('a CANCEL for a re-INVITE: 200 and 487, the call goes on', () => {
  const { net, hers, his, alice, bob } = connected();
  his.onRequest = () => {};
  const finals: string[] = [];
  ask(hers, 'INVITE', finals, SDP);
  net.run(50);
  const invite = net.seen[0]!.message;
  bob.hear(
    `CANCEL sip:bob@192.0.2.2 SIP/2.0\r\n${invite.headers.print(0).replace('2 INVITE', '2 CANCEL')}\r\n`,
    alice,
  );
  net.run(50);
  assert.deepEqual([finals, his.state], [['487'], 'confirmed']);
});

test('after the end requests fail with a local 481', () => {
  const { net, hers } = connected();
  hers.bye();
  const finals: string[] = [];
  ask(hers, 'INFO', finals);
  assert.deepEqual(finals, ['481']);
  net.settle();
});

test('setNextHop wins over the route set, until its stream closes', () => {
  const { net, hers, his, alice, bob } = connected();
  his.onRequest = (request) => request.respond(200);
  const flow = net.flow(alice, bob, 'TLS');
  hers.setNextHop(flow);
  ask(hers, 'INFO', []);
  net.run(100);
  assert.match(net.seen[0]!.message.headers.get('via') ?? '', /^SIP\/2.0\/TLS/);
  net.cut(alice, bob);
  ask(hers, 'INFO', []);
  net.run(100);
  assert.match(net.seen.at(-1)!.message.headers.get('via') ?? '', /^SIP\/2.0\/UDP/);
});

test('a strict router first in the route set: its URI is the Request-URI, the target goes last (RFC 3261 §12.2.1.1)', () => {
  assert.deepEqual(aim(['<sip:strict.example>', '<sip:p2.example;lr>'], 'sip:bob@pc;x=1'), {
    requestUri: 'sip:strict.example',
    routes: ['<sip:p2.example;lr>', '<sip:bob@pc;x=1>'],
    nextHop: 'sip:strict.example',
  });
  assert.deepEqual(aim([], 'sip:bob@pc'), { requestUri: 'sip:bob@pc', routes: [], nextHop: 'sip:bob@pc' });
});

test('a URI as destination: transport, port and scheme decide, else the way the dialog was made', () => {
  const like = { protocol: 'TLS', host: 'h', port: 5061, via: 'teams' } as const;
  const rows: [string, string][] = [
    ['sip:a.example:5061;transport=tls;lr', 'TLS a.example 5061'],
    ['sip:a.example;transport=tcp', 'TCP a.example 5060'],
    ['sip:a.example;transport=UDP', 'UDP a.example 5060'],
    ['sips:a.example;transport=tcp', 'TLS a.example 5061'],
    ['sip:a.example', 'TLS a.example 5061'],
    ['sip:[2001:db8::1]:5070', 'TLS 2001:db8::1 5070'],
  ];
  for (const [uri, want] of rows) {
    const to = destinationOf(uri, like);
    assert.equal(`${to?.protocol} ${to?.host} ${to?.port}`, want, uri);
    assert.equal(to?.via, 'teams');
  }
  assert.equal(destinationOf('tel:+1202', like), undefined);
});

test('a re-INVITE that gets a 100 and then nothing is given up after three minutes, and the call with it', () => {
  const { net, hers, his, placed } = connected();
  his.onRequest = () => {};
  const finals: string[] = [];
  ask(hers, 'INVITE', finals, SDP);
  net.run(181_000);
  assert.deepEqual([finals, placed.ends], [['timeout'], ['gone']]);
  assert.equal(net.count('BYE', 'alice'), 1);
});

test('MICROSOFT: the peer speaks inside the dialog over a connection that nobody has seen before: same dialog', () => {
  const { net, hers, his, alice, placed } = connected();
  const flows: number[] = [];
  hers.onRequest = (request) => {
    flows.push(request.flow.id);
    request.respond(200, { body: SDP });
  };
  ask(his, 'INVITE', [], SDP);
  net.run(100);
  his.setNextHop(alice.at('TLS'));
  const finals: string[] = [];
  ask(his, 'INVITE', finals, SDP);
  net.run(100);
  assert.equal(new Set(flows).size, 2);
  assert.deepEqual(finals, ['200']);
  his.bye();
  net.run(100);
  assert.deepEqual(placed.ends, ['bye-received']);
});
