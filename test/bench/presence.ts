/**
 * `npm run bench -- presence`: 10,000 people over ten tenants of the twin, then 5,000 in one, live through some minutes:
 * their states in Teams change, they talk at desk phones, and Microsoft says 429 for a while. Microsoft's time is virtual (an
 * answer takes 80 ms, its limits and Retry-After hold); the milliseconds that we ourselves take are real and added.
 */
import type { PersonId } from '@tandem/domain';
import { mapTeamsPresence } from '@tandem/domain';
import {
  briskIntervalMs,
  idsPerRequest,
  type PresencePerson,
  presenceQuota,
  tierIntervalMs,
} from '@tandem/engine';
import { seededRandom } from '@tandem/simulator/random.ts';
import {
  openPresencePlatform,
  type PresencePlatform,
} from '../../apps/server/src/node/services/testing/presence-platform.ts';
import {
  openPresenceTwin,
  type PresenceTwin,
  type TwinPerson,
} from '../../apps/server/src/node/services/testing/presence-twin.ts';
import { VirtualTime } from '../../apps/server/src/node/services/testing/virtual-time.ts';
import type { Bench, BenchOptions } from './bench.ts';
import { liveBytes } from './presence/heap.ts';

/** DESIGN 9 and the aims of the presence part. */
const mostRequests = 1.1;
const mostAnswerToWriteMs = 2_000;
const mostBytes = 2_048;
/** Queue members: hot all day. */
const priorityShare = 0.03;
/** A change of state each ten minutes, a call each twenty. */
const changeEveryMs = 600_000;
const callEveryMs = 1_200_000;

const states = [
  { availability: 'Available', activity: 'Available' },
  { availability: 'Busy', activity: 'InAMeeting' },
  { availability: 'Busy', activity: 'InACall' },
  { availability: 'DoNotDisturb', activity: 'Presenting' },
  { availability: 'Away', activity: 'Away' },
  { availability: 'BeRightBack', activity: 'BeRightBack' },
] as const;

interface World {
  readonly name: string;
  readonly tenants: number;
  readonly people: number;
  readonly minutes: number;
  /** Absent: nothing was chosen, and the tenant's size decides. */
  readonly otherIntervalMs?: number;
}

export const run: Bench = async (options) => {
  const { quick } = options;
  // Code that runs for the first time takes memory that no person takes.
  await live(
    { ...options, note: () => undefined },
    { name: 'warm-up', tenants: 1, people: 100, minutes: 0.5 },
  );
  const many = await live(options, {
    name: 'ten tenants',
    tenants: 10,
    people: 1_000,
    minutes: quick ? 1.5 : 10,
    otherIntervalMs: tierIntervalMs.other,
  });
  const one = await live(options, {
    name: 'one tenant',
    tenants: 1,
    people: 5_000,
    minutes: quick ? 1.5 : 10,
    otherIntervalMs: tierIntervalMs.other,
  });
  // As it is when nobody chose a pace: each change of 5,000 is seen within 15 s (U04).
  const usual = await live(options, {
    name: 'one tenant, nothing chosen',
    tenants: 1,
    people: 5_000,
    // Whole rounds of its pace.
    minutes: quick ? 1.4 : 5.6,
  });
  const worst = (pick: (found: Found) => number): number => Math.max(...[many, one, usual].map(pick));
  const figures = {
    requestsOverLowerBound: worst((one) => one.requestsOverLowerBound),
    answerToWriteMsP95: worst((one) => one.answerToWriteMsP95),
    changeSeenMsP95: Math.max(many.changeSeenMsP95, one.changeSeenMsP95),
    hotChangeSeenMsP95: worst((one) => one.hotChangeSeenMsP95),
    requestsInsideRetryAfter: worst((one) => one.requestsInsideRetryAfter),
    bytesPerUser: worst((one) => one.bytesPerUser),
    wrongStates: worst((one) => one.wrongStates),
    users: many.users,
    usersOneTenant: one.users,
    usualChangeSeenMsMax: usual.changeSeenMsMax,
    usualQuotaSharePct: usual.quotaSharePct,
  };
  const pass =
    figures.requestsOverLowerBound <= mostRequests &&
    figures.answerToWriteMsP95 <= mostAnswerToWriteMs &&
    figures.changeSeenMsP95 <= tierIntervalMs.other + 1_000 &&
    figures.hotChangeSeenMsP95 <= tierIntervalMs.hot &&
    usual.changeSeenMsMax < 15_000 &&
    figures.requestsInsideRetryAfter === 0 &&
    figures.bytesPerUser <= mostBytes &&
    figures.wrongStates === 0 &&
    many.throttled > 0 &&
    one.throttled > 0;
  return {
    pass,
    figures,
    detail: {
      clock: 'virtual for Microsoft; what we take ourselves is real and added',
      many,
      one,
      usual,
    },
  };
};

