import assert from 'node:assert/strict';
import type { OwnPresenceBoard } from '@tandem/adapters/http/own-presence-board.ts';
import type { ProvisioningBoard } from '@tandem/adapters/http/provisioning-board.ts';
import { type Database, openDatabase } from '@tandem/adapters/postgres/database.ts';
import { loadRoutingSnapshot } from '@tandem/adapters/postgres/load-routing-snapshot.ts';
import { createStores, type Stores } from '@tandem/adapters/postgres/stores.ts';
import { sampleAccount } from '@tandem/adapters/postgres/test-support/samples.ts';
import { startTestServer, type TestServer } from '@tandem/adapters/postgres/test-support/server.ts';
import { createSecretBox } from '@tandem/adapters/security/secret-box.ts';
import { createWebhookBoard } from '@tandem/adapters/webhooks/webhook-board.ts';
import type { OwnConnectionMode, RoutingDomainView } from '@tandem/contract';
import { type AccountId, asConnectionId, type Person, type PersonId, uuidV7 } from '@tandem/domain';
import {
  type ConnectionFeature,
  noExceptions,
  type PresenceExceptions,
  type StoredConnection,
} from '@tandem/engine';
import type { AuditLog } from '@tandem/engine/ports/audit.ts';
import {
  type ChoiceAction,
  choiceAfter,
  defaultPresenceSettings,
  type PresenceChoice,
  type PresenceSyncSettings,
} from '@tandem/engine/presence-sync/settings.ts';
import type { HoldMusic } from '@tandem/engine/routing-domain/calling-policy.ts';
import { createAccountDesk } from '../../account-desk.ts';
import { createNumberBoard, type NumberParts } from '../../numbers.ts';
import { readChange } from '../../presence-exceptions.ts';
import type { ConnectionParts } from '../../tenant-file/make-connections.ts';
import { createTenantFiles } from '../../tenant-file.ts';

const box = createSecretBox(Buffer.alloc(32, 1));
let server: TestServer;
export let db: Database;
export let stores: Stores;
export const acme = sampleAccount();
export const globex = sampleAccount();
export const admin = { kind: 'user', name: 'operator', may: () => true } as const;
let count = 0;
export const newId = (): string => uuidV7(1_700_000_000_000 + ++count, Buffer.alloc(10, count));
export const told: string[] = [];

/** Settings of presence as the desk keeps them. */
export const presence = {
  version: 0,
  settings: defaultPresenceSettings,
  changes: 0,
  /** Somebody else saves in between, so many times. */
  disturbed: 0,
};
export const desk = {
  settingsOf: (accountId: AccountId) => ({
    accountId,
    version: presence.version,
    settings: presence.settings,
  }),
  async change(accountId: AccountId, version: number, settings: PresenceSyncSettings) {
    if (presence.disturbed-- > 0) {
      presence.version += 1;
      presence.settings = { ...presence.settings, personalOverrides: true };
    }
    if (version !== presence.version)
      return { is: 'changed-meanwhile', say: 'Somebody else was first.' } as const;
    presence.version += 1;
    presence.changes += 1;
    presence.settings = settings;
    return { is: 'done', stored: { accountId, version: presence.version, settings } } as const;
  },
  choices: new Map<PersonId, PresenceChoice>(),
  choiceOf: (personId: PersonId): PresenceChoice => desk.choices.get(personId) ?? 'inherit',
  async choose(_accountId: AccountId, people: readonly Person[], action: ChoiceAction) {
    for (const { id } of people) desk.choices.set(id, choiceAfter[action][desk.choiceOf(id)]);
    return { changed: people.length };
  },
  preview: async () => ({
    people: 50,
    inScope: 0,
    begins: 0,
    ends: 40,
    unsynced: 0,
    fails: 0,
    directoryRead: true,
    mismatches: [],
  }),
};

/** What people decided about calls, as the keeper of presence has it. */
export const exceptions = new Map<PersonId, PresenceExceptions>();
export const speed = { ownConnections: 'off' as OwnConnectionMode, accelerate: false };

const noProvisioning = {
  list: () => [],
  change: async () => undefined,
  preview: () => undefined,
} as unknown as ProvisioningBoard;

