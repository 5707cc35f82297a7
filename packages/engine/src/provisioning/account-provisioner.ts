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
import type { Clock } from '../ports/clock.ts';
import type { LinkKeeper, StoredLink } from '../ports/link-store.ts';
import type { AskedPerson, MicrosoftTenant, Reading, UnmatchedMember } from '../ports/microsoft.ts';
import type { HistoryStep } from '../ports/provisioning-history.ts';
import { type CallOutcome, callOutcome, duringChange } from './call-outcome.ts';
import type { AccountPolicy } from './decide-events.ts';
import { decided } from './drift.ts';
import {
  askedOf,
  bound,
  calledBeside,
  dueOf,
  type Entry,
  linkedStates,
  movingStates,
  newEntry,
  noteSharedUsers,
  numberToAsk,
  sameAs,
  settledObjectId,
} from './entry.ts';
import { evaluateReadiness } from './evaluate-readiness.ts';
import type { MicrosoftFacts, OwnFacts, OwnPerson, TenantFacts } from './facts.ts';
import { FormerNumbers } from './former-numbers.ts';
import { LicencePool } from './licence-pool.ts';
import { applyManual, type ManualAction } from './manual-action.ts';
import {
  type HeldRemoval,
  leavesByOwnFacts,
  leavingAtMicrosoft,
  tooMany,
  withoutLeaving,
} from './mass-change.ts';
import { mergeFacts } from './merge-facts.ts';
import { ownFactsOf } from './own-facts.ts';
import { linkFactsOf, type ProvisioningAction, reconcileLink } from './reconcile-link.ts';
import { type ProvisioningSettings, wantedPolicies } from './settings.ts';
import { sinceOf } from './since.ts';
import { calledByName, carryOut, isWork, OperationPace, stepOf, type Work } from './work.ts';
import { applyOutcome, type WriteOutcome } from './write-outcome.ts';
import { WriteSlots } from './write-slots.ts';

/** Something that a person or the admins should hear of. */
export type ProvisioningNotice =
  | Extract<ProvisioningAction, { readonly kind: 'tell-person' | 'alert' | 'release-number' }>
  | { readonly kind: 'held'; readonly held: HeldRemoval };

export interface ProvisionerDeps {
  readonly tenant: MicrosoftTenant;
  readonly keeper: LinkKeeper;
  readonly clock: Clock;
  /** 0 to 1, for the jitter of waits. */
  readonly random: () => number;
  /** What is said of this person, or what their calls get, may have changed. */
  readonly onPerson: (personId: PersonId) => void;
  /** Who is who at Microsoft, as far as it is settled. */
  readonly onObjectIds: (objectIds: ReadonlyMap<PersonId, string | undefined>) => void;
  readonly onProblem: (what: string) => void;
  /** Told once each. `personId` is absent for what is about the whole connection. */
  readonly notify?: (notice: ProvisioningNotice, personId: PersonId | undefined) => void;
  readonly history?: (personId: PersonId, step: HistoryStep) => void;
  /** The name of another account whose enable group holds this Microsoft user too (PRV-206). */
  readonly claimedElsewhere?: (objectId: string) => string | undefined;
  /** What is known of routing domain, voice route and edge, where they are not kept by hand. */
  readonly routing?: () => Partial<Pick<TenantFacts, 'domain' | 'routing' | 'edgeSilent'>>;
  /** A number that is in quarantine or reserved for somebody else (PRV-307). */
  readonly heldNumber?: (number: E164, personId: PersonId) => OwnPerson['heldNumber'];
  /** Takes a licence of the platform for a person, or gives it back to the pool. */
  readonly setLicence?: (personId: PersonId, licensed: boolean) => void;
}

export interface Judged {
  readonly report: ReadinessReport;
  readonly state: LinkState;
  readonly checkedAtWallMs?: number;
}

