import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { defaultNotificationSettings } from '@tandem/simulator/notifications/settings.ts';
import { acme, type OwnWorld, openOwnWorld } from './testing/own-world.ts';

const minute = 60_000;
const names = ['dana', 'alex', 'bo', 'casey', 'toni', 'wren'] as const;

describe('changes of presence that Microsoft tells of, against the twin', () => {
  let world: OwnWorld;
  before(async () => {
    world = await openOwnWorld(25_200, { organisation: true, names: [...names] });
    Object.assign(office().settings, defaultNotificationSettings(), { delayMs: 0 });
  });
  after(() => world?.close());

  const office = () => world.twin.microsoft365.subscriptions;
  const user = (name: string) => {
    const found = world.twin.directory.user(`${name}@acme.example`);
    assert.ok(found);
    return found.user;
  };
  const of = () => world.accelerator.of(acme);
  const switchTo = (accelerate: boolean) =>
    world.own.keeper.change(acme, { ownConnections: 'fallback', accelerate });

  /** All change at one moment, when nobody was looked at or changed for long; ms until the last of them is seen. */
  async function seenAfter(busy: boolean, quietMs: number): Promise<number> {
    await world.time.pass(quietMs, 5_000);
    const wanted = busy ? 'busy' : 'available';
    for (const name of names)
      world.twin.microsoft365.presence.setClient(user(name), {
        availability: busy ? 'Busy' : 'Available',
        activity: busy ? 'Busy' : 'Available',
      });
    // Not by the board: whoever is looked at is read often.
    const shown = (name: string) => world.presence.watch.of(world.person(name).id)?.label;
    return await world.time.until(() => names.every((name) => shown(name) === wanted), wanted);
  }
  /** Longer than a change keeps a person among those who are read every 5 s, at another point of the sweep each time. */
  const rounds = [130_000, 137_000, 144_000, 151_000];

  test('without it a change is seen by the sweep, which is not always soon', async () => {
    const times = [];
    for (const [i, quietMs] of rounds.entries()) times.push(await seenAfter(i % 2 === 0, quietMs));
    assert.ok(Math.max(...times) > 5_000, times.join());
    assert.ok(Math.max(...times) <= 32_000, times.join());
  });

  test('a sign-in alone changes nothing: the switch does', async () => {
    const given = await world.speedUp('alex');
    assert.ok(given.ok, JSON.stringify(given));
    await world.time.pass(40_000);
    assert.equal(office().all().length, 0);
    await switchTo(true);
    await world.time.until(() => of().signIns[0]?.watching === names.length, 'watched');
    assert.equal(office().all().length, 1);
    assert.equal(of().people, names.length);
  });

  test('with it every change of everybody is seen within five seconds, wherever the sweep is', async () => {
    const times = [];
    for (const [i, quietMs] of rounds.entries()) times.push(await seenAfter(i % 2 === 0, quietMs));
    assert.ok(Math.max(...times) < 5_000, times.join());
    const hints = () => world.told.filter((one) => one === 'hint').length;
    await world.time.until(() => hints() >= names.length * rounds.length, 'told of every change');
    assert.equal(hints(), names.length * rounds.length, world.told.join());
  });

  test('T16: a forged notification with another secret, or without proof of its sender, changes nothing', async () => {
    const [known] = office().all();
    assert.ok(known);
    world.told.length = 0;
    const asked = world.asked().length;
    assert.equal(await office().courier.forge(known, 'signature'), '202');
    await world.time.until(() => world.told.includes('not-proved'), 'not proved');
    const forged = { ...known, clientState: 'guessed' };
    await office().courier.forge(forged, 'signature');
    await world.time.until(() => world.told.includes('forged'), 'forged');
    assert.ok(!world.told.some((one) => one === 'hint' || one === 'taken'), world.told.join());
    assert.ok(world.asked().length - asked <= 2, 'nobody is read because of it');
  });

  test('it is renewed before its hour is over, and still tells', async () => {
    await world.time.pass(65 * minute, 15_000);
    assert.equal(office().all().length, 1);
    assert.ok((await seenAfter(true, 131_000)) < 5_000);
  });

  test('it is lost at Microsoft without a word: polling stands meanwhile, and it is made again', async () => {
    const [known] = office().all();
    assert.ok(known);
    office().remove(known);
    const times = [await seenAfter(false, 3_000), await seenAfter(true, 133_000)];
    assert.ok(Math.max(...times) <= 32_000, times.join());
    await world.time.until(() => office().all().length === 1, 'made again', 40 * minute);
    assert.ok((await seenAfter(false, 135_000)) < 5_000);
  });

  test('the person who gave it changes the password: told to the administrators, polling stands; given again, it goes on', async () => {
    world.twin.microsoft365.signIns.revoke(user('alex').objectId);
    const state = () => of().signIns[0]?.signIn.life.state;
    await world.time.until(() => state() === 'INTERRUPTED', 'interrupted');
    assert.equal(world.mails.length, 1);
    assert.equal(world.mails[0]?.to, 'admins');
    assert.match(world.mails[0]?.text ?? '', /presence is read as before/);
    for (const one of office().all()) office().remove(one);
    assert.ok((await seenAfter(true, 131_000)) <= 32_000);
    assert.ok((await world.speedUp('alex')).ok);
    assert.equal(of().signIns.length, 1, 'the same sign-in');
    await world.time.until(() => of().signIns[0]?.watching === names.length, 'watched again');
    assert.ok((await seenAfter(false, 131_000)) < 5_000);
  });

  test('switched off: Microsoft is told to stop at once, and everybody is read as before', async () => {
    await switchTo(false);
    await world.time.until(() => office().all().length === 0, 'no subscription');
    assert.ok((await seenAfter(true, 131_000)) <= 32_000);
    assert.deepEqual(world.problems, []);
  });
});
