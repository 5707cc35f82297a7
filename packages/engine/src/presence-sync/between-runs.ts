import type { AccountId } from '@tandem/domain';
import { presenceCodeTable } from './codes.ts';
import type { Judged } from './judge-people.ts';
import { readingCodes } from './judgement.ts';
import type { StoredPresencePerson } from './ports.ts';
import { countResults, type StoredRun } from './run.ts';
import type { RunCourses } from './run-course.ts';
import { resultOf, tellOfRun } from './run-results.ts';
import type { RunTime } from './run-time.ts';
import { automatic, keptRuns, type RunnerParts } from './runner-parts.ts';
import type { VerdictKeeper } from './verdict-keeper.ts';

/** What goes on without a run: who failed is tried again, stored matches are looked at, who comes is matched. */
export class BetweenRuns {
  readonly #parts: RunnerParts;
  readonly #time: RunTime;
  readonly #courses: RunCourses;
  readonly #verdicts: VerdictKeeper;
  /** Something changed while it was judged. */
  readonly #again: (accountId: AccountId) => void;

  constructor(
    parts: RunnerParts,
    time: RunTime,
    courses: RunCourses,
    verdicts: VerdictKeeper,
    again: (accountId: AccountId) => void,
  ) {
    this.#parts = parts;
    this.#time = time;
    this.#courses = courses;
    this.#verdicts = verdicts;
    this.#again = again;
  }

  /** Those who failed and may have healed. Kept and told of only where something changed. */
  async retry(accountId: AccountId): Promise<void> {
    const { memory, clock, newId, store } = this.#parts;
    const course = this.#courses.of(accountId);
    if (this.#time.stopped || course.open.length > 0) return;
    const { settings } = memory.settingsOf(accountId);
    const startedWallMs = clock.wall();
    const judged = await this.#verdicts.judge(accountId, (person) => {
      const result = memory.rowOf(person.id)?.result;
      return (
        memory.scopeOf(accountId, person.id) === 'in' &&
        result?.code !== undefined &&
        presenceCodeTable[result.code].selfClears
      );
    });
    const before = new Map([...judged.keys()].map((personId) => [personId, memory.rowOf(personId)?.result]));
    await this.#verdicts.settle(accountId, judged, () => this.#time.stopped);
    for (const { person } of judged.values()) {
      const now = memory.rowOf(person.id)?.result;
      const then = before.get(person.id);
      if (now?.is === then?.is && now?.code === then?.code) continue;
      course.unreported.set(person.id, resultOf(this.#parts.memory, person, 'synced'));
    }
    const results = [...course.unreported.values()];
    course.unreported.clear();
    if (results.length === 0) return;
    const counts = countResults(results, results.length);
    const run: StoredRun = {
      id: newId(),
      accountId,
      reason: 'retry',
      // About those only of whom something changed: that all of them failed says nothing of the others.
      state: 'done',
      mode: settings.mode,
      direction: settings.direction,
      people: results.map(({ personId }) => personId),
      startedBy: automatic,
      startedWallMs,
      finishedWallMs: clock.wall(),
      counts,
      mailed: true,
    };
    await this.#time.surely(accountId, () => store.createRun(run));
    await this.#time.surely(accountId, () => store.saveResults(run, results));
    await tellOfRun(this.#parts, run, results, false);
    await this.#time.surely(accountId, () => store.trimRuns(accountId, keptRuns));
  }

  /** Whether the addresses would find somebody else than the stored matches by now: proposed, never moved. */
  async recheck(accountId: AccountId): Promise<void> {
    const { memory, clock } = this.#parts;
    const judged = await this.#verdicts.judge(
      accountId,
      (person) => memory.rowOf(person.id)?.link !== undefined,
      true,
    );
    const changed: StoredPresencePerson[] = [];
    for (const { person, identity } of judged.values()) {
      const row = memory.rowOf(person.id);
      if (!row || identity === undefined || identity === 'unread') continue;
      const proposal = identity.proposal?.objectId;
      if (row.proposal === proposal) continue;
      const { proposal: _, ...rest } = row;
      changed.push({ ...rest, ...(proposal !== undefined && { proposal }), changedWallMs: clock.wall() });
    }
    await this.#verdicts.keep(accountId, changed);
  }

  /** Without a run: who is new, and whose state here or in the directory is another. */
  async rejudge(accountId: AccountId): Promise<void> {
    const { memory, audit } = this.#parts;
    const course = this.#courses.of(accountId);
    if (course.rejudging || course.open.length > 0) {
      course.rejudgeAgain = true;
      return;
    }
    course.rejudging = true;
    try {
      const judged = await this.#verdicts.judge(
        accountId,
        (person) => memory.scopeOf(accountId, person.id) === 'in',
      );
      const changed: Judged[] = [];
      for (const one of judged.values()) {
        const { person, tenant, verdict } = one;
        const before = memory.rowOf(person.id)?.result;
        // An interrupted connection says nothing about a person (product-behaviour 2.10).
        if (verdict.is === 'waiting' || (tenant && !tenant.works)) continue;
        // What only an answer to a reading can tell stays until the next one.
        if (verdict.is === 'synced' && before?.code !== undefined && readingCodes.has(before.code)) continue;
        if (before?.is === verdict.is && before.code === verdict.code && memory.rowOf(person.id)?.link)
          continue;
        if (before?.is === verdict.is && before.code === verdict.code && verdict.is === 'failed') continue;
        changed.push(one);
      }
      if (changed.length === 0) return;
      const had = new Map(changed.map(({ person }) => [person.id, memory.rowOf(person.id)?.result]));
      // The first look at an account is no news of anybody.
      const first = this.#parts.people(accountId).every(({ id }) => memory.rowOf(id)?.result === undefined);
      await this.#verdicts.keepVerdicts(accountId, changed, () => this.#time.stopped);
      for (const { person } of changed) {
        const was = had.get(person.id);
        const now = memory.rowOf(person.id)?.result;
        if (!first && (was?.is === 'failed' || now?.is === 'failed'))
          course.unreported.set(person.id, resultOf(this.#parts.memory, person, 'synced'));
      }
      await audit.note({
        accountId,
        actor: automatic,
        action: 'presence-sync.match',
        object: { kind: 'account', id: accountId, label: `${changed.length} people` },
        before: {
          people: changed.slice(0, 50).map(({ person }) => ({
            id: person.id,
            result: had.get(person.id)?.code ?? had.get(person.id)?.is,
          })),
        },
        after: {
          people: changed.slice(0, 50).map(({ person }) => ({
            id: person.id,
            result: memory.rowOf(person.id)?.result?.code ?? memory.rowOf(person.id)?.result?.is,
          })),
        },
      });
    } finally {
      course.rejudging = false;
      if (course.rejudgeAgain) {
        course.rejudgeAgain = false;
        this.#again(accountId);
      }
    }
  }
}
