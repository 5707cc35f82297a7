import { join } from 'node:path';
import type { FeedEvent } from '@tandem/adapters/http/events/event-feed.ts';
import type { OwnPresenceBoard } from '@tandem/adapters/http/own-presence-board.ts';
import type { PresenceMetrics } from '@tandem/adapters/http/presence-metrics.ts';
import type { PresenceBoard } from '@tandem/adapters/http/services.ts';
import { toPresence } from '@tandem/adapters/http/views/presence-view.ts';
import type { PresenceChangeStore } from '@tandem/adapters/postgres/presence-change-store.ts';
import type { AccountId, CallRules, ConnectionId, PersonId, RoutingSnapshot } from '@tandem/domain';
import {
  type AuditLog,
  type Clock,
  createCalendarBusy,
  createPresenceReader,
  createPresenceWriter,
  createTenantPauses,
  type KeeperDeps,
  type PersonStates,
  type PreferredStates,
  type PresenceExceptions,
  type PresenceGate,
  PresenceKeeper,
  type PresenceLeases,
  type PresencePerson,
  type PresencePolicies,
  type PresenceReader,
  type PresenceWatch,
} from '@tandem/engine';
import { openCallbackWindows } from './callback-windows.ts';
import type { MicrosoftConnections } from './microsoft-connections.ts';
import type { OwnConnections } from './own-connections.ts';
import { openAheadFile } from './presence-ahead-file.ts';
import { presenceCalendars } from './presence-calendars.ts';
import { type HeardCall, watchCalls } from './presence-calls.ts';
import { openPresenceMemory } from './presence-memory.ts';
import { createOwnPresence } from './presence-own.ts';
import { presencePeople } from './presence-people.ts';

export interface PresenceParts {
  readonly clock: Clock;
  readonly connections: Pick<
    MicrosoftConnections,
    'all' | 'ofPerson' | 'objectIdOf' | 'onLinks' | 'onChange'
  >;
  /** People's own connections (P02). Absent: nobody has one. */
  readonly own?: Pick<OwnConnections, 'of' | 'onChange'>;
  readonly snapshot: () => RoutingSnapshot;
  readonly leases: PresenceLeases;
  readonly preferred: PreferredStates;
  readonly policies: PresencePolicies;
  readonly states: PersonStates;
  readonly changes: PresenceChangeStore;
  /** A folder of this node: what must not wait for the database. Absent: nothing is kept on disk. */
  readonly dir?: string;
  readonly audit: Pick<AuditLog, 'note'>;
  /** Whether the account lets people have call rules of their own (N66). Absent: no. */
  readonly mayHaveRules?: (accountId: AccountId) => boolean;
  /** Somebody's own rules are others. */
  readonly rulesChanged?: () => void;
  /** A phone of the person is registered, or none of those that there are. */
  readonly registeredOf?: KeeperDeps['registeredOf'];
  /** The connection may read calendars (U05). Absent: none may. */
  readonly mayReadCalendars?: (connectionId: ConnectionId) => boolean;
  readonly interruptedSince?: KeeperDeps['interruptedSince'];
  /** How often those are read with whom nothing goes on: 15 to 30 s. Absent: as the size of the tenant allows. */
  readonly otherIntervalMs?: number;
  readonly feed: { readonly watched: boolean; publish(event: FeedEvent): void };
  readonly metrics: PresenceMetrics;
  readonly onProblem: (what: string) => void;
}

export interface Presence {
  readonly board: PresenceBoard;
  readonly own: OwnPresenceBoard;
  readonly watch: PresenceWatch;
  readonly gate: PresenceGate;
  /** Rules of one's own, for the policies. */
  rulesOf(personId: PersonId): Partial<CallRules> | undefined;
  /** What the person decided about calls, whatever the state says. */
  exceptionsOf(personId: PersonId): PresenceExceptions;
  /** Who is where at Microsoft, as presence asks about them. */
  people(): readonly PresencePerson[];
  /** Microsoft told of a change by itself: with its place in the order, or without. */
  readonly told: Pick<PresenceReader, 'heard' | 'hinted'>;
  /** Something of ours stands at Microsoft for this person, or may. */
  holds(personId: PersonId): boolean;
  callChanged(call: HeardCall): void;
  callEnded(callId: string): void;
  /** The routing facts are new: people came or went. */
  snapshotChanged(): void;
  /** A phone registered, or does not any more. */
  phonesChanged(personIds: Iterable<PersonId>): void;
  start(): void;
  /** Lets what is on its way to Microsoft arrive, for a moment; what does not is cleared by the next start. */
  stop(): Promise<void>;
}

