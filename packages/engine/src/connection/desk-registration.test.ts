import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Account, asAccountId, asConnectionId } from '@tandem/domain';
import type { Proof } from '../ports/microsoft-connection.ts';
import { ConnectionDesk } from './connection-desk.ts';
import { ConnectionKeeper } from './connection-keeper.ts';
import type { DeskAsker } from './desk-parts.ts';
import { chosenFeatures, rolesToAsk } from './features.ts';
import { TestConnectionStore } from './test-connection-store.ts';

const start = Date.parse('2026-03-01T00:00:00Z');
const acme = asAccountId('acme');
const tenantId = 'acacacac-0000-4000-8000-000000000001';
const ownApp = 'b2b2b2b2-0000-4000-8000-00000000b002';
const allRoles = rolesToAsk(['presence']).map(({ role }) => role);
const alex: DeskAsker = { kind: 'user', name: 'alex', address: '192.0.2.1', session: 's' };

/** An account that is connected by an app of its own; Microsoft as the test wants it. */
async function world() {
  const store = new TestConnectionStore();
  const microsoft = { next: { is: 'roles', roles: allRoles } as Proof };
  const audit = { note: async () => undefined };
  let now = start;
  const clock = { now: () => now - start, wall: () => now, after: () => () => undefined };
  const probe = {
    prove: async (_: unknown, place: string) =>
      place === 'next' ? microsoft.next : ({ is: 'silent' } as const),
    proveSecret: async () => microsoft.next,
    readTenant: async () => ({ name: 'Acme', domains: ['acme.example'] }),
    forget: () => undefined,
  };
  const onProblem = (): void => undefined;
  const keeper = new ConnectionKeeper({
    store,
    clock,
    probe,
    audit,
    onProblem,
    mailer: { send: async () => undefined },
    accountName: () => 'Acme',
    portal: 'https://portal.example.net',
    onChange: () => undefined,
  });
  const desk = new ConnectionDesk({
    keeper,
    clock,
    probe,
    audit,
    onProblem,
    attempts: { open: async () => undefined, take: async () => undefined },
    signIn: {
      authorizeUrl: () => '',
      consentUrl: () => '',
      redeem: async () => ({ ok: false, why: 'unavailable' }),
    },
    platformApp: undefined,
    account: () => ({ id: acme, name: 'Acme', status: 'active' }) as Account,
    redirectUris: () => [],
    newId: () => asConnectionId('one'),
    secretText: () => 'text',
    certificates: {
      make: async () => ({ certificate: 'PEM', privateKey: 'KEY', endsWallMs: start + 365 * 86_400_000 }),
      fault: () => undefined,
      endsWallMs: () => start + 365 * 86_400_000,
    },
    saveSecret: store.saveWithSecret,
    peopleOf: () => 0,
    digest: (text) => text,
  });
  const register = (credential: 'secret' | 'make-certificate') =>
    desk.register(
      {
        accountId: acme,
        tenantId,
        clientId: ownApp,
        features: ['presence'],
        shareTenant: false,
        credential:
          credential === 'secret'
            ? { kind: 'secret', secret: 'a secret value', endsAt: '2027-01-01T00:00:00Z' }
            : { kind: 'make-certificate', days: 365 },
      },
      alex,
    );
  const end = () => {
    const stops = desk.stops(asConnectionId('one'));
    assert.ok(stops.ok);
    return desk.disconnect(asConnectionId('one'), { preview: stops.value.preview }, alex);
  };
  return {
    keeper,
    store,
    microsoft,
    register,
    end,
    async pass(ms: number) {
      now += ms;
      await keeper.tick();
    },
    state: () => keeper.find('one')?.life.state,
  };
}

test('an account that ended its connection registers its app again: the certificate is tried by itself', async () => {
  const one = await world();
  await one.register('secret');
  assert.equal(one.state(), 'CONNECTED');
  await one.end();
  assert.equal(one.state(), 'DISCONNECTED');
  one.microsoft.next = { is: 'refused', trouble: 'credential-refused' };
  const again = await one.register('make-certificate');
  assert.ok(again.ok);
  await one.pass(5_000);
  assert.equal(one.state(), 'NOT_CONNECTED');
  // The customer put the certificate into Entra.
  one.microsoft.next = { is: 'roles', roles: allRoles };
  await one.pass(60_000);
  assert.equal(one.state(), 'CONNECTED');
  assert.deepEqual(one.keeper.find('one')?.features, chosenFeatures(['presence']));
});

test('the store goes away in the middle of the end: it is ended for a restart too, and the credential goes with the next try', async () => {
  const one = await world();
  await one.register('secret');
  one.store.away = true;
  await assert.rejects(one.end());
  assert.equal(one.state(), 'DISCONNECTED');
  one.store.away = false;
  await one.pass(5_000);
  assert.equal(one.store.rows.get('one')?.life.state, 'DISCONNECTED');
  assert.equal(one.store.secrets.size, 1);
  const outcome = await one.end();
  assert.ok(outcome.ok);
  assert.equal(one.store.secrets.size, 0);
  assert.equal(one.keeper.find('one')?.credential, undefined);
  assert.equal((await one.end()).ok, false);
});
