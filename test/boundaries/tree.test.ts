import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from './imports.ts';

const trackedFiles = (): readonly string[] =>
  execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
    encoding: 'utf8',
  })
    .split('\0')
    .filter(
      (path) => path !== '' && !path.endsWith('package-lock.json') && !path.startsWith('test/boundaries/'),
    )
    .filter((path) => statSync(join(repository, path), { throwIfNoEntry: false })?.isFile() === true);

const textOf = (path: string): string => {
  const bytes = readFileSync(join(repository, path));
  return bytes.subarray(0, 8_000).includes(0) ? '' : bytes.toString('utf8');
};

/** Words that belong to one machine or to a draft, never to the tree. */
const forbidden: readonly (readonly [RegExp, string])[] = [
  [/\/home\/(?!node\b)[a-z][\w-]*\/|\/Users\/[A-Za-z][\w-]*\/|C:\\Users\\/, 'a home folder of one machine'],
  [/-----BEGIN (?:RSA |EC )?PRIVATE KEY-----\n[A-Za-z0-9+/=]{40}/, 'a private key'],
];

test('the tree names no path of somebody’s machine and holds no private key', () => {
  const offences = trackedFiles().flatMap((path) => {
    const text = textOf(path);
    const found = forbidden.filter(([pattern]) => pattern.test(text)).map(([, what]) => what);
    // Wherever this checkout stands: its own place has no business in its files.
    if (text.includes(repository)) found.push('the path of this checkout');
    return found.map((what) => `${path} holds ${what}`);
  });
  assert.deepEqual(offences, []);
});

test('no source file leaves a TODO, a FIXME or a silenced type error behind', () => {
  const words = /\b(?:TODO|FIXME|XXX)\b|@ts-(?:ignore|nocheck|expect-error)/;
  const offences = trackedFiles()
    .filter((path) => /\.(?:ts|tsx|mjs)$/.test(path))
    .flatMap((path) =>
      textOf(path)
        .split('\n')
        .flatMap((line, index) => (words.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    );
  assert.deepEqual(offences, []);
});

test('file names are kebab-case', () => {
  const offences = trackedFiles().filter(
    (path) => /\.(?:ts|mjs)$/.test(path) && !/^(?:[a-z0-9.-]+\/)*[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(path),
  );
  assert.deepEqual(offences, []);
});
