import type { AccountId, Device, DeviceId, E164, PersonId } from '@tandem/domain';
import { ha1Of } from '@tandem/sip';
import { type Selectable, sql } from 'kysely';
import type { SecretBox } from '../security/secret-box.ts';
import type { Database, Tx } from './database.ts';
import { writeLineExtension, writeLineNumber } from './line-writes.ts';
import { lockedVersion } from './locked-row.ts';
import { done, isId, refused, type StoreOutcome, settle, type Versioned } from './outcome.ts';
import type { Schema } from './schema.ts';

/** What a phone proves itself with. Only its digest hashes are kept, sealed (T27). */
export interface DevicePassword {
  readonly realm: string;
  readonly password: string;
}

/** What is absent stays. `null` takes away. The SIP user stays: the password counts for that one only. */
export interface DeviceChange {
  readonly kind?: Device['kind'];
  readonly extension?: string | null;
  readonly number?: E164 | null;
  readonly personId?: PersonId | null;
}

/** H(user:realm:password) in hex, by algorithm: as good as the password within the realm, so never shown. */
export interface DeviceSecret {
  readonly deviceId: DeviceId;
  readonly sipUser: string;
  readonly realm: string;
  readonly md5: string;
  readonly sha256: string;
}

export interface DeviceStore {
  list(accountId: AccountId): Promise<readonly Versioned<Device>[]>;
  get(accountId: AccountId, deviceId: DeviceId): Promise<Versioned<Device> | undefined>;
  /** `taken` when the name, the SIP user, the extension or the number is somebody's. A number in stock is taken over. */
  create(
    accountId: AccountId,
    device: Device,
    password: DevicePassword,
  ): Promise<StoreOutcome<Versioned<Device>>>;
  setPassword(
    accountId: AccountId,
    deviceId: DeviceId,
    password: DevicePassword,
  ): Promise<StoreOutcome<Versioned<Device>>>;
  /** Whatever stands now is changed. */
  change(
    accountId: AccountId,
    deviceId: DeviceId,
    change: DeviceChange,
  ): Promise<StoreOutcome<Versioned<Device>>>;
  /** On whose desk it stands from now on; undefined: on nobody's. */
  giveTo(
    accountId: AccountId,
    deviceId: DeviceId,
    version: number,
    personId: PersonId | undefined,
  ): Promise<StoreOutcome<Versioned<Device>>>;
  /** Its number goes back to stock. */
  remove(accountId: AccountId, deviceId: DeviceId): Promise<StoreOutcome<void>>;
  /** For the registrar. A secret that does not open (other master key) is left out and told. */
  listAllSecretsForPlatform(unreadable?: (deviceId: DeviceId) => void): Promise<readonly DeviceSecret[]>;
}

const secretContext = (deviceId: DeviceId): string => `device:${deviceId}`;

