import type { AccountId } from '@tandem/domain';
import type { RoutingDomain } from '@tandem/engine/routing-domain/routing-domain.ts';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { done, isId, refused, type StoreOutcome, settle } from './outcome.ts';

/** Routing domains. A name belongs to one account of the whole platform. */
export interface RoutingDomainStore {
  listAllForPlatform(): Promise<readonly RoutingDomain[]>;
  /** Also makes the host the account's, so that calls of Microsoft under this name are the account's. */
  create(domain: RoutingDomain): Promise<StoreOutcome<RoutingDomain>>;
  save(domain: RoutingDomain): Promise<void>;
  /** The host is no longer the account's. */
  remove(accountId: AccountId, id: string): Promise<boolean>;
  /** What lets a script's report in; replaces the one before. */
  setReportToken(accountId: AccountId, id: string, hash: Buffer, lastsMs: number): Promise<void>;
  findIdByReportTokenForPlatform(hash: Buffer): Promise<string | undefined>;
}

export function createRoutingDomainStore(db: Database): RoutingDomainStore {
  return {
    async listAllForPlatform() {
      const rows = await db.readPlatform('read routing domains', (tx) =>
        tx.selectFrom('routing_domains').select('domain').orderBy('id').execute(),
      );
      return rows.map(({ domain }) => domain);
    },
    async create(domain) {
      if (!isId(domain.accountId)) return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(domain.accountId, async (tx) => {
          await tx
            .insertInto('routing_domains')
            .values({
              id: domain.id,
              account_id: domain.accountId,
              connection_id: domain.connectionId,
              host: domain.host,
              domain: JSON.stringify(domain),
            })
            .execute();
          // The account's own may be there already: it was used before the domain was watched.
          const own = await tx
            .selectFrom('account_sbc_hosts')
            .select('host')
            .where('host', '=', domain.host)
            .executeTakeFirst();
          if (!own)
            await tx
              .insertInto('account_sbc_hosts')
              .values({
                host: domain.host,
                account_id: domain.accountId,
                position: sql<number>`(select coalesce(max(position) + 1, 0) from account_sbc_hosts)`,
              })
              .execute();
          return done(domain);
        }),
      );
    },
    async save(domain) {
      await db.withAccount(domain.accountId, (tx) =>
        tx
          .updateTable('routing_domains')
          .set({ domain: JSON.stringify(domain), updated_at: sql<Date>`tandem_now()` })
          .where('id', '=', domain.id)
          .execute(),
      );
    },
    async remove(accountId, id) {
      if (!isId(accountId) || !isId(id)) return false;
      return await db.withAccount(accountId, async (tx) => {
        const row = await tx
          .deleteFrom('routing_domains')
          .where('id', '=', id)
          .returning('host')
          .executeTakeFirst();
        if (row) await tx.deleteFrom('account_sbc_hosts').where('host', '=', row.host).execute();
        return row !== undefined;
      });
    },
    async setReportToken(accountId, id, hash, lastsMs) {
      await db.withAccount(accountId, (tx) =>
        tx
          .updateTable('routing_domains')
          .set({
            report_token_hash: hash,
            report_token_until: sql<Date>`tandem_now() + ${lastsMs} * interval '1 millisecond'`,
          })
          .where('id', '=', id)
          .execute(),
      );
    },
    async findIdByReportTokenForPlatform(hash) {
      const row = await db.readPlatform('a report of a routing script', (tx) =>
        tx
          .selectFrom('routing_domains')
          .select('id')
          .where('report_token_hash', '=', hash)
          .where(sql<boolean>`report_token_until > tandem_now()`)
          .executeTakeFirst(),
      );
      return row?.id;
    },
  };
}
