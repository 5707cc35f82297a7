import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openGraphWaits } from './graph-waits.ts';

const acme = { entraTenantId: 'acacacac-0000-4000-8000-000000000001', clientId: 'our-app' };
const globex = { ...acme, entraTenantId: '61061061-0000-4000-8000-000000000002' };

describe('waits that Microsoft asked for, kept for the next start', () => {
  let dir = '';
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'graph-waits-'));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));
  const problems: string[] = [];
  const open = (now: number) =>
    openGraphWaits({
      file: join(dir, 'node', 'graph-waits.json'),
      wall: () => now,
      onProblem: (what) => void problems.push(what),
    });

  test('a node that was killed leaves to the next one what is left of each wait, by tenant and kind', async () => {
    const killed = open(1_000_000);
    killed.of(acme).keep('identity', 4_000);
    killed.of(acme).keep('presence', 10_000);
    await killed.settled();
    const next = open(1_003_000);
    assert.equal(next.of(acme).leftMs('identity'), 1_000);
    assert.equal(next.of(acme).leftMs('presence'), 7_000);
    assert.equal(next.of(acme).leftMs('teamsWrite'), 0);
    assert.equal(next.of(globex).leftMs('presence'), 0);
    assert.equal(open(1_020_000).of(acme).leftMs('presence'), 0);
    assert.deepEqual(problems, []);
  });

  test('a clock that was put back by a day makes nobody wait for a day', async () => {
    const killed = open(100_000_000);
    killed.of(acme).keep('presence', 10_000);
    await killed.settled();
    assert.equal(open(13_600_000).of(acme).leftMs('presence'), 10_000);
  });

  test('a file that cannot be read is no wait', () => {
    writeFileSync(join(dir, 'node', 'graph-waits.json'), '{"version":1,"waits":{"x":{}');
    assert.equal(open(0).of(acme).leftMs('presence'), 0);
  });
});
