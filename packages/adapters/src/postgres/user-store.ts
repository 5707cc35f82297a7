import type { AccountId, PersonId } from '@tandem/domain';
import { type Selectable, sql } from 'kysely';
import {
  defaultCost,
  hashPassword,
  type ScryptCost,
  verifyPassword,
  wasteVerification,
} from '../security/password.ts';
import type { Database } from './database.ts';
import { done, isId, refused, type StoreOutcome, settle, type Versioned } from './outcome.ts';
import type { Schema, UserRole } from './schema.ts';

/** A sign-in of the platform. Operators belong to no account. */
export interface PlatformUser {
  readonly id: string;
  /** Lower case, unique on the platform. */
  readonly name: string;
  readonly role: UserRole;
  readonly accountId?: AccountId;
  /** Whose calls a `user` sees. */
  readonly personId?: PersonId;
  readonly disabled: boolean;
  readonly lastSignInAt?: number;
}

export interface NewUser {
  readonly id: string;
  readonly name: string;
  readonly role: UserRole;
  readonly accountId?: AccountId;
  readonly personId?: PersonId;
  readonly password: string;
}

/** What is absent stays; `personId: null` takes away. */
export interface UserChange {
  readonly role?: UserRole;
  readonly personId?: PersonId | null;
  readonly disabled?: boolean;
  readonly password?: string;
}

export interface UserStore {
  /**
   * Undefined for an unknown name, a wrong password and a disabled user alike, each at the cost of one scrypt (T02).
   * Works across accounts, as nobody is known before.
   */
  signInForPlatform(name: string, password: string): Promise<PlatformUser | undefined>;
  createForPlatform(user: NewUser): Promise<StoreOutcome<Versioned<PlatformUser>>>;
  create(accountId: AccountId, user: NewUser): Promise<StoreOutcome<Versioned<PlatformUser>>>;
  get(accountId: AccountId, userId: string): Promise<Versioned<PlatformUser> | undefined>;
  list(accountId: AccountId): Promise<readonly Versioned<PlatformUser>[]>;
  ofPerson(accountId: AccountId, personId: PersonId): Promise<readonly Versioned<PlatformUser>[]>;
  /** Somebody came in by another proof than a password. */
  noteSignIn(accountId: AccountId, userId: string): Promise<void>;
  /** Of the account. Ends the user's sessions, so that what the role may holds at once. */
  change(
    accountId: AccountId,
    userId: string,
    change: UserChange,
  ): Promise<StoreOutcome<Versioned<PlatformUser>>>;
  remove(accountId: AccountId, userId: string): Promise<StoreOutcome<void>>;
  listAllUsersForPlatform(): Promise<readonly Versioned<PlatformUser>[]>;
  /** Ends the user's sessions too. */
  setPasswordForPlatform(userId: string, password: string): Promise<StoreOutcome<void>>;
  setDisabledForPlatform(userId: string, disabled: boolean): Promise<StoreOutcome<void>>;
}