export const entra = 'acacacac-0000-4000-8000-000000000001';
/** One connection of the first customer, and its routing domain. */
export const microsoft = {
  features: ['provisioning', 'presence'] as readonly ConnectionFeature[],
  holdMusic: undefined as HoldMusic | undefined,
  refuses: false,
  asked: [] as string[],
};
const connections: ConnectionParts['connections'] = {
  list: () => [
    {
      id: asConnectionId('connection-1'),
      accountId: acme.id,
      entraTenantId: entra,
      features: microsoft.features,
      life: { state: 'CONNECTED' },
    } as unknown as StoredConnection,
  ],
  async changeFeatures(id, features, by) {
    if (microsoft.refuses) return { ok: false, code: 'wrong-state', detail: 'The connection has ended.' };
    microsoft.asked.push(`${id} by ${by.name}`);
    microsoft.features = features;
    return { ok: true, value: connections.list()[0] as StoredConnection };
  },
};
const routingDomains: ConnectionParts['routingDomains'] = {
  list: (scope) =>
    scope.kind === 'account' && scope.accountId === acme.id
      ? [
          {
            id: 'domain-1',
            connectionId: 'connection-1',
            host: 'acme.sbc.example',
            routing: {
              ...(microsoft.holdMusic && { calling: { policy: 'P', holdMusic: microsoft.holdMusic } }),
            },
          } as unknown as RoutingDomainView,
        ]
      : [],
  async chooseCalling(scope, id, holdMusic) {
    microsoft.asked.push(`music of ${id}`);
    microsoft.holdMusic = holdMusic;
    return { kind: 'done', domain: routingDomains.list(scope)[0] as RoutingDomainView };
  },
};

export function files() {
  const audit: AuditLog = { note: async () => undefined };
  const webhooksOn = (on: Stores, log: AuditLog) =>
    createWebhookBoard({
      store: on.webhooks,
      dispatcher: { changed: () => undefined, test: async () => undefined },
      audit: log,
      newId,
      insideAllowed: false,
      accounts: async () => [],
    });
  return createTenantFiles({
    stores,
    boardsOn: (inside, log) => ({
      numbers: createNumberBoard({ stores: inside, audit: log, newId } as unknown as NumberParts),
      webhooks: webhooksOn(inside, log),
      accountDesk: createAccountDesk({
        accounts: inside.accounts,
        carriers: inside.carriers,
        audit: log,
        refresh: async () => undefined,
        wall: () => 1_700_000_000_000,
        randomBytes: (length) => Buffer.alloc(length, ++count),
      }),
    }),
    provisioning: noProvisioning,
    microsoft: { connections, routingDomains },
    presence: desk,
    own: {
      exceptionsOf: (personId) => exceptions.get(personId) ?? noExceptions,
      async changeExceptions(person, change) {
        const account = { ...acme, id: person.accountId };
        const snapshot = await loadRoutingSnapshot(db, { version: 1, builtAtWallMs: 0, hubs: [], box });
        const before = exceptions.get(person.id) ?? noExceptions;
        const read = readChange(change, before, { account, personId: person.id, snapshot, nowWallMs: 0 });
        if (read.ok) exceptions.set(person.id, read.value);
        return read as Awaited<ReturnType<OwnPresenceBoard['changeExceptions']>>;
      },
    },
    speed: {
      settingsOf: () => speed,
      change: async (_accountId, change) => void Object.assign(speed, change),
    },
    phones: { realm: 'sbc.example', newPassword: () => 'made-for-you' },
    webhooks: webhooksOn(stores, audit),
    audit,
    stored: (_account, entries) => void told.push(...entries.map(({ action }) => action)),
    refresh: async () => undefined,
    newId,
    wall: () => 1_700_000_000_000,
  });
}

export async function apply(file: string, prune = false, account = acme.id) {
  const board = files();
  const plan = await board.plan(account, { file, prune }, admin);
  const { preview } = plan.kind === 'done' ? plan.value : assert.fail(JSON.stringify(plan));
  const made = await board.apply(account, { file, prune, preview }, admin);
  return made.kind === 'done' ? made.value : assert.fail(made.kind);
}
export const exported = async (account = acme.id) => (await files().read(account)) ?? assert.fail('no file');

/** One server for all tests of the file, which tell one story after the other. */
export async function openFiles(port: number): Promise<void> {
  server = await startTestServer(port);
  db = openDatabase({ url: (await server.freshDatabase('files')).appUrl });
  stores = createStores(db, box);
  await stores.accounts.createForPlatform(acme);
  await stores.accounts.createForPlatform(globex);
}

export async function closeFiles(): Promise<void> {
  await db?.close();
  await server?.remove();
}
