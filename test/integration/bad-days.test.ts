import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { portSlot } from '../kit/port-slot.ts';
import { type Platform, startPlatform } from '../support/scenario/instance.ts';
import { processTree, signalTree } from '../support/scenario/process-tree.ts';
import { until } from '../support/scenario/until.ts';

/** Parts of the platform stop or die while people talk. */

const pat = '+12025550199';
const quinn = '+12025550198';
const alex = { upn: 'alex@acme.example', number: '+12025550143' };

let platform: Platform;

before(async () => {
  platform = await startPlatform((await portSlot()).base);
});
after(async () => platform?.stop());

interface TalkingCall {
  readonly sipCallId: string;
  readonly id: string;
}

/** The carrier calls Alex, and they talk until somebody ends it. */
const theyTalk = async (from = pat): Promise<TalkingCall> => {
  const { sipCallId } = await platform.twin.ask<{ sipCallId: string }>('POST', '/carrier/call', {
    from,
    to: alex.number,
  });
  const { id } = await platform.api.live(sipCallId, 'talking');
  return { sipCallId, id };
};

const carrierHangsUp = (call: TalkingCall): Promise<unknown> =>
  platform.twin.ask('POST', '/carrier/hangup', { call: call.sipCallId });

/** Packets that the carrier's party of this call has heard; undefined when its call is over. */
const carrierHeard = async (call: TalkingCall): Promise<number | undefined> =>
  (
    await platform.twin.ask<{ calls: readonly { sipCallId: string; media?: { packetsReceived: number } }[] }>(
      'GET',
      '/carrier',
    )
  ).calls.find(({ sipCallId }) => sipCallId === call.sipCallId)?.media?.packetsReceived;

const soundStillComes = async (call: TalkingCall): Promise<void> => {
  const before = (await carrierHeard(call)) ?? 0;
  await until('more sound at the carrier', async () => ((await carrierHeard(call)) ?? 0) > before + 20);
};

/** A whole new call, heard at both ends; tried again while a part comes back. */
const aNewCallWorks = async (patienceMs = 60_000): Promise<string> =>
  await until(
    'a new call is heard at both ends',
    async () => {
      const call = await platform.twin.call(quinn, '+12025550162', 1).catch(() => undefined);
      return call?.connected && call.heardEachOther ? call.sipCallId : undefined;
    },
    patienceMs,
  );

const recordedOnce = async (sipCallId: string): Promise<void> => {
  await platform.api.finished(sipCallId, 90_000);
  assert.equal((await platform.api.find(sipCallId, 'finished')).length, 1, 'one record');
};

const bothEndsAreFree = async (call: TalkingCall): Promise<void> => {
  await until('the carrier was told', async () => (await carrierHeard(call)) === undefined);
  await until(
    'Alex was told',
    async () =>
      !(await platform.twin.client(alex.upn)).calls.some(
        ({ state, number }) => state !== 'ended' && number === pat,
      ),
  );
};

/** The child that is there instead of the one that was killed. */
const comesBack = async (child: string, was: number): Promise<void> => {
  await until(`${child} is started again`, () => {
    try {
      const pid = platform.pidOf(child);
      return pid !== was;
    } catch {
      return false;
    }
  });
};

test('the database stops for 30 s during a call: the talk goes on, new calls work, each record is there once', async () => {
  const long = await theyTalk();
  const database = processTree(platform.pidOf('postgres')).slice(1);
  assert.ok(database.length > 3, 'the server and its workers');
  const stopped = performance.now();
  const during: string[] = [];
  for (const pid of database) process.kill(pid, 'SIGSTOP');
  try {
    during.push(await aNewCallWorks());
    await soundStillComes(long);
    await carrierHangsUp(long);
    await until('the long call is over', async () => (await carrierHeard(long)) === undefined);
    await delay(Math.max(0, 30_000 - (performance.now() - stopped)));
    during.push(await aNewCallWorks());
  } finally {
    for (const pid of database) {
      try {
        process.kill(pid, 'SIGCONT');
      } catch {
        // Gone.
      }
    }
  }
  for (const sipCallId of [long.sipCallId, ...during]) await recordedOnce(sipCallId);
  const record = await platform.api.read(long.id);
  assert.deepEqual([record.result, record.code, record.closedBy], ['answered', 'normal', 'normal']);
});

test('the database is killed during a call: it comes back, the call never noticed', async () => {
  const call = await theyTalk();
  const [server] = processTree(platform.pidOf('postgres')).slice(1);
  signalTree(server ?? 0, 'SIGKILL');
  const other = await aNewCallWorks();
  await soundStillComes(call);
  await carrierHangsUp(call);
  await recordedOnce(call.sipCallId);
  await recordedOnce(other);
});

test('the media process is killed: the call ends cleanly with a verdict, the next one is heard', async () => {
  const call = await theyTalk();
  const was = platform.pidOf('media');
  process.kill(was, 'SIGKILL');
  const record = await platform.api.finished(call.sipCallId, 90_000);
  assert.deepEqual([record.code, record.endedBy], ['engine-lost', 'platform']);
  assert.ok((record.sentence ?? '').length > 10);
  await bothEndsAreFree(call);
  await comesBack('media', was);
  await recordedOnce(await aNewCallWorks());
});

test('the signalling process is killed in mid-call: both ends get BYE, the record is closed as a crash, the next call works', async () => {
  const call = await theyTalk();
  const was = platform.pidOf('node');
  process.kill(was, 'SIGKILL');
  await comesBack('node', was);
  await bothEndsAreFree(call);
  await until(
    'the API is back',
    async () => (await fetch(`${platform.ready.portal}/readyz`)).ok,
    60_000,
  ).catch(() => undefined);
  const record = await until(
    'the record of the call that the crash ended',
    () => platform.api.finished(call.sipCallId, 1_000).catch(() => undefined),
    90_000,
  );
  assert.deepEqual([record.code, record.closedBy, record.endedBy], ['node-crash', 'crash', 'node-crash']);
  assert.equal((await platform.api.find(call.sipCallId, 'finished')).length, 1);
  await recordedOnce(await aNewCallWorks());
});

test('Microsoft and the carrier vanish and come back: the next call works without anybody touching Tandem', async () => {
  const call = await theyTalk();
  const was = platform.pidOf('twin');
  process.kill(was, 'SIGKILL');
  await comesBack('twin', was);
  const next = await aNewCallWorks(120_000);
  await recordedOnce(next);
  // Nobody is left who could end the old call: the operator does, and its far ends do not know it any more.
  const ended = await fetch(`${platform.ready.api}/calls/${call.id}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${platform.token}` },
  });
  assert.ok(ended.status === 204 || ended.status === 409 || ended.status === 404, `status ${ended.status}`);
  await recordedOnce(call.sipCallId);
});
