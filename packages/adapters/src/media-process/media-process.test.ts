import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { countOf, type LegAllocation, printWav, type RelayEvent, ToneSource } from '@tandem/media';
import { MediaClient } from './media-client.ts';
import type { MediaConfig } from './media-config.ts';
import {
  freshKeys,
  openSocket,
  Party,
  type RunningMedia,
  startMedia,
  until,
} from './media-process.fixture.ts';

const teamsCodecs = { pcma: 8, telephoneEvent: 101, send: 'pcma' } as const;
const carrierCodecs = { pcmu: 0, telephoneEvent: 96, send: 'pcmu' } as const;

const running: (() => unknown)[] = [];
after(async () => {
  for (const stop of running.reverse()) await stop();
});

interface Rig {
  readonly media: RunningMedia;
  readonly client: MediaClient;
  readonly events: RelayEvent[];
}

async function mediaWithClient(config: Partial<MediaConfig>): Promise<Rig> {
  const media = await startMedia(config);
  running.push(() => media.stop());
  return clientOf(media);
}

async function clientOf(media: RunningMedia): Promise<Rig> {
  const events: RelayEvent[] = [];
  const client = new MediaClient({ socketPath: media.socketPath, onEvent: (event) => events.push(event) });
  running.push(() => client.close());
  assert.equal(await client.ready(10_000), true);
  return { media, client, events };
}

/** One process for all tests that leave it as they found it; each has its own client and session names. */
let sharedMedia: Promise<RunningMedia> | undefined;
async function shared(): Promise<Rig> {
  sharedMedia ??= startMedia({ firstPort: 9000, lastPort: 9299 }).then((media) => {
    running.unshift(() => media.stop());
    return media;
  });
  return clientOf(await sharedMedia);
}

/** Teams with SRTP, mux and A-law on leg a; the carrier with RTP, two ports and mu-law on leg b. */
async function call(client: MediaClient, session: string): Promise<{ teams: Party; carrier: Party }> {
  const { ours, theirs } = freshKeys();
  const teams = await Party.open({ codecs: teamsCodecs, srtp: theirs });
  const carrier = await Party.open({ codecs: carrierCodecs });
  running.push(
    () => teams.close(),
    () => carrier.close(),
  );
  const a: LegAllocation = { remote: { ...teams.remote, mux: true }, srtp: ours, codecs: teamsCodecs };
  const outcome = await client.allocate({ session, a, b: { remote: carrier.remote, codecs: carrierCodecs } });
  assert.ok(outcome.ok, JSON.stringify(outcome));
  teams.target = outcome.value.a;
  carrier.target = outcome.value.b;
  assert.equal(outcome.value.a.rtcpPort, outcome.value.a.rtpPort);
  assert.equal(outcome.value.b.rtcpPort, outcome.value.b.rtpPort + 1);
  return { teams, carrier };
}

test('Teams (SRTP, A-law) and a carrier (RTP, mu-law) hear each other, DTMF passes, reports flow, counters agree', async () => {
  const { client, events } = await shared();
  const { teams, carrier } = await call(client, 'heard');
  teams.talk(440);
  carrier.talk(1000);
  await until('both hear the other', () => teams.hears(1000) && carrier.hears(440));
  teams.endpoint.sendDtmf('42#');
  await until('three digits', () => carrier.endpoint.digits.length === 3);
  assert.equal(carrier.endpoint.digits.map((heard) => heard.digit).join(''), '42#');
  await until('digits reported', () => events.filter(({ kind }) => kind === 'dtmf').length === 3);
  await until(
    'reports from the relay',
    () => teams.endpoint.statistics().rtcpReceived > 0 && carrier.endpoint.statistics().rtcpReceived > 0,
  );
  assert.deepEqual(
    events
      .filter(({ kind }) => kind === 'first-rtp')
      .map((event) => 'leg' in event && event.leg)
      .sort(),
    ['a', 'b'],
  );
  for (let counted = false; !counted; ) {
    const report = await client.query('heard');
    assert.ok(report.ok);
    counted = report.value.a.counters.rtcpReceived > 0 && report.value.b.counters.rtcpReceived > 0;
    assert.equal(report.value.b.counters.codecSent, 'pcmu');
  }
  const released = await client.release('heard');
  assert.ok(released.ok);
  const { a, b } = released.value;
  for (const leg of [a, b]) {
    assert.equal(countOf(leg, 'packetsLost'), 0);
    assert.equal(
      countOf(leg, 'rejectedAuth') + countOf(leg, 'rejectedSource') + countOf(leg, 'rejectedReplay'),
      0,
    );
  }
  assert.equal(a.codecReceived, 'pcma');
  assert.equal(b.codecReceived, 'pcmu');
  assert.equal(teams.endpoint.statistics().packetsLost + carrier.endpoint.statistics().packetsLost, 0);
  assert.deepEqual(await client.release('heard'), { ok: false, reason: 'unknown-session', detail: 'heard' });
});

