import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';

/** The command line as a process of its own, on a port where nothing runs. */
const main = new URL('../main.ts', import.meta.url).pathname;
const run = (args: readonly string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...args], (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
    child.stdin?.end();
  });

/** Everything but the name: what the command cannot understand, and what needs an instance where none runs. */
const commands: Readonly<Record<string, { wrong: readonly string[]; noInstance?: readonly string[] }>> = {
  start: { wrong: ['nonsense'] },
  call: { wrong: ['--from', '+12025550199'], noInstance: ['--from', '+12025550199', '--to', '+12025550142'] },
  doctor: { wrong: [], noInstance: ['dana@acme.example'] },
  file: { wrong: ['--nonsense'], noInstance: ['export', 'acme'] },
  export: { wrong: ['--nonsense'], noInstance: ['acme'] },
  plan: { wrong: ['--nonsense'], noInstance: [main] },
  apply: { wrong: ['--nonsense'], noInstance: [main] },
  api: { wrong: ['people.chnage'], noInstance: ['people.list'] },
  import: { wrong: ['--nonsense'], noInstance: [main, '--account', 'acme'] },
  jobs: { wrong: ['--nonsense'], noInstance: ['list'] },
  number: { wrong: ['--nonsense'], noInstance: ['who', '+12025550142'] },
  audit: { wrong: ['--nonsense'], noInstance: ['list'] },
  bench: { wrong: ['nonsense'] },
  rehearse: { wrong: ['nonsense'] },
  config: { wrong: ['nonsense'] },
};

test('the list of commands names every command, and every command of the list is tried here', async () => {
  const { code, out } = await run(['--help']);
  assert.equal(code, 0);
  const listed = [...out.matchAll(/^ {2}([a-z]+) .*$/gm)].map(([, name]) => name);
  assert.deepEqual(listed.toSorted(), Object.keys(commands).toSorted());
});

for (const [name, { wrong, noInstance }] of Object.entries(commands))
  test(`tandem ${name}: a page of its own with the exit codes and --json; 2 and a word for what it does not understand${noInstance ? ', 2 and JSON without an instance' : ''}`, async () => {
    const help = await run([name, '--help']);
    assert.equal(help.code, 0);
    assert.match(help.out, new RegExp(`^usage: (tandem|npm run) ${name}`));
    assert.match(help.out, /--json/);
    assert.match(help.out, /Exit code 0/);
    const odd = await run([name, ...wrong]);
    assert.equal(odd.code, 2, odd.err);
    assert.match(odd.err, /^tandem/);
    if (!noInstance) return;
    const nobody = await run([name, ...noInstance, '--json', '--port-base', '19990']);
    assert.equal(nobody.code, 2, nobody.err);
    assert.match(nobody.err, /no instance/);
    assert.equal(typeof JSON.parse(nobody.out), 'object');
  });

test('a flag beside the words of a list is no word to look for', async () => {
  const all = await run(['api', 'list']);
  const { out } = await run(['api', 'list', '--port-base', '19990']);
  assert.equal(out, all.out);
  assert.match(out, /^people\.list /m);
});
