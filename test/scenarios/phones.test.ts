import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { after, afterEach, before, test } from 'node:test';
import { portSlot } from '../kit/port-slot.ts';
import { startBaresip } from '../support/scenario/baresip.ts';
import { lacking } from '../support/scenario/installed.ts';
import { type Platform, startPlatform } from '../support/scenario/instance.ts';
import { callOver, changePhone, loginOf, phone, phoneDoes } from '../support/scenario/phones.ts';
import { silentUdpPeer, tlsPeer } from '../support/scenario/raw.ts';
import { startSipp } from '../support/scenario/sipp.ts';
import type { WatchedCall } from '../support/scenario/twin.ts';
import { until } from '../support/scenario/until.ts';

/** Phones that register: the twin's, SIPp and baresip, which nobody of us wrote; and those who guess passwords. */

const { base, free } = await portSlot();
const pat = '+12025550199';
const dana = '+12025550142';
const lobby = '+12025550157';
const reception = '+12025550140';

let platform: Platform;
before(async () => {
  platform = await startPlatform(base);
});
after(async () => {
  await platform?.stop();
});
afterEach(async () => {
  for (const name of ['dana-desk', 'reception', 'lobby'])
    await changePhone(platform.twin, name, {
      registered: false,
      answers: { kind: 'answer', afterMs: 1_000 },
    });
});

function heard(call: WatchedCall): asserts call is Extract<WatchedCall, { connected: true }> {
  assert.ok(call.connected, JSON.stringify(call));
  assert.ok(call.heardEachOther, JSON.stringify(call));
}
const near = (hz: number | undefined, wanted: number): void => {
  assert.ok(hz !== undefined && Math.abs(hz - wanted) < 15, `heard ${hz} Hz, wanted ${wanted}`);
};
const metric = async (name: string): Promise<number> => {
  const text = await (
    await fetch(platform.ready.metrics, { headers: { authorization: `Bearer ${platform.token}` } })
  ).text();
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith(name) && /^[{ ]/.test(line.slice(name.length)));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
};

for (const transport of ['udp', 'tcp', 'tls'] as const)
  test(`a phone registered over ${transport} is called from outside and calls outside: each hears the other`, async () => {
    const inbound = await callOver(platform.twin, pat, 'phone:lobby', transport);
    heard(inbound);
    assert.equal(inbound.calleeIs, 'phone lobby');
    const outbound = await callOver(platform.twin, 'phone:lobby', pat, transport);
    heard(outbound);
    const record = await platform.api.finished(outbound.sipCallId);
    assert.deepEqual([record.result, record.from, record.legs[0]?.role], ['answered', lobby, 'phone']);
    assert.equal((await phone(platform.twin, 'lobby')).registered, false, 'it registered for the call only');
  });

test('a phone calls a person in Teams, an extension, and another phone; Teams calls a phone', async () => {
  for (const [from, to, answeredBy] of [
    ['phone:lobby', dana, 'dana@acme.example'],
    ['phone:lobby', '1002', 'alex@acme.example'],
    ['phone:lobby', 'phone:reception', 'phone reception'],
    ['alex@acme.example', 'phone:reception', 'phone reception'],
  ] as const) {
    const call = await callOver(platform.twin, from, to, 'udp');
    heard(call);
    assert.equal(call.calleeIs, answeredBy);
  }
});

test("Dana's desk phone and her Teams ring; the phone answers first, and Teams is told that it was answered elsewhere", async () => {
  await changePhone(platform.twin, 'dana-desk', {
    registered: true,
    answers: { kind: 'answer', afterMs: 300 },
  });
  const call = await callOver(platform.twin, pat, dana, 'udp');
  heard(call);
  assert.equal(call.calleeIs, 'phone dana-desk');
  await until(
    'Teams shows no missed call',
    async () =>
      (await platform.twin.client('dana@acme.example')).history.at(-1)?.result === 'answered elsewhere',
  );
});

test('a script registers the desk phone, holds a call for as long as it likes, and ends it', async () => {
  await changePhone(platform.twin, 'dana-desk', { registered: true, transport: 'tls' });
  const { sipCallId } = await phoneDoes(platform.twin, 'dana-desk', 'call', { to: pat });
  await platform.api.live(sipCallId, 'talking');
  assert.equal((await phoneDoes(platform.twin, 'dana-desk', 'hold')).state, 'held');
  assert.equal((await phoneDoes(platform.twin, 'dana-desk', 'resume')).state, 'connected');
  await phoneDoes(platform.twin, 'dana-desk', 'hangup');
  const record = await platform.api.finished(sipCallId);
  assert.deepEqual([record.result, record.endedBy], ['answered', 'caller']);
});

for (const [habit, status] of [
  ['busy', 486],
  ['decline', 603],
] as const)
  test(`the lobby phone is told to be ${habit}: the caller hears so`, async () => {
    await changePhone(platform.twin, 'lobby', { registered: true, answers: { kind: habit, afterMs: 100 } });
    const call = await platform.twin.call(pat, lobby, 1);
    assert.ok(!call.connected);
    assert.equal(call.status, status);
  });