export function createDeviceStore(db: Database, box: SecretBox): DeviceStore {
  const seal = (device: { id: DeviceId; sipUser: string }, { realm, password }: DevicePassword): string =>
    box.seal(
      JSON.stringify({
        realm,
        md5: ha1Of('MD5', device.sipUser, realm, password),
        sha256: ha1Of('SHA-256', device.sipUser, realm, password),
      }),
      secretContext(device.id),
    );

  return {
    list: (accountId) =>
      isId(accountId) ? db.withAccount(accountId, (tx) => readDevices(tx)) : Promise.resolve([]),
    async get(accountId, deviceId) {
      if (!isId(accountId) || !isId(deviceId)) return undefined;
      return (await db.withAccount(accountId, (tx) => readDevices(tx, deviceId)))[0];
    },
    async create(accountId, device, password) {
      if (!isId(accountId) || device.accountId !== accountId) return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          await tx
            .insertInto('devices')
            .values({
              id: device.id,
              account_id: accountId,
              name: device.name,
              kind: device.kind,
              sip_user: device.sipUser,
              person_id: device.personId ?? null,
              secret_sealed: seal(device, password),
            })
            .execute();
          const owner = { device_id: device.id };
          if (device.extension !== undefined)
            await writeLineExtension(tx, accountId, owner, device.extension);
          if (device.number !== undefined) await writeLineNumber(tx, accountId, owner, device.number);
          return done((await readDevices(tx, device.id))[0] as Versioned<Device>);
        }),
      );
    },
    async setPassword(accountId, deviceId, password) {
      if (!isId(accountId) || !isId(deviceId)) return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          const device = (await readDevices(tx, deviceId))[0];
          if (!device) return refused({ kind: 'not-found' });
          await tx
            .updateTable('devices')
            .set({
              secret_sealed: seal(device, password),
              version: sql`version + 1`,
              updated_at: sql`tandem_now()`,
            })
            .where('id', '=', deviceId)
            .execute();
          return done((await readDevices(tx, deviceId))[0] as Versioned<Device>);
        }),
      );
    },
    async change(accountId, deviceId, { kind, extension, number, personId }) {
      if (!isId(accountId) || !isId(deviceId)) return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          const result = await tx
            .updateTable('devices')
            .set({
              ...(kind !== undefined && { kind }),
              ...(personId !== undefined && { person_id: personId }),
              version: sql`version + 1`,
              updated_at: sql`tandem_now()`,
            })
            .where('id', '=', deviceId)
            .executeTakeFirst();
          if (result.numUpdatedRows === 0n) return refused({ kind: 'not-found' });
          const owner = { device_id: deviceId };
          if (extension !== undefined) await writeLineExtension(tx, accountId, owner, extension);
          if (number !== undefined) await writeLineNumber(tx, accountId, owner, number);
          return done((await readDevices(tx, deviceId))[0] as Versioned<Device>);
        }),
      );
    },
    async giveTo(accountId, deviceId, version, personId) {
      if (!isId(accountId) || !isId(deviceId) || (personId !== undefined && !isId(personId)))
        return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          await lockedVersion(tx, 'devices', deviceId, version);
          await tx
            .updateTable('devices')
            .set({ person_id: personId ?? null, version: version + 1, updated_at: sql`tandem_now()` })
            .where('id', '=', deviceId)
            .execute();
          return done((await readDevices(tx, deviceId))[0] as Versioned<Device>);
        }),
      );
    },
    async remove(accountId, deviceId) {
      if (!isId(accountId) || !isId(deviceId)) return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          const result = await tx.deleteFrom('devices').where('id', '=', deviceId).executeTakeFirst();
          return result.numDeletedRows === 0n ? refused({ kind: 'not-found' }) : done(undefined);
        }),
      );
    },
    async listAllSecretsForPlatform(unreadable = () => undefined) {
      const rows = await db.withPlatform('read phone secrets', (tx) =>
        tx.selectFrom('devices').select(['id', 'sip_user', 'secret_sealed']).execute(),
      );
      return rows.flatMap((row): DeviceSecret[] => {
        const text = box.open(row.secret_sealed, secretContext(row.id));
        if (text === undefined) {
          unreadable(row.id);
          return [];
        }
        const hashes = JSON.parse(text) as Pick<DeviceSecret, 'realm' | 'md5' | 'sha256'>;
        return [{ deviceId: row.id, sipUser: row.sip_user, ...hashes }];
      });
    },
  };
}

type DeviceRow = Selectable<Schema['devices']> & { extension: string | null; number: string | null };

/** Devices that the transaction may see. */
export async function readDevices(tx: Tx, deviceId?: DeviceId): Promise<Versioned<Device>[]> {
  let query = tx
    .selectFrom('devices')
    .leftJoin('extensions', 'extensions.device_id', 'devices.id')
    .leftJoin('numbers', 'numbers.device_id', 'devices.id')
    .selectAll('devices')
    .select(['extensions.extension', 'numbers.number'])
    .orderBy('devices.name')
    .orderBy('devices.id');
  if (deviceId !== undefined) query = query.where('devices.id', '=', deviceId);
  return (await query.execute()).map(deviceOf);
}

function deviceOf(row: DeviceRow): Versioned<Device> {
  return {
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    kind: row.kind,
    sipUser: row.sip_user,
    ...(row.extension === null ? {} : { extension: row.extension }),
    ...(row.number === null ? {} : { number: row.number as E164 }),
    ...(row.person_id === null ? {} : { personId: row.person_id }),
    version: row.version,
  };
}
