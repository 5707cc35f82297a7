import { sql } from 'kysely';
import type { Tx } from './database.ts';
import { Refused } from './outcome.ts';

/**
 * Holds one row until the transaction ends and gives the version that stands. Throws `Refused` (for `settle`) when there is no
 * such row, or when somebody changed it since `version` was read; without a version whatever stands is taken.
 */
export async function lockedVersion(
  tx: Tx,
  table: 'accounts' | 'people' | 'devices' | 'queues',
  id: string,
  version?: number,
): Promise<number> {
  const { rows } = await sql<{
    version: number;
  }>`select version from ${sql.table(table)} where id = ${id} for update`.execute(tx);
  const [row] = rows;
  if (!row) throw new Refused({ kind: 'not-found' });
  if (version !== undefined && row.version !== version)
    throw new Refused({ kind: 'conflict', version: row.version });
  return row.version;
}
