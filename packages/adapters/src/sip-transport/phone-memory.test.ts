import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { asDeviceId, type DeviceId } from '@tandem/domain';
import type { KeptRegistration } from '@tandem/engine/registrar/registrar.ts';
import type { DeviceSecret } from '../postgres/device-store.ts';
import { createSecretBox } from '../security/secret-box.ts';
import { openPhoneSecretSource } from './phone-secret-source.ts';
import { openRegistrationFile, readRegistrations } from './registration-file.ts';

/** What a restart of the process, with or without the database, knows of phones. */

const folder = mkdtempSync(join(tmpdir(), 'tandem-phones-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const registration = (port: number): KeptRegistration => ({
  deviceId: asDeviceId('01890000-0000-7000-8000-000000000001'),
  uri: 'sip:dana@10.0.0.7',
  host: '192.0.2.7',
  port,
  callId: 'c',
  cseq: 2,
  sinceWallMs: 1,
  expiresAtWallMs: 2,
});

const [dana, lobby] = ['1', '2'].map((last) => asDeviceId(`01890000-0000-7000-8000-00000000000${last}`)) as [
  DeviceId,
  DeviceId,
];

function fileOf(name: string, fewestLines?: number) {
  const path = join(folder, name);
  const now = new Map<DeviceId, KeptRegistration>();
  const problems: string[] = [];
  const file = openRegistrationFile({
    path,
    keptOf: (deviceId) => now.get(deviceId),
    kept: () => [...now.values()],
    onProblem: (what) => problems.push(what),
    ...(fewestLines !== undefined && { fewestLines }),
  });
  return {
    path,
    file,
    problems,
    put(deviceId: DeviceId, port: number) {
      now.set(deviceId, { ...registration(port), deviceId });
      file.changed([deviceId]);
    },
    leave(...devices: DeviceId[]) {
      for (const deviceId of devices) now.delete(deviceId);
      file.changed(devices);
    },
    ports: () => readRegistrations(path).map(({ deviceId, port }) => [deviceId, port]),
    lines: () => readFileSync(path, 'utf8').split('\n').length - 1,
  };
}

test('whoever is told that they are registered is so after a kill: each change of a burst is on disk in the same turn', async () => {
  const phones = fileOf('burst');
  phones.put(dana, 1);
  phones.put(dana, 2);
  phones.put(lobby, 3);
  assert.deepEqual(phones.ports(), [
    [dana, 2],
    [lobby, 3],
  ]);
  phones.leave(dana);
  assert.deepEqual(phones.ports(), [[lobby, 3]]);
  phones.leave(lobby, dana);
  assert.deepEqual(phones.ports(), []);
  phones.put(lobby, 4);
  await phones.file.close();
  assert.deepEqual([phones.ports(), phones.lines()], [[[lobby, 4]], 1], 'the file holds what is needed');
});

test('the file does not grow: it is written anew, and what changes meanwhile is in the new one too', async () => {
  const phones = fileOf('growing', 20);
  for (let port = 1; port <= 20; port++) phones.put(dana, port);
  // The twentieth line began the new file, which is not in place yet.
  phones.put(dana, 21);
  phones.put(lobby, 22);
  assert.equal(phones.lines(), 22);
  while (phones.lines() > 3) await new Promise((tick) => setImmediate(tick));
  const both = [
    [dana, 21],
    [lobby, 22],
  ];
  assert.deepEqual(phones.ports(), both);
  phones.leave(dana);
  assert.deepEqual(phones.ports(), [[lobby, 22]], 'and it is the new one that is written on');
  await phones.file.close();
});

test('who registers after a power cut is not lost to the line that it left half written', async () => {
  writeFileSync(join(folder, 'torn'), JSON.stringify({ ...registration(1), deviceId: dana }).slice(0, 40));
  const phones = fileOf('torn');
  phones.put(lobby, 2);
  assert.deepEqual(phones.ports(), [[lobby, 2]]);
  await phones.file.close();
});

test('a folder that cannot be written is said once, and registering goes on', async () => {
  const phones = fileOf('missing/registrations');
  phones.put(dana, 1);
  phones.put(dana, 2);
  assert.equal(phones.problems.length, 1);
  assert.match(phones.problems[0] ?? '', /^registrations are not kept: ENOENT/);
  await phones.file.close();
});

test('a line that is damaged, or holds something else, is as good as none', () => {
  const path = join(folder, 'damaged');
  const whole = JSON.stringify(registration(1));
  for (const [text, count] of [
    ['', 0],
    ['{"deviceId":', 0],
    ['null\n7\n[]\n{}', 0],
    [JSON.stringify({ ...registration(1), port: 'x' }), 0],
    [`${whole}\n${whole.slice(0, 40)}`, 1],
    [`${whole.slice(0, 40)}\n${whole}`, 1],
  ] as const) {
    writeFileSync(path, text);
    assert.equal(readRegistrations(path).length, count, text);
  }
  assert.deepEqual(readRegistrations(join(folder, 'none')), []);
});

test('phones can register while the database is away: their hashes stand sealed on disk', async () => {
  const file = join(folder, 'phone-secrets');
  const box = createSecretBox(Buffer.alloc(32, 1));
  const secret: DeviceSecret = {
    deviceId: asDeviceId('01890000-0000-7000-8000-000000000001'),
    sipUser: 'acme-dana-desk',
    realm: 'customers.example.net',
    md5: 'ab'.repeat(16),
    sha256: 'cd'.repeat(32),
  };
  const problems: string[] = [];
  let answer: () => Promise<readonly DeviceSecret[]> = async () => [
    secret,
    { ...secret, sipUser: 'other', realm: 'other.example' },
  ];
  const options = {
    devices: { listAllSecretsForPlatform: () => answer() },
    realm: secret.realm,
    file,
    box,
    onProblem: (what: string) => problems.push(what),
  };
  const first = await openPhoneSecretSource(options);
  const { realm: _, ...expected } = secret;
  assert.deepEqual(first.ofUser('acme-dana-desk'), expected);
  assert.equal(first.ofUser('other'), undefined, 'a password of another realm is of no use here');
  assert.doesNotMatch(readFileSync(file, 'utf8'), /acme-dana-desk|abab/);

  answer = async () => {
    throw new Error('the database is away');
  };
  const second = await openPhoneSecretSource(options);
  assert.deepEqual(second.ofUser('acme-dana-desk'), expected);
  assert.match(problems.join(), /another realm.*database is away/);

  answer = async () => [{ ...secret, md5: 'ef'.repeat(16) }];
  await second.refresh();
  assert.equal(second.ofUser('acme-dana-desk')?.md5, 'ef'.repeat(16));
  const stranger = await openPhoneSecretSource({
    ...options,
    box: createSecretBox(Buffer.alloc(32, 2)),
    devices: { listAllSecretsForPlatform: async () => [] },
  });
  assert.equal(stranger.ofUser('acme-dana-desk'), undefined);
});
