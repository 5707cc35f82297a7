import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { asAccountId, asPersonId } from '@tandem/domain';
import { openCallbackWindows } from './callback-windows.ts';
import { openAheadFile } from './presence-ahead-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'presence-ahead-'));
after(() => rmSync(dir, { recursive: true, force: true }));
const problems: string[] = [];
const problem = (what: string): void => void problems.push(what);

/** A node that is killed: runs the script in a process of its own, which ends by SIGKILL and nothing else. */
async function killed(script: string): Promise<void> {
  const child = spawn(
    process.execPath,
    ['--input-type=module-typescript', '-e', `${script}\nprocess.kill(process.pid, 'SIGKILL');`],
    { cwd: import.meta.dirname, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL');
}
const from = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);

test('a node killed in the turn after a change has left every line of it on disk; a line that was cut off is nobody’s', async () => {
  const path = join(dir, 'journal.ndjson');
  await killed(`
    import { openAheadFile } from ${from('./presence-ahead-file.ts')};
    const file = openAheadFile(${JSON.stringify(path)}, console.error);
    for (let n = 1; n <= 1000; n++) file.add({ personId: 'dana', atWallMs: n, to: 'busy' });
    await new Promise((resolve) => setImmediate(resolve));
  `);
  appendFileSync(path, '{"personId":"dana","atWall');
  assert.equal(statSync(path).mode & 0o077, 0, 'nobody else reads it');
  const next = openAheadFile(path, problem);
  assert.deepEqual(
    next.left().map(({ atWallMs }) => atWallMs),
    Array.from({ length: 1000 }, (_, i) => i + 1),
  );
  next.allStored();
  next.close();
  assert.equal(statSync(path).size, 0);
  const empty = openAheadFile(path, problem);
  assert.deepEqual(empty.left(), []);
  empty.close();
  assert.deepEqual(problems, []);
});

test('a folder that cannot be written is said, and ends nothing', () => {
  const said: string[] = [];
  const file = openAheadFile(join(dir, 'nowhere', 'journal.ndjson'), (what) => said.push(what));
  file.allStored();
  file.close();
  assert.equal(said.length, 1);
});

test('who called for help is known to the next node, killed or not; a window that is over is not', async () => {
  const path = join(dir, 'callbacks.json');
  await killed(`
    import { openCallbackWindows } from ${from('./callback-windows.ts')};
    const windows = openCallbackWindows(${JSON.stringify(path)}, () => 1000, console.error);
    windows.keep('acme', 'dana', 5000);
    windows.keep('acme', 'sam', 2000);
    await windows.settled();
  `);
  const next = openCallbackWindows(path, () => 3000, problem);
  assert.deepEqual(next.left, [
    { accountId: asAccountId('acme'), personId: asPersonId('dana'), callbackUntilWallMs: 5000 },
  ]);
  assert.deepEqual(openCallbackWindows(join(dir, 'none.json'), () => 0, problem).left, []);
  assert.deepEqual(problems, []);
});
