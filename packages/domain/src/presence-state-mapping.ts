import type { AcceptFlags, PresenceLabel, TeamsPresence } from './presence-state.ts';

/** How a Teams state shows on the platform. */
export interface MappedPresence {
  readonly label: PresenceLabel;
  /** Undefined for `unknown`: what counted before counts on for a while, then the platform's own sources. */
  readonly flags: AcceptFlags | undefined;
  readonly idle: boolean;
  readonly outOfOffice: boolean;
  /** On a call that only Teams knows. */
  readonly teamsOnly: boolean;
  /** The pair is not in the table; it was decided by its availability alone. Count it and keep the raw pair. */
  readonly unseen: boolean;
}

interface Row {
  readonly label: PresenceLabel;
  readonly flags: AcceptFlags;
  readonly idle?: true;
  readonly badge?: true;
}

const all: AcceptFlags = { acceptDirect: 'yes', acceptQueue: true };
const directOnly: AcceptFlags = { acceptDirect: 'yes', acceptQueue: false };
const vipOnly: AcceptFlags = { acceptDirect: 'vip', acceptQueue: false };
const none: AcceptFlags = { acceptDirect: 'no', acceptQueue: false };

/**
 * product-behaviour 2.4, availability then activity, in lower case: Microsoft prints both Pascal and camel case
 * (microsoft-graph 2.1). `*` is what the availability alone says.
 */
export const teamsPresenceTable = {
  available: {
    '*': { label: 'available', flags: all },
    available: { label: 'available', flags: all },
    outofoffice: { label: 'available', flags: all, badge: true },
    // The decay of a session that nobody renews (microsoft-graph 2.4).
    availableinactive: { label: 'available', flags: all, idle: true },
  },
  availableidle: {
    '*': { label: 'available', flags: all, idle: true },
    inactive: { label: 'available', flags: all, idle: true },
    available: { label: 'available', flags: all, idle: true },
    outofoffice: { label: 'out_of_office', flags: directOnly, idle: true, badge: true },
  },
  busy: {
    '*': { label: 'busy', flags: all },
    busy: { label: 'busy', flags: all },
    inacall: { label: 'on_call', flags: all },
    inaconferencecall: { label: 'in_conference', flags: directOnly },
    inameeting: { label: 'calendar_busy', flags: all },
    outofoffice: { label: 'out_of_office', flags: directOnly, badge: true },
  },
  donotdisturb: {
    '*': { label: 'dnd', flags: none },
    donotdisturb: { label: 'dnd', flags: none },
    presenting: { label: 'presenting', flags: none },
    focusing: { label: 'focusing', flags: none },
    urgentinterruptionsonly: { label: 'dnd', flags: vipOnly },
    // DEVIATION: 2.4 lets "(any) / OutOfOffice" ring. A person who asked for quiet keeps it; the badge says the rest.
    outofoffice: { label: 'dnd', flags: none, badge: true },
  },
  away: {
    '*': { label: 'away', flags: all },
    away: { label: 'away', flags: all },
    inactive: { label: 'away', flags: all },
    outofoffice: { label: 'away', flags: all, badge: true },
    availableinactive: { label: 'away', flags: all },
  },
  berightback: {
    '*': { label: 'be_right_back', flags: all },
    berightback: { label: 'be_right_back', flags: all },
    outofoffice: { label: 'out_of_office', flags: directOnly, badge: true },
  },
  offline: {
    '*': { label: 'offline', flags: all },
    offline: { label: 'offline', flags: all },
    offwork: { label: 'appear_offline', flags: directOnly },
    outofoffice: { label: 'out_of_office', flags: directOnly, badge: true },
  },
} as const satisfies Record<string, Record<string, Row> & { readonly '*': Row }>;

const table: ReadonlyMap<string, ReadonlyMap<string, Row>> = new Map(
  Object.entries(teamsPresenceTable).map(([availability, row]) => [
    availability,
    new Map<string, Row>(Object.entries(row)),
  ]),
);

/**
 * What a Teams state means here. `knowsLeg`: our own signalling has a leg of this person at Teams, so the call is ours
 * and a queue must not offer a second one.
 */
export function mapTeamsPresence(presence: TeamsPresence, knowsLeg: boolean): MappedPresence {
  const availability = (presence.availability ?? '').toLowerCase();
  const activity = (presence.activity ?? '').toLowerCase();
  // "BusyIdle / any: as Busy" (2.4).
  const byAvailability = table.get(availability === 'busyidle' ? 'busy' : availability);
  const away = presence.outOfOffice === true;
  if (byAvailability === undefined) {
    const listed = availability === '' || availability === 'presenceunknown';
    return {
      label: 'unknown',
      flags: undefined,
      idle: false,
      outOfOffice: away || activity === 'outofoffice',
      teamsOnly: false,
      unseen: !listed,
    };
  }
  const exact = activity === '*' ? undefined : byAvailability.get(activity);
  const row = exact ?? byAvailability.get('*');
  if (row === undefined) throw new Error(`no row for ${availability}`);
  const inCall = row.label === 'on_call';
  return {
    label: row.label,
    flags: inCall && knowsLeg ? directOnly : row.flags,
    idle: row.idle === true || availability === 'busyidle',
    outOfOffice: away || row.badge === true,
    teamsOnly: inCall && !knowsLeg,
    unseen: exact === undefined,
  };
}
