import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { dominantFrequency, parseWav } from '@tandem/media';
import { portSlot } from '../kit/port-slot.ts';
import { type Platform, startPlatform } from '../support/scenario/instance.ts';
import { changePhone } from '../support/scenario/phones.ts';
import { processTree } from '../support/scenario/process-tree.ts';
import { until } from '../support/scenario/until.ts';

/** Pat leaves Dana messages, with real sound, while parts of the platform stop or die. */

const pat = '+12025550199';
const dana = { upn: 'dana@acme.example', number: '+12025550142' };
/** What the carrier's callers say. */
const patHz = 1000;

interface Message {
  readonly id: string;
  readonly callId: string;
  readonly from: string;
  readonly lengthMs: number;
}

let platform: Platform;
let danaId: string;
let cookie = '';
let csrf = '';
before(async () => {
  platform = await startPlatform((await portSlot()).base);
  const { items } = await platform.api.get<{
    items: readonly { id: string; upn: string; accountId: string }[];
  }>(`/people?limit=10&search=${encodeURIComponent(dana.upn)}`);
  const person = items.find(({ upn }) => upn === dana.upn) ?? assert.fail('no Dana');
  danaId = person.id;
  await operator('PATCH', `/accounts/${person.accountId}`, { noAnswerSeconds: 5 });
  await operator('PATCH', `/accounts/${person.accountId}/voicemail`, { owner: 'platform' });
  // Nobody at Dana's desk, and nobody at her Teams.
  await platform.twin.habit(dana.upn, { answers: { kind: 'ring' } });
  await changePhone(platform.twin, 'dana-desk', { answers: { kind: 'ring' } });
  await signIn();
});
after(async () => {
  await platform?.stop();
});

