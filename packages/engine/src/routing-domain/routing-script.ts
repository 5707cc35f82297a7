import type { CallingPolicy } from './calling-policy.ts';
import type { VoiceRouting } from './routing-domain.ts';

/**
 * The script for what only Teams PowerShell can do (microsoft-graph 5.1, 5.6). Each step looks before it writes, so it may
 * be run again at any time; nothing that is not named in it is touched. It ends by reading back what the tenant has and
 * telling the platform; who cannot reach the platform from that machine pastes the report.
 */
export interface RoutingScript {
  /** For people, in the first lines. */
  readonly accountName: string;
  readonly tenantId: string;
  /** The routing domains that this route may use, in no order: Microsoft shuffles them. */
  readonly hosts: readonly [string, ...string[]];
  readonly routing: VoiceRouting;
  /** What `routing.calling` means now. */
  readonly calling?: CallingPolicy;
  /** The whole enable group gets the policy at once, where that is how the account wants it (microsoft-graph 5.4). */
  readonly groupId?: string;
  /** Where the report goes, and what lets it in. Absent: it is only shown, to be pasted. */
  readonly report?: { readonly url: string; readonly token: string };
}

/** A text for PowerShell in single quotes: nothing in it is looked at; quotes are doubled (about_Quoting_Rules). */
export function quoted(text: string): string {
  // PowerShell takes typographic quotes for quotes as well.
  return `'${text.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/['\u2018\u2019\u201a\u201b]/g, (quote) => quote + quote)}'`;
}

export function routingScript(script: RoutingScript): string {
  const { routing, hosts, groupId, report, calling } = script;
  const comment = (text: string): string => `# ${text.replace(/[\r\n]+/g, ' ')}`;
  const gateways = `@(${hosts.map(quoted).join(', ')})`;
  return [
    comment(`Voice routing for ${script.accountName}.`),
    comment(
      'Run it in PowerShell as a Teams administrator of this tenant. It may be run again: what is there stays.',
    ),
    comment('Needs the module MicrosoftTeams: Install-Module MicrosoftTeams -Scope CurrentUser'),
    '',
    `Connect-MicrosoftTeams -TenantId ${quoted(script.tenantId)} | Out-Null`,
    '',
    `$usage = ${quoted(routing.usage)}`,
    `$route = ${quoted(routing.route)}`,
    `$policy = ${quoted(routing.policy)}`,
    `$gateways = ${gateways}`,
    '',
    comment('1. The usage: ties routes to policies.'),
    "Set-CsOnlinePstnUsage -Identity 'Global' -Usage @{Add=$usage}",
    '',
    comment('2. The route: every number goes to this gateway.'),
    'if (-not (Get-CsOnlineVoiceRoute -Identity $route -ErrorAction SilentlyContinue)) {',
    "  New-CsOnlineVoiceRoute -Identity $route -NumberPattern '.*' -OnlinePstnGatewayList $gateways -OnlinePstnUsages @($usage) -Priority 1",
    '} else {',
    "  Set-CsOnlineVoiceRoute -Identity $route -NumberPattern '.*' -OnlinePstnGatewayList $gateways -OnlinePstnUsages @($usage)",
    '}',
    '',
    comment('3. The policy: people who have it may use the route.'),
    'if (-not (Get-CsOnlineVoiceRoutingPolicy -Identity $policy -ErrorAction SilentlyContinue)) {',
    '  New-CsOnlineVoiceRoutingPolicy -Identity $policy -OnlinePstnUsages @($usage)',
    '} else {',
    '  Set-CsOnlineVoiceRoutingPolicy -Identity $policy -OnlinePstnUsages @{Add=$usage}',
    '}',
    ...(routing.dialPlan === undefined
      ? []
      : [
          '',
          comment('4. The dial plan: how people of this customer write numbers.'),
          `$dialPlan = ${quoted(routing.dialPlan)}`,
          'if (-not (Get-CsTenantDialPlan -Identity $dialPlan -ErrorAction SilentlyContinue)) {',
          '  New-CsTenantDialPlan -Identity $dialPlan',
          '}',
        ]),
    ...(calling === undefined
      ? []
      : [
          '',
          comment(
            'The calling policy: who takes messages, and whether Teams plays music to whoever is on hold.',
          ),
          `$calling = ${quoted(calling.name)}`,
          `$voicemail = ${quoted(calling.allowVoicemail)}`,
          `$music = ${quoted(calling.musicOnHold)}`,
          'if (-not (Get-CsTeamsCallingPolicy -Identity $calling -ErrorAction SilentlyContinue)) {',
          '  New-CsTeamsCallingPolicy -Identity $calling -AllowVoicemail $voicemail -MusicOnHoldEnabledType $music',
          '} else {',
          '  Set-CsTeamsCallingPolicy -Identity $calling -AllowVoicemail $voicemail -MusicOnHoldEnabledType $music',
          '}',
        ]),
    ...(groupId === undefined
      ? []
      : [
          '',
          comment('The enable group gets the policy at once. Direct members only.'),
          `Grant-CsOnlineVoiceRoutingPolicy -Group ${quoted(groupId)} -PolicyName $policy -Rank 1`,
        ]),
    '',
    comment('What the tenant has now.'),
    '$routes = @()',
    'foreach ($one in Get-CsOnlineVoiceRoute) {',
    '  $routes += [ordered]@{ identity = $one.Identity; pattern = $one.NumberPattern; gateways = @($one.OnlinePstnGatewayList); usages = @($one.OnlinePstnUsages) }',
    '}',
    '$policies = @()',
    'foreach ($one in Get-CsOnlineVoiceRoutingPolicy) {',
    '  $policies += [ordered]@{ identity = $one.Identity; usages = @($one.OnlinePstnUsages) }',
    '}',
    ...(routing.dialPlan === undefined
      ? []
      : [
          '$dialPlans = @()',
          'foreach ($one in Get-CsTenantDialPlan) {',
          '  $dialPlans += $one.Identity',
          '}',
        ]),
    // Also where the script writes none: who has one that switches calling off is told so.
    '$callingPolicies = @()',
    'foreach ($one in Get-CsTeamsCallingPolicy) {',
    '  $callingPolicies += [ordered]@{ identity = $one.Identity; calling = $one.AllowPrivateCalling; voicemail = $one.AllowVoicemail; music = $one.MusicOnHoldEnabledType }',
    '}',
    '$usages = Get-CsOnlinePstnUsage',
    `$report = [ordered]@{ token = ${quoted(report?.token ?? '')}; usages = @($usages.Usage); routes = @($routes); policies = @($policies)${routing.dialPlan === undefined ? '' : '; dialPlans = @($dialPlans)'}; callingPolicies = @($callingPolicies) } | ConvertTo-Json -Depth 5`,
    'Write-Host $report',
    ...(report === undefined
      ? []
      : [
          '',
          comment('Tells the platform. If this machine cannot reach it, paste the text above there.'),
          `Invoke-RestMethod -Method Post -Uri ${quoted(report.url)} -ContentType 'application/json' -Body $report`,
        ]),
    '',
  ].join('\n');
}
