import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scope } from '@tandem/adapters/http/scope.ts';
import {
  type Account,
  asAccountId,
  asConnectionId,
  asPersonId,
  type E164,
  type Link,
  newLink,
  type Person,
} from '@tandem/domain';
import {
  AccountProvisioner,
  type AuditEntry,
  defaultSettings,
  type ProvisioningSettings,
} from '@tandem/engine';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import { FakeTenant, MemoryKeeper, VirtualClock } from '@tandem/engine/provisioning/test-tenant.ts';
import type { Provisioning, RunningConnection } from './provisioning.ts';
import { createProvisioningBoard } from './provisioning-api.ts';

const account = {
  id: asAccountId('acme'),
  name: 'Acme',
  status: 'active',
  sbcHosts: [],
  mailDomains: [],
  country: 'US',
  timeZone: 'UTC',
  carriers: [],
} as unknown as Account;
const connectionId = asConnectionId('01930000-0000-7000-8000-0000000c0001');
const number = '+12025550142' as E164;
const theirs = '+12025550177' as E164;
const admin: AuditActor = { kind: 'user', name: 'admin@acme.example', role: 'admin', address: '127.0.0.1' };
const ours: Scope = { kind: 'account', accountId: account.id };
const others: Scope = { kind: 'account', accountId: asAccountId('globex') };

/** Dana is ready; somebody may change her number in Teams. */
async function house() {
  const clock = new VirtualClock();
  const tenant = new FakeTenant(clock);
  let dana: Person = {
    id: asPersonId('dana'),
    accountId: account.id,
    displayName: 'Dana',
    upn: 'dana@acme.example',
    mail: 'dana@acme.example',
    numbers: [number],
    active: true,
    teamsToggle: true,
    platformLicence: true,
  };
  const objectId = 'id-dana@acme.example';
  tenant.members.add(objectId);
  tenant.held.set(objectId, number);
  let settings: ProvisioningSettings = defaultSettings(account.id, {
    enableGroups: [{ id: 'group', name: 'Voice Users' }],
    routingByHand: true,
    settleSeconds: 0,
  });
  const provisioner = new AccountProvisioner(account, settings, {
    tenant,
    keeper: new MemoryKeeper(),
    clock,
    random: () => 0,
    onPerson: () => undefined,
    onObjectIds: () => undefined,
    onProblem: () => undefined,
  });
  const link: Link = {
    ...newLink(account.id, dana.id, clock.wall() - 100_000),
    state: 'READY',
    objectId,
    assignedNumber: number,
    acceptedWallMs: clock.wall() - 50_000,
  };
  const seen = { by: 'override' as const, wallMs: 0 };
  provisioner.load([
    { accountId: account.id, personId: dana.id, link, evidence: { onlyWebClient: false, clientSeen: seen } },
  ]);
  provisioner.own(account, [dana], settings);
  provisioner.start();
  const running: RunningConnection = { connectionId, accountId: account.id, tenantId: 'tenant', provisioner };
  const notes: AuditEntry[] = [];
  const board = createProvisioningBoard({
    provisioning: {
      running: () => [running],
      waiting: () => [],
      ofPerson: ({ id }: Pick<Person, 'id'>) => (id === dana.id ? running : undefined),
      history: { note: () => undefined, list: async () => [] },
      async saveSettings(_id: unknown, next: ProvisioningSettings) {
        settings = next;
        provisioner.own(account, [dana], settings);
      },
    } as unknown as Provisioning,
    directory: {
      async changePerson(_scope, _id, change) {
        if (change.number === '+12025550100') return { kind: 'number-taken' };
        const before = dana;
        dana = {
          ...dana,
          ...(change.number && { numbers: [change.number] }),
          ...(change.teamsToggle !== undefined && { teamsToggle: change.teamsToggle }),
        };
        provisioner.own(account, [dana], settings);
        return { kind: 'changed', person: dana, before };
      },
    },
    audit: { note: async (entry) => void notes.push(entry) },
    wall: clock.wall,
    people: () => new Map([[dana.id, dana]]),
  });
  await clock.pass(2_000);
  return { clock, tenant, board, notes, objectId, dana: () => dana, provisioner };
}

