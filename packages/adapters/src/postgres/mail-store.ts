import type { AccountId } from '@tandem/domain';
import type { Mail } from '@tandem/engine';
import { type Selectable, sql } from 'kysely';
import type { Database } from './database.ts';
import { isId } from './outcome.ts';
import type { Schema } from './schema.ts';

export interface StoredMail {
  readonly id: string;
  readonly key: string;
  readonly accountId: AccountId;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly attachments: NonNullable<Mail['attachments']>;
  readonly state: 'waiting' | 'sent' | 'failed' | 'not-sent';
  readonly tries: number;
  readonly trouble?: string;
  readonly createdWallMs: number;
  readonly sentWallMs?: number;
}

export interface MailStore {
  /** False: this mail is there already. */
  keep(mail: Omit<StoredMail, 'createdWallMs' | 'tries' | 'sentWallMs'>): Promise<boolean>;
  /** Those that are due, oldest first; no other node gets them for a while. */
  takeDueForPlatform(limit: number, forMs: number): Promise<readonly StoredMail[]>;
  note(
    mail: Pick<StoredMail, 'id' | 'accountId'>,
    outcome:
      | { readonly is: 'sent' }
      | { readonly is: 'later'; readonly inMs: number; readonly trouble: string }
      | { readonly is: 'failed'; readonly trouble: string },
  ): Promise<void>;
  /** Newest first. Undefined: of all accounts. */
  list(accountId: AccountId | undefined, limit: number, after: number): Promise<readonly StoredMail[]>;
  /** Addresses of the account's admins; a sign-in name that is an address is one. */
  adminsOf(accountId: AccountId): Promise<readonly string[]>;
  operatorsForPlatform(): Promise<readonly string[]>;
  /** Accounts whose mails reach no administrator: none of them is enabled and has an address. */
  accountsWithoutAdminForPlatform(): Promise<readonly AccountId[]>;
}

export function createMailStore(db: Database): MailStore {
  const mailOf = (row: Selectable<Schema['outgoing_mails']>): StoredMail => ({
    id: row.id,
    key: row.key,
    accountId: row.account_id,
    to: row.recipients,
    subject: row.subject,
    text: row.body,
    attachments: row.attachments,
    state: row.state,
    tries: row.tries,
    ...(row.trouble === null ? {} : { trouble: row.trouble }),
    createdWallMs: row.created_at,
    ...(row.sent_at === null ? {} : { sentWallMs: row.sent_at }),
  });
  const addresses = (rows: readonly { readonly name: string }[]): readonly string[] =>
    rows.map(({ name }) => name).filter((name) => /^[^\s@]+@[^\s@]+$/.test(name));

  return {
    async keep(mail) {
      if (!isId(mail.accountId)) return false;
      const row = await db.withAccount(mail.accountId, (tx) =>
        tx
          .insertInto('outgoing_mails')
          .values({
            id: mail.id,
            key: mail.key,
            account_id: mail.accountId,
            recipients: [...mail.to],
            subject: mail.subject.slice(0, 400),
            body: mail.text,
            attachments: JSON.stringify(mail.attachments),
            state: mail.state,
            trouble: mail.trouble ?? null,
            next_try_at: mail.state === 'waiting' ? sql<Date>`tandem_now()` : null,
          })
          .onConflict((on) => on.column('key').doNothing())
          .returning('id')
          .executeTakeFirst(),
      );
      return row !== undefined;
    },
    async takeDueForPlatform(limit, forMs) {
      const rows = await db.withPlatform('send mails', (tx) =>
        tx
          .updateTable('outgoing_mails')
          .set({
            tries: sql`tries + 1`,
            next_try_at: sql<Date>`tandem_now() + ${forMs} * interval '1 millisecond'`,
          })
          .where((eb) =>
            eb(
              'id',
              'in',
              eb
                .selectFrom('outgoing_mails')
                .select('id')
                .where('state', '=', 'waiting')
                .where('next_try_at', '<=', sql<number>`tandem_now()`)
                .orderBy('created_at')
                .limit(limit)
                .forUpdate()
                .skipLocked(),
            ),
          )
          .returningAll()
          .execute(),
      );
      return rows.map(mailOf);
    },
    async note({ id, accountId }, outcome) {
      await db.withAccount(accountId, (tx) =>
        tx
          .updateTable('outgoing_mails')
          .set(
            outcome.is === 'sent'
              ? { state: 'sent' as const, sent_at: sql<Date>`tandem_now()`, next_try_at: null, trouble: null }
              : outcome.is === 'failed'
                ? { state: 'failed' as const, next_try_at: null, trouble: outcome.trouble }
                : {
                    next_try_at: sql<Date>`tandem_now() + ${outcome.inMs} * interval '1 millisecond'`,
                    trouble: outcome.trouble,
                  },
          )
          .where('id', '=', id)
          .execute(),
      );
    },
    async list(accountId, limit, after) {
      if (accountId !== undefined && !isId(accountId)) return [];
      const read = (tx: Parameters<Parameters<Database['withAccount']>[1]>[0]) =>
        tx
          .selectFrom('outgoing_mails')
          .selectAll()
          .orderBy('created_at', 'desc')
          .orderBy('id', 'desc')
          .offset(after)
          .limit(limit)
          .execute();
      const rows =
        accountId === undefined
          ? await db.readPlatform('list mails', read)
          : await db.withAccount(accountId, read);
      return rows.map(mailOf);
    },
    async adminsOf(accountId) {
      if (!isId(accountId)) return [];
      const rows = await db.withAccount(accountId, (tx) =>
        tx
          .selectFrom('users')
          .select('name')
          .where('role', '=', 'admin')
          .where('disabled', '=', false)
          .orderBy('name')
          .execute(),
      );
      return addresses(rows);
    },
    async operatorsForPlatform() {
      const rows = await db.readPlatform('addresses of operators', (tx) =>
        tx
          .selectFrom('users')
          .select('name')
          .where('role', '=', 'operator')
          .where('disabled', '=', false)
          .orderBy('name')
          .execute(),
      );
      return addresses(rows);
    },
    async accountsWithoutAdminForPlatform() {
      const rows = await db.readPlatform('accounts without an address', (tx) =>
        tx
          .selectFrom('accounts')
          .select('id')
          .where(({ not, exists, selectFrom }) =>
            not(
              exists(
                selectFrom('users')
                  .select('users.id')
                  .whereRef('users.account_id', '=', 'accounts.id')
                  .where('users.role', '=', 'admin')
                  .where('users.disabled', '=', false)
                  .where('users.name', 'like', '%_@_%'),
              ),
            ),
          )
          .orderBy('id')
          .execute(),
      );
      return rows.map(({ id }) => id);
    },
  };
}
