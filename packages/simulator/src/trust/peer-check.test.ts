import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sbcRequest, TestSbc } from '../testing/test-sbc.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';
import { nameCovered } from './peer-check.ts';
import { issueSbc, type SbcVariant } from './trust-store.ts';

describe('the certificate of an SBC (T1 to T3, T10)', () => {
  let twin: Twin;
  let close: () => Promise<void>;
  before(async () => {
    ({ twin, close } = await startTestTwin(23_700));
  });
  after(() => close());

  const ask = async (variant: SbcVariant, text = sbcRequest('OPTIONS')) => {
    const sbc = new TestSbc(twin, await issueSbc(twin.trust, 'customers.example.net', variant, Date.now()));
    try {
      return await sbc.raw(text);
    } finally {
      await sbc.close();
    }
  };

  const refused: readonly [variant: SbcVariant, check: string, why: RegExp][] = [
    ['untrusted', 'T2', /does not end in the root programme/],
    ['expired', 'T2', /has expired/],
    ['server-only', 'T2', /lacks client authentication/],
    ['missing-intermediate', 'T3', /intermediate certificate was not sent/],
  ];
  for (const [variant, check, why] of refused) {
    it(`${check}: SBC connects with a certificate that is ${variant}: closed after the handshake`, async () => {
      const seen = twin.audit.lastSeq;
      const outcome = await ask(variant);
      assert.ok(!('status' in outcome));
      const [entry] = twin.audit.find({ after: seen, check, failed: true });
      assert.match(entry?.checks?.[0]?.detail ?? '', why);
    });
  }

  it('a server-only certificate is good once sbcEkuPolicy says so', async () => {
    twin.proxy.eku = 'serverOnlyAllowed';
    const outcome = await ask('server-only');
    twin.proxy.eku = 'both';
    assert.ok('status' in outcome && outcome.status === 200);
  });

  it('T10: a wildcard alone does not cover the carrier trunk, the base alone covers no customer', async () => {
    const base = await ask('wildcard-without-base');
    assert.ok('status' in base && base.status === 403);
    const customer = await ask('base-only', sbcRequest('INVITE'));
    assert.ok('status' in customer && customer.status === 403);
  });

  it('a wildcard replaces exactly one leftmost label (RFC 2818 3.1)', () => {
    const identity = { commonName: undefined, dnsNames: ['*.customers.example.net'] };
    assert.equal(nameCovered('SBC1.customers.example.net', identity), true);
    assert.equal(nameCovered('a.sbc1.customers.example.net', identity), false);
    assert.equal(nameCovered('customers.example.net', identity), false);
  });
});
