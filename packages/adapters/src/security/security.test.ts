import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { hashPassword, verifyPassword, wasteVerification } from './password.ts';
import { createSecretBox, loadOrCreateMasterKey } from './secret-box.ts';
import { generateToken, hashToken, looksLikeToken, sameSecret } from './token.ts';

const cheap = { n: 1024, r: 8, p: 1 };

test('a password is verified by its hash, whose text says its cost; a damaged or greedy text verifies nothing', async () => {
  const stored = await hashPassword('correct horse', cheap);
  assert.match(stored, /^scrypt\$1024\$8\$1\$/);
  assert.equal(await verifyPassword('correct horse', stored), true);
  assert.equal(await verifyPassword('correct horsf', stored), false);
  assert.notEqual(stored, await hashPassword('correct horse', cheap), 'salted');
  for (const bad of [
    '',
    'plain',
    stored.replace('1024', '1000'),
    stored.replace('1024', String(2 ** 40)),
    stored.slice(0, -4),
  ]) {
    assert.equal(await verifyPassword('correct horse', bad), false, bad);
  }
  assert.equal(await wasteVerification('anything', cheap), false);
});

test('a token has 256 random bits, a prefix for people, and is found by its hash', () => {
  const token = generateToken('api');
  assert.ok(looksLikeToken('api', token.text) && !looksLikeToken('session', token.text));
  assert.equal(Buffer.from(token.text.slice('tandem_'.length), 'base64url').length, 32);
  assert.deepEqual(hashToken(token.text), token.hash);
  assert.ok(token.text.startsWith(token.prefix) && token.prefix.length < 16);
  assert.equal(sameSecret('a', 'a'), true);
  assert.equal(sameSecret('a', 'ab'), false);
});

test('a sealed secret opens under its key and in its place only', () => {
  const box = createSecretBox(Buffer.alloc(32, 1));
  const sealed = box.seal('geheim', 'carrier:1');
  assert.equal(box.open(sealed, 'carrier:1'), 'geheim');
  assert.equal(box.open(sealed, 'carrier:2'), undefined);
  assert.equal(createSecretBox(Buffer.alloc(32, 2)).open(sealed, 'carrier:1'), undefined);
  for (const bad of ['', 'v1', 'v1.a.b', `${sealed.slice(0, -2)}AA`])
    assert.equal(box.open(bad, 'carrier:1'), undefined);
  assert.throws(() => createSecretBox(Buffer.alloc(16)));
});

test('the master key is made once, for its owner only, and refused when others may read it', () => {
  const home = mkdtempSync('/tmp/tandem-key-test-');
  const file = path.join(home, 'master.key');
  const key = loadOrCreateMasterKey(file);
  assert.deepEqual(loadOrCreateMasterKey(file), key);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  chmodSync(file, 0o640);
  assert.throws(() => loadOrCreateMasterKey(file), /chmod 600/);
  rmSync(home, { recursive: true });
});
