import type { AccountId, Carrier, CarrierId, CarrierTarget } from '@tandem/domain';
import { type Selectable, sql } from 'kysely';
import type { SecretBox } from '../security/secret-box.ts';
import type { Database, Tx } from './database.ts';
import { done, isId, refused, type StoreOutcome, settle, type Versioned } from './outcome.ts';
import type { Schema } from './schema.ts';

/** As read for people: without the password. */
export type ShownCarrier = Versioned<Omit<Carrier, 'credentials'>> & { readonly username?: string };

/**
 * A carrier as written. Without `version` it must be new. `credentials`: absent = as it was, null = none.
 */
export type CarrierInput = Omit<Carrier, 'owner' | 'credentials'> & {
  readonly version?: number;
  readonly credentials?: Carrier['credentials'] | null;
};

export interface CarrierStore {
  /** The account's own and those of the operator that it uses. */
  list(accountId: AccountId): Promise<readonly ShownCarrier[]>;
  get(accountId: AccountId, carrierId: CarrierId): Promise<ShownCarrier | undefined>;
  /** A carrier that the account owns. */
  save(accountId: AccountId, carrier: CarrierInput): Promise<StoreOutcome<ShownCarrier>>;
  remove(accountId: AccountId, carrierId: CarrierId): Promise<StoreOutcome<void>>;
  /** A carrier of the operator, or of the named account. */
  saveForPlatform(owner: Carrier['owner'], carrier: CarrierInput): Promise<StoreOutcome<ShownCarrier>>;
  removeForPlatform(carrierId: CarrierId): Promise<StoreOutcome<void>>;
  listAllCarriersForPlatform(): Promise<readonly ShownCarrier[]>;
}

export function createCarrierStore(db: Database, box: SecretBox): CarrierStore {
  const removeIn = async (tx: Tx, carrierId: CarrierId): Promise<StoreOutcome<void>> => {
    const result = await tx.deleteFrom('carriers').where('id', '=', carrierId).executeTakeFirst();
    return result.numDeletedRows === 0n ? refused({ kind: 'not-found' }) : done(undefined);
  };
  return {
    list: (accountId) =>
      isId(accountId) ? db.withAccount(accountId, (tx) => readShown(tx)) : Promise.resolve([]),
    async get(accountId, carrierId) {
      if (!isId(accountId) || !isId(carrierId)) return undefined;
      return (await db.withAccount(accountId, (tx) => readShown(tx, carrierId)))[0];
    },
    async save(accountId, carrier) {
      if (!isId(accountId)) return refused({ kind: 'not-found' });
      return await settle(() => db.withAccount(accountId, (tx) => write(tx, box, accountId, carrier)));
    },
    async remove(accountId, carrierId) {
      if (!isId(accountId) || !isId(carrierId)) return refused({ kind: 'not-found' });
      return await settle(() => db.withAccount(accountId, (tx) => removeIn(tx, carrierId)));
    },
    saveForPlatform: (owner, carrier) =>
      settle(() =>
        db.withPlatform('save carrier', (tx) => write(tx, box, owner === 'operator' ? null : owner, carrier)),
      ),
    async removeForPlatform(carrierId) {
      if (!isId(carrierId)) return refused({ kind: 'not-found' });
      return await settle(() => db.withPlatform('remove carrier', (tx) => removeIn(tx, carrierId)));
    },
    listAllCarriersForPlatform: () => db.withPlatform('list carriers', (tx) => readShown(tx)),
  };
}

const secretContext = (carrierId: CarrierId): string => `carrier:${carrierId}`;

async function write(
  tx: Tx,
  box: SecretBox,
  owner: AccountId | null,
  carrier: CarrierInput,
): Promise<StoreOutcome<ShownCarrier>> {
  const columns = {
    name: carrier.name,
    targets: JSON.stringify(carrier.targets),
    sources: JSON.stringify(carrier.sources),
    probe_with_options: carrier.probeWithOptions,
    max_calls: carrier.maxCalls ?? null,
    number_format: carrier.numberFormat,
    emergency: carrier.emergency,
  };
  if (carrier.version === undefined) {
    await tx
      .insertInto('carriers')
      .values({ id: carrier.id, owner_account_id: owner, ...columns })
      .execute();
  } else {
    // An operator's carrier is visible to the accounts that use it, but nothing locks or changes it for them.
    const row = await tx
      .selectFrom('carriers')
      .select('version')
      .where('id', '=', carrier.id)
      .where('owner_account_id', 'is not distinct from', owner)
      .executeTakeFirst();
    if (!row) return refused({ kind: 'not-found' });
    const changed = await tx
      .updateTable('carriers')
      .set({ ...columns, version: carrier.version + 1, updated_at: sql`tandem_now()` })
      .where('id', '=', carrier.id)
      .where('version', '=', carrier.version)
      .executeTakeFirst();
    if (changed.numUpdatedRows === 0n) return refused({ kind: 'conflict', version: row.version });
  }
  if (carrier.credentials !== undefined) {
    await tx.deleteFrom('carrier_credentials').where('carrier_id', '=', carrier.id).execute();
  }
  if (carrier.credentials) {
    const { username, password, realm } = carrier.credentials;
    await tx
      .insertInto('carrier_credentials')
      .values({
        carrier_id: carrier.id,
        owner_account_id: owner,
        username,
        password_sealed: box.seal(password, secretContext(carrier.id)),
        realm: realm ?? null,
      })
      .execute();
  }
  return done((await readShown(tx, carrier.id))[0] as ShownCarrier);
}

async function readShown(tx: Tx, carrierId?: CarrierId): Promise<ShownCarrier[]> {
  return (await readRows(tx, carrierId)).map((row) => ({
    ...carrierOf(row),
    version: row.version,
    ...(row.username === null ? {} : { username: row.username }),
  }));
}

/** With opened passwords: for the routing snapshot only. A password that does not open is left out and told. */
export async function readCarriersWithSecrets(
  tx: Tx,
  box: SecretBox,
  unreadable: (carrierId: CarrierId) => void,
): Promise<Carrier[]> {
  return (await readRows(tx)).map((row) => {
    const carrier = carrierOf(row);
    if (row.username === null || row.password_sealed === null) return carrier;
    const password = box.open(row.password_sealed, secretContext(row.id));
    if (password === undefined) {
      unreadable(row.id);
      return carrier;
    }
    return {
      ...carrier,
      credentials: { username: row.username, password, ...(row.realm === null ? {} : { realm: row.realm }) },
    };
  });
}

type CarrierRow = Selectable<Schema['carriers']> & {
  username: string | null;
  password_sealed: string | null;
  realm: string | null;
};

async function readRows(tx: Tx, carrierId?: CarrierId): Promise<CarrierRow[]> {
  let query = tx
    .selectFrom('carriers')
    .leftJoin('carrier_credentials as c', 'c.carrier_id', 'carriers.id')
    .selectAll('carriers')
    .select(['c.username', 'c.password_sealed', 'c.realm'])
    .orderBy('carriers.name')
    .orderBy('carriers.id');
  if (carrierId !== undefined) query = query.where('carriers.id', '=', carrierId);
  return await query.execute();
}

function carrierOf(row: CarrierRow): Omit<Carrier, 'credentials'> {
  return {
    id: row.id,
    name: row.name,
    owner: row.owner_account_id ?? 'operator',
    targets: row.targets as readonly CarrierTarget[],
    sources: row.sources as Carrier['sources'],
    probeWithOptions: row.probe_with_options,
    ...(row.max_calls === null ? {} : { maxCalls: row.max_calls }),
    numberFormat: row.number_format,
    emergency: row.emergency,
  };
}
