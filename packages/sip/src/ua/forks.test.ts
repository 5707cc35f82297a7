import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, failure, reply } from './test-call.ts';
import { TestNetwork, type TestPeer } from './test-network.ts';

/** A hub that answers by hand: one INVITE, as many forks as the test writes. */
function hub(net: TestNetwork): { alice: TestPeer; proxy: TestPeer } {
  const alice = net.peer('alice');
  const proxy = net.peer('proxy');
  // The proxy's own stack must not meddle: it hears nothing.
  net.drop = () => true;
  return { alice, proxy };
}

const RR = (n: number) => `RECORD-ROUTE: <sip:192.0.2.${n};transport=udp;lr>`;
const contact = (name: string) => `CONTACT: <sip:api-${name}.pstnhub.example:443;x-i=${name};x-c=a/b/c:d>`;

test('Teams rings two clients: two early dialogs, each the same object each time, told apart by To tag', () => {
  const net = new TestNetwork();
  const { alice, proxy } = hub(net);
  const placed = call(alice, proxy);
  const invite = placed.invite.request;
  const early = new Map<string, number>();
  for (const tag of ['one', 'two', 'one', 'two']) alice.hear(reply(invite, 180, tag, [contact(tag)]), proxy);
  for (const dialog of placed.early) early.set(dialog.snapshot.remoteTag, 1);
  assert.deepEqual([...early.keys()], ['one', 'two']);
  assert.equal(alice.ua.counts.dialogs, 2);
  alice.hear(reply(invite, 486, 'one'), proxy);
  assert.equal(failure(placed), '486');
  net.settle();
  assert.deepEqual(alice.ua.counts, { transactions: 0, dialogs: 0 });
});

test('the 200 comes from a fork that never rang: it wins, the ringing ones fade', () => {
  const net = new TestNetwork();
  const { alice, proxy } = hub(net);
  const placed = call(alice, proxy);
  const invite = placed.invite.request;
  alice.hear(reply(invite, 180, 'ringing', [contact('ringing')]), proxy);
  alice.hear(reply(invite, 200, 'silent', [contact('silent'), RR(2)]), proxy);
  assert.equal(placed.dialog?.snapshot.remoteTag, 'silent');
  assert.equal([...placed.early][0]?.state, 'early');
  alice.hear(reply(invite, 180, 'ringing', [contact('ringing')]), proxy);
  assert.deepEqual(placed.provisional, [180], 'no 18x after the 200');
  placed.dialog?.bye();
  net.settle();
  assert.equal([...placed.early][0]?.state, 'ended');
  assert.deepEqual(alice.ua.counts, { transactions: 0, dialogs: 0 });
});

test('a second fork answers too: it is ACKed and ended with BYE, and told as extra', () => {
  const net = new TestNetwork();
  const { alice, proxy } = hub(net);
  const placed = call(alice, proxy);
  const invite = placed.invite.request;
  alice.hear(reply(invite, 200, 'first', [contact('first'), RR(2)]), proxy);
  alice.hear(reply(invite, 200, 'second', [contact('second'), RR(2)]), proxy);
  assert.equal(placed.finals, 1);
  assert.equal(placed.extras.length, 1);
  const byes = net.seen.filter(({ line }) => line === 'BYE');
  assert.equal(byes.length, 1);
  assert.match(byes[0]!.message.headers.get('to') ?? '', /tag=second/);
  assert.equal(placed.dialog?.state, 'confirmed');
  alice.hear(reply(invite, 200, 'second', [contact('second'), RR(2)]), proxy);
  assert.equal(placed.extras.length, 1, 'its retransmission is only ACKed');
  assert.equal(
    net.seen.filter(({ line, message }) => line === 'ACK' && message.headers.get('to')?.includes('second'))
      .length,
    2,
  );
});

test('more forks ring than are kept, and one that rang beyond the bound answers: it wins all the same', () => {
  const net = new TestNetwork();
  const { alice, proxy } = hub(net);
  const placed = call(alice, proxy);
  const invite = placed.invite.request;
  for (let fork = 0; fork < 60; fork += 1)
    alice.hear(reply(invite, 183, `fork-${fork}`, [contact('x')]), proxy);
  assert.ok(alice.ua.counts.dialogs < 60, 'what a peer can make us keep is bounded');
  alice.hear(reply(invite, 200, 'fork-59', [contact('answers')]), proxy);
  assert.equal(placed.dialog?.snapshot.remoteTag, 'fork-59');
  assert.ok(net.seen.some(({ line }) => line === 'ACK'));
  placed.dialog?.bye();
  net.settle();
  assert.deepEqual(alice.ua.counts, { transactions: 0, dialogs: 0 });
});