test('an off-path sprayer is neither heard nor answered, on the plain and on the protected leg', async () => {
  const { client } = await shared();
  const { teams, carrier } = await call(client, 'sprayed');
  const sprayer = await openSocket();
  running.push(() => sprayer.close());
  let answered = 0;
  sprayer.on('message', () => {
    answered += 1;
  });
  const spray = (sequence: number): void => {
    const packet = Buffer.alloc(172, 0x55);
    packet.set([0x80, 8, sequence >> 8, sequence]);
    for (const target of [teams.target!, carrier.target!]) {
      packet[1] = target === teams.target ? 8 : 0;
      for (const port of [target.rtpPort, target.rtcpPort])
        sprayer.send(Buffer.from(packet), port, '127.0.0.1');
    }
  };
  for (let i = 0; i < 50; i += 1) spray(i);
  teams.talk(500);
  carrier.talk(700);
  for (let i = 50; i < 200; i += 1) spray(i);
  await until('both hear the other', () => teams.hears(700) && carrier.hears(500));
  const report = await client.query('sprayed');
  assert.ok(report.ok);
  assert.ok(report.value.a.counters.rejectedAuth >= 200, 'every sprayed packet failed its tag');
  assert.ok(report.value.b.counters.rejectedSource >= 200, 'every sprayed packet had the wrong source');
  assert.equal(answered, 0);
  assert.equal(teams.endpoint.statistics().rejectedAuth + carrier.endpoint.statistics().rejectedOther, 0);
});

test('signalling is killed: the call goes on being heard, its successor adopts it and ends it', async () => {
  const { media, client } = await shared();
  const program = `
    const { MediaClient } = await import(${JSON.stringify(new URL('./media-client.ts', import.meta.url).href)});
    const client = new MediaClient({ socketPath: ${JSON.stringify(media.socketPath)} });
    await client.ready(5000);
    process.stdin.on('data', async (line) => console.log(JSON.stringify(await client.allocate(JSON.parse(line)))));`;
  const signalling = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { ours, theirs } = freshKeys();
  const teams = await Party.open({ codecs: teamsCodecs, srtp: theirs });
  const carrier = await Party.open({ codecs: carrierCodecs });
  running.push(
    () => teams.close(),
    () => carrier.close(),
  );
  signalling.stdin.write(
    JSON.stringify({
      session: 'c9',
      label: 'call 9',
      a: { remote: teams.remote, srtp: ours, codecs: teamsCodecs },
      b: { remote: carrier.remote, codecs: carrierCodecs },
    }),
  );
  const [line] = await once(signalling.stdout, 'data');
  const outcome = JSON.parse(String(line));
  assert.equal(outcome.ok, true);
  teams.target = outcome.value.a;
  carrier.target = outcome.value.b;
  teams.talk(440);
  carrier.talk(1000);
  await until('both hear the other', () => teams.hears(1000) && carrier.hears(440));

  signalling.kill('SIGKILL');
  await once(signalling, 'exit');
  for (let owned = true; owned; ) {
    const list = await client.list();
    assert.ok(list.ok);
    const found = list.value.find(({ session }) => session === 'c9');
    assert.equal(found?.label, 'call 9');
    owned = found.owned;
  }
  teams.endpoint.forgetHeard();
  carrier.endpoint.forgetHeard();
  await until('both still hear the other', () => teams.hears(1000) && carrier.hears(440));
  assert.deepEqual(await client.adopt(['c9', 'other']), {
    ok: true,
    value: { adopted: ['c9'], unknown: ['other'] },
  });
  const released = await client.release('c9');
  assert.ok(released.ok && countOf(released.value.a, 'packetsReceived') > 0);
});

