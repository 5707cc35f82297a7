import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AccountId, asPersonId, buildSnapshot, type Device } from '@tandem/domain';
import { Headers } from '@tandem/sip';
import fc from 'fast-check';
import {
  account,
  acmeHost,
  acmeId,
  carrier,
  danaNumber,
  device,
  everyPhoneRegistered,
  globexHost,
  globexId,
  globexNumber,
  outside,
  people,
  samNumber,
} from '../call/test-world.ts';
import { type CallFacts, callFactsOf } from './call-facts.ts';
import { decideFromPhone } from './decide-from-phone.ts';
import { decideFromTeams } from './decide-from-teams.ts';
import { branchesOf, type Route } from './decision.ts';

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
  devices: [
    device('dana-desk', 'acme', { personId: asPersonId('Dana') }),
    device('lobby', 'acme', { extension: '1005' }),
    device('gina-desk', 'globex', { personId: asPersonId('Gina') }),
    device('lobby', 'globex', { extension: '1005' }),
    // What no store should ever hold: a phone on the desk of another customer's person.
    device('stray', 'globex', { personId: asPersonId('Dana') }),
  ],
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
  '1005',
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

function staysWith(owner: AccountId | undefined, route: Route): void {
  for (const branch of branchesOf(route)) {
    assert.equal(branch.account?.id, owner);
    if (branch.person) assert.equal(branch.person.accountId, owner);
    if (branch.kind === 'to-phone') assert.equal(branch.device.accountId, owner);
    else if (branch.kind === 'to-teams') assert.equal(snapshot.accountBySbcHost.get(branch.sbcHost), owner);
    else for (const each of branch.carriers) assert.ok(each.owner === owner || each.owner === 'operator');
  }
}

test('10,000 random calls over two customers: the host alone says whose they are, and nothing crosses', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const decision = decideFromTeams(snapshot, facts, everyPhoneRegistered);
      const owner = facts.host === acmeHost ? acmeId : facts.host === globexHost ? globexId : undefined;
      assert.equal(decision.accountId, owner);
      if (owner === undefined) assert.equal(decision.outcome, 'refuse');
      if (decision.outcome !== 'route') return;
      const { route } = decision;
      staysWith(owner, route);
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

test('10,000 random calls from phones: the phone that proved itself alone says whose they are', () => {
  const phones = fc.constantFrom(...snapshot.devices.values());
  fc.assert(
    fc.property(phones, anyFacts, (phone: Device, facts) => {
      const decision = decideFromPhone(snapshot, phone, facts, everyPhoneRegistered);
      assert.equal(decision.accountId, phone.accountId);
      assert.ok(
        decision.personId === undefined ||
          snapshot.people.get(decision.personId)?.accountId === phone.accountId,
      );
      if (decision.outcome !== 'route') return;
      staysWith(phone.accountId, decision.route);
      const { asserted, number } = decision.route.caller;
      for (const shown of [asserted, number]) {
        const owner = shown === undefined ? undefined : snapshot.numbers.get(shown as never);
        if (owner) assert.equal(owner.accountId, phone.accountId);
      }
      for (const branch of branchesOf(decision.route))
        if (branch.kind === 'to-phone') assert.notEqual(branch.device.id, phone.id);
    }),
    { numRuns: 10_000 },
  );
});
