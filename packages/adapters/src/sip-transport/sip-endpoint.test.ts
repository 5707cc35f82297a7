import 'reflect-metadata';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { connect, createServer } from 'node:tls';
import * as x509 from '@peculiar/x509';
import type { UserAgent } from '@tandem/sip/ua/types.ts';
import { checkCertificate, type OwnCertificate } from './own-certificate.ts';
import { SipEndpoint } from './sip-endpoint.ts';

x509.cryptoProvider.set(
  'default',
  webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[1] & object,
);

async function certificate(name: string): Promise<OwnCertificate> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048,
  };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=sbc',
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
    keys,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: name }])],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const pem = `-----BEGIN PRIVATE KEY-----\n${key.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`;
  const outcome = checkCertificate(`${made.toString('pem')}\n`, pem, [name], Date.now());
  assert.ok(outcome.ok);
  return outcome.certificate;
}

/** The ticket with which a TLS 1.2 client could resume its session; undefined when it got none. */
function ticketOf(port: number, { key, chain: cert }: OwnCertificate): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const to = { host: '127.0.0.1', port, rejectUnauthorized: false, maxVersion: 'TLSv1.2' } as const;
    const socket = connect({ ...to, key, cert });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      resolve(socket.getTLSTicket());
      socket.destroy();
    });
  });
}

test('no session can be resumed past the judge, also after the certificate was renewed (T06, F14)', async () => {
  const port = 24_561;
  const hub = await certificate('hub.example.net');
  const endpoint = new SipEndpoint({
    bindAddress: '127.0.0.1',
    teamsPort: port,
    carrierPort: 24_560,
    certificate: await certificate('sbc.example.net'),
    hubRoots: [hub.leaf],
    hubNames: ['hub.example.net'],
    resolver: { resolve: () => Promise.reject(new Error('nobody is asked')) },
    admitCarrier: () => false,
    onAnomaly: () => undefined,
  });
  await endpoint.open({ flowClosed() {} } as unknown as UserAgent);
  try {
    assert.equal(await ticketOf(port, hub), undefined);
    endpoint.renew(await certificate('sbc.example.net'));
    assert.equal(await ticketOf(port, hub), undefined);
  } finally {
    await endpoint.close();
  }
});

test('a message that finds a bug costs itself: the next one is heard, and somebody is told (T01)', async () => {
  const heard = Promise.withResolvers<string>();
  const told: string[] = [];
  const endpoint = new SipEndpoint({
    bindAddress: '127.0.0.1',
    teamsPort: 24_561,
    carrierPort: 24_560,
    certificate: await certificate('sbc.example.net'),
    hubRoots: [],
    hubNames: ['hub.example.net'],
    resolver: { resolve: () => Promise.reject(new Error('nobody is asked')) },
    admitCarrier: () => true,
    onAnomaly: (what) => told.push(what),
  });
  await endpoint.open({
    flowClosed() {},
    advance: () => undefined,
    receive(bytes: Buffer) {
      if (bytes.toString() === 'bad') throw new Error('a bug on purpose');
      heard.resolve(bytes.toString());
    },
  } as unknown as UserAgent);
  const peer = createSocket('udp4');
  try {
    peer.send('bad', 24_560, '127.0.0.1', () => peer.send('good', 24_560, '127.0.0.1'));
    assert.equal(await heard.promise, 'good');
    assert.match(told[0] ?? '', /^a bug: Error: a bug on purpose/);
  } finally {
    peer.close();
    await endpoint.close();
  }
});

test('a host that a Contact named is Microsoft only beside the hubs: a good certificate of its own is not enough (T03)', async () => {
  const own = await certificate('sbc.example.net');
  const outcomes: string[] = [];
  for (const host of ['regional.hubs.example', 'elsewhere.example']) {
    const there = await certificate(host);
    const server = createServer({ key: there.key, cert: there.chain }, (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => heard.resolve('heard'));
    });
    const heard = Promise.withResolvers<string>();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = new SipEndpoint({
      bindAddress: '127.0.0.1',
      teamsPort: 24_561,
      carrierPort: 24_560,
      certificate: own,
      hubRoots: [there.leaf],
      hubNames: ['sip.hubs.example'],
      resolver: { resolve: async () => ['127.0.0.1'] },
      admitCarrier: () => false,
      onAnomaly: () => undefined,
    });
    await endpoint.open({ flowClosed() {} } as unknown as UserAgent);
    const { port } = server.address() as AddressInfo;
    endpoint.transport.send({ protocol: 'TLS', host, port, via: 'teams' }, Buffer.from('BYE'), (why) =>
      heard.resolve(why.kind),
    );
    outcomes.push(await heard.promise);
    await endpoint.close();
    server.close();
  }
  assert.deepEqual(outcomes, ['heard', 'tls']);
});
