import { createHash } from 'node:crypto';
import { readPeopleCsv, writeCsv } from '@tandem/adapters/csv/people-csv.ts';
import type { JobBoard, JobOutcome, ShownJob } from '@tandem/adapters/http/job-board.ts';
import type { NumberBoard } from '@tandem/adapters/http/number-board.ts';
import type { ProvisioningBoard } from '@tandem/adapters/http/provisioning-board.ts';
import { type Scope, seesAccount } from '@tandem/adapters/http/scope.ts';
import type { Facts, JobItem, JobKind, StoredJob } from '@tandem/adapters/postgres/job-store.ts';
import type { Refusal } from '@tandem/adapters/postgres/outcome.ts';
import type { PersonChange } from '@tandem/adapters/postgres/person-store.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import type { NewJob, ReadinessSummary } from '@tandem/contract';
import {
  type Account,
  type AccountId,
  asPersonId,
  type E164,
  type Person,
  type RoutingSnapshot,
} from '@tandem/domain';
import { afterJobEvent, type JobEvent, secondsLeft } from '@tandem/engine/jobs/job.machine.ts';
import type { AuditActor, AuditLog } from '@tandem/engine/ports/audit.ts';
import { asPreviewed, asWanted, planChange, planNumber, planRow } from './job-plans.ts';

export interface Jobs {
  readonly board: JobBoard;
  /** Goes on with what a crash interrupted. */
  start(): void;
  stop(): Promise<void>;
}

export interface JobParts {
  readonly stores: Pick<Stores, 'jobs' | 'people' | 'numberStock' | 'accounts'>;
  readonly snapshot: () => RoutingSnapshot;
  readonly numbers: Pick<NumberBoard, 'createPerson' | 'deletePerson'>;
  readonly provisioning: Pick<ProvisioningBoard, 'act'>;
  readonly readinessOf: (account: Account, person: Person) => ReadinessSummary;
  readonly audit: AuditLog;
  readonly refresh: () => Promise<unknown>;
  readonly newId: () => string;
  readonly wall: () => number;
  readonly onProblem: (what: string) => void;
}

const batch = 25;
const mostPeople = 25_000;
const paceOf = 50;

/**
 * Bulk jobs (product-behaviour 1.6). Items are carried out in their order, a few at a time; each is looked at again right
 * before, so that one that changed since the preview is left out and one that was done before a crash is not done twice.
 */
