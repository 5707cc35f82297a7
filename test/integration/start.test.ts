import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { removeDataDir } from '../../apps/server/src/supervisor/data-dir.ts';
import { portSlot } from '../kit/port-slot.ts';
import { type SpawnedInstance, spawnInstance } from '../kit/spawn-instance.ts';

const { base } = await portSlot();
const folder = mkdtempSync(join(tmpdir(), 'tandem-start-test-'));
if (process.getuid?.() === 0) execFileSync('chmod', ['711', folder]);

/** A test that failed must not leave an instance behind for the next one. */
const started: SpawnedInstance[] = [];
const start = (...args: Parameters<typeof spawnInstance>): SpawnedInstance => {
  const instance = spawnInstance(...args);
  started.push(instance);
  return instance;
};
afterEach(async () => {
  for (const instance of started.splice(0)) {
    instance.process.kill('SIGTERM');
    await instance.exited;
  }
});

after(() => {
  for (const data of globSync('**/postgres', { cwd: folder })) removeDataDir(join(folder, data, '..'));
  rmSync(folder, { recursive: true, force: true });
});

const atBase = (portBase: number, data: string): string[] => [
  '--port-base',
  String(portBase),
  '--data',
  join(folder, data),
];

/** Where something of the instance at the base listens. */
const at = (offset: number): string => `127.0.0.1:${base + offset}`;

/** Command lines of processes that mention `text`. */
const processesOf = (text: string): readonly string[] =>
  execFileSync('ps', ['-eo', 'pid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(text) && !/^\s*\d+\s+Z/.test(line));

const until = async (what: string, holds: () => boolean): Promise<void> => {
  const limit = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > limit) throw new Error(`never: ${what}`);
    await delay(20);
  }
};

/** Children registered in a data directory, as pids. */
const childPids = (data: string): readonly number[] =>
  readdirSync(join(folder, data, 'children')).map(
    (name) => (JSON.parse(readFileSync(join(folder, data, 'children', name), 'utf8')) as { pid: number }).pid,
  );

