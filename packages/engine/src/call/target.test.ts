import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Headers, parseMessage, parseNameAddr } from '@tandem/sip';
import type { TestPeer } from '@tandem/sip/ua/test-network.ts';
import { callFactsOf } from '../routing/call-facts.ts';
import { safeDisplayName } from './target.ts';
import { answers, danaNumber, outside, World } from './test-world.ts';

/** T11: names that come from a wire, a directory or a person, and must not become anything else on the way out. */
const nasty = [
  'Robert"); DROP TABLE calls;--',
  '"quoted"',
  'back\\slash\\',
  '\\"',
  'line\r\nVia: SIP/2.0/TLS evil.example;branch=z9hG4bKx',
  'null\u0000byte',
  'tab\tname',
  '<sip:evil@evil.example>',
  'a@b>;tag=stolen',
  'ünïcödé 漢字 🎉',
  '\u202Egnp.exe',
  '\ud800 lone surrogate',
  'x'.repeat(5000),
  ' ',
  '',
  '%0d%0aVia: x',
];

for (const name of nasty) {
  test(`a caller named ${JSON.stringify(name.slice(0, 40))} stays a name, in both directions`, async () => {
    const world = new World();
    const teams = answers(world.hubs[0] as TestPeer);
    const carrier = answers(world.first);
    const quoted = `"${name.replace(/["\\]/g, '\\$&').replace(/[\r\n\0]/g, '')}"`;
    world.fromCarrier(danaNumber, { from: `${quoted} <sip:${outside}@carrier.example>` });
    world.fromTeams(outside, { from: `${quoted} <sip:${danaNumber}@sip.pstnhub.microsoft.com>` });
    await world.run(300);
    for (const request of [teams.invite?.request, carrier.invite?.request]) {
      assert.ok(request);
      const from = parseNameAddr(request.headers.get('from') ?? '');
      assert.ok(from, request.headers.get('from'));
      assert.match(from.uri, /^sip:\+1202555\d{4}@/);
      assert.ok((from.displayName ?? '').length <= 128);
      assert.equal(request.headers.count('via'), 1);
      assert.ok(!/[\0-\x08\x0a-\x1f]/.test(request.headers.get('from') ?? ''));
    }
    assert.deepEqual(world.bugs, []);
  });
}

for (const user of [
  '+1202;evil=1',
  '+1%0d%0aVia:x',
  '"',
  '<>',
  'a b',
  '+12025550199@evil.example',
  '%00',
  '+1?Route=x',
]) {
  test(`a caller whose number is ${JSON.stringify(user)} cannot write anything but a user part`, async () => {
    const world = new World();
    const teams = answers(world.hubs[0] as TestPeer);
    const parsed = parseMessage(
      Buffer.from(
        [
          `INVITE sip:${danaNumber}@${world.tandem.host} SIP/2.0`,
          `Via: SIP/2.0/UDP ${world.first.host}:5060;branch=z9hG4bKnasty`,
          'Max-Forwards: 70',
          `From: <sip:${user}@carrier.example>;tag=1`,
          `To: <sip:${danaNumber}@${world.tandem.host}>`,
          'Call-ID: nasty',
          'CSeq: 1 INVITE',
          `Contact: <sip:x@${world.first.host}>`,
          'Content-Length: 0',
          '',
          '',
        ].join('\r\n'),
        'latin1',
      ),
    );
    if (parsed.ok && parsed.message.kind === 'request') callFactsOf(parsed.message);
    world.fromCarrier(danaNumber, { from: `<sip:${user}@carrier.example>` });
    await world.run(300);
    const request = teams.invite?.request;
    if (!request) return; // refused as unreadable: as good
    for (const header of ['from', 'contact']) {
      const address = parseNameAddr(request.headers.get(header) ?? '');
      assert.match(address?.uri ?? '', /^sip:[^@<>";?\s]+@sbc1\.customers\.example\.net/);
    }
    assert.deepEqual(world.bugs, []);
  });
}

test('a display name is cut at 64 characters, and never inside one', () => {
  assert.equal(safeDisplayName('🎉'.repeat(100)), '🎉'.repeat(64));
  assert.equal(safeDisplayName(' \r\n '), undefined);
  assert.equal(safeDisplayName(undefined), undefined);
});

test('X-Tandem-Hops: the third time round the call ends with 482', async () => {
  const world = new World();
  const teams = answers(world.hubs[0] as TestPeer);
  world.fromCarrier(danaNumber, { headers: Headers.of([['X-Tandem-Hops', '1']]) });
  await world.run(200);
  assert.equal(teams.invite?.request.headers.get('x-tandem-hops'), '2');
  const looped = world.fromCarrier(danaNumber, { headers: Headers.of([['X-Tandem-Hops', '2']]) });
  await world.run(200);
  assert.equal(looped.failed?.kind === 'response' && looped.failed.response.status, 482);
});

test('Max-Forwards is used up: 483, with a record', async () => {
  const world = new World();
  const call = world.fromCarrier(danaNumber, { maxForwards: 0 });
  await world.run(1500);
  assert.equal(call.failed?.kind === 'response' && call.failed.response.status, 483);
  assert.equal(world.log.closedRecords.length <= 1, true);
});
