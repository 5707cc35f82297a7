import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { after, afterEach, before, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { PersonId } from '@tandem/domain';
import { portSlot } from '../kit/port-slot.ts';
import { startBaresip } from '../support/scenario/baresip.ts';
import { lacking } from '../support/scenario/installed.ts';
import { type Platform, startPlatform } from '../support/scenario/instance.ts';
import { changePhone, loginOf } from '../support/scenario/phones.ts';
import { type Sipp, startSipp } from '../support/scenario/sipp.ts';
import { until } from '../support/scenario/until.ts';

/** Lamps on desk phones, watched by SIPp and baresip, which nobody of us wrote. */

const { base, free } = await portSlot();
const pat = '+12025550199';
const dana = '+12025550142';
const danaUpn = 'dana@acme.example';
const lobby = '+12025550157';

let platform: Platform;
before(async () => {
  platform = await startPlatform(base);
});
after(async () => {
  await platform?.stop();
});
afterEach(async () => {
  await inTeams(null);
  await changePhone(platform.twin, 'lobby', { registered: false });
});

const metric = async (name: string, label = ''): Promise<number> => {
  const text = await (
    await fetch(platform.ready.metrics, { headers: { authorization: `Bearer ${platform.token}` } })
  ).text();
  const lines = text
    .split('\n')
    .filter((line) => /^[{ ]/.test(line.slice(name.length)) && line.startsWith(name) && line.includes(label));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
};

/** What Dana shows in Teams by herself; null: what her client shows. */
const inTeams = (presence: { availability: string; activity: string } | null): Promise<unknown> =>
  platform.twin.ask('PATCH', `/users/${encodeURIComponent(danaUpn)}`, { presence });

const personOf = async (wanted: string): Promise<string> => {
  const { items } = await platform.api.get<{ items: readonly { id: string; upn: string }[] }>(
    '/people?limit=200',
  );
  const found = items.find(({ upn }) => upn === wanted);
  assert.ok(found, wanted);
  return found.id;
};
/** What the platform shows of Dana. */
const shown = async (): Promise<string | undefined> =>
  (await platform.api.get<{ label?: string }>(`/people/${await personOf(danaUpn)}/presence`)).label;

/** The reception phone, played by SIPp, has a lamp for `watched`. */
function reception(
  story: string,
  watched: string,
  more: {
    readonly transport?: 'udp' | 'tcp';
    readonly keys?: Readonly<Record<string, string>>;
    port?: number;
  } = {},
): Promise<Sipp> {
  const { user, password, realm } = loginOf(platform, 'reception');
  return startSipp({
    story,
    local: `127.0.0.1:${more.port ?? free + 1}`,
    remote: platform.ready.sip.phonesUdp,
    transport: more.transport ?? 'udp',
    keys: {
      user,
      realm,
      watched,
      package: 'dialog',
      accept: 'application/dialog-info+xml',
      expires: '600',
      ...more.keys,
    },
    login: { user, password },
  });
}

const notifies = (sipp: Sipp): number => sipp.trace().split(/^NOTIFY sip:/m).length - 1;

for (const [index, transport] of (['udp', 'tcp'] as const).entries())
  test(`a carrier calls Dana in Teams: the lamp at reception, over ${transport}, blinks, is lit and goes dark`, {
    skip: lacking('sipp'),
  }, async () => {
    const sipp = await reception('phone-watches-a-call', '1001', { transport, port: free + 1 + index });
    await until('the lamp is there', () => notifies(sipp) === 1);
    assert.equal(await metric('sbc_phone_subscriptions', 'dialog'), 1);
    const call = await platform.twin.call(pat, dana, 1);
    assert.ok(call.connected, JSON.stringify(call));
    await sipp.done;
    await until('nobody watches', async () => (await metric('sbc_phone_subscriptions')) === 0);
  });

test('a carrier calls the lobby phone, which no person has: its lamp blinks, is lit and goes dark', {
  skip: lacking('sipp'),
}, async () => {
  await changePhone(platform.twin, 'lobby', { registered: true, answers: { kind: 'answer', afterMs: 500 } });
  const sipp = await reception('phone-watches-a-call', lobby);
  await until('the lamp is there', () => notifies(sipp) === 1);
  const call = await platform.twin.call(pat, lobby, 1);
  assert.ok(call.connected, JSON.stringify(call));
  await sipp.done;
});

test('Dana does not want to be disturbed in Teams, and then is in a call that only Teams knows: the lamp follows', {
  skip: lacking('sipp'),
}, async () => {
  await inTeams({ availability: 'Available', activity: 'Available' });
  await until('the platform has read it', async () => (await shown()) === 'available');
  const sipp = await reception('phone-watches-teams', '1001');
  for (const [at, availability, activity] of [
    [1, 'DoNotDisturb', 'DoNotDisturb'],
    [2, 'Available', 'Available'],
    [3, 'Busy', 'InACall'],
    [4, 'Available', 'Available'],
  ] as const) {
    await until(`${at} NOTIFYs came`, () => notifies(sipp) === at);
    await inTeams({ availability, activity });
  }
  await sipp.done;
});

test('what is not ours to watch, and ways to watch that nobody knows: the answers of the RFC, and foreign ones like unknown ones', {
  skip: lacking('sipp'),
}, async () => {
  const kim = await platform.stores.people.findByIdForPlatform(
    (await personOf('kim@globex.example')) as PersonId,
  );
  assert.ok(kim);
  const changedAt = performance.now();
  await platform.stores.people.update(kim.accountId, kim.id, kim.version, { extension: '1990' });
  await until(
    'calls see the new extension',
    async () => (await metric('snapshot_age_seconds')) * 1_000 < performance.now() - changedAt,
  );
  const before = await metric('sbc_phone_subscribe_failed_total', 'not-found');
  for (const [story, watched, keys] of [
    // Globex has this extension, and Acme has not; nobody has the next; a number of Globex, and one of nobody.
    ['phone-watch-gets-404', '1990', {}],
    ['phone-watch-gets-404', '7999', {}],
    ['phone-watch-gets-404', '+12025550162', {}],
    ['phone-watch-gets-404', '+12025550111', {}],
    ['phone-watch-gets-406', '1001', { accept: 'text/plain' }],
    ['phone-watch-gets-423', '1001', { expires: '5' }],
    ['phone-watch-gets-489', '1001', { package: 'message-summary' }],
  ] as const) {
    const sipp = await reception(story, watched, { keys });
    await sipp.done;
  }
  assert.equal(await metric('sbc_phone_subscriptions'), 0);
  assert.equal((await metric('sbc_phone_subscribe_failed_total', 'not-found')) - before, 4);
});

/** Without the colours of a terminal. */
const plain = (text: string): string => stripVTControlCharacters(text);

test("baresip registers, watches Dana's presence, and sees her busy and free again", {
  skip: lacking('baresip'),
}, async () => {
  await inTeams({ availability: 'Available', activity: 'Available' });
  await until('the platform has read it', async () => (await shown()) === 'available');
  const { user, password, realm } = loginOf(platform, 'reception');
  const baresip = await startBaresip({
    port: free + 10,
    number: user,
    controlPort: free + 15,
    rtpPort: free + 80,
    toneHz: 700,
    codec: 'PCMA',
    outbound: `sip:${platform.ready.sip.phonesUdp};transport=udp`,
    registers: { realm, password },
    watches: [`sip:1001@${realm}`],
  });
  try {
    await until('baresip watches', async () => (await metric('sbc_phone_subscriptions', 'presence')) === 1);
    await inTeams({ availability: 'Busy', activity: 'InACall' });
    await until('baresip sees her busy', () => /from Online to Busy/.test(plain(baresip.said())));
    await inTeams({ availability: 'Available', activity: 'Available' });
    await until('baresip sees her free', () => /from Busy to Online/.test(plain(baresip.said())));
    assert.ok((await metric('sbc_phone_notifies_total', 'taken')) >= 3);
  } finally {
    await baresip.stop();
  }
});

test('a thousand SUBSCRIBEs of a stranger, and a thousand that are garbage: nobody watches, and phones and calls go on', async () => {
  const before = await metric('sbc_phone_subscriptions');
  const socket = createSocket('udp4');
  await new Promise<void>((done) => socket.bind(0, '127.0.0.3', done));
  const statuses: number[] = [];
  socket.on('message', (bytes) => statuses.push(Number(/^SIP\/2\.0 (\d+)/.exec(bytes.toString())?.[1])));
  const [host = '', port = ''] = platform.ready.sip.phonesUdp.split(':');
  for (let at = 0; at < 2_000; at++) {
    const event = at % 2 === 0 ? 'dialog' : `;;"${'x'.repeat(at % 900)}`;
    const text = [
      `SUBSCRIBE sip:1001@${host} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.3:${socket.address().port};branch=z9hG4bK${at};rport`,
      `From: <sip:reception@x>;tag=${at}`,
      `To: <sip:1001@x>${at % 3 === 0 ? ';tag=gone' : ''}`,
      `Call-ID: ${at}`,
      `CSeq: 1 SUBSCRIBE`,
      `Contact: <sip:reception@203.0.113.9>`,
      `Event: ${event}`,
      'Content-Length: 0',
      '',
      '',
    ];
    socket.send(text.join('\r\n'), Number(port), host);
  }
  const call = await platform.twin.call(pat, dana, 1);
  socket.close();
  assert.ok(call.connected, JSON.stringify(call));
  assert.ok(statuses.length > 0 && statuses.length < 600, `${statuses.length} answers`);
  assert.deepEqual([...new Set(statuses)].sort(), [401, 481]);
  assert.ok((await metric('sbc_phone_subscriptions')) <= before);
});
