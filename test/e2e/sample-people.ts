import type { ShownJob } from '@tandem/adapters/http/job-board.ts';
import type { NumberBoard } from '@tandem/adapters/http/number-board.ts';
import type { PersonAction, ProvisioningBoard } from '@tandem/adapters/http/provisioning-board.ts';
import { seesAccount } from '@tandem/adapters/http/scope.ts';
import type { ApiServices, Directory, NumberOwner } from '@tandem/adapters/http/services.ts';
import { type MemoryDirectory, slice } from '@tandem/adapters/http/testing/memory-directory.ts';
import * as world from '@tandem/adapters/http/testing/sample-world.ts';
import type { JobItem } from '@tandem/adapters/postgres/job-store.ts';
import type { PersonProvisioning } from '@tandem/contract';
import { asPersonId, type E164, type Person, type PersonId } from '@tandem/domain';

const dayMs = 86_400_000;
const numberOf = (last: number): E164 => `+1202555${String(last).padStart(4, '0')}` as E164;
/** The number of Acme's stock that rests after somebody left. */
export const restingNumber = numberOf(190);

/**
 * What the pages of people, numbers and jobs need beyond the API's own doubles: a stock of numbers that is really changed,
 * people who come and go, links that remember what was asked of them, and jobs that run as slowly as the test wants.
 */
