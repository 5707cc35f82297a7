import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { asPersonId } from '@tandem/domain';
import { createHarness, type Visitor } from '../testing/harness.ts';
import * as world from '../testing/sample-world.ts';

let harness: Awaited<ReturnType<typeof createHarness>>;
let admin: Visitor;
beforeEach(async () => {
  harness = await createHarness();
  admin = await harness.visitor('admin@acme.example');
});
afterEach(() => harness.server.close());

const account = `/api/v1/accounts/${world.acmeId}/presence-sync`;
interface Setup {
  readonly version: number;
  readonly settings: Record<string, unknown> & { readonly rules: Record<string, string> };
  readonly [key: string]: unknown;
}
const setup = async (): Promise<Setup> => (await admin.ask(account)).json() as unknown as Setup;
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
};

test('the administrator sees connection, mode, rules and counts; a user of the account sees none of it and changes nothing', async () => {
  const read = await setup();
  assert.deepEqual([read.version, read.settings.mode, read.settings.direction], [1, 'all', 'both']);
  const [connection] = read.connections as Record<string, unknown>[];
  assert.deepEqual(
    [
      connection?.signedInAs,
      connection?.state,
      connection?.reads,
      connection?.writes,
      connection?.authorised,
    ],
    ['Alex of Acme', 'connected', true, false, false],
  );
  assert.match(JSON.stringify(connection?.missing), /switched off under Connection/);
  const dana = await harness.visitor('dana@acme.example');
  const change = { version: 1, settings: { ...read.settings, mode: 'disabled' } };
  assert.equal((await dana.ask(account)).status, 403);
  assert.equal((await dana.ask(account, { method: 'PUT', body: change })).status, 403);
  assert.equal(
    (
      await dana.ask(`/api/v1/people/${world.danaId}/presence-sync`, {
        method: 'POST',
        body: { action: 'unsync' },
      })
    ).status,
    403,
  );
  const desk = await harness.visitor('desk@acme.example');
  assert.equal((await desk.ask(account)).status, 200);
  assert.equal((await desk.ask(account, { method: 'PUT', body: change })).status, 403);
  assert.equal((await setup()).settings.mode, 'all');
});

test('Edit and Save: the whole table at once; who saved in between is named, and nothing of the late one counts', async () => {
  const { version, settings } = await setup();
  const edited = { ...settings, rules: { ...settings.rules, busy: 'no-calls' } };
  const saved = await admin.ask(account, { method: 'PUT', body: { version, settings: edited } });
  assert.equal(saved.status, 200, saved.text);
  const operator = await harness.visitor('operator');
  const late = await operator.ask(account, {
    method: 'PUT',
    body: { version, settings: { ...settings, rules: { ...settings.rules, offline: 'no-calls' } } },
  });
  assert.deepEqual([late.status, late.json().code], [409, 'changed-meanwhile']);
  assert.match(String(late.json().detail), /^admin@acme\.example changed the settings at /);
  const now = await setup();
  assert.deepEqual([now.settings.rules.busy, now.settings.rules.offline], ['no-calls', 'accept-all']);
  const reset = await admin.ask(`${account}/reset-rules`, {
    method: 'POST',
    body: { version: now.version },
  });
  assert.deepEqual((reset.json() as unknown as Setup).settings.rules, now.defaultRules);
  const four = { ...settings, rules: { busy: 'no-calls' } };
  const partial = await admin.ask(account, {
    method: 'PUT',
    body: { version: now.version + 1, settings: four },
  });
  assert.equal(partial.status, 400, 'half a table is no table');
});

test('every change stands in the audit with before and after', async () => {
  const { version, settings } = await setup();
  await admin.ask(account, {
    method: 'PUT',
    body: { version, settings: { ...settings, notify: ['boss@acme.example'] } },
  });
  const audit = await admin.ask(`/api/v1/audit?action=presence-sync.change`);
  const [entry] = audit.json().items as Record<string, Record<string, unknown>>[];
  assert.deepEqual([entry?.before, entry?.after], [{ notify: [] }, { notify: ['boss@acme.example'] }]);
  assert.equal(entry?.actor?.name, 'admin@acme.example');
});

