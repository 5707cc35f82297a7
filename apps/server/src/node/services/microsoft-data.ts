import { rm } from 'node:fs/promises';
import type { MicrosoftDataBoard } from '@tandem/adapters/http/microsoft-data-board.ts';
import { instant } from '@tandem/adapters/http/views/shape.ts';
import { type MicrosoftDataStore, tablesOf } from '@tandem/adapters/postgres/microsoft-data-store.ts';
import type { ConnectionId } from '@tandem/domain';
import {
  type AuditLog,
  type Clock,
  type ConnectionFeature,
  connectionFeatures,
  type DirectoryView,
  featureTable,
  type StoredConnection,
} from '@tandem/engine';
import { featuresWithout, type HeldData, heldData } from '@tandem/engine/microsoft-data/held-data.ts';
import {
  isLastWith,
  offBecause,
  planPurges,
  purgeDelayMs,
  type StoredPurge,
} from '@tandem/engine/microsoft-data/purge-plan.ts';

export interface MicrosoftDataParts {
  readonly store: MicrosoftDataStore;
  readonly connections: () => readonly StoredConnection[];
  readonly onChange: (heard: () => void) => () => void;
  readonly viewOf: (connectionId: ConnectionId) => DirectoryView | undefined;
  /** Where a connection's mirror is, if there is one. */
  readonly mirrorFile: (connectionId: ConnectionId) => string;
  /** Ends what Microsoft was asked to tell of. */
  readonly forgetNotifications: (connectionId: ConnectionId) => Promise<void>;
  readonly audit: Pick<AuditLog, 'note'>;
  readonly clock: Clock;
  readonly onProblem: (what: string) => void;
}

const lookSoonMs = 500;
const soonMs = 2_500;
const lookEveryMs = 30_000;
/** What came late all the same goes with this. */
const lookAgainMs = 60 * 60_000;
const mostRows = 50_000;

const held: readonly HeldData[] = heldData;
const system = { kind: 'system', name: 'microsoft-data' } as const;

/**
 * Takes away what Microsoft said for a feature that is off (G27). What is to go stands in the store before anything goes, so
 * a crash or a database that is away only makes it later; only what an admin switched off or disconnected is off.
 */
