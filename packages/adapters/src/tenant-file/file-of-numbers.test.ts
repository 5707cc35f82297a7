import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TenantState } from './state.ts';
import type { StoredHold } from './stock.ts';
import { number, person, rig, two } from './test-support/board-rig.ts';
import { emptyState } from './test-support/memory-ground.ts';

const until = '2027-06-01T00:00:00.000Z';
const withStock = (...stock: (readonly [number, StoredHold | null])[]): TenantState => ({
  ...two(),
  stock: new Map(stock.map(([tail, hold]) => [number(tail), hold])),
});
const of = (...lines: string[]): string =>
  `version: 1\nnumbers:\n${lines.map((one) => `  - ${one}\n`).join('')}`;
const told = (changes: readonly { what: string; action: string; words?: string | undefined }[]) =>
  changes.map(({ what, action, words }) => [what, action, ...(words === undefined ? [] : [words])]);

describe('numbers of a file that nobody has', () => {
  test('come into stock, are kept for somebody, are with another carrier; a second time nothing changes', async () => {
    const { apply, plan, exported } = rig(emptyState());
    const file = of(
      '{number: "+12025550160"}',
      '{number: "+12025550161", hold: {reservedFor: Eve@acme.example, until: 2027-06-01, reason: starts in June}}',
      '{number: "+12025550162", hold: {ported: true}}',
    );
    await apply(file);
    assert.deepEqual((await plan(file, true)).changes, []);
    assert.match(
      await exported(),
      /number: "\+12025550161"\n {4}hold:\n {6}reservedFor: eve@acme\.example\n {6}until: "2027-06-01T00:00:00.000Z"\n {6}reason: starts in June/,
    );
    await apply(of('{number: "+12025550162", hold: null}'));
    assert.match(await exported(), /number: "\+12025550162"\n {4}hold: null/);
  });

  test('a reservation without an end keeps the one that stands, and one whose time is over holds nothing', async () => {
    const { plan } = rig(withStock([160, { reservedFor: 'eve@acme.example', until }], [161, null]));
    const same = of('{number: "+12025550160", hold: {reservedFor: eve@acme.example}}');
    assert.deepEqual((await plan(same)).changes, []);
    const other = of('{number: "+12025550160", hold: {reservedFor: cleo@acme.example}}');
    assert.deepEqual((await plan(other)).changes[0]?.after, { hold: { reservedFor: 'cleo@acme.example' } });
    const over = of('{number: "+12025550161", hold: {reservedFor: eve@acme.example, until: 2026-01-31}}');
    assert.deepEqual((await plan(over)).changes, []);
  });

  test('whoever a number is kept for may have it by now; whoever else has it keeps it, and the file is refused', async () => {
    const { plan, apply, made } = rig(two());
    const kept = of('{number: "+12025550142", hold: {reservedFor: Dana@acme.example}}');
    assert.deepEqual((await plan(kept, true)).changes, []);
    assert.deepEqual((await plan(of('{number: "+12025550143"}'), true)).changes, []);
    const taken = of('{number: "+12025550142", hold: {ported: true}}');
    const [change] = (await plan(taken)).changes;
    assert.deepEqual([change?.action, change?.line, change?.field], ['refused', 3, 'hold']);
    assert.match(change?.words ?? '', /^Dana \(dana@acme\.example\) has \+12025550142: apply a file/);
    await apply(taken);
    assert.deepEqual(made, []);
  });

  test('a number that the file frees may be somebody’s by the same file, one that it holds may not', async () => {
    const state = withStock([160, { ported: true }]);
    const bo = 'people: [{upn: bo@acme.example, number: "+12025550160"}]';
    const back = `${of('{number: "+12025550160", hold: null}')}${bo}`;
    const { apply, plan, people } = rig(state);
    await apply(back);
    assert.deepEqual(people.get('person-bo')?.numbers, [number(160)]);
    assert.deepEqual((await plan(back)).changes, []);
    const away = `${of('{number: "+12025550161", hold: {ported: true}}')}${bo.replace('160', '161')}`;
    assert.deepEqual(told((await rig(state).plan(away)).changes), [
      ['+12025550161', 'create'],
      ['bo@acme.example', 'refused', '+12025550161 is with another carrier.'],
    ]);
  });

  test('what rests after somebody left goes on resting, with prune too', async () => {
    const resting: TenantState = {
      ...two(),
      numbers: new Map([[number(160), { by: 'hold', say: '+12025550160 rests.' }]]),
    };
    const { plan } = rig(resting);
    assert.deepEqual((await plan(of('{number: "+12025550160", hold: null}'), true)).changes, []);
    assert.deepEqual((await plan('version: 1\nnumbers: []', true)).changes, []);
    const kept = (await plan(of('{number: "+12025550160", hold: {ported: true}}'))).changes;
    assert.match(kept[0]?.words ?? '', /^\+12025550160 rests\. End its quarantine on the page Numbers first/);
  });

  test('only prune takes numbers out: what lies beside the ranges, and what is held inside of one', async () => {
    const state: TenantState = {
      ...withStock([160, null], [200, { ported: true }]),
      ranges: [{ id: 'range-1', name: 'Main', first: number(200), last: number(201), size: 2, free: 1 }],
    };
    const none = 'version: 1\nnumbers: []';
    assert.deepEqual((await rig(state).plan(none)).changes, []);
    assert.deepEqual((await rig(state).plan('version: 1', true)).changes, []);
    const { apply, plan, exported } = rig(state);
    assert.deepEqual(told((await plan(none, true)).changes), [
      ['+12025550160', 'remove'],
      ['+12025550200', 'change'],
    ]);
    await apply(none, true);
    assert.match(await exported(), /\nnumbers: \[\]/);
    assert.deepEqual((await plan(none, true)).changes, []);
    const gone = `${none}\nranges: []`;
    const both = rig(state);
    assert.deepEqual(told((await both.apply(gone, true)).applied), [
      ['Main', 'remove'],
      ['+12025550160', 'remove'],
      ['+12025550200', 'change'],
    ]);
    assert.deepEqual((await both.plan(gone, true)).changes, []);
  });

  test('a number that stays although its range goes stands by itself', async () => {
    const state: TenantState = {
      ...withStock([200, { ported: true }]),
      ranges: [{ id: 'range-1', name: 'Main', first: number(200), last: number(201), size: 2, free: 1 }],
    };
    const { apply, plan, exported } = rig(state);
    const file = `${of('{number: "+12025550200", hold: null}', '{number: "+12025550201"}')}ranges: []`;
    await apply(file, true);
    assert.match(await exported(), /numbers:\n {2}- number: "\+12025550200"/);
    assert.deepEqual((await plan(file, true)).changes, []);
  });

  test('what somebody gives up by a file with prune is not left behind for the second apply', async () => {
    const { apply, plan } = rig(two());
    const file =
      'version: 1\nnumbers: []\npeople: [{upn: bo@acme.example, number: null}, {upn: dana@acme.example}]';
    assert.deepEqual(told((await apply(file, true)).applied), [
      ['bo@acme.example', 'change'],
      ['+12025550143', 'remove'],
    ]);
    assert.deepEqual((await plan(file, true)).changes, []);
  });

  test('who may not write numbers is refused each of them', async () => {
    const { plan } = rig({ ...emptyState(), people: [person('Dana')] });
    const by = { kind: 'user', name: 'desk', may: (one: string) => one !== 'numbers:write' } as const;
    assert.deepEqual(told((await plan(of('{number: "+12025550160"}'), false, by)).changes), [
      ['+12025550160', 'refused', 'Only the operator of this platform may change this.'],
    ]);
  });
});
