import { sql } from 'kysely';
import type { Database } from './database.ts';
import { done, refused, type StoreOutcome } from './outcome.ts';

/** Small facts of the platform: when a peer was last probed, settings, the offset of the twin's clock. */
export interface PlatformFactsStore {
  /** Wall ms of the last OPTIONS to each peer: the pace holds over a restart. */
  lastProbesForPlatform(): Promise<ReadonlyMap<string, number>>;
  noteProbeForPlatform(peer: string, sentAtWallMs: number): Promise<void>;
  settingForPlatform(key: string): Promise<{ readonly value: unknown; readonly version: number } | undefined>;
  /** `version` as read, 0 when it must be new. */
  changeSettingForPlatform(
    key: string,
    version: number,
    value: unknown,
  ): Promise<StoreOutcome<{ readonly version: number }>>;
  /** Wall ms as the store sees it. */
  nowForPlatform(): Promise<number>;
  /** Twin mode only: moves `tandem_now()`. 0 = real time. */
  setClockOffsetForPlatform(milliseconds: number): Promise<void>;
}

export function createPlatformFactsStore(db: Database): PlatformFactsStore {
  return {
    async lastProbesForPlatform() {
      const rows = await db.withPlatform('read probes', (tx) =>
        tx.selectFrom('peer_probe').selectAll().execute(),
      );
      return new Map(rows.map((row) => [row.peer, row.last_sent_at]));
    },
    async noteProbeForPlatform(peer, sentAtWallMs) {
      const last_sent_at = new Date(sentAtWallMs);
      await db.withPlatform('note probe', (tx) =>
        tx
          .insertInto('peer_probe')
          .values({ peer, last_sent_at })
          .onConflict((on) => on.column('peer').doUpdateSet({ last_sent_at }))
          .execute(),
      );
    },
    async settingForPlatform(key) {
      return await db.withPlatform('read setting', (tx) =>
        tx.selectFrom('settings').select(['value', 'version']).where('key', '=', key).executeTakeFirst(),
      );
    },
    async changeSettingForPlatform(key, version, value) {
      return await db.withPlatform('change setting', async (tx) => {
        const text = JSON.stringify(value);
        if (version === 0) {
          const made = await tx
            .insertInto('settings')
            .values({ key, value: text })
            .onConflict((on) => on.doNothing())
            .returning('version')
            .executeTakeFirst();
          if (made) return done(made);
        } else {
          const changed = await tx
            .updateTable('settings')
            .set({ value: text, version: version + 1 })
            .where('key', '=', key)
            .where('version', '=', version)
            .returning('version')
            .executeTakeFirst();
          if (changed) return done(changed);
        }
        const row = await tx
          .selectFrom('settings')
          .select('version')
          .where('key', '=', key)
          .executeTakeFirst();
        return row ? refused({ kind: 'conflict', version: row.version }) : refused({ kind: 'not-found' });
      });
    },
    async nowForPlatform() {
      const result = await db.withPlatform('read clock', (tx) =>
        sql<{ now: number }>`select tandem_now() as now`.execute(tx),
      );
      return result.rows[0]?.now ?? Number.NaN;
    },
    async setClockOffsetForPlatform(milliseconds) {
      await db.withPlatform('set clock offset', (tx) =>
        milliseconds === 0
          ? sql`delete from clock_offset`.execute(tx)
          : sql`insert into clock_offset (milliseconds) values (${milliseconds})
                on conflict (only_row) do update set milliseconds = excluded.milliseconds`.execute(tx),
      );
    },
  };
}
