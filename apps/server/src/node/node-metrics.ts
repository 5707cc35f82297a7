import { createMetrics, type Metrics } from '@tandem/adapters/http/metrics.ts';
import type { LiveCalls, PeerBoard } from '@tandem/adapters/http/services.ts';
import type { CallEngine } from '@tandem/engine';
import type { MicrosoftSide } from './microsoft-side.ts';
import type { NodeContext } from './node-context.ts';
import type { SipEdge } from './sip-edge.ts';
import type { NodeStorage } from './storage.ts';

/** What is counted, and the counts that others keep and that are read when somebody asks. */
export function openMetrics(
  { clock }: NodeContext,
  parts: {
    readonly storage: Pick<NodeStorage, 'calls' | 'db' | 'snapshots'>;
    readonly edge: SipEdge;
    readonly microsoft: Pick<MicrosoftSide, 'provisioning' | 'directory' | 'connections'>;
    readonly engine: CallEngine;
    readonly live: LiveCalls;
    readonly peers: PeerBoard;
  },
): Metrics {
  const { edge, microsoft, engine, live, peers } = parts;
  const { calls, db, snapshots } = parts.storage;
  const metrics = createMetrics({
    live,
    peers,
    wall: clock.wall,
    connector: (record) =>
      (record.carrierId && snapshots.current().carriers.get(record.carrierId)?.name) || 'none',
    snapshotBuiltAt: () => snapshots.current().builtAtWallMs,
    platform: () => ({
      ...engine.ua.counts,
      mediaSessions: edge.media.sessions,
      registrations: edge.phones.registrar.count,
      streamConnections: edge.endpoint.transport.connections,
      certificateEndsAt: edge.endpoint.certificateEndsAt,
      journal: calls.counts,
      databaseInUse: db.counts.inUse,
    }),
  });
  metrics.microsoft.readLinks(microsoft.provisioning.links);
  metrics.directory.readDirectories(microsoft.directory.readings);
  metrics.queues.readWaiting(() => engine.queues.waiting);
  metrics.microsoft.readConnections(microsoft.connections.states);
  metrics.microsoft.readClock(microsoft.connections.apps.clock.aheadMs);
  return metrics;
}
