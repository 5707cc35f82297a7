import type { AccountId, PersonId } from '@tandem/domain';
import type { PresenceSyncStore, StoredPresencePerson } from './ports.ts';
import { openRunStates } from './run.machine.ts';
import type { RunResult, StoredRun } from './run.ts';
import { neverSetUp, type StoredPresenceSettings } from './settings.ts';

/** For tests: the setup of presence in memory, with versions and with one owner for each Entra user, as the store has them. */
export class MemoryPresenceStore implements PresenceSyncStore {
  readonly settings = new Map<AccountId, StoredPresenceSettings>();
  readonly people = new Map<PersonId, StoredPresencePerson>();
  readonly runs = new Map<string, StoredRun>();
  readonly results = new Map<string, Map<PersonId, RunResult>>();
  away = false;
  readonly #gate: () => void;

  constructor(gate: () => void = () => undefined) {
    this.#gate = gate;
  }

  async loadForPlatform() {
    this.#open();
    return { settings: [...this.settings.values()], people: [...this.people.values()] };
  }
  async markForPlatform() {
    return JSON.stringify(await this.loadForPlatform());
  }
  saveSettings: PresenceSyncStore['saveSettings'] = async (next, version) => {
    this.#open();
    const standing = this.settings.get(next.accountId) ?? neverSetUp(next.accountId);
    if (standing.version !== version) return { ok: false, standing };
    this.settings.set(next.accountId, next);
    return { ok: true, stored: next };
  };
  async savePeople(rows: readonly StoredPresencePerson[]) {
    this.#open();
    const writing = new Set(rows.map(({ personId }) => personId));
    const held = new Set(
      [...this.people.values()].flatMap(({ personId, link }) =>
        link && !writing.has(personId) ? [link.objectId] : [],
      ),
    );
    const taken: PersonId[] = [];
    for (const row of rows) {
      const { link, ...rest } = row;
      if (link && held.has(link.objectId)) {
        taken.push(row.personId);
        this.people.set(row.personId, rest);
      } else {
        if (link) held.add(link.objectId);
        this.people.set(row.personId, row);
      }
    }
    return { taken };
  }
  async createRun(run: StoredRun) {
    this.#open();
    this.runs.set(run.id, run);
  }
  async saveRun(run: StoredRun) {
    this.#open();
    if (this.runs.has(run.id)) this.runs.set(run.id, run);
  }
  async saveResults({ id }: Pick<StoredRun, 'id'>, results: readonly RunResult[]) {
    this.#open();
    const kept = this.results.get(id) ?? new Map<PersonId, RunResult>();
    for (const one of results) kept.set(one.personId, one);
    this.results.set(id, kept);
  }
  listRuns: PresenceSyncStore['listRuns'] = async (accountId, { limit, before }) => {
    this.#open();
    return [...this.runs.values()]
      .filter((run) => run.accountId === accountId && (before === undefined || run.id < before))
      .sort((a, b) => (a.id < b.id ? 1 : -1))
      .slice(0, limit);
  };
  async findRunForPlatform(id: string) {
    this.#open();
    return this.runs.get(id);
  }
  async listOpenRunsForPlatform() {
    this.#open();
    return [...this.runs.values()].filter(({ state }) => openRunStates.has(state));
  }
  listResults: PresenceSyncStore['listResults'] = async ({ id }, { limit, offset, outcome }) => {
    this.#open();
    return [...(this.results.get(id)?.values() ?? [])]
      .filter((one) => outcome === undefined || one.outcome === outcome)
      .sort(
        (a, b) =>
          Number(b.outcome === 'failed') - Number(a.outcome === 'failed') ||
          (a.displayName < b.displayName ? -1 : 1),
      )
      .slice(offset, offset + limit);
  };
  async trimRuns(accountId: AccountId, keep: number) {
    this.#open();
    for (const { id } of (await this.listRuns(accountId, { limit: 1_000_000 })).slice(keep)) {
      this.runs.delete(id);
      this.results.delete(id);
    }
  }

  #open(): void {
    this.#gate();
    if (this.away) throw Object.assign(new Error('the store is away'), { code: 'database-unavailable' });
  }
}
