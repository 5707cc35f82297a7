import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createHarness } from '@tandem/adapters/http/testing/harness.ts';
import { acmeJobId } from '@tandem/adapters/http/testing/memory-jobs.ts';
import * as world from '@tandem/adapters/http/testing/sample-world.ts';
import { generateToken } from '@tandem/adapters/security/token.ts';

/** The commands as processes of their own, against the API over memory services. */
const main = new URL('../main.ts', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'tandem-cli-'));
let harness: Awaited<ReturnType<typeof createHarness>>;
let api: string;

before(async () => {
  harness = await createHarness();
  const token = generateToken('api');
  harness.access.apiTokens.set(token.text, {
    id: 'token-1',
    prefix: token.prefix,
    scopes: [],
    name: 'pipeline',
    role: 'admin',
    accountId: world.acmeId,
    createdAt: 0,
  });
  api = `${(await harness.server.listen()).url}/api/v1`;
  writeFileSync(join(folder, 'token'), `${token.text}\n`, { mode: 0o600 });
});
after(async () => {
  await harness.server.close();
  rmSync(folder, { recursive: true });
});

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
const run = (args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...args], { cwd: folder }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
    child.stdin?.end();
  });
const tandem = (...args: readonly string[]): Promise<Ended> =>
  run([...args, '--api', api, '--token-file', join(folder, 'token')]);
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};

test('an admin exports the account, finds no change in it, changes a person and finds that done', async () => {
  const { out, code } = await tandem('file', 'export', 'acme');
  assert.equal(code, 0);
  assert.match(out, /^version: 1$/m);
  const same = await tandem('file', 'plan', file('acme.yaml', out), '--account', 'acme', '--prune');
  assert.deepEqual([same.code, same.out], [0, 'Nothing to change: the account is as the file says.\n']);

  const bo = file('bo.yaml', 'version: 1\npeople:\n  - {upn: bo@acme.example, teams: false}\n');
  const plan = await tandem('file', 'plan', bo, '--account', 'acme');
  assert.equal(plan.code, 3, 'changes are pending');
  assert.equal(
    plan.out,
    '~ person bo@acme.example\n    teams: true → false\n\n0 to create, 1 to change, 0 to remove.\n',
  );

  const unasked = await tandem('file', 'apply', bo, '--account', 'acme');
  assert.equal(unasked.code, 2);
  assert.match(unasked.err, /nothing was changed: nobody can be asked here; say --yes/);
  const applied = await tandem('file', 'apply', bo, '--account', 'acme', '--yes', '--json');
  assert.equal(applied.code, 0);
  const [change] = (JSON.parse(applied.out) as { applied: { what: string; action: string }[] }).applied;
  assert.deepEqual([change?.what, change?.action], ['bo@acme.example', 'change']);
  assert.equal(harness.directory.data.people.find(({ id }) => id === world.boId)?.teamsToggle, false);
  const again = await tandem('file', 'apply', bo, '--account', 'acme');
  assert.deepEqual([again.code, again.out], [0, 'Nothing to change: the account is as the file says.\n']);
});

test('faults are told with file, line and column; what is refused ends with 1', async () => {
  const bad = file('bad.yaml', 'version: 1\npeople:\n  - {upn: bo@acme.example, numbre: next}\n');
  const { code, err } = await tandem('file', 'apply', bad, '--account', 'acme', '--yes');
  assert.equal(code, 1);
  assert.match(err, /bad\.yaml:3:28: people\[0\]\.numbre is not known here; did you mean "number"\?/);
  const taken = file(
    'taken.yaml',
    'version: 1\naccount: {country: DE}\npeople:\n  - {upn: bo@acme.example, number: "+12025550142"}\n',
  );
  const refused = await tandem('file', 'apply', taken, '--account', 'acme', '--yes');
  assert.equal(refused.code, 1);
  assert.match(refused.out, /! account Acme refused: Only the operator/);
  assert.match(
    refused.out,
    /! person bo@acme\.example refused \(line 4, number\): Dana Fields .* has \+12025550142/,
  );
});

test('whoever types something that is not there is told what is', async () => {
  const answers: readonly (readonly [readonly string[], RegExp])[] = [
    [['file', 'plan', 'no.yaml', '--account', 'acme'], /no\.yaml cannot be read: ENOENT/],
    [['file', 'export', 'acne'], /no account "acne"; did you mean "Acme"/],
    [['file', 'expert'], /"expert"\? export, plan or apply/],
    [['file', 'export', 'acme', '--prun'], /no such flag --prun; did you mean "prune"/],
    [['number', 'who', '12025550142'], /not a number in E\.164 form/],
    [['jobs', 'show'], /which job\?/],
  ];
  const ended = await Promise.all(answers.map(async ([args, say]) => ({ say, ...(await tandem(...args)) })));
  for (const { code, err, say } of ended) {
    assert.match(err, say);
    assert.equal(code, 2, err);
  }
  const nobody = await run(['audit', 'list', '--port-base', '31000']);
  assert.deepEqual([nobody.code, nobody.out], [2, '']);
  assert.match(nobody.err, /no instance runs at port base 31000: start one with npm start/);
});

test('an import shows what it would do, changes nothing unasked, then is waited for; a refused line ends with 1', async () => {
  const csv = file('people.csv', 'upn,teams\nbo@acme.example,no\n');
  const unasked = await tandem('import', csv, '--account', 'acme');
  assert.equal(unasked.code, 2);
  assert.match(unasked.err, /say --yes, or start the preview above with: tandem jobs start /);
  const done = await tandem('import', csv, '--account', 'acme', '--yes');
  assert.match(done.out, /done {2}import-people/);
  const { code, out } = await tandem('jobs', 'start', acmeJobId);
  assert.equal(code, 1);
  assert.match(out, /! line 4: Line 4 has no upn\. \(PRV-801\)\n.* done {2}Switch Teams calling on/);
  const list = await tandem('jobs', 'list', '--json');
  assert.ok((JSON.parse(list.out) as { items: unknown[] }).items.length >= 3);
});

test('the audit is listed and verified, and a number is looked up', async () => {
  const sound = await tandem('audit', 'verify', '--account', 'acme');
  assert.equal(sound.code, 0, sound.out);
  const list = await tandem('audit', 'list', '--account', 'acme', '--action', 'account.open');
  assert.match(list.out, /start {2}account\.open/);
  const who = await tandem('number', 'who', '+1 202 555 0142');
  assert.deepEqual([who.code, who.out], [0, '  here: Dana Fields has +12025550142 on the platform.\n']);

  const local = await tandem('number', 'dialled', '(202) 555-0142');
  assert.equal(local.code, 0, local.err);
  assert.match(local.out, /^\+12025550142\n {2}Blanks.*\n {2}It is a national number of US.*\nIt rings Dana/);
});

test('any operation by its name: done for somebody named by address, refused by the server with 1', async () => {
  const off = await tandem('api', 'people.change', 'id=BO@acme.example', 'teamsToggle=true', '--json');
  assert.deepEqual([off.code, JSON.parse(off.out).teamsToggle], [0, true], off.err);
  const body = file('webhook.json', JSON.stringify({ name: 'Other', url: 'https://example.com/x' }));
  const hook = await tandem('api', 'webhooks.create', 'account=acme', 'events=["*"]', '--body', body);
  assert.deepEqual([hook.code, JSON.parse(hook.out).name], [0, 'Other'], hook.err);
  const refused = await tandem('api', 'accounts.change', 'id=acme', 'noAnswerSeconds=30');
  assert.equal(refused.code, 1, refused.err);
  assert.match(refused.err, /role/);
});
