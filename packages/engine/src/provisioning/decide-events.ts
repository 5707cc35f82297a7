import type { DriftField, Link, ReadinessCheck, ReadinessCode, ReadinessReport } from '@tandem/domain';
import type { MicrosoftFacts, NumberFacts, OwnFacts, Seen } from './facts.ts';
import type { LinkEvent } from './link.machine.ts';
import { policiesDue, policiesMissing, policiesReadBack } from './policies.ts';
import type { DriftPolicy } from './settings.ts';

export interface AccountPolicy {
  /** How long a person who lost a prerequisite keeps calling: 0 to 7 days, 24 h by default, 0 in the rehearsal world. */
  readonly graceSeconds: number;
  /** `automatic`: the enable group decides. `manual`: the toggle does (product-behaviour 1.5). */
  readonly mode: 'automatic' | 'manual' | 'mixed';
  /** The account stands by for a disaster: validated, not assigned. */
  readonly standby: boolean;
  /** False: as much is under way at Microsoft as may be; nothing new is begun. Absent: there is room. */
  readonly room?: boolean;
  /** What is done about changes by somebody else; absent: an admin is asked. */
  readonly drift?: Readonly<Record<DriftField, DriftPolicy>>;
}

/** What there is to see of one person at one moment. */
export interface Observation {
  readonly own: OwnFacts;
  readonly microsoft: MicrosoftFacts | undefined;
  readonly report: ReadinessReport;
}

export interface DecidedEvent {
  readonly event: LinkEvent;
  readonly code?: ReadinessCode;
}

const dayMs = 86_400_000;

/** Two people with one address: both links stay as they are, nothing is written (product-behaviour 1.4). */
const freezing: ReadonlySet<string> = new Set(['PRV-111', 'PRV-112', 'PRV-206']);
/** Microsoft's delay, not a loss, once the person was assigned. */
const lag: ReadonlySet<string> = new Set(['PRV-403']);
/** Lost for good at once: the platform's own decision, not a lapse (product-behaviour 1.4). */
const immediate: ReadonlySet<string> = new Set(['PRV-101', 'PRV-301', 'PRV-302', 'PRV-303', 'PRV-307']);
/** How long a loss is borne where it is not the account's grace time. */
const ownGraceMs: Readonly<Partial<Record<ReadinessCode, number>>> = {
  // Entra keeps a deleted user for 30 days, and the number with it.
  'PRV-207': 30 * dayMs,
  // Calls go on until they stop reaching us; taking the number away would not help.
  'PRV-404': Number.POSITIVE_INFINITY,
};

/** When the grace time of a loss ends; undefined: it does not end by itself. */
export function graceEnds(
  code: ReadinessCode | undefined,
  account: AccountPolicy,
  nowWallMs: number,
): number | undefined {
  const own = code === undefined ? undefined : ownGraceMs[code];
  // Nobody knows when Microsoft begins to refuse a number of somebody without licence: half of the time is left for tries.
  const given = account.graceSeconds * (code === 'PRV-401' ? 500 : 1000);
  const ends = nowWallMs + (own ?? given);
  return Number.isFinite(ends) ? ends : undefined;
}

/** The number is somebody else's, or of another kind: no write can help. */
export function numberConflict(number: Seen<NumberFacts>): ReadinessCode | undefined {
  if (number === 'unread') return undefined;
  if (number.onPremises) return 'PRV-306';
  if (number.holder.is === 'other') return 'PRV-304';
  if (number.type !== null && number.type !== 'directRouting') return 'PRV-305';
  return undefined;
}

/** The inventory was read after our last write: it may be judged, and a write may be repeated. */
export function readBack(link: Link, number: Seen<NumberFacts>): NumberFacts | undefined {
  if (number === 'unread') return undefined;
  return link.lastWriteWallMs === undefined || number.readAtWallMs > link.lastWriteWallMs
    ? number
    : undefined;
}

/**
 * The next thing that happened to a link (product-behaviour 1.4), or undefined when nothing did. `before` is the link
 * as stored, `after` what is seen now; so it can be asked at any time, after a crash too, and as often as one likes.
 * What was not read causes nothing: no removal ever comes from a lack of read access.
 */
