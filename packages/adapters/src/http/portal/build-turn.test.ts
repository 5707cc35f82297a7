import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { takeTurn } from './build-turn.ts';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-turn-'));
});
after(() => rmSync(folder, { recursive: true }));

test('two instances that build at once take turns', async () => {
  const place = join(folder, 'two');
  const order: string[] = [];
  const first = await takeTurn(place, () => false, 5);
  const second = takeTurn(place, () => false, 5).then(async (turn) => {
    order.push('second');
    await turn.giveBack();
  });
  order.push('first');
  await first.giveBack();
  await second;
  assert.deepEqual(order, ['first', 'second']);
});

test('a builder that was killed does not keep the turn', async () => {
  const place = join(folder, 'dead');
  mkdirSync(place);
  writeFileSync(join(place, 'pid'), '2147483646');
  await (await takeTurn(place, () => false, 5)).giveBack();
});

test('whoever waits and needs it no more goes on without it', async () => {
  const place = join(folder, 'needless');
  const holder = await takeTurn(place, () => false, 5);
  let looks = 0;
  const turn = await takeTurn(place, () => ++looks > 3, 5);
  await turn.giveBack();
  await holder.giveBack();
});