export function samplePeople(
  services: ApiServices,
  memory: MemoryDirectory,
  wall: () => number,
  inner: ProvisioningBoard,
) {
  const instant = (ms: number): string => new Date(ms).toISOString();

  // Numbers: nobody's, beside those that people have.
  const stock: NumberOwner[] = [
    ...[180, 181, 182].map((n) => ({ number: numberOf(n), accountId: world.acmeId })),
    {
      number: restingNumber,
      accountId: world.acmeId,
      held: {
        kind: 'quarantine',
        untilWallMs: wall() + 20 * dayMs,
        reason: 'left the company',
        formerOwner: 'Lena Voss',
      },
    },
  ];
  const directory: Directory = {
    ...services.directory,
    async numbers(scope, ask) {
      const theirs = (await services.directory.numbers(scope, { limit: 100_000 })).items;
      const digits = ask.search?.replace(/[^0-9]/g, '') ?? '';
      const stateOf = (entry: NumberOwner): string =>
        entry.person || entry.device ? 'assigned' : (entry.held?.kind ?? 'free');
      const all = [
        ...theirs,
        ...(scope.kind === 'person' ? [] : stock.filter(({ accountId }) => seesAccount(scope, accountId))),
      ].filter(
        (entry) => entry.number.includes(digits) && (ask.state === undefined || stateOf(entry) === ask.state),
      );
      return slice(
        all.sort((a, b) => a.number.localeCompare(b.number)),
        ask,
      );
    },
  };
  const inStock = (number: E164): number => stock.findIndex((entry) => entry.number === number);
  const numbers: NumberBoard = {
    ...services.numbers,
    async add(accountId, wanted) {
      const fresh = wanted.filter((number) => inStock(number) < 0);
      stock.push(...fresh.map((number) => ({ number, accountId })));
      return { kind: 'done', added: fresh.length };
    },
    async hold(_scope, number, hold) {
      const at = inStock(number);
      const entry = stock[at];
      if (!entry) return { kind: 'number-in-use' };
      const { number: _, accountId } = entry;
      const next: NumberOwner =
        hold.kind === 'free'
          ? { number, accountId }
          : {
              number,
              accountId,
              held:
                hold.kind === 'reserve'
                  ? { kind: 'reserved', reservedFor: hold.for, untilWallMs: wall() + 365 * dayMs }
                  : { kind: 'ported' },
            };
      stock[at] = next;
      return { kind: 'done', entry: next };
    },
    async remove(_scope, number) {
      const at = inStock(number);
      if (at < 0) return { kind: 'number-in-use' };
      stock.splice(at, 1);
      return { kind: 'done' };
    },
    async who(scope, number) {
      const found = await services.numbers.who(scope, number);
      if (number !== numberOf(142)) return found;
      return {
        ...found,
        holders: [
          ...found.holders,
          {
            where: 'microsoft',
            tenant: 'Acme',
            holder: 'disabled-user',
            name: 'old.dana@acme.example',
            numberType: 'directRouting',
            conflict: true,
            sentence: `${number} is held by old.dana@acme.example, who is disabled.`,
            fix: 'Take the number from the disabled user.',
          },
        ],
        unread: [{ what: 'Tenant of Globex', why: 'It is not yours to see.' }],
      };
    },
    async createPerson(wanted, by) {
      const taken = memory.data.people.some(({ upn }) => upn === wanted.upn);
      if (taken) return { kind: 'name-in-use', say: `${wanted.upn} is somebody of the account already.` };
      const made = await services.numbers.createPerson(wanted, by);
      if (made.kind !== 'done') return made;
      const number = wanted.number === 'next' ? stock.find(({ held }) => !held)?.number : wanted.number;
      if (number !== undefined && inStock(number) >= 0) stock.splice(inStock(number), 1);
      const person: Person = {
        ...made.person,
        id: asPersonId(
          `01900000-0000-7000-8000-0000000f${String(memory.data.people.length).padStart(4, '0')}`,
        ),
        numbers: number === undefined ? [] : [number],
      };
      memory.data.people.push(person);
      return { kind: 'done', person };
    },
    async deletePerson(scope, personId) {
      if (!(await memory.person(scope, personId))) return { kind: 'unknown' };
      memory.data.people = memory.data.people.filter(({ id }) => id !== personId);
      return { kind: 'done' };
    },
  };

  // Links with Microsoft: what was asked of whom, and what a test wants to be seen of somebody.
  const asked: { readonly person: string; readonly action: PersonAction; readonly by: string }[] = [];
  const shown = new Map<PersonId, Partial<PersonProvisioning>>();
  const provisioning: ProvisioningBoard = {
    ...inner,
    person: (person) => ({ ...inner.person(person), ...shown.get(person.id) }),
    async history(person, limit) {
      const [first] = await inner.history(person, limit);
      return [
        {
          at: instant(wall() - 3_590_000),
          trigger: 'manual',
          by: 'desk@acme.example',
          event: 'succeeded',
          from: 'ASSIGNING',
          to: 'PROPAGATING',
          graphId: 'op-0190f2a4',
          durationMs: 4_200,
        },
        ...(first ? [first] : []),
      ];
    },
    async act(person, action, by) {
      asked.push({ person: person.displayName, action, by: by.name });
      if (action.kind === 'drift') {
        const now = provisioning.person(person);
        const open = now.drift.find(({ field }) => field === action.field);
        if (action.decision === 'undo')
          shown.set(person.id, {
            drift: now.decisions.map(({ field, ours, theirs, at }) => ({
              field,
              ours,
              theirs,
              seenAt: at,
              policy: 'ask' as const,
            })),
            decisions: now.decisions.map((one) => ({ ...one, undone: true })),
          });
        else if (open)
          shown.set(person.id, {
            drift: [],
            decisions: [
              {
                field: open.field,
                ours: open.ours,
                theirs: open.theirs,
                decision: action.decision,
                by: by.name,
                at: instant(wall()),
                undone: false,
              },
            ],
          });
        return { kind: 'done' };
      }
      return await inner.act(person, action, by);
    },
  };

  // Jobs: while `slow` is on, a started job stands where the test puts it.
  const pace = { slow: false, done: 0 };
  const held = new Map<string, ShownJob['state']>();
  const running = (job: ShownJob): ShownJob => {
    const state = held.get(job.id);
    if (state === undefined) return job;
    const done = Math.min(pace.done, job.counts.waiting);
    return {
      ...job,
      state,
      startedWallMs: wall() - 5_000,
      counts: { ...job.counts, done, waiting: job.counts.waiting - done },
      ...(state === 'running' && { secondsLeft: 40 }),
    };
  };
  const { jobs: base } = services;
  const move = (id: string, state: ShownJob['state']) => async (job: ShownJob | undefined) => {
    if (!job) return { kind: 'unknown' as const };
    held.set(id, state);
    return { kind: 'done' as const, job: running(job) };
  };
  const jobs: ApiServices['jobs'] = {
    ...base,
    list: async (scope, page) => (await base.list(scope, page)).map(running),
    read: async (scope, id) => {
      const job = await base.read(scope, id);
      return job && running(job);
    },
    async items(scope, id, page) {
      const all = await base.items(scope, id, { limit: 100_000 });
      let left = held.has(id) ? pace.done : 0;
      const now = all?.map((item): JobItem => {
        if (item.state !== 'waiting' || left === 0) return item;
        left -= 1;
        return { ...item, state: 'done', words: 'Done.' };
      });
      return now
        ?.filter((item) => item.position > (page.after ?? 0) && (page.state ?? item.state) === item.state)
        .slice(0, page.limit);
    },
    async start(scope, id, preview, by) {
      const job = await base.read(scope, id);
      if (!pace.slow || job?.preview !== preview) return await base.start(scope, id, preview, by);
      return await move(id, 'running')(job);
    },
    pause: async (scope, id, by) =>
      held.has(id) ? await move(id, 'paused')(await base.read(scope, id)) : await base.pause(scope, id, by),
    async resume(scope, id, by) {
      return held.has(id)
        ? await move(id, 'running')(await base.read(scope, id))
        : await base.resume(scope, id, by);
    },
    async cancel(scope, id, by) {
      held.delete(id);
      return await base.cancel(scope, id, by);
    },
  };
  /** The job that stood still is carried out by the double at once. */
  const finish = async (id: string): Promise<void> => {
    held.delete(id);
    const scope = { kind: 'platform' } as const;
    const job = await base.read(scope, id);
    if (job) await base.start(scope, id, job.preview ?? '', job.createdBy);
  };

  return { boards: { directory, numbers, provisioning, jobs }, asked, shown, pace, finish };
}
