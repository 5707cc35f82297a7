import { createHash } from 'node:crypto';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import {
  type Account,
  asAccountId,
  asCarrierId,
  asDeviceId,
  asPersonId,
  asQueueId,
  type Carrier,
  type E164,
  queueDefaults,
  uuidV7,
} from '@tandem/domain';
import { rehearsalWorld } from '@tandem/simulator/world/rehearsal-world.ts';
import type { NodeConfig } from '../supervisor/child-config.ts';
import { seedPresence } from './seed-presence.ts';
import { seedLinks, seedProvisioningSettings } from './seed-provisioning.ts';

/** The world began here: fixed, so that ids are the same in every instance, in tests and in the docs. */
const epochMs = Date.parse('2026-01-01T00:00:00Z');
const idOf = (what: string): string =>
  uuidV7(epochMs, createHash('sha256').update(`tandem ${what}`).digest());

export const rehearsalIds = {
  account: (key: string) => asAccountId(idOf(`account ${key}`)),
  person: (upn: string) => asPersonId(idOf(`person ${upn}`)),
  carrier: asCarrierId(idOf('carrier')),
  device: (account: string, name: string) => asDeviceId(idOf(`device ${account} ${name}`)),
  queue: (account: string, name: string) => asQueueId(idOf(`queue ${account} ${name}`)),
  user: (name: string) => idOf(`user ${name}`),
} as const;

/** `host:port` to a carrier target. */
function target(address: string, priority: number): Carrier['targets'][number] {
  const [host = '127.0.0.1', port = '5060'] = address.split(':');
  return { host, port: Number(port), protocol: 'UDP', priority, weight: 1 };
}

/** Puts the platform's side of the rehearsal world into an empty database. Running it again adds what is missing. */
export async function seedRehearsal(stores: Stores, config: NodeConfig): Promise<void> {
  const { twin } = config;
  if (!twin) return;
  const present = new Map(
    (await stores.accounts.listAllAccountsForPlatform()).map((account) => [account.id, account]),
  );
  const carriers = await stores.carriers.listAllCarriersForPlatform();
  const known = carriers.find(({ id }) => id === rehearsalIds.carrier);
  // Ports move with --port-base, so the carrier's addresses are written at every start.
  await stores.carriers.saveForPlatform('operator', {
    id: rehearsalIds.carrier,
    name: rehearsalWorld.carrier.name,
    targets: [target(twin.carrier, 1), target(twin.carrierSecond, 2)],
    sources: [{ address: twin.carrier.split(':')[0] ?? '127.0.0.1' }],
    probeWithOptions: true,
    numberFormat: 'e164',
    emergency: true,
    ...(known && { version: known.version }),
  });
  for (const customer of rehearsalWorld.customers) {
    const accountId = rehearsalIds.account(customer.key);
    if (present.has(accountId)) continue;
    const account: Account = {
      id: accountId,
      name: customer.name,
      status: 'active',
      sbcHosts: [customer.sbcHost],
      mailDomains: [customer.mailDomain],
      entraTenantId: customer.entraTenantId,
      country: customer.country,
      areaCode: customer.areaCode,
      timeZone: customer.timeZone,
      mainNumber: customer.mainNumber as E164,
      unknownCaller: 'reject',
      carriers: [rehearsalIds.carrier],
      noAnswerSeconds: 25,
    };
    await stores.accounts.createForPlatform(account);
    for (const person of customer.people) {
      if (!person.platform) continue;
      await stores.people.create(accountId, {
        id: rehearsalIds.person(person.upn),
        accountId,
        displayName: person.displayName,
        upn: person.upn,
        mail: person.platform.mail,
        ...(person.platform.extension !== undefined && { extension: person.platform.extension }),
        numbers: person.platform.number === undefined ? [] : [person.platform.number as E164],
        active: person.platform.active,
        teamsToggle: person.platform.toggle,
        platformLicence: person.platform.licence,
      });
    }
    await seedLinks(stores, customer, accountId, rehearsalIds.person);
  }
  await seedProvisioningSettings(stores, rehearsalIds.account);
  for (const { key } of rehearsalWorld.customers) await seedPresence(stores, rehearsalIds.account(key));
  await seedPhones(stores, config);
  await seedQueues(stores);
  await seedSignIns(stores, config);
}

/** The phones with this data directory's passwords. Whoever changed them there in the meantime keeps the change. */
async function seedPhones(stores: Stores, config: NodeConfig): Promise<void> {
  for (const { key, devices } of rehearsalWorld.customers) {
    const accountId = rehearsalIds.account(key);
    const present = new Set((await stores.devices.list(accountId)).map(({ id }) => id));
    for (const device of devices) {
      const id = rehearsalIds.device(key, device.name);
      const login = config.phones.find(({ account, name }) => account === key && name === device.name);
      if (!login || present.has(id)) continue;
      await stores.devices.create(
        accountId,
        {
          id,
          accountId,
          name: device.name,
          kind: device.kind,
          sipUser: login.user,
          ...(device.extension !== undefined && { extension: device.extension }),
          ...(device.number !== undefined && { number: device.number as E164 }),
          ...(device.owner !== undefined && { personId: rehearsalIds.person(device.owner) }),
        },
        { realm: login.realm, password: login.password },
      );
    }
  }
}

/** One queue of Acme's, so that there is somebody to wait for: people at Teams clients, and Dana at a desk phone too. */
async function seedQueues(stores: Stores): Promise<void> {
  const accountId = rehearsalIds.account('acme');
  const id = rehearsalIds.queue('acme', 'Sales');
  if ((await stores.queues.list(accountId)).length > 0) return;
  await stores.queues.create({
    ...queueDefaults,
    id,
    accountId,
    name: 'Sales',
    extension: '1500',
    number: '+12025550158' as E164,
    members: ['alex@acme.example', 'dana@acme.example', 'wren@acme.example'].map((upn) => ({
      personId: rehearsalIds.person(upn),
      loggedIn: true,
    })),
  });
}

async function seedSignIns(stores: Stores, config: NodeConfig): Promise<void> {
  const users = new Map((await stores.users.listAllUsersForPlatform()).map((user) => [user.id, user]));
  for (const signIn of config.signIns) {
    const id = rehearsalIds.user(signIn.name);
    if (users.has(id)) {
      if (!signIn.password) continue;
      await stores.users.setPasswordForPlatform(id, signIn.password);
      continue;
    }
    await stores.users.createForPlatform({
      id,
      name: signIn.name,
      role: signIn.role,
      password: signIn.password,
      ...(signIn.account !== undefined && { accountId: rehearsalIds.account(signIn.account) }),
      ...(signIn.role === 'user' && { personId: rehearsalIds.person(signIn.name) }),
    });
  }
}
