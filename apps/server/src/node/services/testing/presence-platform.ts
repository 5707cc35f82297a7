import type { PersonId } from '@tandem/domain';
import {
  createPresenceReader,
  createPresenceWriter,
  createTenantPauses,
  type PreferredStates,
  type PresenceDirectory,
  type PresenceLeases,
  type PresencePerson,
  type PresenceReader,
  type PresenceWriter,
  samePolicyForAll,
  syncedBothWays,
} from '@tandem/engine';
import { type EffectivePresence, effectivePresence } from '@tandem/engine/presence/effective-presence.ts';
import { teamsEvidence } from '@tandem/engine/presence/teams-evidence.ts';
import type { PresenceTwin } from './presence-twin.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface PresencePlatform {
  readonly writer: PresenceWriter;
  readonly reader: PresenceReader;
  readonly problems: string[];
  readonly leases: number;
  of(personId: PersonId): EffectivePresence;
  stop(): void;
}

/** Writer and reader of a node, with stores in memory, against the twin. */
export function openPresencePlatform(
  time: VirtualTime,
  twin: PresenceTwin,
  everybody: readonly PresencePerson[],
  how: {
    readonly onChange?: (personId: PersonId) => void;
    readonly isPriority?: (personId: PersonId) => boolean;
    readonly otherIntervalMs?: number;
  } = {},
): PresencePlatform {
  const byId = new Map(everybody.map((person) => [person.personId, person]));
  const people: PresenceDirectory = {
    find: (personId) => byId.get(personId),
    list: () => everybody,
    onChange: () => () => undefined,
  };
  const problems: string[] = [];
  const rows = new Map<string, number>();
  const preferredRows = new Map<string, number>();
  const store = <T extends PresenceLeases | PreferredStates>(held: Map<string, number>): T =>
    ({
      hold: async ({ personId, sequence }: { personId: string; sequence: number }) => {
        held.set(personId, sequence);
        return { held: true };
      },
      drop: async (_account: string, personId: string) => void held.delete(personId),
      listForPlatform: async () => [],
    }) as unknown as T;
  const pauses = createTenantPauses(time.now);
  const policies = samePolicyForAll(syncedBothWays);
  const common = { clock: time, people, graph: twin, pauses, policies };
  const onProblem = (what: string): void => void problems.push(what);
  const writer = createPresenceWriter({
    ...common,
    leases: store<PresenceLeases>(rows),
    preferred: store<PreferredStates>(preferredRows),
    onProblem,
    ...(how.onChange && { onChange: how.onChange }),
  });
  const { onChange } = how;
  const reader = createPresenceReader({
    ...common,
    callsOf: writer.of,
    onProblem,
    ...(onChange && { onChange: ({ personId }: PresencePerson) => onChange(personId) }),
    ...(how.isPriority && { isPriority: how.isPriority }),
    ...(how.otherIntervalMs !== undefined && { otherIntervalMs: how.otherIntervalMs }),
  });
  return {
    writer,
    reader,
    problems,
    get leases() {
      return rows.size + preferredRows.size;
    },
    of(personId) {
      const seen = reader.of(personId);
      const calls = { legs: writer.of(personId)?.legs ?? [] };
      const vector = { calls, ...(seen && { teams: teamsEvidence(seen, time, undefined) }) };
      return effectivePresence(vector, syncedBothWays, time.wall());
    },
    stop() {
      reader.stop();
      writer.stop();
    },
  };
}
