import type { ConnectionId } from '@tandem/domain';
import type { TenantFacts } from '../provisioning/facts.ts';

/** How the routing of a tenant stands (row 1 of product-behaviour 1.1), from memory. */
export interface RoutingFacts {
  of(connectionId: ConnectionId): Pick<TenantFacts, 'domain' | 'routing' | 'edgeSilent' | 'withoutCalling'>;
  /** Told after something about a connection's routing changed. Returns the way to stop. */
  onChange(heard: (connectionId: ConnectionId) => void): () => void;
}
