import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { makeFolder, sayingWhere } from './folder.ts';

describe('the data directory is made', () => {
  const root = mkdtempSync(join(tmpdir(), 'tandem-folder-'));
  after(() => rmSync(root, { recursive: true }));

  const refusal = (path: string): string => {
    try {
      sayingWhere(path, () => makeFolder(path, 0o711));
    } catch (error) {
      return (error as Error).message;
    }
    return 'made';
  };

  test('with the folders above it, and a second time without a word', () => {
    const deep = join(root, 'one/two/three');
    assert.equal(refusal(deep), 'made');
    assert.equal(refusal(deep), 'made');
    assert.ok(statSync(deep).isDirectory());
  });

  test('or says that a file is in the way, and what to do', () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    for (const path of [file, join(file, 'below')])
      assert.equal(
        refusal(path),
        `The data directory ${path} cannot be used: a file is in the way. Mend that, or choose another place with --data.`,
      );
  });

  test('or says that nothing can be made there, instead of trying for ever', {
    skip: !existsSync('/proc/self') && 'no /proc here',
  }, () => {
    assert.match(refusal('/proc/nowhere/data'), /no folders can be made there/);
  });
});