test('in-dialog requests: Request-URI is the Contact byte for byte, Route the reversed Record-Route, sent to the first Route', () => {
  const net = new TestNetwork();
  const { alice, proxy } = hub(net);
  const placed = call(alice, proxy);
  const near = '<sip:192.0.2.2;transport=udp;lr>';
  const far = '<sip:sip-du-a-eu.pstnhub.example:5061;transport=tls;lr>';
  alice.hear(reply(placed.invite.request, 200, 't', [contact('x'), `RECORD-ROUTE: ${far},${near}`]), proxy);
  placed.dialog?.bye();
  const bye = net.seen.find(({ line }) => line === 'BYE')!;
  assert.equal(
    bye.message.kind === 'request' && bye.message.uri,
    'sip:api-x.pstnhub.example:443;x-i=x;x-c=a/b/c:d',
  );
  assert.deepEqual(bye.message.headers.getAll('route'), [near, far]);
  assert.equal(bye.to, 'proxy');
  const ack = net.seen.find(({ line }) => line === 'ACK')!;
  assert.deepEqual(ack.message.headers.getAll('route'), [near, far]);
  assert.notEqual(ack.message.headers.get('via'), placed.invite.request.headers.get('via'), 'a new branch');
});

test('the 2xx decides the route set, not the 18x before it (RFC 3261 §13.2.2.4)', () => {
  const net = new TestNetwork();
  const { alice, proxy } = hub(net);
  const placed = call(alice, proxy);
  alice.hear(reply(placed.invite.request, 180, 't', [contact('x'), RR(7)]), proxy);
  alice.hear(reply(placed.invite.request, 200, 't', [contact('y')]), proxy);
  assert.deepEqual(placed.dialog?.snapshot.routeSet, []);
  assert.match(placed.dialog?.snapshot.remoteTarget ?? '', /x-i=y/);
});

test('a 200 that comes again long after its transaction ended is still ACKed', () => {
  const net = new TestNetwork();
  const { alice, proxy } = hub(net);
  const placed = call(alice, proxy);
  const ok = reply(placed.invite.request, 200, 't', [contact('x')]);
  alice.hear(ok, proxy);
  net.run(40_000);
  assert.equal(alice.ua.counts.transactions, 0);
  alice.hear(ok, proxy);
  assert.equal(net.count('ACK'), 2);
  assert.deepEqual(alice.anomalies, []);
});

test('a 200 that belongs to nobody is dropped with a word', () => {
  const net = new TestNetwork();
  const { alice, proxy } = hub(net);
  const placed = call(alice, proxy);
  const stray = reply(placed.invite.request, 200, 't', [contact('x')]).replace(
    'branch=z9hG4bK',
    'branch=z9hG4bKno',
  );
  alice.hear(stray, proxy);
  assert.equal(placed.finals, 0);
  assert.deepEqual(alice.anomalies, ['200 without a transaction']);
});

test('a peer that sends no To tag in its 200 (RFC 2543) still gets its ACK and BYE', () => {
  const net = new TestNetwork();
  const { alice, proxy } = hub(net);
  const placed = call(alice, proxy);
  alice.hear(reply(placed.invite.request, 200, undefined, [contact('x')]), proxy);
  assert.equal(placed.dialog?.snapshot.remoteTag, '');
  placed.dialog?.bye();
  assert.equal(net.count('BYE'), 1);
});

test('Microsoft answers OPTIONS without To tag and in capitals: 200 all the same', () => {
  const net = new TestNetwork();
  const { alice, proxy } = hub(net);
  const outcomes: string[] = [];
  const ping = alice.ua.request(
    {
      method: 'OPTIONS',
      requestUri: 'sip:sip.pstnhub.example:5061;transport=tls',
      from: '<sip:customers.example.net:5061>',
      to: '<sip:sip.pstnhub.example:5061>',
      contact: alice.contact,
      destination: proxy.at('TLS'),
      onFinal: (outcome) =>
        outcomes.push(outcome.kind === 'response' ? String(outcome.response.status) : outcome.kind),
    },
    net.now,
  );
  alice.hear(reply(ping.request, 200), proxy, 'TLS');
  assert.deepEqual(outcomes, ['200']);
  assert.match(ping.request.headers.get('allow') ?? '', /INVITE/);
  net.settle();
  assert.equal(alice.ua.counts.transactions, 0);
});
