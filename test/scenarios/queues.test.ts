import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { musicRangeHz } from '@tandem/media';
import { portSlot } from '../kit/port-slot.ts';
import { messages, seen } from '../support/scenario/api.ts';
import { type Baresip, startBaresip } from '../support/scenario/baresip.ts';
import { lacking } from '../support/scenario/installed.ts';
import { type Platform, startPlatform } from '../support/scenario/instance.ts';
import { callOver, loginOf } from '../support/scenario/phones.ts';
import { until } from '../support/scenario/until.ts';

/** The queue Sales of Acme: callers wait with music until somebody answers, and then the two hear each other. */

const { base, free } = await portSlot();
const pat = '+12025550199';
const sales = '+12025550158';
const alexUpn = 'alex@acme.example';

interface QueueSeen {
  readonly id: string;
  readonly name: string;
  readonly members: readonly { readonly personId: string; readonly displayName: string }[];
}
interface LiveSeen {
  readonly waiting: readonly { readonly from: string; readonly offeredTo?: string }[];
  readonly members: readonly {
    readonly personId: string;
    readonly state: string;
    readonly sentence: string;
  }[];
}

let platform: Platform;
let queue: QueueSeen;
before(async () => {
  platform = await startPlatform(base);
  const [first] = (await platform.api.get<{ items: readonly QueueSeen[] }>('/queues')).items;
  assert.ok(first);
  queue = first;
});
after(async () => {
  await platform?.stop();
});

