import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

/**
 * A certificate authority in memory. Roots and intermediates use P-256 (quick to make); leaves use RSA 2048, because all
 * cipher suites of the documented set authenticate with RSA (teams-direct-routing 1.3).
 */

// The library's types come from the browser's library; Node's implementation is the same interface.
x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

type CryptoKey = webcrypto.CryptoKey;
type CryptoKeyPair = webcrypto.CryptoKeyPair;

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
};

const day = 86_400_000;

/** PEM of a certificate and its key. `chain` holds the intermediates above it, nearest first, without the root. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
  readonly chain: readonly string[];
}

export const fullChain = (issued: Issued): string => [issued.cert, ...issued.chain].join('');

export type Usage = 'server' | 'client';
const usageOid: Record<Usage, string> = {
  server: x509.ExtendedKeyUsage.serverAuth,
  client: x509.ExtendedKeyUsage.clientAuth,
};

export interface LeafOptions {
  readonly commonName: string;
  /** DNS names and IP addresses. */
  readonly names: readonly string[];
  readonly usages: readonly Usage[];
  /** Wall milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly keyType?: 'rsa' | 'ecdsa';
}

function pem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

async function keyPair(kind: 'rsa' | 'ecdsa'): Promise<CryptoKeyPair> {
  return kind === 'rsa'
    ? ((await webcrypto.subtle.generateKey(rsa, true, ['sign', 'verify'])) as CryptoKeyPair)
    : ((await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify'])) as CryptoKeyPair);
}

const keyPem = async (keys: CryptoKeyPair): Promise<string> =>
  pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));

function pemDer(text: string): Buffer {
  return Buffer.from(text.replace(/-----[A-Z ]+-----/g, '').replace(/\s/g, ''), 'base64');
}

export class Authority {
  readonly cert: string;
  readonly key: string;
  /** Intermediates between a leaf of this authority and its root, this one first; empty for a root. */
  readonly chain: readonly string[];
  readonly #parsed: x509.X509Certificate;
  readonly #privateKey: CryptoKey;

  private constructor(
    cert: string,
    key: string,
    chain: readonly string[],
    parsed: x509.X509Certificate,
    privateKey: CryptoKey,
  ) {
    this.cert = cert;
    this.key = key;
    this.chain = chain;
    this.#parsed = parsed;
    this.#privateKey = privateKey;
  }

  /** A self-signed root, valid for ten years from `now`. */
  static async root(name: string, now: number): Promise<Authority> {
    const keys = await keyPair('ecdsa');
    const parsed = await x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: `CN=${name}`,
      issuer: `CN=${name}`,
      notBefore: new Date(now - day),
      notAfter: new Date(now + 3650 * day),
      signingAlgorithm: ecdsa,
      publicKey: keys.publicKey,
      signingKey: keys.privateKey,
      extensions: await authorityExtensions(keys.publicKey),
    });
    return new Authority(pem('CERTIFICATE', parsed.rawData), await keyPem(keys), [], parsed, keys.privateKey);
  }

  /** From what was kept on disk. */
  static async load(cert: string, key: string, chain: readonly string[]): Promise<Authority> {
    const privateKey = await webcrypto.subtle.importKey('pkcs8', pemDer(key), ecdsa, true, ['sign']);
    return new Authority(cert, key, chain, new x509.X509Certificate(cert), privateKey);
  }

  async intermediate(name: string, now: number): Promise<Authority> {
    const keys = await keyPair('ecdsa');
    const parsed = await x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: `CN=${name}`,
      issuer: this.#parsed.subject,
      notBefore: new Date(now - day),
      notAfter: new Date(now + 1825 * day),
      signingAlgorithm: ecdsa,
      publicKey: keys.publicKey,
      signingKey: this.#privateKey,
      extensions: await authorityExtensions(keys.publicKey, this.#parsed.publicKey),
    });
    const cert = pem('CERTIFICATE', parsed.rawData);
    return new Authority(cert, await keyPem(keys), [cert, ...this.chain], parsed, keys.privateKey);
  }

  async issue(options: LeafOptions): Promise<Issued> {
    const keys = await keyPair(options.keyType ?? 'rsa');
    const parsed = await x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: `CN=${options.commonName}`,
      issuer: this.#parsed.subject,
      notBefore: new Date(options.notBefore),
      notAfter: new Date(options.notAfter),
      signingAlgorithm: ecdsa,
      publicKey: keys.publicKey,
      signingKey: this.#privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
          true,
        ),
        new x509.ExtendedKeyUsageExtension(options.usages.map((usage) => usageOid[usage])),
        new x509.SubjectAlternativeNameExtension(
          options.names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
        ),
        await x509.AuthorityKeyIdentifierExtension.create(this.#parsed.publicKey),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return { cert: pem('CERTIFICATE', parsed.rawData), key: await keyPem(keys), chain: this.chain };
  }
}

async function authorityExtensions(
  publicKey: CryptoKey,
  issuerKey?: x509.PublicKey,
): Promise<x509.Extension[]> {
  return [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ...(issuerKey ? [await x509.AuthorityKeyIdentifierExtension.create(issuerKey)] : []),
  ];
}

/** Serial numbers are positive and unguessable (CA/Browser Forum 7.1: 64 bits at least). */
function serial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(12));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}
