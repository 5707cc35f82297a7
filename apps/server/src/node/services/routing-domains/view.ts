import { compact, instant } from '@tandem/adapters/http/views/shape.ts';
import type { RoutingDomainView } from '@tandem/contract';
import type { VoicemailOwner } from '@tandem/domain';
import {
  type CallingPolicy,
  callingPolicyOf,
  rejudged,
} from '@tandem/engine/routing-domain/calling-policy.ts';
import type {
  RoutingDomain,
  RoutingObject,
  VoiceRouting,
} from '@tandem/engine/routing-domain/routing-domain.ts';
import { type RoutingMeans, recordsOf, saidOf, stepsOf } from './words.ts';

/** A routing domain as the API shows it. */
export function viewOf(
  domain: RoutingDomain,
  means: RoutingMeans,
  voicemail: VoicemailOwner,
): RoutingDomainView {
  const { readBack, routing } = domain;
  const calling = routing.calling && callingPolicyOf(routing.calling, voicemail);
  return compact({
    id: domain.id,
    accountId: domain.accountId as string,
    connectionId: domain.connectionId as string,
    host: domain.host,
    state: domain.state,
    since: instant(domain.sinceWallMs),
    ...saidOf(domain, means),
    records: recordsOf(domain, means),
    publishedAt: domain.publishedWallMs === undefined ? undefined : instant(domain.publishedWallMs),
    checkedAt: domain.checkedWallMs === undefined ? undefined : instant(domain.checkedWallMs),
    problem: domain.problem,
    can: [...stepsOf(domain, means)],
    routing: { ...routing },
    objects: objectsOf(domain, calling).map(({ holds: _, ...object }) => compact(object)),
    voicemail,
    readBackAt: readBack && instant(readBack.wallMs),
    readBackBy: readBack?.by,
  });
}

/** As read back; a calling policy by what is wanted now, and unread where it was not asked for then. */
function objectsOf(
  { readBack, routing }: RoutingDomain,
  calling: CallingPolicy | undefined,
): readonly RoutingObject[] {
  const read = (readBack?.objects ?? unread(routing)).filter(
    ({ kind, name }) => kind !== 'calling-policy' || name === calling?.name,
  );
  const known = read.map((object) => rejudged(object, calling));
  return calling && !known.some(({ kind }) => kind === 'calling-policy')
    ? [...known, { kind: 'calling-policy', name: calling.name, state: 'unread' }]
    : known;
}

const unread = (routing: VoiceRouting): readonly RoutingObject[] => [
  { kind: 'usage', name: routing.usage, state: 'unread' },
  { kind: 'route', name: routing.route, state: 'unread' },
  { kind: 'policy', name: routing.policy, state: 'unread' },
  ...(routing.dialPlan === undefined
    ? []
    : [{ kind: 'dial-plan' as const, name: routing.dialPlan, state: 'unread' as const }]),
];
