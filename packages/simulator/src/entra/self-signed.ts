import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

/** A certificate that signs itself and its key, PEM (PKCS 8): what an app registration and a token service work with. */
export interface SelfSigned {
  readonly cert: string;
  readonly key: string;
}

const day = 86_400_000;
const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
};

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

export async function makeSelfSigned(commonName: string, now: number, days: number): Promise<SelfSigned> {
  const keys = (await webcrypto.subtle.generateKey(rsa, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const serial = webcrypto.getRandomValues(new Uint8Array(12));
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: Buffer.from(serial).toString('hex'),
    name: `CN=${commonName}`,
    notBefore: new Date(now - day),
    notAfter: new Date(now + days * day),
    signingAlgorithm: rsa,
    keys,
  });
  return {
    cert: `${made.toString('pem').trim()}\n`,
    key: pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)),
  };
}

/** `NAME.cert.pem` and `NAME.key.pem` (0600) of a folder; made when absent. */
export async function keptSelfSigned(
  folder: string,
  name: string,
  commonName: string,
  now: number,
  days: number,
): Promise<SelfSigned> {
  const certFile = join(folder, `${name}.cert.pem`);
  const keyFile = join(folder, `${name}.key.pem`);
  if (existsSync(certFile) && existsSync(keyFile))
    return { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const made = await makeSelfSigned(commonName, now, days);
  await writeSafely(keyFile, made.key, 0o600);
  await writeSafely(certFile, made.cert, 0o644);
  return made;
}

async function writeSafely(file: string, text: string, mode: number): Promise<void> {
  const next = `${file}.next`;
  await writeFile(next, text, { mode });
  await chmod(next, mode);
  await rename(next, file);
}

function pem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