test('a change that touches many is confirmed by its own preview, and by no other', async () => {
  const { version, settings } = await setup();
  const selected = { ...settings, mode: 'selected' };
  const small = await admin.ask(account, { method: 'PUT', body: { version, settings: selected } });
  assert.equal(small.status, 200, 'eight people are few');
  await settled();
  const [dana] = world.people();
  assert.ok(dana);
  // Whoever was not looked at yet counts as one for whom it begins.
  for (let n = 0; n < 30; n++)
    harness.directory.data.people.push({
      ...dana,
      id: asPersonId(`01930000-0000-7000-8000-0000000001${String(n).padStart(2, '0')}`),
      displayName: `Extra ${n}`,
      upn: `extra${n}@acme.example`,
      mail: `extra${n}@acme.example`,
      numbers: [],
    });
  harness.presenceSync.atMicrosoft(world.acmeId);
  const wanted = { version: version + 1, settings: { ...settings, mode: 'all' } };
  const refused = await admin.ask(account, { method: 'PUT', body: wanted });
  assert.deepEqual([refused.status, refused.json().code], [409, 'preview-outdated']);
  const ask = async (mode: string) =>
    (await admin.ask(`${account}/preview`, { method: 'POST', body: { mode, direction: 'both' } })).json();
  const other = await ask('disabled');
  assert.equal(other.needsConfirmation, false);
  const foreign = await admin.ask(`${account}?preview=${other.preview}`, { method: 'PUT', body: wanted });
  assert.equal(foreign.status, 409);
  const preview = await ask('all');
  assert.equal(preview.needsConfirmation, true);
  assert.deepEqual(
    [
      (preview.counts as Record<string, number>).begins,
      (preview.mismatches as Record<string, number>).ambiguous,
    ],
    [34, 1],
  );
  const done = await admin.ask(`${account}?preview=${preview.preview}`, { method: 'PUT', body: wanted });
  assert.equal(done.status, 200, done.text);
  assert.equal((done.json().settings as Record<string, unknown>).mode, 'all');
});

test('the table of people: state, match and reason of each, searched, filtered and paged', async () => {
  await admin.ask(`${account}/runs`, { method: 'POST' });
  await settled();
  const all = (await admin.ask(`${account}/people?limit=3`)).json() as {
    items: Record<string, unknown>[];
    nextCursor: string;
    total: number;
  };
  assert.deepEqual([all.items.length, all.total], [3, 8]);
  const rest = (await admin.ask(`${account}/people?limit=100&cursor=${all.nextCursor}`)).json()
    .items as Record<string, unknown>[];
  assert.equal(rest.length, 5);
  const states = new Map([...all.items, ...rest].map((one) => [one.displayName, [one.state, one.code]]));
  assert.deepEqual(states.get('Dana Fields'), ['synced', 'PRS-121'], 'writing is switched off there');
  assert.deepEqual(states.get('Ella Brandt'), ['failed', 'PRS-103']);
  assert.deepEqual(states.get('Farah Haddad'), ['failed', 'PRS-104']);
  assert.deepEqual(states.get('Gus Moreno'), ['failed', 'PRS-102']);
  assert.deepEqual(states.get('Hana Sato'), ['failed', 'PRS-112']);
  const failed = (await admin.ask(`${account}/people?state=failed`)).json().items as unknown[];
  assert.equal(failed.length, 4);
  const [hana] = (await admin.ask(`${account}/people?code=PRS-112&search=hana`)).json().items as Record<
    string,
    unknown
  >[];
  assert.match(String(hana?.words), /h1\.hana@acme\.example and h2\.hana@acme\.example/);
  assert.equal(hana?.owner, 'platform-admin');
});

test('Unsync, Resync and many at once; whoever is not of the account is named and not touched', async () => {
  await admin.ask(`${account}/runs`, { method: 'POST' });
  await settled();
  const one = `/api/v1/people/${world.danaId}/presence-sync`;
  const unsynced = await admin.ask(one, { method: 'POST', body: { action: 'unsync' } });
  assert.deepEqual([unsynced.json().state, unsynced.json().code], ['unsynced', 'PRS-130']);
  await admin.ask(one, { method: 'POST', body: { action: 'resync' } });
  await settled();
  assert.equal((await admin.ask(one)).json().state, 'synced');
  const many = await admin.ask(`${account}/people`, {
    method: 'POST',
    body: { action: 'unsync', people: [world.danaId, world.boId, world.gretaId] },
  });
  assert.deepEqual(many.json(), { changed: 2, unchanged: 0, unknown: [world.gretaId] });
  const greta = await harness.visitor('admin@globex.example');
  const seen = await greta.ask(`/api/v1/people/${world.gretaId}/presence-sync`);
  assert.equal(seen.json().choice, 'inherit');
});

