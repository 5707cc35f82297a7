import type { TenantFacts } from '../provisioning/facts.ts';
import type { RoutingDomain } from './routing-domain.ts';

/** microsoft-graph 4: Microsoft asks every trunk about once a minute; ten minutes without is no accident. */
export const silentAfterMinutes = 10;

type Facts = Pick<TenantFacts, 'domain' | 'routing' | 'withoutCalling'>;

/**
 * What the routing domains of one connection mean for readiness. One that works is enough for calls; of several that do
 * not, the one that got furthest speaks.
 */
export function routingFactsOf(domains: readonly RoutingDomain[]): Facts {
  const [best] = [...domains].sort((a, b) => rank[a.state] - rank[b.state]);
  if (!best) return { domain: 'unread', routing: 'unread' };
  const withoutCalling = withoutCallingOf(domains);
  return {
    domain: domainFact(best),
    routing: routingFact(domains),
    ...(withoutCalling.length > 0 && { withoutCalling }),
  };
}

/** Policies belong to the tenant, so the newest reading speaks for all its domains. */
function withoutCallingOf(domains: readonly RoutingDomain[]): readonly string[] {
  const read = domains.flatMap(({ readBack }) => (readBack?.withoutCalling ? [readBack] : []));
  const [newest] = read.toSorted((a, b) => b.wallMs - a.wallMs);
  return newest?.withoutCalling ?? [];
}

const rank: Record<RoutingDomain['state'], number> = {
  BY_HAND: 0,
  ACTIVE: 1,
  VERIFIED: 2,
  STUCK: 3,
  UNVERIFIED: 4,
  WANTED: 5,
};

function domainFact(domain: RoutingDomain): Facts['domain'] {
  switch (domain.state) {
    case 'BY_HAND':
      return { is: 'by-hand' };
    case 'ACTIVE':
      return { is: 'active' };
    case 'VERIFIED':
    case 'STUCK':
      // STUCK began when the day was over; what readiness counts is the time since it was verified.
      return {
        is: 'verified',
        name: domain.host,
        sinceWallMs: domain.state === 'STUCK' ? domain.sinceWallMs - 86_400_001 : domain.sinceWallMs,
      };
    case 'UNVERIFIED':
    case 'WANTED':
      return { is: 'unverified', txt: domain.txt ?? `for ${domain.host}` };
  }
}

function routingFact(domains: readonly RoutingDomain[]): Facts['routing'] {
  if (domains.some(({ state }) => state === 'BY_HAND')) return { is: 'by-hand' };
  const read = domains.flatMap(({ readBack }) => (readBack ? [readBack] : []));
  if (read.length === 0) return 'unread';
  const missing = read
    .flatMap(({ objects }) => objects)
    // Without its calling policy a call still goes its way: who takes messages does not keep anybody from calling.
    .find(({ kind, state }) => kind !== 'calling-policy' && (state === 'missing' || state === 'different'));
  if (missing) return { is: 'missing', object: `${missing.kind} ${missing.name}` };
  const policySeen = read.some(({ objects }) =>
    objects.some(({ kind, state }) => kind === 'policy' && state === 'present'),
  );
  return policySeen ? { is: 'present' } : 'unread';
}
