import type { Account, AccountId, CarrierId, E164 } from '@tandem/domain';
import { type Selectable, sql } from 'kysely';
import type { Database, Tx } from './database.ts';
import { lockedVersion } from './locked-row.ts';
import { done, isId, refused, type StoreOutcome, settle, type Versioned } from './outcome.ts';
import type { Schema } from './schema.ts';

export type AccountChange = Partial<Omit<Account, 'id'>>;

export interface AccountStore {
  get(accountId: AccountId): Promise<Versioned<Account> | undefined>;
  /** Settings of the account; absent fields stay. `version` is the one that was read. */
  update(
    accountId: AccountId,
    version: number,
    change: AccountChange,
  ): Promise<StoreOutcome<Versioned<Account>>>;
  createForPlatform(account: Account): Promise<StoreOutcome<Versioned<Account>>>;
  /** With everything that it owns; its call records stay. */
  removeForPlatform(accountId: AccountId): Promise<StoreOutcome<void>>;
  listAllAccountsForPlatform(): Promise<readonly Versioned<Account>[]>;
}

export function createAccountStore(db: Database): AccountStore {
  return {
    async get(accountId) {
      if (!isId(accountId)) return undefined;
      return await db.withAccount(accountId, (tx) => readAccount(tx, accountId));
    },
    async update(accountId, version, change) {
      if (!isId(accountId)) return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          await lockedVersion(tx, 'accounts', accountId, version);
          await tx
            .updateTable('accounts')
            .set({ ...columnsOf(change), version: version + 1, updated_at: sql`tandem_now()` })
            .where('id', '=', accountId)
            .execute();
          if (change.sbcHosts) await writeHosts(tx, accountId, change.sbcHosts);
          if (change.carriers) await writeCarriers(tx, accountId, change.carriers);
          return done((await readAccount(tx, accountId)) as Versioned<Account>);
        }),
      );
    },
    async createForPlatform(account) {
      return await settle(() =>
        db.withPlatform('create account', async (tx) => {
          const { id, name, country, timeZone } = account;
          await tx
            .insertInto('accounts')
            .values({ ...requiredColumns(account), id, name, country, time_zone: timeZone })
            .execute();
          await writeHosts(tx, id, account.sbcHosts);
          await writeCarriers(tx, id, account.carriers);
          return done((await readAccount(tx, id)) as Versioned<Account>);
        }),
      );
    },
    async removeForPlatform(accountId) {
      if (!isId(accountId)) return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withPlatform('remove account', async (tx) => {
          const result = await tx.deleteFrom('accounts').where('id', '=', accountId).executeTakeFirst();
          return result.numDeletedRows === 0n ? refused({ kind: 'not-found' }) : done(undefined);
        }),
      );
    },
    listAllAccountsForPlatform: () => db.withPlatform('list accounts', (tx) => readAccounts(tx)),
  };
}

/** Every account that the transaction may see. */
export async function readAccounts(tx: Tx, accountId?: AccountId): Promise<Versioned<Account>[]> {
  let accounts = tx.selectFrom('accounts').selectAll().orderBy('name');
  let hosts = tx
    .selectFrom('account_sbc_hosts')
    .select(['account_id', 'host'])
    .orderBy('position')
    .orderBy('host');
  let carriers = tx
    .selectFrom('account_carriers')
    .select(['account_id', 'carrier_id'])
    .orderBy('position')
    .orderBy('carrier_id');
  if (accountId !== undefined) {
    accounts = accounts.where('id', '=', accountId);
    hosts = hosts.where('account_id', '=', accountId);
    carriers = carriers.where('account_id', '=', accountId);
  }
  const rows = await accounts.execute();
  const hostsOf = grouped(await hosts.execute(), (row) => row.host);
  const carriersOf = grouped(await carriers.execute(), (row) => row.carrier_id);
  return rows.map((row) => accountOf(row, hostsOf.get(row.id) ?? [], carriersOf.get(row.id) ?? []));
}

