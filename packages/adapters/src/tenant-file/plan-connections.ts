import type { ConnectionFeature } from '@tandem/contract';
import type { HoldMusic } from '@tandem/engine/routing-domain/calling-policy.ts';
import { differing } from './differing.ts';
import type { FileConnection } from './file-shape.ts';
import { type Change, type Planned, refused } from './plan-file.ts';
import type { StoredMicrosoft } from './state.ts';

export interface FeaturesChange {
  readonly connectionId: string;
  readonly features: readonly ConnectionFeature[];
  /** What Microsoft said for them is purged. */
  readonly off: readonly ConnectionFeature[];
}

export interface MusicChange {
  readonly domainId: string;
  readonly holdMusic: HoldMusic | null;
}

/** What connections may be used for, by the Entra tenant, and who plays music on hold, by the name of the routing domain. */
export function planConnections(
  wanted: readonly FileConnection[],
  stored: readonly StoredMicrosoft[],
): readonly Planned[] {
  return wanted.flatMap((one): readonly Planned[] => {
    const { tenant, features, routingDomains = [] } = one;
    const connection = stored.find(({ tenantId }) => tenantId.toLowerCase() === tenant);
    if (!connection)
      return [
        refused(
          { kind: 'connection', what: tenant, action: 'change' },
          'This Microsoft 365 tenant is not connected: connect it in the portal first.',
          { of: one, field: 'tenant' },
        ),
      ];
    const planned: Planned[] = [];
    const found = features && differing({ features: connection.features }, { features });
    if (features && found)
      planned.push({
        change: { kind: 'connection', what: tenant, action: 'change', ...found },
        step: {
          do: 'change-features',
          connectionId: connection.id,
          features,
          off: connection.features.filter((feature) => !features.includes(feature)),
        },
      });
    for (const { host, holdMusic } of routingDomains) {
      const domain = connection.routingDomains.find((known) => known.host.toLowerCase() === host);
      const differs = differing({ holdMusic: domain?.holdMusic ?? null }, { holdMusic });
      const change: Change = { kind: 'routing-domain', what: host, action: 'change', ...differs };
      if (!domain)
        planned.push(
          refused(
            change,
            `This connection has no routing domain ${host}: add it on the page Microsoft 365 first, or take it out of the file.`,
            { of: one, field: 'routingDomains' },
          ),
        );
      else if (differs)
        planned.push({ change, step: { do: 'choose-music', domainId: domain.id, holdMusic } });
    }
    return planned;
  });
}
