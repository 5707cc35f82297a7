import {
  type Account,
  type AccountId,
  type E164,
  type Link,
  type LinkState,
  newLink,
  type Person,
  type PersonId,
  type ReadinessReport,
} from '@tandem/domain';
import { sharedAddresses } from '../directory-sync/shared-addresses.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClientEvidence, LinkKeeper, StoredLink } from '../ports/link-store.ts';
import type { AskedPerson, MicrosoftTenant, Reading } from '../ports/microsoft.ts';
import { type CallOutcome, callOutcome } from './call-outcome.ts';
import { type AccountPolicy, needsConfirmation } from './decide-events.ts';
import { evaluateReadiness } from './evaluate-readiness.ts';
import type { MicrosoftFacts, OwnFacts, TenantFacts } from './facts.ts';
import { mergeFacts } from './merge-facts.ts';
import { ownFactsOf } from './own-facts.ts';
import { linkFactsOf, type ProvisioningAction, reconcileLink } from './reconcile-link.ts';
import type { ProvisioningSettings } from './settings.ts';
import { applyOutcome, type WriteOutcome } from './write-outcome.ts';

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
}

export interface Judged {
  readonly report: ReadinessReport;
  readonly state: LinkState;
  readonly checkedAtWallMs?: number;
}

interface Entry {
  link: Link;
  person: Person | undefined;
  evidence: ClientEvidence;
  /** Names of others with the same address. */
  shares: readonly string[];
  /** Names of others who match the same Microsoft user, by whatever address. */
  sharesUser: readonly string[];
  facts: MicrosoftFacts | undefined;
  /** The number that `facts.number` is about. */
  factsNumber: E164 | undefined;
  outcome: CallOutcome;
  /** Its link is being stored or its write is under way: nothing else is begun meanwhile. */
  busy: boolean;
  /** When time alone makes the next step. */
  dueWallMs: number;
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

/** Microsoft has to show something before these can go on. */
const moving: ReadonlySet<LinkState> = new Set(['QUEUED', 'ASSIGNING', 'PROPAGATING', 'REMOVING']);
const linked: ReadonlySet<LinkState> = new Set([
  'PROPAGATING',
  'AWAITING_RELAUNCH',
  'READY',
  'DRIFTED',
  'DEGRADED',
]);

/**
 * Provisioning of one account: reads Microsoft, judges everybody, moves the links and carries out their writes. Answers
 * about calls and readiness come from memory. One person's trouble stops nobody else's.
 */
export class AccountProvisioner {
  readonly accountId: AccountId;
  readonly #deps: ProvisionerDeps;
  readonly #entries = new Map<PersonId, Entry>();
  #account: Account;
  #settings: ProvisioningSettings;
  #tenant: TenantFacts;
  #readAtWallMs: number | undefined;
  #askedAtWallMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #wantAtWallMs: number;
  #waitMs = firstWaitMs;
  #pausedUntilWallMs = 0;
  #stopTick: (() => void) | undefined;
  #stopped = false;

  constructor(account: Account, settings: ProvisioningSettings, deps: ProvisionerDeps) {
    this.accountId = account.id;
    this.#account = account;
    this.#settings = settings;
    this.#deps = deps;
    this.#wantAtWallMs = deps.clock.wall();
    this.#tenant = { connection: { is: 'connected' }, ...this.#byHand() };
  }

