import type {
  E164,
  Link,
  LinkState,
  Person,
  PersonId,
  ReadinessCheckId,
  ReadinessReport,
} from '@tandem/domain';
import type { ClientEvidence } from '../ports/link-store.ts';
import type { AskedPerson } from '../ports/microsoft.ts';
import { type CallOutcome, callOutcome } from './call-outcome.ts';
import type { MicrosoftFacts } from './facts.ts';

/** What a provisioner keeps of one person. */
export interface Entry {
  link: Link;
  person: Person | undefined;
  evidence: ClientEvidence;
  /** What calls showed lately, see `client-signs.ts`. Not stored: the next call shows it again. */
  signs: ClientSigns;
  /** Names of others with the same address. */
  shares: readonly string[];
  /** Names of others who match the same Microsoft user, by whatever address. */
  sharesUser: readonly string[];
  facts: MicrosoftFacts | undefined;
  /** The number that `facts.number` is about. */
  factsNumber: E164 | undefined;
  /** Since when Microsoft says that the person is in no enable group; undefined: it does not. */
  leftWallMs: number | undefined;
  outcome: CallOutcome;
  /** Since when each check is as it is. */
  since: Map<ReadinessCheckId, { readonly as: string; readonly sinceWallMs: number }>;
  /** Its link is being stored or its write is under way: nothing else is begun meanwhile. */
  busy: boolean;
  /** A change of many people waits for an admin: nothing is taken away meanwhile. */
  held: boolean;
  /** When time alone makes the next step. */
  dueWallMs: number;
  /** Somebody asked for a look at this person: Teams' own view is read anew, however young the last one is. */
  lookedFor: boolean;
}

export interface ClientSigns {
  readonly answered404WallMs?: number;
  readonly edgeRefused?: { readonly reason: string; readonly wallMs: number };
}

const unjudged: ReadinessReport = { verdict: 'unverified', headline: undefined, checks: [] };

export function newEntry(link: Link): Entry {
  return {
    link,
    person: undefined,
    evidence: { onlyWebClient: false },
    signs: {},
    shares: [],
    sharesUser: [],
    facts: undefined,
    factsNumber: undefined,
    leftWallMs: undefined,
    outcome: callOutcome(link, unjudged),
    since: new Map(),
    busy: false,
    held: false,
    dueWallMs: dueOf(link),
    lookedFor: false,
  };
}

/** Microsoft has to show something before these can go on. */
export const movingStates: ReadonlySet<LinkState> = new Set([
  'QUEUED',
  'ASSIGNING',
  'PROPAGATING',
  'REMOVING',
]);
/** Microsoft has the number for the person. */
export const linkedStates: ReadonlySet<LinkState> = new Set([
  'PROPAGATING',
  'AWAITING_RELAUNCH',
  'READY',
  'DRIFTED',
  'DEGRADED',
]);

/**
 * Who would lose calls in Teams by being taken away: also while one number is changed for another, when Microsoft may have
 * neither. What takes many of them away at once waits for a person (product-behaviour 1.4).
 */
export const standsInTeams = ({ state, assignedNumber }: Pick<Link, 'state' | 'assignedNumber'>): boolean =>
  linkedStates.has(state) ||
  state === 'ASSIGNING' ||
  ((state === 'QUEUED' || state === 'FAILED') && assignedNumber !== undefined);

/** While a number is taken back, that one; else the wanted one. */
export function numberToAsk({ link, person }: Pick<Entry, 'link' | 'person'>): E164 | undefined {
  const removing = link.state === 'REMOVING' || link.state === 'REMOVE_FAILED';
  return removing ? link.assignedNumber : person?.numbers[0];
}

/** When time alone makes the next step: a poll, the end of a wait, the end of the grace time, the hourly try. */
export function dueOf({ operation, notBeforeWallMs, graceEndsWallMs, state, sinceWallMs }: Link): number {
  const times = [operation?.nextPollWallMs ?? notBeforeWallMs];
  if (state === 'DEGRADED') times.push(graceEndsWallMs);
  if (state === 'REMOVE_FAILED') times.push(sinceWallMs + 3_600_000);
  return Math.min(...times.filter((time) => time !== undefined), Number.POSITIVE_INFINITY);
}

/** From the moment Microsoft has the number the link holds the object id; names may change after that. */
export function bound(link: Link, facts: MicrosoftFacts | undefined): Link {
  const user = facts?.user;
  if (link.objectId !== undefined || !linkedStates.has(link.state) || !user || user === 'unread') return link;
  return { ...link, objectId: user.objectId };
}

/** Whose presence may be read and written: the link's user, else the only one who can be meant. */
export function settledObjectId({ link, facts, shares, sharesUser }: Entry): string | undefined {
  if (link.objectId !== undefined) return link.objectId;
  const user = facts?.user;
  const alone = shares.length === 0 && sharesUser.length === 0;
  if (!user || user === 'unread' || !alone || (facts?.alsoMatches.length ?? 0) > 0) return undefined;
  return user.guest || user.kind === 'resource' ? undefined : user.objectId;
}

/** Two people of one name are told apart by what they sign in with. */
export function calledBeside(person: Person | undefined, other: Person | undefined): string {
  if (!other) return 'somebody else';
  return other.displayName === person?.displayName ? other.upn : other.displayName;
}

/** Field by field: every snapshot makes all people anew, and there are thousands of them. */
export function sameAs(a: Person | undefined, b: Person | undefined): boolean {
  if (a === b) return true;
  if (!a || !b) return false;
  const keys = Object.keys(a) as (keyof Person)[];
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => {
    const [x, y] = [a[key], b[key]];
    return x === y || (typeof x === 'object' && JSON.stringify(x) === JSON.stringify(y));
  });
}

/** What Microsoft is asked about the person; undefined: there is nobody to ask about. */
export function askedOf(personId: PersonId, entry: Entry): AskedPerson | undefined {
  const { person, link } = entry;
  if (!person && link.objectId === undefined) return undefined;
  const number = numberToAsk(entry);
  return {
    personId,
    displayName: person?.displayName ?? '',
    upn: person?.upn ?? '',
    ...(person?.mail !== undefined && { mail: person.mail }),
    ...(link.objectId !== undefined && { objectId: link.objectId }),
    ...(number !== undefined && { number }),
    urgent: link.state !== 'READY' || entry.lookedFor,
    moving: movingStates.has(link.state),
  };
}

/** Two people may name one Microsoft user by different addresses of it: as good as one address (PRV-111). */
export function noteSharedUsers(entries: Iterable<Entry>): void {
  const claims = new Map<string, Entry[]>();
  for (const entry of entries) {
    entry.sharesUser = [];
    const { person, facts } = entry;
    // Who matches several has a finding of their own, and claims none of them.
    if (!person || !facts?.user || facts.user === 'unread' || facts.alsoMatches.length > 0) continue;
    const known = claims.get(facts.user.objectId);
    if (known) known.push(entry);
    else claims.set(facts.user.objectId, [entry]);
  }
  for (const claimants of claims.values())
    if (claimants.length > 1)
      for (const entry of claimants)
        entry.sharesUser = claimants.flatMap(({ person }) =>
          person === entry.person ? [] : [calledBeside(entry.person, person)],
        );
}
