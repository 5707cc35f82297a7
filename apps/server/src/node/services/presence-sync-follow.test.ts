import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asAccountId, asPersonId } from '@tandem/domain';
import { MemoryPresenceStore } from '@tandem/engine/presence-sync/memory-presence-store.ts';
import { PresenceMemory } from '@tandem/engine/presence-sync/presence-memory.ts';
import { defaultPresenceSettings } from '@tandem/engine/presence-sync/settings.ts';
import { followEveryMs, followPresenceStore } from './presence-sync-follow.ts';
import { VirtualTime } from './testing/virtual-time.ts';

const accountId = asAccountId('acme');
const [dana, sam] = [asPersonId('dana'), asPersonId('sam')];
const row = (personId: typeof dana, choice: 'on' | 'unsynced', changedWallMs: number) => ({
  accountId,
  personId,
  choice,
  changedWallMs,
});
const settings = (version: number, mode: 'all' | 'selected') => ({
  accountId,
  settings: { ...defaultPresenceSettings, mode },
  version,
});

/** One node, and a store in which another one writes. */
function node() {
  const store = new MemoryPresenceStore();
  const time = new VirtualTime();
  const memory = new PresenceMemory({
    person: () => ({ accountId, displayName: 'Somebody', active: true }),
    knownObjectId: () => undefined,
  });
  let told = 0;
  memory.onChange(() => {
    told++;
  });
  const stop = followPresenceStore({ clock: time, store, memory });
  return { store, time, memory, stop, told: () => told };
}

test('what an administrator decides on another node counts here within seconds, and is told once', async () => {
  const { store, time, memory, stop, told } = node();
  await store.saveSettings(settings(1, 'selected'), 0);
  await store.savePeople([row(dana, 'on', 1), row(sam, 'on', 1)]);
  await time.advance(followEveryMs + 100);
  assert.deepEqual([memory.of(dana).synced, memory.of(sam).synced, told()], [true, true, 1]);
  await store.savePeople([row(sam, 'unsynced', 2)]);
  await time.advance(followEveryMs + 100);
  assert.deepEqual([memory.of(dana).synced, memory.of(sam).synced], [true, false]);
  store.people.delete(dana);
  await time.advance(followEveryMs + 100);
  assert.equal(memory.of(dana).synced, false);
  const before = told();
  await time.advance(60_000);
  assert.equal(told(), before, 'nothing is different, nobody is told');
  stop();
});

test('a store that is away changes nothing and is asked again; what is decided here while it is read stays', async () => {
  const { store, time, memory, stop } = node();
  await store.saveSettings(settings(1, 'all'), 0);
  await time.advance(followEveryMs + 100);
  store.away = true;
  await time.advance(20_000);
  assert.equal(memory.of(dana).synced, true);
  store.away = false;
  const load = store.loadForPlatform.bind(store);
  let once = true;
  store.loadForPlatform = async () => {
    const found = await load();
    // Decided here after the store was read and before it was heard.
    if (once && store.people.size > 0) {
      once = false;
      await store.savePeople([row(sam, 'unsynced', 9)]);
      memory.putPeople([row(sam, 'unsynced', 9)]);
    }
    return found;
  };
  await store.savePeople([row(sam, 'on', 3)]);
  await time.advance(2 * followEveryMs + 100);
  assert.equal(memory.of(sam).synced, false);
  stop();
});
