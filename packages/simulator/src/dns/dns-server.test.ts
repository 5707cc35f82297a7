import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { after, before, describe, it } from 'node:test';
import { type DnsServer, startDnsServer } from './dns-server.ts';
import type { DnsFault, Zone } from './zone.ts';

describe('the twin answers names', () => {
  let server: DnsServer;
  let resolver: Resolver;
  const faults = new Map<string, DnsFault>();
  const zone: Zone = {
    addresses: new Map([
      ['sip.pstnhub.microsoft.com', '127.0.0.1'],
      ['a.carrier.example.net', '127.0.0.1'],
    ]),
    services: new Map([
      [
        '_sip._udp.carrier.example.net',
        [{ priority: 10, weight: 5, port: 5060, target: 'a.carrier.example.net' }],
      ],
    ]),
    ttlSeconds: 30,
  };
  before(async () => {
    server = await startDnsServer({
      address: '127.0.0.1',
      port: 0,
      zone: () => zone,
      fault: (name) => faults.get(name),
    });
    resolver = new Resolver({ timeout: 100, tries: 1 });
    resolver.setServers([`127.0.0.1:${server.port}`]);
  });
  after(() => server.close());

  it('SBC asks for a hub, in any case, and for the carrier service', async () => {
    assert.deepEqual(await resolver.resolve4('SIP.pstnhub.microsoft.com'), ['127.0.0.1']);
    const [service] = await resolver.resolveSrv('_sip._udp.carrier.example.net');
    assert.deepEqual([service?.name, service?.port, service?.priority], ['a.carrier.example.net', 5060, 10]);
    await assert.rejects(resolver.resolve4('nobody.example'), { code: 'ENOTFOUND' });
  });

  for (const [fault, code] of [
    ['servfail', 'ESERVFAIL'],
    ['nxdomain', 'ENOTFOUND'],
    ['timeout', 'ETIMEOUT'],
  ] as const) {
    it(`SBC meets ${fault} for one name: ${code}; other names are answered`, async () => {
      faults.set('sip.pstnhub.microsoft.com', fault);
      await assert.rejects(resolver.resolve4('sip.pstnhub.microsoft.com'), { code });
      assert.deepEqual(await resolver.resolve4('a.carrier.example.net'), ['127.0.0.1']);
      faults.clear();
    });
  }

  it('SBC meets a lie: an address where nobody listens', async () => {
    faults.set('sip.pstnhub.microsoft.com', 'lie');
    assert.deepEqual(await resolver.resolve4('sip.pstnhub.microsoft.com'), ['192.0.2.1']);
    faults.clear();
  });
});
