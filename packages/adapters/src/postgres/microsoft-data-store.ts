import type { AccountId } from '@tandem/domain';
import { type ConnectionFeature, connectionFeatures } from '@tandem/engine';
import { type HeldData, heldData } from '@tandem/engine/microsoft-data/held-data.ts';
import { offBecause, type PurgeReason, type StoredPurge } from '@tandem/engine/microsoft-data/purge-plan.ts';
import type { StoredConnection } from '@tandem/engine/ports/connection-store.ts';
import { sql } from 'kysely';
import type { Database, Tx } from './database.ts';
import { type Extent, tableWork } from './microsoft-data-sql.ts';
import { isId } from './outcome.ts';

export interface HeldRows {
  readonly name: string;
  readonly count: number;
}

/** What is kept of Microsoft's data, by feature: counted, given out, purged. Rejects while the database is away. */
export interface MicrosoftDataStore {
  count(extent: Extent, feature: ConnectionFeature): Promise<readonly HeldRows[]>;
  /** The rows themselves, at most `limit` of each table, without anything sealed. */
  rows(
    extent: Extent,
    feature: ConnectionFeature,
    limit: number,
  ): Promise<readonly { readonly name: string; readonly rows: readonly unknown[] }[]>;
  ask(connection: StoredConnection, feature: ConnectionFeature, reason: PurgeReason): Promise<void>;
  over(purge: StoredPurge): Promise<void>;
  /** Of all connections, those that are not over. */
  standingForPlatform(): Promise<readonly StoredPurge[]>;
  /** Newest first, those that are over too. */
  list(accountId: AccountId, connectionId: string): Promise<readonly StoredPurge[]>;
  /**
   * All of it in one transaction with what is written about it: either both happened or neither. `undefined`: the feature was
   * switched on again meanwhile, or the purge is over; nothing was touched.
   */
  carryOut(purge: StoredPurge, last: boolean): Promise<Readonly<Record<string, number>> | undefined>;
  audited(purge: StoredPurge): Promise<void>;
}

export const tablesOf = (feature: ConnectionFeature): readonly HeldData[] =>
  heldData.filter((one) => one.kind === 'table' && one.feature === feature);
/** What goes with a feature: its own, and what is of no use without it. */
const goesWith = (feature: ConnectionFeature): readonly HeldData[] =>
  heldData.filter(
    (one: HeldData) =>
      one.kind === 'table' && (one.feature === feature || one.with === feature) && one.purged !== undefined,
  );

const workOf = (held: HeldData) => {
  const work = tableWork[`${held.feature} ${held.name}` as keyof typeof tableWork];
  if (!work) throw new Error(`nothing says which rows of ${held.name} are those of ${held.feature}`);
  return work;
};

