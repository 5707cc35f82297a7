import type { AccountId, E164, PersonId, Queue, QueueId } from '@tandem/domain';
import { type Selectable, sql } from 'kysely';
import type { Database, Tx } from './database.ts';
import { writeLineExtension, writeLineNumber } from './line-writes.ts';
import { lockedVersion } from './locked-row.ts';
import { done, isId, refused, type StoreOutcome, settle, type Versioned } from './outcome.ts';
import type { Schema } from './schema.ts';

type Settings = Pick<
  Queue,
  'name' | 'offerSeconds' | 'wrapUpSeconds' | 'maxWaitSeconds' | 'maxWaiting' | 'overflow'
>;

/** What is absent stays. `null` takes extension or number away. */
export type QueueStoreChange = { readonly [K in keyof Settings]?: Settings[K] | undefined } & {
  readonly extension?: string | null | undefined;
  readonly number?: E164 | null | undefined;
  /** All of them, in their order; who stays keeps being logged in or out. */
  readonly members?: readonly PersonId[] | undefined;
};

export interface QueueStore {
  list(accountId: AccountId): Promise<readonly Versioned<Queue>[]>;
  /** `taken` when name, extension or number is somebody's; `held` for a number that rests. A number in stock is taken over. */
  create(queue: Queue): Promise<StoreOutcome<Versioned<Queue>>>;
  /** Without a version whatever stands is changed. */
  change(
    accountId: AccountId,
    queueId: QueueId,
    version: number | undefined,
    change: QueueStoreChange,
  ): Promise<StoreOutcome<Versioned<Queue>>>;
  /** `not-found` also for somebody who is no member. The version stays: two members may do it at once. */
  logIn(
    accountId: AccountId,
    queueId: QueueId,
    personId: PersonId,
    loggedIn: boolean,
  ): Promise<StoreOutcome<Versioned<Queue>>>;
  /** Its number goes back to stock. */
  remove(accountId: AccountId, queueId: QueueId): Promise<StoreOutcome<void>>;
}

export function createQueueStore(db: Database): QueueStore {
  return {
    list: (accountId) =>
      isId(accountId) ? db.withAccount(accountId, (tx) => readQueues(tx)) : Promise.resolve([]),
    async create(queue) {
      const { accountId, id } = queue;
      if (!isId(accountId) || !isId(id)) return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          await tx
            .insertInto('queues')
            .values({
              id,
              account_id: accountId,
              name: queue.name,
              offer_seconds: queue.offerSeconds,
              wrap_up_seconds: queue.wrapUpSeconds,
              max_wait_seconds: queue.maxWaitSeconds,
              max_waiting: queue.maxWaiting,
              overflow_to: queue.overflow.kind === 'forward' ? queue.overflow.to : null,
            })
            .execute();
          const owner = { queue_id: id };
          if (queue.extension !== undefined) await writeLineExtension(tx, accountId, owner, queue.extension);
          if (queue.number !== undefined) await writeLineNumber(tx, accountId, owner, queue.number);
          await writeMembers(
            tx,
            accountId,
            id,
            queue.members.map(({ personId }) => personId),
          );
          return done((await readQueues(tx, id))[0] as Versioned<Queue>);
        }),
      );
    },
    async change(accountId, queueId, version, change) {
      if (!isId(accountId) || !isId(queueId)) return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          const stands = await lockedVersion(tx, 'queues', queueId, version);
          await tx
            .updateTable('queues')
            .set({ ...columnsOf(change), version: stands + 1, updated_at: sql`tandem_now()` })
            .where('id', '=', queueId)
            .execute();
          const { extension, number, members } = change;
          const owner = { queue_id: queueId };
          if (extension !== undefined) await writeLineExtension(tx, accountId, owner, extension);
          if (number !== undefined) await writeLineNumber(tx, accountId, owner, number);
          if (members) await writeMembers(tx, accountId, queueId, members);
          return done((await readQueues(tx, queueId))[0] as Versioned<Queue>);
        }),
      );
    },
    async logIn(accountId, queueId, personId, loggedIn) {
      if (!isId(accountId) || !isId(queueId) || !isId(personId)) return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          const result = await tx
            .updateTable('queue_members')
            .set({ logged_in: loggedIn })
            .where('queue_id', '=', queueId)
            .where('person_id', '=', personId)
            .executeTakeFirst();
          if (result.numUpdatedRows === 0n) return refused({ kind: 'not-found' });
          return done((await readQueues(tx, queueId))[0] as Versioned<Queue>);
        }),
      );
    },
    async remove(accountId, queueId) {
      if (!isId(accountId) || !isId(queueId)) return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          const result = await tx.deleteFrom('queues').where('id', '=', queueId).executeTakeFirst();
          return result.numDeletedRows === 0n ? refused({ kind: 'not-found' }) : done(undefined);
        }),
      );
    },
  };
}