/** How often Microsoft is read (product-behaviour 1.2: a change is seen within 60 s). */
export const readEveryMs = 30_000;
/** A burst of changes is one reading. */
const settleMs = 200;
/** A person whom somebody looks at is read anew when the last reading is older than this. */
const lookAgeMs = 5_000;
const tickMs = 1_000;
/** While something is under way at Microsoft it is read more often, and ever less so. */
const firstWaitMs = 1_000;
/** A reading of many pages is not repeated as often: this much for each request that it took … */
const msARequest = 6_000;
/** … unless it is a small one. */
const smallReading = 3;
const longestRoundMs = 15 * 60_000;
/** So many people are looked at in one go; then calls and others get their turn. */
const mostAtOnce = 500;

const paceOf = (requests: number): number => (requests <= smallReading ? 0 : requests * msARequest);

/**
 * Provisioning of one connection: reads Microsoft, judges everybody, moves the links and carries out their writes. Answers
 * about calls and readiness come from memory. One person's trouble stops nobody else's.
 */
export class AccountProvisioner {
  readonly accountId: AccountId;
  readonly #deps: ProvisionerDeps;
  readonly #entries = new Map<PersonId, Entry>();
  readonly #slots = new WriteSlots();
  readonly #formers = new FormerNumbers();
  readonly #pace = new OperationPace();
  #account: Account;
  #settings: ProvisioningSettings;
  #tenant: TenantFacts;
  #readAtWallMs: number | undefined;
  #askedAtWallMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #wantAtWallMs: number;
  #movingAtWallMs = Number.POSITIVE_INFINITY;
  #waitMs = firstWaitMs;
  /** Requests of the last whole reading, and of the last about those who move. */
  #cost = { all: 0, moving: 0 };
  #pausedUntilWallMs = 0;
  #members: number | undefined;
  #unmatched: readonly UnmatchedMember[] = [];
  readonly #held = new Map<HeldRemoval['source'], HeldRemoval>();
  /** Held once and let through by an admin: they may go. */
  readonly #letThrough = new Set<PersonId>();
  readonly #pool = new LicencePool();
  #stopTick: (() => void) | undefined;
  #stopped = false;

  constructor(account: Account, settings: ProvisioningSettings, deps: ProvisionerDeps) {
    this.accountId = account.id;
    this.#account = account;
    this.#settings = settings;
    this.#deps = deps;
    this.#wantAtWallMs = deps.clock.wall();
    this.#tenant = { connection: { is: 'connected' }, ...this.#routing() };
  }

