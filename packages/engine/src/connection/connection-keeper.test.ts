import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asAccountId, asConnectionId } from '@tandem/domain';
import type { AuditEntry } from '../ports/audit.ts';
import type { StoredConnection } from '../ports/connection-store.ts';
import type { Mail } from '../ports/mailer.ts';
import type { Proof } from '../ports/microsoft-connection.ts';
import { ConnectionKeeper } from './connection-keeper.ts';
import { chosenFeatures, rolesToAsk } from './features.ts';
import { TestConnectionStore } from './test-connection-store.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const start = Date.parse('2026-03-01T00:00:00Z');
const acme = asAccountId('acme');
const tenantA = 'acacacac-0000-4000-8000-000000000001';
const tenantB = '61061061-0000-4000-8000-000000000002';
const clientId = 'a1a1a1a1-0000-4000-8000-00000000a001';
const allRoles = rolesToAsk(['presence']).map(({ role }) => role);

const connection = (name: string, change: Partial<StoredConnection> = {}): StoredConnection => ({
  id: asConnectionId(name),
  accountId: acme,
  entraTenantId: tenantA,
  tenantName: 'Acme',
  domains: ['acme.example'],
  kind: 'platform-app',
  clientId,
  features: chosenFeatures(['presence']),
  roles: allRoles,
  roleUses: {},
  life: { state: 'CONNECTED', sinceWallMs: start },
  signedIn: { objectId: 'o', name: 'Alex', roles: ['Global Administrator'], mayConsent: true },
  createdWallMs: start,
  version: 1,
  ...change,
});

/** Virtual time, Microsoft as the test wants it. */
async function world(...connections: StoredConnection[]) {
  const store = new TestConnectionStore();
  for (const one of connections) store.rows.set(one.id, one);
  const mails: Mail[] = [];
  const audit: AuditEntry[] = [];
  const microsoft = {
    proof: { is: 'roles', roles: allRoles } as Proof,
    /** What a read of a tenant gets; 0: no answer. */
    status: new Map<string, number>(),
    proofs: 0,
    reads: 0,
  };
  let now = start;
  const keeper: ConnectionKeeper = new ConnectionKeeper({
    store,
    clock: { now: () => now - start, wall: () => now, after: () => () => undefined },
    mailer: { send: async (mail) => void mails.push(mail) },
    audit: { note: async (entry) => void audit.push(entry) },
    accountName: () => 'Acme Inc.',
    portal: 'https://portal.example.net',
    onChange: () => undefined,
    onProblem: () => undefined,
    probe: {
      async prove() {
        microsoft.proofs++;
        return microsoft.proof;
      },
      proveSecret: async () => microsoft.proof,
      async readTenant({ entraTenantId, clientId: app }) {
        microsoft.reads++;
        const status = microsoft.status.get(entraTenantId) ?? 200;
        keeper.heardOf({ entraTenantId, clientId: app }, status, 'Organization.Read.All');
        return status === 200 ? { name: 'Acme', domains: ['acme.example'] } : undefined;
      },
      forget: () => undefined,
    },
  });
  await keeper.load();
  return {
    keeper,
    store,
    mails,
    audit,
    microsoft,
    async pass(ms: number, step = 15_000) {
      for (const until = now + ms; now < until; ) {
        now = Math.min(until, now + step);
        await keeper.tick();
      }
    },
  };
}

test('a connection that nobody uses is tried every minute, so that its silence is noticed', async () => {
  const one = await world(connection('a'));
  await one.pass(10 * minute);
  assert.equal(one.keeper.find('a')?.life.state, 'CONNECTED');
  assert.ok(one.microsoft.reads >= 5 && one.microsoft.reads <= 12, String(one.microsoft.reads));
});

test('Microsoft falls silent: told within two minutes after three of silence; it answers again: resumed and told', async () => {
  const one = await world(connection('a'));
  await one.pass(5 * minute);
  one.microsoft.status.set(tenantA, 0);
  one.microsoft.proof = { is: 'silent' };
  await one.pass(5 * minute);
  assert.equal(one.keeper.find('a')?.life.reason, 'silent');
  assert.equal(one.mails.length, 1);
  assert.match(one.mails[0]?.text ?? '', /Calls go on/);
  one.microsoft.proof = { is: 'roles', roles: allRoles };
  one.microsoft.status.clear();
  await one.pass(2 * minute);
  assert.equal(one.keeper.find('a')?.life.state, 'CONNECTED');
  assert.equal(one.mails.length, 2);
});

test('what was withdrawn is told within two minutes, though Graph still takes the tokens of before', async () => {
  for (const proof of [
    { is: 'refused', trouble: 'app-removed' },
    { is: 'refused', trouble: 'app-disabled' },
    { is: 'refused', trouble: 'credential-expired' },
    { is: 'roles', roles: allRoles.filter((role) => role !== 'User.Read.All') },
  ] satisfies Proof[]) {
    const one = await world(connection('a'));
    await one.pass(10 * minute);
    one.microsoft.proof = proof;
    await one.pass(2 * minute);
    assert.match(one.keeper.find('a')?.life.state ?? '', /^(INTERRUPTED|EXPIRED)$/);
    assert.equal(one.mails.length, 1, JSON.stringify(proof));
    one.microsoft.proof = { is: 'roles', roles: allRoles };
    await one.pass(2 * minute);
    assert.equal(one.keeper.find('a')?.life.state, 'CONNECTED');
  }
});

