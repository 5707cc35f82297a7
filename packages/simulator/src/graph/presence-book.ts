import type { TeamsClients } from '../clients/teams-client.ts';
import type { TeamsUser } from '../directory/tenant.ts';
import type { StateSection } from '../state/state-file.ts';
import { hasTeams } from './licence-catalogue.ts';

/**
 * Who is shown how (graph 2.4): every app and every Teams client is a session, the strongest session wins, the state
 * that a user preferred beats all while there is a session. Nothing runs: what has expired is seen when it is looked at.
 */

export interface Pair {
  readonly availability: string;
  readonly activity: string;
}
interface Session extends Pair {
  readonly setAt: number;
  readonly expiresAt: number;
}
interface Preferred extends Pair {
  readonly expiresAt: number;
}
export interface StatusMessage {
  readonly content: string;
  readonly publishedAt: number;
  /** Undefined: never. */
  readonly expiresAt: number | undefined;
}
/** An event of a mailbox's calendar, as far as presence goes. Times are wall ms. */
export interface CalendarEvent {
  readonly id: string;
  readonly subject: string;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly showAs: 'free' | 'tentative' | 'busy' | 'oof' | 'workingElsewhere';
  readonly isAllDay: boolean;
  readonly isCancelled: boolean;
  /** Absent: yes. A mailbox that is not at Microsoft 365 has events that Teams shows nobody. */
  readonly teamsShows?: boolean;
}
/** What is held of one user; times are wall ms of the twin. */
interface Page {
  readonly apps: Map<string, Session>;
  preferred: Preferred | undefined;
  /** What the Teams client itself says while it is in no call; undefined: Available. */
  client: Pair | undefined;
  outOfOffice: boolean;
  status: StatusMessage | undefined;
  events: CalendarEvent[];
  /** What was shown since when, newest last: Teams itself shows it later. */
  readonly past: { readonly at: number; readonly pair: Pair }[];
  shown: string;
  sequence: number;
}

export interface ShownPresence extends Pair {
  readonly outOfOffice: boolean;
  /** Grows whenever the shown state changes (P10). */
  readonly sequence: number;
  readonly sessions: readonly (Pair & { readonly session: string; readonly expiresAt: number | null })[];
}

const rank: Readonly<Record<string, number>> = {
  DoNotDisturb: 4,
  Busy: 3,
  Available: 2,
  Away: 1,
  BeRightBack: 1,
};
const offline: Pair = { availability: 'Offline', activity: 'Offline' };
const unknown: Pair = { availability: 'PresenceUnknown', activity: 'PresenceUnknown' };
const fiveMinutes = 300_000;
const day = 86_400_000;

/** As JSON: what is not set is left out. */
interface SavedPage extends Partial<Pick<Page, 'preferred' | 'client' | 'status'>> {
  readonly objectId: string;
  readonly apps: readonly (readonly [string, Session])[];
  readonly outOfOffice: boolean;
  readonly events: CalendarEvent[];
  readonly sequence: number;
}

const emptyPage = (): Page => ({
  apps: new Map(),
  preferred: undefined,
  client: undefined,
  outOfOffice: false,
  status: undefined,
  events: [],
  past: [],
  shown: '',
  sequence: 0,
});

/** A session as it counts now: `Available` decays though it was promised for longer. */
function decayed(session: Session, now: number): Pair {
  if (session.availability !== 'Available') return session;
  const age = now - session.setAt;
  if (age < fiveMinutes) return session;
  if (age < 2 * fiveMinutes) return { availability: 'Available', activity: 'AvailableInactive' };
  return { availability: 'Away', activity: 'Away' };
}

export class PresenceBook {
  readonly #pages = new Map<string, Page>();
  readonly #clients: ReadonlyMap<string, TeamsClients>;
  readonly #now: () => number;
  /** Told after what the twin has to remember became different. */
  onChange: () => void = () => undefined;

  constructor(clients: ReadonlyMap<string, TeamsClients>, now: () => number) {
    this.#clients = clients;
    this.#now = now;
  }

  set(user: TeamsUser, appId: string, pair: Pair, durationMs: number): void {
    const now = this.#now();
    this.#page(user).apps.set(appId, { ...pair, setAt: now, expiresAt: now + durationMs });
    this.onChange();
  }

  /** False: the app had no session. */
  clear(user: TeamsUser, appId: string): boolean {
    const { apps } = this.#page(user);
    const session = apps.get(appId);
    apps.delete(appId);
    this.onChange();
    return session !== undefined && session.expiresAt > this.#now();
  }

  prefer(user: TeamsUser, pair: Pair, durationMs?: number): void {
    const long = pair.availability === 'Busy' || pair.availability === 'DoNotDisturb' ? day : 7 * day;
    this.#page(user).preferred = { ...pair, expiresAt: this.#now() + (durationMs ?? long) };
    this.onChange();
  }

  clearPreferred(user: TeamsUser): void {
    this.#page(user).preferred = undefined;
    this.onChange();
  }

  /** What the user's own Teams says: idle, in a meeting …; null: it follows what the user does. */
  setClient(user: TeamsUser, pair: Pair | null): void {
    this.#page(user).client = pair ?? undefined;
    this.onChange();
  }

