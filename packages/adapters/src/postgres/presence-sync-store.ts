import type { AccountId, PersonId } from '@tandem/domain';
import type { PresenceSyncStore, StoredPresencePerson } from '@tandem/engine/presence-sync/ports.ts';
import type { RunResult } from '@tandem/engine/presence-sync/run.ts';
import {
  defaultPresenceSettings,
  neverSetUp,
  type PresenceSyncSettings,
  type StoredPresenceSettings,
} from '@tandem/engine/presence-sync/settings.ts';
import { type Selectable, sql } from 'kysely';
import type { Database, Tx } from './database.ts';
import { isId } from './outcome.ts';
import type { Schema } from './schema.ts';

const atOnce = 500;

/** Who is synced, by which rules, who is who at Microsoft, and the runs. */
export function createPresenceSyncStore(db: Database): PresenceSyncStore {
  return {
    async loadForPlatform() {
      return await db.readPlatform('read the setup of presence', async (tx) => ({
        settings: (await tx.selectFrom('presence_sync_settings').selectAll().execute()).map(settingsOf),
        people: (await tx.selectFrom('presence_sync_people').selectAll().execute()).map(personOf),
      }));
    },

    async markForPlatform() {
      const { rows } = await db.readPlatform('see whether the setup of presence is another', (tx) =>
        sql<{ mark: string }>`select
          (select count(*) || ':' || coalesce(sum(version), 0) from presence_sync_settings) || '|' ||
          (select count(*) || ':' || coalesce(sum(extract(epoch from changed_at)), 0) from presence_sync_people)
          as mark`.execute(tx),
      );
      return rows[0]?.mark ?? '';
    },

    async saveSettings(next, version) {
      if (!isId(next.accountId)) return { ok: false, standing: neverSetUp(next.accountId) };
      return await db.withAccount(next.accountId, async (tx) => {
        const columns = {
          settings: JSON.stringify(next.settings),
          version: next.version,
          changed_by: next.changedBy ?? null,
          changed_at: sql<Date>`tandem_now()`,
        };
        const insert = tx
          .insertInto('presence_sync_settings')
          .values({ account_id: next.accountId, ...columns });
        const written = await (version === 0
          ? insert.onConflict((on) => on.column('account_id').doNothing()).returningAll()
          : tx
              .updateTable('presence_sync_settings')
              .set(columns)
              .where('account_id', '=', next.accountId)
              .where('version', '=', version)
              .returningAll()
        ).executeTakeFirst();
        if (written) return { ok: true, stored: settingsOf(written) };
        const standing = await tx.selectFrom('presence_sync_settings').selectAll().executeTakeFirst();
        return { ok: false, standing: standing ? settingsOf(standing) : neverSetUp(next.accountId) };
      });
    },

    async savePeople(rows) {
      const taken: PersonId[] = [];
      const byAccount = Map.groupBy(
        rows.filter(({ accountId, personId }) => isId(accountId) && isId(personId)),
        ({ accountId }) => accountId,
      );
      for (const [accountId, own] of byAccount)
        taken.push(...(await db.withAccount(accountId, (tx) => writePeople(tx, own))));
      return { taken };
    },

    async createRun(run) {
      await db.withAccount(run.accountId, (tx) =>
        tx
          .insertInto('presence_runs')
          .values({
            id: run.id,
            account_id: run.accountId,
            state: run.state,
            run: JSON.stringify(run),
            started_at: new Date(run.startedWallMs),
          })
          .onConflict((on) => on.column('id').doNothing())
          .execute(),
      );
    },
    async saveRun(run) {
      await db.withAccount(run.accountId, (tx) =>
        tx
          .updateTable('presence_runs')
          .set({ state: run.state, run: JSON.stringify(run), updated_at: sql`tandem_now()` })
          .where('id', '=', run.id)
          .execute(),
      );
    },
    async saveResults({ id, accountId }, results) {
      if (results.length === 0) return;
      await db.withAccount(accountId, async (tx) => {
        for (let at = 0; at < results.length; at += atOnce)
          await tx
            .insertInto('presence_run_results')
            .values(
              results.slice(at, at + atOnce).map((one) => ({
                run_id: id,
                person_id: one.personId,
                account_id: accountId,
                display_name: one.displayName,
                mail: one.mail ?? null,
                outcome: one.outcome,
                code: one.code ?? null,
                detail: one.detail ? JSON.stringify(one.detail) : null,
              })),
            )
            .onConflict((on) =>
              on.columns(['run_id', 'person_id']).doUpdateSet((eb) => ({
                display_name: eb.ref('excluded.display_name'),
                mail: eb.ref('excluded.mail'),
                outcome: eb.ref('excluded.outcome'),
                code: eb.ref('excluded.code'),
                detail: eb.ref('excluded.detail'),
              })),
            )
            .execute();
      });
    },
    async listRuns(accountId, { limit, before }) {
      if (!isId(accountId)) return [];
      const rows = await db.withAccount(accountId, (tx) => {
        let query = tx.selectFrom('presence_runs').select('run').orderBy('id', 'desc').limit(limit);
        if (before !== undefined && isId(before)) query = query.where('id', '<', before);
        return query.execute();
      });
      return rows.map(({ run }) => run);
    },
    async findRunForPlatform(id) {
      if (!isId(id)) return undefined;
      const row = await db.withPlatform('find a run of presence', (tx) =>
        tx.selectFrom('presence_runs').select('run').where('id', '=', id).executeTakeFirst(),
      );
      return row?.run;
    },
    async listOpenRunsForPlatform() {
      const rows = await db.readPlatform('go on with runs of presence', (tx) =>
        tx
          .selectFrom('presence_runs')
          .select('run')
          .where('state', 'in', ['waiting', 'matching', 'reading'])
          .orderBy('id')
          .execute(),
      );
      return rows.map(({ run }) => run);
    },
    async listResults({ id, accountId }, { limit, offset, outcome }) {
      if (!isId(id) || !isId(accountId)) return [];
      const rows = await db.withAccount(accountId, (tx) => {
        let query = tx
          .selectFrom('presence_run_results')
          .selectAll()
          .where('run_id', '=', id)
          .orderBy(sql`outcome = 'failed'`, 'desc')
          .orderBy('display_name')
          .orderBy('person_id')
          .limit(limit)
          .offset(offset);
        if (outcome !== undefined) query = query.where('outcome', '=', outcome);
        return query.execute();
      });
      return rows.map(resultOf);
    },
    async trimRuns(accountId, keep) {
      if (!isId(accountId)) return;
      await db.withAccount(accountId, async (tx) => {
        const oldest = tx
          .selectFrom('presence_runs')
          .select('id')
          .orderBy('id', 'desc')
          .offset(keep)
          .limit(1);
        await tx.deleteFrom('presence_runs').where('id', '<=', oldest).execute();
      });
    },
  };
}

