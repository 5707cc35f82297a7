import type { RoutingSnapshot } from '@tandem/domain';

/** The routing facts in memory; a getter so that a new snapshot takes effect for the next call only. */
export interface SnapshotSource {
  current(): RoutingSnapshot;
}