const isAlive = (pid: number): boolean => {
  try {
    return !/^\S+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

const nothingLeftOf = (data: string): void => {
  assert.deepEqual(processesOf(join(folder, data)), []);
  assert.equal(existsSync(join(folder, data, 'instance.json')), false, 'the instance file is gone');
  assert.equal(existsSync(join(folder, data, 'lock.json')), false, 'the lock is gone');
};

test('an operator starts Tandem, gets one ready line and a private instance file, and ends it with SIGTERM', async () => {
  const instance = start(atBase(base, 'first'));
  const ready = await instance.ready;
  assert.equal(ready.portal, `http://127.0.0.1:${base}`);
  assert.equal(ready.api, `http://127.0.0.1:${base}/api/v1`);
  assert.equal(ready.metrics, `http://127.0.0.1:${base}/metrics`);
  assert.deepEqual(ready.sip, {
    teamsTls: at(61),
    carrierUdp: at(60),
    carrierTcp: at(60),
    phonesUdp: at(62),
    phonesTcp: at(62),
    phonesTls: at(63),
  });
  assert.deepEqual(ready.twin?.hubs, [at(111), at(112), at(113)]);
  assert.ok(ready.instance);
  assert.equal(statSync(ready.instance).mode & 0o777, 0o600);
  const file = JSON.parse(readFileSync(ready.instance, 'utf8')) as {
    token: string;
    signIns: unknown[];
    phones: { name: string; user: string; password: string }[];
    pid: number;
  };
  assert.ok(file.token.length >= 32);
  assert.ok(file.signIns.length >= 3);
  assert.deepEqual(
    file.phones.map(({ name }) => name),
    ['dana-desk', 'reception', 'lobby'],
  );
  assert.ok(file.phones.every(({ password }) => password.length >= 16));
  assert.equal(file.pid, instance.process.pid);

  instance.process.kill('SIGTERM');
  assert.deepEqual(await instance.exited, { code: 0, signal: null });
  nothingLeftOf('first');
});

test('a second start on the same data keeps the database and its passwords', async () => {
  const passwords = (): string => readFileSync(join(folder, 'kept/postgres/secrets.json'), 'utf8');
  const first = start(atBase(base, 'kept'));
  await first.ready;
  const before = passwords();
  first.process.kill('SIGINT');
  assert.equal((await first.exited).code, 0);
  const second = start(atBase(base, 'kept'));
  await second.ready;
  assert.equal(passwords(), before);
  second.process.kill('SIGINT');
  assert.equal((await second.exited).code, 0);
});

test('a terminal sends SIGINT to the whole group, twice: everything ends in order, exit code 0', async () => {
  const instance = start(atBase(base, 'group'));
  await instance.ready;
  process.kill(-instance.process.pid!, 'SIGINT');
  process.kill(-instance.process.pid!, 'SIGINT');
  assert.deepEqual(await instance.exited, { code: 0, signal: null });
  nothingLeftOf('group');
});

test('SIGTERM in the middle of a start ends it cleanly too', async () => {
  const instance = start(atBase(base, 'early'));
  await until('the database is being made', () => existsSync(join(folder, 'early/postgres/secrets.json')));
  instance.process.kill('SIGTERM');
  assert.deepEqual(await instance.exited, { code: 0, signal: null });
  nothingLeftOf('early');
});

test('two instances run side by side; a third on a used data directory is refused and told by whom', async () => {
  const first = start(atBase(base, 'one'));
  const second = start(atBase(base + 200, 'two'));
  await Promise.all([first.ready, second.ready]);

  const third = start(atBase(base + 400, 'one'));
  assert.equal((await third.exited).code, 1);
  assert.match(
    third.said(),
    new RegExp(`in use by process ${first.process.pid}, since \\d{4}-.*port base ${base}`),
  );

  const fourth = start(atBase(base, 'four'));
  assert.equal((await fourth.exited).code, 1);
  assert.match(fourth.said(), new RegExp(`${base + 10}/tcp {2}embedded PostgreSQL[\\s\\S]*--port-base`));

  for (const instance of [first, second]) instance.process.kill('SIGTERM');
  assert.deepEqual([(await first.exited).code, (await second.exited).code], [0, 0]);
});

test('kill -9 of the supervisor: its children leave by themselves, and the next start is clean', async () => {
  const killed = start(atBase(base, 'killed'));
  await killed.ready;
  killed.process.kill('SIGKILL');
  await killed.exited;
  const next = start(atBase(base, 'killed'));
  await next.ready;
  assert.match(next.said(), /The last run was killed/);
  next.process.kill('SIGTERM');
  assert.equal((await next.exited).code, 0);
  nothingLeftOf('killed');
});

test('kill -9 of the supervisor and of the keeper: the next start ends the orphaned PostgreSQL', async () => {
  const killed = start(atBase(base, 'orphan'));
  await killed.ready;
  const keeper = JSON.parse(readFileSync(join(folder, 'orphan/children/postgres.json'), 'utf8')) as {
    pid: number;
  };
  process.kill(keeper.pid, 'SIGKILL');
  killed.process.kill('SIGKILL');
  await killed.exited;
  const next = start(atBase(base, 'orphan'));
  await next.ready;
  next.process.kill('SIGTERM');
  assert.equal((await next.exited).code, 0);
  nothingLeftOf('orphan');
});

test('every child that is killed is started again, and the end is still clean', async () => {
  const instance = start(atBase(base, 'crash'));
  await instance.ready;
  const before = childPids('crash');
  assert.ok(before.length >= 2);
  for (const pid of before) process.kill(pid, 'SIGKILL');
  await until(
    'all of them are up again',
    () => (instance.said().match(/: up again/g) ?? []).length >= before.length,
  );
  const now = childPids('crash');
  assert.equal(now.length, before.length);
  assert.ok(now.every((pid) => isAlive(pid) && !before.includes(pid)));
  instance.process.kill('SIGTERM');
  assert.equal((await instance.exited).code, 0);
  nothingLeftOf('crash');
});

test('--fresh leaves nothing behind', async () => {
  const instance = start(['--fresh', '--port-base', String(base)]);
  const ready = await instance.ready;
  assert.ok(existsSync(ready.data));
  instance.process.kill('SIGTERM');
  assert.equal((await instance.exited).code, 0);
  assert.equal(existsSync(ready.data), false);
  assert.deepEqual(processesOf(ready.data), []);
});

test('a data directory below a closed folder works, for root too', async () => {
  mkdirSync(join(folder, 'closed'), { mode: 0o700 });
  const instance = start(atBase(base, 'closed/data'));
  await instance.ready;
  instance.process.kill('SIGTERM');
  assert.equal((await instance.exited).code, 0);
});

test('the rehearsal and a real tenant never share a data directory', async () => {
  const twin = start(atBase(base, 'world'));
  await twin.ready;
  twin.process.kill('SIGTERM');
  await twin.exited;
  const real = start([...atBase(base, 'world'), '--no-twin']);
  assert.equal((await real.exited).code, 1);
  assert.match(real.said(), /holds the rehearsal world; --no-twin needs a data directory of its own/);
});

test('a misspelt setting, a bad value and an unknown flag are all reported at once', async () => {
  const instance = start(['--port-base', '70000', '--fersh', '--data', folder], {
    TANDEM_LOG_LEVLE: 'info',
  });
  assert.equal((await instance.exited).code, 2);
  assert.match(instance.said(), /--port-base: found "70000", wanted a whole number from 1024 to 24000/);
  assert.match(instance.said(), /--fersh: no such flag; did you mean "fresh"\?/);
  assert.match(instance.said(), /TANDEM_LOG_LEVLE: no such setting; did you mean "TANDEM_LOG_LEVEL"\?/);
});

test('a port that somebody else holds is named', async () => {
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(base + 61, '127.0.0.1', resolve));
  const instance = start(atBase(base, 'squatted'));
  assert.equal((await instance.exited).code, 1);
  assert.match(instance.said(), new RegExp(`${base + 61}/tcp {2}SIP over TLS for Teams`));
  squatter.close();
});
