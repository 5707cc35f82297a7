import type { AccountId } from '@tandem/domain';
import type { AuditEntry } from '@tandem/engine/ports/audit.ts';
import { type Selectable, sql } from 'kysely';
import {
  type ChainCheck,
  type ChainedEntry,
  firstPrevious,
  hashOf,
  type SignedHead,
} from '../audit/audit-chain.ts';
import type { Database, Tx } from './database.ts';
import { isId } from './outcome.ts';
import type { Schema } from './schema.ts';

export interface AuditPage {
  /** 1-500, default 100. */
  readonly limit?: number;
  /** Entries before this one: the last sequence of the page before. */
  readonly beforeSequence?: number;
  /** Exact, or a whole noun as `person.`. */
  readonly action?: string;
  readonly objectId?: string;
  readonly actor?: string;
  readonly fromWallMs?: number;
  readonly untilWallMs?: number;
}

/** The chained log. `undefined` as account is the platform's own chain. */
export interface AuditStore {
  append(entry: AuditEntry, atWallMs: number): Promise<ChainedEntry>;
  /** Newest first. */
  list(accountId: AccountId | undefined, page?: AuditPage): Promise<readonly ChainedEntry[]>;
  heads(accountId: AccountId | undefined): Promise<readonly SignedHead[]>;
  saveHead(accountId: AccountId | undefined, head: SignedHead): Promise<void>;
  /** Feeds the whole chain to a check, in its order. */
  walk(accountId: AccountId | undefined, check: ChainCheck): Promise<void>;
}

export const platformChain = 'platform';
const chainOf = (accountId: AccountId | undefined): string => accountId ?? platformChain;
const walkAtOnce = 1000;
const insertAtOnce = 500;

export function createAuditStore(db: Database): AuditStore {
  const within = <T>(accountId: AccountId | undefined, work: (tx: Tx) => Promise<T>): Promise<T> =>
    accountId === undefined ? db.withPlatform('audit', work) : db.withAccount(accountId, work);

  return {
    append: (entry, atWallMs) =>
      within(entry.accountId, async (tx) => {
        const [chained] = await appendEntries(tx, entry.accountId, [entry], atWallMs);
        return chained as ChainedEntry;
      }),

    async list(accountId, page = {}) {
      if (accountId !== undefined && !isId(accountId)) return [];
      return await within(accountId, async (tx) => {
        let query = tx
          .selectFrom('audit_entries')
          .selectAll()
          .where('chain', '=', chainOf(accountId))
          .orderBy('sequence', 'desc')
          .limit(Math.min(500, Math.max(1, page.limit ?? 100)));
        if (page.beforeSequence !== undefined)
          query = query.where('sequence', '<', String(page.beforeSequence));
        const { action } = page;
        if (action !== undefined)
          query = action.endsWith('.')
            ? query.where(sql<boolean>`starts_with(action, ${action})`)
            : query.where('action', '=', action);
        if (page.objectId !== undefined) query = query.where(sql`object ->> 'id'`, '=', page.objectId);
        if (page.actor !== undefined) query = query.where(sql`actor ->> 'name'`, '=', page.actor);
        if (page.fromWallMs !== undefined) query = query.where(sql`at`, '>=', new Date(page.fromWallMs));
        if (page.untilWallMs !== undefined) query = query.where(sql`at`, '<', new Date(page.untilWallMs));
        return (await query.execute()).map(entryOf);
      });
    },

    async heads(accountId) {
      if (accountId !== undefined && !isId(accountId)) return [];
      const rows = await within(accountId, (tx) =>
        tx
          .selectFrom('audit_heads')
          .selectAll()
          .where('chain', '=', chainOf(accountId))
          .orderBy('sequence')
          .execute(),
      );
      return rows.map((row) => ({
        chain: row.chain,
        sequence: Number(row.sequence),
        hash: row.hash,
        signedAtWallMs: row.signed_at,
        signature: row.signature,
      }));
    },

    async saveHead(accountId, head) {
      await within(accountId, (tx) =>
        tx
          .insertInto('audit_heads')
          .values({
            chain: head.chain,
            sequence: head.sequence,
            account_id: accountId ?? null,
            hash: head.hash,
            signed_at: new Date(head.signedAtWallMs),
            signature: head.signature,
          })
          .execute(),
      );
    },

    async walk(accountId, check) {
      let after = 0;
      for (;;) {
        const rows = await within(accountId, (tx) =>
          tx
            .selectFrom('audit_entries')
            .selectAll()
            .where('chain', '=', chainOf(accountId))
            .where('sequence', '>', String(after))
            .orderBy('sequence')
            .limit(walkAtOnce)
            .execute(),
        );
        for (const row of rows) check.add(entryOf(row));
        if (rows.length < walkAtOnce) return;
        after = Number(rows.at(-1)?.sequence);
      }
    },
  };
}

/**
 * Entries of one chain, in their order, as a part of the transaction that makes what they tell of: either both stand or
 * neither. Takes the chain's lock until the transaction ends, so it comes last in it.
 */
export async function appendEntries(
  tx: Tx,
  accountId: AccountId | undefined,
  entries: readonly AuditEntry[],
  atWallMs: number,
): Promise<readonly ChainedEntry[]> {
  if (entries.length === 0) return [];
  const chain = chainOf(accountId);
  // One writer at a time for each chain, over all nodes; given back with the transaction.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`audit ${chain}`}, 0))`.execute(tx);
  const last = await tx
    .selectFrom('audit_entries')
    .select(['sequence', 'hash'])
    .where('chain', '=', chain)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  let previous = last?.hash ?? firstPrevious;
  let sequence = Number(last?.sequence ?? 0);
  const chained = entries.map((entry): ChainedEntry => {
    sequence += 1;
    const unhashed = {
      chain,
      sequence,
      atWallMs,
      actor: asStored(entry.actor),
      action: entry.action,
      object: asStored(entry.object),
      ...(entry.before && { before: asStored(entry.before) }),
      ...(entry.after && { after: asStored(entry.after) }),
      ...(entry.reason !== undefined && { reason: entry.reason }),
      previous,
    };
    const whole = { ...unhashed, hash: hashOf(unhashed) };
    previous = whole.hash;
    return whole;
  });
  for (let at = 0; at < chained.length; at += insertAtOnce)
    await tx
      .insertInto('audit_entries')
      .values(
        chained.slice(at, at + insertAtOnce).map((one) => ({
          chain,
          sequence: one.sequence,
          account_id: accountId ?? null,
          at: new Date(atWallMs),
          actor: JSON.stringify(one.actor),
          action: one.action,
          object: JSON.stringify(one.object),
          before: one.before ? JSON.stringify(one.before) : null,
          after: one.after ? JSON.stringify(one.after) : null,
          reason: one.reason ?? null,
          previous: one.previous,
          hash: one.hash,
        })),
      )
      .execute();
  return chained;
}

/** As it will be read back: what JSON cannot hold is not hashed either. */
function asStored(value: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
}

function entryOf(row: Selectable<Schema['audit_entries']>): ChainedEntry {
  return {
    chain: row.chain,
    sequence: Number(row.sequence),
    atWallMs: row.at,
    actor: row.actor,
    action: row.action,
    object: row.object,
    ...(row.before && { before: row.before }),
    ...(row.after && { after: row.after }),
    ...(row.reason !== null && { reason: row.reason }),
    previous: row.previous,
    hash: row.hash,
  };
}