function columnsOf(settings: Pick<QueueStoreChange, keyof Settings>) {
  const { name, offerSeconds, wrapUpSeconds, maxWaitSeconds, maxWaiting, overflow } = settings;
  return {
    ...(name !== undefined && { name }),
    ...(offerSeconds !== undefined && { offer_seconds: offerSeconds }),
    ...(wrapUpSeconds !== undefined && { wrap_up_seconds: wrapUpSeconds }),
    ...(maxWaitSeconds !== undefined && { max_wait_seconds: maxWaitSeconds }),
    ...(maxWaiting !== undefined && { max_waiting: maxWaiting }),
    ...(overflow !== undefined && { overflow_to: overflow.kind === 'forward' ? overflow.to : null }),
  };
}

/** Queues that the transaction may see, with their members in their order. */
export async function readQueues(tx: Tx, queueId?: QueueId): Promise<Versioned<Queue>[]> {
  let query = tx
    .selectFrom('queues')
    .leftJoin('extensions', 'extensions.queue_id', 'queues.id')
    .leftJoin('numbers', 'numbers.queue_id', 'queues.id')
    .selectAll('queues')
    .select(['extensions.extension', 'numbers.number'])
    .orderBy('queues.name')
    .orderBy('queues.id');
  if (queueId !== undefined) query = query.where('queues.id', '=', queueId);
  const rows = await query.execute();
  if (rows.length === 0) return [];
  let members = tx.selectFrom('queue_members').selectAll().orderBy('position').orderBy('person_id');
  if (queueId !== undefined) members = members.where('queue_id', '=', queueId);
  const of = Map.groupBy(await members.execute(), (member) => member.queue_id);
  return rows.map((row) => queueOf(row, of.get(row.id) ?? []));
}

function queueOf(
  row: Selectable<Schema['queues']> & { extension: string | null; number: string | null },
  members: readonly Selectable<Schema['queue_members']>[],
): Versioned<Queue> {
  return {
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    ...(row.extension !== null && { extension: row.extension }),
    ...(row.number !== null && { number: row.number as E164 }),
    members: members.map((member) => ({ personId: member.person_id, loggedIn: member.logged_in })),
    offerSeconds: row.offer_seconds,
    wrapUpSeconds: row.wrap_up_seconds,
    maxWaitSeconds: row.max_wait_seconds,
    maxWaiting: row.max_waiting,
    overflow: row.overflow_to === null ? { kind: 'refuse' } : { kind: 'forward', to: row.overflow_to },
    version: row.version,
  };
}

async function writeMembers(tx: Tx, accountId: AccountId, queueId: QueueId, members: readonly PersonId[]) {
  const gone = tx.deleteFrom('queue_members').where('queue_id', '=', queueId);
  await (members.length === 0 ? gone : gone.where('person_id', 'not in', [...members])).execute();
  if (members.length === 0) return;
  await tx
    .insertInto('queue_members')
    .values(
      members.map((personId, position) => ({
        account_id: accountId,
        queue_id: queueId,
        person_id: personId,
        position,
      })),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['queue_id', 'person_id'])
        .doUpdateSet((eb) => ({ position: eb.ref('excluded.position') })),
    )
    .execute();
}
