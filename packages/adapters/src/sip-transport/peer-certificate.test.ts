import 'reflect-metadata';
import assert from 'node:assert/strict';
import { webcrypto, X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { before, test } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import * as x509 from '@peculiar/x509';
import { type CertificateFault, judgeCertificate, judgedByUs, presentedChain } from './peer-certificate.ts';

x509.cryptoProvider.set(
  'default',
  webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[1] & object,
);
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const hub = 'sip.pstnhub.microsoft.com';
const now = Date.parse('2026-06-01T00:00:00Z');
const day = 86_400_000;

interface Party {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}
const makeKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;

let serial = 1;
async function mint(options: {
  name: string;
  issuer?: Party;
  ca?: boolean;
  names?: string[];
  usages?: x509.ExtendedKeyUsage[];
  from?: number;
  to?: number;
}): Promise<Party> {
  const keys = await makeKeys();
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(options.ca ?? false, undefined, true),
  ];
  if (options.names)
    extensions.push(
      new x509.SubjectAlternativeNameExtension(
        options.names.map((value) => ({ type: 'dns' as const, value })),
      ),
    );
  if (options.usages) extensions.push(new x509.ExtendedKeyUsageExtension(options.usages));
  serial += 1;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial.toString(16).padStart(4, '0'),
    subject: `CN=${options.name}`,
    issuer: options.issuer?.certificate.subject ?? `CN=${options.name}`,
    notBefore: new Date(options.from ?? now - day),
    notAfter: new Date(options.to ?? now + day),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: options.issuer?.keys.privateKey ?? keys.privateKey,
    extensions,
  });
  return { certificate, keys };
}
const node = (party: Party): X509Certificate => new X509Certificate(Buffer.from(party.certificate.rawData));

let root: Party;
let foreignRoot: Party;
let intermediate: Party;
let notReallyCa: Party;
before(async () => {
  root = await mint({ name: 'Root of the hubs', ca: true, to: now + 400 * day });
  foreignRoot = await mint({ name: 'Some other root', ca: true, to: now + 400 * day });
  intermediate = await mint({ name: 'Issuing', issuer: root, ca: true });
  notReallyCa = await mint({ name: 'A customer', issuer: root, names: ['evil.example'] });
});
const both = [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth];

interface Case {
  readonly title: string;
  readonly make: () => Promise<readonly Party[]>;
  readonly fault: CertificateFault;
}
const leaf = (options: Partial<Parameters<typeof mint>[0]>): Promise<Party> =>
  mint({ name: 'hub', issuer: intermediate, names: [hub], usages: both, ...options });

// T06: both usages and server-only pass; expired, other root, other name, self-signed and none do not.
const cases: readonly Case[] = [
  { title: 'both usages', make: async () => [await leaf({}), intermediate], fault: 'none' },
  {
    title: 'server usage only, as Microsoft issues from 2026',
    make: async () => [await leaf({ usages: [x509.ExtendedKeyUsage.serverAuth] }), intermediate],
    fault: 'none',
  },
  {
    title: 'a wildcard of one label',
    make: async () => [await leaf({ names: ['*.pstnhub.microsoft.com'] }), intermediate],
    fault: 'none',
  },
  {
    title: 'expired, and from a foreign root as well (Node would name one of the two)',
    make: async () => [await leaf({ issuer: foreignRoot, from: now - 3 * day, to: now - day })],
    fault: 'expired',
  },
  {
    title: 'not yet valid',
    make: async () => [await leaf({ from: now + day, to: now + 2 * day }), intermediate],
    fault: 'not-yet-valid',
  },
  {
    title: 'server usage only from a foreign root (Node says INVALID_PURPOSE)',
    make: async () => [
      await leaf({ issuer: foreignRoot, usages: [x509.ExtendedKeyUsage.serverAuth] }),
      foreignRoot,
    ],
    fault: 'untrusted',
  },
  {
    title: 'self-signed',
    make: async () => [await mint({ name: 'hub', names: [hub], usages: both })],
    fault: 'untrusted',
  },
  { title: 'intermediate missing', make: async () => [await leaf({})], fault: 'untrusted' },
  {
    title: 'another name',
    make: async () => [await leaf({ names: ['sip.example.org'] }), intermediate],
    fault: 'wrong-name',
  },
  {
    title: 'a wildcard two labels up',
    make: async () => [await leaf({ names: ['*.microsoft.com'] }), intermediate],
    fault: 'wrong-name',
  },
  {
    title: 'issued by a customer certificate that is no CA',
    make: async () => [await leaf({ issuer: notReallyCa }), notReallyCa],
    fault: 'not-a-ca',
  },
  {
    title: 'for code signing only',
    make: async () => [await leaf({ usages: [x509.ExtendedKeyUsage.codeSigning] }), intermediate],
    fault: 'wrong-usage',
  },
  { title: 'none at all', make: async () => [], fault: 'no-certificate' },
];

for (const { title, make, fault } of cases)
  test(`a hub certificate: ${title} -> ${fault} (T06)`, async () => {
    const verdict = judgeCertificate((await make()).map(node), {
      roots: [node(root)],
      names: [hub],
      nowWallMs: now,
    });
    assert.equal(verdict.ok ? 'none' : verdict.fault, fault);
  });

const pem = (party: Party): string => `${party.certificate.toString('pem')}\n`;
async function keyPem(party: Party): Promise<string> {
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', party.keys.privateKey)).toString(
    'base64',
  );
  return `-----BEGIN PRIVATE KEY-----\n${key.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`;
}

for (const usages of [both, [x509.ExtendedKeyUsage.serverAuth]])
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    test(`Microsoft connects with a leaf and its intermediate (${usages.length} usages, ${maxVersion}): the whole chain is there to judge (T06, F15)`, async () => {
      const hubLeaf = await mint({
        name: 'hub',
        issuer: intermediate,
        names: [hub],
        usages,
        from: Date.now() - day,
        to: Date.now() + day,
      });
      const [key, cert] = [await keyPem(hubLeaf), pem(hubLeaf) + pem(intermediate)];
      const chains: X509Certificate[][] = [];
      const server = createServer(
        { key, cert, requestCert: true, maxVersion, ...judgedByUs },
        (socket: TLSSocket) => {
          chains.push(presentedChain(socket));
          socket.end();
        },
      );
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      await new Promise<void>((closed) => {
        const client = connect({
          port: (server.address() as AddressInfo).port,
          host: '127.0.0.1',
          key,
          cert,
          ...judgedByUs,
        });
        client.on('secureConnect', () => chains.push(presentedChain(client)));
        client.resume().on('close', () => closed());
      });
      server.close();
      assert.equal(chains.length, 2);
      for (const chain of chains) assert.equal(chain.length, 2);
    });