export function createMicrosoftDataStore(db: Database): MicrosoftDataStore {
  return {
    count: (extent, feature) =>
      db.withAccount(extent.accountId, async (tx) => {
        const found: HeldRows[] = [];
        for (const held of tablesOf(feature)) {
          const { rows, goes } = workOf(held);
          const counted = await sql<{ count: number }>`select count(*)::int as count
            from ${sql.table(held.name)} t where ${rows(extent)} and ${goes ?? sql`true`}`.execute(tx);
          found.push({ name: held.name, count: counted.rows[0]?.count ?? 0 });
        }
        return found;
      }),
    rows: (extent, feature, limit) =>
      db.withAccount(extent.accountId, async (tx) => {
        const found = [];
        for (const held of tablesOf(feature)) {
          const { rows, without = [] } = workOf(held);
          const read = await sql<{ row: unknown }>`select to_jsonb(t) - ${[...without]}::text[] as row
            from ${sql.table(held.name)} t where ${rows(extent)} limit ${limit}`.execute(tx);
          found.push({ name: held.name, rows: read.rows.map(({ row }) => row) });
        }
        return found;
      }),
    async ask({ accountId, id, entraTenantId }, feature, reason) {
      await db.withAccount(accountId, (tx) =>
        sql`insert into microsoft_purges (account_id, connection_id, entra_tenant_id, feature, reason)
          values (${accountId}, ${id}, ${entraTenantId}, ${feature}, ${reason})
          on conflict (connection_id, feature) where over_at is null do nothing`.execute(tx),
      );
    },
    async over({ accountId, id }) {
      await db.withAccount(accountId, (tx) =>
        sql`update microsoft_purges set over_at = tandem_now() where id = ${id} and over_at is null`.execute(
          tx,
        ),
      );
    },
    async standingForPlatform() {
      const { rows } = await db.readPlatform('see what is to be purged', (tx) =>
        sql<Row>`select ${columns} from microsoft_purges where over_at is null order by id`.execute(tx),
      );
      return rows.map(purgeOf);
    },
    async list(accountId, connectionId) {
      if (!isId(connectionId)) return [];
      const { rows } = await db.withAccount(accountId, (tx) =>
        sql<Row>`select ${columns} from microsoft_purges where connection_id = ${connectionId}
          order by id desc limit 100`.execute(tx),
      );
      return rows.map(purgeOf);
    },
    carryOut: (purge, last) =>
      db.withAccount(purge.accountId, async (tx) => {
        const standing = await sql`select from microsoft_purges
          where id = ${purge.id} and over_at is null for update`.execute(tx);
        if (standing.rows.length === 0 || !(await isOff(tx, purge))) return undefined;
        const removed: Record<string, number> = {};
        for (const held of goesWith(purge.feature)) {
          const { rows, goes, purge: how } = workOf(held);
          const where = sql`${rows({ ...purge, last })} and ${goes ?? sql`true`}`;
          if (how === undefined) throw new Error(`nothing says how ${held.name} is purged`);
          const gone =
            how === 'delete'
              ? await sql`delete from ${sql.table(held.name)} t where ${where}`.execute(tx)
              : await sql`update ${sql.table(held.name)} t set ${how} where ${where}`.execute(tx);
          if (gone.numAffectedRows) removed[held.name] = Number(gone.numAffectedRows);
        }
        await sql`update microsoft_purges set done_at = coalesce(done_at, tandem_now()),
          removed = removed || (select coalesce(jsonb_object_agg(key, value::bigint + coalesce((removed ->> key)::bigint, 0)), '{}')
            from jsonb_each_text(${JSON.stringify(removed)}::jsonb))
          where id = ${purge.id}`.execute(tx);
        return removed;
      }),
    async audited({ accountId, id }) {
      await db.withAccount(accountId, (tx) =>
        sql`update microsoft_purges set audited = true where id = ${id}`.execute(tx),
      );
    },
  };
}

/** Another node may have switched it on: the row of the connection says so, and stays as it is until this is over. */
async function isOff(tx: Tx, { connectionId, feature }: StoredPurge): Promise<boolean> {
  const { rows } = await sql<{ features: ConnectionFeature[]; life: StoredConnection['life'] }>`
    select features, life from microsoft_connections where id = ${connectionId} for share`.execute(tx);
  const [connection] = rows;
  return connection === undefined || offBecause(connection, feature) !== undefined;
}

interface Row {
  readonly id: string | number;
  readonly account_id: AccountId;
  readonly connection_id: StoredPurge['connectionId'];
  readonly entra_tenant_id: string;
  readonly feature: string;
  readonly reason: PurgeReason;
  readonly asked: number;
  readonly done: number | null;
  readonly over: number | null;
  readonly removed: Record<string, number>;
  readonly audited: boolean;
}

const wall = (column: string) => sql`(extract(epoch from ${sql.ref(column)}) * 1000)::bigint`;
const columns = sql`id, account_id, connection_id, entra_tenant_id, feature, reason, removed, audited,
  ${wall('asked_at')} as asked, ${wall('done_at')} as done, ${wall('over_at')} as over`;

const purgeOf = (row: Row): StoredPurge => ({
  id: Number(row.id),
  accountId: row.account_id,
  connectionId: row.connection_id,
  entraTenantId: row.entra_tenant_id,
  feature: connectionFeatures.find((one) => one === row.feature) ?? 'provisioning',
  reason: row.reason,
  askedWallMs: Number(row.asked),
  ...(row.done !== null && { doneWallMs: Number(row.done) }),
  ...(row.over !== null && { overWallMs: Number(row.over) }),
  removed: row.removed,
  audited: row.audited,
});
