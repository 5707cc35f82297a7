import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importsOf, type SourceFile, sourceFiles, withoutComments } from './imports.ts';

interface Rule {
  readonly folder: string;
  /** Our packages that it may use. */
  readonly ours: readonly string[];
  /** Node's own modules: all, or these. */
  readonly node: 'all' | readonly string[];
  /** npm packages: all, or these. */
  readonly npm: 'all' | readonly string[];
  readonly why: string;
}

const all = ['contract', 'domain', 'engine', 'media', 'simulator', 'sip', 'wire', 'adapters'];

/** The arrows of the house. A row says why, because whoever breaks it reads this. */
const rules: readonly Rule[] = [
  {
    folder: 'packages/domain/src',
    ours: [],
    node: [],
    npm: ['libphonenumber-js'],
    why: 'domain says what the business means and needs nothing of the world',
  },
  {
    folder: 'packages/sip/src',
    ours: [],
    node: ['node:crypto', 'node:buffer'],
    npm: [],
    why: 'sip is a stack without I/O that others can use by itself',
  },
  {
    folder: 'packages/media/src',
    ours: [],
    node: ['node:crypto', 'node:buffer'],
    npm: [],
    why: 'media turns packets into packets; sockets belong to adapters',
  },
  {
    folder: 'packages/engine/src',
    ours: ['domain', 'sip', 'media'],
    node: [],
    npm: [],
    why: 'engine is pure over its own ports; adapters implement them',
  },
  { folder: 'packages/wire/src', ours: [], node: 'all', npm: [], why: 'wire moves bytes and knows no rules' },
  {
    folder: 'packages/contract/src',
    ours: [],
    node: [],
    npm: ['zod'],
    why: 'contract runs in browsers and servers alike',
  },
  {
    folder: 'packages/simulator/src',
    ours: ['sip', 'media', 'contract', 'wire'],
    node: 'all',
    npm: 'all',
    why: 'the twin is a witness, and a witness must not share our mistakes',
  },
  {
    folder: 'packages/adapters/src',
    ours: ['contract', 'domain', 'engine', 'media', 'sip', 'wire'],
    node: 'all',
    npm: 'all',
    why: 'adapters serve the engine; the twin and the server are none of their business',
  },
  { folder: 'apps/server/src', ours: all, node: 'all', npm: 'all', why: 'the server composes' },
  {
    folder: 'apps/portal/src',
    ours: ['contract'],
    node: [],
    npm: 'all',
    why: 'the portal knows the HTTP API and nothing behind it',
  },
];

const permits = (list: 'all' | readonly string[], name: string): boolean =>
  list === 'all' || list.includes(name);

/** Undefined if the import is allowed, else what is wrong with it. Tests may use Node and npm freely, ours not. */
const objection = (rule: Rule, file: SourceFile, name: string): string | undefined => {
  const own = rule.folder.replace(/\/src$/, '');
  if (name.startsWith('@tandem/')) {
    const ours = name.slice('@tandem/'.length);
    if (ours === own.split('/')[1]) return 'its own package by name; use a relative path';
    return rule.ours.includes(ours) ? undefined : `@tandem/${ours}`;
  }
  if (name.includes('/') && /^(?:packages|apps|test|tools)\//.test(name)) {
    return name.startsWith(`${own}/`) ? undefined : `${name}, a path out of its package`;
  }
  if (file.isTest) return undefined;
  return permits(name.startsWith('node:') ? rule.node : rule.npm, name) ? undefined : name;
};

for (const rule of rules) {
  test(`${rule.folder} imports only what its arrow allows: ${rule.why}`, () => {
    const offences = sourceFiles(rule.folder).flatMap((file) =>
      importsOf(file).flatMap((name) => {
        const problem = objection(rule, file, name);
        return problem === undefined ? [] : [`${file.path} imports ${problem} (${rule.why})`];
      }),
    );
    assert.deepEqual(offences, []);
  });
}

/** What a pure package may not touch, and where it comes from instead. */
const impure: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\s*\(|\bnew Date\(\s*\)|\bperformance\.now\s*\(/, 'the clock: time is an argument'],
  [/\bMath\.random\s*\(|\brandom(?:Bytes|UUID|Int|FillSync)\s*\(/, 'randomness: it comes through a port'],
  [/\bprocess\.|\bglobalThis\.process\b/, 'the environment'],
  [/\b(?:setTimeout|setInterval|setImmediate|queueMicrotask)\s*\(/, 'timers: a timer that fires is an input'],
  [/\bconsole\.\w+\s*\(/, 'the console: say it with a value'],
];

for (const name of ['domain', 'sip', 'media', 'engine']) {
  test(`${name} is pure: no clock, randomness, environment, timers or console`, () => {
    const offences = sourceFiles(`packages/${name}/src`)
      .filter((file) => !file.isTest)
      .flatMap((file) =>
        file.code
          .split('\n')
          .flatMap((line, index) =>
            impure
              .filter(([pattern]) => pattern.test(line))
              .map(([, what]) => `${file.path}:${index + 1} touches ${what}`),
          ),
      );
    assert.deepEqual(offences, []);
  });
}

test('the reader of imports sees static, type-only, side-effect, re-exported and dynamic ones, and no comment', () => {
  const code = withoutComments(
    [
      "import a from 'one';",
      "import type { B } from '@tandem/two/deep.ts';",
      "import 'three';",
      "export * from 'four';",
      "const five = await import('five');",
      "// import six from 'six';",
      "/* import seven from 'seven'; */",
      "import {\n  eight,\n} from 'node:eight';",
      "const url = 'https://example.net'; import nine from 'nine';",
    ].join('\n'),
  );
  assert.deepEqual(importsOf({ path: 'packages/x/src/x.ts', code, isTest: false }), [
    'one',
    '@tandem/two',
    'three',
    'four',
    'five',
    'node:eight',
    'nine',
  ]);
});
