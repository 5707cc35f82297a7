import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closestWord } from './did-you-mean.ts';
import { printConfiguration } from './print.ts';
import { type ConfigurationSources, resolveConfiguration } from './resolve.ts';
import { environmentName, flagName, type Setting, settingKeys, settings } from './schema.ts';

const resolve = (sources: Partial<ConfigurationSources>) =>
  resolveConfiguration({ environment: {}, flags: {}, ...sources });

const faultsOf = (sources: Partial<ConfigurationSources>): readonly string[] => {
  const resolved = resolve(sources);
  return resolved.ok ? [] : resolved.faults.map(({ where, problem }) => `${where}: ${problem}`);
};

test('an operator who sets nothing gets the defaults, and each says so', () => {
  const resolved = resolve({});
  assert.ok(resolved.ok);
  assert.equal(resolved.values.portBase, 16_000);
  assert.equal(resolved.values.bindAddress, '127.0.0.1');
  assert.ok(settingKeys.every((key) => resolved.origins[key].source === 'default'));
});

test('a flag beats the environment, which beats the file, which beats the default', () => {
  const file = { name: 'tandem.json', content: { portBase: 17_000, logLevel: 'debug', twinSeed: 7 } };
  const environment = { TANDEM_PORT_BASE: '18000', TANDEM_LOG_LEVEL: 'warn' };
  const resolved = resolve({ file, environment, flags: { 'port-base': '19000' } });
  assert.ok(resolved.ok);
  assert.equal(resolved.values.portBase, 19_000);
  assert.deepEqual(resolved.origins.portBase, { source: 'flag', name: '--port-base' });
  assert.equal(resolved.values.logLevel, 'warn');
  assert.deepEqual(resolved.origins.logLevel, { source: 'environment', name: 'TANDEM_LOG_LEVEL' });
  assert.equal(resolved.values.twinSeed, 7);
  assert.deepEqual(resolved.origins.twinSeed, { source: 'file', name: 'tandem.json' });
});

test('all faults of all sources come at once, each with its place and what was wanted', () => {
  assert.deepEqual(
    faultsOf({
      file: { name: 'tandem.json', content: { portBasis: 1, bindAddress: 'localhost' } },
      environment: { TANDEM_LOG_LEVEL: 'loud', TANDEM_PORTBASE: '1' },
      flags: { 'port-base': '80', twins: true },
    }),
    [
      'tandem.json: portBasis: no such setting; did you mean "portBase"?',
      'tandem.json: bindAddress: found "localhost", wanted a numeric IPv4 or IPv6 address',
      'TANDEM_LOG_LEVEL: found "loud", wanted one of trace, debug, info, warn, error',
      'TANDEM_PORTBASE: no such setting; did you mean "TANDEM_PORT_BASE"?',
      '--port-base: found "80", wanted a whole number from 1024 to 24000',
      '--twins: no such flag; did you mean "twin"?',
    ],
  );
});

test('presence of people with whom nothing goes on is read every 15 to 30 seconds where that was chosen, and nothing else is taken', () => {
  const seconds = (value: string) => resolve({ environment: { TANDEM_PRESENCE_READ_SECONDS: value } });
  for (const good of ['15', '30']) {
    const resolved = seconds(good);
    assert.equal(resolved.ok && resolved.values.presenceReadSeconds, Number(good));
  }
  const unset = resolve({});
  assert.equal(unset.ok && unset.values.presenceReadSeconds, undefined);
  for (const bad of ['14', '31', '20.5', ''])
    assert.deepEqual(faultsOf({ environment: { TANDEM_PRESENCE_READ_SECONDS: bad } }), [
      `TANDEM_PRESENCE_READ_SECONDS: found "${bad}", wanted a whole number from 15 to 30`,
    ]);
});

test('a file that is no object is refused as a whole', () => {
  assert.deepEqual(faultsOf({ file: { name: 'x.json', content: [] } }), [
    'x.json: found no JSON object, wanted { "setting": value, … }',
  ]);
});

test('DATABASE_URL counts, TANDEM_DATABASE_URL beats it', () => {
  const ours = 'postgres://a:b@h/one';
  const resolved = resolve({
    environment: { DATABASE_URL: 'postgres://a:b@h/two', TANDEM_DATABASE_URL: ours },
  });
  assert.ok(resolved.ok);
  assert.equal(resolved.values.databaseUrl, ours);
});

test('a secret shows neither in a fault nor in the printed configuration', () => {
  const [fault = ''] = faultsOf({ environment: { DATABASE_URL: 'mysql://user:hunter2@h/d' } });
  assert.match(fault, /^DATABASE_URL: found something else/);
  const resolved = resolve({ environment: { DATABASE_URL: 'postgres://user:hunter2@h/d' } });
  assert.ok(resolved.ok);
  const printed = printConfiguration(resolved.values, resolved.origins);
  assert.ok(!printed.includes('hunter2'));
  assert.match(printed, /databaseUrl +\*{8} +environment DATABASE_URL/);
});

test('every setting accepts its own example and its own printed default, under a name of its own', () => {
  for (const key of settingKeys) {
    const row: Setting<unknown> = settings[key] as never;
    assert.notEqual(row.kind.read(row.example), undefined, `example of ${key}`);
    if (row.default !== undefined)
      assert.deepEqual(row.kind.read(row.kind.print(row.default)), row.default, key);
  }
  assert.equal(new Set(settingKeys.map(environmentName)).size, settingKeys.length);
  assert.equal(new Set(settingKeys.map(flagName)).size, settingKeys.length);
});

test('a word far from all known ones gets no suggestion', () => {
  assert.equal(closestWord('wibble', ['start', 'call']), undefined);
  assert.equal(closestWord('strat', ['start', 'call']), 'start');
});