type Found = Awaited<ReturnType<typeof live>>;

async function live({ note, seed }: BenchOptions, world: World) {
  const time = new VirtualTime();
  const twin = await openPresenceTwin(time, seed);
  const random = seededRandom(seed);
  const everybody = Array.from({ length: world.tenants }, () => twin.addTenant(world.people)).flat();
  const priority = new Set<PersonId>();
  for (const { personId } of everybody) if (random.fraction() < priorityShare) priority.add(personId);

  const watch = new Watch(time, twin, everybody, priority);
  const people: readonly PresencePerson[] = everybody.map(
    ({ accountId, personId, entraTenantId, objectId }) => ({
      ...{ accountId, personId, entraTenantId, objectId },
    }),
  );
  // What the twin keeps of each person is there before the first measuring.
  for (const { user } of everybody) twin.book.shown(user);
  const emptyBytes = liveBytes();
  const platform = openPresencePlatform(time, twin, people, {
    onChange: (personId) => watch.changed(personId),
    isPriority: (personId) => priority.has(personId),
    ...(world.otherIntervalMs !== undefined && { otherIntervalMs: world.otherIntervalMs }),
  });
  watch.platform = platform;
  platform.reader.start();
  await time.advance(95_000);
  const bytesPerUser = Math.round((liveBytes() - emptyBytes) / everybody.length);

  // An ordinary day, measured.
  const readsBefore = twin.requests.reads;
  let bound = 0;
  const sample = (grid: number): void => {
    bound += watch.boundOf(
      grid % (tierIntervalMs.other / tierIntervalMs.hot) === 0,
      world.otherIntervalMs ?? briskIntervalMs,
    );
  };
  const hotOnes = everybody.filter(({ personId }) => priority.has(personId));
  /** Those in queues change each minute: enough of them are seen. */
  const hotChanges = (hotOnes.length * tierIntervalMs.hot) / 60_000;
  const days = (world.minutes * 60_000) / tierIntervalMs.hot;
  const perGrid = {
    changes: (everybody.length * tierIntervalMs.hot) / changeEveryMs,
    calls: (everybody.length * tierIntervalMs.hot) / callEveryMs,
  };
  for (let grid = 0; grid < days; grid++) {
    sample(grid);
    for (let i = 0; i < hotChanges; i++)
      watch.changeLater(pickOf(hotOnes, random), pickOf(states, random), random);
    for (let i = 0; i < perGrid.changes; i++)
      watch.changeLater(pickOf(everybody, random), pickOf(states, random), random);
    for (let i = 0; i < perGrid.calls; i++) watch.callLater(pickOf(everybody, random), random);
    await time.advance(tierIntervalMs.hot);
  }
  const reads = twin.requests.reads - readsBefore;
  const requestsOverLowerBound = round(reads / bound, 1_000);
  // Microsoft is strict for a minute; then quiet, and everything has to be right.
  watch.measuring = false;
  twin.throttle.scale = 0.003;
  for (let i = 0; i < 12; i++) {
    for (let call = 0; call < perGrid.calls; call++) watch.callLater(pickOf(everybody, random), random);
    await time.advance(tierIntervalMs.hot);
  }
  twin.throttle.scale = 1;
  await time.advance(210_000);
  const wrongStates = everybody.filter((one) => watch.isWrong(one)).length;
  platform.stop();
  const found = {
    world: world.name,
    users: everybody.length,
    requestsOverLowerBound,
    reads,
    lowerBound: bound,
    writes: twin.requests.writes,
    answerToWriteMsP95: p95(watch.writeMs),
    changeSeenMsP95: p95(watch.coldMs),
    changeSeenMsMax: Math.round(Math.max(0, ...watch.coldMs)),
    quotaSharePct: round(
      (reads * presenceQuota.windowMs * 100) /
        (world.minutes * 60_000 * world.tenants * presenceQuota.requests),
      10,
    ),
    hotChangeSeenMsP95: p95(watch.hotMs),
    changes: watch.coldMs.length,
    hotChanges: watch.hotMs.length,
    calls: watch.writeMs.length,
    requestsInsideRetryAfter: twin.requests.insideRetryAfter,
    throttled: twin.requests.throttled,
    bytesPerUser,
    wrongStates,
    problems: [...new Set(platform.problems)].slice(0, 3),
  };
  note(`${world.name}: ${JSON.stringify(found)}`);
  return found;
}

