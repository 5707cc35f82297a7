import type { Clock } from '../ports/clock.ts';
import { type CallPresence, leaseMs } from './call-presence.ts';
import type { PreferredStates, PresenceLeases, PresencePerson } from './ports.ts';
import type { PresenceWrite } from './presence-writes.ts';
import { type PreferredPair, preferredPairs } from './wish.ts';
import type { Desk } from './writer-desk.ts';

/** How long an answered call waits for the store before Microsoft is told without it. */
export const leasePatienceMs = 700;

export interface DeskRowsDeps {
  readonly clock: Clock;
  readonly leases: PresenceLeases;
  readonly preferred: PreferredStates;
  onProblem?(what: string): void;
}

/** What the store remembers of what we asked Microsoft to show, written before it is asked. */
export interface DeskRows {
  /**
   * Whether the write may go out. While the store is away it goes out without a row: a person who talks must not look free
   * because a database is down, and what nobody remembers heals by itself in five minutes.
   */
  hold(
    desk: Desk,
    at: PresencePerson,
    write: Extract<PresenceWrite, { kind: 'setPresence' | 'setPreferred' }>,
  ): Promise<boolean>;
  dropLease(desk: Desk): void;
  dropPreferred(desk: Desk): void;
  /** `standing`: Microsoft said yes; else the person overruled it in Teams. */
  remember(desk: Desk, held: NonNullable<CallPresence['preferred']>, standing: boolean): void;
}

export function createDeskRows({ clock, leases, preferred, onProblem }: DeskRowsDeps): DeskRows {
  function inStore(desk: Desk, what: string, work: () => Promise<unknown>, done?: () => void): void {
    desk.storing = desk.storing
      .then(work)
      .then(done, (error: unknown) => onProblem?.(`${what}: ${String(error)}`));
  }

  return {
    async hold(desk, at, write) {
      const { sequence } = write;
      // Set before the answer is known: a row whose writing was cut off may be there.
      if (write.kind === 'setPresence') desk.rowUpTo = sequence;
      else desk.preferredUpTo = sequence;
      const wished = desk.state.preferred;
      const hold = desk.storing
        .then(() =>
          write.kind === 'setPresence'
            ? leases.hold({ ...at, sequence }, leaseMs)
            : preferred.hold(
                {
                  ...at,
                  sequence,
                  availability: write.availability,
                  activity: write.activity,
                  wish: askedWish(write, wished?.key ?? ''),
                  standing: true,
                },
                write.forMs,
              ),
        )
        .catch((error: unknown) => {
          onProblem?.(`what Microsoft is asked to show could not be stored: ${String(error)}`);
          return { held: true } as const;
        });
      desk.storing = hold;
      let stopWaiting: (() => void) | undefined;
      const enough = new Promise<{ readonly held: true }>((resolve) => {
        stopWaiting = clock.after(leasePatienceMs, () => resolve({ held: true }));
      });
      const answer = await Promise.race([hold, enough]);
      stopWaiting?.();
      if (answer.held) return true;
      // A row that this process does not know stands in the way; the call is here now, so the next try goes above it.
      desk.state = { ...desk.state, sequence: Math.max(desk.state.sequence, answer.standing) };
      return false;
    },
    dropLease(desk) {
      const { rowUpTo, accountId, personId } = desk;
      if (rowUpTo === 0 || accountId === undefined) return;
      inStore(
        desk,
        'a presence lease could not be dropped',
        () => leases.drop(accountId, personId, rowUpTo),
        () => {
          if (desk.rowUpTo === rowUpTo) desk.rowUpTo = 0;
        },
      );
    },
    dropPreferred(desk) {
      const { preferredUpTo, accountId, personId } = desk;
      if (preferredUpTo === 0 || accountId === undefined) return;
      inStore(
        desk,
        'a preferred state could not be dropped',
        () => preferred.drop(accountId, personId, preferredUpTo),
        () => {
          if (desk.preferredUpTo === preferredUpTo) desk.preferredUpTo = 0;
        },
      );
    },
    remember(desk, held, standing) {
      const { at } = desk;
      if (!at) return;
      const sequence = desk.state.sequence + 1;
      desk.state = { ...desk.state, sequence };
      desk.preferredUpTo = sequence;
      const row = { ...at, sequence, ...held.pair, wish: held.key, standing };
      inStore(desk, 'what a person wishes Microsoft to show could not be stored', () =>
        preferred.hold(row, Math.max(1, held.endsMs - clock.now())),
      );
    },
  };
}

/**
 * A stored wish of which Microsoft has not said yes, with what else of ours may stand there: a process that died cannot tell
 * whether it was told.
 */
const asked = 'asked ';
const askedWish = ({ orPairs = [] }: { readonly orPairs?: readonly PreferredPair[] }, key: string): string =>
  `${asked}${orPairs.map(({ availability, activity }) => `${availability}/${activity}`).join()}|${key}`;

export function readWish(wish: string): { key: string; sure: boolean; maybe?: readonly PreferredPair[] } {
  if (!wish.startsWith(asked)) return { key: wish, sure: true };
  const [pairs = '', key = ''] = wish.slice(asked.length).split('|');
  const maybe = pairs.split(',').flatMap((pair) => knownPairs.get(pair) ?? []);
  return { key, sure: false, ...(maybe.length > 0 && { maybe }) };
}

const knownPairs: ReadonlyMap<string, PreferredPair> = new Map(
  Object.values(preferredPairs).map((pair) => [`${pair.availability}/${pair.activity}`, pair]),
);

/** Undefined: a row of another version, or not ours. */
export const preferredPairOf = (row: {
  readonly availability: string;
  readonly activity: string;
}): PreferredPair | undefined => knownPairs.get(`${row.availability}/${row.activity}`);
