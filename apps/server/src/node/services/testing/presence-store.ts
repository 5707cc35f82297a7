import type {
  PresenceChangeStore,
  StoredPresenceChange,
} from '@tandem/adapters/postgres/presence-change-store.ts';
import type { PersonId } from '@tandem/domain';
import type { AuditEntry, PersonState, PersonStates } from '@tandem/engine';

/** The stores of what people decided and of the journal, in memory. They outlive a restart of what uses them. */
export class PresenceStore implements PersonStates, PresenceChangeStore {
  readonly states = new Map<PersonId, PersonState>();
  readonly lines: StoredPresenceChange[] = [];
  readonly audited: AuditEntry[] = [];
  away = false;

  #reach(): void {
    if (this.away) throw new Error('the database is away');
  }

  save: PersonStates['save'] = async (accountId, personId, { manual, ...change }) => {
    this.#reach();
    const { manual: stood, ...before } = this.states.get(personId) ?? { accountId, personId };
    const now = manual === undefined ? stood : (manual ?? undefined);
    this.states.set(personId, { ...before, ...change, ...(now && { manual: now }) });
  };

  endManual: PersonStates['endManual'] = async (_accountId, personId, setAtWallMs) => {
    this.#reach();
    const { manual, ...rest } = this.states.get(personId) ?? {};
    if (manual?.setAtWallMs === setAtWallMs) this.states.set(personId, rest as PersonState);
  };

  listForPlatform = async (): Promise<readonly PersonState[]> => {
    this.#reach();
    return [...this.states.values()];
  };

  append: PresenceChangeStore['append'] = async (changes) => {
    this.#reach();
    for (const change of changes) this.lines.push({ ...change, id: String(this.lines.length + 1) });
  };

  list: PresenceChangeStore['list'] = async (
    _accountId,
    personId,
    { limit, cursor, fromWallMs = 0, beforeWallMs = Number.POSITIVE_INFINITY },
  ) => {
    this.#reach();
    return this.lines
      .filter(
        (line) =>
          line.personId === personId &&
          (cursor === undefined || Number(line.id) < Number(cursor)) &&
          line.atWallMs >= fromWallMs &&
          line.atWallMs < beforeWallMs,
      )
      .reverse()
      .slice(0, limit);
  };

  lastLabelsForPlatform: PresenceChangeStore['lastLabelsForPlatform'] = async () => {
    this.#reach();
    return new Map(this.lines.map(({ personId, to }) => [personId, to]));
  };

  forgetForPlatform: PresenceChangeStore['forgetForPlatform'] = async () => undefined;

  /** As the parts of presence. */
  get parts() {
    return {
      states: this as PersonStates,
      changes: this as PresenceChangeStore,
      audit: { note: async (entry: AuditEntry) => void this.audited.push(entry) },
    };
  }
}

export const noMemory = () => new PresenceStore().parts;
