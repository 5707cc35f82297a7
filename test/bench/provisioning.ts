/**
 * `npm run bench -- provisioning`: people join the enable group of one tenant of the twin; how many requests Microsoft's Graph
 * gets until everybody has number and policy, beside the lower bound. Microsoft's time is virtual (its limits, its
 * operations of 3 s and its 80 ms an answer included), so that what counts in real seconds is ours alone.
 */
import type { Bench, BenchOptions, Figures } from './bench.ts';
import { openMicrosoft } from './provisioning/microsoft.ts';
import { numberAt, openPlatform, peopleOf, readyLinks } from './provisioning/platform.ts';
import { timeSearches } from './provisioning/search.ts';
import { VirtualTime } from './provisioning/virtual-time.ts';

/** DESIGN 9: first landing 1.2, aim 1.1; nothing wrong, nothing twice. */
const firstLanding = 1.2;
const joiners = 5_000;
const strictJoiners = 400;
const everybody = 25_000;
const mostReconcileMs = 15 * 60_000;
const mostSearchMs = 1_000;

export const run: Bench = async (options) => {
  const joined = await join(options, joiners, 1);
  // The same under limits that are a fifth of the documented ones: Microsoft says 429, and nothing may be written twice.
  const strict = await join(options, strictJoiners, 0.2);
  const figures: Record<string, number> = {
    ...joined.figures,
    requestsInsideRetryAfter:
      (joined.figures.requestsInsideRetryAfter ?? 0) + (strict.figures.requestsInsideRetryAfter ?? 0),
    strictThrottled: strict.throttled,
    strictWrongOrDouble: (strict.figures.wrongAssignments ?? 0) + (strict.figures.doubleAssignments ?? 0),
  };
  let pass = joined.pass && strict.correct && strict.throttled > 0;
  const detail: Record<string, unknown> = {
    clock: 'virtual for Microsoft, CPU for ownSeconds',
    ...joined.detail,
    strict: strict.detail,
  };
  if (!options.quick) {
    const full = await reconcile(options);
    Object.assign(figures, full.figures);
    Object.assign(detail, full.detail);
    pass &&= full.pass;
  }
  return { pass, figures, detail };
};

async function join({ note, seed }: BenchOptions, count: number, scale: number) {
  const time = new VirtualTime();
  const microsoft = await openMicrosoft(time, seed);
  const users = microsoft.crowd(count);
  const people = peopleOf(users);
  const platform = openPlatform(time, microsoft, people, []);
  const { provisioner } = platform;
  // Long before: the directory is mirrored, nobody of them is in the group.
  const settled = await time.until(
    () => provisioner.members !== undefined && provisioner.readAtWallMs !== undefined,
    600_000,
  );
  if (!settled) throw new Error(`the tenant was not read: ${[...new Set(platform.problems)].join('; ')}`);
  await time.until(() => false, 120_000);
  microsoft.requests.clear();
  microsoft.assigned.clear();
  microsoft.throttle.scale = scale;
  const beganVirtual = time.wall();
  const beganReal = process.cpuUsage();
  const beganTwin = microsoft.twinMs;
  microsoft.joinGroup(users);
  const done = await time.until(
    () =>
      provisioner.states().filter((state) => state === 'AWAITING_RELAUNCH' || state === 'READY').length >=
      users.length,
    3 * 3_600_000,
  );
  const virtualSeconds = (time.wall() - beganVirtual) / 1000;
  const twinMs = microsoft.twinMs - beganTwin;
  const ownSeconds = Math.max(0, cpuMs(beganReal) - twinMs) / 1000;
  platform.stop();

  const requests = microsoft.total();
  const pages = 1 + Math.ceil(users.length / microsoft.settings.deltaMemberPageSize);
  const inBatches = Math.ceil(users.length / 20);
  // Delta pages, a number and a policy write a person with 20 to a batch, and a poll a batch of operations.
  const lowerBound = pages + inBatches + inBatches + inBatches;
  const wrong = users.filter((user, index) => {
    const policy = user.policies.OnlineVoiceRoutingPolicy;
    return user.number !== numberAt(index) || !user.enterpriseVoice || policy !== microsoft.policy;
  }).length;
  const double = [...microsoft.assigned.values()].filter((count) => count > 1).length;
  const ratio = Math.round((requests / lowerBound) * 1000) / 1000;
  note(
    `${users.length} joined: ${requests} requests, lower bound ${lowerBound}, ${virtualSeconds} s at Microsoft`,
  );
  const { throttled, insideRetryAfter } = microsoft;
  const figures: Figures = {
    requestsOverLowerBound: ratio,
    wrongAssignments: wrong,
    doubleAssignments: double,
    ownSeconds: Math.round(ownSeconds * 10) / 10,
    users: users.length,
    virtualSeconds: Math.round(virtualSeconds),
    requestsInsideRetryAfter: insideRetryAfter,
  };
  const correct = done && wrong === 0 && double === 0 && insideRetryAfter === 0;
  return {
    throttled,
    correct,
    pass: correct && ratio <= firstLanding,
    figures,
    detail: {
      requests: Object.fromEntries([...microsoft.requests].sort(([, a], [, b]) => b - a)),
      lowerBound,
      throttled,
      states: countOf(provisioner.states()),
      events: Object.fromEntries(platform.events),
      problems: platform.problems.slice(0, 5),
    },
  };
}

/** Everybody of a large tenant is looked at, from nothing read to everything judged, within the documented limits. */
async function reconcile({ note, seed }: BenchOptions) {
  const time = new VirtualTime();
  const microsoft = await openMicrosoft(time, seed + 1);
  const users = microsoft.crowd(everybody, { numbersFrom: numberAt(0), groups: [microsoft.groupId] });
  for (const user of users)
    microsoft.directory.change(user, { policies: { OnlineVoiceRoutingPolicy: microsoft.policy } });
  await time.until(() => false, 60_000);
  const beganVirtual = time.wall();
  const beganReal = process.cpuUsage();
  const beganTwin = microsoft.twinMs;
  const people = peopleOf(users);
  const platform = openPlatform(time, microsoft, people, readyLinks(users, time.wall()));
  const { provisioner } = platform;
  const verified = (): boolean => {
    let count = 0;
    for (const { facts } of provisioner.entries().values())
      if (facts && facts.number !== 'unread' && facts.policies !== 'unread' && facts.licence !== 'unread')
        count++;
    return count >= users.length;
  };
  const done = await time.until(verified, mostReconcileMs * 2);
  const virtualMs = time.wall() - beganVirtual;
  const ownSeconds = Math.max(0, cpuMs(beganReal) - (microsoft.twinMs - beganTwin)) / 1000;
  const ready = people.filter((one) => provisioner.reportOf(one.id)?.verdict === 'ready').length;
  platform.stop();
  note(`${users.length} reconciled in ${Math.round(virtualMs / 1000)} s of Microsoft's time, ${ready} ready`);
  const search = await timeSearches(everybody);
  note(`list and search of ${search.people}: slowest ${search.slowestMs} ms`);
  return {
    pass: done && virtualMs <= mostReconcileMs && ready === users.length && search.slowestMs < mostSearchMs,
    figures: {
      reconcileUsers: users.length,
      reconcileSeconds: Math.round(virtualMs / 1000),
      reconcileOwnSeconds: Math.round(ownSeconds * 10) / 10,
      reconcileReady: ready,
      searchMs: search.slowestMs,
    },
    detail: {
      reconcileRequests: microsoft.total(),
      reconcileProblems: platform.problems.slice(0, 5),
      searchMsByKind: search.byKind,
    },
  };
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

function countOf(states: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
