import { workingStates } from '../connection/connection.machine.ts';
import { judgeConnection } from '../connection/features.ts';
import { troubleTable } from '../connection/trouble.ts';
import type { StoredConnection } from '../ports/connection-store.ts';
import type { PresenceReach } from './judgement.ts';
import type { PresenceTenant, PresenceView } from './ports.ts';

/** What a connection allows presence now, and whether it works at all. */
export function presenceTenant(stored: StoredConnection, view: PresenceView | undefined): PresenceTenant {
  const { life, connectedWallMs } = stored;
  const works = workingStates.has(life.state);
  return {
    connectionId: stored.id,
    entraTenantId: stored.entraTenantId,
    name: stored.tenantName ?? stored.domains[0] ?? stored.entraTenantId,
    works,
    ...(connectedWallMs !== undefined && { connectedWallMs }),
    ...(!works && life.reason !== undefined && { reason: life.reason }),
    reach: reachOf(stored, works),
    view,
  };
}

function reachOf(connection: StoredConnection, works: boolean): PresenceReach {
  const { features, life } = connection;
  if (!works)
    return {
      reads: false,
      writes: false,
      why: life.reason ? troubleTable[life.reason].say : 'The connection does not work now.',
    };
  const { working, missing } = judgeConnection(connection);
  const reads = working.has('presence');
  const writes = working.has('presence-write');
  const off = (['presence', 'presence-write'] as const).find((feature) => !features.includes(feature));
  const lacking = missing.find(({ feature }) => feature === 'presence' || feature === 'presence-write');
  const why =
    connection.presence?.trouble !== undefined
      ? troubleTable[connection.presence.trouble].say
      : lacking !== undefined
        ? `The permission ${lacking.role} is missing.`
        : off !== undefined
          ? 'It is switched off under Connection.'
          : undefined;
  return {
    reads,
    writes,
    ...(why !== undefined && { why }),
    ...(!features.includes('presence') && { off: true as const }),
  };
}
