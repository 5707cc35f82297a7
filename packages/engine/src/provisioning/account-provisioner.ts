import {
  type Account,
  type AccountId,
  type E164,
  type Link,
  type LinkDrift,
  type LinkState,
  newLink,
  type Person,
  type PersonId,
  type ReadinessReport,
} from '@tandem/domain';
import { sharedAddresses } from '../directory-sync/shared-addresses.ts';
import type { StoredLink } from '../ports/link-store.ts';
import type { AskedPerson, Reading, UnmatchedMember } from '../ports/microsoft.ts';
import type { CallOutcome } from './call-outcome.ts';
import { ClientSignsBook } from './client-signs.ts';
import { Decisions } from './decisions.ts';
import {
  askedOf,
  calledBeside,
  type Entry,
  newEntry,
  noteSharedUsers,
  sameAs,
  settledObjectId,
  standsInTeams,
} from './entry.ts';
import type { TenantFacts } from './facts.ts';
import { LinkMover } from './link-mover.ts';
import type { ManualAction } from './manual-action.ts';
import type { HeldRemoval } from './mass-change.ts';
import { mergeFacts } from './merge-facts.ts';
import { PersonJudge } from './person-judge.ts';
import type { Judged, ProvisionerDeps } from './provisioner-deps.ts';
import { type ReadingKind, ReadingPace } from './reading-pace.ts';
import { RemovalGuard } from './removal-guard.ts';
import type { ProvisioningSettings, wantedPolicies } from './settings.ts';

/** A burst of changes is one reading. */
const settleMs = 200;
const tickMs = 1_000;

/**
 * Provisioning of one connection: reads Microsoft, judges everybody, moves the links and carries out their writes. Answers
 * about calls and readiness come from memory. One person's trouble stops nobody else's.
 */
export class AccountProvisioner {
  readonly accountId: AccountId;
  readonly #deps: ProvisionerDeps;
  readonly #entries = new Map<PersonId, Entry>();
  readonly #judge: PersonJudge;
  readonly #guard: RemovalGuard;
  readonly #pace: ReadingPace;
  readonly #mover: LinkMover;
  readonly #signs: ClientSignsBook;
  readonly #decisions: Decisions;
  #readAtWallMs: number | undefined;
  #reading: Promise<void> | undefined;
  #members: number | undefined;
  #unmatched: readonly UnmatchedMember[] = [];
  #stopTick: (() => void) | undefined;
  #stopped = false;

  constructor(account: Account, settings: ProvisioningSettings, deps: ProvisionerDeps) {
    this.accountId = account.id;
    this.#deps = deps;
    const entries = this.#entries;
    const judge = new PersonJudge(account, settings, deps);
    const guard = new RemovalGuard(entries, deps);
    const pace = new ReadingPace(deps.clock.wall());
    const mover = new LinkMover({ entries, judge, guard, pace, deps });
    this.#judge = judge;
    this.#guard = guard;
    this.#pace = pace;
    this.#mover = mover;
    this.#signs = new ClientSignsBook({ entries, mover, deps, readSoon: () => this.#want(settleMs) });
    this.#decisions = new Decisions({ entries, judge, mover, deps, readNow: () => this.#want(0) });
  }

  /** Links as stored, before anything else is known. */
  load(stored: readonly StoredLink[]): void {
    const objectIds = new Map<PersonId, string | undefined>();
    for (const { personId, link, evidence } of stored) {
      const entry = this.#entryOf(personId, link);
      entry.evidence = evidence;
      if (link) entry.link = link;
      if (link?.objectId !== undefined) objectIds.set(personId, link.objectId);
      this.#mover.slots.note(personId, entry.link);
      this.#mover.rejudge(entry);
    }
    this.#deps.onObjectIds(objectIds);
  }

