import type { AccountId, PersonId } from '@tandem/domain';
import type { EffectivePresence } from './effective-presence.ts';
import type { PresenceCause, PresenceChange } from './journal.ts';
import type { KeptState } from './kept-state.ts';
import { sentenceOf } from './presence-words.ts';
import type { PersonPresence } from './shown-presence.ts';

/** What whoever listens was told of a person last. */
export interface Told {
  readonly key: string;
  readonly label: EffectivePresence['label'];
  /** What the journal has a line for. */
  readonly line: string;
}

/** Two that are equal in `key` are no news to anybody, two that are equal in `line` none for the journal. */
export function toldOf({ vector, effective }: KeptState, shown: PersonPresence | undefined): Told {
  const { label, source, flags } = effective;
  const line = `${label} ${source} ${flags.acceptDirect} ${flags.acceptQueue}`;
  const key = shown
    ? `${line} ${shown.endpoint} ${shown.stale} ${shown.idle} ${shown.outOfOffice} ${shown.leaseEndsWallMs === undefined} ${shown.pinned?.sinceWallMs} ${vector.emergency?.callbackUntilWallMs}`
    : line;
  return { key, label, line };
}

/** What is merely learnt: the first of it is no change. */
const ofTheWorld: ReadonlySet<PresenceCause> = new Set(['teams', 'teams-silent', 'settings', 'phones']);

/** The journal's line. */
export function changeOf(
  accountId: AccountId,
  personId: PersonId,
  { vector, effective, wording }: KeptState,
  before: Told | undefined,
  cause: PresenceCause,
  by: string | undefined,
): PresenceChange {
  const read = vector.teams?.lastRead;
  return {
    accountId,
    personId,
    atWallMs: wording.nowWallMs,
    ...(before && { from: before.label }),
    to: effective.label,
    source: effective.source,
    cause: before || !ofTheWorld.has(cause) ? cause : 'started',
    flags: effective.flags,
    sentence: sentenceOf(vector, effective, wording),
    ...(by !== undefined && { by }),
    ...(read && {
      teams: {
        availability: read.availability,
        activity: read.activity,
        unseen: vector.teams?.own?.unseen ?? false,
      },
    }),
  };
}