/** A restart of the rehearsal gives passwords anew, which ends sessions. */
async function signIn(): Promise<void> {
  const { signIns } = JSON.parse(readFileSync(platform.ready.instance ?? '', 'utf8')) as {
    signIns: readonly { name: string; password: string }[];
  };
  const password = signIns.find(({ name }) => name === dana.upn)?.password;
  const session = await fetch(`${platform.ready.api}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: dana.upn, password }),
  });
  assert.equal(session.status, 201, await session.clone().text());
  cookie = session.headers.get('set-cookie')?.split(';')[0] ?? '';
  csrf = ((await session.json()) as { csrfToken: string }).csrfToken;
}

async function operator(method: string, path: string, body: unknown): Promise<void> {
  const answer = await fetch(`${platform.ready.api}${path}`, {
    method,
    headers: { authorization: `Bearer ${platform.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, `${path}: ${await answer.text()}`);
}
const asDana = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${platform.ready.api}/people/${danaId}/voicemail${path}`, {
    ...init,
    headers: { cookie, 'x-csrf-token': csrf, ...init.headers },
  });
const messages = async (): Promise<readonly Message[]> => {
  // While signalling is started again nobody answers.
  const answer = await asDana('').catch(() => undefined);
  if (answer?.status === 401) await signIn();
  return answer?.ok ? ((await answer.json()) as { items: readonly Message[] }).items : [];
};
const leftIn = (callId: string): Promise<Message> =>
  until('the message is there', async () => (await messages()).find((one) => one.callId === callId), 90_000);
const hzIn = (file: Buffer): number => {
  const wav = parseWav(file);
  assert.ok(wav.ok && wav.audio.rate === 8000);
  return Math.round(dominantFrequency(wav.audio.samples, wav.audio.rate) ?? 0);
};
const onDisk = (folder: string): string[] => readdirSync(join(platform.ready.data, 'node/voicemail', folder));
/** Sound on its way to the disk. */
const incoming = (): string[] => onDisk('incoming').filter((name) => name.endsWith('.ulaw'));
/** Of the one that speaks now; mu-law has 8,000 bytes a second. */
const secondsOnDisk = (): number => {
  const [name] = incoming();
  const file = name && join(platform.ready.data, 'node/voicemail/incoming', name);
  return file ? (statSync(file, { throwIfNoEntry: false })?.size ?? 0) / 8_000 : 0;
};

/** Pat calls Dana and speaks to the mailbox, until somebody ends it. */
async function patSpeaks(): Promise<{ readonly sipCallId: string; readonly id: string }> {
  const { sipCallId } = await platform.twin.ask<{ sipCallId: string }>('POST', '/carrier/call', {
    from: pat,
    to: dana.number,
  });
  await until('the mailbox records', () => incoming().length === 1, 60_000);
  const [call] = await platform.api.find(sipCallId, 'live');
  await until('three seconds of sound are on the disk', () => secondsOnDisk() >= 3, 60_000);
  return { sipCallId, id: call?.id ?? assert.fail('no call') };
}
const hangUp = (sipCallId: string): Promise<unknown> =>
  platform.twin.ask('POST', '/carrier/hangup', { call: sipCallId });

test('Dana does not answer: Pat’s voice is in her mailbox once, in nobody else’s, and the call stays missed', async () => {
  const { sipCallId, id } = await patSpeaks();
  await hangUp(sipCallId);
  const message = await leftIn(id);
  assert.equal(message.from, pat);
  assert.ok(message.lengthMs > 2_000 && message.lengthMs < 20_000, `${message.lengthMs}`);
  const sound = await asDana(`/${message.id}/sound`);
  assert.equal(sound.headers.get('content-type'), 'audio/wav');
  assert.equal(hzIn(Buffer.from(await sound.arrayBuffer())), patHz);
  const part = await asDana(`/${message.id}/sound`, { headers: { range: 'bytes=0-3' } });
  assert.deepEqual([part.status, await part.text()], [206, 'RIFF']);
  const record = await platform.api.finished(sipCallId);
  assert.deepEqual([record.result, record.code, record.endedBy], ['no-answer', 'voicemail', 'caller']);
  assert.match(record.why.join(' '), /The mailbox of Dana .* answered\. .*A message of [0-9]+ s was left\./);
  const teams = await platform.twin.client(dana.upn);
  assert.deepEqual(teams.calls, [], 'Teams rings no more and has recorded nothing');
  assert.equal((await messages()).length, 1);
  const operators = await fetch(`${platform.ready.api}/people/${danaId}/voicemail/${message.id}/sound`, {
    headers: { authorization: `Bearer ${platform.token}` },
  });
  assert.equal(operators.status, 403, 'who administers does not hear');
  assert.equal((await asDana(`/${message.id}`, { method: 'DELETE' })).status, 204);
  assert.deepEqual([await messages(), onDisk('messages'), onDisk('incoming')], [[], [], []]);
});

test('the database is away while Pat speaks: the message waits on the disk and is there once it is back', async () => {
  const { sipCallId, id } = await patSpeaks();
  const database = processTree(platform.pidOf('postgres')).slice(1);
  for (const pid of database) process.kill(pid, 'SIGSTOP');
  try {
    await hangUp(sipCallId);
    await until('the message is whole', () => onDisk('messages').length === 1);
  } finally {
    for (const pid of database) {
      try {
        process.kill(pid, 'SIGCONT');
      } catch {
        // Gone.
      }
    }
  }
  const message = await leftIn(id);
  await until('the envelope is gone', () => onDisk('incoming').length === 0);
  assert.equal(hzIn(Buffer.from(await (await asDana(`/${message.id}/sound`)).arrayBuffer())), patHz);
  assert.equal((await messages()).length, 1);
  await asDana(`/${message.id}`, { method: 'DELETE' });
});

test('signalling is killed in mid-message: after the restart what Pat had said is one message, and nothing else is left', async () => {
  const { id } = await patSpeaks();
  process.kill(platform.pidOf('node'), 'SIGKILL');
  const message = await leftIn(id);
  assert.ok(message.lengthMs > 2_000, `${message.lengthMs}`);
  assert.equal(hzIn(Buffer.from(await (await asDana(`/${message.id}/sound`)).arrayBuffer())), patHz);
  await until('the envelope is gone', () => onDisk('incoming').length === 0);
  assert.deepEqual([(await messages()).length, onDisk('messages').length], [1, 1]);
});
