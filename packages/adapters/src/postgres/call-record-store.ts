import type { AccountId, CallId, CallRecord, ResultClass } from '@tandem/domain';
import { sql } from 'kysely';
import type { Database, Tx } from './database.ts';
import { isConnectionError } from './errors.ts';
import { isId } from './outcome.ts';
import { likeText } from './person-store.ts';

export interface CallQuery {
  /** Part of a number or address of either party, as presented or as dialled. */
  readonly number?: string;
  /** Wall ms, by the time of the INVITE: from (inclusive), until (exclusive). */
  readonly from?: number;
  readonly until?: number;
  readonly result?: ResultClass;
  readonly emergency?: boolean;
  /** 1-200, default 50. */
  readonly limit?: number;
  /** The last record of the page before. */
  readonly before?: { readonly invitedAt: number; readonly callId: CallId };
}

export interface CallPage {
  readonly records: readonly CallRecord[];
  /** False while the database is away: only calls that are not stored yet are listed. */
  readonly complete: boolean;
}

/** Finished calls that the database does not have yet; the journal's filler gives them. */
export interface UnstoredCalls {
  /** Newest first. */
  unstored(): Iterable<CallRecord>;
  unstoredCall(callId: CallId): CallRecord | undefined;
}

export const noUnstoredCalls: UnstoredCalls = { unstored: () => [], unstoredCall: () => undefined };

export interface CallRecordStore {
  /** Newest first; what the database has and what it does not have yet, each call once. */
  list(accountId: AccountId, query?: CallQuery): Promise<CallPage>;
  get(accountId: AccountId, callId: CallId): Promise<CallRecord | undefined>;
  /** Calls of all accounts, and of none. */
  listAllCallsForPlatform(query?: CallQuery): Promise<CallPage>;
  getCallForPlatform(callId: CallId): Promise<CallRecord | undefined>;
}

export function createCallRecordStore(
  db: Database,
  memory: UnstoredCalls = noUnstoredCalls,
): CallRecordStore {
  async function page(
    query: CallQuery,
    mine: (record: CallRecord) => boolean,
    stored: () => Promise<CallRecord[]>,
  ): Promise<CallPage> {
    const limit = limitOf(query);
    // Memory first: a record that is stored between the two reads is then seen twice, never missed.
    const fresh = [...memory.unstored()].filter((record) => mine(record) && matches(record, query));
    let rows: CallRecord[] = [];
    let complete = true;
    try {
      rows = await stored();
    } catch (error) {
      if (!isConnectionError(error)) throw error;
      complete = false;
    }
    const known = new Set(rows.map((record) => record.callId));
    const records = [...fresh.filter((record) => !known.has(record.callId)), ...rows]
      .sort(newestFirst)
      .slice(0, limit);
    return { records, complete };
  }

  async function one(
    callId: CallId,
    mine: (record: CallRecord) => boolean,
    stored: () => Promise<CallRecord | undefined>,
  ) {
    if (!isId(callId)) return undefined;
    const fresh = memory.unstoredCall(callId);
    if (fresh) return mine(fresh) ? fresh : undefined;
    return await stored();
  }

  return {
    async list(accountId, query = {}) {
      if (!isId(accountId)) return { records: [], complete: true };
      return await page(
        query,
        (record) => record.accountId === accountId,
        () => db.withAccount(accountId, (tx) => select(tx, query, accountId)),
      );
    },
    async get(accountId, callId) {
      if (!isId(accountId)) return undefined;
      return await one(
        callId,
        (record) => record.accountId === accountId,
        () => db.withAccount(accountId, (tx) => selectOne(tx, callId)),
      );
    },
    listAllCallsForPlatform: (query = {}) =>
      page(
        query,
        () => true,
        () => db.withPlatform('list calls', (tx) => select(tx, query)),
      ),
    getCallForPlatform: (callId) =>
      one(
        callId,
        () => true,
        () => db.withPlatform('get call', (tx) => selectOne(tx, callId)),
      ),
  };
}

const limitOf = (query: CallQuery): number => Math.min(200, Math.max(1, query.limit ?? 50));

const newestFirst = (a: CallRecord, b: CallRecord): number =>
  b.invitedAt - a.invitedAt || (a.callId < b.callId ? 1 : a.callId > b.callId ? -1 : 0);

/** The same conditions as `select`, for records in memory. */
function matches(record: CallRecord, query: CallQuery): boolean {
  if (query.from !== undefined && record.invitedAt < query.from) return false;
  if (query.until !== undefined && record.invitedAt >= query.until) return false;
  if (query.result !== undefined && record.result !== query.result) return false;
  if (query.emergency !== undefined && record.emergency !== query.emergency) return false;
  if (query.before) {
    const { invitedAt, callId } = query.before;
    if (record.invitedAt > invitedAt || (record.invitedAt === invitedAt && record.callId >= callId))
      return false;
  }
  if (query.number) {
    const part = searched(query.number);
    const texts = [record.from, record.to, record.toAsDialled];
    if (!texts.some((text) => text.toLowerCase().includes(part))) return false;
  }
  return true;
}

/** Separators of a written number do not count; a text with letters is taken as it is. */
function searched(text: string): string {
  const cut = text.slice(0, 100).toLowerCase();
  return /^[+0-9\s().\-/]+$/.test(cut) ? cut.replace(/[\s().\-/]/g, '') : cut;
}

async function select(tx: Tx, query: CallQuery, accountId?: AccountId): Promise<CallRecord[]> {
  let rows = tx
    .selectFrom('call_records')
    .select('record')
    .orderBy('invited_at', 'desc')
    .orderBy('call_id', 'desc')
    .limit(limitOf(query));
  // Row security says the same; said again so that the planner uses the account's index.
  if (accountId !== undefined) rows = rows.where('account_id', '=', accountId);
  if (query.from !== undefined) rows = rows.where('invited_at', '>=', sql<number>`${new Date(query.from)}`);
  if (query.until !== undefined) rows = rows.where('invited_at', '<', sql<number>`${new Date(query.until)}`);
  if (query.result !== undefined) rows = rows.where('result', '=', query.result);
  if (query.emergency !== undefined)
    rows = rows.where(sql<boolean>`(record->>'emergency')::boolean = ${query.emergency}`);
  if (query.before) {
    rows = rows.where(
      sql<boolean>`(invited_at, call_id) < (${new Date(query.before.invitedAt)}, ${query.before.callId})`,
    );
  }
  if (query.number) {
    const part = `%${likeText(searched(query.number))}%`;
    rows = rows.where(
      sql<boolean>`(lower(from_number) like ${part} or lower(to_number) like ${part} or lower(record->>'toAsDialled') like ${part})`,
    );
  }
  return (await rows.execute()).map((row) => row.record);
}

async function selectOne(tx: Tx, callId: CallId): Promise<CallRecord | undefined> {
  return (
    await tx.selectFrom('call_records').select('record').where('call_id', '=', callId).executeTakeFirst()
  )?.record;
}
