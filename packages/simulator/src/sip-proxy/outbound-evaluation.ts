import type { TeamsClients } from '../clients/teams-client.ts';
import type { Region } from '../config.ts';
import { callingPolicyOf } from '../directory/calling-policy.ts';
import { groupsForPolicies } from '../directory/policies.ts';
import type { TeamsUser, Tenant, Trunk } from '../directory/tenant.ts';
import { routesFor } from '../directory/voice-routing.ts';
import { hasTeamsPhone } from '../graph/licence-catalogue.ts';
import { shuffled } from '../random.ts';
import type { ProxyWorld } from './proxy-world.ts';

export interface PlaceCall {
  readonly upn: string;
  readonly to: string;
  readonly region?: Region;
}

/** The call never leaves Teams. */
export interface TurnedDown {
  readonly ok: false;
  readonly status: number;
  readonly subcode?: number;
  readonly why: string;
}

export interface LeavesTeams {
  readonly ok: true;
  readonly tenant: Tenant;
  readonly user: TeamsUser;
  readonly clients: TeamsClients;
  /** As dialled, without what people write between the digits. */
  readonly number: string;
  readonly region: Region;
  /** In the order in which they are tried; at least one. */
  readonly trunks: readonly [Trunk, ...Trunk[]];
}

const turnDown = (status: number, why: string, subcode?: number): TurnedDown => ({
  ok: false,
  status,
  why,
  ...(subcode === undefined ? {} : { subcode }),
});

/** 8.3 "Evaluation of an outbound call": whether a client's call leaves Teams, and over which trunks. */
export function evaluateOutbound(
  world: ProxyWorld,
  baseDomain: string,
  request: PlaceCall,
): LeavesTeams | TurnedDown {
  const { directory } = world;
  const found = directory.user(request.upn);
  const clients = world.clientsOf(request.upn);
  if (!found || !clients) return turnDown(404, 'no such user at Microsoft');
  const { tenant, user } = found;
  // Tokens live on for up to an hour: until then a client of a disabled account may still dial.
  if (!user.accountEnabled && !clients.sessionOutlivesDisabling)
    return turnDown(403, 'the account is disabled', 510560);
  if (clients.signedIn.size === 0) return turnDown(480, 'the user is signed in nowhere', 10037);
  if (!user.enterpriseVoice || !hasTeamsPhone(user))
    return turnDown(403, 'the user is not Enterprise Voice enabled', 510560);
  // The client shows no calls at all; what a service would answer is published for the callee only (10199).
  const policy = callingPolicyOf(directory, tenant, user);
  if (!policy.allowPrivateCalling)
    return turnDown(403, `the calling policy ${policy.identity} has AllowPrivateCalling off`);
  if (!user.allowOutboundPstn) return turnDown(403, 'the user may not call PSTN numbers', 510562);
  const number = request.to.replace(/[\s().-]/g, '');
  if (!/^\+?[0-9*#]{2,20}$/.test(number)) return turnDown(484, `${request.to} is not a number`);
  if (directory.userByNumber(tenant, number))
    return turnDown(480, `${number} belongs to the same tenant: the call stays inside Teams`);
  const region = request.region ?? 'eu';
  const holder = { policies: user.policies, ...groupsForPolicies(directory, user) };
  const routing = routesFor(tenant, holder, number);
  if (!routing.ok) return turnDown(403, `no viable path: ${routing.why}`, 510559);
  const [first, ...others] = routing.routes.flatMap((route) =>
    trunksOf(world, baseDomain, route.gateways, tenant, region),
  );
  if (!first) return turnDown(403, 'no viable path: no enabled trunk in the voice route', 510559);
  return { ok: true, tenant, user, clients, number, region, trunks: [first, ...others] };
}

/** 8.3 item 6 for one route: enabled trunks, the healthy ones shuffled, the demoted ones last. */
function trunksOf(
  { directory, random, health, clock }: ProxyWorld,
  baseDomain: string,
  names: readonly string[],
  tenant: Tenant,
  region: Region,
): Trunk[] {
  const now = clock.now();
  const trunks = names.flatMap((name) => {
    const found = directory.findTrunk(tenant, name);
    return found?.trunk.enabled ? [found] : [];
  });
  const demoted = (item: (typeof trunks)[number]): boolean =>
    health.demoted(item.derived ? baseDomain : item.trunk.fqdn, region, now);
  const healthy = trunks.filter((item) => !demoted(item));
  return [...shuffled(healthy, random), ...trunks.filter(demoted)].map((item) => item.trunk);
}
