import 'reflect-metadata';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import * as x509 from '@peculiar/x509';
import { watchCertificate } from './certificate-watch.ts';
import { certificateFiles, checkCertificate, importCertificate } from './own-certificate.ts';

x509.cryptoProvider.set(
  'default',
  webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[1] & object,
);
const day = 86_400_000;
const now = Date.now();
const names = ['customers.example.net', 'any.customers.example.net'];
const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
const ec = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

interface Pair {
  readonly chain: string;
  readonly key: string;
}
async function pair(
  options: {
    algorithm?: object;
    names?: string[];
    from?: number;
    to?: number;
    keys?: webcrypto.CryptoKeyPair;
  } = {},
): Promise<Pair & { keys: webcrypto.CryptoKeyPair }> {
  const algorithm = (options.algorithm ?? rsa) as typeof rsa;
  const keys =
    options.keys ??
    ((await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=sbc',
    notBefore: new Date(options.from ?? now - day),
    notAfter: new Date(options.to ?? now + 90 * day),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        (options.names ?? ['customers.example.net', '*.customers.example.net']).map((value) => ({
          type: 'dns',
          value,
        })),
      ),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
    ],
  });
  const exported = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const key = `-----BEGIN PRIVATE KEY-----\n${exported.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`;
  return { chain: `${certificate.toString('pem')}\n`, key, keys };
}

let good: Awaited<ReturnType<typeof pair>>;
let other: Awaited<ReturnType<typeof pair>>;
before(async () => {
  [good, other] = await Promise.all([pair(), pair()]);
});

const judged = (one: Pair): string => {
  const outcome = checkCertificate(one.chain, one.key, names, now);
  return outcome.ok ? (outcome.warnings[0] ?? 'good') : outcome.say;
};

test('a pair that matches, is in date, RSA, and covers the base and the customers is taken (F14)', () => {
  assert.equal(judged(good), 'good');
});

test('a pair that does not match, is expired, ECDSA, or lacks a name is refused with the reason (F14, pitfalls 8 and 9)', async () => {
  assert.match(judged({ chain: good.chain, key: other.key }), /key does not belong/);
  assert.match(judged(await pair({ keys: good.keys, from: now - 9 * day, to: now - day })), /expired/);
  assert.match(judged(await pair({ algorithm: ec })), /RSA/);
  assert.match(
    judged(await pair({ keys: good.keys, names: ['*.customers.example.net'] })),
    /does not cover customers\.example\.net/,
  );
  assert.match(
    judged(await pair({ keys: good.keys, names: ['customers.example.net'] })),
    /does not cover any\.customers/,
  );
  assert.match(judged({ chain: 'hello', key: 'world' }), /not readable PEM/);
});

test('a chain that is read while it is being copied is refused: nobody could serve it (F14)', () => {
  const half = good.chain.slice(0, good.chain.length / 2);
  assert.match(judged({ chain: good.chain + half, key: good.key }), /not readable PEM/);
});

test('a certificate near its end is taken with a warning', async () => {
  assert.match(judged(await pair({ keys: good.keys, to: now + 10 * day })), /expires in (9|10) days/);
});

test('a renewed pair is handed on once, a broken one is refused once and the old one stays', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-cert-'));
  const write = ({ chain, key }: Pair): void => {
    writeFileSync(join(folder, certificateFiles.chain), chain);
    writeFileSync(join(folder, certificateFiles.key), key);
  };
  write(good);
  const first = await importCertificate(folder, names, now);
  assert.ok(first.ok);
  const seen: string[] = [];
  const watch = watchCertificate({
    folder,
    names,
    current: first.certificate,
    everyMs: 3_600_000,
    onRenewed: () => seen.push('renewed'),
    onRefused: (say) => seen.push(say),
  });
  await watch.look();
  write({ chain: good.chain, key: other.key });
  await watch.look();
  await watch.look();
  write(other);
  await watch.look();
  await watch.look();
  watch.stop();
  rmSync(folder, { recursive: true });
  assert.deepEqual(seen, ['the key does not belong to the certificate', 'renewed']);
});
