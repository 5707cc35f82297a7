import type { AccountId, Person, PersonId } from '@tandem/domain';
import type { Judged } from './judge-people.ts';
import { openRunStates, type RunEvent } from './run.machine.ts';
import {
  countResults,
  mostRunSteps,
  noCounts,
  type RunResult,
  type RunStep,
  type StoredRun,
  wentBadly,
} from './run.ts';
import { type Course, retryEveryMs, steppedRun } from './run-course.ts';
import { namedResult, resultOf, tellOfRun } from './run-results.ts';
import type { RunTime } from './run-time.ts';
import { keptRuns, type RunnerParts } from './runner-parts.ts';
import type { VerdictKeeper } from './verdict-keeper.ts';

/** How long a run waits for the first reading of a directory. */
const directoryWaitMs = 180_000;
const lookMs = 1_000;

/** Carries out one run (product-behaviour 2.9). */
export class RunWork {
  readonly #parts: RunnerParts;
  readonly #time: RunTime;
  readonly #verdicts: VerdictKeeper;

  constructor(parts: RunnerParts, time: RunTime, verdicts: VerdictKeeper) {
    this.#parts = parts;
    this.#time = time;
    this.#verdicts = verdicts;
  }

  /** From the first step to the mail; what an earlier life of the run has found stays found. */
  async carryOut(id: string, course: Course): Promise<void> {
    const { store, memory, clock, tenants } = this.#parts;
    const present = (): StoredRun => course.open.find((run) => run.id === id) as StoredRun;
    const over = (): boolean => this.#time.stopped || !openRunStates.has(present().state);
    const { accountId } = present();
    const put = (next: StoredRun): StoredRun => {
      course.open[course.open.findIndex((run) => run.id === id)] = next;
      return next;
    };
    const move = (event: RunEvent, more: Partial<StoredRun> = {}): StoredRun =>
      put({ ...steppedRun(present(), event), ...more });
    const note = (step: RunStep): void => {
      const run = present();
      put({ ...run, steps: [...(run.steps ?? []), step].slice(-mostRunSteps) });
    };
    const timed = async <T>(what: RunStep['what'], people: number, work: () => Promise<T>): Promise<T> => {
      const [atWallMs, beganAt] = [clock.wall(), clock.now()];
      const done = await work();
      note({ what, atWallMs, durationMs: Math.round(clock.now() - beganAt), people });
      return done;
    };
    const save = (): Promise<unknown> => this.#time.surely(accountId, () => store.saveRun(present()));

    if (!over()) {
      move('begin');
      await save();
    }
    const wanted = present().people && new Set(present().people);
    const everybody = this.#parts.people(accountId).filter(({ id: one }) => wanted?.has(one) ?? true);
    const inScope = (person: Person): boolean => memory.scopeOf(accountId, person.id) === 'in';
    const scope = everybody.filter(inScope);
    // What an earlier life of this run has found stays found: a restart counts nobody twice.
    const earlier = new Map<PersonId, RunResult>();
    if (!over())
      await this.#time.surely(accountId, async () => {
        for (const one of await store.listResults(present(), { limit: 1_000_000, offset: 0 }))
          earlier.set(one.personId, one);
      });
    const before = new Map(scope.map((person) => [person.id, memory.rowOf(person.id)?.result]));

    await this.#verdicts.forgetResults(
      accountId,
      everybody.filter((person) => !inScope(person)),
    );
    const ids = new Set(scope.map((person) => person.id));
    if (!over() && scope.length > 0)
      await timed('directory', scope.length, () => this.#waitForDirectories(accountId, scope, over));
    let judged: ReadonlyMap<PersonId, Judged> = new Map();
    if (!over()) {
      judged = await timed('match', scope.length, () =>
        this.#verdicts.judge(accountId, (person) => ids.has(person.id)),
      );
      move('matched', { counts: { ...noCounts, inScope: scope.length } });
      await save();
    }
    const progress = (count: number): void => {
      const run = present();
      put({ ...run, counts: { ...run.counts, judged: run.counts.judged + count } });
    };
    await this.#verdicts.settle(accountId, judged, over, progress, note);
    if (this.#time.stopped) return;
    if (present().state === 'cancelled') {
      move('overtaken', { finishedWallMs: clock.wall() });
      await save();
      return;
    }
    const results: RunResult[] = [];
    for (const person of everybody) {
      const where = memory.scopeOf(accountId, person.id);
      if (where === 'in' && ids.has(person.id)) {
        const was = before.get(person.id)?.is === 'synced' && earlier.get(person.id)?.outcome !== 'synced';
        results.push(resultOf(memory, person, was ? 'already-synced' : 'synced'));
      } else if (where === 'unsynced')
        results.push({ ...namedResult(person), outcome: 'unsynced', code: 'PRS-130' });
    }
    // Somebody who was deleted in mid-run is nobody's failure; who asked for them is told.
    for (const personId of wanted ?? [])
      if (!everybody.some((person) => person.id === personId))
        results.push({
          personId,
          displayName: 'A person who was deleted',
          outcome: 'failed',
          code: 'PRS-101',
          detail: { who: ['the user at Microsoft'] },
        });
    const lost = scope.length > 0 && tenants(accountId).some(({ works }) => !works);
    const counts = countResults(results, results.filter(({ outcome }) => outcome !== 'unsynced').length);
    const done = move(lost || wentBadly(counts) ? 'badly' : 'well', {
      counts,
      finishedWallMs: clock.wall(),
      mailed: true,
    });
    await this.#time.surely(accountId, () => store.saveResults(done, results));
    for (const { personId } of results) course.unreported.delete(personId);
    course.nextRetryAt = clock.now() + retryEveryMs;
    // Before it is kept as mailed: a node that dies here tells it again, by the same key and so only once.
    await tellOfRun(this.#parts, done, results, lost);
    await save();
    await this.#parts.audit.note({
      accountId,
      actor: done.startedBy,
      action: 'presence-sync.run-over',
      object: { kind: 'presence-run', id: done.id, label: done.reason },
      after: { state: done.state, ...counts },
    });
    await this.#time.surely(accountId, () => store.trimRuns(accountId, keptRuns));
  }

  async #waitForDirectories(
    accountId: AccountId,
    scope: readonly Person[],
    over: () => boolean,
  ): Promise<void> {
    const { clock, tenantOf, onProblem } = this.#parts;
    const until = clock.now() + directoryWaitMs;
    for (;;) {
      const tenants = new Set(scope.map((person) => tenantOf(person)));
      const unread = [...tenants].some(
        (tenant) => tenant?.works && tenant.view?.readAtWallMs.users === undefined,
      );
      if (!unread || over()) return;
      if (clock.now() >= until) {
        onProblem('a run does without the directory: it was never read', accountId);
        return;
      }
      await this.#time.wait(lookMs);
    }
  }
}
