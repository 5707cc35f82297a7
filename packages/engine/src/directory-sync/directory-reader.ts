import type { Clock } from '../ports/clock.ts';
import type { DeltaRun, DeltaStart, DirectorySource } from '../ports/directory-source.ts';
import type { AskedIdentity, DirectoryView } from '../ports/directory-view.ts';
import type { GroupChange, UserChange } from './directory-changes.ts';
import { type Commit, DirectoryMirror } from './directory-mirror.ts';
import type { MassChangeLimits } from './mass-change-guard.ts';

export interface DirectoryReaderDeps {
  readonly source: DirectorySource;
  readonly clock: Clock;
  /** 0 to 1: spreads the tenants' readings. */
  readonly random: () => number;
  /** A run was applied, so what is on disk is older. */
  readonly onRead: () => void;
  readonly count?: (what: DirectoryCount) => void;
  readonly onProblem: (what: string) => void;
}

export type DirectoryCount =
  | { readonly what: 'run'; readonly of: 'users' | 'groups'; readonly result: RunResult }
  | { readonly what: 'changes'; readonly of: 'users' | 'groups'; readonly changes: number }
  | { readonly what: 'comparison'; readonly result: 'same' | 'different' | 'failed' };
export type RunResult = 'delta' | 'full' | 'expired' | 'failed';

/** What the reader has to remember to go on with changes only; kept together with the mirror, which it fits. */
export interface DeltaLinks {
  readonly users: string | undefined;
  readonly groups: readonly { readonly ids: readonly string[]; readonly link: string | undefined }[];
  readonly comparedAtWallMs: number | undefined;
}

interface Batch {
  readonly ids: readonly string[];
  from: DeltaStart;
}

/** A change is seen within 60 s without any notification (product-behaviour 1.2). */
export const pollEveryMs = 30_000;
/** A burst of notifications is one reading … */
const settleMs = 1_000;
/** … and the next one comes no sooner than this after it. */
const calmMs = 3_000;
/** A notification may be faster than what it tells of: looked again after these waits when nothing was found. */
const echoesMs = [3_000, 10_000];
const longestWaitMs = 60_000;
const compareEveryMs = 86_400_000;
/** A comparison that failed is as dear as one that went well: after 1, 2, 4 … 15 minutes, not with each reading. */
const compareAgainMs = 60_000;
const longestCompareAgainMs = 900_000;
/** Reading groups anew only to ask for them together costs their members once. */
const arrangeEveryMs = 3_600_000;
const mostInFilter = 50;
/** A few milliseconds of work. */
const mostInStep = 200;
const mostRuns = 2_000;

/**
 * Keeps a mirror of one tenant by delta queries. Delta is the truth; a notification makes it only sooner. Whole runs only, none
 * inside a wait that Microsoft asked for, and what cannot be read stays as it was.
 */
export class DirectoryReader implements DirectoryView {
  readonly mirror: DirectoryMirror;
  readonly #deps: DirectoryReaderDeps;
  #users: DeltaStart;
  #batches: Batch[] = [];
  #state: DirectoryView['state'] = { connection: { is: 'connected' } };
  #comparedAtWallMs: number | undefined;
  #compareNotBefore = Number.NEGATIVE_INFINITY;
  #comparisonsFailed = 0;
  #arrangedAt: number;
  #roundBeganAt = Number.NEGATIVE_INFINITY;
  #goodRoundBeganAt = Number.NEGATIVE_INFINITY;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #echoes: readonly number[] = [];
  #dueAt = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;
  #round: Promise<void> | undefined;
  #hinted = false;
  #stopped = true;

  constructor(entraTenantId: string, deps: DirectoryReaderDeps) {
    this.mirror = new DirectoryMirror(entraTenantId);
    this.#deps = deps;
    this.#arrangedAt = deps.clock.wall();
  }

