import type { AccountId, Link, PersonId } from '@tandem/domain';
import type { ClientEvidence, StoredLink } from '@tandem/engine';
import { type Selectable, sql } from 'kysely';
import type { Database } from './database.ts';
import { isConnectionError } from './errors.ts';
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
  const saving = new Map<AccountId, LinkQueue>();
  const queueOf = (accountId: AccountId): LinkQueue => {
    const known = saving.get(accountId);
    if (known) return known;
    const made = new LinkQueue((links) => writeLinks(db, accountId, links));
    saving.set(accountId, made);
    return made;
  };
  return {
    async save(link) {
      if (!isId(link.accountId) || !isId(link.personId)) return;
      await queueOf(link.accountId).save(link);
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
      // What was saved before must not come after.
      await saving.get(accountId)?.quiet();
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

/** One statement: thousands who are moved in one moment must not take every connection from whoever else asks. */
async function writeLinks(db: Database, accountId: AccountId, links: readonly Link[]): Promise<void> {
  const rows = links.map((link) => ({ person_id: link.personId, state: link.state, link }));
  await db.withAccount(accountId, (tx) =>
    sql`insert into teams_links (person_id, account_id, state, link)
      select v.person_id, ${accountId}, v.state, v.link
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as v(person_id uuid, state text, link jsonb)
      on conflict (person_id) do update set state = excluded.state, link = excluded.link, updated_at = tandem_now()`.execute(
      tx,
    ),
  );
}

interface WaitingLink {
  readonly link: Link;
  readonly saved: () => void;
  readonly failed: (error: Error) => void;
}

/** Most links of one statement. */
const mostAtOnce = 500;

/** Links of one account, one statement after the other: what comes while one is under way goes together in the next. */
class LinkQueue {
  readonly #write: (links: readonly Link[]) => Promise<void>;
  readonly #waiting: WaitingLink[] = [];
  #running: Promise<void> | undefined;

  constructor(write: (links: readonly Link[]) => Promise<void>) {
    this.#write = write;
  }

  save(link: Link): Promise<void> {
    return new Promise((saved, failed) => {
      this.#waiting.push({ link, saved, failed });
      this.#running ??= this.#run();
    });
  }

  /** Until nothing that was asked for so far is under way. */
  async quiet(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    for (;;) {
      const batch = this.#waiting.splice(0, mostAtOnce);
      if (batch.length === 0) {
        this.#running = undefined;
        return;
      }
      // The newest of each person: one statement changes a row once.
      const links = new Map(batch.map(({ link }) => [link.personId, link]));
      try {
        await this.#write([...links.values()]);
        for (const { saved } of batch) saved();
      } catch (error) {
        if (batch.length === 1 || isConnectionError(error))
          for (const { failed } of batch) failed(error as Error);
        else await this.#oneByOne(batch);
      }
    }
  }

  /** One of them is refused, for example because the person is gone: the others are not. */
  async #oneByOne(batch: readonly WaitingLink[]): Promise<void> {
    for (const { link, saved, failed } of batch) await this.#write([link]).then(saved, failed);
  }
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
