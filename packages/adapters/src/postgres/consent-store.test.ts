import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createSecretBox } from '../security/secret-box.ts';
import { carryingOutAtMostMs, type NewProposal, type StoredProposal } from './consent-store.ts';
import { type Database, openDatabase } from './database.ts';
import { createStores, type Stores } from './stores.ts';
import { freshId, sampleAccount } from './test-support/samples.ts';
import { startTestServer, type TestServer } from './test-support/server.ts';

describe('consents and proposals in PostgreSQL', () => {
  let server: TestServer;
  let db: Database;
  let stores: Stores;
  let appUrl: string;
  const acme = sampleAccount();
  const globex = sampleAccount();
  const noon = Date.parse('2026-11-10T12:00:00Z');
  const day = 24 * 3_600_000;
  const secret = { params: { id: 'c1' }, query: {}, body: { username: 'acme', password: 'hush-hush' } };
  const shown = { params: { id: 'c1' }, query: {}, body: { username: 'acme', password: '(not shown)' } };

  before(async () => {
    server = await startTestServer(20090);
    appUrl = (await server.freshDatabase('consents')).appUrl;
    db = openDatabase({ url: appUrl });
    stores = createStores(db, createSecretBox(Buffer.alloc(32, 1)));
    for (const account of [acme, globex]) await stores.accounts.createForPlatform(account);
  });
  after(async () => {
    await db?.close();
    await server?.remove();
  });

  async function proposed(change: Partial<NewProposal> = {}): Promise<StoredProposal> {
    const made: NewProposal = {
      id: freshId(),
      accountId: acme.id,
      operation: 'carriers.credentials',
      sentence: 'Acme’s carrier: another password.',
      shown,
      proposedBy: { kind: 'token', name: 'operator', role: 'operator' },
      proposedWallMs: noon,
      expiresWallMs: noon + 30 * day,
      ...change,
    };
    await stores.consents.propose(made, secret);
    const stored = await stores.consents.findProposal(made.accountId, made.id);
    assert.ok(stored);
    return stored;
  }

  test('an account that never decided has consented; taking back and giving again are kept with who and when', async () => {
    assert.deepEqual(await stores.consents.consentOf(acme.id), { given: true });
    assert.equal(await stores.consents.setConsent(acme.id, false, 'ann', noon), true);
    assert.equal(await stores.consents.setConsent(acme.id, false, 'ben', noon + 1), false);
    assert.deepEqual(await stores.consents.consentOf(acme.id), {
      given: false,
      changedBy: 'ann',
      changedWallMs: noon,
    });
    assert.deepEqual([...(await stores.consents.withheldForPlatform())], [acme.id]);
    assert.deepEqual(await stores.consents.consentOf(globex.id), { given: true });
    assert.equal(await stores.consents.setConsent(acme.id, true, 'ann', noon + 2), true);
    assert.equal((await stores.consents.withheldForPlatform()).size, 0);
  });

  test('a request is sealed: its secret is in no column, opens under this key only and for this row only', async () => {
    const one = await proposed();
    assert.deepEqual(await stores.consents.requestOf(one), secret);
    assert.deepEqual(one.shown, shown);
    const rows = await db.withPlatform('test', (tx) => tx.selectFrom('proposals').selectAll().execute());
    assert.doesNotMatch(JSON.stringify(rows), /hush-hush/);
    const other = openDatabase({ url: appUrl });
    try {
      const stranger = createStores(other, createSecretBox(Buffer.alloc(32, 2)));
      assert.equal(await stranger.consents.requestOf(one), undefined);
    } finally {
      await other.close();
    }
  });

  test('another account neither finds nor moves it', async () => {
    const one = await proposed();
    assert.equal(await stores.consents.findProposal(globex.id, one.id), undefined);
    assert.deepEqual(await stores.consents.listProposals(globex.id, { limit: 10, nowWallMs: noon }), []);
    const stolen = { ...one, accountId: globex.id };
    const move = { to: 'carrying-out', by: 'gil', atWallMs: noon } as const;
    assert.equal(await stores.consents.moveProposal(stolen, 'open', move), undefined);
    assert.equal(await stores.consents.requestOf(stolen), undefined);
    assert.equal((await stores.consents.findProposal(acme.id, one.id))?.state, 'open');
    assert.equal((await stores.consents.findProposal(undefined, one.id))?.id, one.id);
  });

  test('of two that approve at once one carries it out', async () => {
    const one = await proposed();
    const claims = await Promise.all(
      ['ann', 'ben'].map((by) =>
        stores.consents.moveProposal(one, 'open', { to: 'carrying-out', by, atWallMs: noon }),
      ),
    );
    assert.equal(claims.filter(Boolean).length, 1);
  });

  test('after its end nobody approves it, and lists tell expired and lost ones from open ones', async () => {
    const accountId = globex.id;
    const expired = await proposed({ accountId, expiresWallMs: noon + day });
    const open = await proposed({ accountId });
    const lost = await proposed({ accountId });
    const at = noon + day;
    const claim = { to: 'carrying-out', by: 'gil', atWallMs: at } as const;
    assert.equal(await stores.consents.moveProposal(expired, 'open', claim), undefined);
    assert.ok(await stores.consents.moveProposal(lost, 'open', claim));
    const listed = async (state: 'open' | 'expired' | 'carrying-out' | 'failed', nowWallMs: number) =>
      (await stores.consents.listProposals(accountId, { limit: 10, state, nowWallMs })).map(({ id }) => id);
    assert.deepEqual(await listed('open', at), [open.id]);
    assert.deepEqual(await listed('expired', at), [expired.id]);
    assert.deepEqual(await listed('carrying-out', at), [lost.id]);
    assert.deepEqual(await listed('failed', at), []);
    assert.deepEqual(await listed('failed', at + carryingOutAtMostMs), [lost.id]);
    assert.deepEqual(await listed('carrying-out', at + carryingOutAtMostMs), []);
  });

  test('a problem that passes is kept with the open proposal and gone when it was carried out', async () => {
    const one = await proposed();
    const problem = { code: 'microsoft-unavailable', title: 'Away', next: 'Again.' };
    const claim = { to: 'carrying-out', by: 'ann', atWallMs: noon } as const;
    const claimed = await stores.consents.moveProposal(one, 'open', claim);
    assert.ok(claimed);
    const again = await stores.consents.moveProposal(claimed, 'carrying-out', {
      to: 'open',
      by: 'ann',
      atWallMs: noon,
      problem,
    });
    assert.deepEqual(again?.problem, problem);
    assert.ok(await stores.consents.moveProposal(one, 'open', claim));
    const done = await stores.consents.moveProposal(one, 'carrying-out', {
      to: 'carried-out',
      by: 'ann',
      atWallMs: noon,
    });
    assert.deepEqual([done?.state, done?.problem], ['carried-out', undefined]);
  });
});
