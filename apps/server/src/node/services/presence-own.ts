import type { OwnPresenceBoard } from '@tandem/adapters/http/own-presence-board.ts';
import { toAccepts, toPresence } from '@tandem/adapters/http/views/presence-view.ts';
import { compact, instant } from '@tandem/adapters/http/views/shape.ts';
import type {
  PresenceChangeStore,
  StoredPresenceChange,
} from '@tandem/adapters/postgres/presence-change-store.ts';
import type { PresenceExceptionsView, PresenceJournalEntry, PresenceVectorView } from '@tandem/contract';
import { type Account, asPersonId, type Person, type PersonId, type RoutingSnapshot } from '@tandem/domain';
import {
  type AuditLog,
  callsSentenceOf,
  clauseOf,
  type FixedPresence,
  type KeptState,
  labelWords,
  manualEndsWallMs,
  type PresenceJournal,
  type PresenceKeeper,
  type PresencePolicies,
  type PresenceReader,
  type PresenceWriter,
  personPresence,
  sentenceOf,
  usualManualMs,
} from '@tandem/engine';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import { latest, longestMs, readChange, timeOfDay } from './presence-exceptions.ts';

export interface OwnPresenceParts {
  readonly wall: () => number;
  readonly snapshot: () => RoutingSnapshot;
  readonly keeper: PresenceKeeper;
  readonly policies: PresencePolicies;
  readonly writer: Pick<PresenceWriter, 'fix'>;
  readonly reader: Pick<PresenceReader, 'readNow' | 'watched'>;
  readonly journal: Pick<PresenceJournal, 'flush'>;
  readonly changes: Pick<PresenceChangeStore, 'list'>;
  readonly audit: Pick<AuditLog, 'note'>;
  readonly mayHaveRules: (accountId: Account['id']) => boolean;
  /** Somebody's own rules are others. */
  readonly rulesChanged: () => void;
}

/** Where a person ends a state of their own in Teams; Microsoft has no address for the menu itself. */
const teamsLink = 'https://support.microsoft.com/office/ce36ed14-6bc9-4775-a33e-6629ba4ff78e';

/** One person's presence for the API: what the keeper knows in words, and what people decide. */
export function createOwnPresence(parts: OwnPresenceParts): OwnPresenceBoard {
  const { keeper, wall, snapshot } = parts;

  function vectorOf(person: Person): PresenceVectorView {
    parts.reader.watched(person.id);
    const kept = keeper.stateOf(person.id);
    const policy = parts.policies.of(person.id);
    return {
      ...(kept ? view(kept) : unknownView),
      personId: person.id,
      synced: policy.synced,
      readsTeams: policy.readsTeams,
      writesTeams: policy.writesTeams,
    };
  }

  async function audited(
    person: Person,
    by: AuditActor,
    action: string,
    before: object | undefined,
    after: object | undefined,
  ): Promise<void> {
    await parts.audit.note({
      accountId: person.accountId,
      actor: by,
      action,
      object: { kind: 'person', id: person.id, label: person.displayName },
      ...(before && { before: { ...before } }),
      ...(after && { after: { ...after } }),
    });
  }

  /** What people decide about one person goes one after the other: each is made of what stands, and stored before it counts. */
  const lastOf = new Map<PersonId, Promise<unknown>>();
  function inTurn<T>(personId: PersonId, work: () => Promise<T>): Promise<T> {
    const mine = (lastOf.get(personId) ?? Promise.resolve()).then(work, work);
    lastOf.set(personId, mine);
    const over = (): void => {
      if (lastOf.get(personId) === mine) lastOf.delete(personId);
    };
    mine.then(over, over);
    return mine;
  }

  return {
    known: (personId) => snapshot().people.get(asPersonId(personId)),

    vector: vectorOf,

    async set(person, { state, until, minutes }, by) {
      const now = wall();
      const setAtWallMs = now;
      const endsAtWallMs =
        until !== undefined
          ? Date.parse(until)
          : minutes !== undefined
            ? now + minutes * 60_000
            : now + usualManualMs[state];
      if (endsAtWallMs <= now || endsAtWallMs > now + longestMs)
        return { ok: false, is: 'invalid', path: 'until', message: latest(now + longestMs) };
      const manual = { state, setAtWallMs, endsAtWallMs, setBy: by.name };
      return inTurn(person.id, async () => {
        const before = keeper.manualOf(person.id);
        await keeper.setManual(person.id, manual, 'manual-set', by.name);
        await audited(person, by, 'presence.set', before, manual);
        return { ok: true, value: vectorOf(person) };
      });
    },

    release: (person, by) =>
      inTurn(person.id, async () => {
        const before = keeper.manualOf(person.id);
        if (before) {
          await keeper.setManual(person.id, undefined, 'manual-released', by.name);
          await audited(person, by, 'presence.release', before, undefined);
        }
        return vectorOf(person);
      }),

    async journal(person, { limit, cursor, fromWallMs, beforeWallMs }) {
      // What happened a moment ago is in it; a store that is away is said by the list.
      await parts.journal.flush();
      const found = await parts.changes.list(person.accountId, person.id, {
        limit: limit + 1,
        cursor,
        fromWallMs,
        beforeWallMs,
      });
      const items = found.slice(0, limit);
      return compact({
        items: items.map(entryView),
        nextCursor: found.length > limit ? items.at(-1)?.id : undefined,
      });
    },

    async fix(person, by) {
      const before = vectorOf(person);
      const manual = keeper.manualOf(person.id);
      const wrote = await parts.writer.fix(person.id);
      if (manual) await keeper.setManual(person.id, undefined, 'fixed', by.name);
      const read = await parts.reader.readNow(person.id);
      keeper.changed(person.id, 'fixed', by.name);
      await audited(person, by, 'presence.fix', { label: before.label }, { ...wrote, read });
      const after = vectorOf(person);
      const teamsOwn = after.source === 'teams-manual' || wrote.preferred === 'left';
      return compact({
        before,
        after,
        steps: fixSteps(manual !== undefined, wrote, read, after),
        sentence: fixSentence(before, after, teamsOwn),
        teamsLink: teamsOwn ? teamsLink : undefined,
      });
    },

    exceptions: (person) => exceptionsView(person),

    async changeExceptions(person, change, by) {
      if (change.rules && Object.keys(change.rules).length > 0 && !parts.mayHaveRules(person.accountId))
        return {
          ok: false,
          is: 'not-allowed',
          say: 'The account does not let people have call rules of their own. An administrator can allow it in the settings of presence.',
        };
      return inTurn(person.id, async () => {
        const before = keeper.exceptionsOf(person.id);
        const account = snapshot().accounts.get(person.accountId);
        const reading = { account, personId: person.id, snapshot: snapshot(), nowWallMs: wall() };
        const read = readChange(change, before, reading);
        if (!read.ok) return read;
        await keeper.setExceptions(person.id, read.value, by.name);
        if (change.rules) parts.rulesChanged();
        await audited(person, by, 'presence.exceptions', before, read.value);
        return { ok: true, value: exceptionsView(person) };
      });
    },
  };

  function exceptionsView(person: Person): PresenceExceptionsView {
    const { important, timeBoxed, quietHours, unavailable, rules } = keeper.exceptionsOf(person.id);
    return {
      personId: person.id,
      important: [...important],
      timeBoxed: timeBoxed.map(({ untilWallMs, ...one }) => ({ ...one, until: instant(untilWallMs) })),
      quietHours: {
        timeZone: quietHours.timeZone ?? snapshot().accounts.get(person.accountId)?.timeZone ?? 'UTC',
        spans: quietHours.spans.map(({ days, from, to }) => ({
          days: [...days],
          from: timeOfDay(from),
          to: timeOfDay(to),
        })),
      },
      unavailable,
      rules,
      mayHaveRules: parts.mayHaveRules(person.accountId),
    };
  }
}