export function createJobs(parts: JobParts): Jobs {
  const { stores, audit } = parts;
  const running = new Map<string, Promise<void>>();
  const paces = new Map<string, number[]>();
  let stopped = false;

  // ---- showing
  async function shown(job: StoredJob): Promise<ShownJob> {
    const counts = await stores.jobs.counts(job.accountId, job.id);
    const left =
      job.state === 'running'
        ? secondsLeft(paces.get(job.id) ?? [], counts.waiting, parts.wall())
        : undefined;
    const over = job.state === 'done' || job.state === 'cancelled';
    return {
      ...job,
      counts,
      ...(left !== undefined && { secondsLeft: left }),
      canUndo: over && job.undoneBy === undefined && job.kind !== 'retry-provisioning' && counts.done > 0,
    };
  }
  async function find(scope: Scope, id: string): Promise<StoredJob | undefined> {
    if (scope.kind === 'person') return undefined;
    const job =
      scope.kind === 'platform'
        ? await stores.jobs.findForPlatform(id)
        : await stores.jobs.get(scope.accountId, id);
    return job && seesAccount(scope, job.accountId) ? job : undefined;
  }
  const note = (job: StoredJob, by: AuditActor, action: string, more: Facts = {}): Promise<void> =>
    audit.note({
      accountId: job.accountId,
      actor: by,
      action: `job.${action}`,
      object: { kind: 'job', id: job.id, label: job.title },
      ...(Object.keys(more).length > 0 && { after: more }),
    });

  // ---- planning
  const peopleOf = (accountId: AccountId): Person[] =>
    [...parts.snapshot().people.values()].filter((person) => person.accountId === accountId);

  function chosen(account: Account, ask: Exclude<NewJob, { kind: 'import-people' }>): Person[] {
    const all = peopleOf(account.id);
    const ids = ask.people && new Set(ask.people);
    const search = ask.search?.toLowerCase();
    return all
      .filter((person) => {
        if (ids && !ids.has(person.id)) return false;
        if (
          search !== undefined &&
          ![person.displayName, person.upn, person.mail, person.extension, ...person.numbers].some((one) =>
            one?.toLowerCase().includes(search),
          )
        )
          return false;
        return ask.code === undefined || parts.readinessOf(account, person).code === ask.code;
      })
      .sort((a, b) => (a.upn < b.upn ? -1 : 1))
      .slice(0, mostPeople);
  }

  async function put(
    accountId: AccountId,
    kind: JobKind,
    title: string,
    items: readonly JobItem[],
    options: Facts,
    by: AuditActor,
    undoOf?: string,
  ): Promise<JobOutcome> {
    const id = parts.newId();
    const preview = createHash('sha256')
      .update(JSON.stringify([id, items]))
      .digest('base64url')
      .slice(0, 32);
    await stores.jobs.create(
      {
        id,
        accountId,
        kind,
        title,
        preview,
        options,
        createdBy: by,
        ...(undoOf !== undefined && { undoOf }),
      },
      items,
    );
    const job = await stores.jobs.get(accountId, id);
    if (!job) return { kind: 'unknown' };
    await note(job, by, 'preview', { items: items.length });
    return { kind: 'done', job: await shown(job) };
  }

  // ---- carrying out
  async function one(job: StoredJob, item: JobItem): Promise<JobItem> {
    if (item.after?.create === true) return await createOne(job, item);
    const person = item.personId && (await stores.people.get(job.accountId, item.personId));
    if (!person) return { ...item, state: 'left-out', words: 'The person is not there any more.' };
    if (item.after?.remove === true) {
      const gone = await parts.numbers.deletePerson(
        { kind: 'account', accountId: job.accountId },
        person.id,
        job.title,
        job.createdBy,
      );
      return gone
        ? { ...item, state: 'done', words: 'Removed.' }
        : { ...item, state: 'left-out', words: 'Was removed already.' };
    }
    if (job.kind === 'retry-provisioning') {
      const outcome = await parts.provisioning.act(person, { kind: 'retry' }, job.createdBy);
      if (outcome.kind === 'done') return { ...item, state: 'done', words: 'Is tried again.' };
      return outcome.kind === 'nothing-to-retry'
        ? { ...item, state: 'unchanged', words: 'Nothing was refused that could be tried again.' }
        : {
            ...item,
            state: 'refused',
            words: outcome.detail ?? 'Provisioning does not look at this person.',
          };
    }
    if (asWanted(item, person)) return { ...item, state: 'done', words: 'Done.' };
    if (!asPreviewed(item, person)) {
      // The number that this very item took before a crash.
      if (item.after?.begun === true && item.after.number === 'next' && person.numbers[0] !== undefined)
        return {
          ...item,
          state: 'done',
          words: `Has ${person.numbers[0]}.`,
          after: { number: person.numbers[0] },
        };
      return { ...item, state: 'left-out', words: 'Changed after the preview; left as it is.' };
    }
    const { number, begun: _, ...rest } = item.after ?? {};
    const change: PersonChange = {
      ...(rest as PersonChange),
      ...(number !== undefined &&
        number !== 'next' && { numbers: mainNumber(person, number as E164 | null) }),
    };
    if (Object.keys(change).length > 0) {
      const outcome = await stores.people.update(job.accountId, person.id, person.version, change);
      if (!outcome.ok) {
        if (outcome.refusal.kind === 'conflict')
          return {
            ...item,
            state: 'left-out',
            words: 'Somebody changed it at the same moment; left as it is.',
          };
        return { ...item, ...refusedAs(outcome.refusal) };
      }
    }
    let after: Facts = { ...rest, ...(number !== undefined && { number }) };
    if (number === 'next') {
      // Noted before it is taken: only what the job gave is the job's to take back.
      await stores.jobs.finish(job.accountId, job.id, [{ ...item, after: { ...after, begun: true } }]);
      const taken = await stores.numberStock.takeNextFree(job.accountId, person.id);
      if (taken === undefined)
        return { ...item, state: 'refused', code: 'PRV-301', words: 'The account has no free number.' };
      after = { ...after, number: taken };
    }
    await audit.note({
      accountId: job.accountId,
      actor: job.createdBy,
      action: 'person.change',
      object: { kind: 'person', id: person.id, label: person.displayName },
      ...(item.before && { before: item.before }),
      after,
      reason: job.title,
    });
    return {
      ...item,
      state: 'done',
      words: number === 'next' ? `Has ${String(after.number)}.` : 'Done.',
      after,
    };
  }

  async function createOne(job: StoredJob, item: JobItem): Promise<JobItem> {
    const { create: _, begun, ...wanted } = item.after ?? {};
    const upn = String(wanted.upn);
    const known = (await stores.people.list(job.accountId, { search: upn, limit: 500 })).find(
      (one) => one.upn === upn,
    );
    const after = { ...wanted, create: true };
    // Undone is only what the job made: somebody else's person is not taken for its own.
    if (known && begun !== true)
      return {
        ...item,
        state: 'left-out',
        words: 'Was made by somebody else after the preview; left as it is.',
      };
    if (known) {
      // The person stood already when the process died, the number may not have been taken yet.
      const lacks = wanted.number === 'next' && known.numbers.length === 0;
      const taken = lacks ? await stores.numberStock.takeNextFree(job.accountId, known.id) : undefined;
      return lacks && taken === undefined
        ? {
            ...item,
            personId: known.id,
            state: 'done',
            code: 'PRV-301',
            words: 'Created without a number: the account has no free one.',
            after,
          }
        : { ...item, personId: known.id, state: 'done', words: 'Created.', after };
    }
    // Noted before it is made, so that after a crash it is known whose the person is.
    await stores.jobs.finish(job.accountId, job.id, [{ ...item, after: { ...after, begun: true } }]);
    const made = await parts.numbers.createPerson(
      {
        accountId: job.accountId,
        displayName: String(wanted.displayName),
        upn,
        ...(typeof wanted.mail === 'string' && { mail: wanted.mail }),
        ...(typeof wanted.extension === 'string' && { extension: wanted.extension }),
        ...(typeof wanted.number === 'string' && { number: wanted.number as E164 | 'next' }),
        teamsToggle: wanted.teamsToggle !== false,
        platformLicence: wanted.platformLicence !== false,
      },
      job.createdBy,
    );
    if (made.kind === 'done')
      return { ...item, personId: made.person.id, state: 'done', words: 'Created.', after };
    return {
      ...item,
      after,
      state: 'refused',
      code: 'PRV-801',
      words:
        'say' in made
          ? made.say
          : made.kind === 'no-free-number'
            ? 'The account has no free number.'
            : 'Refused.',
    };
  }

  async function run(id: string, accountId: AccountId): Promise<void> {
    const pace: number[] = [];
    paces.set(id, pace);
    for (;;) {
      const job = await stores.jobs.get(accountId, id);
      if (job?.state !== 'running' || stopped) return;
      const items = await stores.jobs.items(accountId, id, { limit: batch, state: 'waiting' });
      if (items.length === 0) {
        const over = afterJobEvent(job.state, 'allItemsOver');
        if (over && (await stores.jobs.move(job, over)))
          await note(job, { kind: 'system', name: 'jobs' }, 'done', await stores.jobs.counts(accountId, id));
        return;
      }
      const finished: JobItem[] = [];
      for (const item of items) {
        if (stopped) break;
        // One that fails by a bug of ours must not stop the others, nor be tried for ever.
        finished.push(
          await one(job, item).catch((error: Error & { code?: string }) => {
            if (error.code === 'database-unavailable') throw error;
            parts.onProblem(`a bug at item ${item.position} of job ${id}: ${error.stack}`);
            return {
              ...item,
              state: 'refused' as const,
              words: 'Failed by a fault of the platform; see its log.',
            };
          }),
        );
        pace.push(parts.wall());
        if (pace.length > paceOf) pace.shift();
      }
      await stores.jobs.finish(accountId, id, finished);
      await parts.refresh();
    }
  }

  function go(job: Pick<StoredJob, 'id' | 'accountId'>): void {
    if (running.has(job.id) || stopped) return;
    const turn = run(job.id, job.accountId)
      .catch((error: Error) => parts.onProblem(`job ${job.id} waits: ${error.message}`))
      .finally(() => {
        running.delete(job.id);
        paces.delete(job.id);
      });
    running.set(job.id, turn);
  }

  async function step(scope: Scope, id: string, event: JobEvent, by: AuditActor): Promise<JobOutcome> {
    const job = await find(scope, id);
    if (!job) return { kind: 'unknown' };
    const next = afterJobEvent(job.state, event);
    if (next === undefined || !(await stores.jobs.move(job, next)))
      return { kind: 'wrong-state', say: `The job is ${job.state}.` };
    await note(job, by, event);
    if (next === 'cancelled') {
      // The batch at hand is seen through, so that nothing is cancelled that was done.
      await running.get(id);
      await stores.jobs.cancelWaiting(job.accountId, id);
    }
    if (next === 'running') go(job);
    return { kind: 'done', job: await shown({ ...job, state: next }) };
  }

  let again: NodeJS.Timeout | undefined;
  const goOn = (): void => {
    stores.jobs
      .listRunningForPlatform()
      .then((jobs) => {
        for (const job of jobs) go(job);
      })
      .catch(() => undefined);
    // Also after the database was away: what runs by its row runs here.
    if (!stopped) again = setTimeout(goOn, 10_000).unref();
  };

  const board: JobBoard = {
    async list(scope, { limit, before }) {
      if (scope.kind === 'person') return [];
      const accounts =
        scope.kind === 'account'
          ? [scope.accountId]
          : (await stores.accounts.listAllAccountsForPlatform()).map(({ id }) => id);
      const found = (await Promise.all(accounts.map((id) => stores.jobs.list(id, limit, before)))).flat();
      found.sort((a, b) => (a.id < b.id ? 1 : -1));
      return await Promise.all(found.slice(0, limit).map(shown));
    },
    async read(scope, id) {
      const job = await find(scope, id);
      return job && (await shown(job));
    },
    async items(scope, id, page) {
      const job = await find(scope, id);
      return job && (await stores.jobs.items(job.accountId, id, page));
    },
    async create(accountId, ask, by) {
      const account = parts.snapshot().accounts.get(accountId);
      if (!account) return { kind: 'unknown' };
      if (ask.kind === 'import-people') {
        const reading = readPeopleCsv(ask.csv, account.country, account.areaCode);
        if (reading.kind === 'unreadable') return { kind: 'csv-unreadable', say: reading.say };
        const people = new Map(peopleOf(accountId).map((person) => [person.upn, person]));
        const owners = new Map(
          [...parts.snapshot().numbers].map(([number, owner]) => [
            number,
            owner.accountId === accountId && owner.kind === 'person' ? owner.personId : 'somebody',
          ]),
        );
        const items = reading.rows.map((row) => planRow(row, people, owners));
        const ignored =
          reading.unknownColumns.length === 0 ? '' : `, ignoring ${reading.unknownColumns.join(', ')}`;
        return await put(
          accountId,
          ask.kind,
          `Import ${items.length} rows${ignored}`.slice(0, 200),
          items,
          {},
          by,
        );
      }
      const people = chosen(account, ask);
      const many = `${people.length} ${people.length === 1 ? 'person' : 'people'}`;
      if (ask.kind === 'change-people') {
        const change: Record<string, unknown> = { ...ask.change };
        const items = people.map((person, i) => planChange(i + 1, person, change));
        return await put(accountId, ask.kind, `${wordsOf(ask.change)} for ${many}`, items, change, by);
      }
      if (ask.kind === 'give-numbers') {
        const items = people.map((person, i) => planNumber(i + 1, person));
        return await put(accountId, ask.kind, `Give numbers to ${many}`, items, {}, by);
      }
      const items = people.map(
        (person, i): JobItem => ({
          position: i + 1,
          personId: person.id,
          label: person.displayName,
          state: 'waiting',
          words: 'Is tried again.',
        }),
      );
      return await put(accountId, ask.kind, `Try provisioning again for ${many}`, items, {}, by);
    },
    async start(scope, id, preview, by) {
      const job = await find(scope, id);
      if (!job) return { kind: 'unknown' };
      if (job.state === 'previewed' && job.preview !== preview) return { kind: 'preview-outdated' };
      return await step(scope, id, 'start', by);
    },
    pause: (scope, id, by) => step(scope, id, 'pause', by),
    resume: (scope, id, by) => step(scope, id, 'resume', by),
    cancel: (scope, id, by) => step(scope, id, 'cancel', by),
    async undo(scope, id, by) {
      const job = await find(scope, id);
      if (!job) return { kind: 'unknown' };
      const { canUndo } = await shown(job);
      if (!canUndo)
        return { kind: 'wrong-state', say: 'There is nothing of this job that could be put back.' };
      const done = await stores.jobs.items(job.accountId, id, { limit: mostPeople, state: 'done' });
      const items = done.flatMap((item, i) => undoOf(item, i + 1));
      const made = await put(
        job.accountId,
        'undo',
        `Undo: ${job.title}`.slice(0, 200),
        items,
        {},
        by,
        job.id,
      );
      if (made.kind === 'done') await stores.jobs.noteUndo(job, made.job.id);
      return made;
    },
    async peopleCsv(scope) {
      const { people, accounts } = parts.snapshot();
      const rows = [...people.values()]
        .filter((person) => scope.kind !== 'person' && seesAccount(scope, person.accountId))
        .sort((a, b) => (a.upn < b.upn ? -1 : 1))
        .map((person) => {
          const account = accounts.get(person.accountId);
          const readiness = account && parts.readinessOf(account, person);
          return [
            person.upn,
            person.displayName,
            person.mail,
            person.extension,
            person.numbers[0],
            person.teamsToggle,
            person.platformLicence,
            person.active,
            readiness?.verdict,
            readiness?.code,
            readiness?.headline,
          ];
        });
      return writeCsv(
        [
          'upn',
          'displayName',
          'mail',
          'extension',
          'number',
          'teams',
          'licence',
          'active',
          'verdict',
          'code',
          'headline',
        ],
        rows,
      );
    },
  };

  return {
    board,
    start: goOn,
    async stop() {
      stopped = true;
      clearTimeout(again);
      await Promise.all(running.values());
    },
  };
}