async function put(path: string, body: unknown): Promise<void> {
  const answer = await fetch(`${platform.ready.api}/queues/${queue.id}${path}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${platform.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, await answer.text());
}
const idOf = async (upn: string): Promise<string> => {
  const { items } = await platform.api.get<{ items: readonly { id: string; upn: string }[] }>(
    `/people?limit=10&search=${encodeURIComponent(upn)}`,
  );
  return items.find((person) => person.upn === upn)?.id ?? assert.fail(`nobody is ${upn}`);
};
const members = async (...upns: string[]): Promise<void> =>
  put('/members', { members: await Promise.all(upns.map(idOf)) });
const live = (): Promise<LiveSeen> => platform.api.get(`/queues/${queue.id}/live`);

/** A phone that nobody of us wrote, at the reception of Acme. */
async function reception(at: number): Promise<Baresip> {
  const { user, password, realm } = loginOf(platform, 'reception');
  const baresip = await startBaresip({
    port: free + at,
    number: user,
    controlPort: free + at + 5,
    rtpPort: free + 80,
    toneHz: 1300,
    codec: 'PCMA',
    outbound: `sip:${platform.ready.sip.phonesUdp};transport=udp`,
    registers: { realm, password },
  });
  await until('baresip is registered', () => baresip.said().includes('200 OK'));
  return baresip;
}

test('Pat calls Sales: Alex takes it in Teams, each hears the other, and the record says who was offered it', async () => {
  await members(alexUpn);
  const call = await callOver(platform.twin, pat, sales, 'udp', 3);
  assert.ok(call.connected && call.heardEachOther, JSON.stringify(call));
  assert.equal(call.calleeIs, alexUpn);
  const record = await platform.api.finished(call.sipCallId);
  assert.deepEqual(
    [record.result, record.code, record.personId],
    ['answered', 'normal', await idOf(alexUpn)],
  );
  assert.match(
    record.why.join(' '),
    /waits in the queue Sales\. Offered to Alex Amber, who has been idle longest/,
  );
  const ladder = await platform.api.ladder(record.id);
  assert.equal(seen(ladder, 'a', 'out').includes('180'), false, 'answered at once, with music');
  assert.match(messages(ladder, 'b', 'out', /^INVITE/)[0] ?? '', /From: "Sales: /);
  const crypto = messages(ladder, 'b', 'out', /^INVITE/).join('');
  assert.match(crypto, /RTP\/SAVP/, 'encrypted towards Teams');
});

test('baresip dials 1500 and Robin lets it ring: music all the while, and nobody is left ringing', {
  skip: lacking('baresip'),
}, async () => {
  await members('robin@acme.example');
  const baresip = await reception(10);
  try {
    const { realm } = loginOf(platform, 'reception');
    baresip.command('dial', `sip:1500@${realm}`);
    await baresip.sees('CALL_ESTABLISHED');
    await until('Robin is rung', async () => (await live()).members[0]?.state === 'offered');
    assert.equal((await live()).waiting.length, 1);
    await until('baresip has heard five seconds', () => baresip.recordedSeconds() >= 5);
    baresip.command('hangup');
    await baresip.sees('CALL_CLOSED');
    const hz = (await baresip.heardHz()) ?? 0;
    assert.ok(hz > musicRangeHz[0] - 20 && hz < musicRangeHz[1] + 20, `heard ${hz} Hz`);
    await until('the line is empty', async () => (await live()).waiting.length === 0);
    const { calls } = await platform.twin.client('robin@acme.example');
    assert.deepEqual(calls, [], 'Robin is not rung any more');
  } finally {
    await baresip.stop();
  }
});

test('baresip dials 1500 and Alex answers: it hears her and she hears it', {
  skip: lacking('baresip'),
}, async () => {
  await members(alexUpn);
  const baresip = await reception(30);
  try {
    const { realm } = loginOf(platform, 'reception');
    baresip.command('dial', `sip:1500@${realm}`);
    await baresip.sees('CALL_ESTABLISHED');
    const client = await until('Alex hears 1300 Hz', async () => {
      const seenNow = await platform.twin.client(alexUpn);
      return seenNow.calls.some(({ media }) => Math.abs((media?.heardHz ?? 0) - 1300) < 15) && seenNow;
    });
    assert.equal((await live()).members[0]?.state, 'in-call');
    await until('baresip has heard ten seconds', () => baresip.recordedSeconds() >= 10, 30_000);
    baresip.command('hangup');
    await baresip.sees('CALL_CLOSED');
    const hz = (await baresip.heardHz()) ?? 0;
    assert.ok(Math.abs(hz - client.toneHz) < 15, `heard ${hz} Hz, wanted ${client.toneHz}`);
  } finally {
    await baresip.stop();
  }
});

test('Alex logs out: the queue takes nobody from that moment on, and takes them again when she is back', async () => {
  await members(alexUpn);
  const alex = await idOf(alexUpn);
  await put(`/members/${alex}/log-in`, { loggedIn: false });
  const refused = await callOver(platform.twin, pat, sales, 'udp');
  assert.deepEqual([refused.connected, 'status' in refused && refused.status], [false, 480]);
  await put(`/members/${alex}/log-in`, { loggedIn: true });
  const call = await callOver(platform.twin, pat, sales, 'udp');
  assert.ok(call.connected, JSON.stringify(call));
});

test('Alex talks on a call of her own that runs through Tandem: she is not offered one until she is free', async () => {
  await members(alexUpn);
  const own = await platform.twin.ask<{ sipCallId: string }>('POST', '/carrier/call', {
    from: '+12025550198',
    to: '+12025550143',
  });
  await platform.api.live(own.sipCallId, 'talking');
  assert.equal((await live()).members[0]?.state, 'in-call');
  const waits = await platform.twin.ask<{ sipCallId: string }>('POST', '/carrier/call', {
    from: pat,
    to: sales,
  });
  await until('Pat waits', async () => (await live()).waiting.length === 1);
  const before = (await platform.twin.client(alexUpn)).calls.length;
  assert.equal(before, 1, 'only her own call');
  await platform.twin.ask('POST', '/carrier/hangup', { call: own.sipCallId });
  await until('Pat talks to Alex', async () => (await live()).members[0]?.sentence === 'Talks for a queue.');
  await platform.twin.ask('POST', '/carrier/hangup', { call: waits.sipCallId });
  const record = await platform.api.finished(waits.sipCallId);
  assert.match(record.why.join(' '), /Not offered: Alex Amber has another call\./);
});

test('Alex turns on Do not disturb in Teams: neither a direct call nor the queue rings her, Dana is next, and both records say why', async () => {
  await members(alexUpn, 'dana@acme.example');
  const presence = (availability: string, activity: string) =>
    platform.twin.ask('PATCH', `/users/${alexUpn}`, { presence: { availability, activity } });
  const alex = await idOf(alexUpn);
  const shows = (label: string) =>
    until(`Tandem knows that Alex is ${label}`, async () => {
      const seenNow = await platform.api.get<{ label: string }>(`/people/${alex}/presence`);
      return seenNow.label === label;
    });
  await presence('DoNotDisturb', 'DoNotDisturb');
  await shows('dnd');
  assert.deepEqual(
    (await live()).members.map(({ state }) => state),
    ['skipped', 'free'],
  );
  const direct = await callOver(platform.twin, pat, '+12025550143', 'udp');
  assert.deepEqual([direct.connected, 'status' in direct && direct.status], [false, 480]);
  const refused = await platform.api.finished(direct.sipCallId ?? '');
  assert.equal(refused.code, 'callee-unavailable');
  assert.match(refused.why.join(' '), /Alex Amber shows Do not disturb/);
  const queued = await callOver(platform.twin, pat, sales, 'udp');
  assert.ok(queued.connected && queued.heardEachOther, JSON.stringify(queued));
  assert.equal(queued.calleeIs, 'dana@acme.example');
  const taken = await platform.api.finished(queued.sipCallId);
  assert.match(taken.why.join(' '), /Not offered: Alex Amber shows Do not disturb/);
  await presence('Available', 'Available');
  await shows('available');
  const again = await callOver(platform.twin, pat, '+12025550143', 'udp');
  assert.ok(again.connected && again.heardEachOther, JSON.stringify(again));
});