export function createUserStore(db: Database, cost: ScryptCost = defaultCost): UserStore {
  const insert = async (
    user: NewUser,
    scope: AccountId | undefined,
  ): Promise<StoreOutcome<Versioned<PlatformUser>>> => {
    const password_hash = await hashPassword(user.password, cost);
    const run: Database['withPlatform'] =
      scope === undefined ? db.withPlatform : (_reason, work) => db.withAccount(scope, work);
    return await settle(() =>
      run('create user', async (tx) => {
        const row = await tx
          .insertInto('users')
          .values({
            id: user.id,
            name: user.name.toLowerCase(),
            role: user.role,
            account_id: user.accountId ?? null,
            person_id: user.personId ?? null,
            password_hash,
            last_sign_in_at: null,
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        return done(userOf(row));
      }),
    );
  };
  return {
    async signInForPlatform(name, password) {
      const wanted = name.slice(0, 320).toLowerCase();
      const row = await db.withPlatform('sign in', (tx) =>
        tx.selectFrom('users').selectAll().where('name', '=', wanted).executeTakeFirst(),
      );
      const good = row
        ? await verifyPassword(password, row.password_hash)
        : await wasteVerification(password, cost);
      if (!row || !good || row.disabled) return undefined;
      await db.withPlatform('sign in', (tx) =>
        tx
          .updateTable('users')
          .set({ last_sign_in_at: sql`tandem_now()` })
          .where('id', '=', row.id)
          .execute(),
      );
      return userOf(row);
    },
    createForPlatform: (user) => insert(user, undefined),
    async create(accountId, user) {
      if (!isId(accountId) || user.accountId !== accountId) return refused({ kind: 'not-found' });
      return await insert(user, accountId);
    },
    async get(accountId, userId) {
      if (!isId(accountId) || !isId(userId)) return undefined;
      const row = await db.withAccount(accountId, (tx) =>
        tx.selectFrom('users').selectAll().where('id', '=', userId).executeTakeFirst(),
      );
      return row ? userOf(row) : undefined;
    },
    async list(accountId) {
      if (!isId(accountId)) return [];
      return (
        await db.withAccount(accountId, (tx) => tx.selectFrom('users').selectAll().orderBy('name').execute())
      ).map(userOf);
    },
    async ofPerson(accountId, personId) {
      if (!isId(accountId) || !isId(personId)) return [];
      const rows = await db.withAccount(accountId, (tx) =>
        tx.selectFrom('users').selectAll().where('person_id', '=', personId).orderBy('name').execute(),
      );
      return rows.map(userOf);
    },
    async noteSignIn(accountId, userId) {
      if (!isId(accountId) || !isId(userId)) return;
      await db.withAccount(accountId, (tx) =>
        tx
          .updateTable('users')
          .set({ last_sign_in_at: sql`tandem_now()` })
          .where('id', '=', userId)
          .execute(),
      );
    },
    async change(accountId, userId, { role, personId, disabled, password }) {
      if (!isId(accountId) || !isId(userId)) return refused({ kind: 'not-found' });
      const password_hash = password === undefined ? undefined : await hashPassword(password, cost);
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          const row = await tx
            .updateTable('users')
            .set({
              ...(role !== undefined && { role }),
              ...(personId !== undefined && { person_id: personId }),
              ...(disabled !== undefined && { disabled }),
              ...(password_hash !== undefined && { password_hash }),
              version: sql`version + 1`,
            })
            .where('id', '=', userId)
            .returningAll()
            .executeTakeFirst();
          if (!row) return refused({ kind: 'not-found' });
          await tx.deleteFrom('sessions').where('user_id', '=', userId).execute();
          return done(userOf(row));
        }),
      );
    },
    async remove(accountId, userId) {
      if (!isId(accountId) || !isId(userId)) return refused({ kind: 'not-found' });
      return await db.withAccount(accountId, async (tx) => {
        const gone = await tx.deleteFrom('users').where('id', '=', userId).executeTakeFirst();
        return gone.numDeletedRows === 0n ? refused({ kind: 'not-found' }) : done(undefined);
      });
    },
    async listAllUsersForPlatform() {
      return (
        await db.withPlatform('list users', (tx) =>
          tx.selectFrom('users').selectAll().orderBy('name').execute(),
        )
      ).map(userOf);
    },
    async setPasswordForPlatform(userId, password) {
      if (!isId(userId)) return refused({ kind: 'not-found' });
      const password_hash = await hashPassword(password, cost);
      return await db.withPlatform('set password', async (tx) => {
        const changed = await tx
          .updateTable('users')
          .set({ password_hash, version: sql`version + 1` })
          .where('id', '=', userId)
          .executeTakeFirst();
        if (changed.numUpdatedRows === 0n) return refused({ kind: 'not-found' });
        await tx.deleteFrom('sessions').where('user_id', '=', userId).execute();
        return done(undefined);
      });
    },
    async setDisabledForPlatform(userId, disabled) {
      if (!isId(userId)) return refused({ kind: 'not-found' });
      return await db.withPlatform('disable user', async (tx) => {
        const changed = await tx
          .updateTable('users')
          .set({ disabled, version: sql`version + 1` })
          .where('id', '=', userId)
          .executeTakeFirst();
        if (changed.numUpdatedRows === 0n) return refused({ kind: 'not-found' });
        if (disabled) await tx.deleteFrom('sessions').where('user_id', '=', userId).execute();
        return done(undefined);
      });
    },
  };
}

export function userOf(row: Selectable<Schema['users']>): Versioned<PlatformUser> {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    ...(row.account_id === null ? {} : { accountId: row.account_id }),
    ...(row.person_id === null ? {} : { personId: row.person_id }),
    disabled: row.disabled,
    ...(row.last_sign_in_at === null ? {} : { lastSignInAt: row.last_sign_in_at }),
    version: row.version,
  };
}
