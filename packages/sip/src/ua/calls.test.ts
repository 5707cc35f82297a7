import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, failure, SDP } from './test-call.ts';
import { TestNetwork, type TestPeer } from './test-network.ts';
import type { Dialog } from './types.ts';

/** Rings and answers; keeps the dialog and how it ended. */
function answering(net: TestNetwork, name = 'bob'): TestPeer & { dialog?: Dialog; ends: string[] } {
  const peer = Object.assign(net.peer(name), { ends: [] as string[] }) as TestPeer & {
    dialog?: Dialog;
    ends: string[];
  };
  peer.handlers = {
    onInvite: (invite) => {
      invite.progress(180, { contact: peer.contact });
      peer.dialog = invite.accept({ contact: peer.contact, body: SDP });
      peer.dialog.onEnded = (why) => peer.ends.push(why.kind);
      invite.onAckTimeout = () => peer.dialog?.bye('SIP;cause=408');
    },
  };
  return peer;
}

function drained(...peers: TestPeer[]): void {
  for (const peer of peers) {
    peer.net.settle();
    assert.deepEqual(peer.ua.counts, { transactions: 0, dialogs: 0 }, `${peer.name} holds nothing`);
  }
}

test('Alice calls Bob, he rings and answers, she hangs up: every message once', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = answering(net);
  const placed = call(alice, bob);
  net.run(100);
  assert.equal(placed.dialog?.state, 'confirmed');
  assert.equal(bob.invites[0]?.state, 'confirmed');
  placed.dialog?.bye();
  net.run(100);
  assert.deepEqual(net.ladder, [
    'alice>bob INVITE',
    'bob>alice 100 INVITE',
    'bob>alice 180 INVITE',
    'bob>alice 200 INVITE',
    'alice>bob ACK',
    'alice>bob BYE',
    'bob>alice 200 BYE',
  ]);
  assert.deepEqual([placed.ends, bob.ends], [['bye-sent'], ['bye-received']]);
  drained(alice, bob);
});

test('Bob hangs up: his BYE goes to her Contact with his own CSeq', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = answering(net);
  const placed = call(alice, bob);
  net.run(100);
  bob.dialog?.bye('Q.850;cause=16;text="Normal"');
  net.run(100);
  const bye = net.seen.find((packet) => packet.line === 'BYE')?.message;
  assert.equal(bye?.kind === 'request' && bye.uri, 'sip:alice@192.0.2.1:5060');
  assert.equal(bye?.headers.get('cseq'), '1 BYE');
  assert.equal(bye?.headers.get('reason'), 'Q.850;cause=16;text="Normal"');
  assert.deepEqual([placed.ends, bob.ends], [['bye-received'], ['bye-sent']]);
  drained(alice, bob);
});

test('the INVITE is lost twice: timer A sends it after T1 and 2*T1 more, Bob hears one call', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = answering(net);
  let lost = 0;
  net.drop = ({ line }) => line === 'INVITE' && lost++ < 2;
  const placed = call(alice, bob);
  net.run(3000);
  assert.deepEqual(
    net.seen.filter(({ line }) => line === 'INVITE').map(({ at }) => at),
    [0, 500, 1500],
  );
  assert.equal(bob.invites.length, 1);
  assert.equal(placed.finals, 1);
  placed.dialog?.bye();
  drained(alice, bob);
});

test('all provisional answers are lost and the INVITE comes again: Bob answers from memory, no second call', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = net.peer('bob', { onInvite: (invite) => invite.progress(180, { contact: bob.contact }) });
  let lost = 0;
  net.drop = ({ line }) => (line === '100 INVITE' || line === '180 INVITE') && lost++ < 2;
  const placed = call(alice, bob);
  net.run(1000);
  assert.equal(bob.invites.length, 1);
  assert.deepEqual(placed.provisional, [180]);
  bob.invites[0]?.reject(486);
  net.run(1000);
  assert.equal(failure(placed), '486');
  drained(alice, bob);
});

test('lost 200: Bob sends it again after T1, Alice is connected and ACKs once', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = answering(net);
  let lost = 0;
  net.drop = ({ line }) => line === '200 INVITE' && lost++ < 1;
  const placed = call(alice, bob);
  net.run(1000);
  assert.equal(net.count('200 INVITE'), 2);
  assert.equal(net.count('ACK'), 1);
  assert.equal(placed.finals, 1);
  placed.dialog?.bye();
  drained(alice, bob);
});