/** Changes things at the twin and at the desk phones, and sees when they are known on the other side. */
class Watch {
  readonly coldMs: number[] = [];
  readonly hotMs: number[] = [];
  readonly writeMs: number[] = [];
  platform: PresencePlatform | undefined;
  measuring = true;
  readonly #time: VirtualTime;
  readonly #twin: PresenceTwin;
  readonly #people: readonly TwinPerson[];
  readonly #priority: ReadonlySet<PersonId>;
  readonly #waiting = new Map<PersonId, { at: number; hot: boolean; label: string }>();
  readonly #answered = new Map<string, { at: number; real: number }>();
  readonly #talking = new Set<PersonId>();
  #calls = 0;

  constructor(
    time: VirtualTime,
    twin: PresenceTwin,
    people: readonly TwinPerson[],
    priority: ReadonlySet<PersonId>,
  ) {
    this.#time = time;
    this.#twin = twin;
    this.#people = people;
    this.#priority = priority;
    twin.onRequest = ({ kind, path }) => {
      const objectId = kind === 'write' && path.endsWith('/setPresence') ? path.split('/')[3] : undefined;
      const since = objectId === undefined ? undefined : this.#answered.get(objectId);
      if (objectId === undefined || !since) return;
      this.#answered.delete(objectId);
      if (this.measuring) this.writeMs.push(time.now() - since.at + performance.now() - since.real);
    };
  }

  /** Sum over tenants and tiers of ceil(people / 650): what has to be asked at this moment (DESIGN 9). */
  boundOf(othersToo: boolean, otherMs: number): number {
    const tiers = new Map<string, { hot: number; other: number }>();
    const ages = this.platform?.reader.ages() ?? [];
    for (const [index, { tier }] of ages.entries()) {
      const id = this.#people[index]?.entraTenantId ?? '';
      const known = tiers.get(id) ?? { hot: 0, other: 0 };
      known[tier]++;
      tiers.set(id, known);
    }
    let sum = 0;
    for (const { hot, other } of tiers.values()) {
      sum += Math.ceil(hot / idsPerRequest);
      if (othersToo) sum += Math.ceil(other / idsPerRequest) * (tierIntervalMs.other / otherMs);
    }
    return sum;
  }

  changeLater(person: TwinPerson, state: (typeof states)[number], random: { fraction(): number }): void {
    this.#time.after(random.fraction() * tierIntervalMs.hot, () => {
      const { user, personId } = person;
      if (this.#talking.has(personId)) return;
      this.#twin.book.setClient(user, state);
      const { label } = mapTeamsPresence(this.#twin.book.shown(user), false);
      if (!this.measuring || this.platform?.of(personId).label === label) return;
      const hot = this.#priority.has(personId);
      this.#waiting.set(personId, { at: this.#time.now(), hot, label });
    });
  }

  callLater(person: TwinPerson, random: { fraction(): number }): void {
    const { accountId, personId, objectId } = person;
    const callId = `call-${this.#calls++}`;
    const parties = () => [{ leg: 'b' as const, accountId, personId, endpoint: 'platform' as const }];
    this.#time.after(random.fraction() * tierIntervalMs.hot, () => {
      if (this.#talking.has(personId) || this.#waiting.has(personId)) return;
      this.#talking.add(personId);
      this.#answered.set(objectId, { at: this.#time.now(), real: performance.now() });
      this.platform?.writer.callChanged({ callId, parties });
      this.#time.after(30_000 + random.fraction() * 120_000, () => {
        this.#talking.delete(personId);
        this.platform?.writer.callEnded(callId);
      });
    });
  }

  changed(personId: PersonId): void {
    const waiting = this.#waiting.get(personId);
    if (!waiting || this.platform?.of(personId).label !== waiting.label) return;
    this.#waiting.delete(personId);
    if (this.measuring) (waiting.hot ? this.hotMs : this.coldMs).push(this.#time.now() - waiting.at);
  }

  /** After quiet: nobody talks, so the platform shows what Teams shows, and Teams only what is its own. */
  isWrong({ user, personId }: TwinPerson): boolean {
    const shown = this.#twin.book.shown(user);
    const ours = shown.sessions.some(({ session }) => session.startsWith('a1a1a1a1'));
    const { label } = mapTeamsPresence(shown, false);
    return ours || this.platform?.of(personId).label !== label;
  }
}

const pickOf = <T>(from: readonly T[], random: { fraction(): number }): T =>
  from[Math.floor(random.fraction() * from.length)] as T;

const round = (value: number, by: number): number => Math.round(value * by) / by;

function p95(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))] ?? 0);
}