test('a phone that nobody registered is not there; when its connection ends it is not there either', async () => {
  const before = await platform.twin.call(pat, lobby, 1);
  assert.ok(!before.connected && before.status === 480, JSON.stringify(before));
  const login = loginOf(platform, 'lobby');
  const socket = await tlsPeer(platform.ready.sip.phonesTls, undefined);
  await registerBy(
    (text) => socket.say(text),
    (pattern) => socket.hears(pattern, String(pattern)),
    login,
    'TLS',
  );
  assert.equal(await metric('sbc_registrations'), 1);
  socket.close();
  await until('nobody is registered', async () => (await metric('sbc_registrations')) === 0);
});

test('SIPp registers over UDP and TCP', { skip: lacking('sipp') }, async () => {
  const { user, password, realm } = loginOf(platform, 'lobby');
  for (const transport of ['udp', 'tcp'] as const) {
    const sipp = await startSipp({
      story: 'phone-registers',
      local: transport === 'udp' ? `127.0.0.1:${free}` : `127.0.0.1:${free + 1}`,
      remote: platform.ready.sip.phonesUdp,
      transport,
      keys: { user, realm },
      login: { user, password },
    });
    await sipp.done;
  }
});

for (const [index, transport] of (['udp', 'tcp', 'tls'] as const).entries())
  test(`baresip registers over ${transport}, is called from outside, and calls outside`, {
    skip: lacking('baresip'),
  }, async () => {
    const { user, password, realm } = loginOf(platform, 'reception');
    const side = transport === 'tls' ? platform.ready.sip.phonesTls : platform.ready.sip.phonesUdp;
    const baresip = await startBaresip({
      port: free + 10 + index * 10,
      number: user,
      controlPort: free + 15 + index * 10,
      rtpPort: free + 80,
      toneHz: 700,
      codec: 'PCMA',
      outbound: `sip:${side};transport=${transport}`,
      registers: { realm, password },
    });
    try {
      await until('baresip is registered', () => baresip.said().includes('200 OK'));
      const inbound = await platform.twin.ask<{ sipCallId: string }>('POST', '/carrier/call', {
        from: pat,
        to: reception,
      });
      await baresip.sees('CALL_ESTABLISHED');
      await until('the carrier hears 700 Hz', async () =>
        (
          await platform.twin.ask<{ calls: readonly { media?: { heardHz?: number } }[] }>('GET', '/carrier')
        ).calls.some(({ media }) => Math.abs((media?.heardHz ?? 0) - 700) < 15),
      );
      await until('baresip has heard two seconds', () => baresip.recordedSeconds() >= 2);
      await platform.twin.ask('POST', '/carrier/hangup', { call: inbound.sipCallId });
      await baresip.sees('CALL_CLOSED');
      near(await baresip.heardHz(), 1000);

      const since = baresip.events.length;
      baresip.command('dial', `sip:${pat}@${realm}`);
      await baresip.sees('CALL_ESTABLISHED', since);
      await until('the carrier hears 700 Hz', async () =>
        (
          await platform.twin.ask<{ calls: readonly { media?: { heardHz?: number } }[] }>('GET', '/carrier')
        ).calls.some(({ media }) => Math.abs((media?.heardHz ?? 0) - 700) < 15),
      );
      baresip.command('hangup');
      await baresip.sees('CALL_CLOSED', since);
    } finally {
      await baresip.stop();
    }
  });

test('thousands of wrong passwords from one address: 401, then 403, then silence; calls and phones elsewhere go on', async () => {
  const { user, realm } = loginOf(platform, 'dana-desk');
  const socket = createSocket('udp4');
  await new Promise<void>((done) => socket.bind(0, '127.0.0.2', done));
  const statuses: number[] = [];
  let nonce: string | undefined;
  socket.on('message', (bytes) => {
    const text = bytes.toString('latin1');
    statuses.push(Number(text.slice(8, 11)));
    nonce ??= /nonce="([^"]+)"/.exec(text)?.[1];
  });
  const [host = '', port = ''] = platform.ready.sip.phonesUdp.split(':');
  const local = socket.address().port;
  const say = (at: number): void => {
    const uri = `sip:${realm}`;
    const wrong = createHash('md5').update(`wrong ${at}`).digest('hex');
    const text = [
      `REGISTER ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.2:${local};branch=z9hG4bKflood${at};rport`,
      `From: <sip:${user}@${realm}>;tag=f`,
      `To: <sip:${user}@${realm}>`,
      `Call-ID: flood-${at}`,
      'CSeq: 1 REGISTER',
      'Max-Forwards: 70',
      `Contact: <sip:evil@127.0.0.2:${local}>`,
      ...(nonce === undefined
        ? []
        : [
            `Authorization: Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${wrong}", algorithm=MD5, qop=auth, nc=00000001, cnonce="x"`,
          ]),
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n');
    socket.send(text, Number(port), host, () => undefined);
  };
  try {
    say(0);
    await until('the first challenge', () => nonce);
    const calling = callOver(platform.twin, pat, dana, 'udp', 4);
    let sent = 1;
    const flooding = (async () => {
      for (; sent < 4_000; sent++) {
        say(sent);
        if (sent % 20 === 0) await new Promise((tick) => setTimeout(tick, 20));
      }
    })();
    // In the middle of it Dana's own phone registers and is called.
    heard(await callOver(platform.twin, pat, 'phone:dana-desk', 'udp', 1));
    await flooding;
    const call = await calling;
    heard(call);
    assert.ok(call.caller.lossPct <= 1 && call.callee.lossPct <= 1, JSON.stringify(call));
    assert.deepEqual(statuses.slice(0, 6), [401, 401, 401, 401, 401, 403]);
    assert.ok(statuses.length < 400, `${statuses.length} of ${sent} were answered`);
    assert.ok((await metric('sbc_register_failed_total')) >= 3_000);
  } finally {
    socket.close();
  }
});