export function decideEvents(
  before: Link,
  after: Observation,
  account: AccountPolicy,
  nowWallMs: number,
): DecidedEvent | undefined {
  const { checks } = after.report;
  const prerequisites = checks.slice(2, 10);
  const red = prerequisites.filter((check) => check.status === 'red');
  const frozen = red.find((check) => check.code !== undefined && freezing.has(check.code));
  const assigned = before.assignedNumber !== undefined;
  const number = after.microsoft?.number ?? 'unread';
  const seen = readBack(before, number);

  // In reserve nothing is assigned: what is there is taken back before the link rests (product-behaviour 3).
  const leaving = before.state === 'REMOVING' || before.state === 'REMOVE_FAILED';
  if (account.standby && before.state !== 'STANDBY' && !leaving)
    return { event: assigned ? 'removeNow' : 'standby' };
  if (before.state === 'STANDBY') return account.standby ? undefined : { event: 'standbyOver' };
  if (frozen && before.state !== 'OUT' && before.state !== 'REMOVED') return undefined;

  const now = red.find((check) => check.code !== undefined && immediate.has(check.code));
  // Amber of another kind says nothing against a client that was seen to work.
  const relaunch = checks[12]?.code;
  const proven = relaunch !== 'PRV-601' && relaunch !== 'PRV-602' && relaunch !== 'PRV-603';
  switch (before.state) {
    case 'OUT':
    case 'REMOVED': {
      const scope = inScope(after, account);
      if (scope === false) return before.state === 'REMOVED' ? { event: 'leftScope' } : undefined;
      if (scope === 'unread') return undefined;
      return complete(checks) ? { event: 'complete' } : joined(red);
    }
    case 'BLOCKED':
      if (inScope(after, account) === false) return { event: 'leftScope' };
      return complete(checks) ? { event: 'complete' } : undefined;
    case 'QUEUED':
    case 'FAILED':
      return waitingEvent(before, after, account, red, now, nowWallMs);
    case 'ASSIGNING': {
      const loss = lossEvent(before, after, red, now);
      // The writes look at the wanted number themselves; what is under way for another one is seen through first.
      if (loss && loss.event !== 'numberChanged') return loss;
      if (before.step === 'policies')
        return policiesDue(before, after.own.wanted, after.microsoft, nowWallMs).length === 0
          ? { event: 'operationSucceeded' }
          : undefined;
      if (before.reassign) return undefined;
      const wrote = before.lastWriteWallMs !== undefined && before.lastWriteWallMs >= before.sinceWallMs;
      return seen && before.operation === undefined && holds(seen) && (wrote || seen.voiceEnabled !== false)
        ? { event: 'alreadyAssigned' }
        : undefined;
    }
    case 'PROPAGATING': {
      const loss = lossEvent(before, after, red, now);
      if (loss) return loss;
      if (seen && settled(seen) && policiesStand(before, after)) return { event: 'readBackEqual' };
      return nowWallMs - before.sinceWallMs > dayMs && before.code !== 'PRV-504'
        ? { event: 'readBackLate', code: 'PRV-504' }
        : undefined;
    }
    case 'AWAITING_RELAUNCH':
    case 'READY':
    case 'DRIFTED': {
      const loss = lossEvent(before, after, red, now);
      if (loss) return loss;
      if (before.state === 'DRIFTED') {
        if (before.replaces !== undefined || before.reassign) return { event: 'retry' };
        return seen && settled(seen) && (before.drift ?? []).length === 0 && policiesStand(before, after)
          ? { event: proven ? 'readBackEqual' : 'relaunchStillDue' }
          : undefined;
      }
      if (seen && !seen.pending && !holds(seen)) return { event: 'readBackDiffers', code: 'PRV-506' };
      if ((before.drift ?? []).length > 0) return { event: 'readBackDiffers', code: 'PRV-506' };
      return before.state === 'AWAITING_RELAUNCH' && checks[12]?.status === 'green'
        ? { event: 'clientSeen' }
        : undefined;
    }
    case 'DEGRADED': {
      if (now) return withCode('removeNow', now);
      const lost = red.filter((check) => check.code === undefined || !lag.has(check.code));
      if (lost.length === 0) {
        if (prerequisites.some((check) => check.status === 'unknown') || !seen) return undefined;
        if (!holds(seen)) return { event: 'retry' };
        return { event: proven ? 'prerequisiteBack' : 'relaunchStillDue' };
      }
      // Entra had the user in its bin and has not any more: nothing comes back, and there is nothing to wait for (1.4).
      const purged = before.code === 'PRV-207' ? lost.find(({ code }) => code === 'PRV-201') : undefined;
      if (purged) return withCode('removeNow', purged);
      const unlicensed = lost.find(({ code }) => code === 'PRV-401');
      if (unlicensed && goneInTeams(before, after.microsoft, nowWallMs))
        return withCode('graceOver', unlicensed);
      // A null of an older store is no end either.
      return typeof before.graceEndsWallMs === 'number' && nowWallMs >= before.graceEndsWallMs
        ? withCode('graceOver', lost[0])
        : undefined;
    }
    case 'REMOVING':
    case 'REMOVE_FAILED': {
      const clean =
        !assigned || (seen && !seen.pending && !holds(seen) && seen.otherNumber !== before.assignedNumber);
      // The policies go after the number, and the licence after both.
      if (clean) return before.policies ? undefined : { event: 'readBackClean' };
      if (untouched(before, seen) && isBack(before, after, account)) return { event: 'removalCancelled' };
      if (before.state === 'REMOVING') return undefined;
      const licence = after.microsoft?.licence;
      const rescued = before.code === 'PRV-405' && licence !== undefined && licence !== 'unread';
      // Stranded by a licence that went first: the moment it is back, the number can be released (PRV-405).
      return nowWallMs - before.sinceWallMs >= hourMs || (rescued && licence.phone !== 'missing')
        ? { event: 'retry' }
        : undefined;
    }
  }
}

