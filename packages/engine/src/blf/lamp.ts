import type { PresenceLabel } from '@tandem/domain';
import type { Activity, WatchedDialog, WatchedPresence } from '@tandem/sip';
import type { LineCall } from './lines.ts';

interface Shown extends WatchedPresence {
  /** A lamp of the dialog package is lit by it, though no call of ours is there. */
  readonly lit: boolean;
}

const open = (note: string, ...activities: Activity[]): Shown => ({
  basic: 'open',
  activities,
  note,
  lit: false,
});
const lit = (note: string, ...activities: Activity[]): Shown => ({ ...open(note, ...activities), lit: true });
const closed = (note: string, ...activities: Activity[]): Shown => ({
  basic: 'closed',
  activities,
  note,
  lit: false,
});

/**
 * What a phone shows for a state of the platform (product-behaviour 2.3). A lamp knows dark, blinking and lit; lit means:
 * do not disturb this person now. Hence meetings, busy and do-not-disturb light it as a call does.
 */
export const shownStates = {
  available: open('Available'),
  ringing: open('Ringing'),
  on_call: lit('On a call', 'on-the-phone'),
  on_hold: lit('On a call', 'on-the-phone'),
  in_conference: lit('In a conference call', 'on-the-phone', 'meeting'),
  in_meeting: lit('In a meeting', 'meeting'),
  presenting: lit('Presenting', 'presentation', 'busy'),
  calendar_busy: lit('In a meeting', 'meeting'),
  busy: lit('Busy', 'busy'),
  dnd: lit('Do not disturb', 'busy'),
  focusing: lit('Focusing', 'busy'),
  be_right_back: open('Be right back', 'away'),
  away: open('Away', 'away'),
  out_of_office: open('Out of office', 'away'),
  offline: closed('Offline'),
  // Whoever appears offline must not be told apart from who is.
  appear_offline: closed('Offline'),
  // Nothing is known, and that never looks like available.
  unknown: closed('Unknown', 'unknown'),
} as const satisfies Record<PresenceLabel, Shown>;

/** The dialog of somebody who must not be disturbed, though no call is ours: in a call at Teams only, in a meeting, busy. */
export const elsewhereId = 'elsewhere';

/** The user part of a URI for an extension, a number or a name (RFC 3261 §19.1.2). */
export const uriUser = (user: string): string => encodeURIComponent(user.toWellFormed()).replace('%2B', '+');

/** More would not fit into a datagram, and no lamp shows more. */
const mostDialogs = 6;

export interface DialogFace {
  /** The watched one, for the local identity. */
  readonly uri: string;
  /** The other side may be shown. */
  readonly showsRemote: boolean;
  readonly realm: string;
}

/**
 * The live dialogs of somebody. `label`: what presence says besides our own calls.
 *
 * A lamp says that somebody talks and not with whom, but to the watched person's own phone.
 */
export function liveDialogs(
  calls: Iterable<LineCall>,
  label: PresenceLabel | undefined,
  { uri, showsRemote, realm }: DialogFace,
): readonly WatchedDialog[] {
  const dialogs: WatchedDialog[] = [];
  let talks = false;
  for (const { id, state, direction, remote } of calls) {
    if (dialogs.length >= mostDialogs) break;
    talks ||= state === 'confirmed';
    const known = showsRemote && remote !== '' && remote !== 'anonymous';
    dialogs.push({
      id,
      state,
      direction,
      local: { uri },
      ...(known && { remote: { uri: `sip:${uriUser(remote)}@${realm}` } }),
    });
  }
  if (!talks && label !== undefined && shownStates[label].lit)
    dialogs.push({ id: elsewhereId, state: 'confirmed', local: { uri } });
  return dialogs;
}

/**
 * A full state (RFC 4235 §4.1) as phones of all makes read it: what was there last time and is not any more is said to be
 * over, and an empty list is never sent, for some take it for no news.
 */
export function withEnded(
  live: readonly WatchedDialog[],
  toldIds: readonly string[],
): readonly WatchedDialog[] {
  const ended = toldIds
    .filter((id) => !live.some((dialog) => dialog.id === id))
    .map((id): WatchedDialog => ({ id, state: 'terminated' }));
  if (live.length + ended.length > 0) return [...live, ...ended];
  return [{ id: 'none', state: 'terminated' }];
}

/** A person's presence: our own calls first and at once, then what is known of the person, then the phones. */
export function personShown(
  calls: Iterable<LineCall>,
  label: PresenceLabel | undefined,
  registered: boolean,
): WatchedPresence {
  const own = stateOfCalls(calls);
  if (own === 'on_call') return shownStates.on_call;
  if (own === 'ringing' && (label === undefined || label === 'available' || label === 'unknown'))
    return shownStates.ringing;
  if (label === undefined) return registered ? shownStates.available : shownStates.unknown;
  // A phone takes calls, whatever Teams does not tell.
  if (label === 'unknown' && registered) return { ...shownStates.unknown, basic: 'open' };
  return shownStates[label];
}

/** The presence of a phone that is registered, or of a queue where somebody is logged in. */
export function placeShown(calls: Iterable<LineCall>, staffed: boolean): WatchedPresence {
  const own = stateOfCalls(calls);
  if (own !== undefined) return shownStates[own];
  return staffed ? shownStates.available : shownStates.offline;
}

function stateOfCalls(calls: Iterable<LineCall>): 'on_call' | 'ringing' | undefined {
  let state: 'on_call' | 'ringing' | undefined;
  for (const call of calls) {
    // Who dials is on the phone already.
    if (call.state === 'confirmed' || call.direction === 'initiator') return 'on_call';
    state = 'ringing';
  }
  return state;
}
