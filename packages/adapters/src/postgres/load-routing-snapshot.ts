import type {
  Account,
  AccountId,
  CarrierId,
  Device,
  DeviceId,
  E164,
  HeldNumber,
  Hub,
  Owner,
  Person,
  PersonId,
  Queue,
  QueueId,
  RoutingSnapshot,
} from '@tandem/domain';
import { sql } from 'kysely';
import type { SecretBox } from '../security/secret-box.ts';
import { readAccounts } from './account-store.ts';
import { readCarriersWithSecrets } from './carrier-store.ts';
import type { Database, Tx } from './database.ts';
import { readDevices } from './device-store.ts';
import { forwardOf, leaverChoiceOf } from './leaver-columns.ts';
import { readQueues } from './queue-store.ts';
import { readVoicemailChoices } from './voicemail-store.ts';

export interface RoutingLoadOptions {
  readonly version: number;
  readonly builtAtWallMs: number;
  readonly hubs: readonly Hub[];
  readonly box: SecretBox;
  /** A carrier password that does not open (other master key): the carrier works without it, somebody must know. */
  readonly onUnreadableSecret?: (carrierId: CarrierId) => void;
}

/** All customers' routing facts, read in one consistent moment (I3). */
export async function loadRoutingSnapshot(
  db: Database,
  options: RoutingLoadOptions,
): Promise<RoutingSnapshot> {
  return await db.readPlatform('build routing snapshot', (tx) => read(tx, options));
}

async function read(tx: Tx, options: RoutingLoadOptions): Promise<RoutingSnapshot> {
  const accounts = new Map<AccountId, Account>();
  const accountBySbcHost = new Map<string, AccountId>();
  for (const { version: _, ...account } of await readAccounts(tx)) {
    accounts.set(account.id, account);
    for (const host of account.sbcHosts) accountBySbcHost.set(host, account.id);
  }

  const numbers = new Map<E164, Owner>();
  const numbersOf = new Map<PersonId, E164[]>();
  const owned = tx
    .selectFrom('numbers')
    .select(['number', 'account_id', 'person_id', 'device_id', 'queue_id'])
    .where(sql<boolean>`num_nonnulls(person_id, device_id, queue_id) > 0`)
    .orderBy('position')
    .orderBy('number');
  for (const row of await owned.execute()) {
    const number = row.number as E164;
    const owner = ownerOf(row);
    if (!owner) continue;
    numbers.set(number, owner);
    if (owner.kind !== 'person') continue;
    const { personId } = owner;
    const list = numbersOf.get(personId);
    if (list) list.push(number);
    else numbersOf.set(personId, [number]);
  }

  const held = new Map<E164, HeldNumber>();
  const holds = tx
    .selectFrom('numbers')
    .select(['number', 'account_id', 'held', 'held_until', 'held_reason', 'reserved_for'])
    .select(['former_owner', 'former_person_id', 'forward_person', 'forward_number', 'forward_queue'])
    .where('held', 'is not', null)
    .where(sql<boolean>`(held = 'ported' or held_until > tandem_now())`);
  for (const row of await holds.execute()) {
    const forward = forwardOf(row);
    if (row.held !== null)
      held.set(row.number as E164, {
        accountId: row.account_id,
        kind: row.held,
        ...(row.held_until !== null && { untilWallMs: row.held_until }),
        ...(row.held_reason !== null && { reason: row.held_reason }),
        ...(row.reserved_for !== null && { reservedFor: row.reserved_for }),
        ...(row.former_owner !== null && { formerOwner: row.former_owner }),
        ...(row.former_person_id !== null && { formerPersonId: row.former_person_id }),
        ...(forward && { forward }),
      });
  }

  const extensions = new Map<AccountId, Map<string, Owner>>();
  const extensionOf = new Map<PersonId, string>();
  for (const row of await tx.selectFrom('extensions').selectAll().execute()) {
    let ofAccount = extensions.get(row.account_id);
    if (!ofAccount) {
      ofAccount = new Map();
      extensions.set(row.account_id, ofAccount);
    }
    const owner = ownerOf(row);
    if (!owner) continue;
    ofAccount.set(row.extension, owner);
    if (owner.kind === 'person') extensionOf.set(owner.personId, row.extension);
  }

  const people = new Map<PersonId, Person>();
  for (const row of await tx.selectFrom('people').selectAll().execute()) {
    const extension = extensionOf.get(row.id);
    const leaver = leaverChoiceOf(row);
    people.set(row.id, {
      id: row.id,
      accountId: row.account_id,
      displayName: row.display_name,
      upn: row.upn,
      ...(row.mail === null ? {} : { mail: row.mail }),
      ...(extension === undefined ? {} : { extension }),
      numbers: numbersOf.get(row.id) ?? [],
      active: row.active,
      teamsToggle: row.teams_toggle,
      platformLicence: row.platform_licence,
      ...(leaver && { leaver }),
    });
  }

  const devices = new Map<DeviceId, Device>();
  for (const { version: _, ...device } of await readDevices(tx)) devices.set(device.id, device);

  const queues = new Map<QueueId, Queue>();
  for (const { version: _, ...queue } of await readQueues(tx)) queues.set(queue.id, queue);

  const unreadable = options.onUnreadableSecret ?? (() => undefined);
  const carriers = await readCarriersWithSecrets(tx, options.box, unreadable);
  return {
    version: options.version,
    builtAtWallMs: options.builtAtWallMs,
    accounts,
    accountBySbcHost,
    people,
    devices,
    queues,
    numbers,
    held,
    extensions,
    carriers: new Map(carriers.map((carrier) => [carrier.id, carrier])),
    hubs: options.hubs,
    voicemail: await readVoicemailChoices(tx),
  };
}

/** Exactly one of them is set, or none for a number in stock: the tables check it. */
function ownerOf(row: {
  readonly account_id: AccountId;
  readonly person_id: PersonId | null;
  readonly device_id: DeviceId | null;
  readonly queue_id: QueueId | null;
}): Owner | undefined {
  if (row.person_id !== null) return { kind: 'person', personId: row.person_id, accountId: row.account_id };
  if (row.device_id !== null) return { kind: 'device', deviceId: row.device_id, accountId: row.account_id };
  if (row.queue_id !== null) return { kind: 'queue', queueId: row.queue_id, accountId: row.account_id };
  return undefined;
}

/** Stands for what is visible: differs from an earlier one exactly when a change became visible in between. */
export async function routingMark(db: Database): Promise<string> {
  return await db.readPlatform('look for routing changes', async (tx) => {
    const { rows } = await sql<{
      mark: string;
    }>`select count(*) || ':' || coalesce(max(id), 0) as mark from routing_changes`.execute(tx);
    return rows[0]?.mark ?? '';
  });
}

/** The rows are only for noticing; a day's worth is plenty. */
export async function forgetOldRoutingChanges(db: Database): Promise<void> {
  await db.withPlatform('forget routing changes', (tx) =>
    sql`delete from routing_changes where at < statement_timestamp() - interval '1 day'`.execute(tx),
  );
}