  /** Undefined clears it. */
  setStatus(user: TeamsUser, content: string | undefined, expiresAt: number | undefined): void {
    this.#page(user).status =
      content === undefined ? undefined : { content, publishedAt: this.#now(), expiresAt };
    this.onChange();
  }

  status(user: TeamsUser): StatusMessage | undefined {
    const { status } = this.#page(user);
    return status?.expiresAt !== undefined && status.expiresAt <= this.#now() ? undefined : status;
  }

  /** What somebody else sees in their Teams, which looks `lagMs` later than Graph (P6). */
  inTeams(user: TeamsUser, lagMs: number): Pair {
    this.shown(user);
    const { past } = this.#page(user);
    const seen = past.filter(({ at }) => at <= this.#now() - lagMs).at(-1);
    return pairOf((seen ?? past[0])?.pair ?? unknown);
  }

  addEvent(user: TeamsUser, event: CalendarEvent): void {
    this.#page(user).events.push(event);
    this.onChange();
  }

  clearEvents(user: TeamsUser): void {
    this.#page(user).events = [];
    this.onChange();
  }

  /** Those that touch the window, the earliest first. */
  events(user: TeamsUser, from: number, until: number): readonly CalendarEvent[] {
    return this.#page(user)
      .events.filter(({ startsAt, endsAt }) => startsAt < until && endsAt > from)
      .sort((a, b) => a.startsAt - b.startsAt);
  }

  setOutOfOffice(user: TeamsUser, outOfOffice: boolean): void {
    this.#page(user).outOfOffice = outOfOffice;
    this.onChange();
  }

  shown(user: TeamsUser): ShownPresence {
    const now = this.#now();
    const page = this.#page(user);
    for (const [id, { expiresAt }] of page.apps) if (expiresAt <= now) page.apps.delete(id);
    if (page.preferred && page.preferred.expiresAt <= now) page.preferred = undefined;

    const sessions = [
      ...[...page.apps].map(([session, held]) => ({
        ...pairOf(decayed(held, now)),
        session,
        setAt: held.setAt,
        expiresAt: held.expiresAt as number | null,
      })),
      ...this.#clientSessions(user, page, now),
    ];
    const winner = sessions.reduce<(typeof sessions)[number] | undefined>((best, one) => {
      if (!best) return one;
      const [a, b] = [rank[one.availability] ?? 0, rank[best.availability] ?? 0];
      return a > b || (a === b && one.setAt > best.setAt) ? one : best;
    }, undefined);
    const pair = !hasTeams(user) ? unknown : !winner ? offline : (page.preferred ?? winner);

    const said = `${pair.availability}/${pair.activity}/${page.outOfOffice}`;
    if (said !== page.shown) {
      page.shown = said;
      page.past.push({ at: now, pair: pairOf(pair) });
      if (page.past.length > 50) page.past.shift();
      page.sequence = Math.max(page.sequence + 1, Math.floor(now));
    }
    return {
      ...pairOf(pair),
      outOfOffice: page.outOfOffice,
      sequence: page.sequence,
      sessions: sessions.map(({ setAt: _setAt, ...session }) => session),
    };
  }

  /** Teams knows its own calls; a client that nobody is signed in to says nothing. */
  #clientSessions(user: TeamsUser, page: Page, now: number) {
    const clients = this.#clients.get(user.upn.toLowerCase());
    if (!user.accountEnabled || !clients || clients.signedIn.size === 0) return [];
    const session = (name: string, pair: Pair, setAt: number) => ({
      ...pairOf(pair),
      session: name,
      setAt,
      expiresAt: null,
    });
    const idle = page.client ?? { availability: 'Available', activity: 'Available' };
    const calling = clients.inCall || user.busyElsewhere;
    const meeting = page.events.find(
      (one) =>
        one.showAs === 'busy' &&
        !one.isCancelled &&
        !one.isAllDay &&
        one.teamsShows !== false &&
        one.startsAt <= now &&
        one.endsAt > now,
    );
    const { availability } = idle;
    return [
      session('teams', idle, 0),
      // Teams reads the calendar; what the client itself says of a call or a talk is stronger.
      ...(meeting && availability !== 'Busy'
        ? [session('teams-calendar', { availability: 'Busy', activity: 'InAMeeting' }, meeting.startsAt)]
        : []),
      ...(calling ? [session('teams-call', { availability: 'Busy', activity: 'InACall' }, now)] : []),
    ];
  }

  /** Microsoft keeps presence whoever of its servers restarts: sessions and what is preferred live until their end. */
  state(): StateSection {
    return {
      version: 1,
      save: (): readonly SavedPage[] =>
        [...this.#pages].map(([objectId, { apps, past: _, shown: __, ...page }]) => ({
          objectId,
          apps: [...apps],
          ...page,
        })),
      restore: (value) => {
        for (const { objectId, apps, ...page } of value as readonly SavedPage[])
          this.#pages.set(objectId, { ...emptyPage(), ...page, apps: new Map(apps) });
      },
    };
  }

  #page(user: TeamsUser): Page {
    const known = this.#pages.get(user.objectId);
    if (known) return known;
    const page = emptyPage();
    this.#pages.set(user.objectId, page);
    return page;
  }
}

const pairOf = ({ availability, activity }: Pair): Pair => ({ availability, activity });
