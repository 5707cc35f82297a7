import type { NewJob } from '@tandem/contract';
import type { AccountId } from '@tandem/domain';
import { afterJobEvent, type JobEvent } from '@tandem/engine/jobs/job.machine.ts';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import { readPeopleCsv, writeCsv } from '../../csv/people-csv.ts';
import type { JobItem, StoredJob } from '../../postgres/job-store.ts';
import type { JobBoard, JobOutcome, ShownJob } from '../job-board.ts';
import { type Scope, seesAccount } from '../scope.ts';
import type { Directory } from '../services.ts';
import * as world from './sample-world.ts';

export const acmeJobId = '01900000-0000-7000-8000-00000000b001';
const by: AuditActor = { kind: 'user', name: 'admin@acme.example' };

interface Kept {
  job: StoredJob;
  items: JobItem[];
}

/** Over memory: a started job is done at once, item by item; switches are really thrown in the directory. */
export function memoryJobs(directory: Directory, clock: { wall(): number }): JobBoard {
  const kept = new Map<string, Kept>();
  const add = (
    id: string,
    accountId: AccountId,
    kind: StoredJob['kind'],
    title: string,
    items: JobItem[],
    createdBy = by,
    options: StoredJob['options'] = {},
    undoOf?: string,
  ): Kept => {
    const job: StoredJob = {
      id,
      accountId,
      kind,
      title,
      state: 'previewed',
      preview: `preview-of-${id}`,
      options,
      createdBy,
      createdWallMs: clock.wall(),
      ...(undoOf !== undefined && { undoOf }),
    };
    const one = { job, items };
    kept.set(id, one);
    return one;
  };
  for (const [n, accountId] of [world.acmeId, world.globexId].entries())
    add(
      `${acmeJobId.slice(0, -1)}${n + 1}`,
      accountId,
      'change-people',
      'Switch Teams calling on for 3 people',
      [
        { position: 1, label: 'Bo Berg', state: 'waiting', words: 'Teams calling: off → on.' },
        { position: 2, label: 'Dana Field', state: 'unchanged', words: 'Is so already.' },
        { position: 3, label: 'line 4', state: 'refused', code: 'PRV-801', words: 'Line 4 has no upn.' },
      ],
    );

  const shown = ({ job, items }: Kept): ShownJob => {
    const count = (state: JobItem['state']): number => items.filter((item) => item.state === state).length;
    const over = job.state === 'done' || job.state === 'cancelled';
    return {
      ...job,
      counts: {
        waiting: count('waiting'),
        done: count('done'),
        unchanged: count('unchanged'),
        'left-out': count('left-out'),
        refused: count('refused'),
        cancelled: count('cancelled'),
      },
      canUndo: over && count('done') > 0 && job.undoneBy === undefined && job.kind !== 'retry-provisioning',
    };
  };
  const find = (scope: Scope, id: string): Kept | undefined => {
    const found = kept.get(id);
    return found && scope.kind !== 'person' && seesAccount(scope, found.job.accountId) ? found : undefined;
  };

  async function carryOut(one: Kept): Promise<void> {
    const finished: JobItem[] = [];
    for (const item of one.items) {
      if (item.state !== 'waiting') {
        finished.push(item);
        continue;
      }
      if (item.personId && item.after && one.job.kind !== 'retry-provisioning') {
        const { teamsToggle, platformLicence, active } = item.after as Record<string, boolean | undefined>;
        await directory.changePerson(
          { kind: 'account', accountId: one.job.accountId },
          item.personId,
          { teamsToggle, platformLicence, active },
          one.job.createdBy,
        );
      }
      finished.push({ ...item, state: 'done', words: 'Done.', finishedWallMs: clock.wall() });
    }
    one.items = finished;
    one.job = { ...one.job, state: 'done', finishedWallMs: clock.wall() };
  }

  async function step(scope: Scope, id: string, event: JobEvent): Promise<JobOutcome> {
    const one = find(scope, id);
    if (!one) return { kind: 'unknown' };
    const next = afterJobEvent(one.job.state, event);
    if (next === undefined) return { kind: 'wrong-state', say: `The job is ${one.job.state}.` };
    one.job = { ...one.job, state: next, ...(next === 'running' && { startedWallMs: clock.wall() }) };
    if (next === 'running') await carryOut(one);
    if (next === 'cancelled')
      one.items = one.items.map((item) =>
        item.state === 'waiting'
          ? { ...item, state: 'cancelled', words: 'Cancelled before it began.' }
          : item,
      );
    return { kind: 'done', job: shown(one) };
  }
  const newId = (): string => `${acmeJobId.slice(0, -4)}c${String(kept.size).padStart(3, '0')}`;

  async function plan(accountId: AccountId, ask: NewJob): Promise<JobItem[] | string> {
    if (ask.kind === 'import-people') {
      const reading = readPeopleCsv(ask.csv, 'US', '202');
      if (reading.kind === 'unreadable') return reading.say;
      return reading.rows.map(
        (row): JobItem =>
          row.row
            ? { position: row.line, label: row.label, state: 'waiting', words: 'Is created.' }
            : {
                position: row.line,
                label: row.label,
                state: 'refused',
                code: 'PRV-801',
                words: `Line ${row.line} ${row.faults.join('; ')}.`,
              },
      );
    }
    const page = await directory.people({ kind: 'account', accountId }, { limit: 200, search: ask.search });
    const people = page.items.filter((person) => ask.people === undefined || ask.people.includes(person.id));
    return people.map((person, i): JobItem => {
      const base = { position: i + 1, personId: person.id, label: person.displayName };
      if (ask.kind !== 'change-people') return { ...base, state: 'waiting', words: 'Is tried again.' };
      const { teamsToggle } = ask.change;
      if (teamsToggle === undefined || teamsToggle === person.teamsToggle)
        return { ...base, state: 'unchanged', words: 'Is so already.' };
      const words = `Teams calling: ${person.teamsToggle ? 'on → off' : 'off → on'}.`;
      return {
        ...base,
        state: 'waiting',
        words,
        before: { teamsToggle: !teamsToggle },
        after: { teamsToggle },
      };
    });
  }

  return {
    list: async (scope, { limit }) =>
      scope.kind === 'person'
        ? []
        : [...kept.values()]
            .filter(({ job }) => seesAccount(scope, job.accountId))
            .sort((a, b) => (a.job.id < b.job.id ? 1 : -1))
            .slice(0, limit)
            .map(shown),
    read: async (scope, id) => {
      const one = find(scope, id);
      return one && shown(one);
    },
    items: async (scope, id, { limit, after = 0, state }) =>
      find(scope, id)
        ?.items.filter((item) => item.position > after && (state === undefined || item.state === state))
        .slice(0, limit),
    async create(accountId, ask, createdBy) {
      const items = await plan(accountId, ask);
      if (typeof items === 'string') return { kind: 'csv-unreadable', say: items };
      return {
        kind: 'done',
        job: shown(add(newId(), accountId, ask.kind, `${ask.kind} (${items.length})`, items, createdBy)),
      };
    },
    async start(scope, id, preview) {
      const one = find(scope, id);
      if (one && one.job.preview !== preview) return { kind: 'preview-outdated' };
      return await step(scope, id, 'start');
    },
    pause: (scope, id) => step(scope, id, 'pause'),
    resume: (scope, id) => step(scope, id, 'resume'),
    cancel: (scope, id) => step(scope, id, 'cancel'),
    async undo(scope, id, createdBy) {
      const one = find(scope, id);
      if (!one) return { kind: 'unknown' };
      if (!shown(one).canUndo)
        return { kind: 'wrong-state', say: 'There is nothing of this job that could be put back.' };
      const items = one.items
        .filter(({ state }) => state === 'done')
        .map(
          ({ before, after, finishedWallMs: _, ...item }): JobItem => ({
            ...item,
            state: 'waiting',
            words: 'Is put back.',
            ...(after && { before: after }),
            ...(before && { after: before }),
          }),
        );
      const made = add(
        newId(),
        one.job.accountId,
        'undo',
        `Undo: ${one.job.title}`,
        items,
        createdBy,
        {},
        id,
      );
      one.job = { ...one.job, undoneBy: made.job.id };
      return { kind: 'done', job: shown(made) };
    },
    async peopleCsv(scope) {
      const page = await directory.people(scope, { limit: 200 });
      return writeCsv(
        ['upn', 'displayName', 'number', 'teams'],
        page.items.map((person) => [person.upn, person.displayName, person.numbers[0], person.teamsToggle]),
      );
    },
  };
}