test('lost ACK: the 200 comes again and is ACKed again with the same bytes; her owner hears one accept', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = answering(net);
  let lost = 0;
  let acks = 0;
  net.drop = ({ line }) => line === 'ACK' && lost++ < 2;
  const placed = call(alice, bob);
  bob.handlers = {
    ...bob.handlers,
    onInvite: (invite) => {
      bob.dialog = invite.accept({ contact: bob.contact, body: SDP });
      invite.onAck = () => acks++;
    },
  };
  net.run(5000);
  const sent = net.seen.filter(({ line }) => line === 'ACK');
  assert.equal(sent.length, 3);
  assert.equal(new Set(sent.map(({ message }) => message.headers.get('via'))).size, 1);
  assert.deepEqual([placed.finals, acks], [1, 1]);
  placed.dialog?.bye();
  drained(alice, bob);
});

test('Alice never ACKs: Bob resends his 200 for 64*T1, then hangs up with BYE (RFC 3261 §13.3.1.4)', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = answering(net);
  net.drop = ({ line }) => line === 'ACK';
  call(alice, bob);
  net.run(31_900);
  assert.equal(net.count('BYE'), 0);
  const gaps = net.seen.filter(({ line }) => line === '200 INVITE').map(({ at }) => at);
  assert.deepEqual(
    gaps.slice(1).map((at, index) => at - gaps[index]!),
    [500, 1000, 2000, 4000, 4000, 4000, 4000, 4000, 4000, 4000],
  );
  net.run(1000);
  assert.equal(net.count('BYE', 'bob'), 1);
  assert.deepEqual(bob.ends, ['bye-sent']);
  drained(alice, bob);
});

test('nobody is there: Alice sends seven INVITEs, then timer B ends it as timeout', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = answering(net);
  net.drop = () => true;
  const placed = call(alice, bob);
  net.run(31_999);
  assert.equal(placed.finals, 0);
  net.run(2);
  assert.equal(failure(placed), 'timeout');
  assert.equal(net.count('INVITE'), 7);
  drained(alice, bob);
});

test('lost 486: Bob repeats it (timer G) until the ACK, which repeats as often; one failure is told', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = net.peer('bob', { onInvite: (invite) => invite.reject(486) });
  let lost = 0;
  net.drop = ({ line }) => (line === '486 INVITE' || line === 'ACK') && lost++ < 3;
  const placed = call(alice, bob);
  net.run(10_000);
  assert.equal(failure(placed), '486');
  assert.equal(placed.finals, 1);
  const ack = net.seen.find(({ line }) => line === 'ACK')?.message;
  const invite = net.seen.find(({ line }) => line === 'INVITE')?.message;
  assert.equal(ack?.headers.get('via'), invite?.headers.get('via'), 'the ACK belongs to the transaction');
  assert.match(ack?.headers.get('to') ?? '', /;tag=bob-tag/);
  drained(alice, bob);
});

test('BYE from both at once: both get 200, each owner hears one end', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = answering(net);
  const placed = call(alice, bob);
  net.run(100);
  placed.dialog?.bye();
  bob.dialog?.bye();
  net.run(100);
  assert.equal(net.count('200 BYE', 'alice'), 1);
  assert.equal(net.count('200 BYE', 'bob'), 1);
  assert.equal(placed.ends.length, 1);
  assert.equal(bob.ends.length, 1);
  drained(alice, bob);
});

test('the BYE is never answered: the leaver is done after 64*T1 all the same', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = answering(net);
  const placed = call(alice, bob);
  net.run(100);
  net.drop = ({ line }) => line === 'BYE';
  placed.dialog?.bye();
  placed.dialog?.bye();
  assert.equal(placed.dialog?.state, 'ended');
  net.run(33_000);
  assert.deepEqual(placed.ends, ['bye-sent']);
  assert.equal(net.count('BYE'), 11);
  bob.dialog?.bye();
  drained(alice, bob);
});

test('Bob answers and hangs up in the same breath: his BYE waits for the ACK (RFC 3261 §15)', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = net.peer('bob', {
    onInvite: (invite) => invite.accept({ contact: bob.contact, body: SDP }).bye(),
  });
  const placed = call(alice, bob);
  net.run(100);
  assert.deepEqual(net.ladder.slice(-3), ['alice>bob ACK', 'bob>alice BYE', 'alice>bob 200 BYE']);
  assert.deepEqual(placed.ends, ['bye-received']);
  drained(alice, bob);
});

test('a late 180 after the 200 is not reported', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = answering(net);
  let held: Buffer | undefined;
  const placed = call(alice, bob);
  net.drop = ({ line, message }) => {
    if (line !== '180 INVITE') return false;
    held = Buffer.from(`SIP/2.0 180 Ringing\r\n${message.headers.print(0)}\r\n`, 'latin1');
    return true;
  };
  net.run(100);
  assert.equal(placed.finals, 1);
  if (held) alice.hear(held, bob);
  assert.deepEqual(placed.provisional, []);
  placed.dialog?.bye();
  drained(alice, bob);
});