test('nobody adopts a session of lost signalling: it is released and its ports are free again', async () => {
  const { media, client, events } = await mediaWithClient({ firstPort: 9300, lastPort: 9303, orphanMs: 50 });
  const lost = new MediaClient({ socketPath: media.socketPath });
  assert.equal(await lost.ready(5000), true);
  assert.ok((await lost.allocate({ session: 'gone' })).ok);
  assert.equal((await client.allocate({ session: 'next' })).ok, false);
  lost.close();
  await until('told that it is gone', () =>
    events.some((event) => event.kind === 'orphaned' && event.session === 'gone'),
  );
  assert.ok((await client.allocate({ session: 'next' })).ok);
});

test('the port range is used up: a refusal by name, and room again after a release', async () => {
  const { client } = await mediaWithClient({ firstPort: 9310, lastPort: 9317 });
  const outcomes = await Promise.all(['a', 'b', 'c'].map((session) => client.allocate({ session })));
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.reason)),
    ['ok', 'ok', 'no-ports'],
  );
  assert.ok((await client.release('a')).ok);
  assert.ok((await client.allocate({ session: 'c' })).ok);
});

test('another program holds some ports of the range: the others are used', async () => {
  const squatters = [9320, 9324];
  const { bindUdp } = await import('./session-sockets.ts');
  for (const port of squatters) {
    const bound = await bindUdp('127.0.0.1', port);
    assert.ok(bound.ok);
    running.push(() => bound.socket.close());
  }
  const { client } = await mediaWithClient({ firstPort: 9320, lastPort: 9327 });
  const outcome = await client.allocate({ session: 'a' });
  assert.ok(outcome.ok, JSON.stringify(outcome));
  assert.deepEqual([outcome.value.a.rtpPort, outcome.value.b.rtpPort].sort(), [9322, 9326]);
  assert.equal(squatters.includes(outcome.value.a.rtpPort), false);
});

test('ringback is played to the waiting party until the other side talks; a prompt from a file replaces it; a missing file is refused', async () => {
  const { client, events } = await shared();
  const { teams, carrier } = await call(client, 'ringing');
  teams.talk(500);
  assert.ok(
    (
      await client.play({
        session: 'ringing',
        leg: 'a',
        playId: 'ring',
        source: { kind: 'tone', hz: 425 },
        untilRtp: true,
      })
    ).ok,
  );
  await until('Teams hears the ringback', () => teams.hears(425));
  carrier.talk(900);
  await until('Teams hears the carrier', () => teams.hears(900));
  // Sound and events come by different ways.
  await until('the end of the ringback is told', () => events.some(({ kind }) => kind === 'played'));
  assert.deepEqual(
    events.filter(({ kind }) => kind === 'played'),
    [{ kind: 'played', session: 'ringing', leg: 'a', playId: 'ring', end: 'rtp-arrived' }],
  );
  const prompt = join(mkdtempSync(join(tmpdir(), 'prompt-')), 'prompt.wav');
  running.push(() => rmSync(dirname(prompt), { recursive: true }));
  writeFileSync(
    prompt,
    printWav({ rate: 16_000, samples: new ToneSource(1500, { rate: 16_000, seconds: 60 }).read(960_000) }),
  );
  const file = { kind: 'file', path: prompt } as const;
  assert.ok((await client.play({ session: 'ringing', leg: 'a', playId: 'prompt', source: file })).ok);
  await until('Teams hears the prompt instead of the carrier', () => teams.hears(1500));
  assert.deepEqual(await client.stop('ringing', 'a', 'prompt'), { ok: true, value: { stopped: true } });
  await until('Teams hears the carrier again', () => teams.hears(900));
  const missing = await client.play({
    session: 'ringing',
    leg: 'a',
    playId: 'p',
    source: { kind: 'file', path: '/nonexistent.wav' },
  });
  assert.equal(missing.ok ? 'ok' : missing.reason, 'bad-source');
  assert.ok((await client.sendDtmf({ session: 'ringing', leg: 'b', digits: '7' })).ok);
  await until('the carrier hears our digit', () => carrier.endpoint.digits[0]?.digit === '7');
});

