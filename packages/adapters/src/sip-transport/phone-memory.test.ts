import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { asDeviceId } from '@tandem/domain';
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

test('the first registration is on disk at once, those of a burst soon after, the last ones at the end', async () => {
  const path = join(folder, 'registrations.json');
  let kept = [registration(1)];
  const file = openRegistrationFile(path, () => kept, assert.fail);
  file.changed();
  while (readRegistrations(path).length === 0) await new Promise((tick) => setImmediate(tick));
  kept = [registration(2)];
  file.changed();
  kept = [registration(3)];
  file.changed();
  while (readRegistrations(path)[0]?.port !== 3) await new Promise((tick) => setImmediate(tick));
  kept = [];
  await file.close();
  assert.deepEqual(readRegistrations(path), []);
});

test('a file that is damaged, or holds something else, is as good as none', () => {
  const path = join(folder, 'damaged.json');
  for (const text of [
    '',
    '[{"deviceId":',
    '{}',
    '[null,{"deviceId":7}]',
    JSON.stringify([{ ...registration(1), port: 'x' }]),
  ]) {
    writeFileSync(path, text);
    assert.deepEqual(readRegistrations(path), [], text);
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