test('a sign-in service that answers does not hide that Graph is silent', async () => {
  const one = await world(connection('a'));
  await one.pass(5 * minute);
  one.microsoft.status.set(tenantA, 0);
  await one.pass(5 * minute);
  assert.equal(one.keeper.find('a')?.life.reason, 'silent');
});

test('N03: of two tenants one breaks: the other is not touched, and each has its own mail', async () => {
  const one = await world(connection('a'), connection('b', { entraTenantId: tenantB }));
  one.keeper.heardOf({ entraTenantId: tenantB, clientId }, 403, undefined);
  one.keeper.heardOf({ entraTenantId: tenantB, clientId }, 403, undefined);
  one.microsoft.status.set(tenantB, 403);
  await one.pass(10 * minute);
  assert.equal(one.keeper.find('b')?.life.reason, 'access-denied', 'a token with all roles does not end it');
  assert.equal(one.keeper.find('a')?.life.state, 'CONNECTED');
  assert.equal(one.mails.length, 1);
});

test('another app in the same tenant, or the same app in another, is heard of by nobody else (T20)', async () => {
  const one = await world(connection('a'));
  for (let i = 0; i < 4; i++) {
    one.keeper.heardOf({ entraTenantId: tenantB, clientId }, 403, undefined);
    one.keeper.heardOf({ entraTenantId: tenantA, clientId: 'another' }, 403, undefined);
  }
  await one.pass(1);
  assert.equal(one.keeper.find('a')?.life.state, 'CONNECTED');
});

test('for thirty days interrupted: one mail at once and seven more, each with a key of its own', async () => {
  const one = await world(connection('a'));
  one.microsoft.proof = { is: 'refused', trouble: 'app-removed' };
  await one.keeper.hear('a', { is: 'refused', trouble: 'app-removed' });
  await one.pass(30 * day, 60 * minute);
  assert.equal(one.mails.length, 8);
  assert.equal(new Set(one.mails.map(({ key }) => key)).size, 8);
});

test('after a restart nothing is told twice: what was told stands in the store', async () => {
  const first = await world(connection('a'));
  await first.keeper.hear('a', { is: 'refused', trouble: 'app-disabled' });
  const stored = first.store.rows.get('a');
  assert.ok(stored);
  const second = await world(stored);
  second.microsoft.proof = { is: 'refused', trouble: 'app-disabled' };
  await second.pass(10 * minute);
  assert.equal(second.mails.length, 0);
});

test('the database is away: what is heard counts at once, is mailed, and is stored when it is back', async () => {
  const one = await world(connection('a'));
  one.store.away = true;
  await one.keeper.hear('a', { is: 'refused', trouble: 'tenant-gone' });
  assert.equal(one.keeper.find('a')?.life.reason, 'tenant-gone');
  assert.equal(one.mails.length, 1);
  one.store.away = false;
  one.microsoft.proof = { is: 'roles', roles: allRoles };
  await one.pass(3 * minute);
  assert.equal(one.store.rows.get('a')?.life.state, 'CONNECTED');
});

test('a change that an admin decides is refused while it cannot be kept', async () => {
  const one = await world(connection('a'));
  one.store.away = true;
  await assert.rejects(one.keeper.change('a', (current) => ({ ...current, features: [] })));
  assert.deepEqual(one.keeper.find('a')?.features, chosenFeatures(['presence']));
});

test('two nodes write the same connection: neither change is lost', async () => {
  const one = await world(connection('a'));
  const other = one.store.rows.get('a');
  assert.ok(other);
  await one.store.save({ ...other, tenantName: 'Renamed elsewhere' });
  await one.keeper.change('a', (current) => ({ ...current, features: chosenFeatures(['mail']) }));
  const stored = one.store.rows.get('a');
  assert.equal(stored?.tenantName, 'Renamed elsewhere');
  assert.deepEqual(stored?.features, chosenFeatures(['mail']));
});

test('U14: when a permission was last used stands beside it, also after a restart', async () => {
  const one = await world(connection('a'));
  one.keeper.heardOf({ entraTenantId: tenantA, clientId }, 200, 'User.Read.All');
  assert.equal(one.keeper.find('a')?.roleUses['User.Read.All'], start);
  await one.pass(6 * minute);
  assert.ok(one.store.rows.get('a')?.roleUses['User.Read.All']);
});

