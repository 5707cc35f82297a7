import type {
  ConnectionFeature,
  ConnectionLife,
  ConnectionStore,
  ConnectionWrite,
  CredentialPlace,
  CredentialSecret,
  StoredConnection,
} from '@tandem/engine';
import { type Selectable, sql } from 'kysely';
import type { SecretBox } from '../security/secret-box.ts';
import type { Database, Tx } from './database.ts';
import { isId, refusalOf } from './outcome.ts';
import type { Schema } from './schema.ts';

const sealedColumn = {
  present: 'credential_sealed',
  next: 'next_credential_sealed',
  presence: 'presence_credential_sealed',
} as const satisfies Record<CredentialPlace, keyof Schema['microsoft_connections']>;

/** Connections with Microsoft 365 tenants. What is secret of a credential is sealed and bound to its row. */
export function createConnectionStore(db: Database, box: SecretBox): ConnectionStore {
  // The place is not in the context: what waits becomes the present one as it is.
  const context = (id: string): string => `microsoft-connection:${id}`;
  const seal = (id: string, secret: CredentialSecret | null): string | null =>
    secret === null ? null : box.seal(JSON.stringify(secret), context(id));

  async function write(
    connection: StoredConnection,
    extra: Partial<Record<(typeof sealedColumn)[CredentialPlace], string | null>> | 'promote',
  ): Promise<ConnectionWrite> {
    if (!isId(connection.accountId) || !isId(connection.id)) return { ok: false, why: 'unknown' };
    return await db.withAccount(connection.accountId, async (tx) => {
      const columns = columnsOf(connection);
      const row = await tx
        .updateTable('microsoft_connections')
        .set({
          ...columns,
          ...(extra === 'promote'
            ? { credential_sealed: sql`next_credential_sealed`, next_credential_sealed: null }
            : extra),
          version: sql`version + 1`,
          updated_at: sql`tandem_now()`,
        })
        .where('id', '=', connection.id)
        .where('version', '=', connection.version)
        .returningAll()
        .executeTakeFirst();
      if (row) return { ok: true, connection: connectionOf(row) };
      return { ok: false, why: (await exists(tx, connection.id)) ? 'conflict' : 'unknown' };
    });
  }

  return {
    async listAllConnectionsForPlatform() {
      const rows = await db.readPlatform('read Microsoft connections', (tx) =>
        tx.selectFrom('microsoft_connections').selectAll().orderBy('created_at').orderBy('id').execute(),
      );
      return rows.map(connectionOf);
    },
    async create(connection, secret) {
      const sealed = secret === undefined ? null : seal(connection.id, secret);
      const waits = connection.nextCredential !== undefined;
      try {
        return await db.withAccount(connection.accountId, async (tx) => {
          const row = await tx
            .insertInto('microsoft_connections')
            .values({
              id: connection.id,
              account_id: connection.accountId,
              ...columnsOf(connection),
              credential_sealed: waits ? null : sealed,
              next_credential_sealed: waits ? sealed : null,
              created_at: new Date(connection.createdWallMs),
            })
            .returningAll()
            .executeTakeFirstOrThrow();
          return { ok: true, connection: connectionOf(row) };
        });
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal?.kind === 'taken') return { ok: false, why: 'tenant-taken' };
        if (refusal?.kind === 'unknown-reference') return { ok: false, why: 'unknown' };
        throw error;
      }
    },
    save: (connection) => write(connection, {}),
    saveWithSecret: (connection, place, secret) =>
      write(connection, { [sealedColumn[place]]: seal(connection.id, secret) }),
    promote: (connection) => write(connection, 'promote'),
    async secretOf(accountId, id, place) {
      if (!isId(accountId) || !isId(id)) return undefined;
      const row = await db.withAccount(accountId, (tx) =>
        tx
          .selectFrom('microsoft_connections')
          .select(sealedColumn[place])
          .where('id', '=', id)
          .executeTakeFirst(),
      );
      const sealed = row && Object.values(row)[0];
      const text = sealed ? box.open(sealed, context(id)) : undefined;
      return text === undefined ? undefined : (JSON.parse(text) as CredentialSecret);
    },
  };
}

async function exists(tx: Tx, id: string): Promise<boolean> {
  const row = await tx
    .selectFrom('microsoft_connections')
    .select('version')
    .where('id', '=', id as StoredConnection['id'])
    .executeTakeFirst();
  return row !== undefined;
}

function columnsOf(connection: StoredConnection) {
  const { rolesReadWallMs, connectedWallMs, credential, nextCredential, presence, signedIn } = connection;
  const date = (wallMs: number | undefined) => (wallMs === undefined ? null : new Date(wallMs));
  const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
  return {
    entra_tenant_id: connection.entraTenantId,
    tenant_name: connection.tenantName ?? null,
    domains: [...connection.domains],
    kind: connection.kind,
    client_id: connection.clientId,
    credential: json(credential),
    next_credential: json(nextCredential),
    presence_registration: json(presence),
    features: [...connection.features],
    roles: [...connection.roles],
    roles_read_at: date(rolesReadWallMs),
    role_uses: JSON.stringify(connection.roleUses),
    state: connection.life.state,
    life: JSON.stringify(connection.life),
    signed_in: json(signedIn),
    connected_by: connection.connectedBy ?? null,
    connected_at: date(connectedWallMs),
  };
}

function connectionOf(row: Selectable<Schema['microsoft_connections']>): StoredConnection {
  return {
    id: row.id,
    accountId: row.account_id,
    entraTenantId: row.entra_tenant_id,
    ...(row.tenant_name === null ? {} : { tenantName: row.tenant_name }),
    domains: row.domains,
    kind: row.kind,
    clientId: row.client_id,
    ...(row.credential === null ? {} : { credential: row.credential }),
    ...(row.next_credential === null ? {} : { nextCredential: row.next_credential }),
    ...(row.presence_registration === null ? {} : { presence: row.presence_registration }),
    features: row.features as ConnectionFeature[],
    roles: row.roles,
    ...(row.roles_read_at === null ? {} : { rolesReadWallMs: row.roles_read_at }),
    roleUses: row.role_uses,
    life: row.life as ConnectionLife,
    ...(row.signed_in === null ? {} : { signedIn: row.signed_in }),
    ...(row.connected_by === null ? {} : { connectedBy: row.connected_by }),
    ...(row.connected_at === null ? {} : { connectedWallMs: row.connected_at }),
    createdWallMs: row.created_at,
    version: row.version,
  };
}
