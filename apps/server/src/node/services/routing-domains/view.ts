import { compact, instant } from '@tandem/adapters/http/views/shape.ts';
import type { RoutingDomainView } from '@tandem/contract';
import type { RoutingDomain, VoiceRouting } from '@tandem/engine/routing-domain/routing-domain.ts';
import { type RoutingMeans, recordsOf, saidOf, stepsOf } from './words.ts';

/** A routing domain as the API shows it. */
export function viewOf(domain: RoutingDomain, means: RoutingMeans): RoutingDomainView {
  const { readBack, routing } = domain;
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
    objects: [...(readBack?.objects ?? unread(routing))],
    readBackAt: readBack && instant(readBack.wallMs),
    readBackBy: readBack?.by,
  });
}

const unread = (routing: VoiceRouting): RoutingDomainView['objects'] => [
  { kind: 'usage', name: routing.usage, state: 'unread' },
  { kind: 'route', name: routing.route, state: 'unread' },
  { kind: 'policy', name: routing.policy, state: 'unread' },
  ...(routing.dialPlan === undefined
    ? []
    : [{ kind: 'dial-plan' as const, name: routing.dialPlan, state: 'unread' as const }]),
];
