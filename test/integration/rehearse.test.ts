import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { portSlot } from '../kit/port-slot.ts';

const main = fileURLToPath(new URL('../../apps/server/src/main.ts', import.meta.url));

const rehearse = (...args: readonly string[]): Promise<{ code: number | null; out: string; said: string }> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [main, 'rehearse', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
    child.on('close', (code) => resolve({ code, out, said }));
  });

for (const name of ['first-call', 'carrier-503', 'presence-meeting-no-calls', 'presence-overlap']) {
  test(`an operator rehearses ${name} on a fresh instance, and it goes as told`, async () => {
    const portBase = String((await portSlot()).base);
    const { code, out, said } = await rehearse(name, '--json', '--port-base', portBase);
    assert.equal(code, 0, said);
    const { rehearsal, pass, sights } = JSON.parse(out) as {
      rehearsal: string;
      pass: boolean;
      sights: readonly { ok: boolean }[];
    };
    assert.equal(rehearsal, name);
    assert.equal(pass, true);
    assert.ok(sights.length > 0);
  });
}

test('a bare call and --help list every story with one line; a name with a slip gets a suggestion', async () => {
  const [bare, help, slip] = await Promise.all([rehearse(), rehearse('--help'), rehearse('hub-donw')]);
  assert.equal(bare.code, 2);
  assert.equal(bare.said, help.out);
  assert.equal(help.code, 0);
  assert.match(help.out, /^ {2}hub-down +\S.*\.$/m);
  assert.equal(slip.code, 2);
  assert.match(slip.said, /hub-down/);
});
