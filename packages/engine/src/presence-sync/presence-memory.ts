import type { AccountId, CallRules, Person, PersonId } from '@tandem/domain';
import { notSynced, type PresencePolicies, type PresencePolicy } from '../ports/presence-policies.ts';
import type { PresenceCode } from './codes.ts';
import type { StoredPresencePerson } from './ports.ts';
import {
  neverSetUp,
  type PresenceChoice,
  type PresenceScope,
  policyOf,
  type StoredPresenceSettings,
  scopeOf,
} from './settings.ts';

export interface PresenceMemoryParts {
  readonly person: (personId: PersonId) => Pick<Person, 'accountId' | 'displayName' | 'active'> | undefined;
  /** What another part of the platform has found out about who somebody is. */
  readonly knownObjectId: (personId: PersonId) => string | undefined;
  /** Rules of one's own, where the account allows them (N66). */
  readonly personalRules?: (personId: PersonId) => Partial<CallRules> | undefined;
}

/** What passes by itself, or keeps one direction only: the person goes on being read. */
const passing: ReadonlySet<PresenceCode> = new Set(['PRS-120', 'PRS-121', 'PRS-122']);

/**
 * Settings, choices and links of all accounts, from memory: who asks never waits and never fails. What is put here counts
 * at once for everybody who asks.
 */
export class PresenceMemory implements PresencePolicies {
  readonly #parts: PresenceMemoryParts;
  readonly #settings = new Map<AccountId, StoredPresenceSettings>();
  readonly #policies = new Map<AccountId, PresencePolicy>();
  readonly #people = new Map<PersonId, StoredPresencePerson>();
  /** Who of ours holds which Entra user, by object id: one at most, over all accounts. */
  readonly #holders = new Map<string, PersonId>();
  readonly #listeners = new Set<() => void>();

  constructor(parts: PresenceMemoryParts) {
    this.#parts = parts;
  }

  // ---- what others ask

  of(personId: PersonId): PresencePolicy {
    const person = this.#parts.person(personId);
    if (!person?.active) return notSynced;
    const row = this.#people.get(personId);
    const { settings } = this.settingsOf(person.accountId);
    if (scopeOf(settings, row?.choice ?? 'inherit') !== 'in') return notSynced;
    const result = row?.result;
    if (result?.is === 'failed' && !passing.has(result.code ?? 'PRS-122')) return notSynced;
    const policy = this.#policyOf(person.accountId);
    const own =
      policy.rules && settings.personalOverrides ? this.#parts.personalRules?.(personId) : undefined;
    return policy.rules && own ? { ...policy, rules: { ...policy.rules, ...own } } : policy;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Who the person is at Microsoft: the stored link, else what is known elsewhere, unless that user is somebody else's or was
   * found not to do. A link outlives the sync: whoever clears what it left needs it.
   */
  objectIdOf(personId: PersonId, entraTenantId: string | undefined): string | undefined {
    const row = this.#people.get(personId);
    if (row?.link && row.link.entraTenantId === entraTenantId) return row.link.objectId;
    if (row?.result?.is === 'failed') return undefined;
    const known = this.#parts.knownObjectId(personId)?.toLowerCase();
    if (known === undefined) return undefined;
    const holder = this.#holders.get(known);
    return holder === undefined || holder === personId ? known : undefined;
  }

  // ---- what the sync itself asks

  settingsOf(accountId: AccountId): StoredPresenceSettings {
    return this.#settings.get(accountId) ?? neverSetUp(accountId);
  }

  /** Accounts that have ever set it up. */
  accounts(): readonly AccountId[] {
    return [...this.#settings.keys()];
  }

  rowOf(personId: PersonId): StoredPresencePerson | undefined {
    return this.#people.get(personId);
  }

  choiceOf(personId: PersonId): PresenceChoice {
    return this.#people.get(personId)?.choice ?? 'inherit';
  }

  scopeOf(accountId: AccountId, personId: PersonId): PresenceScope {
    return scopeOf(this.settingsOf(accountId).settings, this.choiceOf(personId));
  }

  holderOf(objectId: string): PersonId | undefined {
    return this.#holders.get(objectId.toLowerCase());
  }

  /** For a copy on disk. */
  dump(): {
    readonly settings: readonly StoredPresenceSettings[];
    readonly people: readonly StoredPresencePerson[];
  } {
    return { settings: [...this.#settings.values()], people: [...this.#people.values()] };
  }

  // ---- what changes it

  load({
    settings,
    people,
  }: {
    readonly settings: readonly StoredPresenceSettings[];
    readonly people: readonly StoredPresencePerson[];
  }): void {
    this.#settings.clear();
    this.#policies.clear();
    this.#people.clear();
    this.#holders.clear();
    for (const stored of settings) this.#settings.set(stored.accountId, stored);
    for (const row of people) this.#put(row);
    this.#tell();
  }

  /** What the store says by now, other nodes' decisions among it: only what differs is put. */
  merge({
    settings,
    people,
  }: {
    readonly settings: readonly StoredPresenceSettings[];
    readonly people: readonly StoredPresencePerson[];
  }): void {
    const same = (a: object | undefined, b: object): boolean => a !== undefined && inOrder(a) === inOrder(b);
    const other = settings.filter((stored) => !same(this.#settings.get(stored.accountId), stored));
    const rows = people.filter((row) => !same(this.#people.get(row.personId), row));
    const there = new Set(people.map(({ personId }) => personId));
    const gone = [...this.#people.keys()].filter((personId) => !there.has(personId));
    for (const stored of other) {
      this.#settings.set(stored.accountId, stored);
      this.#policies.delete(stored.accountId);
    }
    for (const personId of gone) this.#drop(personId);
    for (const row of rows) this.#put(row);
    if (other.length + gone.length + rows.length > 0) this.#tell();
  }

  putSettings(stored: StoredPresenceSettings): void {
    this.#settings.set(stored.accountId, stored);
    this.#policies.delete(stored.accountId);
    this.#tell();
  }

  putPeople(rows: readonly StoredPresencePerson[]): void {
    if (rows.length === 0) return;
    for (const row of rows) this.#put(row);
    this.#tell();
  }

  /** They are gone from the account. */
  forget(personIds: readonly PersonId[]): void {
    for (const personId of personIds) this.#drop(personId);
    if (personIds.length > 0) this.#tell();
  }

  /** A person's own rules are others, or something else that a policy is made of. */
  changed(): void {
    this.#tell();
  }

  #put(row: StoredPresencePerson): void {
    const before = this.#people.get(row.personId);
    if (before?.link) this.#release(before.link.objectId, row.personId);
    this.#people.set(row.personId, row);
    if (row.link) this.#holders.set(row.link.objectId.toLowerCase(), row.personId);
  }

  #drop(personId: PersonId): void {
    const row = this.#people.get(personId);
    if (row?.link) this.#release(row.link.objectId, personId);
    this.#people.delete(personId);
  }

  #release(objectId: string, personId: PersonId): void {
    const key = objectId.toLowerCase();
    if (this.#holders.get(key) === personId) this.#holders.delete(key);
  }

  #policyOf(accountId: AccountId): PresencePolicy {
    let policy = this.#policies.get(accountId);
    if (!policy) {
      policy = policyOf(this.settingsOf(accountId).settings);
      this.#policies.set(accountId, policy);
    }
    return policy;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** As text, whatever order its members have. */
const inOrder = (value: object): string =>
  JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
