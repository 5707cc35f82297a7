import type { RoutingSnapshot } from '@tandem/domain';
import { hostOfUri, parseUri, type SipRequest } from '@tandem/sip';
import type { Flow } from '@tandem/sip/ua/types.ts';
import type { Source } from '../routing/source.ts';
import type { EngineSettings } from '../settings.ts';

type Settings = Pick<EngineSettings, 'teams' | 'carriers' | 'phones'>;

/** Our Contact towards a caller: the customer's host towards Microsoft, also in 18x and 200 (pitfalls 1, 4). */
export function contactTowardsCaller(
  request: SipRequest,
  flow: Flow,
  source: Source,
  snapshot: RoutingSnapshot,
  settings: Settings,
): string {
  if (source.kind === 'teams') return towardsTeams(request, snapshot, settings);
  const us = ownAddress(flow, source, settings);
  const uri = parseUri(request.uri);
  const user = uri && uri.scheme !== 'tel' && uri.user !== undefined ? `${uri.user}@` : '';
  const transport = flow.protocol === 'UDP' ? '' : `;transport=${flow.protocol.toLowerCase()}`;
  return `<sip:${user}${us.host}:${us.port}${transport}>`;
}

/** S10: our Contact in the answer to OPTIONS. */
export function contactInOptions(
  request: SipRequest,
  flow: Flow,
  source: Source,
  snapshot: RoutingSnapshot,
  settings: Settings,
): string {
  if (source.kind === 'teams') return towardsTeams(request, snapshot, settings);
  const us = ownAddress(flow, source, settings);
  return `<sip:${us.host}:${us.port}>`;
}

/** The host that Microsoft asked for, if it is a customer's; else the one of the trunk. */
function towardsTeams(request: SipRequest, snapshot: RoutingSnapshot, { teams }: Settings): string {
  const host = hostOfUri(request.uri);
  const known = host !== undefined && snapshot.accountBySbcHost.has(host);
  return `<sip:${known ? host : teams.trunkHost}:${teams.contactPort};transport=tls>`;
}

function ownAddress(flow: Flow, source: Source, { phones, carriers }: Settings): Flow['local'] {
  const side = source.kind === 'phone' ? phones : carriers;
  return side?.contact[flow.protocol] ?? flow.local;
}
