import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fromPlain, toPlain } from './plain.ts';
import { StateFile } from './state-file.ts';

describe('the memory of the twin', () => {
  let folder: string;
  let next = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'twin-state-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const path = () => join(folder, `${next}`, 'state.json');
  const open = (trouble: string[] = []) => {
    const due: (() => void)[] = [];
    const file = new StateFile({
      path: path(),
      after: (_ms, fire) => {
        due.push(fire);
        return () => void due.splice(due.indexOf(fire), 1);
      },
      onTrouble: (what) => trouble.push(what),
    });
    return { file, due };
  };
  const section = (held: { value: unknown }, version = 1) => ({
    version,
    save: () => held.value,
    restore: (value: unknown) => {
      held.value = value;
    },
  });

  it('a section gets back what it was; many changes are one write, and the file is ours alone', async () => {
    next++;
    const { file, due } = open();
    const held = { value: { numbers: ['+1202'] } as unknown };
    const changed = file.register('numbers', section(held));
    changed();
    held.value = { numbers: ['+1202', '+1203'] };
    changed();
    assert.equal(due.length, 1);
    await file.flush();
    assert.equal(due.length, 0);
    assert.equal((await stat(path())).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(join(folder, `${next}`)), ['state.json']);
    const again = { value: undefined as unknown };
    open().file.register('numbers', section(again));
    assert.deepEqual(again.value, { numbers: ['+1202', '+1203'] });
  });

  it('another version, a broken file and one of another format are left out, said, and written anew', async () => {
    next++;
    const { file } = open();
    file.register('one', section({ value: 1 }));
    await file.flush();
    const other = { value: 'fresh' as unknown };
    open().file.register('one', section(other, 2));
    assert.equal(other.value, 'fresh');
    for (const text of ['{"format":1,"sect', '{"format":7}', '[]', 'null']) {
      await writeFile(path(), text);
      const trouble: string[] = [];
      const broken = open(trouble).file;
      broken.register('one', section(other));
      assert.deepEqual([other.value, trouble.length], ['fresh', 1]);
      await broken.flush();
      assert.match(await readFile(path(), 'utf8'), /"fresh"/);
    }
  });

  it('a section that cannot be restored does not keep the others from it', async () => {
    next++;
    const { file } = open();
    file.register('bad', section({ value: 1 }));
    file.register('good', section({ value: 2 }));
    await file.flush();
    const trouble: string[] = [];
    const later = open(trouble).file;
    const good = { value: 0 as unknown };
    later.register('bad', {
      version: 1,
      save: () => 0,
      restore: () => {
        throw new Error('no');
      },
    });
    later.register('good', section(good));
    assert.deepEqual([good.value, trouble], [2, ['section bad was not restored: no']]);
  });

  it('maps and patterns survive as what they were', () => {
    const value = { a: new Map([['x', { p: /^9+$/i, n: [1, null] }]]), gone: undefined };
    assert.deepEqual(fromPlain(JSON.parse(JSON.stringify(toPlain(value)))), { a: value.a });
  });
});
