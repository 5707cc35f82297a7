import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { policyNames } from '../directory/policies.ts';
import { rehearsalDirectory } from '../directory/rehearsal-directory.ts';
import { routesFor } from '../directory/voice-routing.ts';
import { seededRandom } from '../random.ts';
import { rehearsalWorld } from '../world/rehearsal-world.ts';
import type { Outcome } from './interpreter.ts';
import { runPowerShell } from './run.ts';

const initechId = rehearsalWorld.knownToMicrosoftOnly[0]?.entraTenantId ?? '';
const host = 'sbc3.customers.example.net';

describe('Teams PowerShell', () => {
  let world: ReturnType<typeof rehearsalDirectory>['directory'];
  let sent: { method: string; url: string; body: string | undefined }[];
  let answer: { status: number; body: string };
  beforeEach(() => {
    world = rehearsalDirectory(5061, () => 1_000).directory;
    sent = [];
    answer = { status: 200, body: '{"accepted":true}' };
    initech().domains.set(host, { name: host, activated: true });
  });
  const initech = () => {
    const tenant = world.tenant(initechId);
    assert.ok(tenant);
    return tenant;
  };
  const run = (script: string, as = 'isla@initech.example'): Promise<Outcome> =>
    runPowerShell({
      script,
      as,
      directory: world,
      random: seededRandom(1),
      send: async ({ method, url, body }) => {
        sent.push({ method, url: url.href, body });
        return answer;
      },
    });
  const signedIn = (script: string): Promise<Outcome> => run(`Connect-MicrosoftTeams | Out-Null\n${script}`);
  const said = ({ transcript }: Outcome): string[] => transcript.map(({ kind, text }) => `${kind}: ${text}`);
  const fine = (outcome: Outcome): Outcome => {
    assert.ok(outcome.ok, JSON.stringify({ ...outcome, changes: undefined }));
    return outcome;
  };

  it('makes and changes a calling policy, shows its switches, and refuses a word that is none', async () => {
    const script = `
if (-not (Get-CsTeamsCallingPolicy -Identity 'CP-Initech' -ErrorAction SilentlyContinue)) {
  New-CsTeamsCallingPolicy -Identity 'CP-Initech' -AllowVoicemail 'AlwaysDisabled' -MusicOnHoldEnabledType 'Enabled'
} else {
  Set-CsTeamsCallingPolicy -Identity 'CP-Initech' -AllowVoicemail 'AlwaysDisabled' -MusicOnHoldEnabledType 'Disabled'
}
foreach ($one in Get-CsTeamsCallingPolicy) { Write-Host "$($one.Identity) $($one.AllowVoicemail) $($one.MusicOnHoldEnabledType)" }`;
    const first = said(fine(await signedIn(script))).join('\n');
    assert.match(first, /Tag:CP-Initech AlwaysDisabled Enabled/);
    assert.match(first, /Global UserOverride Enabled/);
    assert.match(said(fine(await signedIn(script))).join('\n'), /Tag:CP-Initech AlwaysDisabled Disabled/);
    assert.ok(policyNames(initech(), 'TeamsCallingPolicy').includes('CP-Initech'), 'Graph can assign it');
    const wrong = await signedIn(
      "Set-CsTeamsCallingPolicy -Identity 'CP-Initech' -AllowVoicemail 'Sometimes'",
    );
    assert.equal(wrong.ok, false);
  });

  /** As an admin would get it: looks before it writes, and tells at the end what is there. */
  const whole = `
# Voice routing for Initech.
<# a comment
   of two lines #>
Connect-MicrosoftTeams -TenantId '${initechId}' | Out-Null
$usage = 'U-Provider'
$route = "R-Provider"
$policy = 'VRP-Initech'
$gateways = @('${host}')
Set-CsOnlinePstnUsage -Identity 'Global' -Usage @{Add=$usage}
if (-not (Get-CsOnlineVoiceRoute -Identity $route -ErrorAction SilentlyContinue)) {
  New-CsOnlineVoiceRoute -Identity $route -NumberPattern '.*' -OnlinePstnGatewayList $gateways -OnlinePstnUsages @($usage) -Priority 1
} else {
  Set-CsOnlineVoiceRoute -Identity $route -NumberPattern '.*' -OnlinePstnGatewayList $gateways -OnlinePstnUsages @($usage)
}
if (-not (Get-CsOnlineVoiceRoutingPolicy -Identity $policy -ErrorAction SilentlyContinue)) {
  New-CsOnlineVoiceRoutingPolicy -Identity $policy -OnlinePstnUsages @($usage)
} else {
  Set-CsOnlineVoiceRoutingPolicy -Identity $policy -OnlinePstnUsages @{Add=$usage}
}
$routes = @()
foreach ($one in Get-CsOnlineVoiceRoute) {
  $routes += [ordered]@{ identity = $one.Identity; gateways = @($one.OnlinePstnGatewayList) }
}
$names = @()
foreach ($one in Get-CsOnlineVoiceRoutingPolicy) { $names += $one.Identity }
$usages = Get-CsOnlinePstnUsage
$report = [ordered]@{ token = 'secret'; usages = @($usages.Usage); routes = @($routes); policies = $names } | ConvertTo-Json -Depth 5
Write-Host "Route $route, $($routes.Count) in all"
Invoke-RestMethod -Method Post -Uri 'http://127.0.0.1:26200/report' -ContentType 'application/json' -Body $report
`;

  it('the once-per-tenant script makes usage, route and policy, reads them back, reports, and may run again', async () => {
    const first = fine(await run(whole));
    assert.deepEqual(
      first.changes.map(({ command, object }) => `${command} ${object}`),
      [
        'Set-CsOnlinePstnUsage OnlinePstnUsage Global',
        'New-CsOnlineVoiceRoute OnlineVoiceRoute R-Provider',
        'New-CsOnlineVoiceRoutingPolicy OnlineVoiceRoutingPolicy VRP-Initech',
        'Invoke-RestMethod POST http://127.0.0.1:26200/report',
      ],
    );
    assert.deepEqual(JSON.parse(sent[0]?.body ?? ''), {
      token: 'secret',
      usages: ['U-Provider'],
      routes: [{ identity: 'R-Provider', gateways: [host] }],
      policies: ['Global', 'Tag:VRP-Initech'],
    });
    assert.ok(said(first).includes('host: Route R-Provider, 1 in all'));
    const again = fine(await run(whole));
    assert.deepEqual(
      again.changes.map(({ change }) => change),
      ['sent'],
      'a second run changes nothing',
    );
    assert.deepEqual([...initech().voice.routes.keys()], ['r-provider']);
    assert.deepEqual(sent[0]?.body, sent[1]?.body);
    const holder = { policies: { OnlineVoiceRoutingPolicy: 'VRP-Initech' }, groups: [], groupsAsOf: 0 };
    const found = routesFor(initech(), holder, '+12025550199');
    assert.deepEqual(found.ok && found.routes.map(({ gateways }) => gateways), [[host]]);
  });

  describe('who signs in', () => {
    const cases: readonly (readonly [string, string, RegExp])[] = [
      ['administers nothing', 'ines@initech.example', /Access Denied/],
      ['is nobody', 'nobody@initech.example', /AADSTS50034/],
      ['belongs to another tenant', 'admin@acme.example', /AADSTS50020/],
    ];
    for (const [what, upn, why] of cases)
      it(`somebody who ${what} changes nothing`, async () => {
        const outcome = await run(whole, upn);
        assert.equal(outcome.ok, false);
        assert.match(said(outcome)[0] ?? '', why);
        assert.match(said(outcome)[1] ?? '', /You must call the Connect-MicrosoftTeams cmdlet/);
        assert.equal(initech().voice.routes.size, 0);
      });
  });

  describe('what is refused', () => {
    const cases: readonly (readonly [string, string, RegExp])[] = [
      [
        'a route over a domain that is not verified here',
        "New-CsOnlineVoiceRoute R -OnlinePstnGatewayList 'sbc1.customers.example.net' -OnlinePstnUsages U",
        /sbc1.*was not configured for this tenant/,
      ],
      [
        'a route with a usage that is not there',
        'New-CsOnlineVoiceRoute R -OnlinePstnUsages X',
        /OnlinePstnUsage "X"/,
      ],
      ['a pattern that is none', "New-CsOnlineVoiceRoute R -NumberPattern '('", /no regular expression/],
      [
        'a policy with a usage that is not there',
        'New-CsOnlineVoiceRoutingPolicy P -OnlinePstnUsages X',
        /"X"/,
      ],
      ['setting what is not there', 'Set-CsOnlineVoiceRoutingPolicy P -Description x', /Cannot find/],
      [
        'granting what is not there',
        'Grant-CsOnlineVoiceRoutingPolicy ines@initech.example P',
        /not a user policy/,
      ],
      ['a dial plan with a space in its name', "New-CsTenantDialPlan 'a b'", /1 to 49/],
      ['sending into the world', "Invoke-RestMethod -Uri 'https://example.com/'", /this machine only/],
      [
        'a resource account in a strange domain',
        'New-CsOnlineApplicationInstance -UserPrincipalName x@acme.example -ApplicationId 11cd3e2e-fccb-42ad-ad00-878b93575e07',
        /not verified/,
      ],
    ];
    for (const [what, script, why] of cases)
      it(what, async () => {
        const outcome = await signedIn(`Set-CsOnlinePstnUsage -Usage @{Add='U'}\n${script}`);
        assert.match(said(outcome).join('\n'), why);
        assert.equal(outcome.ok, false);
        assert.deepEqual(sent, []);
      });

    it('a name that is not active yet, and is once it is', async () => {
      const script = `Set-CsOnlinePstnUsage -Usage U\nNew-CsOnlineVoiceRoute R -OnlinePstnGatewayList ${host} -OnlinePstnUsages U`;
      initech().domains.set(host, { name: host, activated: false });
      assert.match(said(await signedIn(script)).join('\n'), /was not configured for this tenant/);
      initech().domains.set(host, { name: host, activated: true });
      fine(await signedIn(script));
    });

    it('an answer that is no success is an error with what was said', async () => {
      answer = { status: 403, body: 'the token is of another tenant' };
      const outcome = await run("Invoke-RestMethod -Uri http://localhost:26200/x -Method Post -Body 'x'");
      assert.match(said(outcome)[0] ?? '', /403.*the token is of another tenant/);
    });
  });

  it('a policy goes to a person, to a group with a rank, and away again; one that is in use stays', async () => {
    const group = initech().enableGroupId;
    fine(
      await signedIn(`
Set-CsOnlinePstnUsage -Usage @{Add='U'}
New-CsOnlineVoiceRoutingPolicy P -OnlinePstnUsages U | Out-Null
Grant-CsOnlineVoiceRoutingPolicy -Identity ines@initech.example -PolicyName 'Tag:P'
Grant-CsOnlineVoiceRoutingPolicy -Group '${group}' -PolicyName P -Rank 1`),
    );
    assert.equal(world.user('ines@initech.example')?.user.policies.OnlineVoiceRoutingPolicy, 'P');
    assert.deepEqual(
      initech().voice.groupGrants.map(({ groupId, name, rank }) => [groupId, name, rank]),
      [[group, 'P', 1]],
    );
    const used = await signedIn('Remove-CsOnlineVoiceRoutingPolicy P');
    assert.match(said(used).join(), /currently assigned/);
    fine(
      await signedIn(`
Grant-CsOnlineVoiceRoutingPolicy ines@initech.example $null
Grant-CsOnlineVoiceRoutingPolicy -Group ${group} -PolicyName $null
Remove-CsOnlineVoiceRoutingPolicy P`),
    );
    assert.equal(initech().voice.policies.has('p'), false);
  });

  it('a new priority moves the others back; lists take Add, Remove and Replace', async () => {
    fine(
      await signedIn(`
Set-CsOnlinePstnUsage -Usage @{Add='U','V'}
New-CsOnlineVoiceRoute A -OnlinePstnUsages U | Out-Null
New-CsOnlineVoiceRoute B -OnlinePstnUsages U -Priority 1 | Out-Null
Set-CsOnlineVoiceRoute A -OnlinePstnUsages @{Add='V'; Remove='u'}`),
    );
    const [a, b] = ['a', 'b'].map((name) => initech().voice.routes.get(name));
    assert.deepEqual([a?.priority, b?.priority, a?.usages], [2, 1, ['V']]);
    assert.match(said(await signedIn("Set-CsOnlinePstnUsage -Usage @{Remove='V'}")).join(), /is used/);
  });

  it('a resource account is a disabled user without a licence; a dial plan keeps its rules', async () => {
    fine(
      await signedIn(`
$rule = New-CsVoiceNormalizationRule -Parent Global -Name short -Pattern '^(\\d{4})$' -Translation '+1202555$1' -InMemory
New-CsTenantDialPlan -Identity DP-Initech -NormalizationRules @{Add=$rule} | Out-Null
New-CsOnlineApplicationInstance -UserPrincipalName activate@${host} -DisplayName Activation -ApplicationId '11cd3e2e-fccb-42ad-ad00-878b93575e07'`),
    );
    const account = world.user(`activate@${host}`)?.user;
    assert.deepEqual(
      [account?.accountType, account?.accountEnabled, account?.licences],
      ['resource-account', false, []],
    );
    assert.deepEqual(initech().voice.dialPlans.get('dp-initech')?.rules, [
      { name: 'short', pattern: '^(\\d{4})$', translation: '+1202555$1' },
    ]);
  });

  describe('the language', () => {
    const prints: readonly (readonly [string, string, readonly string[]])[] = [
      ['texts: what stands in single quotes stays', `$a = 1\nWrite-Host 'a $a ''b'''`, ["a $a 'b'"]],
      [
        'texts: what stands in double quotes is filled in',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: PowerShell's, not ours
        '$a = 1\nWrite-Host "a $a `$a $(1,2) ${a}b"',
        ['a 1 $a 1 2 1b'],
      ],
      ['a dot after a variable in a text is a dot', '$a = 1\nWrite-Host "$a.b"', ['1.b']],
      ['lists grow', "$a = @()\n$a += 'x'\n$a += 'y'\nWrite-Host $a.Count", ['2']],
      [
        'conditions',
        "if (1 -eq 2) { Write-Host a } elseif ('B' -eq 'b' -and -not $false) { Write-Host b } else { Write-Host c }",
        ['b'],
      ],
      ['a list of nothing is false', 'if (@()) { Write-Host a } else { Write-Host b }', ['b']],
      ['-contains', "if ('a','b' -contains 'B') { Write-Host yes }", ['yes']],
      ['a line goes on after a backtick', 'Write-Host `\n  hello', ['hello']],
      ['loops', 'foreach ($x in 1,2) {\n  Write-Host $x # says it\n}; Write-Host end', ['1', '2', 'end']],
      ['statements put out what they are', "'x'\n$null = 'y'\n@{a=1}.A", ['x', '1']],
      [
        'JSON, deep and flat',
        '@{ a = @{ b = @{ c = @{ d = 1 } } } } | ConvertTo-Json -Compress',
        ['{"a":{"b":{"c":"@{d=1}"}}}'],
      ],
    ];
    for (const [what, script, wanted] of prints)
      it(what, async () => {
        const outcome = fine(await run(script));
        assert.deepEqual(
          outcome.transcript.map(({ text }) => text),
          wanted,
        );
      });

    const faults: readonly (readonly [string, number, number, RegExp])[] = [
      ['Get-Process', 1, 1, /does not know the command 'Get-Process'/],
      ["Write-Host 'a'\n  while ($true) { }", 2, 3, /'while' is not part/],
      ["Write-Host 'a", 1, 12, /The string has no end/],
      ['Write-Host a | Sort-Object', 1, 16, /does not know the command 'Sort-Object'/],
      ['Write-Host a | Get-CsOnlinePstnUsage', 1, 16, /Out-Null or ConvertTo-Json/],
      ['New-CsOnlineVoiceRoute -Identiti x', 1, 24, /no parameter 'Identiti'/],
      ['New-CsOnlineVoiceRoute -Identity', 1, 24, /needs a value/],
      ['if ($true) { Write-Host a', 1, 26, /ends where '}' belongs/],
      ['$a = $b.ToUpper()', 1, 17, /Methods are not part/],
      ['$a = 1 + 2', 1, 8, /not expected here/],
      ['$a = 1 -like 2', 1, 8, /operator '-like'/],
      ['$a = @"\nx\n"@', 1, 6, /Here-strings/],
      ['}', 1, 1, /not expected here/],
    ];
    for (const [script, line, column, message] of faults)
      it(`a fault with its place: ${script.replace(/\n/g, ' ')}`, async () => {
        const { fault, transcript } = await run(script);
        assert.match(fault?.message ?? '', message);
        assert.deepEqual([fault?.line, fault?.column], [line, column]);
        assert.deepEqual(transcript, [], 'nothing has run');
      });

    it('errors are written and the script goes on, unless it is told to stop', async () => {
      const script = "Set-CsOnlineVoiceRoute X -Description a\nWrite-Host 'after'";
      assert.equal(said(await signedIn(script)).at(-1), 'host: after');
      const stopped = await signedIn(`$ErrorActionPreference = 'Stop'\n${script}`);
      assert.match(said(stopped).at(-1) ?? '', /error: Set-CsOnlineVoiceRoute: Cannot find/);
      const silent = await signedIn(script.replace('\n', ' -ErrorAction SilentlyContinue\n'));
      assert.deepEqual([said(silent), silent.ok], [['host: after'], true]);
    });
  });
});
