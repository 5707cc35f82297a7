import { type OwnSignInStore, SecretText, type SignInLife, type StoredSignIn } from '@tandem/engine';
import { type Selectable, sql } from 'kysely';
import type { SecretBox } from '../security/secret-box.ts';
import type { Database } from './database.ts';
import { isId, refusalOf } from './outcome.ts';
import type { Schema } from './schema.ts';

/** Sign-ins of people, with their refresh tokens sealed and bound to their rows (T27). */
export function createOwnSignInStore(db: Database, box: SecretBox): OwnSignInStore {
  const context = (id: string): string => `own-sign-in:${id}`;
  return {
    async loadForPlatform() {
      return await db.readPlatform('read sign-ins of people', async (tx) => {
        const signIns = await tx
          .selectFrom('own_sign_ins')
          // Not the token: who needs one asks for it.
          .select([
            'id',
            'account_id',
            'use',
            'person_id',
            'entra_tenant_id',
            'object_id',
            'name',
            'client_id',
          ])
          .select(['scopes', 'life', 'created_at'])
          .orderBy('created_at')
          .orderBy('id')
          .execute();
        const settings = await tx.selectFrom('own_connection_settings').selectAll().execute();
        return {
          signIns: signIns.map(signInOf),
          settings: new Map(
            settings.map((row) => [
              row.account_id,
              { ownConnections: row.own_connections, accelerate: row.accelerate },
            ]),
          ),
        };
      });
    },
    async put(signIn, token) {
      if (!isId(signIn.accountId) || !isId(signIn.id)) return { ok: false, why: 'unknown' };
      const columns = {
        use: signIn.use,
        person_id: signIn.personId ?? null,
        entra_tenant_id: signIn.entraTenantId,
        object_id: signIn.objectId,
        name: signIn.name,
        client_id: signIn.clientId,
        scopes: [...signIn.scopes],
        state: signIn.life.state,
        life: JSON.stringify(signIn.life),
        refresh_token_sealed: box.seal(token.reveal(), context(signIn.id)),
        created_at: new Date(signIn.createdWallMs),
      };
      try {
        await db.withAccount(signIn.accountId, (tx) =>
          tx
            .insertInto('own_sign_ins')
            .values({ id: signIn.id, account_id: signIn.accountId, ...columns })
            .onConflict((on) => on.column('id').doUpdateSet({ ...columns, updated_at: sql`tandem_now()` }))
            .execute(),
        );
        return { ok: true };
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal?.kind === 'taken') return { ok: false, why: 'taken' };
        if (refusal?.kind === 'unknown-reference') return { ok: false, why: 'unknown' };
        throw error;
      }
    },
    async saveLife(signIn) {
      await db.withAccount(signIn.accountId, (tx) =>
        tx
          .updateTable('own_sign_ins')
          .set({ state: signIn.life.state, life: JSON.stringify(signIn.life), updated_at: sql`tandem_now()` })
          .where('id', '=', signIn.id)
          .execute(),
      );
    },
    async rotate(accountId, id, token) {
      await db.withAccount(accountId, (tx) =>
        tx
          .updateTable('own_sign_ins')
          .set({ refresh_token_sealed: box.seal(token.reveal(), context(id)), updated_at: sql`tandem_now()` })
          .where('id', '=', id)
          .execute(),
      );
    },
    async tokenOf(accountId, id) {
      if (!isId(accountId) || !isId(id)) return undefined;
      const row = await db.withAccount(accountId, (tx) =>
        tx.selectFrom('own_sign_ins').select('refresh_token_sealed').where('id', '=', id).executeTakeFirst(),
      );
      const text = row && box.open(row.refresh_token_sealed, context(id));
      return text === undefined ? undefined : new SecretText(text);
    },
    async remove(accountId, id) {
      if (!isId(accountId) || !isId(id)) return;
      await db.withAccount(accountId, (tx) => tx.deleteFrom('own_sign_ins').where('id', '=', id).execute());
    },
    async saveSettings(accountId, { ownConnections, accelerate }) {
      const columns = { own_connections: ownConnections, accelerate };
      await db.withAccount(accountId, (tx) =>
        tx
          .insertInto('own_connection_settings')
          .values({ account_id: accountId, ...columns })
          .onConflict((on) =>
            on.column('account_id').doUpdateSet({ ...columns, updated_at: sql`tandem_now()` }),
          )
          .execute(),
      );
    },
  };
}

type Row = Pick<
  Selectable<Schema['own_sign_ins']>,
  | 'id'
  | 'account_id'
  | 'use'
  | 'person_id'
  | 'entra_tenant_id'
  | 'object_id'
  | 'name'
  | 'client_id'
  | 'scopes'
  | 'life'
  | 'created_at'
>;

const signInOf = (row: Row): StoredSignIn => ({
  id: row.id,
  accountId: row.account_id,
  use: row.use,
  ...(row.person_id !== null && { personId: row.person_id }),
  entraTenantId: row.entra_tenant_id,
  objectId: row.object_id,
  name: row.name,
  clientId: row.client_id,
  scopes: row.scopes,
  life: row.life as SignInLife,
  createdWallMs: row.created_at,
});
