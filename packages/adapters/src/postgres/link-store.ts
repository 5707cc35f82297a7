import type { AccountId, Link, PersonId } from '@tandem/domain';
import type { ClientEvidence, StoredLink } from '@tandem/engine';
import { type Selectable, sql } from 'kysely';
import type { Database } from './database.ts';
import { isId } from './outcome.ts';
import type { Schema } from './schema.ts';

/** The links between people and Entra users, and what was seen of their Teams clients. One writer: provisioning. */
export interface LinkStore {
  save(link: Link): Promise<void>;
  /** Evidence stands beside the link: a call may be seen while the link is being written. */
  noteClient(accountId: AccountId, personId: PersonId, evidence: ClientEvidence): Promise<void>;
  /** Nothing is left to take back at Microsoft, and the person is gone. */
  remove(accountId: AccountId, personId: PersonId): Promise<void>;
  list(accountId: AccountId): Promise<readonly StoredLink[]>;
  listAllLinksForPlatform(): Promise<readonly StoredLink[]>;
}

export function createLinkStore(db: Database): LinkStore {
  return {
    async save(link) {
      if (!isId(link.accountId) || !isId(link.personId)) return;
      const row = { state: link.state, link: JSON.stringify(link) };
      await db.withAccount(link.accountId, (tx) =>
        tx
          .insertInto('teams_links')
          .values({ person_id: link.personId, account_id: link.accountId, ...row })
          .onConflict((on) => on.column('person_id').doUpdateSet({ ...row, updated_at: sql`tandem_now()` }))
          .execute(),
      );
    },
    async noteClient(accountId, personId, { clientSeen, onlyWebClient }) {
      if (!isId(accountId) || !isId(personId)) return;
      const row = {
        only_web_client: onlyWebClient,
        ...(clientSeen && {
          client_seen_by: clientSeen.by,
          client_seen_at: new Date(clientSeen.wallMs),
        }),
      };
      await db.withAccount(accountId, (tx) =>
        tx
          .insertInto('teams_links')
          .values({ person_id: personId, account_id: accountId, state: 'OUT', ...row })
          .onConflict((on) => on.column('person_id').doUpdateSet(row))
          .execute(),
      );
    },
    async remove(accountId, personId) {
      if (!isId(accountId) || !isId(personId)) return;
      await db.withAccount(accountId, (tx) =>
        tx.deleteFrom('teams_links').where('person_id', '=', personId).execute(),
      );
    },
    async list(accountId) {
      if (!isId(accountId)) return [];
      const rows = await db.withAccount(accountId, (tx) =>
        tx.selectFrom('teams_links').selectAll().execute(),
      );
      return rows.map(storedOf);
    },
    async listAllLinksForPlatform() {
      const rows = await db.readPlatform('start provisioning', (tx) =>
        tx.selectFrom('teams_links').selectAll().execute(),
      );
      return rows.map(storedOf);
    },
  };
}

function storedOf(row: Selectable<Schema['teams_links']>): StoredLink {
  return {
    accountId: row.account_id,
    personId: row.person_id,
    ...(row.link && { link: row.link }),
    evidence: {
      onlyWebClient: row.only_web_client,
      ...(row.client_seen_by !== null &&
        row.client_seen_at !== null && {
          clientSeen: { by: row.client_seen_by, wallMs: row.client_seen_at },
        }),
    },
  };
}