  start(): void {
    const tick = (): void => {
      if (this.#stopped) return;
      this.#tick();
      this.#stopTick = this.#deps.clock.after(tickMs, tick);
    };
    tick();
  }

  stop(): void {
    this.#stopped = true;
    this.#mover.stop();
    this.#stopTick?.();
  }

  /**
   * Our own facts, as they are now. What they decide about people who changed is decided before this returns, unless they
   * are hundreds; everybody else, if the account or its settings changed, follows in turns.
   */
  own(account: Account, people: Iterable<Person>, settings: ProvisioningSettings): void {
    const groups = settings.enableGroups.map(({ id }) => id).join();
    const sameGroups = groups === this.#judge.settings.enableGroups.map(({ id }) => id).join();
    const becomesMixed = settings.mode === 'mixed' && this.#judge.settings.mode !== 'mixed';
    const rules = this.#judge.rules(account, settings);
    if (becomesMixed) this.#approveWhoStands();
    const present = new Map([...people].map((person) => [person.id, person]));
    const ids = new Set([...this.#entries.keys(), ...present.keys()]);
    // Most snapshots say the same of everybody: addresses are compared only when somebody's may have changed.
    const moved = new Set(
      [...ids].filter((id) => {
        const entry = this.#entries.get(id);
        return !entry || !sameAs(entry.person, present.get(id));
      }),
    );
    const shared = moved.size === 0 ? undefined : sharedAddresses([...present.values()]);
    const pool = this.#judge.pool.count(present, settings.licences);
    let wanted = !sameGroups || rules;
    const changed: Entry[] = [];
    const others: Entry[] = [];
    for (const id of ids) {
      const person = present.get(id);
      const entry = this.#entryOf(id);
      const shares = shared
        ? (shared.get(id) ?? []).map((other) => calledBeside(person, present.get(other as PersonId)))
        : entry.shares;
      const same = !moved.has(id);
      if (!same) wanted = true;
      const alike = same && shares.join() === entry.shares.join();
      entry.person = person;
      entry.shares = shares;
      if (!alike) changed.push(entry);
      else if (rules || (pool && person?.platformLicence === false)) others.push(entry);
    }
    this.#guard.holdOwn(changed, settings.guard, this.#deps.clock.wall());
    // The first few hundred are decided here and now: more than that is an import, not somebody's click.
    this.#mover.inTurns(changed);
    this.#mover.inTurns(others);
    if (wanted) this.#want(settleMs);
  }

  /** Who calls already was let in before there were approvals: from now on the group proposes newcomers only. */
  #approveWhoStands(): void {
    const approvedWallMs = this.#deps.clock.wall();
    for (const entry of this.#entries.values()) {
      if (!standsInTeams(entry.link) || entry.link.approvedWallMs !== undefined) continue;
      entry.link = { ...entry.link, approvedWallMs };
      void this.#mover.save(entry);
    }
  }

  /** Somebody looks at a person: what they see should be fresh. */
  look(): void {
    if (this.#pace.isOld(this.#deps.clock.wall())) this.#want(0);
  }

  /** The directory changed: whoever reads it from memory reads again. */
  directoryChanged(): void {
    this.#want(settleMs);
  }

  /** What is known of domain and route changed: it is said at once, and what waited for it begins. */
  routingChanged(): void {
    this.#judge.routingChanged();
    this.#mover.inTurns([...this.#entries.values()]);
  }

  outcomeOf(personId: PersonId): CallOutcome | undefined {
    return this.#entries.get(personId)?.outcome;
  }

  /** Whose number this was before a change that Microsoft has not finished. */
  formerOwner(number: E164): PersonId | undefined {
    return this.#mover.formers.ownerOf(number);
  }

  /** With the person as the caller has it, which may be newer than ours. */
  judge(account: Account, person: Person): Judged | undefined {
    const entry = this.#entries.get(person.id);
    return entry && this.#judge.judge(entry, person, account);
  }

  /** What is said of a person whom we know. */
  reportOf(personId: PersonId): ReadinessReport | undefined {
    const entry = this.#entries.get(personId);
    return entry?.person && this.#judge.judge(entry, entry.person).report;
  }

  /** A call touched the person's Teams client (product-behaviour 1.7 a). Kept only where it proves something new. */
  noteCall(personId: PersonId, wallMs: number): void {
    this.#signs.noteCall(personId, wallMs);
  }

  /** Teams answered a call to the person with 404 (PRV-701), or our edge refused one of theirs (PRV-702). */
  noteTrouble(
    personId: PersonId,
    sign: { readonly is: 'answered-404' } | { readonly is: 'edge-refused'; readonly reason: string },
  ): void {
    this.#signs.noteTrouble(personId, sign);
  }

  /** The person says that it works (1.7 b), or an admin does (1.7 d). False: there is nothing yet that could work. */
  confirm(personId: PersonId, by: 'person' | 'override', who: string, client?: 'desktop' | 'web'): boolean {
    return this.#signs.confirm(personId, by, who, client);
  }

  /** What an admin or the service desk asks. The number of a person is changed in the directory, not here. */
  act(
    personId: PersonId,
    action: ManualAction,
    who: string,
  ): 'done' | 'nothing-to-retry' | 'nothing-to-decide' | 'unknown' {
    return this.#decisions.act(personId, action, who);
  }

  /** A difference in the number was settled in the directory: it is remembered, so that it can be undone. */
  noteDecision(personId: PersonId, drift: LinkDrift, decision: 'repair' | 'accept', who: string): void {
    this.#decisions.noteDecision(personId, drift, decision, who);
  }

  /** What waits for an admin because it would take many away. */
  held(): readonly HeldRemoval[] {
    return this.#guard.held();
  }

  /** `keep`: they stay as they are until it is said again, or until the cause is gone. */
  decideHeld(decision: 'let-through' | 'keep'): readonly HeldRemoval[] {
    const decided = this.held();
    if (decision === 'keep') return decided;
    this.#guard.letThrough();
    this.#mover.inTurns([...this.#entries.values()]);
    this.#want(0);
    return decided;
  }

  /** An admin confirmed at the directory that these users may leave: nobody is asked twice. */
  letGo(objectIds: ReadonlySet<string>): void {
    this.#guard.letGo(objectIds);
  }

  /** For the copy on disk. */
  stored(): readonly StoredLink[] {
    return [...this.#entries].map(([personId, { link, evidence }]) => ({
      accountId: this.accountId,
      personId,
      link,
      evidence,
    }));
  }

  states(): readonly LinkState[] {
    return [...this.#entries.values()].map(({ link }) => link.state);
  }

  entries(): ReadonlyMap<PersonId, Readonly<Entry>> {
    return this.#entries;
  }

  /** Microsoft users in our enable groups who belong to a person of ours. */
  claims(): ReadonlySet<string> {
    const claimed = new Set<string>();
    for (const { person, facts } of this.#entries.values())
      if (person && facts?.inEnableGroup === true && facts.user && facts.user !== 'unread')
        claimed.add(facts.user.objectId);
    return claimed;
  }

  get settings(): ProvisioningSettings {
    return this.#judge.settings;
  }
  get tenantFacts(): TenantFacts {
    return this.#judge.tenant;
  }
  get readAtWallMs(): number | undefined {
    return this.#readAtWallMs;
  }
  /** People in the enable groups; undefined: not read yet. */
  get members(): number | undefined {
    return this.#members;
  }
  get unmatched(): readonly UnmatchedMember[] {
    return this.#unmatched;
  }
  get underWay(): number {
    return this.#mover.slots.underWay;
  }
  get waiting(): number {
    return this.#mover.slots.waiting;
  }
  wantedFor(entry: Readonly<Entry>): ReturnType<typeof wantedPolicies> {
    return this.#judge.wantedFor(entry);
  }

  // ---- reading

  #want(inMs: number): void {
    if (!this.#pace.want(this.#deps.clock.wall() + inMs)) return;
    if (inMs < tickMs) this.#deps.clock.after(inMs, () => this.#readIfWanted());
  }

  #readIfWanted(): void {
    if (this.#stopped || this.#reading) return;
    const what = this.#pace.take(this.#deps.clock.wall());
    if (!what) return;
    this.#reading = this.#read(what)
      .catch((error: unknown) =>
        this.#deps.onProblem(
          `Microsoft could not be read: ${error instanceof Error ? error.message : String(error)}`,
        ),
      )
      .finally(() => {
        this.#reading = undefined;
      });
  }

  async #read(what: ReadingKind): Promise<void> {
    const asked = new Map<PersonId, E164 | undefined>();
    const people: AskedPerson[] = [];
    for (const [personId, entry] of this.#entries) {
      const one = askedOf(personId, entry);
      if (!one || (what === 'moving' && !one.moving)) continue;
      asked.set(personId, one.number);
      entry.lookedFor = false;
      people.push(one);
    }
    const startedAt = this.#deps.clock.wall();
    const { enableGroups, policies } = this.#judge.settings;
    const named = (['voiceRouting', 'calling', 'dialPlan'] as const).flatMap((field) => {
      const wish = policies[field];
      return wish.kind === 'by-hand' ? [] : [{ field, name: wish.name }];
    });
    const groupIds = enableGroups.map(({ id }) => id);
    const reading = await this.#deps.tenant.read({ groupIds, policies: named, what }, people);
    if (this.#stopped) return;
    if (reading.requests !== undefined) this.#pace.cost(what, reading.requests);
    this.#apply(reading, asked, startedAt);
  }

  #apply(reading: Reading, asked: ReadonlyMap<PersonId, E164 | undefined>, startedAt: number): void {
    const { trouble, members, unmatched, missing } = reading;
    this.#judge.tenantSays(reading, missing);
    if (trouble?.is === 'throttled') this.#pace.pause(trouble.untilWallMs);
    if (reading.facts.size > 0) this.#readAtWallMs = startedAt;
    if (members !== undefined) this.#members = members;
    if (unmatched) this.#unmatched = unmatched;
    const facts = this.#guard.guarded(reading.facts, this.#judge.settings.guard, startedAt);
    for (const [personId, entry] of this.#entries) {
      const fresh = facts.get(personId);
      if (!fresh) continue;
      const number = asked.get(personId);
      const before = entry.factsNumber === number ? entry.facts : undefined;
      entry.facts = mergeFacts(before, fresh);
      entry.factsNumber = number;
      if (fresh.inEnableGroup === false) entry.leftWallMs ??= this.#deps.clock.wall();
      else if (fresh.inEnableGroup === true) entry.leftWallMs = undefined;
    }
    noteSharedUsers(this.#entries.values());
    const objectIds = new Map<PersonId, string | undefined>();
    const touched: Entry[] = [];
    // What is said of the tenant is said of everybody, read or not.
    for (const [personId, entry] of this.#entries) {
      const user = facts.get(personId)?.user;
      if (user !== undefined && user !== 'unread') objectIds.set(personId, settledObjectId(entry));
      touched.push(entry);
    }
    this.#mover.inTurns(touched);
    this.#deps.onObjectIds(objectIds);
    this.#pace.plan(this.#deps.clock.wall(), this.#entries.values());
  }

  #tick(): void {
    const now = this.#deps.clock.wall();
    this.#pace.noteClock(now);
    for (const entry of this.#entries.values()) if (entry.dueWallMs <= now) this.#mover.reconcile(entry);
    this.#readIfWanted();
  }

  #entryOf(personId: PersonId, stored?: Link): Entry {
    const known = this.#entries.get(personId);
    if (known) return known;
    const { connectionId } = this.#judge.settings;
    const link = stored ?? {
      ...newLink(this.accountId, personId, this.#deps.clock.wall()),
      ...(connectionId !== undefined && { connectionId }),
    };
    const entry = newEntry(link);
    this.#entries.set(personId, entry);
    return entry;
  }
}
