import type { TenantWrite } from '@tandem/contract';
import type { RoutingDomain, RoutingObject } from '@tandem/engine/routing-domain/routing-domain.ts';
import { quoted } from '@tandem/engine/routing-domain/routing-script.ts';
import type { MicrosoftConnection } from '../microsoft-connections.ts';
import { type RoutingMeans, stepsOf } from './words.ts';

/** The domain is in the tenant, whoever added it. */
const inTenant: ReadonlySet<RoutingDomain['state']> = new Set(['UNVERIFIED', 'VERIFIED', 'ACTIVE', 'STUCK']);
const removeDomain =
  'Remove the domain in the Microsoft 365 admin centre, once nobody there has a name in it.';

/** How each object of the script is taken back; Graph has no way (microsoft-graph 5.6). */
const backByPowerShell: Readonly<Record<RoutingObject['kind'], readonly [undo: string, command: string]>> = {
  usage: [
    'Takes the usage away; routes and policies that name it come first.',
    "Set-CsOnlinePstnUsage -Identity 'Global' -Usage @{Remove=NAME}",
  ],
  route: [
    'Takes the route away: no call leaves this tenant by it.',
    'Remove-CsOnlineVoiceRoute -Identity NAME',
  ],
  policy: [
    'Takes the policy away; Microsoft refuses as long as somebody has it.',
    'Remove-CsOnlineVoiceRoutingPolicy -Identity NAME',
  ],
  'dial-plan': [
    'Takes the dial plan away; Microsoft refuses as long as somebody has it.',
    'Remove-CsTenantDialPlan -Identity NAME',
  ],
  'calling-policy': [
    'Takes the policy away; Microsoft refuses as long as somebody has it.',
    'Remove-CsTeamsCallingPolicy -Identity NAME',
  ],
};

/**
 * What stands in a tenant because of us, beside what its people have (N38): the app, names of this platform whether they are
 * used or left from before a new start, accounts that activate them, and what the script wrote, as read back last.
 */
export function writtenInTenant(
  connection: Pick<MicrosoftConnection, 'accountId' | 'clientId' | 'domains'>,
  domains: readonly RoutingDomain[],
  baseDomain: string,
  /** Names under which calls of the account come, watched or not. */
  hosts: readonly string[],
  meansOf: (domain: RoutingDomain) => RoutingMeans,
): readonly TenantWrite[] {
  const accountId = connection.accountId as string;
  const known = new Set(domains.map(({ host }) => host));
  const left = connection.domains.filter((name) => name.endsWith(`.${baseDomain}`) && !known.has(name));
  return [
    {
      accountId,
      displayName: 'The whole tenant',
      what: 'app',
      value: connection.clientId,
      undo: 'End the connection here, then delete the enterprise application in Entra: its permissions go with it.',
      undoBy: 'admin-centre',
    },
    ...domains.flatMap((domain) => ofDomain(domain, meansOf(domain))),
    ...left.map((name) => ({
      accountId,
      displayName: name,
      what: 'domain' as const,
      value: name,
      undo: `${removeDomain} ${hosts.includes(name) ? 'Calls of this account come under it.' : 'No call comes under it any more.'}`,
      undoBy: 'admin-centre' as const,
    })),
  ];
}

function ofDomain(domain: RoutingDomain, means: RoutingMeans): readonly TenantWrite[] {
  const { accountId, id, host, state, activation, readBack } = domain;
  const whose = { accountId: accountId as string, routingDomainId: id, displayName: host };
  const back = stepsOf(domain, means).includes('clean-up');
  return [
    ...(inTenant.has(state)
      ? [
          {
            ...whose,
            what: 'domain' as const,
            value: host,
            undo: removeDomain,
            undoBy: 'admin-centre' as const,
          },
        ]
      : []),
    ...(activation
      ? [
          {
            ...whose,
            what: 'activation-account' as const,
            value: activation.upn,
            undo: activation.licensed
              ? back
                ? 'Gives its licence back. The user stays, disabled; it may be deleted in Entra.'
                : 'Microsoft still needs it to activate the domain: its licence goes back after that, or when you start over.'
              : 'Delete the user in Entra. It holds no licence and cannot sign in.',
            undoBy: activation.licensed && back ? ('tandem' as const) : ('admin-centre' as const),
          },
        ]
      : []),
    ...(readBack?.objects ?? [])
      .filter(({ state: seen }) => seen === 'present' || seen === 'different')
      .map(({ kind, name }): TenantWrite => {
        const [undo, command] = backByPowerShell[kind];
        return {
          ...whose,
          what: kind,
          value: name,
          undo,
          undoBy: 'powershell',
          command: command.replace('NAME', () => quoted(name)),
        };
      }),
  ];
}