test('waiting for the approval it asks 5, 10, 20 and 40 s apart, not more often', async () => {
  const one = await world(
    connection('a', {
      life: { state: 'CONSENT_PENDING', sinceWallMs: start, proofUntilWallMs: start + 5 * minute },
    }),
  );
  one.microsoft.proof = { is: 'roles', roles: [] };
  await one.pass(4 * minute, 5_000);
  assert.ok(one.microsoft.proofs >= 5 && one.microsoft.proofs <= 8, String(one.microsoft.proofs));
  one.microsoft.proof = { is: 'roles', roles: allRoles };
  await one.pass(50_000, 5_000);
  assert.equal(one.keeper.find('a')?.life.state, 'CONNECTED');
});

test('a half state behind which nobody with the right to approve stands never asks (T19)', async () => {
  const one = await world(
    connection('a', {
      life: { state: 'CONSENT_INCOMPLETE', sinceWallMs: start, reason: 'needs-admin' },
      signedIn: { objectId: 'o', name: 'Ines', roles: [], mayConsent: false },
    }),
  );
  await one.pass(60 * minute, minute);
  assert.equal(one.microsoft.proofs, 0);
  assert.equal(one.keeper.find('a')?.life.state, 'CONSENT_INCOMPLETE');
});

test("the platform's certificate is no customer's matter: no reminder goes to them", async () => {
  const one = await world(
    connection('a', { credential: { kind: 'certificate', endsWallMs: start + 3 * day } }),
  );
  await one.pass(5 * day, 60 * minute);
  assert.equal(one.mails.length, 0);
  assert.equal(one.keeper.find('a')?.life.state, 'CONNECTED');
});

test('a connection that comes and goes is told of once an hour, and its return only if the loss was told', async () => {
  const one = await world(connection('a'));
  for (let i = 0; i < 6; i++) {
    for (let refused = 0; refused < 2; refused++)
      one.keeper.heardOf({ entraTenantId: tenantA, clientId }, 403, undefined);
    await one.pass(minute);
    assert.equal(one.keeper.find('a')?.life.state, 'CONNECTED');
  }
  assert.deepEqual(
    one.mails.map(({ subject }) => subject.split(' - ')[0]),
    ['Microsoft 365 needs attention', 'Microsoft 365 works again'],
  );
});

test('a second interruption within the hour, for another reason, is told of all the same', async () => {
  const one = await world(connection('a'));
  for (const trouble of ['app-disabled', 'app-removed', 'app-removed'] as const) {
    await one.keeper.hear('a', { is: 'refused', trouble });
    await one.pass(minute);
    assert.equal(one.keeper.find('a')?.life.state, 'CONNECTED');
  }
  assert.equal(
    one.mails.filter(({ subject }) => subject.startsWith('Microsoft 365 needs attention')).length,
    2,
    'the third is the second once more',
  );
});

test('a machine that slept for an hour has not found Microsoft silent', async () => {
  const one = await world(connection('a'));
  await one.pass(2 * minute);
  await one.pass(60 * minute, 60 * minute);
  assert.equal(one.keeper.find('a')?.life.state, 'CONNECTED');
  assert.equal(one.mails.length, 0);
});

test('Microsoft refuses one thing and answers others: the connection is asked after and goes on', async () => {
  const one = await world(connection('a'));
  await one.pass(minute);
  const reads = one.microsoft.reads;
  for (let i = 0; i < 6; i++) one.keeper.heardOf({ entraTenantId: tenantA, clientId }, 403, undefined, false);
  await one.pass(5_000, 5_000);
  assert.equal(one.microsoft.reads, reads + 1, 'asked at once');
  assert.equal(one.keeper.find('a')?.life.state, 'CONNECTED');
  one.microsoft.status.set(tenantA, 403);
  one.keeper.heardOf({ entraTenantId: tenantA, clientId }, 403, undefined, false);
  await one.pass(2 * minute);
  assert.equal(one.keeper.find('a')?.life.reason, 'access-denied');
});

test('a fresh token is heard while another change is being written: its roles stay', async () => {
  const one = await world(connection('a'));
  const fewer = allRoles.slice(0, -1);
  let heard: Promise<unknown> | undefined;
  one.store.meanwhile = async () => {
    heard = one.keeper.heardProof('a', { is: 'roles', roles: fewer });
  };
  await one.keeper.change('a', (current) => ({ ...current, tenantName: 'Acme Inc.' }));
  await heard;
  assert.deepEqual(one.keeper.find('a')?.roles, fewer);
  await one.pass(minute);
  assert.deepEqual(one.store.rows.get('a')?.roles, fewer);
  assert.equal(one.store.rows.get('a')?.tenantName, 'Acme');
});

test('an admin ends the connection while the uses of its permissions are being written: it has ended', async () => {
  const one = await world(connection('a'));
  await one.pass(minute);
  let ended: Promise<unknown> | undefined;
  one.store.meanwhile = async () => {
    ended = one.keeper.hear('a', { is: 'disconnected' });
    // As long as a second write would take that did not wait.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  await one.pass(6 * minute);
  assert.ok(ended);
  await ended;
  assert.equal(one.keeper.find('a')?.life.state, 'DISCONNECTED');
  assert.equal(one.store.rows.get('a')?.life.state, 'DISCONNECTED');
});