test('mismatches with who may be meant, and “use this match”: it is refused where somebody else has that user', async () => {
  await admin.ask(`${account}/runs`, { method: 'POST' });
  await settled();
  const found = (await admin.ask(`${account}/mismatches`)).json().items as {
    kind: string;
    personId: string;
    candidates: { objectId: string; upn: string; usable: boolean }[];
  }[];
  assert.deepEqual(found.map(({ kind }) => kind).sort(), ['ambiguous', 'disabled-left', 'missing-right']);
  const hana = found.find(({ kind }) => kind === 'ambiguous');
  const [first] = hana?.candidates ?? [];
  assert.ok(hana && first?.usable);
  const link = `/api/v1/people/${hana.personId}/presence-sync/link`;
  const linked = await admin.ask(link, { method: 'PUT', body: { objectId: first.objectId } });
  assert.equal((linked.json().match as Record<string, unknown>).by, 'explicit');
  const ella = found.find(({ kind }) => kind === 'missing-right');
  const taken = await admin.ask(`/api/v1/people/${ella?.personId}/presence-sync/link`, {
    method: 'PUT',
    body: { objectId: first.objectId },
  });
  assert.deepEqual([taken.status, taken.json().code], [409, 'link-taken']);
  assert.match(String(taken.json().detail), /Hana Sato/);
  const nobody = await admin.ask(link, { method: 'PUT', body: { objectId: 'no-such-user' } });
  assert.equal(nobody.json().code, 'not-a-candidate');
  assert.equal((await admin.ask(link, { method: 'DELETE' })).json().match, undefined);
});

test('a run by hand: while one goes on it is the same one; its results are listed, failed ones first, for its own account only', async () => {
  const begun = await admin.ask(`${account}/runs`, { method: 'POST' });
  assert.equal(begun.status, 202);
  await settled();
  const { id } = begun.json();
  const over = (await admin.ask(`/api/v1/presence-runs/${id}`)).json() as {
    state: string;
    sentence: string;
    counts: Record<string, number>;
  };
  assert.deepEqual([over.state, over.counts.synced, over.counts.failed], ['done', 4, 4]);
  assert.match(over.sentence, /^4 synced, 4 failed, in \d+ s\.$/);
  const results = (await admin.ask(`/api/v1/presence-runs/${id}/results?limit=5`)).json() as {
    items: { outcome: string; fix?: string }[];
    nextCursor?: string;
  };
  assert.deepEqual(
    results.items.map(({ outcome }) => outcome),
    ['failed', 'failed', 'failed', 'failed', 'synced'],
  );
  assert.ok(results.items[0]?.fix && results.nextCursor);
  const globex = await harness.visitor('admin@globex.example');
  assert.equal((await globex.ask(`/api/v1/presence-runs/${id}`)).status, 404);
  assert.equal((await globex.ask(`/api/v1/presence-runs/${id}/results`)).status, 404);
  const runs = (await admin.ask(`${account}/runs`)).json().items as { id: string }[];
  assert.equal(runs[0]?.id, id);
  const off = await globex.ask(`/api/v1/accounts/${world.globexId}/presence-sync/runs`, { method: 'POST' });
  assert.equal(off.json().code, 'wrong-state');
});

test('the database is away: settings cannot be saved, and say so; what was decided still counts', async () => {
  const { version, settings } = await setup();
  harness.switches.databaseAway = true;
  const answer = await admin.ask(account, {
    method: 'PUT',
    body: { version, settings: { ...settings, mode: 'disabled' } },
  });
  assert.equal(answer.status, 503);
  harness.switches.databaseAway = false;
  assert.equal((await setup()).settings.mode, 'all');
});