  /** Links as stored, before anything else is known. */
  load(stored: readonly StoredLink[]): void {
    const objectIds = new Map<PersonId, string | undefined>();
    for (const { personId, link, evidence } of stored) {
      const entry = this.#entryOf(personId, link);
      entry.evidence = evidence;
      if (link) entry.link = link;
      if (link?.objectId !== undefined) objectIds.set(personId, link.objectId);
      this.#slots.note(personId, entry.link);
      this.#rejudge(entry);
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
    this.#stopTick?.();
  }

  /**
   * Our own facts, as they are now. What they decide about people who changed is decided before this returns, unless they
   * are hundreds; everybody else, if the account or its settings changed, follows in turns.
   */
  own(account: Account, people: Iterable<Person>, settings: ProvisioningSettings): void {
    const rules = JSON.stringify([this.#account, this.#settings]) !== JSON.stringify([account, settings]);
    const groups = settings.enableGroups.map(({ id }) => id).join();
    const sameGroups = groups === this.#settings.enableGroups.map(({ id }) => id).join();
    this.#account = account;
    this.#settings = settings;
    this.#tenant = { ...this.#tenant, ...this.#routing() };
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
    const pool = this.#pool.count(present, settings.licences);
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
    this.#holdOwn(changed);
    // The first few hundred are decided here and now: more than that is an import, not somebody's click.
    this.#inTurns(changed);
    this.#inTurns(others);
    if (wanted) this.#want(settleMs);
  }

  /** Somebody looks at a person: what they see should be fresh. */
  look(): void {
    if (this.#deps.clock.wall() - this.#askedAtWallMs > lookAgeMs) this.#want(0);
  }

  /** The directory changed: whoever reads it from memory reads again. */
  directoryChanged(): void {
    this.#want(settleMs);
  }

  /** What is known of domain and route changed: it is said at once, and what waited for it begins. */
  routingChanged(): void {
    this.#tenant = { ...this.#tenant, ...this.#routing() };
    this.#inTurns([...this.#entries.values()]);
  }

  outcomeOf(personId: PersonId): CallOutcome | undefined {
    return this.#entries.get(personId)?.outcome;
  }

  /** Whose number this was before a change that Microsoft has not finished. */
  formerOwner(number: E164): PersonId | undefined {
    return this.#formers.ownerOf(number);
  }

  /** With the person as the caller has it, which may be newer than ours. */
  judge(account: Account, person: Person): Judged | undefined {
    const entry = this.#entries.get(person.id);
    if (!entry) return undefined;
    const own = this.#ownFacts({ ...entry, person }, account);
    const report = evaluateReadiness(own, this.#factsFor(entry), this.#deps.clock.wall());
    const { facts, link } = entry;
    return {
      report: sinceOf(report, entry.since),
      state: link.state,
      ...(facts && { checkedAtWallMs: facts.readAtWallMs }),
    };
  }

  /** What is said of a person whom we know. */
  reportOf(personId: PersonId): ReadinessReport | undefined {
    const person = this.#entries.get(personId)?.person;
    return person && this.judge(this.#account, person)?.report;
  }

  /** A call touched the person's Teams client (product-behaviour 1.7 a). Kept only where it proves something new. */
  noteCall(personId: PersonId, wallMs: number): void {
    const entry = this.#entries.get(personId);
    if (!entry) return;
    if (entry.signs.answered404WallMs !== undefined || entry.signs.edgeRefused) {
      entry.signs = {};
      this.#rejudge(entry);
    }
    const accepted = entry.link.acceptedWallMs;
    if (accepted === undefined || wallMs < accepted) return;
    const { clientSeen } = entry.evidence;
    if (clientSeen && (clientSeen.by === 'override' || clientSeen.wallMs >= accepted)) return;
    this.#evidence(personId, entry, { by: 'call', wallMs });
  }

  /** Teams answered a call to the person with 404 (PRV-701), or our edge refused one of theirs (PRV-702). */
  noteTrouble(
    personId: PersonId,
    sign: { readonly is: 'answered-404' } | { readonly is: 'edge-refused'; readonly reason: string },
  ): void {
    const entry = this.#entries.get(personId);
    if (!entry || !linkedStates.has(entry.link.state)) return;
    const wallMs = this.#deps.clock.wall();
    entry.signs =
      sign.is === 'answered-404'
        ? { ...entry.signs, answered404WallMs: wallMs }
        : { ...entry.signs, edgeRefused: { reason: sign.reason, wallMs } };
    this.#rejudge(entry);
    // Microsoft is asked by ourselves whether it knows the number.
    if (sign.is === 'answered-404') this.#want(settleMs);
  }

  /** The person says that it works (1.7 b), or an admin does (1.7 d). False: there is nothing yet that could work. */
  confirm(personId: PersonId, by: 'person' | 'override', who: string): boolean {
    const entry = this.#entries.get(personId);
    if (!entry || !linkedStates.has(entry.link.state) || entry.link.acceptedWallMs === undefined)
      return false;
    const wallMs = this.#deps.clock.wall();
    this.#note(personId, { atWallMs: wallMs, trigger: 'manual', by: who, event: `confirmed-by-${by}` });
    this.#evidence(personId, entry, { by, wallMs });
    return true;
  }

  /** What an admin or the service desk asks. The number of a person is changed in the directory, not here. */
  act(
    personId: PersonId,
    action: ManualAction,
    who: string,
  ): 'done' | 'nothing-to-retry' | 'nothing-to-decide' | 'unknown' {
    const entry = this.#entries.get(personId);
    if (!entry) return 'unknown';
    const nowWallMs = this.#deps.clock.wall();
    const event = action.kind === 'drift' ? `drift-${action.decision} ${action.field}` : action.kind;
    const before = entry.link;
    // Under way already: what moves needs no push, while a decision counts from now on.
    const moves = action.kind === 'retry' || action.kind === 'push';
    const outcome =
      entry.busy && moves ? before : applyManual(before, action, who, this.#policy(), nowWallMs);
    if (typeof outcome === 'string') return outcome;
    if (action.kind !== 'recheck')
      this.#note(personId, { atWallMs: nowWallMs, trigger: 'manual', by: who, event });
    if (outcome !== before) {
      this.#decided(entry, outcome);
    }
    this.#want(0);
    return 'done';
  }

  /** A difference in the number was settled in the directory: it is remembered, so that it can be undone. */
  noteDecision(personId: PersonId, drift: LinkDrift, decision: 'repair' | 'accept', who: string): void {
    const entry = this.#entries.get(personId);
    if (!entry) return;
    const now = this.#deps.clock.wall();
    this.#note(personId, {
      atWallMs: now,
      trigger: 'manual',
      by: who,
      event: `drift-${decision} ${drift.field}`,
    });
    this.#decided(entry, decided(entry.link, drift, decision, who, now));
  }

  #decided(entry: Entry, link: Link): void {
    const before = entry.link;
    entry.link = link;
    if (!entry.busy) this.#reconcile(entry, before);
    else this.#save(entry).catch((error: unknown) => this.#problem('a decision is not stored yet', error));
  }

  /** What waits for an admin because it would take many away. */
  held(): readonly HeldRemoval[] {
    return [...this.#held.values()];
  }

  /** `keep`: they stay as they are until it is said again, or until the cause is gone. */
  decideHeld(decision: 'let-through' | 'keep'): readonly HeldRemoval[] {
    const decided = this.held();
    if (decision === 'keep') return decided;
    for (const { people } of decided) for (const personId of people) this.#letThrough.add(personId);
    this.#held.clear();
    for (const personId of this.#letThrough) {
      const entry = this.#entries.get(personId);
      if (entry) entry.held = false;
    }
    this.#inTurns([...this.#entries.values()]);
    this.#want(0);
    return decided;
  }

  /** An admin confirmed at the directory that these users may leave: nobody is asked twice. */
  letGo(objectIds: ReadonlySet<string>): void {
    for (const [personId, { link }] of this.#entries)
      if (link.objectId !== undefined && objectIds.has(link.objectId.toLowerCase()))
        this.#letThrough.add(personId);
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
    return this.#settings;
  }
  get tenantFacts(): TenantFacts {
    return this.#tenant;
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
    return this.#slots.underWay;
  }
  get waiting(): number {
    return this.#slots.waiting;
  }
  wantedFor(entry: Readonly<Entry>): ReturnType<typeof wantedPolicies> {
    const { facts, link } = entry;
    const user = facts?.user;
    return wantedPolicies(this.#settings, user && user !== 'unread' ? user : undefined, link.accepted);
  }

  // ---- reading

  #want(inMs: number): void {
    const at = this.#deps.clock.wall() + inMs;
    if (at >= this.#wantAtWallMs) return;
    this.#wantAtWallMs = at;
    if (inMs < tickMs) this.#deps.clock.after(inMs, () => this.#readIfWanted());
  }

  #readIfWanted(): void {
    const now = this.#deps.clock.wall();
    if (this.#stopped || this.#reading || now < this.#pausedUntilWallMs) return;
    const all = now >= this.#wantAtWallMs;
    if (!all && now < this.#movingAtWallMs) return;
    if (all) this.#wantAtWallMs = now + this.#roundMs();
    this.#movingAtWallMs = Number.POSITIVE_INFINITY;
    this.#askedAtWallMs = now;
    this.#reading = this.#read(all ? 'all' : 'moving')
      .catch((error: unknown) => this.#problem('Microsoft could not be read', error))
      .finally(() => {
        this.#reading = undefined;
      });
  }

  #roundMs(): number {
    return Math.min(longestRoundMs, Math.max(readEveryMs, paceOf(this.#cost.all)));
  }

  async #read(what: 'all' | 'moving'): Promise<void> {
    const asked = new Map<PersonId, E164 | undefined>();
    const people: AskedPerson[] = [];
    for (const [personId, entry] of this.#entries) {
      const one = askedOf(personId, entry);
      if (!one || (what === 'moving' && !one.moving)) continue;
      asked.set(personId, one.number);
      people.push(one);
    }
    const startedAt = this.#deps.clock.wall();
    const { enableGroups, policies } = this.#settings;
    const named = (['voiceRouting', 'calling', 'dialPlan'] as const).flatMap((field) => {
      const wish = policies[field];
      return wish.kind === 'by-hand' ? [] : [{ field, name: wish.name }];
    });
    const groupIds = enableGroups.map(({ id }) => id);
    const reading = await this.#deps.tenant.read({ groupIds, policies: named, what }, people);
    if (this.#stopped) return;
    if (reading.requests !== undefined) this.#cost[what] = reading.requests;
    this.#apply(reading, asked, startedAt);
  }

  #apply(reading: Reading, asked: ReadonlyMap<PersonId, E164 | undefined>, startedAt: number): void {
    const { connection, trouble, members, unmatched, missing } = reading;
    const { routing, ...rest } = this.#routing();
    this.#tenant = {
      connection,
      ...rest,
      routing: missing === undefined ? routing : { is: 'missing', object: missing },
      ...(trouble && { trouble }),
    };
    if (trouble?.is === 'throttled') this.#pausedUntilWallMs = trouble.untilWallMs;
    if (reading.facts.size > 0) this.#readAtWallMs = startedAt;
    if (members !== undefined) this.#members = members;
    if (unmatched) this.#unmatched = unmatched;
    const facts = this.#guarded(reading.facts, startedAt);
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
    this.#inTurns(touched);
    this.#deps.onObjectIds(objectIds);
    this.#plan();
  }

  /** When a deleted group or a wrong click would take many away at once, they wait for a person (product-behaviour 1.4). */
  #guarded(
    facts: ReadonlyMap<PersonId, MicrosoftFacts>,
    startedAt: number,
  ): ReadonlyMap<PersonId, MicrosoftFacts> {
    const { leaving: all, linked } = leavingAtMicrosoft(this.#entries, facts);
    const leaving = all.filter((personId) => !this.#letThrough.has(personId));
    if (!tooMany(leaving.length, linked, this.#settings.guard)) {
      if (facts.size > 0) this.#held.delete('microsoft');
      return facts;
    }
    this.#deps.onProblem(
      `${leaving.length} of ${linked} people would leave at once: held until somebody confirms`,
    );
    this.#hold('microsoft', leaving, linked, startedAt);
    return withoutLeaving(facts, leaving);
  }

  /** The same for what our own store says: an import gone wrong must not empty a tenant. */
  #holdOwn(changed: readonly Entry[]): void {
    for (const entry of this.#entries.values())
      if (entry.held && !leavesByOwnFacts(entry)) entry.held = false;
    const leaving = changed.filter(
      (entry) => leavesByOwnFacts(entry) && !this.#letThrough.has(entry.link.personId),
    );
    const linked = [...this.#entries.values()].filter(({ link }) => linkedStates.has(link.state)).length;
    if (tooMany(leaving.length, linked, this.#settings.guard)) {
      this.#deps.onProblem(
        `${leaving.length} of ${linked} people would lose Teams at once by our own records: held until somebody confirms`,
      );
      for (const entry of leaving) entry.held = true;
    }
    const all = [...this.#entries].filter(([, { held }]) => held).map(([personId]) => personId);
    if (all.length === 0) this.#held.delete('own-facts');
    else this.#hold('own-facts', all, linked, this.#deps.clock.wall());
  }

  #hold(source: HeldRemoval['source'], people: readonly PersonId[], linked: number, nowWallMs: number): void {
    const known = this.#held.get(source);
    const held: HeldRemoval = {
      sinceWallMs: known?.sinceWallMs ?? nowWallMs,
      source,
      people: new Set(people),
      linked,
    };
    this.#held.set(source, held);
    if (!known) this.#deps.notify?.({ kind: 'held', held }, undefined);
  }

  /** The next reading: soon while something moves, ever later while nothing comes of it. */
  #plan(): void {
    const busy = [...this.#entries.values()].some(
      ({ link }) => movingStates.has(link.state) && link.operation === undefined,
    );
    if (!busy) {
      this.#waitMs = firstWaitMs;
      return;
    }
    const now = this.#deps.clock.wall();
    const waitMs = Math.max(this.#waitMs, paceOf(this.#cost.moving));
    this.#movingAtWallMs = Math.min(this.#movingAtWallMs, now + waitMs);
    this.#waitMs = Math.min(readEveryMs, this.#waitMs * 2);
  }

  // ---- judging and acting

  #tick(): void {
    const now = this.#deps.clock.wall();
    // The clock was put back: nobody waits for the hours that come twice.
    if (this.#wantAtWallMs - now > this.#roundMs()) this.#wantAtWallMs = now;
    for (const entry of this.#entries.values()) if (entry.dueWallMs <= now) this.#reconcile(entry);
    this.#readIfWanted();
  }

  /** A few at once, so that calls get their turn between them. */
  #inTurns(entries: readonly Entry[]): void {
    const turn = (from: number): void => {
      if (this.#stopped) return;
      for (const entry of entries.slice(from, from + mostAtOnce)) this.#reconcile(entry);
      if (from + mostAtOnce >= entries.length) return;
      this.#deps.clock.after(0, () => turn(from + mostAtOnce));
    };
    turn(0);
  }

  #reconcile(entry: Entry, stored: Link = entry.link): void {
    if (this.#stopped) return;
    if (entry.busy || entry.held) {
      this.#rejudge(entry);
      return;
    }
    const now = this.#deps.clock.wall();
    const { personId } = entry.link;
    const { link: _, ...own } = this.#ownFacts(entry, this.#account);
    const state = entry.link.state;
    const policy = this.#policy();
    const { link, actions, steps, report } = reconcileLink(
      entry.link,
      own,
      this.#factsFor(entry),
      policy,
      now,
    );
    entry.link = bound(link, entry.facts);
    entry.dueWallMs = dueOf(entry.link);
    const changed = entry.link !== stored;
    this.#slots.note(personId, entry.link, policy.room === false);
    this.#rejudge(entry);
    for (const { code, ...step } of steps)
      this.#note(personId, {
        atWallMs: now,
        trigger: 'automatic',
        ...step,
        ...(code !== undefined && { code }),
      });
    for (const action of actions)
      if (action.kind === 'tell-person' || action.kind === 'alert' || action.kind === 'release-number')
        this.#deps.notify?.(action, personId);
    if (entry.link.state !== state) this.#waitMs = firstWaitMs;
    const { person } = entry;
    if (person && this.#settings.licences.assign === 'automatic') {
      const removed = steps.some(({ to }) => to === 'REMOVED');
      const licensed = this.#pool.wish(person, entry.link.state, removed, report, now);
      if (licensed !== undefined) this.#deps.setLicence?.(person.id, licensed);
    }
    if (actions.some(({ kind }) => kind === 'read-number'))
      this.#movingAtWallMs = Math.min(this.#movingAtWallMs, now + this.#waitMs);
    const work = actions.filter(isWork);
    if (changed || work.length > 0) void this.#carryOut(entry, stored, work);
    else if (!entry.person && link.assignedNumber === undefined) this.#forget(entry);
  }

  /** Only what is said and what calls get: never waits for a store or for Microsoft. */
  #rejudge(entry: Entry): void {
    const now = this.#deps.clock.wall();
    const own = this.#ownFacts(entry, this.#account);
    const facts = this.#factsFor(entry);
    const report = evaluateReadiness(own, facts, now);
    for (const { id, status, code } of report.checks) {
      const as = `${status} ${code ?? ''}`;
      if (entry.since.get(id)?.as !== as) entry.since.set(id, { as, sinceWallMs: now });
    }
    // Calls follow where the link is going, also while a step before that is still being stored or written.
    const ahead = entry.busy ? reconcileLink(entry.link, own, facts, this.#policy(), now).link : entry.link;
    entry.outcome = duringChange(callOutcome(ahead, report), entry.link, entry.person?.numbers[0]);
    this.#formers.note(entry.link, entry.person);
    this.#deps.onPerson(entry.link.personId);
  }

  /** The link is stored before its write begins; the outcome is stored before the next step. */
  async #carryOut(entry: Entry, before: Link, work: readonly Work[]): Promise<void> {
    entry.busy = true;
    const { personId } = entry.link;
    try {
      const late = entry.link !== before && (await this.#save(entry));
      // A link that had to wait for the store may not be wanted any more: it is judged anew.
      for (const action of late ? [] : work) {
        const startedAt = this.#deps.clock.wall();
        const answer = await carryOut(this.#deps.tenant, action).catch((error: unknown): WriteOutcome => {
          // A bug below must not be asked again at once, or nothing else of this process gets its turn.
          this.#problem('a step of provisioning failed', error);
          return { kind: 'later' };
        });
        if (this.#stopped) return;
        const now = this.#deps.clock.wall();
        if (action.kind === 'poll') this.#pace.learn(entry.link, answer, now);
        const outcome = calledByName(entry.link, entry.facts, answer);
        const step = stepOf(action, outcome, startedAt, now);
        if (step) this.#note(personId, step);
        const { usualMs } = this.#pace;
        const done = applyOutcome(entry.link, outcome, this.#policy(), now, this.#deps.random(), {
          policiesNext: this.#managesPolicies(),
          ...(usualMs !== undefined && { usualMs }),
        });
        for (const one of done.actions) if (one.kind === 'alert') this.#deps.notify?.(one, personId);
        if (done.link === entry.link) continue;
        entry.link = done.link;
        this.#slots.note(personId, entry.link);
        // What is said and what calls get change together, however long the store takes.
        this.#rejudge(entry);
        await this.#save(entry);
      }
    } catch (error) {
      this.#problem('a step of provisioning failed', error);
    } finally {
      entry.busy = false;
      if (!this.#stopped) {
        this.#reconcile(entry);
        this.#fill();
        this.#plan();
      }
    }
  }

  /** Who waits for a place takes those that are free by now. */
  #fill(): void {
    for (const personId of this.#slots.next()) {
      const entry = this.#entries.get(personId);
      if (entry) this.#reconcile(entry);
    }
  }

  #managesPolicies(): boolean {
    const { policies, personas } = this.#settings;
    return personas.length > 0 || Object.values(policies).some(({ kind }) => kind === 'assign');
  }

  /** Until it is stored. True when it took more than one try. */
  async #save(entry: Entry): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#deps.keeper.save(entry.link);
        return tries > 1;
      } catch (error) {
        if (tries === 1) this.#problem('a link is not stored yet', error);
        if (this.#stopped) throw error;
        await new Promise<void>((resolve) => void this.#deps.clock.after(tickMs, resolve));
      }
    }
  }

  #forget(entry: Entry): void {
    const { personId } = entry.link;
    this.#entries.delete(personId);
    this.#letThrough.delete(personId);
    this.#deps.onObjectIds(new Map([[personId, undefined]]));
    this.#deps.keeper
      .remove(this.accountId, personId)
      .catch((error: unknown) => this.#problem('a link that is over was not removed', error));
  }

  #evidence(
    personId: PersonId,
    entry: Entry,
    clientSeen: NonNullable<Entry['evidence']['clientSeen']>,
  ): void {
    entry.evidence = { ...entry.evidence, clientSeen };
    this.#deps.keeper
      .noteClient(this.accountId, personId, entry.evidence)
      .catch((error: unknown) => this.#problem('what a call showed was not kept', error));
    this.#reconcile(entry);
  }

  // ---- history

  #note(personId: PersonId, step: HistoryStep): void {
    this.#deps.history?.(personId, step);
  }

  // ---- facts

  #entryOf(personId: PersonId, stored?: Link): Entry {
    const known = this.#entries.get(personId);
    if (known) return known;
    const { connectionId } = this.#settings;
    const link = stored ?? {
      ...newLink(this.accountId, personId, this.#deps.clock.wall()),
      ...(connectionId !== undefined && { connectionId }),
    };
    const entry = newEntry(link);
    this.#entries.set(personId, entry);
    return entry;
  }

  #ownFacts(
    entry: Pick<Entry, 'person' | 'shares' | 'sharesUser' | 'evidence' | 'link' | 'signs' | 'facts'>,
    account: Account,
  ): OwnFacts {
    const { clientSeen, onlyWebClient } = entry.evidence;
    const { answered404WallMs, edgeRefused } = entry.signs;
    const now = this.#deps.clock.wall();
    const lately = (wallMs: number | undefined): boolean =>
      wallMs !== undefined && now - wallMs < 24 * 3_600_000;
    const [group] = this.#settings.enableGroups;
    const names = this.#settings.enableGroups.map(({ name }) => name).join(' or ');
    const own = ownFactsOf({
      account,
      person: entry.person,
      tenant: this.#tenant,
      ...(group && { enableGroup: names, enableGroupId: group.id }),
      mode: this.#settings.mode,
      wanted: this.wantedFor(entry as Entry),
      licences: this.#pool.counts,
      sharesIdentityWith: [...entry.shares, ...entry.sharesUser],
      clientSeen,
      onlyWebClient,
      teamsAnswered404: lately(answered404WallMs),
      edgeRefused: lately(edgeRefused?.wallMs) ? edgeRefused?.reason : undefined,
      nowWallMs: now,
    });
    const number = own.person?.number;
    const heldNumber =
      number === undefined || entry.link.assignedNumber === number
        ? undefined
        : this.#deps.heldNumber?.(number, entry.link.personId);
    return {
      ...own,
      ...(own.person && heldNumber && { person: { ...own.person, heldNumber } }),
      link: linkFactsOf(entry.link),
    };
  }

  /** A reading about another number says nothing about the one that counts now, and leaving counts after a while only. */
  #factsFor(
    entry: Pick<Entry, 'facts' | 'factsNumber' | 'link' | 'person' | 'leftWallMs'>,
  ): MicrosoftFacts | undefined {
    const { facts, leftWallMs, link } = entry;
    if (!facts) return undefined;
    const { user } = facts;
    const claimedBy =
      user && user !== 'unread' && facts.inEnableGroup === true
        ? this.#deps.claimedElsewhere?.(user.objectId)
        : undefined;
    const settling =
      facts.inEnableGroup === false &&
      link.assignedNumber !== undefined &&
      leftWallMs !== undefined &&
      this.#deps.clock.wall() - leftWallMs < this.#settings.settleSeconds * 1_000;
    const otherNumber = entry.factsNumber !== numberToAsk(entry);
    if (claimedBy === undefined && !settling && !otherNumber) return facts;
    return {
      ...facts,
      ...(otherNumber && { number: 'unread' as const }),
      ...(settling && { inEnableGroup: true }),
      ...(claimedBy !== undefined && { claimedBy }),
    };
  }

  #routing(): Pick<TenantFacts, 'domain' | 'routing' | 'edgeSilent'> {
    if (this.#settings.routingByHand) return { domain: { is: 'by-hand' }, routing: { is: 'by-hand' } };
    return { domain: 'unread', routing: 'unread', ...this.#deps.routing?.() };
  }

  #policy(): AccountPolicy {
    const { graceSeconds, mode, drift } = this.#settings;
    return { graceSeconds, mode, standby: false, drift, room: this.#slots.free };
  }

  #problem(what: string, error: unknown): void {
    this.#deps.onProblem(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