test('strangers at the phones: OPTIONS, scanners and noise get silence', async () => {
  const stranger = await silentUdpPeer('127.0.0.3:0');
  const head = (method: string): string =>
    `${method} sip:100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP ${stranger.address};branch=z9hG4bK${method}\r\nFrom: <sip:x@y>;tag=1\r\nTo: <sip:100@127.0.0.1>\r\nCall-ID: ${method}\r\nCSeq: 1 ${method}\r\nMax-Forwards: 70\r\n`;
  const end = 'Content-Length: 0\r\n\r\n';
  try {
    stranger.say(head('OPTIONS') + end, platform.ready.sip.phonesUdp);
    stranger.say(`${head('REGISTER')}User-Agent: friendly-scanner\r\n${end}`, platform.ready.sip.phonesUdp);
    stranger.say('\r\n\r\n', platform.ready.sip.phonesUdp);
    stranger.say(head('MESSAGE') + end, platform.ready.sip.phonesUdp);
    // What comes after all of them and is answered shows that they were not.
    stranger.say(
      `${head('REGISTER').replaceAll('REGISTER-', '')}Contact: <sip:x@${stranger.address}>\r\n${end}`.replace(
        'z9hG4bKREGISTER',
        'z9hG4bKlast',
      ),
      platform.ready.sip.phonesUdp,
    );
    await until('the plain REGISTER is challenged', () => stranger.heard.length > 0);
    assert.equal(stranger.heard.length, 1);
    assert.match(stranger.heard[0] ?? '', /^SIP\/2\.0 401 /);
  } finally {
    await stranger.close();
  }
});

test('the signalling process is killed: a phone at UDP is reached without registering again, one at TLS comes back', async () => {
  await changePhone(platform.twin, 'reception', { registered: true, transport: 'tls' });
  const audit = await platform.twin.lastSeq();
  // The lobby phone was told this very moment that it is registered.
  await changePhone(platform.twin, 'lobby', { registered: true, transport: 'udp' });
  const registered = await platform.twin.lastSeq();
  process.kill(platform.pidOf('node'), 'SIGKILL');
  await until(
    'the API answers again',
    async () => (await platform.api.peers().catch(() => undefined)) !== undefined,
  );
  heard(await platform.twin.call(pat, lobby, 1));
  const registers = (await platform.twin.audit({ after: audit, method: 'REGISTER' })).filter(({ where }) =>
    where.includes('lobby'),
  );
  assert.ok(registers.length > 0);
  assert.deepEqual(
    registers.filter(({ seq }) => seq > registered),
    [],
    'the lobby phone noticed nothing',
  );
  await until(
    'reception is registered again',
    async () => (await phone(platform.twin, 'reception')).registered,
  );
  heard(await platform.twin.call(pat, reception, 1));
});

/** A registration by hand over a stream, MD5. */
async function registerBy(
  say: (text: string) => void,
  hears: (pattern: RegExp) => Promise<string>,
  { user, password, realm }: { user: string; password: string; realm: string },
  protocol: string,
): Promise<void> {
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  const text = (cseq: number, more: readonly string[]): string =>
    [
      `REGISTER sip:${realm} SIP/2.0`,
      `Via: SIP/2.0/${protocol} 127.0.0.1:9;branch=z9hG4bKhand${cseq};rport`,
      `From: <sip:${user}@${realm}>;tag=h`,
      `To: <sip:${user}@${realm}>`,
      'Call-ID: by-hand',
      `CSeq: ${cseq} REGISTER`,
      'Max-Forwards: 70',
      `Contact: <sip:${user}@127.0.0.1:9;transport=tls>`,
      ...more,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n');
  say(text(1, []));
  const challenge = await hears(/401 [\s\S]*?nonce="[^"]+", algorithm=MD5/);
  const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1] ?? '';
  const response = md5(
    `${md5(`${user}:${realm}:${password}`)}:${nonce}:00000001:c:auth:${md5(`REGISTER:sip:${realm}`)}`,
  );
  say(
    text(2, [
      `Authorization: Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="sip:${realm}", response="${response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="c"`,
    ]),
  );
  await hears(/SIP\/2\.0 200 /);
}