  /** Links as stored, before anything else is known. */
  load(stored: readonly StoredLink[]): void {
    const objectIds = new Map<PersonId, string | undefined>();
    for (const { personId, link, evidence } of stored) {
      const entry = this.#entryOf(personId, link);
      entry.evidence = evidence;
      if (link) entry.link = link;
      if (link?.objectId !== undefined) objectIds.set(personId, link.objectId);
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

  /** Our own facts, as they are now: what they decide is decided before this returns. */
  own(account: Account, people: Iterable<Person>, settings: ProvisioningSettings): void {
    this.#account = account;
    const sameGroup = settings.enableGroup.id === this.#settings.enableGroup.id;
    this.#settings = settings;
    this.#tenant = { ...this.#tenant, ...this.#byHand() };
    const present = new Map([...people].map((person) => [person.id, person]));
    const shared = sharedAddresses([...present.values()]);
    let changed = !sameGroup;
    for (const id of new Set([...this.#entries.keys(), ...present.keys()])) {
      const person = present.get(id);
      const entry = this.#entryOf(id);
      if (!sameAs(entry.person, person)) changed = true;
      entry.person = person;
      entry.shares = (shared.get(id) ?? []).map((other) =>
        calledBeside(person, present.get(other as PersonId)),
      );
      this.#reconcile(entry);
    }
    if (changed) this.#want(settleMs);
  }

  /** Somebody looks at a person: what they see should be fresh. */
  look(): void {
    if (this.#deps.clock.wall() - this.#askedAtWallMs > lookAgeMs) this.#want(0);
  }

  outcomeOf(personId: PersonId): CallOutcome | undefined {
    return this.#entries.get(personId)?.outcome;
  }

  /** With the person as the caller has it, which may be newer than ours. */
  judge(account: Account, person: Person): Judged | undefined {
    const entry = this.#entries.get(person.id);
    if (!entry) return undefined;
    const own = this.#ownFacts({ ...entry, person }, account);
    const report = evaluateReadiness(own, this.#factsFor(entry), this.#deps.clock.wall());
    const { facts, link } = entry;
    return { report, state: link.state, ...(facts && { checkedAtWallMs: facts.readAtWallMs }) };
  }

  /** A call touched the person's Teams client (product-behaviour 1.7 a). Kept only where it proves something new. */
  noteCall(personId: PersonId, wallMs: number): void {
    const entry = this.#entries.get(personId);
    const accepted = entry?.link.acceptedWallMs;
    if (!entry || accepted === undefined || wallMs < accepted) return;
    const { clientSeen } = entry.evidence;
    if (clientSeen && (clientSeen.by === 'override' || clientSeen.wallMs >= accepted)) return;
    entry.evidence = { ...entry.evidence, clientSeen: { by: 'call', wallMs } };
    this.#deps.keeper
      .noteClient(this.accountId, personId, entry.evidence)
      .catch((error: unknown) => this.#problem('what a call showed was not kept', error));
    this.#reconcile(entry);
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

  get readAtWallMs(): number | undefined {
    return this.#readAtWallMs;
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
    if (this.#stopped || this.#reading || now < Math.max(this.#wantAtWallMs, this.#pausedUntilWallMs)) return;
    this.#wantAtWallMs = now + readEveryMs;
    this.#askedAtWallMs = now;
    this.#reading = this.#read()
      .catch((error: unknown) => this.#problem('Microsoft could not be read', error))
      .finally(() => {
        this.#reading = undefined;
      });
  }

  async #read(): Promise<void> {
    const asked = new Map<PersonId, E164 | undefined>();
    const people: AskedPerson[] = [];
    for (const [personId, entry] of this.#entries) {
      const { person, link } = entry;
      if (!person && link.objectId === undefined) continue;
      const number = numberToAsk(entry);
      asked.set(personId, number);
      people.push({
        personId,
        displayName: person?.displayName ?? '',
        upn: person?.upn ?? '',
        ...(person?.mail !== undefined && { mail: person.mail }),
        ...(link.objectId !== undefined && { objectId: link.objectId }),
        ...(number !== undefined && { number }),
        urgent: link.state !== 'READY',
      });
    }
    const startedAt = this.#deps.clock.wall();
    const reading = await this.#deps.tenant.read(this.#settings.enableGroup.id, people);
    if (this.#stopped) return;
    this.#apply(reading, asked, startedAt);
  }

  #apply(reading: Reading, asked: ReadonlyMap<PersonId, E164 | undefined>, startedAt: number): void {
    const { connection, trouble } = reading;
    this.#tenant = { connection, ...this.#byHand(), ...(trouble && { trouble }) };
    if (trouble?.is === 'throttled') this.#pausedUntilWallMs = trouble.untilWallMs;
    if (reading.facts.size > 0) this.#readAtWallMs = startedAt;
    const facts = this.#guarded(reading.facts);
    for (const [personId, entry] of this.#entries) {
      const fresh = facts.get(personId);
      if (!fresh) continue;
      const number = asked.get(personId);
      const before = entry.factsNumber === number ? entry.facts : undefined;
      entry.facts = mergeFacts(before, fresh);
      entry.factsNumber = number;
    }
    this.#noteSharedUsers();
    const objectIds = new Map<PersonId, string | undefined>();
    for (const [personId, entry] of this.#entries) {
      const user = facts.get(personId)?.user;
      if (user !== undefined && user !== 'unread') objectIds.set(personId, settledObjectId(entry));
      this.#reconcile(entry);
    }
    this.#deps.onObjectIds(objectIds);
    this.#plan();
  }

  /** Two people may name one Microsoft user by different addresses of it: as good as one address (PRV-111). */
  #noteSharedUsers(): void {
    const claims = new Map<string, Entry[]>();
    for (const entry of this.#entries.values()) {
      entry.sharesUser = [];
      const { person, facts } = entry;
      // Who matches several has a finding of their own, and claims none of them.
      if (!person || !facts?.user || facts.user === 'unread' || facts.alsoMatches.length > 0) continue;
      const known = claims.get(facts.user.objectId);
      if (known) known.push(entry);
      else claims.set(facts.user.objectId, [entry]);
    }
    for (const claimants of claims.values())
      if (claimants.length > 1)
        for (const entry of claimants)
          entry.sharesUser = claimants.flatMap(({ person }) =>
            person === entry.person ? [] : [calledBeside(entry.person, person)],
          );
  }

  /** When a deleted group or a wrong click would take many away at once, they wait for a person (product-behaviour 1.4). */
  #guarded(facts: ReadonlyMap<PersonId, MicrosoftFacts>): ReadonlyMap<PersonId, MicrosoftFacts> {
    const stand = [...this.#entries].filter(([, { link }]) => linked.has(link.state));
    const leaving = stand.filter(([personId, { link }]) => {
      const one = facts.get(personId);
      return link.state !== 'DEGRADED' && (one?.inEnableGroup === false || one?.user === null);
    });
    if (!needsConfirmation(leaving.length, stand.length)) return facts;
    this.#deps.onProblem(
      `${leaving.length} of ${stand.length} people would leave at once: held until somebody confirms`,
    );
    const held = new Map(facts);
    for (const [personId] of leaving) {
      const one = held.get(personId);
      // A list without its users says nothing about any of them: what was read before stands.
      if (one?.user === null) held.delete(personId);
      else if (one) held.set(personId, { ...one, inEnableGroup: 'unread' });
    }
    return held;
  }

  /** The next reading: soon while something moves, ever later while nothing comes of it. */
  #plan(): void {
    const busy = [...this.#entries.values()].some(
      ({ link }) => moving.has(link.state) && link.operation === undefined,
    );
    if (!busy) {
      this.#waitMs = firstWaitMs;
      return;
    }
    this.#want(this.#waitMs);
    this.#waitMs = Math.min(readEveryMs, this.#waitMs * 2);
  }

  // ---- judging and acting

  #tick(): void {
    const now = this.#deps.clock.wall();
    // The clock was put back: nobody waits for the hours that come twice.
    if (this.#wantAtWallMs - now > readEveryMs) this.#wantAtWallMs = now;
    for (const entry of this.#entries.values()) if (entry.dueWallMs <= now) this.#reconcile(entry);
    this.#readIfWanted();
  }

  #reconcile(entry: Entry): void {
    if (this.#stopped) return;
    if (entry.busy) {
      this.#rejudge(entry);
      return;
    }
    const now = this.#deps.clock.wall();
    const { link: _, ...own } = this.#ownFacts(entry, this.#account);
    const before = entry.link;
    const { link, actions } = reconcileLink(before, own, this.#factsFor(entry), this.#policy(), now);
    entry.link = bound(link, entry.facts);
    entry.dueWallMs = dueOf(entry.link);
    this.#rejudge(entry);
    if (entry.link.state !== before.state) this.#waitMs = firstWaitMs;
    if (actions.some(({ kind }) => kind === 'read-number')) this.#want(this.#waitMs);
    const work = actions.filter(isWork);
    if (entry.link !== before || work.length > 0) void this.#carryOut(entry, before, work);
    else if (!entry.person && link.assignedNumber === undefined) this.#forget(entry);
  }

  /** Only what is said and what calls get: never waits for a store or for Microsoft. */
  #rejudge(entry: Entry): void {
    const own = this.#ownFacts(entry, this.#account);
    const report = evaluateReadiness(own, this.#factsFor(entry), this.#deps.clock.wall());
    // Calls follow where the link is going, also while a step before that is still being stored or written.
    const ahead = entry.busy
      ? reconcileLink(entry.link, own, this.#factsFor(entry), this.#policy(), this.#deps.clock.wall()).link
      : entry.link;
    entry.outcome = callOutcome(ahead, report);
    this.#deps.onPerson(entry.link.personId);
  }

  /** The link is stored before its write begins; the outcome is stored before the next step. */
  async #carryOut(entry: Entry, before: Link, work: readonly Work[]): Promise<void> {
    entry.busy = true;
    try {
      const late = entry.link !== before && (await this.#save(entry));
      // A link that had to wait for the store may not be wanted any more: it is judged anew.
      for (const action of late ? [] : work) {
        const outcome = await this.#write(action).catch((error: unknown): WriteOutcome => {
          // A bug below must not be asked again at once, or nothing else of this process gets its turn.
          this.#problem('a step of provisioning failed', error);
          return { kind: 'later' };
        });
        if (this.#stopped) return;
        const now = this.#deps.clock.wall();
        const done = applyOutcome(entry.link, outcome, this.#policy(), now, this.#deps.random());
        if (done.link === entry.link) continue;
        entry.link = done.link;
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
        this.#plan();
      }
    }
  }

  #write(action: Work): Promise<WriteOutcome> {
    const { tenant } = this.#deps;
    switch (action.kind) {
      case 'assign':
        return tenant.assign(action.number, action.objectId);
      case 'unassign':
        return tenant.unassign(action.number);
      case 'poll':
        return tenant.poll(action.operationId);
    }
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
    this.#deps.onObjectIds(new Map([[personId, undefined]]));
    this.#deps.keeper
      .remove(this.accountId, personId)
      .catch((error: unknown) => this.#problem('a link that is over was not removed', error));
  }

  // ---- facts

  #entryOf(personId: PersonId, stored?: Link): Entry {
    const known = this.#entries.get(personId);
    if (known) return known;
    const link = stored ?? newLink(this.accountId, personId, this.#deps.clock.wall());
    const unjudged: ReadinessReport = { verdict: 'unverified', headline: undefined, checks: [] };
    const entry: Entry = {
      link,
      person: undefined,
      evidence: { onlyWebClient: false },
      shares: [],
      sharesUser: [],
      facts: undefined,
      factsNumber: undefined,
      outcome: callOutcome(link, unjudged),
      busy: false,
      dueWallMs: dueOf(link),
    };
    this.#entries.set(personId, entry);
    return entry;
  }

  #ownFacts(
    entry: Pick<Entry, 'person' | 'shares' | 'sharesUser' | 'evidence' | 'link'>,
    account: Account,
  ): OwnFacts {
    const { clientSeen, onlyWebClient } = entry.evidence;
    const own = ownFactsOf({
      account,
      person: entry.person,
      tenant: this.#tenant,
      enableGroup: this.#settings.enableGroup.name,
      sharesIdentityWith: [...entry.shares, ...entry.sharesUser],
      clientSeen,
      onlyWebClient,
    });
    return { ...own, link: linkFactsOf(entry.link) };
  }

  /** A reading about another number says nothing about the one that counts now. */
  #factsFor(entry: Entry): MicrosoftFacts | undefined {
    const { facts } = entry;
    return facts && entry.factsNumber !== numberToAsk(entry) ? { ...facts, number: 'unread' } : facts;
  }

  #byHand(): Pick<TenantFacts, 'domain' | 'routing'> {
    const byHand = this.#settings.routingByHand ? ({ is: 'by-hand' } as const) : 'unread';
    return { domain: byHand, routing: byHand };
  }

  #policy(): AccountPolicy {
    return { graceSeconds: this.#settings.graceSeconds, mode: 'automatic', standby: false };
  }

  #problem(what: string, error: unknown): void {
    this.#deps.onProblem(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

type Work = Extract<ProvisioningAction, { readonly kind: 'assign' | 'unassign' | 'poll' }>;
const isWork = (action: ProvisioningAction): action is Work =>
  action.kind === 'assign' || action.kind === 'unassign' || action.kind === 'poll';

/** While a number is taken back, that one; else the wanted one. */
function numberToAsk({ link, person }: Pick<Entry, 'link' | 'person'>): E164 | undefined {
  const removing = link.state === 'REMOVING' || link.state === 'REMOVE_FAILED';
  return removing ? link.assignedNumber : person?.numbers[0];
}

/** When time alone makes the next step: a poll, the end of a wait, the end of the grace time. */
function dueOf({ operation, notBeforeWallMs, graceEndsWallMs, state }: Link): number {
  const times = [operation?.nextPollWallMs ?? notBeforeWallMs];
  if (state === 'DEGRADED') times.push(graceEndsWallMs);
  return Math.min(...times.filter((time) => time !== undefined), Number.POSITIVE_INFINITY);
}

/** From the moment Microsoft has the number the link holds the object id; names may change after that. */
function bound(link: Link, facts: MicrosoftFacts | undefined): Link {
  const user = facts?.user;
  if (link.objectId !== undefined || !linked.has(link.state) || !user || user === 'unread') return link;
  return { ...link, objectId: user.objectId };
}

/** Whose presence may be read and written: the link's user, else the only one who can be meant. */
function settledObjectId({ link, facts, shares, sharesUser }: Entry): string | undefined {
  if (link.objectId !== undefined) return link.objectId;
  const user = facts?.user;
  const alone = shares.length === 0 && sharesUser.length === 0;
  if (!user || user === 'unread' || !alone || (facts?.alsoMatches.length ?? 0) > 0) return undefined;
  return user.guest || user.kind === 'resource' ? undefined : user.objectId;
}

/** Two people of one name are told apart by what they sign in with. */
function calledBeside(person: Person | undefined, other: Person | undefined): string {
  if (!other) return 'somebody else';
  return other.displayName === person?.displayName ? other.upn : other.displayName;
}

function sameAs(a: Person | undefined, b: Person | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