  /** What an earlier start left; before `start`. */
  restore(links: DeltaLinks): void {
    this.#users = links.users === undefined ? undefined : { link: links.users };
    this.#batches = links.groups.map(({ ids, link }) => ({
      ids,
      from: link === undefined ? undefined : { link },
    }));
    this.#comparedAtWallMs = links.comparedAtWallMs;
  }

  links(): DeltaLinks {
    const linkOf = (from: DeltaStart): string | undefined => (from && 'link' in from ? from.link : undefined);
    return {
      users: linkOf(this.#users),
      groups: this.#batches.map(({ ids, from }) => ({ ids, link: linkOf(from) })),
      comparedAtWallMs: this.#comparedAtWallMs,
    };
  }

  start(): void {
    this.#stopped = false;
    this.#plan(0);
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    return this.#round ?? Promise.resolve();
  }

  /** Microsoft says that something changed. */
  hint(): void {
    this.#hinted = true;
    this.#echoes = echoesMs;
    const since = this.#deps.clock.wall() - this.#roundBeganAt;
    this.#plan(Math.max(settleMs, calmMs - since));
  }

  // ---- DirectoryView

  get entraTenantId(): string {
    return this.mirror.entraTenantId;
  }
  get revision(): number {
    return this.mirror.revision;
  }
  get readAtWallMs() {
    return this.mirror.readAtWallMs;
  }
  get state() {
    return this.#state;
  }
  get comparedAtWallMs(): number | undefined {
    return this.#comparedAtWallMs;
  }
  get nextReadAtWallMs(): number | undefined {
    return Number.isFinite(this.#dueAt) ? Math.max(this.#dueAt, this.#pausedUntil) : undefined;
  }
  get reading(): boolean {
    return this.#round !== undefined;
  }
  user = (objectId: string) => this.mirror.user(objectId);
  users = () => this.mirror.users();
  match = (people: readonly AskedIdentity[], how?: { readonly nearest: boolean }) =>
    this.mirror.match(people, how);
  membership = (groupIds: readonly string[], objectId: string) => this.mirror.membership(groupIds, objectId);
  members = (groupIds: readonly string[]) => this.mirror.members(groupIds);
  group = (groupId: string) => this.mirror.group(groupId);
  onChange = (heard: (objectIds: ReadonlySet<string> | 'all') => void) => this.mirror.onChange(heard);
  protect = (objectIds: ReadonlySet<string>, limits?: MassChangeLimits) =>
    this.mirror.protect(objectIds, limits);

  followGroups(groupIds: readonly string[]): void {
    const before = this.mirror.followed;
    this.mirror.followGroups(groupIds);
    if (this.mirror.followed === before) return;
    this.#deps.onRead();
    if (!this.#stopped) this.#plan(0);
  }

  async refresh(youngerThanMs: number): Promise<void> {
    const { clock } = this.#deps;
    const askedAt = clock.wall();
    // A reading that is under way may have passed what is asked for: the one after it has not.
    for (let tries = 0; tries < 3; tries++) {
      const late = clock.wall() < this.#pausedUntil || this.#stopped;
      if (late || this.#goodRoundBeganAt >= askedAt - youngerThanMs) return;
      this.#plan(0);
      await this.#round;
      if (this.#roundBeganAt >= askedAt && !this.#round) return;
    }
  }

  // ---- the loop

  #plan(inMs: number): void {
    if (this.#stopped) return;
    const { clock } = this.#deps;
    const at = clock.wall() + inMs;
    if (at >= this.#dueAt && (this.#cancel || this.#round)) return;
    this.#dueAt = at;
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#round) return;
    const waitMs = Math.max(0, at - clock.wall(), this.#pausedUntil - clock.wall());
    if (waitMs === 0) this.#begin();
    else this.#cancel = clock.after(waitMs, () => this.#begin());
  }

  #begin(): void {
    this.#cancel = undefined;
    if (this.#stopped || this.#round) return;
    const { clock } = this.#deps;
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#roundBeganAt = clock.wall();
    const hinted = this.#hinted;
    this.#hinted = false;
    this.#round = this.#read()
      .catch((error: unknown) => {
        this.#failures += 1;
        this.#deps.onProblem(
          `the directory could not be read: ${error instanceof Error ? error.message : String(error)}`,
        );
        return 'failed' as const;
      })
      .then((found) => {
        this.#round = undefined;
        this.#after(found, hinted);
      });
  }

  #after(found: 'failed' | 'nothing' | 'changes', hinted: boolean): void {
    if (this.#stopped) return;
    const due = this.#dueAt;
    this.#dueAt = Number.POSITIVE_INFINITY;
    const spread = 0.9 + 0.1 * this.#deps.random();
    if (found === 'failed') {
      this.#plan(Math.min(longestWaitMs, pollEveryMs * 2 ** Math.min(this.#failures - 1, 4)) * spread);
    } else {
      this.#plan(pollEveryMs * spread);
      const [echo, ...more] = this.#echoes;
      if (found === 'changes') this.#echoes = [];
      else if (echo !== undefined && (hinted || this.#echoes !== echoesMs)) {
        this.#echoes = more;
        this.#plan(echo);
      }
    }
    // Somebody asked while this round ran.
    if (Number.isFinite(due)) this.#plan(Math.max(0, due - this.#deps.clock.wall()));
  }

  /** One round: users, then every followed group and the groups that turn up in them. */
  async #read(): Promise<'failed' | 'nothing' | 'changes'> {
    const { clock, source } = this.#deps;
    const revision = this.mirror.revision;
    const beganAt = clock.wall();
    const users = await this.#run('users', this.#users, (from) => source.users(from));
    this.#users = users.from;
    if (!users.run) return 'failed';
    // Also when stopped meanwhile: link and mirror fit each other at any time.
    await this.#commit(users.run);
    this.#deps.onRead();
    if (this.#stopped || !(await this.#readGroups())) return 'failed';
    this.#goodRoundBeganAt = beganAt;
    this.#failures = 0;
    this.#state = { connection: { is: 'connected' } };
    const compared = this.#comparedAtWallMs ?? Number.NEGATIVE_INFINITY;
    if (clock.wall() - compared >= compareEveryMs && clock.wall() >= this.#compareNotBefore)
      await this.#compare();
    return this.mirror.revision === revision ? 'nothing' : 'changes';
  }

  /** Many users in steps, so that whoever else runs in this process gets their turn; shown at once all the same. */
  async #commit(run: Commit<UserChange>): Promise<void> {
    const { full, changes, beganAtWallMs } = run;
    if (changes.length <= mostInStep) {
      this.mirror.commitUsers(run);
      return;
    }
    const stage = this.mirror.stageUsers(full, beganAtWallMs);
    for (let at = 0; at < changes.length; at += mostInStep) {
      stage.add(changes.slice(at, at + mostInStep));
      await new Promise<void>((resolve) => void this.#deps.clock.after(0, resolve));
    }
    stage.commit();
  }

  async #readGroups(): Promise<boolean> {
    const visited = new Set<Batch>();
    for (let runs = 0; runs < mostRuns; runs++) {
      this.#arrange();
      const batch = this.#batches.find((one) => !visited.has(one));
      if (!batch) return true;
      visited.add(batch);
      const recycled = batch.ids.filter((id) => this.mirror.isRecycled(id));
      const read = await this.#run('groups', batch.from, (from) => this.#deps.source.groups(batch.ids, from));
      batch.from = read.from;
      if (!read.run) return false;
      this.mirror.commitGroups(batch.ids, read.run);
      this.#deps.onRead();
      // What a group holds that came back is not told by changes.
      const back = recycled.filter((id) => !this.mirror.isRecycled(id));
      if (back.length > 0 && !read.run.full) this.#batches.push({ ids: back, from: undefined });
      if (this.#stopped) return false;
    }
    return false;
  }

  /** Every group that has to be read is in one batch of at most 50; batches that nobody needs go. */
  #arrange(): void {
    const wanted = this.mirror.toRead();
    this.#batches = this.#batches.filter(({ ids }) => ids.some((id) => wanted.has(id)));
    const needed = Math.ceil(wanted.size / mostInFilter);
    // Groups that turned up one by one have left batches of their own: read once more, they are one request a round.
    const calm = this.#deps.clock.wall() - this.#arrangedAt > arrangeEveryMs;
    if (this.#batches.length > needed && calm) {
      this.#arrangedAt = this.#deps.clock.wall();
      this.#batches = [];
    }
    const known = new Set(this.#batches.flatMap(({ ids }) => ids));
    const fresh = [...wanted].filter((id) => !known.has(id));
    for (let at = 0; at < fresh.length; at += mostInFilter)
      this.#batches.push({ ids: fresh.slice(at, at + mostInFilter), from: undefined });
  }

  async #run<Change extends UserChange | GroupChange>(
    of: 'users' | 'groups',
    start: DeltaStart,
    ask: (from: DeltaStart) => Promise<DeltaRun<Change>>,
  ): Promise<{
    readonly from: DeltaStart;
    readonly run?: { full: boolean; changes: readonly Change[]; beganAtWallMs: number };
  }> {
    const count = this.#deps.count ?? (() => undefined);
    let from = start;
    // A run that was broken off and began without a link is a full one too; its link says which it was.
    for (let tries = 0; tries < 2; tries++) {
      const full = isFull(from);
      const run = await ask(unwrapped(from));
      if (run.kind === 'complete') {
        count({ what: 'run', of, result: full ? 'full' : 'delta' });
        if (run.changes.length > 0) count({ what: 'changes', of, changes: run.changes.length });
        const { changes, beganAtWallMs } = run;
        return { from: { link: run.link }, run: { full, changes, beganAtWallMs } };
      }
      count({ what: 'run', of, result: run.kind });
      if (run.kind === 'failed') {
        this.#failures += 1;
        this.#state = run.state;
        if (run.notBeforeWallMs !== undefined)
          this.#pausedUntil = Math.max(this.#pausedUntil, run.notBeforeWallMs);
        return { from: run.resume ? { resume: { full, inner: run.resume } } : from };
      }
      from = undefined;
    }
    this.#failures += 1;
    return { from: undefined };
  }

  // ---- the nightly comparison

  /**
   * Holds our closure against Microsoft's own flattened list. A difference may be a change on its way, so the changes are read
   * before anything is judged; what differs then is read anew as a whole.
   */
  async #compare(): Promise<void> {
    const { clock, source } = this.#deps;
    const count = this.#deps.count ?? (() => undefined);
    const again = Math.min(longestCompareAgainMs, compareAgainMs * 2 ** this.#comparisonsFailed);
    this.#compareNotBefore = clock.wall() + again;
    this.#comparisonsFailed += 1;
    const differs = async (): Promise<boolean | undefined> => {
      for (const groupId of this.mirror.followed) {
        const told = await source.transitiveMembers(groupId);
        if (told.kind === 'failed') return undefined;
        const theirs = told.kind === 'gone' ? [] : [...told.ids].filter((id) => this.mirror.isThere(id));
        const ours = this.mirror.directory(groupId);
        if (ours.size !== theirs.length || theirs.some((id) => !ours.has(id))) return true;
      }
      return false;
    };
    let different = await differs();
    if (different) {
      if (!(await this.#readGroups())) return;
      different = await differs();
    }
    if (different === undefined) {
      count({ what: 'comparison', result: 'failed' });
      return;
    }
    count({ what: 'comparison', result: different ? 'different' : 'same' });
    this.#comparedAtWallMs = clock.wall();
    this.#comparisonsFailed = 0;
    if (!different) return;
    this.#deps.onProblem('memberships differ from what Microsoft says: all followed groups are read anew');
    this.#batches = [];
    await this.#readGroups();
  }
}

/** Whether a run that starts so reads everything there is. */
function isFull(from: DeltaStart): boolean {
  if (from === undefined) return true;
  return 'resume' in from && (from.resume as { readonly full?: boolean }).full === true;
}

/** The source's own token, out of the reader's wrapping. */
function unwrapped(from: DeltaStart): DeltaStart {
  return from && 'resume' in from ? { resume: (from.resume as { readonly inner: object }).inner } : from;
}
