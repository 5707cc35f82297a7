import assert from 'node:assert/strict';
import { openMicrosoft } from './microsoft.ts';
import { numberAt, openPlatform, peopleOf } from './platform.ts';
import { VirtualTime } from './virtual-time.ts';

/** People of one tenant, all of them in the group already; a bulk job gives them their numbers batch by batch. */
async function openTenant(time: VirtualTime, seed: number, count: number, limits: number) {
  const microsoft = await openMicrosoft(time, seed);
  const users = microsoft.crowd(count, { groups: [microsoft.groupId] });
  const people = peopleOf(users);
  const without = people.map((person) => ({ ...person, numbers: [] }));
  const platform = openPlatform(time, microsoft, without, []);
  const { provisioner } = platform;
  const read = (): boolean => provisioner.members !== undefined && provisioner.readAtWallMs !== undefined;
  const done = (): number =>
    provisioner.states().filter((state) => state === 'AWAITING_RELAUNCH' || state === 'READY').length;
  return {
    read,
    done,
    all: () => done() >= count,
    giveNumbers(upTo: number) {
      const given = people.map((person, i) => (i < upTo ? person : (without[i] ?? person)));
      platform.own(given);
    },
    begin() {
      microsoft.assigned.clear();
      microsoft.throttle.scale = limits;
    },
    report: () => ({
      wrong: users.filter((user, i) => user.number !== numberAt(i) || !user.enterpriseVoice).length,
      double: [...microsoft.assigned.values()].filter((times) => times > 1).length,
      throttled: microsoft.throttled,
      insideRetryAfter: microsoft.insideRetryAfter,
    }),
    stop: () => platform.stop(),
  };
}

/** Virtual seconds until everybody of each tenant has what the jobs gave. */
export async function bulkJobs(
  big: { readonly people: number; readonly limits: number } | undefined,
  small: { readonly people: number },
  batch: number,
) {
  const time = new VirtualTime();
  const one = big && (await openTenant(time, 11, big.people, big.limits));
  const other = await openTenant(time, 12, small.people, 1);
  const tenants = one ? [one, other] : [other];
  assert.ok(await time.until(() => tenants.every((each) => each.read()), 600_000), 'the tenants are read');
  await time.until(() => false, 120_000);
  const began = time.wall();
  for (const each of tenants) each.begin();
  const shown: number[] = [];
  let otherSeconds = 0;
  let bigSeconds = 0;
  for (let given = 0; given < Math.max(big?.people ?? 0, small.people); ) {
    given += batch;
    for (const each of tenants) each.giveNumbers(given);
    await time.until(() => false, 1_000);
  }
  await time.until(() => {
    const seconds = (time.wall() - began) / 1000;
    if (one && shown.length < Math.floor(seconds / 30)) shown.push(one.done());
    if (otherSeconds === 0 && other.all()) otherSeconds = seconds;
    if (bigSeconds === 0 && one?.all()) bigSeconds = seconds;
    return tenants.every((each) => each.all());
  }, 6 * 3_600_000);
  for (const each of tenants) each.stop();
  return { bigSeconds, otherSeconds, shown, big: one?.report(), other: other.report() };
}