export function openMicrosoftData(parts: MicrosoftDataParts) {
  const { store, clock } = parts;
  const lookedAt = new Map<number, number>();
  let cancel: (() => void) | undefined;
  let working: Promise<void> = Promise.resolve();
  let planned = false;
  let stopped = false;
  let said = false;

  /** What is not in the database. Done again and again until it is gone: nothing here needs to know whether it was. */
  async function purgeFiles({ feature, connectionId, reason }: StoredPurge): Promise<void> {
    if (feature === 'provisioning' && reason === 'disconnected' && !parts.viewOf(connectionId))
      await rm(parts.mirrorFile(connectionId), { force: true });
    if (feature === 'webhooks') await parts.forgetNotifications(connectionId);
  }

  async function carryOut(purge: StoredPurge): Promise<void> {
    await purgeFiles(purge);
    const gone = await store.carryOut(purge, isLastWith(parts.connections(), purge));
    if (!gone) return;
    lookedAt.set(purge.id, clock.now());
    // A feature that kept nothing, most often because it was never on, is no news.
    if (Object.keys(gone).length === 0) {
      if (!purge.audited && Object.keys(purge.removed).length === 0) return await store.audited(purge);
      if (purge.audited) return;
    }
    const connection = parts.connections().find(({ id }) => id === purge.connectionId);
    await parts.audit.note({
      accountId: purge.accountId,
      actor: system,
      action: 'microsoft-data.purge',
      object: {
        kind: 'connection',
        id: purge.connectionId,
        label: connection?.tenantName ?? purge.entraTenantId,
      },
      after: {
        feature: purge.feature,
        removed: Object.keys(gone).length > 0 ? gone : purge.removed,
      },
      reason: purge.reason,
    });
    await store.audited(purge);
  }

  /** When to look again. */
  async function look(): Promise<number> {
    const connections = parts.connections();
    const { ask, over } = planPurges(connections, await store.standingForPlatform());
    for (const one of over) await store.over(one);
    for (const { connection, feature, reason } of ask) await store.ask(connection, feature, reason);
    for (const purge of await store.standingForPlatform()) {
      if (stopped) break;
      const last = lookedAt.get(purge.id);
      const due =
        purge.doneWallMs === undefined || !purge.audited
          ? clock.wall() - purge.askedWallMs >= purgeDelayMs
          : last === undefined || clock.now() - last >= lookAgainMs;
      if (due) await carryOut(purge);
    }
    said = false;
    const waits = (await store.standingForPlatform()).some(({ doneWallMs }) => doneWallMs === undefined);
    return waits ? soonMs : lookEveryMs;
  }
  function plan(afterMs: number): void {
    if (stopped) return;
    cancel?.();
    planned = true;
    cancel = clock.after(afterMs, () => {
      planned = false;
      working = working
        .then(look)
        .catch((error: Error) => {
          if (!said) parts.onProblem(`what is switched off is purged later: ${error.message}`);
          said = true;
          return soonMs;
        })
        .then((afterMs) => {
          // Somebody switched something meanwhile: that look is planned, and comes sooner.
          if (!planned) plan(afterMs);
        });
    });
  }
  const stopListening = parts.onChange(() => plan(lookSoonMs));

  const extentOf = (connection: StoredConnection, feature: ConnectionFeature) => ({
    accountId: connection.accountId,
    connectionId: connection.id,
    entraTenantId: connection.entraTenantId,
    last: isLastWith(parts.connections(), {
      accountId: connection.accountId,
      connectionId: connection.id,
      feature,
    }),
  });
  const board: MicrosoftDataBoard = {
    async show(connection) {
      const purges = await store.list(connection.accountId, connection.id);
      const items = [];
      for (const feature of connectionFeatures) {
        const counts = new Map(
          (await store.count(extentOf(connection, feature), feature)).map(({ name, count }) => [name, count]),
        );
        const users = mirrorUsers(feature, connection);
        const nothing = (featuresWithout as Partial<Record<ConnectionFeature, string>>)[feature];
        items.push({
          feature,
          title: featureTable[feature].title,
          on: offBecause(connection, feature) === undefined,
          ...(nothing !== undefined && { nothing }),
          held: held
            .filter((one) => one.feature === feature)
            .map(({ kind, name, what, exported, purged, kept }) => {
              const count =
                kind === 'table' ? counts.get(name) : name.endsWith('.mirror') ? users?.length : undefined;
              return {
                kind,
                name,
                what,
                exported,
                ...(purged !== undefined && { purged }),
                ...(kept !== undefined && { kept }),
                ...(count !== undefined && { count }),
              };
            }),
          purges: purges
            .filter((one) => one.feature === feature)
            .map(({ reason, askedWallMs, doneWallMs, overWallMs, removed }) => ({
              reason,
              askedAt: instant(askedWallMs),
              ...(doneWallMs !== undefined && { doneAt: instant(doneWallMs) }),
              ...(overWallMs !== undefined && { onAgainAt: instant(overWallMs) }),
              removed: Object.entries(removed).map(([name, count]) => ({ name, count })),
            })),
        });
      }
      return { connection: connection.id, items };
    },
    async give(connection, feature, by) {
      await parts.audit.note({
        accountId: connection.accountId,
        actor: by,
        action: 'microsoft-data.export',
        object: {
          kind: 'connection',
          id: connection.id,
          label: connection.tenantName ?? connection.entraTenantId,
        },
        after: { feature },
      });
      const tables = await store.rows(extentOf(connection, feature), feature, mostRows);
      const users = mirrorUsers(feature, connection);
      return {
        connection: connection.id,
        feature,
        at: instant(clock.wall()),
        held: [
          ...tables.map(({ name, rows }) => ({
            name,
            what: tablesOf(feature).find((one) => one.name === name)?.what ?? '',
            rows: [...rows],
            complete: rows.length < mostRows,
          })),
          ...(users
            ? [
                {
                  name: 'directory',
                  what: 'users of the tenant',
                  rows: users,
                  complete: users.length < mostRows,
                },
              ]
            : []),
        ],
      };
    },
  };
  function mirrorUsers(feature: ConnectionFeature, { id }: StoredConnection): unknown[] | undefined {
    const view = feature === 'provisioning' ? parts.viewOf(id) : undefined;
    return view && [...view.users()].slice(0, mostRows);
  }

  return {
    board,
    start: () => plan(lookSoonMs),
    async stop() {
      stopped = true;
      cancel?.();
      stopListening();
      await working;
    },
  };
}