const hourMs = 3_600_000;
/** A licence is exchanged for another one in less. */
const exchangeMs = 900_000;

/**
 * Teams itself does not see the licence any more: nobody calls then, and the number is taken back while Microsoft still
 * lets it go (product-behaviour 1.4); too late is PRV-405.
 */
function goneInTeams(
  { sinceWallMs }: Link,
  microsoft: MicrosoftFacts | undefined,
  nowWallMs: number,
): boolean {
  const licence = microsoft?.licence;
  return (
    licence !== undefined &&
    licence !== 'unread' &&
    licence.seenByTeams === false &&
    nowWallMs - sinceWallMs >= exchangeMs
  );
}

/** Everything that is wanted of policies is in effect, as far as we are the ones to assign it. */
function policiesStand(link: Link, after: Observation): boolean {
  const wanted = after.own.wanted;
  if (!wanted || Object.values(wanted).every((wish) => !wish?.assign)) return true;
  const seen = policiesReadBack(link, after.microsoft);
  return seen !== undefined && policiesMissing(wanted, seen).every(({ assign }) => !assign);
}

/** Nothing was taken back since the removal began, or what was asked for did not happen. */
function untouched(link: Link, seen: NumberFacts | undefined): boolean {
  if (link.operation) return false;
  if (link.lastWriteWallMs === undefined || link.lastWriteWallMs < link.sinceWallMs) return true;
  return seen !== undefined && !seen.pending && holds(seen);
}

/** Why the removal began is over: everything is there again, and the number is still the wanted one. */
function isBack(link: Link, after: Observation, account: AccountPolicy): boolean {
  return (
    !account.standby &&
    after.own.person?.number === link.assignedNumber &&
    inScope(after, account) === true &&
    complete(after.report.checks)
  );
}

const withCode = (event: LinkEvent, check: ReadinessCheck | undefined): DecidedEvent =>
  check?.code === undefined ? { event } : { event, code: check.code };

const joined = (red: readonly ReadinessCheck[]): DecidedEvent => withCode('joinedIncomplete', red[0]);

/** Everything up to the platform licence was seen and is in order: amber warns, it does not block. */
function complete(checks: readonly ReadinessCheck[]): boolean {
  return checks.slice(0, 10).every((check) => check.status === 'green' || check.status === 'amber');
}

