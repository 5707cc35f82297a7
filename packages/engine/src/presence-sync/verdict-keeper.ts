import type { AccountId, ConnectionId, Person, PersonId } from '@tandem/domain';
import { idsPerRequest } from '../presence/polling-plan.ts';
import { type Judged, judgePeople } from './judge-people.ts';
import type { PersonVerdict } from './judgement.ts';
import type { PresenceProbe, StoredPresencePerson } from './ports.ts';
import type { RunStep } from './run.ts';
import type { RunTime } from './run-time.ts';
import type { RunnerParts } from './runner-parts.ts';
import { readsTeams } from './settings.ts';

const rowsAtOnce = 500;
/** Tries of a reading that Microsoft puts off, and the longest wait that a run takes on itself. */
const mostTries = 3;
const failedWaitMs = 5_000;
const longestWaitMs = 60_000;

/** Finds out who is who and what Microsoft says to it, and keeps it: in the store first, then it counts. */
export class VerdictKeeper {
  readonly #parts: RunnerParts;
  readonly #time: RunTime;

  constructor(parts: RunnerParts, time: RunTime) {
    this.#parts = parts;
    this.#time = time;
  }

  judge(
    accountId: AccountId,
    wanted: (person: Person) => boolean,
    proposals = false,
  ): Promise<ReadonlyMap<PersonId, Judged>> {
    const { settings } = this.#parts.memory.settingsOf(accountId);
    return judgePeople(this.#parts, accountId, settings, wanted, proposals);
  }

  /** Stores links first, then asks Microsoft for the presence of those who have one. */
  async settle(
    accountId: AccountId,
    judged: ReadonlyMap<PersonId, Judged>,
    over: () => boolean,
    onProgress: (count: number) => void = () => undefined,
    onStep: (step: RunStep) => void = () => undefined,
  ): Promise<void> {
    const { memory } = this.#parts;
    if (over() || judged.size === 0) return;
    const reads = readsTeams(memory.settingsOf(accountId).settings);
    const toRead = new Map<ConnectionId, Judged[]>();
    const now: Judged[] = [];
    for (const one of judged.values()) {
      const own = this.#parts.servedByOwn?.(one.person.id) !== undefined;
      if (one.verdict.is === 'synced' && reads && one.tenant && !own) {
        const group = toRead.get(one.tenant.connectionId);
        if (group) group.push(one);
        else toRead.set(one.tenant.connectionId, [one]);
      } else now.push(one);
    }
    await this.keepVerdicts(accountId, now, over);
    onProgress(now.length);
    for (const [connectionId, group] of toRead)
      for (let at = 0; at < group.length && !over(); at += idsPerRequest) {
        const batch = group.slice(at, at + idsPerRequest);
        const answer = await this.#read(
          connectionId,
          batch.flatMap(({ verdict }) => (verdict.is === 'synced' ? [verdict.objectId] : [])),
          over,
          onStep,
        );
        const verdicts = batch.map((one) => ({ ...one, verdict: afterReading(one, answer) }));
        await this.keepVerdicts(accountId, verdicts, over);
        onProgress(batch.length);
      }
  }

  async #read(
    connectionId: ConnectionId,
    objectIds: readonly string[],
    over: () => boolean,
    onStep: (step: RunStep) => void,
  ) {
    const { probe, clock } = this.#parts;
    for (let attempt = 1; ; attempt++) {
      const [atWallMs, beganAt] = [clock.wall(), clock.now()];
      const answer = await probe.read(connectionId, objectIds);
      const { is: outcome, request } = answer;
      const durationMs = Math.round(clock.now() - beganAt);
      const people = objectIds.length;
      onStep({ what: 'read-presence', atWallMs, durationMs, people, outcome, ...(request && { request }) });
      if (answer.is === 'read' || answer.is === 'refused' || attempt >= mostTries || over()) return answer;
      const waitMs =
        answer.is === 'throttled' ? (answer.retryAfterMs ?? failedWaitMs * attempt) : failedWaitMs * attempt;
      if (waitMs > longestWaitMs) return answer;
      await this.#time.wait(waitMs);
    }
  }

  async keepVerdicts(accountId: AccountId, judged: readonly Judged[], over: () => boolean): Promise<void> {
    const { memory } = this.#parts;
    const rows: StoredPresencePerson[] = [];
    for (const one of judged) {
      // Meanwhile unsynced by somebody: that stands.
      if (over() || memory.scopeOf(accountId, one.person.id) !== 'in') continue;
      const row = this.#rowOf(one);
      if (row) rows.push(row);
    }
    await this.keep(accountId, rows);
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
  async keep(accountId: AccountId, rows: readonly StoredPresencePerson[]): Promise<void> {
    const { store, memory } = this.#parts;
    for (let at = 0; at < rows.length; at += rowsAtOnce) {
      const batch = rows.slice(at, at + rowsAtOnce);
      const taken = new Set<PersonId>();
      const kept = await this.#time.surely(accountId, async () => {
        for (const personId of (await store.savePeople(batch)).taken) taken.add(personId);
      });
      if (!kept) return;
      const put = batch.map((row): StoredPresencePerson => {
        if (!taken.has(row.personId)) return row;
        const { link: _, ...rest } = row;
        return { ...rest, result: { is: 'failed', code: 'PRS-113', detail: { who: ['somebody else'] } } };
      });
      if (taken.size > 0)
        await this.#time.surely(
          accountId,
          async () => void (await store.savePeople(put.filter(({ personId }) => taken.has(personId)))),
        );
      memory.putPeople(put);
    }
  }

  /** Whoever is out of scope has no result any more; the link stays for the day when it is wanted again. */
  async forgetResults(accountId: AccountId, people: readonly Person[]): Promise<void> {
    const rows: StoredPresencePerson[] = [];
    for (const { id } of people) {
      const row = this.#parts.memory.rowOf(id);
      if (!row?.result) continue;
      const { result: _, ...rest } = row;
      rows.push({ ...rest, changedWallMs: this.#parts.clock.wall() });
    }
    await this.keep(accountId, rows);
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
