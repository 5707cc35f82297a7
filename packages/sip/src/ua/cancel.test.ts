import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, failure, reply, SDP } from './test-call.ts';
import { TestNetwork, type TestPeer } from './test-network.ts';

function ringing(net: TestNetwork): TestPeer {
  const bob = net.peer('bob', { onInvite: (invite) => invite.progress(180, { contact: bob.contact }) });
  return bob;
}

function drained(...peers: TestPeer[]): void {
  for (const peer of peers) {
    peer.net.settle();
    assert.deepEqual(peer.ua.counts, { transactions: 0, dialogs: 0 }, `${peer.name} holds nothing`);
  }
}

test('Alice cancels while Bob rings: 200 to the CANCEL, 487 to the INVITE, ACK; the reason travels', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = ringing(net);
  const placed = call(alice, bob);
  net.run(100);
  const reasons: (string | undefined)[] = [];
  bob.invites[0]!.onCancel = (cancel) => reasons.push(cancel.headers.get('reason'));
  placed.invite.cancel('SIP;cause=200;text="Call completed elsewhere"');
  assert.equal(placed.invite.state, 'cancelling');
  placed.invite.cancel();
  net.run(100);
  assert.deepEqual(net.ladder.slice(3), [
    'alice>bob CANCEL',
    'bob>alice 200 CANCEL',
    'bob>alice 487 INVITE',
    'alice>bob ACK',
  ]);
  assert.deepEqual(reasons, ['SIP;cause=200;text="Call completed elsewhere"']);
  assert.equal(failure(placed), '487');
  assert.equal(bob.invites[0]?.state, 'cancelled');
  const cancel = net.seen.find(({ line }) => line === 'CANCEL')!.message;
  const invite = net.seen.find(({ line }) => line === 'INVITE')!.message;
  for (const name of ['via', 'from', 'to', 'call-id', 'max-forwards']) {
    assert.equal(
      cancel.headers.get(name),
      invite.headers.get(name),
      `${name} is the INVITE's (RFC 3261 §9.1)`,
    );
  }
  assert.equal(cancel.headers.get('cseq'), '1 CANCEL');
  drained(alice, bob);
});

test('Alice cancels before anything was heard: the CANCEL waits for the 100 (RFC 3261 §9.1)', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = ringing(net);
  const placed = call(alice, bob);
  placed.invite.cancel();
  assert.deepEqual(net.ladder, ['alice>bob INVITE']);
  net.run(100);
  assert.equal(net.count('CANCEL'), 1);
  assert.equal(failure(placed), '487');
  assert.deepEqual(placed.provisional, [], 'a cancelled call does not ring');
  drained(alice, bob);
});

test('CANCEL crosses the 200: Alice ACKs, hangs up and reports 487; Bob sees a short call', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = ringing(net);
  const placed = call(alice, bob);
  net.run(100);
  const ends: string[] = [];
  bob.invites[0]!.accept({ contact: bob.contact, body: SDP }).onEnded = (why) => ends.push(why.kind);
  placed.invite.cancel();
  net.run(100);
  assert.equal(net.count('200 CANCEL'), 1);
  assert.equal(net.count('487 INVITE'), 0);
  assert.equal(net.count('ACK'), 1);
  assert.equal(net.count('BYE', 'alice'), 1);
  assert.equal(failure(placed), '487');
  assert.equal(placed.finals, 1);
  assert.deepEqual(ends, ['bye-received']);
  drained(alice, bob);
});

test('cancel after the 200 does nothing: the call is up', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = ringing(net);
  const placed = call(alice, bob);
  net.run(100);
  bob.invites[0]?.accept({ contact: bob.contact, body: SDP });
  net.run(100);
  placed.invite.cancel();
  net.run(100);
  assert.equal(net.count('CANCEL'), 0);
  assert.equal(placed.invite.state, 'accepted');
  placed.dialog?.bye();
  drained(alice, bob);
});

test('the CANCEL is answered but the 487 never comes: 64*T1 later the call is over as timeout', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = ringing(net);
  const placed = call(alice, bob);
  net.run(100);
  net.drop = ({ line }) => line === '487 INVITE';
  placed.invite.cancel();
  net.run(33_000);
  assert.equal(failure(placed), 'timeout');
  drained(alice, bob);
});

test('lost CANCEL: timer E sends it again, and one of them is enough', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = ringing(net);
  const placed = call(alice, bob);
  net.run(100);
  let lost = 0;
  net.drop = ({ line }) => line === 'CANCEL' && lost++ < 2;
  placed.invite.cancel();
  net.run(5000);
  assert.equal(net.count('CANCEL'), 3);
  assert.equal(failure(placed), '487');
  drained(alice, bob);
});

test('a CANCEL for nothing is answered 481', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = ringing(net);
  call(alice, bob);
  net.run(100);
  const invite = net.seen[0]!.message;
  const via = String(invite.headers.get('via')).replace('branch=z9hG4bK', 'branch=z9hG4bKother');
  bob.hear(
    `CANCEL sip:bob@192.0.2.2 SIP/2.0\r\nVia: ${via}\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@y>\r\nCall-ID: q\r\nCSeq: 1 CANCEL\r\n\r\n`,
    alice,
  );
  assert.equal(net.ladder.at(-1), 'bob>alice 481 CANCEL');
  assert.equal(bob.invites[0]?.state, 'proceeding');
});