/** All at once; where an Entra user is somebody else's meanwhile, one after another, to know whose. */
async function writePeople(tx: Tx, rows: readonly StoredPresencePerson[]): Promise<readonly PersonId[]> {
  await sql`savepoint people`.execute(tx);
  // First everybody lets go: two who change places do not stand in each other's way.
  const letGo = async (): Promise<void> => {
    await tx
      .updateTable('presence_sync_people')
      .set({ object_id: null, entra_tenant_id: null, found_by: null })
      .where(
        'person_id',
        'in',
        rows.map(({ personId }) => personId),
      )
      .execute();
  };
  try {
    await letGo();
    await upsert(tx, rows);
    return [];
  } catch (error) {
    if (!isTaken(error)) throw error;
    await sql`rollback to savepoint people`.execute(tx);
  }
  const taken: PersonId[] = [];
  await letGo();
  for (const row of rows) {
    await sql`savepoint person`.execute(tx);
    try {
      await upsert(tx, [row]);
    } catch (error) {
      if (!isTaken(error)) throw error;
      await sql`rollback to savepoint person`.execute(tx);
      const { link: _, ...rest } = row;
      await upsert(tx, [rest]);
      taken.push(row.personId);
    }
  }
  return taken;
}

const isTaken = (error: unknown): boolean =>
  (error as { code?: unknown }).code === '23505' &&
  (error as { constraint?: unknown }).constraint === 'presence_sync_people_object';

/** Whoever was deleted meanwhile is left out. */
async function upsert(tx: Tx, rows: readonly StoredPresencePerson[]): Promise<void> {
  const values = rows.map((row) => ({
    person_id: row.personId,
    account_id: row.accountId,
    choice: row.choice,
    entra_tenant_id: row.link?.entraTenantId ?? null,
    object_id: row.link?.objectId.toLowerCase() ?? null,
    found_by: row.link?.by ?? null,
    result: row.result ?? null,
    proposal: row.proposal ?? null,
    changed_at: new Date(row.changedWallMs).toISOString(),
  }));
  await sql`insert into presence_sync_people
      (person_id, account_id, choice, entra_tenant_id, object_id, found_by, result, proposal, changed_at)
    select v.person_id, v.account_id, v.choice, v.entra_tenant_id, v.object_id, v.found_by, v.result, v.proposal,
      v.changed_at
    from jsonb_to_recordset(${JSON.stringify(values)}::jsonb) as v(person_id uuid, account_id uuid, choice text,
      entra_tenant_id text, object_id text, found_by text, result jsonb, proposal text, changed_at timestamptz)
    join people on people.id = v.person_id and people.account_id = v.account_id
    on conflict (person_id) do update set choice = excluded.choice, entra_tenant_id = excluded.entra_tenant_id,
      object_id = excluded.object_id, found_by = excluded.found_by, result = excluded.result,
      proposal = excluded.proposal, changed_at = excluded.changed_at`.execute(tx);
}

function settingsOf(row: Selectable<Schema['presence_sync_settings']>): StoredPresenceSettings {
  return {
    accountId: row.account_id,
    settings: knownSettings(row.settings),
    version: row.version,
    ...(row.changed_by !== null && { changedBy: row.changed_by }),
    changedWallMs: row.changed_at,
  };
}

/**
 * What a row does not say is as it is for everybody who decided nothing; what nobody reads any more stands in rows of before
 * and goes nowhere.
 */
function knownSettings(stored: Partial<PresenceSyncSettings>): PresenceSyncSettings {
  const known = Object.entries(stored).filter(([name]) => name in defaultPresenceSettings);
  return { ...defaultPresenceSettings, ...Object.fromEntries(known) };
}

function personOf(row: Selectable<Schema['presence_sync_people']>): StoredPresencePerson {
  const { entra_tenant_id: entraTenantId, object_id: objectId, found_by: by } = row;
  return {
    accountId: row.account_id as AccountId,
    personId: row.person_id,
    choice: row.choice,
    ...(entraTenantId !== null &&
      objectId !== null &&
      by !== null && { link: { entraTenantId, objectId, by } }),
    ...(row.result && { result: row.result }),
    ...(row.proposal !== null && { proposal: row.proposal }),
    changedWallMs: row.changed_at,
  };
}

const resultOf = (row: Selectable<Schema['presence_run_results']>): RunResult => ({
  personId: row.person_id,
  displayName: row.display_name,
  ...(row.mail !== null && { mail: row.mail }),
  outcome: row.outcome,
  ...(row.code !== null && { code: row.code }),
  ...(row.detail && { detail: row.detail }),
});