const unknownView = {
  label: 'unknown',
  sentence: 'Nothing is known of this person yet.',
  because: 'Nothing is known of you yet.',
  callsSentence: 'Every call rings.',
  source: 'none',
  stale: true,
  sources: [],
} satisfies Partial<PresenceVectorView>;

function view({ vector, effective, wording }: KeptState) {
  const shown = personPresence(vector, effective);
  const { manual } = vector;
  return compact({
    ...(shown ? toPresence(shown) : unknownView),
    because: sentenceOf(vector, effective, wording),
    callsSentence: callsSentenceOf(vector, effective, wording),
    sources: effective.sources.map((says) =>
      compact({
        source: says.source,
        label: says.label,
        accepts: says.flags && toAccepts(says.flags),
        sentence: `${says.label === undefined ? 'Says about calls' : labelWords[says.label]}: ${clauseOf(says, vector, effective, wording)}.`,
        wins: says.source === effective.source,
        since: says.sinceWallMs === undefined ? undefined : instant(says.sinceWallMs),
        until: says.untilWallMs === undefined ? undefined : instant(says.untilWallMs),
      }),
    ),
    manual: manual && {
      state: manual.state,
      setAt: instant(manual.setAtWallMs),
      endsAt: instant(manualEndsWallMs(manual)),
      setBy: manual.setBy,
    },
  });
}

const entryView = (change: StoredPresenceChange): PresenceJournalEntry =>
  compact({
    id: change.id,
    at: instant(change.atWallMs),
    from: change.from,
    to: change.to,
    source: change.source,
    cause: change.cause,
    accepts: toAccepts(change.flags),
    sentence: change.sentence,
    by: change.by,
    teams: change.teams && { ...change.teams },
  });

function fixSteps(
  released: boolean,
  { session, preferred }: FixedPresence,
  read: boolean,
  { synced, readsTeams: reads }: Pick<PresenceVectorView, 'synced' | 'readsTeams'>,
): { what: string; done: boolean }[] {
  const word = {
    cleared: 'taken back',
    none: 'there was nothing of ours',
    left: 'left: Teams shows a choice of the person’s own',
    hidden: 'not to be seen while Teams is closed; taken back as soon as it shows',
    failed: 'Microsoft did not do it now; it ends by itself',
    unreachable: synced
      ? 'Microsoft cannot be reached for this person'
      : 'nothing is exchanged with Teams for this person',
  } as const;
  const done = (outcome: keyof typeof word): boolean =>
    !['failed', 'hidden'].includes(outcome) && (outcome !== 'unreachable' || !synced);
  return [
    {
      what: released ? 'The state that was set here by hand: released' : 'Nothing was set here by hand',
      done: true,
    },
    { what: `What we showed in Teams for calls: ${word[session]}`, done: done(session) },
    { what: `What we preferred in Teams: ${word[preferred]}`, done: done(preferred) },
    {
      what: read
        ? 'Teams was read again'
        : reads
          ? 'Teams cannot be read right now; what was read last counts until it can'
          : 'Teams is not read for this person',
      done: read || !reads,
    },
  ];
}

function fixSentence(before: PresenceVectorView, after: PresenceVectorView, teamsOwn: boolean): string {
  if (teamsOwn)
    return `${after.because} That is your own choice in Teams, and only you can end it: click your picture there, then the status, then “Reset status”.`;
  return before.label === after.label
    ? `Nothing of ours was in the way. ${after.because}`
    : `Put right. ${after.because}`;
}