test('another account sees neither the connection nor what stands in it', async () => {
  const { board, provisioner } = await house();
  assert.equal(board.read(ours, connectionId)?.status.funnel.ready, 1);
  assert.equal(board.read(others, connectionId), undefined);
  assert.deepEqual([board.list(others), board.actionItems(others, undefined)], [[], []]);
  assert.equal(await board.change(others, connectionId, { graceSeconds: 0 }, admin), undefined);
  assert.equal(await board.decideHeld(others, connectionId, 'let-through', admin), undefined);
  assert.equal(board.inventory(others, connectionId, { limit: 10 }), undefined);
  provisioner.stop();
});

test('settings: what is not named stays, and the change is in the audit with before and after', async () => {
  const { board, notes, provisioner } = await house();
  const changed = await board.change(ours, connectionId, { graceSeconds: 60 }, admin);
  assert.deepEqual(
    [changed?.settings.graceSeconds, changed?.settings.enableGroups[0]?.name],
    [60, 'Voice Users'],
  );
  assert.deepEqual(
    notes.map(({ action, before, after }) => [action, before, after]),
    [['provisioning.change', { graceSeconds: 86_400 }, { graceSeconds: 60 }]],
  );
  provisioner.stop();
});

test('the number that somebody gave her in Teams is accepted: it is hers here too, nothing is written, and undo puts ours back', async () => {
  const it = await house();
  it.tenant.held.set(it.objectId, theirs);
  await it.clock.pass(60_000);
  assert.equal(it.board.person(it.dana()).drift[0]?.theirs, theirs);
  const drift = (decision: 'accept' | 'undo') =>
    it.board.act(it.dana(), { kind: 'drift', field: 'number', decision }, admin);
  assert.deepEqual(await drift('accept'), { kind: 'done' });
  await it.clock.pass(60_000);
  const accepted = it.board.person(it.dana());
  assert.deepEqual([it.dana().numbers, accepted.state, accepted.drift], [[theirs], 'READY', []]);
  assert.equal(it.tenant.writes.length, 0);
  assert.deepEqual(
    it.notes.map(({ action, object }) => [action, object.id]),
    [['provisioning.drift', 'dana']],
  );
  assert.deepEqual(await drift('undo'), { kind: 'done' });
  await it.clock.pass(60_000);
  assert.deepEqual([it.dana().numbers, it.tenant.held.get(it.objectId)], [[number], number]);
  assert.deepEqual(
    it.board.person(it.dana()).decisions.map(({ decision, undone, by }) => [decision, undone, by]),
    [['accept', true, admin.name]],
  );
  assert.deepEqual((await drift('undo')).kind, 'nothing-to-decide');
  it.provisioner.stop();
});

test('nothing was refused: retry says so; a person of no connection is not provisioned', async () => {
  const { board, dana, provisioner } = await house();
  assert.deepEqual(await board.act(dana(), { kind: 'retry' }, admin), { kind: 'nothing-to-retry' });
  const stranger = { ...dana(), id: asPersonId('nobody') };
  assert.deepEqual(await board.act(stranger, { kind: 'recheck' }, admin), { kind: 'not-provisioned' });
  assert.equal(board.person(stranger).state, 'OUT');
  provisioner.stop();
});

test('everything that was written stands in the inventory, and undoing the number switches calls off', async () => {
  const it = await house();
  const found = () =>
    it.board
      .inventory(ours, connectionId, { limit: 10 })
      ?.items.map((one) => [one.what, one.value, one.undoBy]);
  assert.deepEqual(found(), [['number', number, 'tandem']]);
  assert.deepEqual(await it.board.act(it.dana(), { kind: 'undo', what: 'number' }, admin), { kind: 'done' });
  assert.deepEqual(found(), [['number', number, 'under-way']]);
  await it.clock.pass(60_000);
  assert.deepEqual([it.dana().teamsToggle, it.tenant.held.size], [false, 0]);
  assert.equal(it.board.inventory(ours, connectionId, { limit: 10 })?.total, 0);
  it.provisioner.stop();
});
