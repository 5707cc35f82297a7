import type { AccountId } from '@tandem/domain';
import { type Selectable, sql } from 'kysely';
import { generateToken, hashToken, looksLikeToken } from '../security/token.ts';
import type { Database } from './database.ts';
import { done, isId, refused, type StoreOutcome, settle } from './outcome.ts';
import type { Schema, UserRole } from './schema.ts';

/** What a program may do with the API. The text is shown once; only its hash is kept (T27). */
export interface ApiToken {
  readonly id: string;
  readonly prefix: string;
  readonly name: string;
  readonly role: UserRole;
  readonly accountId?: AccountId;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly lastUsedAt?: number;
}

export interface NewApiToken {
  readonly id: string;
  readonly name: string;
  readonly role: UserRole;
  readonly accountId?: AccountId;
  readonly scopes: readonly string[];
  /** Wall ms. */
  readonly expiresAt?: number;
}

export interface TokenStore {
  issue(
    accountId: AccountId,
    token: NewApiToken,
  ): Promise<StoreOutcome<{ readonly text: string; readonly token: ApiToken }>>;
  issueForPlatform(
    token: NewApiToken,
  ): Promise<StoreOutcome<{ readonly text: string; readonly token: ApiToken }>>;
  /** Undefined when unknown or expired. Notes the use, at most once a minute. */
  verifyForPlatform(text: string): Promise<ApiToken | undefined>;
  list(accountId: AccountId): Promise<readonly ApiToken[]>;
  listAllTokensForPlatform(): Promise<readonly ApiToken[]>;
  revoke(accountId: AccountId, tokenId: string): Promise<StoreOutcome<void>>;
  revokeForPlatform(tokenId: string): Promise<StoreOutcome<void>>;
}

export function createTokenStore(db: Database): TokenStore {
  const issue = async (token: NewApiToken, scope: AccountId | undefined) => {
    const fresh = generateToken('api');
    const run: Database['withPlatform'] =
      scope === undefined ? db.withPlatform : (_reason, work) => db.withAccount(scope, work);
    return await settle(() =>
      run('issue token', async (tx) => {
        const row = await tx
          .insertInto('api_tokens')
          .values({
            id: token.id,
            account_id: token.accountId ?? null,
            hash: fresh.hash,
            prefix: fresh.prefix,
            name: token.name,
            role: token.role,
            scopes: [...token.scopes],
            expires_at: token.expiresAt === undefined ? null : new Date(token.expiresAt),
            last_used_at: null,
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        return done({ text: fresh.text, token: tokenOf(row) });
      }),
    );
  };
  return {
    async issue(accountId, token) {
      if (!isId(accountId) || token.accountId !== accountId) return refused({ kind: 'not-found' });
      return await issue(token, accountId);
    },
    issueForPlatform: (token) => issue(token, undefined),
    async verifyForPlatform(text) {
      if (!looksLikeToken('api', text)) return undefined;
      return await db.withPlatform('verify token', async (tx) => {
        const row = await tx
          .selectFrom('api_tokens')
          .selectAll()
          .where('hash', '=', hashToken(text))
          .where((eb) =>
            eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', sql<number>`tandem_now()`)]),
          )
          .executeTakeFirst();
        if (!row) return undefined;
        await tx
          .updateTable('api_tokens')
          .set({ last_used_at: sql`tandem_now()` })
          .where('id', '=', row.id)
          .where(sql<boolean>`(last_used_at is null or last_used_at < tandem_now() - interval '1 minute')`)
          .execute();
        return tokenOf(row);
      });
    },
    async list(accountId) {
      if (!isId(accountId)) return [];
      const rows = await db.withAccount(accountId, (tx) =>
        tx.selectFrom('api_tokens').selectAll().orderBy('created_at').execute(),
      );
      return rows.map(tokenOf);
    },
    async listAllTokensForPlatform() {
      const rows = await db.withPlatform('list tokens', (tx) =>
        tx.selectFrom('api_tokens').selectAll().orderBy('created_at').execute(),
      );
      return rows.map(tokenOf);
    },
    async revoke(accountId, tokenId) {
      if (!isId(accountId) || !isId(tokenId)) return refused({ kind: 'not-found' });
      const gone = await db.withAccount(accountId, (tx) =>
        tx.deleteFrom('api_tokens').where('id', '=', tokenId).executeTakeFirst(),
      );
      return gone.numDeletedRows === 0n ? refused({ kind: 'not-found' }) : done(undefined);
    },
    async revokeForPlatform(tokenId) {
      if (!isId(tokenId)) return refused({ kind: 'not-found' });
      const gone = await db.withPlatform('revoke token', (tx) =>
        tx.deleteFrom('api_tokens').where('id', '=', tokenId).executeTakeFirst(),
      );
      return gone.numDeletedRows === 0n ? refused({ kind: 'not-found' }) : done(undefined);
    },
  };
}

function tokenOf(row: Selectable<Schema['api_tokens']>): ApiToken {
  return {
    id: row.id,
    prefix: row.prefix,
    name: row.name,
    role: row.role,
    ...(row.account_id === null ? {} : { accountId: row.account_id }),
    scopes: row.scopes,
    createdAt: row.created_at,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at }),
  };
}
