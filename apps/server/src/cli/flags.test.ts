import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommandLine } from './flags.ts';

const switches = new Set(['json', 'twin']);

test('values, switches, negated switches and words are told apart', () => {
  assert.deepEqual(
    parseCommandLine(
      ['parse', '--json', '--data', 'd', '--port-base=17000', '--no-twin', '--', '--x'],
      switches,
    ),
    {
      flags: { json: true, data: 'd', 'port-base': '17000', twin: false },
      words: ['parse', '--x'],
      withoutValue: [],
    },
  );
});

test('a flag that wants a value and has none is reported, also before another flag', () => {
  assert.deepEqual(parseCommandLine(['--data', '--json', '--seed'], switches).withoutValue, ['data', 'seed']);
});
