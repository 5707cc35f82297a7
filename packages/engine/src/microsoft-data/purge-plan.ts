import type { AccountId, ConnectionId } from '@tandem/domain';
import { type ConnectionFeature, chosenFeatures, connectionFeatures } from '../connection/features.ts';
import type { StoredConnection } from '../ports/connection-store.ts';

export type PurgeReason = 'switched-off' | 'disconnected';

/** That a feature's data is to go, or went. One that was switched on again since is over. */
export interface StoredPurge {
  readonly id: number;
  readonly accountId: AccountId;
  readonly connectionId: ConnectionId;
  readonly entraTenantId: string;
  readonly feature: ConnectionFeature;
  readonly reason: PurgeReason;
  readonly askedWallMs: number;
  readonly doneWallMs?: number;
  /** Switched on again then. */
  readonly overWallMs?: number;
  /** By holder: what went. */
  readonly removed: Readonly<Record<string, number>>;
  readonly audited: boolean;
}

export interface PurgeWork {
  /** Off, and nobody wrote that down yet. */
  readonly ask: readonly {
    readonly connection: StoredConnection;
    readonly feature: ConnectionFeature;
    readonly reason: PurgeReason;
  }[];
  /** On again. */
  readonly over: readonly StoredPurge[];
}

/** What is under way while it is switched off has arrived by then. */
export const purgeDelayMs = 10_000;

/**
 * Off is what an admin switched off or disconnected. Interrupted, expired, not yet approved: none of that is off, whatever it
 * lasts. Features that were never on are off as well, and have nothing to lose.
 */
export function offBecause(
  { life, features }: Pick<StoredConnection, 'life' | 'features'>,
  feature: ConnectionFeature,
): PurgeReason | undefined {
  if (life.state === 'DISCONNECTED') return 'disconnected';
  return chosenFeatures(features).includes(feature) ? undefined : 'switched-off';
}

/** `standing`: purges that are not over, done or not. */
export function planPurges(
  connections: readonly StoredConnection[],
  standing: readonly StoredPurge[],
): PurgeWork {
  const known = new Map(standing.map((one) => [`${one.connectionId} ${one.feature}`, one]));
  const ask: PurgeWork['ask'][number][] = [];
  const over: StoredPurge[] = [];
  for (const connection of connections)
    for (const feature of connectionFeatures) {
      const stands = known.get(`${connection.id} ${feature}`);
      const reason = offBecause(connection, feature);
      if (reason === undefined && stands) over.push(stands);
      if (reason !== undefined && !stands) ask.push({ connection, feature, reason });
    }
  return { ask, over };
}

/** No other connection of the account has the feature: what cannot be told apart by tenant goes too. */
export const isLastWith = (
  connections: readonly StoredConnection[],
  { accountId, connectionId, feature }: Pick<StoredPurge, 'accountId' | 'connectionId' | 'feature'>,
): boolean =>
  !connections.some(
    (one) => one.accountId === accountId && one.id !== connectionId && offBecause(one, feature) === undefined,
  );
