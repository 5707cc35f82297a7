import type { AccountId, ConnectionId, Person, PersonId } from '@tandem/domain';
import type { AuditActor, AuditLog } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Mailer } from '../ports/mailer.ts';
import { idsPerRequest } from '../presence/polling-plan.ts';
import { presenceCodeTable } from './codes.ts';
import { type Judged, type JudgeParts, judgePeople } from './judge-people.ts';
import { type PersonVerdict, readingCodes } from './judgement.ts';
import type { PresenceProbe, PresenceSyncStore, PresenceTenant, StoredPresencePerson } from './ports.ts';
import { afterRunEvent, openRunStates, type RunEvent } from './run.machine.ts';
import { countResults, noCounts, type RunReason, type RunResult, type StoredRun, wentBadly } from './run.ts';
import { type RunMailParts, runMail } from './run-mail.ts';
import { readsTeams } from './settings.ts';

export interface RunnerParts extends JudgeParts {
  readonly store: PresenceSyncStore;
  readonly probe: PresenceProbe;
  readonly clock: Clock;
  readonly mailer: Pick<Mailer, 'send'>;
  readonly audit: Pick<AuditLog, 'note'>;
  readonly tenants: (accountId: AccountId) => readonly PresenceTenant[];
  readonly accountName: (accountId: AccountId) => string | undefined;
  readonly newId: () => string;
  readonly portal: string;
  readonly csv: RunMailParts['csv'];
  readonly onProblem: (what: string, accountId: AccountId) => void;
}

export interface RunAsk {
  readonly accountId: AccountId;
  readonly reason: RunReason;
  readonly by: AuditActor;
  readonly people?: readonly PersonId[];
  /** How many people the mode "disabled" ended. */
  readonly ended?: number;
}

const rowsAtOnce = 500;
const storeAgainMs = 5_000;
/** How long a run waits for the first reading of a directory. */
const directoryWaitMs = 180_000;
const lookMs = 1_000;
/** Tries of a reading that Microsoft puts off, and the longest wait that a run takes on itself. */
const mostTries = 3;
const failedWaitMs = 5_000;
const longestWaitMs = 60_000;
const tickMs = 60_000;
const retryEveryMs = 3_600_000;
const dayMs = 86_400_000;
/** At night, as UTC has it. */
const recheckAtMs = 2 * 3_600_000;
const rejudgeAfterMs = 2_000;
const keptRuns = 20;
const automatic: AuditActor = { kind: 'system', name: 'presence-sync' };

/** How a connection stood when it was looked at last, and what broke it. */
interface Worked {
  readonly works: boolean;
  readonly reads: boolean;
  readonly writes: boolean;
  readonly reason: string | undefined;
}

interface Course {
  /** Asked for and not over, in their order. */
  readonly open: StoredRun[];
  working: Promise<void> | undefined;
  nextRetryAt: number;
  recheckedDay: number;
  cancelRejudge: (() => void) | undefined;
  rejudging: boolean;
  rejudgeAgain: boolean;
  /** What was found out between two hours, for the next report. */
  readonly unreported: Map<PersonId, RunResult>;
}

/**
 * Runs of all accounts, one at a time for each, and what goes on without one: whoever comes is matched, whoever failed is tried
 * again every hour, and stored matches are looked at every night (product-behaviour 2.1, 2.9).
 */