test('Bob rings for three minutes: his 180 comes again every minute (RFC 3261 §13.3.1.1)', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = net.peer('bob', { onInvite: (invite) => invite.progress(180, { contact: bob.contact }) });
  const placed = call(alice, bob);
  net.run(185_000);
  assert.equal(net.count('180 INVITE'), 4);
  bob.invites[0]?.reject(480);
  drained(alice, bob);
  assert.equal(failure(placed), '480');
});

test('a late offer: the answer travels in the ACK, and again when the ACK was lost', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const answers: string[] = [];
  const bob = net.peer('bob', {
    onInvite: (invite) => {
      invite.accept({ contact: bob.contact, body: SDP });
      invite.onAck = (ack) => answers.push(ack.body.toString());
    },
  });
  let lost = 0;
  net.drop = ({ line }) => line === 'ACK' && lost++ < 1;
  let dialog: Dialog | undefined;
  call(alice, bob, {
    body: Buffer.alloc(0),
    handlers: {
      onProvisional() {},
      onAccepted(_response, made) {
        dialog = made;
        made.ack({ body: Buffer.from('v=1\r\n') });
      },
      onFailed() {},
    },
  });
  net.run(2000);
  assert.deepEqual(answers, ['v=1\r\n']);
  dialog?.bye();
  drained(alice, bob);
});

test('on TLS nothing is retransmitted but the 200, and transactions are gone at once', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = net.peer('bob', { onInvite: (invite) => invite.reject(404) });
  const placed = call(alice, bob, { destination: bob.at('TLS') });
  net.run(50);
  assert.equal(failure(placed), '404');
  assert.deepEqual(net.ladder, [
    'alice>bob INVITE',
    'bob>alice 100 INVITE',
    'bob>alice 404 INVITE',
    'alice>bob ACK',
  ]);
  assert.equal(alice.ua.counts.transactions, 0);
  assert.equal(bob.ua.counts.transactions, 0);
});

test('nobody listens on TLS: Alice hears it as a transport failure', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const placed = call(alice, alice, {
    destination: { protocol: 'TLS', host: '192.0.2.99', port: 5061, via: 'tls' },
  });
  net.run(50);
  assert.equal(failure(placed), 'transport');
  drained(alice);
});

test('the stream is cut while Bob rings: his 200 finds its way over a new one (RFC 3261 §18.2.2)', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = net.peer('bob', { onInvite: (invite) => invite.progress(180, { contact: bob.contact }) });
  const placed = call(alice, bob, { destination: bob.at('TLS') });
  net.run(100);
  net.cut(alice, bob);
  bob.invites[0]?.accept({ contact: bob.contact, body: SDP });
  net.run(100);
  assert.equal(placed.finals, 1);
  assert.equal(bob.invites[0]?.state, 'confirmed');
  placed.dialog?.bye();
  drained(alice, bob);
});

test('the stream is cut with the 200 on it: the next 200 takes the new one', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = net.peer('bob', { onInvite: (invite) => invite.progress(180, { contact: bob.contact }) });
  const placed = call(alice, bob, { destination: bob.at('TLS') });
  net.run(100);
  bob.invites[0]?.accept({ contact: bob.contact, body: SDP });
  net.cut(alice, bob);
  net.run(1000);
  assert.equal(placed.finals, 1);
  assert.equal(bob.invites[0]?.state, 'confirmed');
  placed.dialog?.bye();
  drained(alice, bob);
});

test('a dialog outlives its process: resumed from its snapshot it can be re-INVITEd and ended', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = answering(net);
  const placed = call(alice, bob);
  net.run(100);
  const saved = JSON.parse(JSON.stringify(placed.dialog?.snapshot));
  const reborn = net.peer('alice2');
  const resumed = reborn.ua.resume(saved, bob.at('UDP'));
  bob.dialog!.onRequest = (request) => request.respond(200, { body: SDP });
  const finals: string[] = [];
  resumed.request({
    method: 'INVITE',
    body: SDP,
    onFinal: (outcome) =>
      finals.push(outcome.kind === 'response' ? String(outcome.response.status) : outcome.kind),
  });
  net.run(100);
  assert.deepEqual(finals, ['200']);
  resumed.bye();
  net.run(100);
  assert.deepEqual(bob.ends, ['bye-received']);
  assert.equal(reborn.ua.counts.dialogs, 0);
});
