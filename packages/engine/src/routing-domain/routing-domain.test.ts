import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asAccountId, asConnectionId } from '@tandem/domain';
import { judgeReport, provesActive, type RoutingReport } from './read-back.ts';
import {
  afterDomainEvent,
  hostFault,
  type RoutingDomain,
  routingDomainEvents,
  routingDomainMachine,
  routingDomainStates,
  withDomainSeen,
} from './routing-domain.ts';
import { routingFactsOf } from './routing-facts.ts';
import { quoted, routingScript } from './routing-script.ts';

const hour = 3_600_000;
const routing = { usage: 'U-Tandem', route: 'R-Tandem', policy: 'VRP-Tandem' };
const host = 'sbc3.customers.example.net';
const domain = (state: RoutingDomain['state'], more: Partial<RoutingDomain> = {}): RoutingDomain => ({
  id: 'd1',
  accountId: asAccountId('a1'),
  connectionId: asConnectionId('c1'),
  host,
  state,
  sinceWallMs: 0,
  routing,
  ...more,
});

test('every state handles what its row names and ignores the rest; none leads nowhere', () => {
  for (const state of routingDomainStates)
    for (const event of routingDomainEvents) {
      const next = afterDomainEvent(domain(state), event, 7);
      const wanted = (routingDomainMachine[state] as Record<string, string>)[event];
      assert.equal(next?.state, wanted);
      if (next) assert.equal(next.sinceWallMs, 7);
    }
});

test('from nothing to active: added, verified, a day of waiting makes it stuck, working makes it active', () => {
  let one = domain('WANTED');
  one = withDomainSeen(one, { is: 'absent' }, 1);
  assert.equal(one.state, 'WANTED');
  one = withDomainSeen(one, { is: 'unverified', txt: 'MS=ms1' }, 2);
  assert.deepEqual([one.state, one.txt], ['UNVERIFIED', 'MS=ms1']);
  one = withDomainSeen(one, { is: 'verified' }, hour);
  assert.deepEqual([one.state, one.sinceWallMs], ['VERIFIED', hour]);
  one = withDomainSeen(one, { is: 'verified' }, 25 * hour);
  assert.equal(one.state, 'VERIFIED', 'the clock began when it was verified');
  one = withDomainSeen(one, { is: 'verified' }, 25 * hour + 1);
  assert.equal(one.state, 'STUCK');
  assert.equal(afterDomainEvent(one, 'seenWorking', 26 * hour)?.state, 'ACTIVE');
});

test('an active domain that the tenant lost is wanted again, one kept by hand is left alone', () => {
  assert.equal(withDomainSeen(domain('ACTIVE'), { is: 'absent' }, 5).state, 'WANTED');
  assert.equal(withDomainSeen(domain('BY_HAND'), { is: 'absent' }, 5).state, 'BY_HAND');
});

const hosts: readonly (readonly [string, RegExp | undefined])[] = [
  [host, undefined],
  ['sbc1.customers.example.com', /must end with/],
  ['customers.example.net', /must end with/],
  ['a.b.customers.example.net', /one label/],
  ['-a.customers.example.net', /one label/],
  [`${'x'.repeat(50)}.customers.example.net`, /63/],
];
for (const [name, wrong] of hosts)
  test(`${name} ${wrong ? 'cannot be' : 'can be'} a routing domain`, () => {
    const fault = hostFault(name, 'customers.example.net');
    if (wrong) assert.match(fault ?? '', wrong);
    else assert.equal(fault, undefined);
  });

const whole: RoutingReport = {
  usages: ['Internal', 'u-tandem'],
  routes: [{ identity: 'R-Tandem', pattern: '.*', gateways: [host.toUpperCase()], usages: ['U-Tandem'] }],
  policies: [{ identity: 'Tag:VRP-Tandem', usages: ['U-Tandem'] }],
};
const reports: readonly (readonly [string, RoutingReport, string])[] = [
  ['all there', whole, 'usage present, route present, policy present'],
  ['no usage', { ...whole, usages: [] }, 'usage missing, route present, policy present'],
  ['no route', { ...whole, routes: [] }, 'usage present, route missing, policy present'],
  [
    'a route to another gateway',
    {
      ...whole,
      routes: [{ identity: 'R-Tandem', pattern: '.*', gateways: ['other.example'], usages: ['U-Tandem'] }],
    },
    'usage present, route different, policy present',
  ],
  [
    'a route without the usage',
    { ...whole, routes: [{ identity: 'R-Tandem', pattern: '.*', gateways: [host], usages: [] }] },
    'usage present, route different, policy present',
  ],
  [
    'a policy of the same name with other usages',
    { ...whole, policies: [{ identity: 'VRP-Tandem', usages: ['Internal'] }] },
    'usage present, route present, policy different',
  ],
];
for (const [title, report, wanted] of reports)
  test(`read back with ${title}: ${wanted}`, () => {
    const objects = judgeReport(routing, host, report);
    assert.equal(objects.map(({ kind, state }) => `${kind} ${state}`).join(', '), wanted);
    assert.equal(provesActive(objects), wanted.includes('route present'));
  });

test('what is missing is named in readiness, and nothing is said of what was not read', () => {
  assert.deepEqual(routingFactsOf([]), { domain: 'unread', routing: 'unread' });
  assert.deepEqual(routingFactsOf([domain('ACTIVE')]).routing, 'unread');
  const objects = judgeReport(routing, host, { ...whole, policies: [] });
  const read = domain('ACTIVE', { readBack: { wallMs: 1, by: 'script', objects } });
  assert.deepEqual(routingFactsOf([read]), {
    domain: { is: 'active' },
    routing: { is: 'missing', object: 'policy VRP-Tandem' },
  });
  const other = domain('WANTED', { id: 'd2', host: 'sbc4.customers.example.net' });
  assert.deepEqual(routingFactsOf([other, read]).domain, { is: 'active' }, 'the one that works speaks');
});

test('the script looks before it writes, ends with the report, and quotes what people typed', () => {
  const script = routingScript({
    accountName: "O'Hara\nRemove-Item C:\\",
    tenantId: '1217ec40-0000-4000-8000-000000000003',
    hosts: [host],
    routing: { ...routing, dialPlan: "DP-O'Hara" },
    report: { url: 'https://portal.example.net/api/v1/routing-domains/read-back', token: 'tok' },
  });
  for (const line of script.split('\n'))
    assert.ok(!/^Remove-Item/.test(line), 'a name never becomes a command');
  assert.match(script, /\$dialPlan = 'DP-O''Hara'/);
  for (const cmdlet of script.match(/(?<=^\s*)New-Cs\w+/gm) ?? [])
    assert.match(script, new RegExp(`Get-${cmdlet.slice(4)} -Identity`), `${cmdlet} is preceded by a look`);
  assert.match(script, /Invoke-RestMethod -Method Post -Uri 'https:\/\/portal/);
  assert.doesNotMatch(
    routingScript({ accountName: 'x', tenantId: 'y', hosts: [host], routing }),
    /Invoke-RestMethod/,
  );
});

test('quotes of every kind stay inside a quoted text', () => {
  assert.equal(quoted("a'b\u2019c\u201Ad\n$(x)"), "'a''b\u2019\u2019c\u201A\u201Ad $(x)'");
});
