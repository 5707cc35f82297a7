import type { AccountId, Person, PersonId } from '@tandem/domain';
import { defaultCallRules } from '@tandem/domain';
import { foldName } from '../directory-sync/user-index.ts';
import type { AuditActor } from '../ports/audit.ts';
import type { DirectoryUser } from '../ports/directory-view.ts';
import type { CodeDetail, PresenceCode } from './codes.ts';
import { type IdentityStep, isPresenceCandidate, nameOf } from './identity.ts';
import { judgePeople } from './judge-people.ts';
import type { MissingHere, PresenceSyncStore, RunPage, StoredPresencePerson } from './ports.ts';
import { findPresenceMismatches, type PresenceMismatch } from './precheck.ts';
import type { PresenceRunner } from './presence-runner.ts';
import type { RunResult, StoredRun } from './run.ts';
import type { RunnerParts } from './runner-parts.ts';
import {
  type ChoiceAction,
  choiceAfter,
  customizeOffered,
  type PresenceChoice,
  type PresenceSyncSettings,
  type StoredPresenceSettings,
  scopeOf,
} from './settings.ts';

export interface PresenceDeskParts extends RunnerParts {
  readonly runner: PresenceRunner;
  /** Whether the account has a call queue: the rules are about its calls. */
  readonly hasQueue: (accountId: AccountId) => boolean;
  readonly missingHere: (accountId: AccountId) => readonly MissingHere[];
  readonly countryOf: (accountId: AccountId) => string;
}

export const personStates = ['synced', 'waiting', 'failed', 'unsynced', 'not-selected', 'off'] as const;
export type PersonState = (typeof personStates)[number];

/** One line of the table of people. */
export interface ShownPresencePerson {
  readonly person: Person;
  readonly choice: PresenceChoice;
  readonly state: PersonState;
  readonly match?: { readonly user: ShownUser; readonly by: IdentityStep };
  readonly code?: PresenceCode;
  readonly detail?: CodeDetail;
  readonly proposal?: ShownUser;
  readonly changedWallMs?: number;
}
export type ShownUser = Pick<DirectoryUser, 'objectId' | 'displayName' | 'upn' | 'mail'>;

export interface PresenceSyncCounts {
  readonly people: number;
  readonly inScope: number;
  readonly synced: number;
  readonly waiting: number;
  readonly unsynced: number;
  readonly failed: number;
}

export type SettingsOutcome =
  | { readonly is: 'done'; readonly stored: StoredPresenceSettings; readonly run?: StoredRun }
  | { readonly is: 'changed-meanwhile'; readonly say: string }
  | { readonly is: 'wrong-state'; readonly say: string };

export type LinkOutcome =
  | { readonly is: 'done' }
  | { readonly is: 'link-taken' | 'not-a-candidate' | 'wrong-state'; readonly say: string };

/** A change that begins or ends more people than this is confirmed by its preview. */
export const fewPeople = 20;

export interface PresencePreview {
  readonly people: number;
  readonly inScope: number;
  readonly begins: number;
  readonly ends: number;
  readonly unsynced: number;
  readonly fails: number;
  readonly directoryRead: boolean;
  readonly mismatches: readonly PresenceMismatch[];
}

/** What administrators decide about presence, and what they are shown. Everything but a write answers from memory. */
export class PresenceSyncDesk {
  readonly #parts: PresenceDeskParts;

  constructor(parts: PresenceDeskParts) {
    this.#parts = parts;
  }

  settingsOf(accountId: AccountId): StoredPresenceSettings {
    return this.#parts.memory.settingsOf(accountId);
  }

  choiceOf(personId: PersonId): PresenceChoice {
    return this.#parts.memory.choiceOf(personId);
  }

