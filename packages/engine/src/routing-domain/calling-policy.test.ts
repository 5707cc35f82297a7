import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callingPolicyOf, judgeCallingPolicy, policiesWithoutCalling, rejudged } from './calling-policy.ts';
import { routingFactsOf } from './routing-facts.ts';
import { routingScript } from './routing-script.ts';

const rows = [
  ['teams', 'teams', 'UserOverride', 'Enabled'],
  ['teams', 'none', 'UserOverride', 'Disabled'],
  ['platform', 'teams', 'AlwaysDisabled', 'Enabled'],
  ['platform', 'none', 'AlwaysDisabled', 'Disabled'],
] as const;
for (const [voicemail, holdMusic, allowVoicemail, musicOnHold] of rows)
  test(`messages by ${voicemail}, hold music by ${holdMusic}: AllowVoicemail ${allowVoicemail}, MusicOnHoldEnabledType ${musicOnHold}`, () => {
    const wanted = callingPolicyOf({ policy: 'CP-Acme', holdMusic }, voicemail);
    assert.deepEqual(wanted, { name: 'CP-Acme', allowVoicemail, musicOnHold });
    const script = routingScript({
      accountName: 'Acme',
      tenantId: '1217ec40-0000-4000-8000-000000000003',
      hosts: ['sbc1.customers.example.net'],
      routing: { usage: 'U', route: 'R', policy: 'VRP' },
      calling: wanted,
    });
    assert.match(script, new RegExp(`\\$voicemail = '${allowVoicemail}'\\n\\$music = '${musicOnHold}'`));
    assert.match(script, /callingPolicies = @\(\$callingPolicies\)/);
    const seen = { identity: 'Tag:cp-acme', voicemail: allowVoicemail, music: musicOnHold };
    assert.equal(judgeCallingPolicy(wanted, [seen]).state, 'present');
  });

test('a policy that is not there, was not read, or has other switches is said to be that, and why', () => {
  const wanted = callingPolicyOf({ policy: 'CP-Acme', holdMusic: 'teams' }, 'platform');
  assert.equal(judgeCallingPolicy(wanted, undefined).state, 'unread');
  assert.equal(judgeCallingPolicy(wanted, []).state, 'missing');
  const other = judgeCallingPolicy(wanted, [
    { identity: 'CP-Acme', voicemail: 'UserOverride', music: 'Enabled' },
  ]);
  assert.equal(other.state, 'different');
  assert.match(other.words ?? '', /AllowVoicemail UserOverride, wanted AlwaysDisabled: run the script again/);
});

test('who takes messages is chosen anew: what was read back before is not what is wanted any more', () => {
  const before = callingPolicyOf({ policy: 'CP-Acme', holdMusic: 'teams' }, 'teams');
  const read = judgeCallingPolicy(before, [
    { identity: 'CP-Acme', voicemail: 'UserOverride', music: 'Enabled' },
  ]);
  assert.equal(rejudged(read, before).state, 'present');
  const after = callingPolicyOf({ policy: 'CP-Acme', holdMusic: 'teams' }, 'platform');
  assert.equal(rejudged(read, after).state, 'different');
});

test('the newest reading says with which calling policies nobody calls; a script of before said nothing of it', () => {
  const seen = { voicemail: 'UserOverride', music: 'Enabled' };
  const read = policiesWithoutCalling([
    { ...seen, identity: 'Tag:CP-Quiet', calling: false },
    { ...seen, identity: 'Global', calling: true },
    { ...seen, identity: 'Tag:CP-Old' },
  ]);
  assert.deepEqual(read, ['CP-Quiet']);
  const domain = (wallMs: number, withoutCalling?: readonly string[]) =>
    ({
      state: 'ACTIVE',
      readBack: { wallMs, by: 'script', objects: [], ...(withoutCalling && { withoutCalling }) },
    }) as unknown as Parameters<typeof routingFactsOf>[0][number];
  assert.deepEqual(routingFactsOf([domain(1), domain(2, read)]).withoutCalling, ['CP-Quiet']);
  assert.equal(routingFactsOf([domain(2, read), domain(3, [])]).withoutCalling, undefined);
  assert.equal(routingFactsOf([domain(3)]).withoutCalling, undefined);
});

test('a calling policy that is missing keeps nobody from calling', () => {
  const objects = [
    { kind: 'policy', name: 'VRP', state: 'present' },
    { kind: 'calling-policy', name: 'CP', state: 'missing' },
  ] as const;
  const domain = {
    id: 'd1',
    accountId: 'a1',
    connectionId: 'c1',
    host: 'sbc1.customers.example.net',
    state: 'ACTIVE',
    sinceWallMs: 0,
    routing: { usage: 'U', route: 'R', policy: 'VRP' },
    readBack: { wallMs: 1, by: 'script', objects },
  } as unknown as Parameters<typeof routingFactsOf>[0][number];
  assert.deepEqual(routingFactsOf([domain]).routing, { is: 'present' });
});
