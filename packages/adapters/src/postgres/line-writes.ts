import type { AccountId, DeviceId, E164, QueueId } from '@tandem/domain';
import { sql } from 'kysely';
import type { Tx } from './database.ts';
import { heldRefusal, noHold, Refused } from './outcome.ts';

/** A line that is nobody's own: of a desk phone, or of a queue. One extension and one number at the most. */
export type LineOwner = { readonly device_id: DeviceId } | { readonly queue_id: QueueId };

/** The number rests, is reserved or is with another carrier at this moment. */
export const holdsNow = sql<boolean>`held is not null and (held = 'ported' or held_until > tandem_now())`;

/** In place of the extension before; null: none. One that is somebody's fails on the key (`taken`). */
export async function writeLineExtension(
  tx: Tx,
  accountId: AccountId,
  owner: LineOwner,
  extension: string | null,
): Promise<void> {
  await tx
    .deleteFrom('extensions')
    .where((eb) => eb.and(owner))
    .execute();
  if (extension === null) return;
  await tx
    .insertInto('extensions')
    .values({ account_id: accountId, extension, person_id: null, ...owner })
    .execute();
}

/**
 * In place of the number before, which goes back to stock; null: none. A free number of the account is taken; one that rests is
 * refused (`held`), one that is somebody's fails on the key (`taken`).
 */
export async function writeLineNumber(
  tx: Tx,
  accountId: AccountId,
  owner: LineOwner,
  number: E164 | null,
): Promise<void> {
  const nobody = { device_id: null, queue_id: null };
  await tx
    .updateTable('numbers')
    .set({ ...nobody, version: sql`version + 1` })
    .where((eb) => eb.and(owner))
    .where('number', '<>', number ?? '')
    .execute();
  if (number === null) return;
  const row = await tx
    .selectFrom('numbers')
    .select(['person_id', 'device_id', 'queue_id', 'held', 'held_until', 'held_reason'])
    .select(holdsNow.as('holds'))
    .where('number', '=', number)
    .forUpdate()
    .executeTakeFirst();
  const isTheirs =
    'device_id' in owner ? row?.device_id === owner.device_id : row?.queue_id === owner.queue_id;
  if (row && isTheirs) return;
  if (row?.holds) throw new Refused(heldRefusal(number, row));
  if (row && row.person_id === null && row.device_id === null && row.queue_id === null) {
    await tx
      .updateTable('numbers')
      .set({ ...noHold, ...owner, position: 0, version: sql`version + 1` })
      .where('number', '=', number)
      .execute();
    return;
  }
  await tx
    .insertInto('numbers')
    .values({ number, account_id: accountId, person_id: null, ...owner, position: 0 })
    .execute();
}