test('the hub says nothing for 3 s: the owner hears timeout, and a late 200 is ACKed and ended (firstResponseMs)', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = ringing(net);
  net.drop = ({ from }) => from === 'bob';
  const placed = call(alice, bob, { firstResponseMs: 3000 });
  net.run(3001);
  assert.equal(failure(placed), 'timeout');
  const sent = net.count('INVITE');
  net.run(2000);
  assert.equal(net.count('INVITE'), sent, 'no retransmission to a peer that was given up');
  net.drop = () => false;
  const ends: string[] = [];
  bob.invites[0]!.accept({ contact: bob.contact, body: SDP }).onEnded = (why) => ends.push(why.kind);
  net.run(500);
  assert.deepEqual(ends, ['bye-received']);
  assert.equal(placed.finals, 1);
  drained(alice, bob);
});

test('the hub answers 100 and falls silent: CANCEL and timeout after 5 s (only100Ms)', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = net.peer('bob');
  const placed = call(alice, bob, { firstResponseMs: 3000, only100Ms: 5000 });
  net.run(5001);
  assert.equal(failure(placed), 'timeout');
  net.run(100);
  assert.equal(net.count('CANCEL'), 1);
  assert.equal(bob.invites[0]?.state, 'cancelled');
  drained(alice, bob);
});

test('a 180 in time stops both clocks', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = ringing(net);
  const placed = call(alice, bob, { firstResponseMs: 3000, only100Ms: 5000 });
  net.run(20_000);
  assert.equal(placed.finals, 0);
  placed.invite.cancel();
  drained(alice, bob);
});

test('Alice sends BYE instead of CANCEL: Bob answers it 200, the INVITE 487, and hears a cancel (RFC 3261 §15.1.2)', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = ringing(net);
  const placed = call(alice, bob);
  net.run(100);
  const heard: string[] = [];
  bob.invites[0]!.onCancel = (request) => heard.push(request.method);
  [...placed.early][0]?.bye();
  net.run(100);
  assert.deepEqual(heard, ['BYE']);
  assert.equal(net.count('200 BYE'), 1);
  assert.equal(failure(placed), '487');
  drained(alice, bob);
});

test('an owner that accepts what was cancelled meanwhile gets a dialog that is over, and nothing is sent', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = ringing(net);
  const placed = call(alice, bob);
  net.run(100);
  placed.invite.cancel();
  net.run(100);
  const sent = net.seen.length;
  const dialog = bob.invites[0]!.accept({ contact: bob.contact, body: SDP });
  assert.equal(dialog.state, 'ended');
  dialog.bye();
  bob.invites[0]!.reject(486);
  assert.equal(net.seen.length, sent);
  drained(alice, bob);
});

test('a peer without cookie in its branch (RFC 2543) is matched by Call-ID and CSeq: retransmission, CANCEL, ACK', () => {
  const net = new TestNetwork();
  const old = net.peer('old');
  const bob = ringing(net);
  const lines = (method: string, tag = '') =>
    `${method} sip:bob@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=7\r\nFrom: <sip:a@x>;tag=1\r\n` +
    `To: <sip:b@y>${tag}\r\nCall-ID: old-one\r\nCSeq: 9 ${method}\r\nContact: <sip:a@192.0.2.1>\r\n\r\n`;
  bob.hear(lines('INVITE'), old);
  bob.hear(lines('INVITE'), old);
  assert.equal(bob.invites.length, 1);
  bob.hear(lines('CANCEL'), old);
  assert.equal(bob.invites[0]?.state, 'cancelled');
  bob.hear(lines('ACK', `;tag=${bob.invites[0]?.localTag}`), old);
  net.run(4000);
  assert.equal(net.count('487 INVITE', 'bob'), 1, 'the ACK stopped timer G');
  drained(bob);
  assert.ok(reply(net.seen[0]!.message, 180));
});

test('Alice hangs up a ringing fork with BYE just as it answers: ACK, one 487, nothing left', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = ringing(net);
  const placed = call(alice, bob);
  net.run(100);
  const ends: string[] = [];
  bob.invites[0]!.accept({ contact: bob.contact, body: SDP }).onEnded = (why) => ends.push(why.kind);
  [...placed.early][0]?.bye();
  net.run(1000);
  assert.deepEqual([failure(placed), placed.finals, ends], ['487', 1, ['bye-received']]);
  assert.ok(net.count('ACK') >= 1);
  drained(alice, bob);
});

test('a peer that makes up To tags is heard, but we keep 32 forks at most', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = net.peer('bob');
  net.drop = () => true;
  const placed = call(alice, bob);
  for (let tag = 0; tag < 100; tag++) alice.hear(reply(placed.invite.request, 180, `fork-${tag}`), bob);
  assert.equal(placed.provisional.length, 100);
  assert.equal(alice.ua.counts.dialogs, 32);
});
