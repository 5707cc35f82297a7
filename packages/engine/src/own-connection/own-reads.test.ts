import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PresenceReadOutcome, TenantPresence } from '../presence/ports.ts';
import { OwnReads, withOwnConnections } from './own-reads.ts';

const pair = { availability: 'Busy', activity: 'Busy' };

function presence(read: (ids: readonly string[]) => PresenceReadOutcome) {
  const asked: string[][] = [];
  const written: string[] = [];
  const made: TenantPresence = {
    async read(ids) {
      asked.push([...ids]);
      return read(ids);
    },
    async write(objectId) {
      written.push(objectId);
      return { is: 'done' };
    },
  };
  return { ...made, asked, written };
}
const clear = { kind: 'clearPresence', sequence: 1 } as const;
const good = () => presence((ids) => ({ is: 'read', found: new Map(ids.map((id) => [id, pair])) }));
const bad = () => presence(() => ({ is: 'refused' }));

function room() {
  const told: string[] = [];
  const clock = { now: 0 };
  const reads = new OwnReads(
    () => clock.now,
    (id) => told.push(id),
  );
  return { told, clock, reads };
}

test('who has an own connection is asked about by it alone; the others by the organisation, in one request', async () => {
  const { told, reads } = room();
  const [organisation, danas] = [good(), good()];
  const tenant = withOwnConnections(organisation, new Map([['dana', danas]]), reads);
  const outcome = await tenant.read(['bo', 'dana', 'kim']);
  assert.deepEqual(organisation.asked, [['bo', 'kim']]);
  assert.deepEqual(danas.asked, [['dana']]);
  assert.deepEqual(told, ['dana']);
  assert.ok(outcome.is === 'read');
  assert.deepEqual([...outcome.found.keys()], ['bo', 'kim']);
  assert.deepEqual([...(outcome.left ?? [])], ['dana'], 'not found says nothing of who was not asked about');
  await tenant.write('dana', clear);
  await tenant.write('bo', clear);
  assert.deepEqual([danas.written, organisation.written], [['dana'], ['bo']]);
});

test('one person’s refusal is no other’s, and none of the organisation’s; and the other way round', async () => {
  const { told, reads } = room();
  const tenant = withOwnConnections(
    undefined,
    new Map([
      ['dana', bad()],
      ['bo', good()],
    ]),
    reads,
  );
  assert.equal((await tenant.read(['dana', 'bo', 'stranger'])).is, 'read');
  assert.deepEqual(told, ['bo']);
  assert.deepEqual(await tenant.write('stranger', clear), { is: 'refused' });
  const other = room();
  const mixed = withOwnConnections(bad(), new Map([['bo', good()]]), other.reads);
  assert.equal((await mixed.read(['dana', 'bo'])).is, 'refused');
  assert.deepEqual(other.told, ['bo'], 'what was read by the own connection counts all the same');
});

test('nobody is asked about twice within seconds, unless somebody asks for this very person', async () => {
  const { clock, reads } = room();
  const danas = good();
  const tenant = withOwnConnections(undefined, new Map([['dana', danas]]), reads);
  await tenant.read(['dana', 'x']);
  clock.now = 1_000;
  await tenant.read(['dana', 'x']);
  assert.equal(danas.asked.length, 1);
  await tenant.read(['dana']);
  assert.equal(danas.asked.length, 2);
});

test('two thousand own connections: never more than 600 requests in 30 s, and everybody comes by turns', async () => {
  const { clock, reads } = room();
  const sent: number[] = [];
  const one = presence((ids) => {
    sent.push(clock.now);
    return { is: 'read', found: new Map(ids.map((id) => [id, pair])) };
  });
  const ids = Array.from({ length: 2_000 }, (_, i) => `p${i}`);
  const own = new Map(ids.map((id) => [id, one]));
  const tenant = withOwnConnections(undefined, own, reads);
  for (clock.now = 0; clock.now < 150_000; clock.now += 5_000)
    for (let at = 0; at < ids.length; at += 650) await tenant.read(ids.slice(at, at + 650));
  for (const at of sent) assert.ok(sent.filter((other) => other > at - 30_000 && other <= at).length <= 600);
  assert.equal(new Set(one.asked.flat()).size, 2_000);
});
