import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { GraphClient } from '@tandem/adapters/graph/graph-client.ts';
import { createManualClock } from '@tandem/adapters/http/testing/manual-clock.ts';
import {
  type Account,
  asAccountId,
  asPersonId,
  type CallRecord,
  type E164,
  type Link,
  newLink,
  type Person,
  type RoutingSnapshot,
} from '@tandem/domain';
import { defaultSettings, type ProvisioningSettings } from '@tandem/engine';
import { startProvisioning } from './provisioning.ts';
import { oneConnection } from './testing/one-connection.ts';

const folder = mkdtempSync(join(tmpdir(), 'tandem-provisioning-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const number = '+12025550142' as E164;
const account = {
  id: asAccountId('acme'),
  name: 'Acme',
  status: 'active',
  sbcHosts: ['sbc1.example.net'],
  mailDomains: ['acme.example'],
  country: 'US',
  timeZone: 'UTC',
  carriers: [],
} as unknown as Account;
const dana = {
  id: asPersonId('dana'),
  accountId: account.id,
  displayName: 'Dana',
  upn: 'dana@acme.example',
  numbers: [number],
  active: true,
  teamsToggle: true,
  platformLicence: true,
} as unknown as Person;
const settings: ProvisioningSettings = defaultSettings(account.id, {
  enableGroups: [{ id: 'group', name: 'Voice Users' }],
  graceSeconds: 0,
  settleSeconds: 0,
  routingByHand: true,
});

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
};

/** The node's provisioning with tenants that never answer, and a database that may be away. */
async function house(state: Link['state'], options: { readonly databaseAway?: boolean } = {}) {
  const clock = createManualClock();
  const acceptedWallMs = clock.wall() - 60_000;
  const link: Link = {
    ...newLink(account.id, dana.id, acceptedWallMs),
    state,
    objectId: 'dana-object',
    assignedNumber: number,
    acceptedWallMs,
  };
  /** Operations asked for, by tenant. */
  const asked: string[] = [];
  const noted: string[] = [];
  const database = { away: options.databaseAway ?? false };
  const where = { tenantId: 'first-tenant' };
  const heard = new Set<(snapshot: RoutingSnapshot) => void>();
  const facts = {
    accounts: new Map([[account.id, account]]),
    people: new Map([[dana.id, dana]]),
  } as unknown as RoutingSnapshot;
  const reached = (): void => {
    if (database.away) throw new Error('the database is away');
  };
  const graphOf = (tenantId: string): GraphClient =>
    ({
      async *pages(operation: string) {
        asked.push(`${tenantId} ${operation}`);
        yield await new Promise<never>(() => undefined);
      },
    }) as unknown as GraphClient;
  const provisioning = await startProvisioning({
    stores: {
      links: {
        save: async () => reached(),
        noteClient: async (_account, personId) => void noted.push(personId),
        remove: async () => reached(),
        list: async () => [],
        async listAllLinksForPlatform() {
          reached();
          return [{ accountId: account.id, personId: dana.id, link, evidence: { onlyWebClient: false } }];
        },
      },
      provisioning: {
        save: async () => undefined,
        list: async () => [],
        async listAllProvisioningSettingsForPlatform() {
          reached();
          return [settings];
        },
      },
      provisioningHistory: { append: async () => undefined, list: async () => [] },
    },
    connections: oneConnection(() => ({ graph: graphOf(where.tenantId), tenantId: where.tenantId })),
    snapshots: {
      current: () => facts,
      onChange(listener) {
        heard.add(listener);
        return () => heard.delete(listener);
      },
    },
    clock,
    random: () => 0,
    file: join(folder, `links-${state}-${database.away}.json`),
    publish: () => undefined,
    onProblem: () => undefined,
  });
  after(() => provisioning.stop());
  await turns();
  return {
    clock,
    provisioning,
    asked,
    noted,
    database,
    where,
    offered: () => provisioning.access.outcomeOf(account.id, dana.id)?.toPerson.offered,
    async factsChanged() {
      for (const listener of heard) listener(facts);
      await turns();
    },
  };
}

const answered = (change: Partial<CallRecord>, wallMs: number): CallRecord =>
  ({
    accountId: account.id,
    personId: dana.id,
    direction: 'internal',
    invitedAt: wallMs,
    answeredMs: 1_000,
    legs: [
      { side: 'a', role: 'phone', sipCallId: 'a' },
      { side: 'b', role: 'teams', sipCallId: 'b' },
    ],
    ...change,
  }) as unknown as CallRecord;

test("a colleague's Teams client that Dana calls from her desk phone says nothing about her own", async () => {
  const { provisioning, noted, clock } = await house('AWAITING_RELAUNCH');
  provisioning.callClosed(answered({}, clock.wall()));
  provisioning.callClosed(
    answered({ direction: 'to-person', legs: [{ side: 'b', role: 'phone', sipCallId: 'b' }] }, clock.wall()),
  );
  assert.deepEqual(noted, []);
  provisioning.callClosed(answered({ direction: 'to-person' }, clock.wall()));
  assert.deepEqual(noted, ['dana']);
});

test("PRV-702: a call that our edge refused is a sign of the person's, unless the account as a whole was the reason", async () => {
  const { provisioning, clock } = await house('READY');
  const client = () => provisioning.judge(account, dana)?.report.checks[12]?.code;
  const refused = (code: string): CallRecord => {
    const { answeredMs: _, ...record } = answered({ direction: 'from-teams' }, clock.wall());
    return { ...record, code, status: 403, attempts: [], sentence: 'No.' } as unknown as CallRecord;
  };
  for (const code of ['caller-account-suspended', 'caller-not-eligible', 'PRV-303'])
    provisioning.callClosed(refused(code));
  assert.notEqual(client(), 'PRV-702');
  provisioning.callClosed(refused('no-route'));
  assert.equal(client(), 'PRV-702');
});

test('an account moves to another tenant: the one that it left is not asked any more', async () => {
  const { asked, where, factsChanged, clock } = await house('READY');
  assert.ok(asked.length > 0 && asked.every((one) => one.startsWith('first-tenant ')));
  where.tenantId = 'second-tenant';
  asked.length = 0;
  await factsChanged();
  clock.advance(60_000);
  await turns();
  assert.ok(asked.length > 0 && asked.every((one) => one.startsWith('second-tenant ')), asked.join(', '));
});

test('a start with neither the database nor a copy: the links are read before anybody is judged without them', async () => {
  const { database, factsChanged, offered } = await house('READY', { databaseAway: true });
  assert.equal(offered(), undefined, 'only our own facts count');
  database.away = false;
  await factsChanged();
  assert.equal(offered(), true, 'Dana was ready when the database was there last');
});