/** A node that stops has two seconds for everything. */
const farewellMs = 800;

/** Puts presence together: calls to Teams, Teams to the API, what people decided, changes to whoever watches. */
export function createPresence(parts: PresenceParts): Presence {
  const { clock, connections, feed, policies, metrics, onProblem, snapshot } = parts;
  const { directory, graph, refresh } = presencePeople({
    ...parts,
    now: clock.now,
    heard: (entraTenantId, objectId, read) => reader.heard(entraTenantId, objectId, read),
  });
  const pauses = createTenantPauses(() => clock.now(), Math.random);
  const common = { clock, pauses, policies, people: directory, graph, onProblem };
  const writer = createPresenceWriter({
    ...common,
    leases: parts.leases,
    preferred: parts.preferred,
    onChange: callsChanged,
    onWrite: metrics.written,
  });
  const reader = createPresenceReader({
    ...common,
    callsOf: writer.of,
    onChange: ({ personId }) => teamsChanged(personId),
    onRead: metrics.read,
    isPriority: (personId) => queueMembers.has(personId),
    ...(parts.otherIntervalMs !== undefined && { otherIntervalMs: parts.otherIntervalMs }),
  });
  const calendars = presenceCalendars({
    ...common,
    connections,
    snapshot,
    mayRead: parts.mayReadCalendars,
    onChange(personId) {
      keeper.changed(personId, 'calendar');
      calendarBusy.look(personId);
    },
  });
  const calendarBusy = createCalendarBusy({
    clock,
    meetingOf: calendars.meetingOf,
    teamsOf: reader.of,
    tell: writer.calendarChanged,
  });
  /** Those whom a queue may ring next: read often. */
  let queueMembers: ReadonlySet<PersonId> = new Set();
  const calls = watchCalls({
    clock,
    onRinging: (personId) => keeper.changed(personId, 'call'),
    onEmergency: (personId) => keeper.emergencyCall(personId),
  });
  const ahead =
    parts.dir === undefined
      ? undefined
      : openAheadFile(join(parts.dir, 'presence-journal.ndjson'), onProblem);
  const callbacks =
    parts.dir === undefined
      ? undefined
      : openCallbackWindows(join(parts.dir, 'callback-windows.json'), clock.wall, onProblem);
  const memory = openPresenceMemory({
    clock,
    states: parts.states,
    changes: parts.changes,
    ...(ahead && { ahead }),
    onLost: metrics.journalLost,
    onProblem,
  });
  const keeper = new PresenceKeeper({
    clock,
    policies,
    states: parts.states,
    personOf(personId) {
      const person = snapshot().people.get(personId);
      if (!person) return undefined;
      const { accountId, displayName } = person;
      return { accountId, displayName, timeZone: snapshot().accounts.get(accountId)?.timeZone ?? 'UTC' };
    },
    callsOf: writer.of,
    teamsOf: reader.of,
    watched: reader.watched,
    ringingSince: calls.ringingSince,
    emergencySince: calls.emergencySince,
    registeredOf: (personId) => parts.registeredOf?.(personId),
    meetingOf: calendars.meetingOf,
    interruptedSince: (personId) => parts.interruptedSince?.(personId),
    manualChanged: writer.manualChanged,
    note: memory.note,
    keepCallback: (...window) => callbacks?.keep(...window),
    onProblem,
  });

  /** Without a call, what we ask Microsoft to show changes by a meeting of the calendar, or by what is told of itself. */
  const talking = new Set<PersonId>();
  function callsChanged(personId: PersonId): void {
    const talks = (writer.of(personId)?.legs.length ?? 0) > 0;
    const talked = talking.delete(personId);
    if (talks) talking.add(personId);
    keeper.changed(personId, talks ? 'call' : talked ? 'call-ended' : 'calendar');
  }

  /** By person: the pair that was counted as unseen last. */
  const unseen = new Map<PersonId, string>();
  function teamsChanged(personId: PersonId): void {
    const seen = reader.of(personId)?.shown;
    const strange =
      seen?.own?.unseen === true ? `${seen.ownPair?.availability}/${seen.ownPair?.activity}` : undefined;
    if (strange === undefined) unseen.delete(personId);
    else if (unseen.get(personId) !== strange) {
      unseen.set(personId, strange);
      metrics.unseen();
    }
    // Graph says "in a call" for meetings too (U05): the calendar tells, while no call of ours is known.
    const inCall = seen?.present?.activity?.toLowerCase() === 'inacall';
    if (inCall && !writer.of(personId)?.legs.length) calendars.wanted(personId);
    keeper.changed(personId, seen?.knowledge === 'fresh' ? 'teams' : 'teams-silent');
    calendarBusy.look(personId);
  }

  const shownOf = (personId: PersonId) => {
    const shown = keeper.of(personId);
    return shown && toPresence(shown);
  };

  keeper.onChange((personId) => {
    const shown = keeper.of(personId);
    const accountId = snapshot().people.get(personId)?.accountId;
    if (!shown || accountId === undefined) return;
    metrics.changed(shown.source);
    if (feed.watched) feed.publish({ kind: 'person', accountId, personId, presence: toPresence(shown) });
  });

  /** The engine tells from within a call: what goes wrong here must not end it. */
  function aside(work: () => void): void {
    try {
      work();
    } catch (error) {
      onProblem(`a bug: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }

  const lookAtAll = (): void => keeper.lookAtAll(snapshot().people.keys(), 'settings');
  function takeSnapshot(): void {
    queueMembers = new Set(
      [...(snapshot().queues?.values() ?? [])].flatMap(({ members }) =>
        members.filter(({ loggedIn }) => loggedIn).map(({ personId }) => personId),
      ),
    );
    refresh();
  }
  function snapshotChanged(): void {
    takeSnapshot();
    keeper.keepOnly(snapshot().people);
    lookAtAll();
  }
  const stopListening = [
    connections.onLinks(refresh),
    connections.onChange(refresh),
    parts.own?.onChange(refresh) ?? (() => undefined),
    policies.onChange(lookAtAll),
  ];

  return {
    board: {
      of(personId) {
        reader.watched(personId);
        return shownOf(personId);
      },
    },
    own: createOwnPresence({
      wall: clock.wall,
      snapshot,
      keeper,
      policies,
      writer,
      reader,
      journal: memory.journal,
      changes: parts.changes,
      audit: parts.audit,
      mayHaveRules: parts.mayHaveRules ?? (() => false),
      rulesChanged: parts.rulesChanged ?? (() => undefined),
    }),
    watch: keeper,
    gate: keeper,
    rulesOf: (personId) => keeper.rulesOf(personId),
    exceptionsOf: (personId) => keeper.exceptionsOf(personId),
    people: directory.list,
    told: reader,
    holds(personId) {
      const ours = writer.of(personId);
      return ours?.leaseEndsWallMs !== undefined || ours?.preferred !== undefined;
    },
    callChanged: (call) =>
      aside(() => {
        calls.callChanged(call);
        writer.callChanged(call);
      }),
    callEnded: (callId) =>
      aside(() => {
        calls.callEnded(callId);
        writer.callEnded(callId);
      }),
    snapshotChanged,
    phonesChanged(personIds) {
      for (const personId of personIds) keeper.changed(personId, 'phones');
    },
    start() {
      takeSnapshot();
      metrics.readAges(reader.ages);
      reader.start();
      calendars.start();
      void writer.restore();
      keeper.restore(callbacks?.left ?? []);
      memory.start((states) => keeper.restore(states));
    },
    async stop() {
      for (const stop of stopListening) stop();
      reader.stop();
      calendars.stop();
      calendarBusy.stop();
      keeper.stop();
      const until = clock.now() + farewellMs;
      while (writer.open > 0 && clock.now() < until)
        await new Promise<void>((resolve) => void clock.after(20, resolve));
      writer.stop();
      await memory.stop();
      await callbacks?.settled();
      ahead?.close();
    },
  };
}
