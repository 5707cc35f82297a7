import { type AcceptFlags, type MappedPresence, mapTeamsPresence, type TeamsPresence } from '@tandem/domain';

/** What we know of one person's state in Teams, from polling. */
export interface TeamsView {
  /** The last state that was Teams' own, not the echo of ours. */
  readonly shown?: MappedPresence;
  readonly raw?: TeamsPresence;
  /** Orders the reads of one person: lexicographic, never parsed (microsoft-graph 2.1). */
  readonly sequenceNumber?: string;
  readonly readAtMs?: number;
  /** The pair as it was read last, also when it was our own state coming back; and whether it was. */
  readonly present?: TeamsPair;
  readonly presentIsOurs?: boolean;
  /** The last state of Teams' own that said something: what counts on for a while once nothing is known. */
  readonly known?: { readonly mapped: MappedPresence; readonly pair: TeamsPair };
  /** When `raw` was read last; before `readAtMs` while Teams shows what we asked for. */
  readonly rawReadAtMs?: number;
  /** Since when the state is what it is. */
  readonly changedAtMs?: number;
  /** The flags of the last known state, and since when it is not known any more. */
  readonly lastFlags?: AcceptFlags;
  readonly unknownSinceMs?: number;
  /** Reads that were our own state coming back. */
  readonly echoes: number;
  readonly unseenValues: number;
}

/** As Graph said it. */
export interface TeamsPair {
  readonly availability: string | null;
  readonly activity: string | null;
}

export interface TeamsRead extends TeamsPresence {
  readonly sequenceNumber?: string;
}

export const emptyTeamsView: TeamsView = { echoes: 0, unseenValues: 0 };

/** How long the flags of the last known state count on (product-behaviour 2.4). */
export const flagsOutliveMs = 5 * 60_000;

/** A read that is older than the one that stands comes within this time, or never. */
const lateAtMostMs = 60_000;

/**
 * Takes one read. `leaseHeld`: our own session may be alive at Microsoft; then Busy/InACall says nothing that we did not
 * say (microsoft-graph 2.6). `ours`: more pairs that Microsoft may show because of us. `knowsLeg`: our signalling has a leg
 * of the person at Teams.
 */
export function takeTeamsRead(
  before: TeamsView,
  read: TeamsRead,
  seen: {
    readonly leaseHeld: boolean;
    readonly knowsLeg: boolean;
    readonly ours?: readonly TeamsPair[];
  },
  nowMs: number,
): TeamsView {
  if (
    before.sequenceNumber !== undefined &&
    read.sequenceNumber !== undefined &&
    read.sequenceNumber < before.sequenceNumber &&
    // No answer is that late: the number that stands was absurd, and would hide everything after it for ever.
    before.readAtMs !== undefined &&
    nowMs - before.readAtMs < lateAtMostMs
  )
    return before;
  const order = read.sequenceNumber === undefined ? {} : { sequenceNumber: read.sequenceNumber };
  const present = { availability: read.availability, activity: read.activity };
  const ours =
    (seen.leaseHeld && !seen.knowsLeg && samePair(read, busyInACall)) ||
    (seen.ours?.some((pair) => samePair(read, pair) && !(seen.knowsLeg && samePair(read, busyInACall))) ??
      false);
  if (ours)
    return {
      ...before,
      ...order,
      present,
      presentIsOurs: true,
      readAtMs: nowMs,
      echoes: before.echoes + 1,
    };
  const shown = mapTeamsPresence(read, seen.knowsLeg);
  const same = before.shown !== undefined && before.shown.label === shown.label;
  const { unknownSinceMs, ...rest } = before;
  return {
    ...rest,
    ...order,
    shown,
    raw: { ...present, outOfOffice: read.outOfOffice ?? false },
    present,
    presentIsOurs: false,
    ...(shown.flags && { known: { mapped: shown, pair: present } }),
    readAtMs: nowMs,
    rawReadAtMs: nowMs,
    changedAtMs: same && before.changedAtMs !== undefined ? before.changedAtMs : nowMs,
    ...(shown.flags ? { lastFlags: shown.flags } : { unknownSinceMs: unknownSinceMs ?? nowMs }),
    unseenValues: before.unseenValues + (shown.unseen ? 1 : 0),
  };
}

const busyInACall: TeamsPair = { availability: 'Busy', activity: 'InACall' };

/** Microsoft prints both Pascal and camel case. */
export const samePair = (a: TeamsPair, b: TeamsPair): boolean =>
  a.availability?.toLowerCase() === b.availability?.toLowerCase() &&
  a.activity?.toLowerCase() === b.activity?.toLowerCase();

/** `frozen`: not known any more, what was known counts on for five minutes; `dropped`: it does not. */
export type TeamsKnowledge = 'fresh' | 'frozen' | 'dropped';

export interface ShownPresence {
  readonly knowledge: TeamsKnowledge;
  /** Teams' own state and its pair, while fresh or frozen. */
  readonly own?: MappedPresence;
  readonly ownPair?: TeamsPair;
  /** What Teams shows everybody, ours included, while fresh or frozen. */
  readonly present?: TeamsPair;
  readonly presentIsOurs: boolean;
  readonly label: MappedPresence['label'];
  readonly idle: boolean;
  readonly outOfOffice: boolean;
  readonly flags: AcceptFlags;
  readonly stale: boolean;
  /** Since the last read, milliseconds. */
  readonly ageMs?: number;
  readonly changedAtMs?: number;
}

/**
 * What to show and to route by. Older than three intervals of its tier is unknown (reliability F07); unknown is never
 * available. The last flags count for five minutes more, then direct calls ring and queues go by the platform alone.
 */
export function showTeamsView(view: TeamsView, intervalMs: number, nowMs: number): ShownPresence {
  const ageMs = view.readAtMs === undefined ? undefined : nowMs - view.readAtMs;
  const late = ageMs === undefined || ageMs > 3 * intervalMs;
  const known = !late && view.shown !== undefined && view.shown.flags !== undefined ? view.shown : undefined;
  const age = { ...(ageMs !== undefined && { ageMs }) };
  const changed = { ...(view.changedAtMs !== undefined && { changedAtMs: view.changedAtMs }) };
  const told = {
    presentIsOurs: view.presentIsOurs ?? false,
    ...(view.known && { own: view.known.mapped, ownPair: view.known.pair }),
  };
  if (known?.flags) {
    const { label, idle, outOfOffice, flags } = known;
    const present = view.present && { present: view.present };
    return {
      ...told,
      ...present,
      knowledge: 'fresh',
      label,
      idle,
      outOfOffice,
      flags,
      stale: false,
      ...age,
      ...changed,
    };
  }
  const since =
    view.unknownSinceMs ?? (view.readAtMs === undefined ? undefined : view.readAtMs + 3 * intervalMs);
  const outlive = since !== undefined && nowMs - since <= flagsOutliveMs ? view.lastFlags : undefined;
  // What Microsoft cannot say now was the present state until a moment ago.
  const frozen = outlive && view.known && { ...told, present: view.known.pair, presentIsOurs: false };
  return {
    presentIsOurs: false,
    ...frozen,
    knowledge: frozen ? 'frozen' : 'dropped',
    label: 'unknown',
    idle: false,
    outOfOffice: false,
    flags: outlive ?? { acceptDirect: 'yes', acceptQueue: true },
    stale: true,
    ...age,
  };
}
