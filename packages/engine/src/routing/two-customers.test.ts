import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSnapshot } from '@tandem/domain';
import { Headers } from '@tandem/sip';
import fc from 'fast-check';
import {
  account,
  acmeHost,
  acmeId,
  carrier,
  danaNumber,
  globexHost,
  globexId,
  globexNumber,
  outside,
  people,
  samNumber,
} from '../call/test-world.ts';
import { type CallFacts, callFactsOf } from './call-facts.ts';
import { decideFromTeams } from './decide-from-teams.ts';

/**
 * T03: two customers with overlapping extensions never meet, whatever stands in the headers. Each has a carrier of its
 * own here, so that a crossing would show.
 */
const { snapshot } = buildSnapshot({
  version: 1,
  builtAtWallMs: 0,
  accounts: [
    account('acme', { carriers: [carrier('rehearsal', []).id], unknownCaller: 'main-number' }),
    account('globex', { carriers: [carrier('second', []).id], unknownCaller: 'main-number' }),
  ],
  people,
  carriers: [
    carrier('rehearsal', ['192.0.2.5'], { owner: acmeId }),
    carrier('second', ['192.0.2.6'], { owner: globexId }),
  ],
  hubs: [],
});

const numbers = fc.constantFrom(
  danaNumber,
  samNumber,
  globexNumber,
  outside,
  '1001',
  '1002',
  '911',
  '112',
  'anonymous',
  '',
  '+1',
);
const hosts = fc.constantFrom(
  acmeHost,
  globexHost,
  acmeHost.toUpperCase(),
  'customers.example.net',
  `a.${acmeHost}`,
  'sip.pstnhub.microsoft.com',
  '192.0.2.1',
  '',
);

const anyFacts: fc.Arbitrary<CallFacts> = fc.record({
  host: hosts.map((host) => host.toLowerCase()),
  called: fc.oneof(numbers, fc.string({ maxLength: 20 })),
  from: fc.record({
    user: fc.oneof(numbers, fc.string({ maxLength: 20 })),
    displayName: fc.option(fc.string(), { nil: undefined }),
  }),
  asserted: fc.array(numbers, { maxLength: 3 }),
  privacy: fc.array(fc.constantFrom('id', 'none', 'user'), { maxLength: 2 }),
  history: fc.array(fc.record({ number: numbers, cause: fc.constantFrom(302, 486, undefined) }), {
    maxLength: 4,
  }),
});

test('10,000 random calls over two customers: the host alone says whose they are, and nothing crosses', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const decision = decideFromTeams(snapshot, facts);
      const owner = facts.host === acmeHost ? acmeId : facts.host === globexHost ? globexId : undefined;
      assert.equal(decision.accountId, owner);
      if (owner === undefined) assert.equal(decision.outcome, 'refuse');
      if (decision.outcome !== 'route') return;
      const { route } = decision;
      assert.equal(route.account?.id, owner);
      if (route.person) assert.equal(route.person.accountId, owner);
      if (route.kind === 'to-teams') assert.equal(snapshot.accountBySbcHost.get(route.sbcHost), owner);
      else for (const each of route.carriers) assert.ok(each.owner === owner || each.owner === 'operator');
      const { asserted, number } = route.caller;
      for (const shown of [asserted, number]) {
        const numberOwner = shown === undefined ? undefined : snapshot.numbers.get(shown as never);
        // Only a call that this customer's own person forwarded may show somebody else's number.
        const forwarded = facts.history.some(
          ({ number: by, cause }) =>
            cause !== undefined && snapshot.numbers.get(by as never)?.accountId === owner,
        );
        if (numberOwner && !(forwarded && shown === number)) assert.equal(numberOwner.accountId, owner);
      }
    }),
    { numRuns: 10_000 },
  );
});

const request = (uri: string, pairs: readonly (readonly [string, string])[]) => ({
  kind: 'request' as const,
  method: 'INVITE',
  uri,
  headers: Headers.of(pairs),
  body: Buffer.alloc(0),
});

test('the facts of a message as Microsoft writes it', () => {
  const facts = callFactsOf(
    request(`sip:+12025550199@${acmeHost}:5061;user=phone;transport=tls`, [
      ['FROM', `Dana Doe<sip:+12025550142@sip.pstnhub.microsoft.com:5061;user=phone>;tag=aabd6efc`],
      ['TO', `<sip:+12025550199@${globexHost}:5061;user=phone>`],
      ['P-ASSERTED-IDENTITY', '<tel:+12025550142>,<sip:dana@acme.example>'],
      ['PRIVACY', 'id'],
      [
        'HISTORY-INFO',
        '<sip:+12025550142@sip.pstnhub.microsoft.com;user=phone?Reason=SIP;cause=302;text="Moved Temporarily">;index=1,<sip:+12025550177@sip.pstnhub.microsoft.com;user=phone>;index=1.1',
      ],
      [
        'HISTORY-INFO',
        '<sip:+12025550142@sip.pstnhub.microsoft.com;user=phone?Privacy=history&Reason=SIP%3Bcause%3D486>;index=1.2',
      ],
    ]),
  );
  assert.deepEqual(facts, {
    host: acmeHost,
    called: outside,
    from: { user: danaNumber, displayName: 'Dana Doe' },
    asserted: [danaNumber],
    privacy: ['id'],
    history: [
      { number: danaNumber, cause: 302 },
      { number: '+12025550177', cause: undefined },
      { number: danaNumber, cause: 486 },
    ],
  });
});

test('no header text whatever throws', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (uri, from, asserted, history) => {
      callFactsOf(
        request(uri, [
          ['From', from],
          ['P-Asserted-Identity', asserted],
          ['History-Info', history],
        ]),
      );
    }),
    { numRuns: 500 },
  );
});