export class PresenceRunner {
  readonly #parts: RunnerParts;
  readonly #courses = new Map<AccountId, Course>();
  readonly #worked = new Map<ConnectionId, Worked>();
  readonly #timers = new Set<() => void>();
  #startedWallMs = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#startedWallMs = this.#parts.clock.wall();
    for (const accountId of this.#parts.memory.accounts())
      for (const { connectionId, works, reach, reason } of this.#parts.tenants(accountId))
        this.#worked.set(connectionId, { works, reads: reach.reads, writes: reach.writes, reason });
    const again = (): void => {
      this.#later(tickMs, () => {
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
      const course = this.#course(run.accountId);
      course.open.push(run.state === 'waiting' ? run : this.#stepped(run, 'restarted'));
      this.#work(run.accountId);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  /** The one that goes on or waits. */
  openRun(accountId: AccountId): StoredRun | undefined {
    return this.#courses.get(accountId)?.open[0];
  }

  findOpen(id: string): StoredRun | undefined {
    for (const { open } of this.#courses.values()) {
      const found = open.find((run) => run.id === id);
      if (found) return found;
    }
    return undefined;
  }

  /** Kept before it begins. Rejects while the store is away. */
  async begin({ accountId, reason, by, people, ended }: RunAsk): Promise<StoredRun> {
    const { memory, clock, store, newId } = this.#parts;
    const course = this.#course(accountId);
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
      for (const [at, one] of course.open.entries()) course.open[at] = this.#stepped(one, 'overtaken');
    course.open.push(run);
    await this.#parts.audit.note({
      accountId,
      actor: by,
      action: 'presence-sync.run',
      object: { kind: 'presence-run', id: run.id, label: reason },
      after: { reason, mode: run.mode, direction: run.direction, people: people?.length ?? 'all' },
    });
    this.#work(accountId);
    return run;
  }

  /** People, licences, links or the directory are others: whoever comes or goes is judged soon, without a run. */
  factsChanged(accountId: AccountId): void {
    if (this.#stopped || this.#parts.memory.settingsOf(accountId).settings.mode === 'disabled') return;
    const course = this.#course(accountId);
    course.cancelRejudge ??= this.#later(rejudgeAfterMs, () => {
      course.cancelRejudge = undefined;
      void this.#rejudge(accountId);
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
        void this.#surely(accountId, () => this.begin({ accountId, reason: 're-authorised', by: automatic }));
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
      const course = this.#course(accountId);
      if (memory.settingsOf(accountId).settings.mode === 'disabled') continue;
      if (clock.now() >= course.nextRetryAt) {
        course.nextRetryAt = clock.now() + retryEveryMs;
        void this.retry(accountId);
      }
      const day = this.#night();
      if (course.recheckedDay !== day) {
        course.recheckedDay = day;
        void this.recheck(accountId);
      }
    }
  }

  /** Those who failed and may have healed. Kept and told of only where something changed. */
  async retry(accountId: AccountId): Promise<void> {
    const { memory, clock, newId, store } = this.#parts;
    const course = this.#course(accountId);
    if (this.#stopped || course.open.length > 0) return;
    const { settings } = memory.settingsOf(accountId);
    const startedWallMs = clock.wall();
    const judged = await this.#judge(accountId, (person) => {
      const result = memory.rowOf(person.id)?.result;
      return (
        memory.scopeOf(accountId, person.id) === 'in' &&
        result?.code !== undefined &&
        presenceCodeTable[result.code].selfClears
      );
    });
    const before = new Map([...judged.keys()].map((personId) => [personId, memory.rowOf(personId)?.result]));
    await this.#settle(accountId, judged, () => this.#stopped);
    for (const { person } of judged.values()) {
      const now = memory.rowOf(person.id)?.result;
      const then = before.get(person.id);
      if (now?.is === then?.is && now?.code === then?.code) continue;
      course.unreported.set(person.id, this.#resultOf(person, 'synced'));
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
    await this.#surely(accountId, () => store.createRun(run));
    await this.#surely(accountId, () => store.saveResults(run, results));
    await this.#tell(run, results, false);
    await this.#surely(accountId, () => store.trimRuns(accountId, keptRuns));
  }

  /** Whether the addresses would find somebody else than the stored matches by now: proposed, never moved. */
  async recheck(accountId: AccountId): Promise<void> {
    const { memory, clock } = this.#parts;
    const judged = await this.#judge(
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
    await this.#keep(accountId, changed);
  }

  // ---- one account's runs, one after another

  #work(accountId: AccountId): void {
    const course = this.#course(accountId);
    course.working ??= this.#workAll(accountId, course).finally(() => {
      course.working = undefined;
      if (course.open.length > 0 && !this.#stopped) this.#work(accountId);
    });
  }

  async #workAll(accountId: AccountId, course: Course): Promise<void> {
    for (;;) {
      const run = course.open[0];
      if (!run || this.#stopped) return;
      try {
        await this.#carryOut(run.id, course);
      } catch (error) {
        this.#parts.onProblem(`a bug: ${error instanceof Error ? error.stack : String(error)}`, accountId);
      }
      if (this.#stopped) return;
      course.open.shift();
    }
  }

  async #carryOut(id: string, course: Course): Promise<void> {
    const { store, memory, clock, tenants } = this.#parts;
    const present = (): StoredRun => course.open.find((run) => run.id === id) as StoredRun;
    const over = (): boolean => this.#stopped || !openRunStates.has(present().state);
    const { accountId } = present();
    const put = (next: StoredRun): StoredRun => {
      course.open[course.open.findIndex((run) => run.id === id)] = next;
      return next;
    };
    const move = (event: RunEvent, more: Partial<StoredRun> = {}): StoredRun =>
      put({ ...this.#stepped(present(), event), ...more });
    const save = (): Promise<unknown> => this.#surely(accountId, () => store.saveRun(present()));

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
      await this.#surely(accountId, async () => {
        for (const one of await store.listResults(present(), { limit: 1_000_000, offset: 0 }))
          earlier.set(one.personId, one);
      });
    const before = new Map(scope.map((person) => [person.id, memory.rowOf(person.id)?.result]));

    await this.#forgetResults(
      accountId,
      everybody.filter((person) => !inScope(person)),
    );
    const ids = new Set(scope.map((person) => person.id));
    if (!over() && scope.length > 0) await this.#waitForDirectories(accountId, scope, over);
    let judged: ReadonlyMap<PersonId, Judged> = new Map();
    if (!over()) {
      judged = await this.#judge(accountId, (person) => ids.has(person.id));
      move('matched', { counts: { ...noCounts, inScope: scope.length } });
      await save();
    }
    await this.#settle(accountId, judged, over, (count) => {
      const run = present();
      put({ ...run, counts: { ...run.counts, judged: run.counts.judged + count } });
    });
    if (this.#stopped) return;
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
        results.push(this.#resultOf(person, was ? 'already-synced' : 'synced'));
      } else if (where === 'unsynced')
        results.push({ ...this.#named(person), outcome: 'unsynced', code: 'PRS-130' });
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
    await this.#surely(accountId, () => store.saveResults(done, results));
    for (const { personId } of results) course.unreported.delete(personId);
    course.nextRetryAt = clock.now() + retryEveryMs;
    // Before it is kept as mailed: a node that dies here tells it again, by the same key and so only once.
    await this.#tell(done, results, lost);
    await save();
    await this.#parts.audit.note({
      accountId,
      actor: done.startedBy,
      action: 'presence-sync.run-over',
      object: { kind: 'presence-run', id: done.id, label: done.reason },
      after: { state: done.state, ...counts },
    });
    await this.#surely(accountId, () => store.trimRuns(accountId, keptRuns));
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
      await this.#wait(lookMs);
    }
  }

  // ---- verdicts, and what Microsoft says to them

  #judge(
    accountId: AccountId,
    wanted: (person: Person) => boolean,
    proposals = false,
  ): Promise<ReadonlyMap<PersonId, Judged>> {
    const { settings } = this.#parts.memory.settingsOf(accountId);
    return judgePeople(this.#parts, accountId, settings, wanted, proposals);
  }

  /** Stores links first, then asks Microsoft for the presence of those who have one. */
  async #settle(
    accountId: AccountId,
    judged: ReadonlyMap<PersonId, Judged>,
    over: () => boolean,
    onProgress: (count: number) => void = () => undefined,
  ): Promise<void> {
    const { memory } = this.#parts;
    if (over() || judged.size === 0) return;
    const reads = readsTeams(memory.settingsOf(accountId).settings);
    const toRead = new Map<ConnectionId, Judged[]>();
    const now: Judged[] = [];
    for (const one of judged.values()) {
      if (one.verdict.is === 'synced' && reads && one.tenant) {
        const group = toRead.get(one.tenant.connectionId);
        if (group) group.push(one);
        else toRead.set(one.tenant.connectionId, [one]);
      } else now.push(one);
    }
    await this.#keepVerdicts(accountId, now, over);
    onProgress(now.length);
    for (const [connectionId, group] of toRead)
      for (let at = 0; at < group.length && !over(); at += idsPerRequest) {
        const batch = group.slice(at, at + idsPerRequest);
        const answer = await this.#read(
          connectionId,
          batch.flatMap(({ verdict }) => (verdict.is === 'synced' ? [verdict.objectId] : [])),
          over,
        );
        const verdicts = batch.map((one) => ({ ...one, verdict: afterReading(one, answer) }));
        await this.#keepVerdicts(accountId, verdicts, over);
        onProgress(batch.length);
      }
  }

  async #read(connectionId: ConnectionId, objectIds: readonly string[], over: () => boolean) {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#parts.probe.read(connectionId, objectIds);
      if (answer.is === 'read' || answer.is === 'refused' || attempt >= mostTries || over()) return answer;
      const waitMs =
        answer.is === 'throttled' ? (answer.retryAfterMs ?? failedWaitMs * attempt) : failedWaitMs * attempt;
      if (waitMs > longestWaitMs) return answer;
      await this.#wait(waitMs);
    }
  }

  async #keepVerdicts(accountId: AccountId, judged: readonly Judged[], over: () => boolean): Promise<void> {
    const { memory } = this.#parts;
    const rows: StoredPresencePerson[] = [];
    for (const one of judged) {
      // Meanwhile unsynced by somebody: that stands.
      if (over() || memory.scopeOf(accountId, one.person.id) !== 'in') continue;
      const row = this.#rowOf(one);
      if (row) rows.push(row);
    }
    await this.#keep(accountId, rows);
  }

  /** Undefined: nothing about the person is different. */
  #rowOf({ person, tenant, verdict, identity, proposals }: Judged): StoredPresencePerson | undefined {
    const { memory, clock } = this.#parts;
    if (verdict.is === 'waiting') return undefined;
    const before = memory.rowOf(person.id);
    const base: StoredPresencePerson = before ?? {
      accountId: person.accountId,
      personId: person.id,
      choice: 'inherit',
      changedWallMs: 0,
    };
    const { code, detail } = verdict;
    const link =
      verdict.objectId !== undefined && verdict.by !== undefined && tenant
        ? { entraTenantId: tenant.entraTenantId, objectId: verdict.objectId, by: verdict.by }
        : base.link;
    const { proposal: _, link: __, ...rest } = base;
    const proposal =
      !proposals || identity === undefined || identity === 'unread'
        ? base.proposal
        : identity.proposal?.objectId;
    const next: StoredPresencePerson = {
      ...rest,
      ...(link && { link }),
      ...(proposal !== undefined && { proposal }),
      result: { is: verdict.is, ...(code && { code }), ...(detail && { detail }) },
    };
    if (JSON.stringify({ ...next, changedWallMs: 0 }) === JSON.stringify({ ...base, changedWallMs: 0 }))
      return undefined;
    return { ...next, changedWallMs: clock.wall() };
  }

  /** Kept in the store, then they count. Whose Entra user somebody else got in that moment has no link. */
  async #keep(accountId: AccountId, rows: readonly StoredPresencePerson[]): Promise<void> {
    const { store, memory } = this.#parts;
    for (let at = 0; at < rows.length; at += rowsAtOnce) {
      const batch = rows.slice(at, at + rowsAtOnce);
      const taken = new Set<PersonId>();
      const kept = await this.#surely(accountId, async () => {
        for (const personId of (await store.savePeople(batch)).taken) taken.add(personId);
      });
      if (!kept) return;
      const put = batch.map((row): StoredPresencePerson => {
        if (!taken.has(row.personId)) return row;
        const { link: _, ...rest } = row;
        return { ...rest, result: { is: 'failed', code: 'PRS-113', detail: { who: ['somebody else'] } } };
      });
      if (taken.size > 0)
        await this.#surely(
          accountId,
          async () => void (await store.savePeople(put.filter(({ personId }) => taken.has(personId)))),
        );
      memory.putPeople(put);
    }
  }

  /** Whoever is out of scope has no result any more; the link stays for the day when it is wanted again. */
  async #forgetResults(accountId: AccountId, people: readonly Person[]): Promise<void> {
    const rows: StoredPresencePerson[] = [];
    for (const { id } of people) {
      const row = this.#parts.memory.rowOf(id);
      if (!row?.result) continue;
      const { result: _, ...rest } = row;
      rows.push({ ...rest, changedWallMs: this.#parts.clock.wall() });
    }
    await this.#keep(accountId, rows);
  }

  /** Without a run: who is new, and whose state here or in the directory is another. */
  async #rejudge(accountId: AccountId): Promise<void> {
    const { memory, audit } = this.#parts;
    const course = this.#course(accountId);
    if (course.rejudging || course.open.length > 0) {
      course.rejudgeAgain = true;
      return;
    }
    course.rejudging = true;
    try {
      const judged = await this.#judge(accountId, (person) => memory.scopeOf(accountId, person.id) === 'in');
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
      await this.#keepVerdicts(accountId, changed, () => this.#stopped);
      for (const { person } of changed) {
        const was = had.get(person.id);
        const now = memory.rowOf(person.id)?.result;
        if (!first && (was?.is === 'failed' || now?.is === 'failed'))
          course.unreported.set(person.id, this.#resultOf(person, 'synced'));
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
        this.factsChanged(accountId);
      }
    }
  }

  // ---- words and time

  #named({ id, displayName, mail, upn }: Person): Pick<RunResult, 'personId' | 'displayName' | 'mail'> {
    const address = mail ?? upn;
    return { personId: id, displayName, ...(address !== '' && { mail: address }) };
  }

  #resultOf(person: Person, well: 'synced' | 'already-synced'): RunResult {
    const result = this.#parts.memory.rowOf(person.id)?.result;
    const named = this.#named(person);
    if (result?.is === 'synced')
      return {
        ...named,
        outcome: well,
        ...(result.code && { code: result.code }),
        ...(result.detail && { detail: result.detail }),
      };
    return {
      ...named,
      outcome: 'failed',
      code: result?.code ?? 'PRS-120',
      detail: result?.detail ?? { why: 'The directory at Microsoft was not read yet.' },
    };
  }

  async #tell(run: StoredRun, results: readonly RunResult[], connectionLost: boolean): Promise<void> {
    const { mailer, memory, accountName, tenants, portal, csv } = this.#parts;
    await mailer.send(
      runMail(run, {
        accountName: accountName(run.accountId) ?? 'your account',
        tenants: tenants(run.accountId).map(({ name }) => name),
        results,
        portal,
        notify: memory.settingsOf(run.accountId).settings.notify,
        connectionLost,
        csv,
      }),
    );
  }

  #stepped(run: StoredRun, event: RunEvent): StoredRun {
    return { ...run, state: afterRunEvent(run.state, event) ?? run.state };
  }

  #night(): number {
    return Math.floor((this.#parts.clock.wall() - recheckAtMs) / dayMs);
  }

  #course(accountId: AccountId): Course {
    let course = this.#courses.get(accountId);
    if (!course) {
      course = {
        open: [],
        working: undefined,
        nextRetryAt: this.#parts.clock.now() + retryEveryMs,
        recheckedDay: this.#night(),
        cancelRejudge: undefined,
        rejudging: false,
        rejudgeAgain: false,
        unreported: new Map(),
      };
      this.#courses.set(accountId, course);
    }
    return course;
  }

  /** Until the store takes it; false: the node stops first. */
  async #surely(accountId: AccountId, work: () => Promise<unknown>): Promise<boolean> {
    for (let attempt = 0; !this.#stopped; attempt++) {
      try {
        await work();
        return true;
      } catch (error) {
        if (attempt === 0)
          this.#parts.onProblem(
            `kept later: ${error instanceof Error ? error.message : String(error)}`,
            accountId,
          );
        await this.#wait(storeAgainMs);
      }
    }
    return false;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stopped) resolve();
      else this.#later(ms, resolve);
    });
  }

  #later(ms: number, fire: () => void): () => void {
    const cancel = this.#parts.clock.after(ms, () => {
      this.#timers.delete(stop);
      fire();
    });
    const stop = (): void => {
      this.#timers.delete(stop);
      cancel();
    };
    this.#timers.add(stop);
    return stop;
  }
}

/** A verdict with Microsoft's answer about the presence itself. */
export function afterReading(
  { verdict }: Pick<Judged, 'verdict'>,
  answer: Awaited<ReturnType<PresenceProbe['read']>>,
): PersonVerdict {
  if (verdict.is !== 'synced') return verdict;
  const { objectId, by } = verdict;
  const failed = (code: 'PRS-120' | 'PRS-122' | 'PRS-123'): PersonVerdict => ({
    is: 'failed',
    code,
    detail: code === 'PRS-123' ? { who: ['The user'] } : {},
    objectId,
    by,
  });
  switch (answer.is) {
    case 'read':
      return answer.found.has(objectId) ? verdict : failed('PRS-123');
    case 'refused':
      return failed('PRS-120');
    case 'throttled':
    case 'failed':
      return failed('PRS-122');
  }
}
