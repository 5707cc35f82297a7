import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { carrierFaults, dnsFaults, hubFaults } from '../faults/fault-board.ts';
import { printCheckTable } from './check-page.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

test('the README carries the check table as it is (run `node packages/simulator/src/sip-proxy/check-page.ts` for it)', () => {
  assert.ok(readme.includes(printCheckTable()));
});

test('the README names every fault', () => {
  for (const fault of [...Object.keys(hubFaults), ...Object.keys(carrierFaults), ...Object.keys(dnsFaults)])
    assert.ok(readme.includes(`\`${fault}\``), fault);
});