async function readAccount(tx: Tx, accountId: AccountId): Promise<Versioned<Account> | undefined> {
  return (await readAccounts(tx, accountId))[0];
}

export function grouped<R extends { account_id: AccountId }, V>(
  rows: readonly R[],
  value: (row: R) => V,
): Map<AccountId, V[]> {
  const groups = new Map<AccountId, V[]>();
  for (const row of rows) {
    const group = groups.get(row.account_id);
    if (group) group.push(value(row));
    else groups.set(row.account_id, [value(row)]);
  }
  return groups;
}

function accountOf(
  row: Selectable<Schema['accounts']>,
  sbcHosts: readonly string[],
  carriers: readonly CarrierId[],
): Versioned<Account> {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    sbcHosts,
    mailDomains: row.mail_domains,
    ...(row.entra_tenant_id === null ? {} : { entraTenantId: row.entra_tenant_id }),
    country: row.country,
    ...(row.area_code === null ? {} : { areaCode: row.area_code }),
    timeZone: row.time_zone,
    ...(row.main_number === null ? {} : { mainNumber: row.main_number as E164 }),
    unknownCaller: row.unknown_caller,
    carriers,
    noAnswerSeconds: row.no_answer_seconds,
    ...(row.teams_enabled && row.teams_ends_at === null
      ? {}
      : {
          teams: {
            enabled: row.teams_enabled,
            ...(row.teams_ends_at === null ? {} : { endsAtWallMs: row.teams_ends_at }),
          },
        }),
    version: row.version,
  };
}

function requiredColumns(account: Account) {
  return {
    status: account.status,
    mail_domains: [...account.mailDomains],
    entra_tenant_id: account.entraTenantId ?? null,
    area_code: account.areaCode ?? null,
    main_number: account.mainNumber ?? null,
    unknown_caller: account.unknownCaller,
    no_answer_seconds: account.noAnswerSeconds,
    ...teamsColumns(account.teams ?? { enabled: true }),
  };
}

const teamsColumns = ({ enabled, endsAtWallMs }: NonNullable<Account['teams']>) => ({
  teams_enabled: enabled,
  teams_ends_at: endsAtWallMs === undefined ? null : new Date(endsAtWallMs),
});

function columnsOf(change: AccountChange) {
  return {
    ...(change.name === undefined ? {} : { name: change.name }),
    ...(change.status === undefined ? {} : { status: change.status }),
    ...(change.mailDomains === undefined ? {} : { mail_domains: [...change.mailDomains] }),
    ...(change.entraTenantId === undefined ? {} : { entra_tenant_id: change.entraTenantId }),
    ...(change.country === undefined ? {} : { country: change.country }),
    ...(change.areaCode === undefined ? {} : { area_code: change.areaCode }),
    ...(change.timeZone === undefined ? {} : { time_zone: change.timeZone }),
    ...(change.mainNumber === undefined ? {} : { main_number: change.mainNumber }),
    ...(change.unknownCaller === undefined ? {} : { unknown_caller: change.unknownCaller }),
    ...(change.noAnswerSeconds === undefined ? {} : { no_answer_seconds: change.noAnswerSeconds }),
    ...(change.teams === undefined ? {} : teamsColumns(change.teams)),
  };
}

async function writeHosts(tx: Tx, accountId: AccountId, hosts: readonly string[]): Promise<void> {
  await tx.deleteFrom('account_sbc_hosts').where('account_id', '=', accountId).execute();
  if (hosts.length === 0) return;
  await tx
    .insertInto('account_sbc_hosts')
    .values(hosts.map((host, position) => ({ host: host.toLowerCase(), account_id: accountId, position })))
    .execute();
}

async function writeCarriers(tx: Tx, accountId: AccountId, carriers: readonly CarrierId[]): Promise<void> {
  await tx.deleteFrom('account_carriers').where('account_id', '=', accountId).execute();
  if (carriers.length === 0) return;
  await tx
    .insertInto('account_carriers')
    .values(carriers.map((carrier_id, position) => ({ account_id: accountId, carrier_id, position })))
    .execute();
}