/** The opposite of what was done, held against how it is now when its turn comes. */
function undoOf(item: JobItem, position: number): readonly JobItem[] {
  const base = {
    position,
    label: item.label,
    ...(item.personId !== undefined && { personId: asPersonId(item.personId) }),
  };
  if (item.after?.create === true)
    return [
      { ...base, state: 'waiting', words: 'Is removed again; its number rests.', after: { remove: true } },
    ];
  if (!item.after || !item.before) return [];
  const { upn: _, ...before } = item.after;
  return [{ ...base, state: 'waiting', words: 'Is put back.', before, after: item.before }];
}

function mainNumber(person: Person, main: E164 | null): readonly E164[] {
  const others = person.numbers.slice(1);
  return main === null ? others : [main, ...others.filter((number) => number !== main)];
}

function wordsOf(change: Readonly<Record<string, boolean | undefined>>): string {
  const words: Record<string, readonly [on: string, off: string]> = {
    teamsToggle: ['Switch Teams calling on', 'Switch Teams calling off'],
    platformLicence: ['Give the licence', 'Take the licence'],
    active: ['Activate', 'Deactivate'],
  };
  return Object.entries(change)
    .flatMap(([field, on]) => (on === undefined ? [] : [words[field]?.[on ? 0 : 1] ?? field]))
    .join(', ');
}

function refusedAs(refusal: Refusal): Pick<JobItem, 'state' | 'code' | 'words'> {
  switch (refusal.kind) {
    case 'taken':
      return { state: 'refused', code: 'PRV-304', words: `The ${refusal.what} belongs to somebody else.` };
    case 'held':
      return { state: 'refused', code: 'PRV-307', words: refusal.say };
    case 'invalid':
      return { state: 'refused', code: 'PRV-801', words: refusal.detail };
    default:
      return { state: 'refused', code: 'PRV-801', words: `Refused: ${refusal.kind}.` };
  }
}
