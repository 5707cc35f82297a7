import type { AccountId, ConnectionId } from '@tandem/domain';
import { BetweenRuns } from './between-runs.ts';
import { noCounts, type StoredRun } from './run.ts';
import { type Course, nightOf, RunCourses, retryEveryMs, steppedRun } from './run-course.ts';
import { RunTime } from './run-time.ts';
import { RunWork } from './run-work.ts';
import { automatic, type RunAsk, type RunnerParts } from './runner-parts.ts';
import { VerdictKeeper } from './verdict-keeper.ts';

const tickMs = 60_000;
const rejudgeAfterMs = 2_000;

/** How a connection stood when it was looked at last, and what broke it. */
interface Worked {
  readonly works: boolean;
  readonly reads: boolean;
  readonly writes: boolean;
  readonly reason: string | undefined;
}

/**
 * Runs of all accounts, one at a time for each, and what goes on without one: whoever comes is matched, whoever failed is tried
 * again every hour, and stored matches are looked at every night (product-behaviour 2.1, 2.9).
 */
export class PresenceRunner {
  readonly #parts: RunnerParts;
  readonly #time: RunTime;
  readonly #courses: RunCourses;
  readonly #work: RunWork;
  readonly #between: BetweenRuns;
  readonly #worked = new Map<ConnectionId, Worked>();
  #startedWallMs = Number.POSITIVE_INFINITY;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#time = new RunTime(parts);
    this.#courses = new RunCourses(parts.clock);
    const verdicts = new VerdictKeeper(parts, this.#time);
    this.#work = new RunWork(parts, this.#time, verdicts);
    this.#between = new BetweenRuns(parts, this.#time, this.#courses, verdicts, (accountId) =>
      this.factsChanged(accountId),
    );
  }

  start(): void {
    this.#startedWallMs = this.#parts.clock.wall();
    for (const accountId of this.#parts.memory.accounts())
      for (const { connectionId, works, reach, reason } of this.#parts.tenants(accountId))
        this.#worked.set(connectionId, { works, reads: reach.reads, writes: reach.writes, reason });
    const again = (): void => {
      this.#time.later(tickMs, () => {
        this.tick();
        again();
      });
    };
    again();
    for (const accountId of this.#parts.memory.accounts()) this.factsChanged(accountId);
  }

  /** What was open when the node ended goes on. Rejects while the store is away. */
  async resume(): Promise<void> {
    for (const run of await this.#parts.store.listOpenRunsForPlatform()) {
      if (this.findOpen(run.id)) continue;
      const course = this.#courses.of(run.accountId);
      course.open.push(run.state === 'waiting' ? run : steppedRun(run, 'restarted'));
      this.#workOn(run.accountId);
    }
  }

  stop(): void {
    this.#time.stop();
  }

  /** The one that goes on or waits. */
  openRun(accountId: AccountId): StoredRun | undefined {
    return this.#courses.openRun(accountId);
  }

  findOpen(id: string): StoredRun | undefined {
    return this.#courses.findOpen(id);
  }

  /** Kept before it begins. Rejects while the store is away. */
  async begin({ accountId, reason, by, people, ended }: RunAsk): Promise<StoredRun> {
    const { memory, clock, store, newId } = this.#parts;
    const course = this.#courses.of(accountId);
    const present = course.open[0];
    if (reason === 'by-hand' && present && !present.people) return present;
    const { settings } = memory.settingsOf(accountId);
    const run: StoredRun = {
      id: newId(),
      accountId,
      reason,
      state: 'waiting',
      mode: settings.mode,
      direction: settings.direction,
      ...(people && { people }),
      startedBy: by,
      startedWallMs: clock.wall(),
      counts: noCounts,
      mailed: false,
      ...(ended !== undefined && { ended }),
    };
    await store.createRun(run);
    // A run about everybody says all that the ones before it would have said.
    if (!people)
      for (const [at, one] of course.open.entries()) course.open[at] = steppedRun(one, 'overtaken');
    course.open.push(run);
    await this.#parts.audit.note({
      accountId,
      actor: by,
      action: 'presence-sync.run',
      object: { kind: 'presence-run', id: run.id, label: reason },
      after: { reason, mode: run.mode, direction: run.direction, people: people?.length ?? 'all' },
    });
    this.#workOn(accountId);
    return run;
  }

  /** People, licences, links or the directory are others: whoever comes or goes is judged soon, without a run. */
  factsChanged(accountId: AccountId): void {
    if (this.#time.stopped || this.#parts.memory.settingsOf(accountId).settings.mode === 'disabled') return;
    const course = this.#courses.of(accountId);
    course.cancelRejudge ??= this.#time.later(rejudgeAfterMs, () => {
      course.cancelRejudge = undefined;
      void this.#between.rejudge(accountId);
    });
  }

  /** A connection came back: everything begins again with what was chosen, by one run (product-behaviour 2.10). */
  connectionsChanged(): void {
    const present = new Set<ConnectionId>();
    for (const accountId of this.#parts.memory.accounts()) {
      let back = false;
      let healed = false;
      for (const tenant of this.#parts.tenants(accountId)) {
        const { connectionId, works, reach } = tenant;
        present.add(connectionId);
        const before = this.#worked.get(connectionId);
        const reason = works ? undefined : (tenant.reason ?? before?.reason);
        this.#worked.set(connectionId, { works, reads: reach.reads, writes: reach.writes, reason });
        if (!works) continue;
        if (before?.works === true)
          healed ||= (reach.reads && !before.reads) || (reach.writes && !before.writes);
        // Microsoft was away and nobody did anything: nothing has to be said again.
        else if (before?.reason === 'silent') healed = true;
        // One that was only not in memory yet did not come back.
        else if (before || (tenant.connectedWallMs ?? 0) >= this.#startedWallMs) back = true;
      }
      if (this.#parts.memory.settingsOf(accountId).settings.mode === 'disabled') continue;
      if (back)
        void this.#time.surely(accountId, () =>
          this.begin({ accountId, reason: 're-authorised', by: automatic }),
        );
      else if (healed) void this.retry(accountId);
      this.factsChanged(accountId);
    }
    // One that was ended and is made anew has come back.
    for (const connectionId of this.#worked.keys())
      if (!present.has(connectionId)) this.#worked.delete(connectionId);
  }

  /** What time asks for; also called by tests. */
  tick(): void {
    const { clock, memory } = this.#parts;
    for (const accountId of memory.accounts()) {
      const course = this.#courses.of(accountId);
      if (memory.settingsOf(accountId).settings.mode === 'disabled') continue;
      if (clock.now() >= course.nextRetryAt) {
        course.nextRetryAt = clock.now() + retryEveryMs;
        void this.retry(accountId);
      }
      const day = nightOf(clock);
      if (course.recheckedDay !== day) {
        course.recheckedDay = day;
        void this.recheck(accountId);
      }
    }
  }

  /** Those who failed and may have healed. */
  retry(accountId: AccountId): Promise<void> {
    return this.#between.retry(accountId);
  }

  /** Whether the addresses would find somebody else than the stored matches by now: proposed, never moved. */
  recheck(accountId: AccountId): Promise<void> {
    return this.#between.recheck(accountId);
  }

  // ---- one account's runs, one after another

  #workOn(accountId: AccountId): void {
    const course = this.#courses.of(accountId);
    course.working ??= this.#workAll(accountId, course).finally(() => {
      course.working = undefined;
      if (course.open.length > 0 && !this.#time.stopped) this.#workOn(accountId);
    });
  }

  async #workAll(accountId: AccountId, course: Course): Promise<void> {
    for (;;) {
      const run = course.open[0];
      if (!run || this.#time.stopped) return;
      try {
        await this.#work.carryOut(run.id, course);
      } catch (error) {
        this.#parts.onProblem(`a bug: ${error instanceof Error ? error.stack : String(error)}`, accountId);
      }
      if (this.#time.stopped) return;
      course.open.shift();
    }
  }
}
