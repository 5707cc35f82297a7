import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { coreCheckTable } from './core-check-table.ts';

it('every check of the core, of numbers, presence, subscriptions and messages has a test that is named by it', () => {
  const files = [
    './calendar.test.ts',
    './core.test.ts',
    './graph.test.ts',
    './numbers.test.ts',
    './presence.test.ts',
    './subset.test.ts',
    '../notifications/subscriptions.test.ts',
    '../notifications/deliveries.test.ts',
  ];
  const titles = files.flatMap((file) => [
    ...readFileSync(new URL(file, import.meta.url), 'utf8').matchAll(/(?:it|describe)\(\s*(['"`])(.*?)\1/g),
  ]);
  const missing = Object.keys(coreCheckTable).filter(
    (id) => !titles.some((match) => new RegExp(`\\b${id}\\b`).test(match[2] ?? '')),
  );
  assert.deepEqual(missing, []);
});
