import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { AuditEntry } from '@tandem/engine/ports/audit.ts';
import pg from 'pg';
import { type Database, openDatabase } from '../postgres/database.ts';
import { createStores, type Stores } from '../postgres/stores.ts';
import { sampleAccount } from '../postgres/test-support/samples.ts';
import { startTestServer, type TestServer } from '../postgres/test-support/server.ts';
import { createSecretBox } from '../security/secret-box.ts';
import { headKey } from './audit-chain.ts';
import { createAuditLog } from './audit-log.ts';

let server: TestServer;
let db: Database;
let stores: Stores;
let ownerUrl: string;
const acme = sampleAccount();
const globex = sampleAccount();
const folder = mkdtempSync(join(tmpdir(), 'tandem-audit-'));

before(async () => {
  server = await startTestServer(22070);
  const made = await server.freshDatabase('audit');
  ownerUrl = made.ownerUrl;
  db = openDatabase({ url: made.appUrl });
  stores = createStores(db, createSecretBox(Buffer.alloc(32, 1)));
});
after(async () => {
  await db?.close();
  await server?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Time that only the test moves. */
function manualClock() {
  let now = 1_700_000_000_000;
  const due: { at: number; fire: () => void }[] = [];
  return {
    wall: () => now,
    after(ms: number, fire: () => void) {
      const one = { at: now + ms, fire };
      due.push(one);
      return () => void due.splice(due.indexOf(one), 1);
    },
    move(ms: number) {
      now += ms;
      for (const one of due.filter(({ at }) => at <= now)) {
        due.splice(due.indexOf(one), 1);
        one.fire();
      }
    },
  };
}

function logWith(name: string, store = stores.audit) {
  const clock = manualClock();
  const files = {
    spoolFile: join(folder, `${name}.waiting`),
    anchorFile: join(folder, `${name}.heads`),
  };
  const problems: string[] = [];
  const make = () =>
    createAuditLog({
      store,
      key: headKey(Buffer.alloc(32, 1)),
      ...files,
      clock,
      onProblem: (what) => problems.push(what),
    });
  return { log: make(), again: make, clock, files, problems };
}

const entry = (accountId: AuditEntry['accountId'], n: number): AuditEntry => ({
  accountId,
  actor: { kind: 'user', name: 'alex', role: 'admin', address: '192.0.2.1' },
  action: 'person.change',
  object: { kind: 'person', id: `p${n}`, label: 'Dana' },
  before: { teamsToggle: true, nothing: undefined },
  after: { teamsToggle: false, n },
});

test('entries written at the same moment stand in one chain without gaps, and each account has its own', async () => {
  const { log, clock, files } = logWith('together');
  await Promise.all(
    Array.from({ length: 30 }, (_, n) => log.note(entry(n % 3 === 0 ? globex.id : acme.id, n))),
  );
  assert.deepEqual(await log.check(acme.id), { chain: acme.id, entries: 20, heads: 0 });
  assert.deepEqual(await log.check(globex.id), { chain: globex.id, entries: 10, heads: 0 });
  clock.move(60_000);
  await log.note(entry(undefined, 1));
  assert.deepEqual(await log.check(acme.id), { chain: acme.id, entries: 20, heads: 1 });
  assert.equal(readFileSync(files.anchorFile, 'utf8').trim().split('\n').length, 2);
  const [newest, second] = await stores.audit.list(acme.id, { limit: 2 });
  assert.equal(newest?.sequence, 20);
  assert.equal(newest?.previous, second?.hash);
  assert.deepEqual(await stores.audit.list(acme.id, { action: 'account.' }), []);
  assert.equal((await stores.audit.list(acme.id, { objectId: 'p4' })).length, 1);
  await log.stop();
});

test('T22: one account never reads the chain of another', async () => {
  const seen = await db.withAccount(acme.id, (tx) =>
    tx.selectFrom('audit_entries').select('chain').distinct().execute(),
  );
  assert.deepEqual(seen, [{ chain: acme.id }]);
});

test('the application cannot change or delete an entry; the owner of the database can, and is found out', async () => {
  const { log } = logWith('tampered');
  await assert.rejects(
    db.withAccount(acme.id, (tx) => tx.deleteFrom('audit_entries').execute()),
    /permission denied/,
  );
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  try {
    await owner.query(`set row_security = off`);
    await owner.query(
      `update audit_entries set after = '{"teamsToggle": true}' where chain = $1 and sequence = 7`,
      [globex.id],
    );
  } finally {
    await owner.end();
  }
  assert.deepEqual((await log.check(globex.id)).fault, { sequence: 7, what: 'changed' });
  await log.stop();
});

test('while the database is away entries wait on disk, over a restart too, and come in their order', async () => {
  const switchable = { away: true };
  const store = {
    ...stores.audit,
    append: (one: AuditEntry, atWallMs: number) =>
      switchable.away ? Promise.reject(new Error('away')) : stores.audit.append(one, atWallMs),
  };
  const other = sampleAccount();
  const { log, again, files, problems } = logWith('away', store);
  for (let n = 1; n <= 3; n++) await log.note(entry(other.id, n));
  assert.equal(log.waiting, 3);
  assert.equal(problems.length, 1, 'told once');
  await log.stop();

  const restarted = again();
  assert.equal(restarted.waiting, 3);
  switchable.away = false;
  await restarted.note(entry(other.id, 4));
  const found = await stores.audit.list(other.id);
  assert.deepEqual(
    found.map((one) => one.object.id),
    ['p4', 'p3', 'p2', 'p1'],
  );
  assert.equal(existsSync(files.spoolFile), false);
  assert.equal((await restarted.check(other.id)).fault, undefined);
  await restarted.stop();
});

test('an entry that the database will never take is set aside on disk; those of others go on', async () => {
  const { log, clock, files, problems } = logWith('refused');
  const other = sampleAccount();
  const name = 'Dana\u0000';
  await log.note({ ...entry(acme.id, 1), object: { kind: 'person', id: 'p1', label: name } });
  clock.move(5_000);
  await log.note(entry(other.id, 2));
  assert.equal(log.waiting, 0);
  assert.equal((await stores.audit.list(other.id)).length, 1);
  const refused = readFileSync(`${files.spoolFile}.refused`, 'utf8').trim().split('\n');
  assert.equal(refused.length, 1);
  assert.equal(JSON.parse(refused[0] ?? '').entry.object.label, name);
  assert.equal(problems.length, 1);
  await log.stop();
});