/** Whether the person is meant to call with Teams at all. */
function inScope(after: Observation, account: AccountPolicy): Seen<boolean> {
  if (account.mode === 'manual') return after.own.person?.teamsToggle === true;
  if (account.mode === 'mixed' && after.own.link.approved !== true) return false;
  if (after.microsoft === undefined) return 'unread';
  // A claim by two accounts is a matter to settle, not a reason to leave.
  return after.microsoft.inEnableGroup;
}

const holds = (number: NumberFacts): boolean =>
  number.holder.is === 'this-person' && (number.type === 'directRouting' || number.type === null);
const settled = (number: NumberFacts): boolean =>
  holds(number) && !number.pending && number.voiceEnabled === true;

/** The number is with the one from whom an admin decided to take it. */
export const takesOver = ({ takeOver }: Link, number: Seen<NumberFacts>): boolean =>
  takeOver !== undefined &&
  number !== 'unread' &&
  number.holder.is === 'other' &&
  number.holder.objectId === takeOver.objectId;

/** QUEUED and FAILED: nothing is under way at Microsoft. */
function waitingEvent(
  before: Link,
  after: Observation,
  account: AccountPolicy,
  red: readonly ReadinessCheck[],
  now: ReadinessCheck | undefined,
  nowWallMs: number,
): DecidedEvent | undefined {
  const wanted = after.own.person?.number;
  const number = after.microsoft?.number ?? 'unread';
  if (before.assignedNumber !== undefined) {
    if (now) return withCode('removeNow', now);
    if (red.length > 0) return withCode('prerequisiteLost', red[0]);
  } else {
    if (inScope(after, account) === false) return { event: 'leftScope' };
    if (red.length > 0) return withCode('incomplete', red[0]);
  }
  const seen = readBack(before, number);
  const found = numberConflict(number);
  const conflict = found === 'PRV-304' && takesOver(before, number) ? undefined : found;
  if (before.state === 'FAILED') {
    const byConflict = before.code === 'PRV-304' || before.code === 'PRV-305' || before.code === 'PRV-306';
    // The number stands, a policy was refused: it goes on when none is wanted any more, or when somebody says so.
    const policyLeft =
      before.code === 'PRV-502' &&
      policiesDue(before, after.own.wanted, after.microsoft, nowWallMs).length > 0;
    const settles = conflict === undefined && !(byConflict && seen?.voiceEnabled === false);
    if (seen && holds(seen) && settles && !policyLeft) return { event: 'alreadyAssigned' };
    // Another number was refused, not this one; unless Microsoft shows that this one cannot be had either.
    const refused = before.assignedNumber;
    if (wanted !== undefined && refused !== undefined && wanted !== refused && !(byConflict && conflict))
      return { event: 'numberChanged' };
    return byConflict && seen && conflict === undefined && wanted !== undefined
      ? { event: 'retry' }
      : undefined;
  }
  if (!complete(after.report.checks) || !seen) return undefined;
  if (conflict !== undefined) return { event: 'refused', code: conflict };
  // Somebody else gave the person this number, and no voice with it: nobody else's write will bring that.
  if (holds(seen) && seen.voiceEnabled !== false && !before.reassign) return { event: 'alreadyAssigned' };
  return account.room === false ? undefined : { event: 'taken' };
}

/** A person who was or is being assigned lost something, or has a new number. */
function lossEvent(
  before: Link,
  after: Observation,
  red: readonly ReadinessCheck[],
  now: ReadinessCheck | undefined,
): DecidedEvent | undefined {
  if (now) return withCode('removeNow', now);
  const lost = red.find((check) => check.code === undefined || !lag.has(check.code));
  if (lost) return withCode('prerequisiteLost', lost);
  const wanted = after.own.person?.number;
  return wanted !== undefined && before.assignedNumber !== undefined && wanted !== before.assignedNumber
    ? { event: 'numberChanged' }
    : undefined;
}

/**
 * The mass-change guard (product-behaviour 1.4): when one cycle would take more people away than this, it waits for an
 * admin. A deleted group looks like everybody leaving.
 */
export function needsConfirmation(
  leaving: number,
  linked: number,
  guard: { readonly least: number; readonly most: number; readonly percent: number } = {
    least: 10,
    most: 50,
    percent: 20,
  },
): boolean {
  return leaving > Math.max(guard.least, Math.min(guard.most, (guard.percent / 100) * linked));
}
