import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { notOutgoing, outgoingClasses } from '../../packages/adapters/src/outgoing/outgoing-list.ts';
import { sourceFiles } from './imports.ts';

/** What makes a connection, or could: Node's own modules, the libraries that bring sockets of their own, and `fetch`. */
const connects =
  /\bfrom\s+['"](?:node:)?(?:net|tls|dgram|http|https|http2|dns|dns\/promises)['"]|\bfrom\s+['"](?:nodemailer|pg|undici|@azure\/msal-node|ws|axios|got)['"]|(?<![.\w])fetch\s*\(|\bimport\(\s*['"](?:node:)?(?:net|tls|dgram|https?|http2|dns)['"]/;
/** `import type` opens nothing. */
const withoutTypes = (code: string): string =>
  code.replaceAll(/\bimport\s+type\s[^;]*?from\s*['"][^'"]+['"]/g, '');

/** The simulator stands for the others and runs in rehearsals only; the portal runs in browsers, under a policy of its own. */
const folders = [
  'packages/adapters/src',
  'packages/wire/src',
  'packages/contract/src',
  'packages/domain/src',
  'packages/engine/src',
  'packages/media/src',
  'packages/sip/src',
  'apps/server/src',
];

describe('U24: what this installation talks to', () => {
  const listed = new Set<string>([
    ...outgoingClasses.flatMap(({ modules }) => [...modules]),
    ...Object.keys(notOutgoing),
  ]);
  const found = folders
    .flatMap((folder) => sourceFiles(folder))
    .filter(
      ({ isTest, path, code }) =>
        !isTest && !/\/test-support\//.test(path) && connects.test(withoutTypes(code)),
    )
    .map(({ path }) => path);

  test('connections are made only in files that the list of destinations names', () => {
    assert.deepEqual(
      found.filter((path) => !listed.has(path)),
      [],
      'give its destination a row in outgoing-list.ts, or a reason in notOutgoing',
    );
  });

  test('a file that the list names is there and does have to do with connections', () => {
    const all = new Map(
      folders.flatMap((folder) => sourceFiles(folder)).map((file) => [file.path, file.code]),
    );
    assert.deepEqual(
      [...listed].filter((path) => !all.has(path)),
      [],
    );
    assert.ok(found.length > 15, 'the pattern finds those that everybody knows of');
  });

  test('whatever is not Microsoft or a carrier is the owner’s own, and is turned on by a setting or by somebody', () => {
    for (const row of outgoingClasses) if (row.whose === 'yours') assert.notEqual(row.turnedOnBy, '', row.id);
    assert.deepEqual([...new Set(outgoingClasses.map(({ whose }) => whose))].sort(), [
      'Microsoft',
      'carrier',
      'yours',
    ]);
  });
});
