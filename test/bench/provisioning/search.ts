import type { Scope } from '@tandem/adapters/http/scope.ts';
import { createStoredServices } from '@tandem/adapters/http/stored-services.ts';
import { openDatabase } from '@tandem/adapters/postgres/database.ts';
import { createStores } from '@tandem/adapters/postgres/stores.ts';
import { sampleAccount } from '@tandem/adapters/postgres/test-support/samples.ts';
import { startTestServer } from '@tandem/adapters/postgres/test-support/server.ts';
import { createSecretBox } from '@tandem/adapters/security/secret-box.ts';
import pg from 'pg';

const port = 27_010;

export interface SearchTimes {
  /** The slowest of all, milliseconds. */
  readonly slowestMs: number;
  readonly byKind: Readonly<Record<string, number>>;
  readonly people: number;
}

/** Lists and searches of many people in a real PostgreSQL, through what the API asks. The slowest of five each. */
export async function timeSearches(people: number): Promise<SearchTimes> {
  const server = await startTestServer(port);
  try {
    const { appUrl, ownerUrl } = await server.freshDatabase('search');
    const db = openDatabase({ url: appUrl });
    try {
      const stores = createStores(db, createSecretBox(Buffer.alloc(32, 1)));
      const account = sampleAccount();
      await stores.accounts.createForPlatform(account);
      await fill(ownerUrl, account.id, people);
      const { directory } = createStoredServices(stores, {
        read: async () => undefined,
        readForPlatform: async () => undefined,
      });
      const scope: Scope = { kind: 'account', accountId: account.id };
      const kinds: Readonly<Record<string, string | undefined>> = {
        list: undefined,
        name: 'ames 2417',
        address: 'person24999@',
        number: '2025724',
        nobody: 'zzz-not-there',
      };
      const byKind: Record<string, number> = {};
      for (const [kind, search] of Object.entries(kinds)) {
        for (let i = 0; i < 5; i++) {
          const began = performance.now();
          const page = await directory.people(scope, { limit: 50, ...(search !== undefined && { search }) });
          const took = performance.now() - began;
          if (page.items.length > 0 === (kind === 'nobody'))
            throw new Error(`${kind} found ${page.items.length}`);
          byKind[kind] = Math.max(byKind[kind] ?? 0, Math.round(took * 10) / 10);
        }
      }
      return { slowestMs: Math.max(...Object.values(byKind)), byKind, people };
    } finally {
      await db.close();
    }
  } finally {
    await server.remove();
  }
}

/** Written by the owner in two statements: what is measured is reading. */
async function fill(ownerUrl: string, accountId: string, people: number): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query('set session_replication_role = replica');
    await client.query(
      `insert into people (id, account_id, display_name, upn, mail, active, teams_toggle, platform_licence)
       select gen_random_uuid(), $1, 'Person Ames ' || n, 'person' || n || '@acme.example',
              'person' || n || '@acme.example', true, true, true
       from generate_series(1, $2::int) n`,
      [accountId, people],
    );
    await client.query(
      `insert into numbers (number, account_id, person_id, position)
       select '+1202' || (5700000 + row_number() over ()), $1, id, 0 from people where account_id = $1`,
      [accountId],
    );
    await client.query('analyze');
  } finally {
    await client.end();
  }
}