test('garbage on the control socket closes that connection only; a wrong command gets a reason', async () => {
  const { media, client } = await shared();
  const { connect } = await import('node:net');
  for (const bytes of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.from([0, 0, 0, 2, 0x7b, 0x7d])]) {
    const rude = connect(media.socketPath);
    rude.write(bytes);
    await once(rude, 'close');
  }
  const refused = await client.allocate({ session: 'x', a: { remote: { address: 'example.com', port: 1 } } });
  assert.equal(refused.ok ? 'ok' : refused.reason, 'bad-request');
  const unknown = await client.request({ kind: 'dance', session: 'x' } as never);
  assert.deepEqual(unknown, { ok: false, reason: 'bad-request', detail: 'command dance is not known' });
});

test('the media process dies: what was asked ends as disconnected, the client comes back to its successor', async () => {
  const { media, client } = await mediaWithClient({ firstPort: 9550, lastPort: 9599 });
  const first = client.hello!.incarnation;
  media.child.kill('SIGKILL');
  const outcome = await client.allocate({ session: 'x' });
  assert.equal(outcome.ok ? 'ok' : outcome.reason, 'disconnected');
  await until('seen as gone', () => !client.connected);
  const again = spawn(
    process.execPath,
    [new URL('./main.ts', import.meta.url).pathname, '--socket', media.socketPath],
    {
      stdio: ['pipe', 'ignore', 'inherit'],
    },
  );
  running.push(async () => {
    again.stdin.end();
    if (again.exitCode === null) await once(again, 'exit');
  });
  assert.equal(await client.ready(8000), true);
  assert.notEqual(client.hello!.incarnation, first);
});

test('IPv6 works as IPv4 does; a leg and its party of different versions are refused', async () => {
  const { client } = await shared();
  const six = await client.allocate({
    session: 'six',
    a: { localAddress: '::1', remote: { address: '::1', port: 4000 } },
  });
  // A machine without IPv6 says so by name.
  assert.ok(six.ok || six.reason === 'bad-address', JSON.stringify(six));
  const mixed = await client.allocate({ session: 'mixed', a: { remote: { address: '::1', port: 4000 } } });
  assert.equal(mixed.ok ? 'ok' : mixed.reason, 'bad-request');
  const foreign = await client.allocate({ session: 'foreign', a: { localAddress: '192.0.2.1' } });
  assert.equal(foreign.ok ? 'ok' : foreign.reason, 'bad-address');
});

test('two relay threads share the range; a session lives on one of them; SIGTERM ends all with code 0', async () => {
  const { media, client } = await mediaWithClient({ firstPort: 9600, lastPort: 9699, threads: 2 });
  const { teams, carrier } = await call(client, 'c1');
  const second = await call(client, 'c2');
  const below = (party: Party): boolean => party.target!.rtpPort < 9650;
  assert.notEqual(below(teams), below(second.teams));
  teams.talk(440);
  carrier.talk(1000);
  await until('both hear the other', () => teams.hears(1000) && carrier.hears(440));
  media.child.kill('SIGTERM');
  const [code] = await once(media.child, 'exit');
  assert.equal(code, 0);
});