  customizeOffered(accountId: AccountId): ReturnType<typeof customizeOffered> {
    const { settings } = this.settingsOf(accountId);
    return customizeOffered(settings, this.#parts.hasQueue(accountId), settings.customizeCalls);
  }

  counts(accountId: AccountId): PresenceSyncCounts {
    const counts = { people: 0, inScope: 0, synced: 0, waiting: 0, unsynced: 0, failed: 0 };
    for (const person of this.#parts.people(accountId)) {
      const state = this.#stateOf(person);
      counts.people += 1;
      if (state === 'unsynced') counts.unsynced += 1;
      else if (state === 'synced' || state === 'waiting' || state === 'failed') {
        counts.inScope += 1;
        counts[state] += 1;
      }
    }
    return counts;
  }

  /** Whole or not at all, and it counts when this is answered. Rejects while the store is away. */
  async change(
    accountId: AccountId,
    version: number,
    settings: PresenceSyncSettings,
    by: AuditActor,
  ): Promise<SettingsOutcome> {
    const { store, memory, clock, audit, runner, hasQueue } = this.#parts;
    const before = memory.settingsOf(accountId);
    if (before.version !== version) return conflict(before);
    if (settings.customizeCalls && !before.settings.customizeCalls) {
      const { offered, reason } = customizeOffered(settings, hasQueue(accountId));
      if (!offered) return { is: 'wrong-state', say: reason ?? 'The rules cannot be used now.' };
    }
    const changed = changesOf(before.settings, settings);
    if (changed.length === 0) return { is: 'done', stored: before };
    const written = await store.saveSettings(
      {
        accountId,
        settings,
        version: version + 1,
        changedBy: by.name,
        changedWallMs: clock.wall(),
      },
      version,
    );
    if (!written.ok) {
      memory.putSettings(written.standing);
      return conflict(written.standing);
    }
    const synced = this.counts(accountId).synced;
    memory.putSettings(written.stored);
    await audit.note({
      accountId,
      actor: by,
      action: 'presence-sync.change',
      object: { kind: 'account', id: accountId, label: changed.join(', ') },
      before: pick(before.settings, changed),
      after: pick(settings, changed),
    });
    if (!changed.includes('mode') && !changed.includes('direction'))
      return { is: 'done', stored: written.stored };
    const run = await runner.begin({
      accountId,
      reason: 'mode-change',
      by,
      ...(settings.mode === 'disabled' && { ended: synced }),
    });
    return { is: 'done', stored: written.stored, run };
  }

  /** All five rows return to the documented defaults (feature B39). */
  async resetRules(accountId: AccountId, version: number, by: AuditActor): Promise<SettingsOutcome> {
    const { settings } = this.settingsOf(accountId);
    return await this.change(accountId, version, { ...settings, rules: defaultCallRules }, by);
  }

  /** What other settings would do. Nothing is written, nothing is asked of Microsoft. */
  async preview(
    accountId: AccountId,
    wanted: Pick<PresenceSyncSettings, 'mode' | 'direction'>,
  ): Promise<PresencePreview> {
    const { memory, people, tenants } = this.#parts;
    const everybody = people(accountId);
    const judged = await judgePeople(this.#parts, accountId, wanted, () => true);
    const counts = { people: everybody.length, inScope: 0, begins: 0, ends: 0, unsynced: 0, fails: 0 };
    for (const person of everybody) {
      const scope = scopeOf(wanted, memory.choiceOf(person.id));
      const isSynced = this.#stateOf(person) === 'synced';
      const would = scope === 'in' && judged.get(person.id)?.verdict.is !== 'failed';
      if (scope === 'unsynced') counts.unsynced += 1;
      if (scope === 'in') {
        counts.inScope += 1;
        if (!would) counts.fails += 1;
      }
      if (would && !isSynced) counts.begins += 1;
      if (isSynced && !would) counts.ends += 1;
    }
    const connected = tenants(accountId);
    return {
      ...counts,
      directoryRead:
        connected.length > 0 && connected.every(({ view }) => view?.readAtWallMs.users !== undefined),
      mismatches: this.#mismatchesOf(accountId, judged.values()),
    };
  }

  async mismatches(accountId: AccountId): Promise<readonly PresenceMismatch[]> {
    const { settings } = this.settingsOf(accountId);
    const judged = await judgePeople(this.#parts, accountId, settings, () => true);
    return this.#mismatchesOf(accountId, judged.values());
  }

  /** Everybody by name, as far as `wanted` says. */
  people(
    accountId: AccountId,
    wanted: {
      readonly search?: string | undefined;
      readonly state?: PersonState | undefined;
      readonly code?: string | undefined;
    },
  ): readonly ShownPresencePerson[] {
    const search = wanted.search === undefined ? undefined : foldName(wanted.search.trim());
    return this.#parts
      .people(accountId)
      .filter(
        ({ displayName, upn, mail }) =>
          search === undefined || foldName(`${displayName}\n${upn}\n${mail ?? ''}`).includes(search),
      )
      .map((person) => this.show(person))
      .filter(
        ({ state, code }) =>
          (wanted.state === undefined || state === wanted.state) &&
          (wanted.code === undefined || code === wanted.code),
      )
      .sort(
        (a, b) => compare(a.person.displayName, b.person.displayName) || compare(a.person.id, b.person.id),
      );
  }

  show(person: Person): ShownPresencePerson {
    const { memory, tenantOf } = this.#parts;
    const row = memory.rowOf(person.id);
    const state = this.#stateOf(person);
    const view = tenantOf(person)?.view;
    const userOf = (objectId: string): ShownUser => {
      const user = view?.user(objectId);
      return user && user !== 'unread' ? user : { objectId, displayName: objectId, upn: '' };
    };
    const result = state === 'synced' || state === 'failed' ? row?.result : undefined;
    return {
      person,
      choice: row?.choice ?? 'inherit',
      state,
      ...(row?.link && { match: { user: userOf(row.link.objectId), by: row.link.by } }),
      ...(state === 'unsynced' && { code: 'PRS-130' }),
      ...(result?.code && { code: result.code }),
      ...(result?.detail && { detail: result.detail }),
      ...(row?.proposal !== undefined && { proposal: userOf(row.proposal) }),
      ...(row && row.changedWallMs > 0 && { changedWallMs: row.changedWallMs }),
    };
  }

  /** One or many. Rejects while the store is away; nothing has changed then. */
  async choose(
    accountId: AccountId,
    people: readonly Person[],
    action: ChoiceAction,
    by: AuditActor,
  ): Promise<{ readonly changed: number; readonly run?: StoredRun }> {
    const { store, memory, clock, audit, runner } = this.#parts;
    const rows: StoredPresencePerson[] = [];
    const begins: Person[] = [];
    for (const person of people) {
      const row = memory.rowOf(person.id);
      const before = row?.choice ?? 'inherit';
      const choice = choiceAfter[action][before];
      const { settings } = this.settingsOf(accountId);
      const scope = scopeOf(settings, choice);
      // Resync of somebody who is synced looks again; it changes no choice.
      if (scope === 'in' && (action === 'resync' || scopeOf(settings, before) !== 'in')) begins.push(person);
      if (choice === before) continue;
      const { result, ...rest } = row ?? { accountId, personId: person.id, changedWallMs: 0 };
      rows.push({
        ...rest,
        choice,
        // Who is out of scope has no result; who comes back is looked at anew.
        ...(result && scope === 'in' && scopeOf(settings, before) === 'in' && { result }),
        changedWallMs: clock.wall(),
      });
    }
    if (rows.length > 0) {
      const before = rows.map(({ personId }) => ({ id: personId, choice: memory.choiceOf(personId) }));
      await store.savePeople(rows);
      memory.putPeople(rows);
      const one = people.length === 1 ? people[0] : undefined;
      await audit.note({
        accountId,
        actor: by,
        action: `presence-sync.${action}`,
        object: one
          ? { kind: 'person', id: one.id, label: one.displayName }
          : { kind: 'account', id: accountId, label: `${rows.length} people` },
        before: { people: before },
        after: { people: rows.map(({ personId, choice }) => ({ id: personId, choice })) },
      });
    }
    if (begins.length === 0) return { changed: rows.length };
    const run = await runner.begin({
      accountId,
      reason: action === 'resync' ? 'resync' : 'selection',
      by,
      people: begins.map(({ id }) => id),
    });
    return { changed: rows.length, run };
  }

  /** "Use this match": the person is that user from now on, whatever the addresses say (feature B21). */
  async link(person: Person, objectId: string, by: AuditActor): Promise<LinkOutcome> {
    const { memory, tenantOf, store, clock } = this.#parts;
    const tenant = tenantOf(person);
    const user = tenant?.view ? tenant.view.user(objectId.toLowerCase()) : 'unread';
    if (!tenant || user === 'unread')
      return {
        is: 'wrong-state',
        say: 'The directory at Microsoft was not read yet. Connect Microsoft 365, or wait a minute.',
      };
    if (user === null || user.deletedOn !== undefined)
      return { is: 'not-a-candidate', say: 'There is no such user in the connected tenant.' };
    if (!isPresenceCandidate(user))
      return {
        is: 'not-a-candidate',
        say: `${nameOf(user)} is ${user.guest ? 'a guest' : user.resource ? 'a resource account' : 'not allowed to sign in'}.`,
      };
    const holder = memory.holderOf(user.objectId);
    if (holder !== undefined && holder !== person.id) return this.#takenBy(person, holder, nameOf(user));
    const before = memory.rowOf(person.id);
    const {
      result: _,
      proposal: __,
      ...rest
    } = before ?? {
      accountId: person.accountId,
      personId: person.id,
      choice: 'inherit' as const,
    };
    const row: StoredPresencePerson = {
      ...rest,
      link: { entraTenantId: tenant.entraTenantId, objectId: user.objectId, by: 'explicit' },
      changedWallMs: clock.wall(),
    };
    if ((await store.savePeople([row])).taken.length > 0) {
      // Somebody was faster: what stood before stands again.
      if (before) await store.savePeople([before]);
      return this.#takenBy(person, undefined, nameOf(user));
    }
    memory.putPeople([row]);
    await this.#linked(person, 'presence-sync.link', before, row, by);
    return { is: 'done' };
  }

  async unlink(person: Person, by: AuditActor): Promise<void> {
    const { memory, store, clock } = this.#parts;
    const before = memory.rowOf(person.id);
    if (!before?.link) return;
    const { link: _, result: __, proposal: ___, ...rest } = before;
    const row: StoredPresencePerson = { ...rest, changedWallMs: clock.wall() };
    await store.savePeople([row]);
    memory.putPeople([row]);
    await this.#linked(person, 'presence-sync.unlink', before, row, by);
  }

  // ---- runs

  /** Newest first. */
  async runs(accountId: AccountId, page: RunPage): Promise<readonly StoredRun[]> {
    const found = await this.#parts.store.listRuns(accountId, page);
    return found.map((run) => this.#parts.runner.findOpen(run.id) ?? run);
  }

  async findRun(id: string): Promise<StoredRun | undefined> {
    return this.#parts.runner.findOpen(id) ?? (await this.#parts.store.findRunForPlatform(id));
  }

  async results(
    run: Pick<StoredRun, 'id' | 'accountId'>,
    page: Parameters<PresenceSyncStore['listResults']>[1],
  ): Promise<readonly RunResult[]> {
    return await this.#parts.store.listResults(run, page);
  }

  /** The one that goes on, else the last one. */
  async lastRun(accountId: AccountId): Promise<StoredRun | undefined> {
    return this.#parts.runner.openRun(accountId) ?? (await this.runs(accountId, { limit: 1 }))[0];
  }

  async startRun(
    accountId: AccountId,
    by: AuditActor,
  ): Promise<StoredRun | { readonly is: 'wrong-state'; readonly say: string }> {
    if (this.settingsOf(accountId).settings.mode === 'disabled')
      return { is: 'wrong-state', say: 'Presence sync is off. Choose all or selected users first.' };
    if (this.#parts.tenants(accountId).length === 0)
      return { is: 'wrong-state', say: 'Microsoft 365 is not connected. Sign in and approve it first.' };
    return await this.#parts.runner.begin({ accountId, reason: 'by-hand', by });
  }

  async #linked(
    person: Person,
    action: string,
    before: StoredPresencePerson | undefined,
    after: StoredPresencePerson,
    by: AuditActor,
  ): Promise<void> {
    const { audit, runner } = this.#parts;
    await audit.note({
      accountId: person.accountId,
      actor: by,
      action,
      object: { kind: 'person', id: person.id, label: person.displayName },
      before: { objectId: before?.link?.objectId ?? null, by: before?.link?.by ?? null },
      after: { objectId: after.link?.objectId ?? null, by: after.link?.by ?? null },
    });
    // Judged within seconds, without a run and its mail. Somebody else may have waited for this user, or wait for it now.
    runner.factsChanged(person.accountId);
  }

  #takenBy(person: Person, holder: PersonId | undefined, user: string): LinkOutcome {
    const other = holder === undefined ? undefined : this.#parts.person(holder);
    const who = other?.accountId === person.accountId ? other.displayName : 'somebody of another customer';
    return { is: 'link-taken', say: `${user} is linked with ${who}.` };
  }

  #stateOf({ id, accountId }: Person): PersonState {
    const { memory } = this.#parts;
    const scope = memory.scopeOf(accountId, id);
    if (scope !== 'in') return scope;
    return memory.rowOf(id)?.result?.is ?? 'waiting';
  }

  #mismatchesOf(
    accountId: AccountId,
    judged: Parameters<typeof findPresenceMismatches>[0],
  ): readonly PresenceMismatch[] {
    const { memory, missingHere, countryOf } = this.#parts;
    return findPresenceMismatches(
      judged,
      missingHere(accountId).filter(({ objectId }) => memory.holderOf(objectId) === undefined),
      (objectId, but) => {
        const holder = memory.holderOf(objectId);
        return holder !== undefined && holder !== but;
      },
      countryOf(accountId),
    );
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const conflict = ({ changedBy, changedWallMs }: StoredPresenceSettings): SettingsOutcome => ({
  is: 'changed-meanwhile',
  say: `${changedBy ?? 'Somebody'} changed the settings${changedWallMs === undefined ? '' : ` at ${new Date(changedWallMs).toISOString()}`}.`,
});

type Key = keyof PresenceSyncSettings;
const changesOf = (before: PresenceSyncSettings, after: PresenceSyncSettings): readonly Key[] =>
  (Object.keys(after) as Key[]).filter((key) => canonical(before[key]) !== canonical(after[key]));
/** The same whatever order a table's rows come in. */
const canonical = (value: unknown): string =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : JSON.stringify(value);
const pick = (settings: PresenceSyncSettings, keys: readonly Key[]): Record<string, unknown> =>
  Object.fromEntries(keys.map((key) => [key, settings[key]]));
