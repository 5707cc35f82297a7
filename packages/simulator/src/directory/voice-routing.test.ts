import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseMembershipRule } from './membership-rule.ts';
import { rehearsalDirectory } from './rehearsal-directory.ts';
import { makeUser } from './tenant.ts';
import { emptyVoice, type TenantVoice } from './voice.ts';
import { routesFor } from './voice-routing.ts';

describe('the route of a call by policy, usage and pattern (teams-direct-routing 8.3)', () => {
  const route = (identity: string, numberPattern: string, priority: number, ...usages: string[]) =>
    [
      identity.toLowerCase(),
      { identity, numberPattern, priority, usages, gateways: [`${identity}.example`], description: '' },
    ] as const;
  const voice: TenantVoice = {
    ...emptyVoice(),
    usages: ['Local', 'World'],
    routes: new Map([
      route('second', '^\\+1', 2, 'Local'),
      route('first', '^\\+1202', 1, 'local'),
      route('world', '.*', 3, 'World'),
    ]),
    policies: new Map([
      ['both', { identity: 'Both', usages: ['Local', 'World'], description: '' }],
      ['world', { identity: 'World', usages: ['World'], description: '' }],
      ['empty', { identity: 'Empty', usages: [], description: '' }],
    ]),
    groupGrants: [
      { type: 'OnlineVoiceRoutingPolicy', groupId: 'g', name: 'World', rank: 2, since: 100 },
      { type: 'OnlineVoiceRoutingPolicy', groupId: 'h', name: 'Both', rank: 1, since: 100 },
    ],
  };
  const [tenant] = rehearsalDirectory(5061).directory.tenants.values();
  assert.ok(tenant);
  const taken = (
    number: string,
    holder: { policy?: string; groups?: readonly string[]; groupsAsOf?: number },
    over: Partial<TenantVoice> = {},
  ) => {
    const found = routesFor(
      { ...tenant, voice: { ...voice, ...over } },
      {
        policies: holder.policy === undefined ? {} : { OnlineVoiceRoutingPolicy: holder.policy },
        groups: holder.groups ?? [],
        groupsAsOf: holder.groupsAsOf ?? 100,
      },
      number,
    );
    return found.ok ? found.routes.map(({ identity }) => identity) : found.why;
  };

  it('the first usage that matches counts, its routes in the order of their priority', () => {
    assert.deepEqual(taken('+12025550199', { policy: 'both' }), ['first', 'second']);
    assert.deepEqual(taken('+13035550199', { policy: 'Both' }), ['second']);
    assert.deepEqual(taken('+4930123456', { policy: 'Both' }), ['world']);
    assert.deepEqual(taken('+12025550199', { policy: 'World' }), ['world']);
  });

  it('a policy of a group counts from its grant on, the best rank first; a direct one before all', () => {
    assert.deepEqual(taken('+12025550199', { groups: ['g'] }), ['world']);
    assert.deepEqual(taken('+12025550199', { groups: ['g', 'h'] }), ['first', 'second']);
    assert.deepEqual(taken('+12025550199', { groups: ['h'], policy: 'World' }), ['world']);
    assert.match(
      String(taken('+12025550199', { groups: ['g'], groupsAsOf: 99 })),
      /has no voice routing policy/,
    );
  });

  it('no policy, one without usages, one that is gone, a pattern that is none: no route, and why', () => {
    assert.match(String(taken('+1', {})), /has no voice routing policy/);
    assert.match(String(taken('+1', { policy: 'Empty' })), /Empty has no usage/);
    assert.match(String(taken('+1', { policy: 'Gone' })), /Gone is gone/);
    const broken = { routes: new Map([route('x', '(', 1, 'World')]) };
    assert.match(String(taken('+1', { policy: 'World' }, broken)), /no route of the policy World/);
    const everybody = {
      policies: new Map([['global', { identity: 'Global', usages: ['World'], description: '' }]]),
    };
    assert.deepEqual(taken('+1', {}, everybody), ['world'], 'a Global policy hits everybody');
  });
});

describe('membership rules of dynamic groups', () => {
  const sam = makeUser({
    upn: 'sam@acme.example',
    objectId: 'x',
    tenantId: 't',
    displayName: 'Sam Stone',
    department: 'Sales',
  });
  for (const [rule, wanted] of [
    ['user.department -eq "sales"', true],
    ['(user.department -ne "Sales") or (user.accountEnabled -eq true)', true],
    ['user.department -eq "Sales" and not (user.displayName -startsWith "sam")', false],
    ["user.userPrincipalName -contains 'ACME'", true],
    ['user.department -in ["Sales", "Voice"]', true],
    ['user.mail -eq null', true],
    ['user.userType -eq "Guest"', false],
    ['user.shoeSize -eq 4', undefined],
    ['user.department -eq', undefined],
    ['user.department -gt "a"', undefined],
    ['(user.department -eq "Sales"', undefined],
  ] as const)
    it(`${rule}: ${wanted ?? 'is not understood'}`, () =>
      assert.equal(parseMembershipRule(rule)?.(sam), wanted));
});
