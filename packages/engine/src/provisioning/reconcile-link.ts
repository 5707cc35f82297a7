import type { E164, Link, LinkState, ReadinessCode, ReadinessReport } from '@tandem/domain';
import { type AccountPolicy, type DecidedEvent, decideEvents, graceEnds, readBack } from './decide-events.ts';
import { decided, decidedByRule, driftOf, sameDrift } from './drift.ts';
import { evaluateReadiness } from './evaluate-readiness.ts';
import type { MicrosoftFacts, OwnFacts } from './facts.ts';
import { type LinkAction, linkStep } from './link.machine.ts';
import { linkWrites } from './link-writes.ts';
import { noticesOf, withTold } from './notices.ts';
import { type PolicyWrite, policiesDue, sawPolicies } from './policies.ts';

/** What the world has to do. A write carries a key: the same key is the same write, however often it is said. */
export type ProvisioningAction =
  | {
      readonly kind: 'assign';
      readonly number: E164;
      readonly objectId: string;
      readonly idempotencyKey: string;
    }
  | { readonly kind: 'unassign'; readonly number: string; readonly idempotencyKey: string }
  | {
      readonly kind: 'assign-policies';
      readonly objectId: string;
      readonly writes: readonly PolicyWrite[];
      readonly idempotencyKey: string;
    }
  | { readonly kind: 'poll'; readonly operationId: string }
  /** Read the number again: nothing is written before the effect of the last write was seen. */
  | { readonly kind: 'read-number'; readonly number: E164 }
  | { readonly kind: 'tell-person'; readonly about: 'relaunch' | 'reminder' }
  | {
      readonly kind: 'alert';
      readonly about: 'blocked' | 'late' | 'stranded' | 'refused' | 'drift';
      readonly code?: ReadinessCode;
    }
  | { readonly kind: 'release-number'; readonly number: E164 };

export interface LinkStepTaken {
  readonly event: DecidedEvent['event'];
  readonly from: LinkState;
  readonly to: LinkState;
  readonly code?: ReadinessCode;
}

export interface Reconciled {
  readonly link: Link;
  readonly actions: readonly ProvisioningAction[];
  readonly report: ReadinessReport;
  /** What happened, for the history. */
  readonly steps: readonly LinkStepTaken[];
}

/** No loop of events is longer: leave, rejoin and take in one breath are six. */
const mostSteps = 12;

/**
 * Brings one link as far as it can go with what is known. Store the link before carrying out the actions: it says that a
 * write was begun, and after a crash no second write starts before the first one's effect was read.
 */
export function reconcileLink(
  before: Link,
  own: Omit<OwnFacts, 'link'>,
  microsoft: MicrosoftFacts | undefined,
  account: AccountPolicy,
  nowWallMs: number,
): Reconciled {
  let link = withoutOldRefusal(sawPolicies(before, microsoft), own, microsoft, nowWallMs);
  const actions: ProvisioningAction[] = [];
  const steps: LinkStepTaken[] = [];
  for (let step = 0; step < mostSteps; step++) {
    link = drifted(link, own, microsoft, account, nowWallMs);
    const observation = observe(link, own, microsoft, nowWallMs);
    const happened = decideEvents(link, observation, account, nowWallMs);
    if (!happened) break;
    const next = applyEvent(link, happened, account, nowWallMs, actions);
    if (!next) break;
    const { code } = happened;
    steps.push({
      event: happened.event,
      from: link.state,
      to: next.state,
      ...(code !== undefined && { code }),
    });
    link = happened.event === 'alreadyAssigned' ? found(next, own, microsoft) : next;
  }
  const { report } = observe(link, own, microsoft, nowWallMs);
  const noticed = noticesOf(link, report, nowWallMs);
  const acted = linkWrites(noticed.link, own, microsoft, report, account, nowWallMs);
  return {
    link: acted.link,
    actions: [...actions, ...noticed.actions, ...acted.actions],
    report,
    steps,
  };
}

/** A policy that was refused and is not wanted any more, or stands by now, is nobody's finding. */
function withoutOldRefusal(
  link: Link,
  own: Omit<OwnFacts, 'link'>,
  microsoft: MicrosoftFacts | undefined,
  nowWallMs: number,
): Link {
  if (link.code !== 'PRV-502' || link.state === 'FAILED') return link;
  return policiesDue(link, own.wanted, microsoft, nowWallMs).length === 0
    ? without(link, 'code', 'reason', 'notBeforeWallMs', 'retries')
    : link;
}

const settledStates: ReadonlySet<LinkState> = new Set(['AWAITING_RELAUNCH', 'READY', 'DRIFTED']);

/** What somebody else changed, and what the account's rules say about it. */
function drifted(
  link: Link,
  own: Omit<OwnFacts, 'link'>,
  microsoft: MicrosoftFacts | undefined,
  account: AccountPolicy,
  nowWallMs: number,
): Link {
  if (!settledStates.has(link.state) || link.replaces !== undefined || link.reassign) return link;
  // Who is gone lost everything with it: that is one finding, not a difference for each.
  const user = microsoft?.user;
  if (user === null || (user !== undefined && user !== 'unread' && user.deletedOn !== undefined)) return link;
  // Another number is wanted by us: that is our own change.
  const ours = own.person?.number === link.assignedNumber;
  const number = ours ? readBack(link, microsoft?.number ?? 'unread') : undefined;
  const drift = driftOf(link, number, own.wanted, microsoft, nowWallMs);
  let next = link;
  if (!sameDrift(link.drift, drift)) {
    const { drift: _, ...rest } = link;
    next = drift.length === 0 ? rest : { ...rest, drift };
  }
  if (link.state !== 'DRIFTED' || !account.drift) return next;
  for (const { drift: one, decision } of decidedByRule(next, drift, account.drift, nowWallMs))
    next = decided(next, one, decision, 'Tandem, by the rule of the account', nowWallMs);
  return next;
}

/** What Microsoft has already is ours from now on: to be taken back one day, and known by its object id. */
function found(link: Link, own: Omit<OwnFacts, 'link'>, microsoft: MicrosoftFacts | undefined): Link {
  const number = own.person?.number;
  const user = microsoft?.user;
  return {
    ...link,
    ...(number !== undefined && { assignedNumber: number }),
    ...(user && user !== 'unread' && { objectId: user.objectId }),
  };
}

function observe(
  link: Link,
  own: Omit<OwnFacts, 'link'>,
  microsoft: MicrosoftFacts | undefined,
  now: number,
) {
  const facts: OwnFacts = { ...own, link: linkFactsOf(link) };
  return { own: facts, microsoft, report: evaluateReadiness(facts, microsoft, now) };
}

/** What the judgement needs of a link. */
export function linkFactsOf(link: Link): OwnFacts['link'] {
  return {
    state: link.state,
    sinceWallMs: link.sinceWallMs,
    ...(link.acceptedWallMs !== undefined && { acceptedWallMs: link.acceptedWallMs }),
    ...(link.code !== undefined && { code: link.code }),
    ...(link.reason !== undefined && { reason: link.reason }),
    ...(link.notBeforeWallMs !== undefined && { throttledUntilWallMs: link.notBeforeWallMs }),
    ...(link.policies && { policies: link.policies }),
    ...(link.approvedWallMs !== undefined && { approved: true }),
  };
}

const alerts = {
  alertLate: 'late',
  recordRefusal: 'refused',
  recordDifference: 'drift',
  markStranded: 'stranded',
} as const;

/** The link after an event, or undefined where its state ignores it. */
export function applyEvent(
  link: Link,
  decided: DecidedEvent,
  account: AccountPolicy,
  nowWallMs: number,
  actions: ProvisioningAction[],
): Link | undefined {
  const step = linkStep(link.state, decided.event);
  if (!step) return undefined;
  const [state, ...does] = step;
  const { code: _code, reason: _reason, ...kept } = link;
  let next: Link = {
    ...kept,
    state,
    sinceWallMs: state === link.state ? link.sinceWallMs : nowWallMs,
    ...(decided.code !== undefined && { code: decided.code }),
  };
  if (state === 'PROPAGATING' && link.state !== 'PROPAGATING') next = { ...next, acceptedWallMs: nowWallMs };
  if (state === 'REMOVED' && link.assignedNumber !== undefined)
    actions.push({ kind: 'release-number', number: link.assignedNumber });
  if (state === 'REMOVED' && link.assignedNumber !== undefined && link.code === 'PRV-205')
    next = { ...next, leftGroup: true };
  // Whoever is on the way again is no leaver any more.
  if (state !== 'REMOVED' && state !== 'OUT') next = without(next, 'leftGroup');
  if (state === 'REMOVED')
    next = without(next, 'assignedNumber', 'acceptedWallMs', 'lastWriteWallMs', 'policies', 'accepted');
  if (state !== link.state) next = without(next, 'step');
  if (state !== 'QUEUED' && state !== 'ASSIGNING') next = without(next, 'takeOver');
  if (state === 'REMOVING' || state === 'REMOVED') next = without(next, 'drift', 'replaces', 'reassign');
  for (const action of does) next = act(action, next, decided, account, nowWallMs, actions);
  return next;
}

function act(
  action: LinkAction,
  link: Link,
  decided: DecidedEvent,
  account: AccountPolicy,
  nowWallMs: number,
  actions: ProvisioningAction[],
): Link {
  switch (action) {
    case 'startGrace': {
      const ends = graceEnds(decided.code, account, nowWallMs);
      const rest = without(link, 'graceEndsWallMs');
      return ends === undefined ? rest : { ...rest, graceEndsWallMs: ends };
    }
    case 'endGrace':
      return without(link, 'graceEndsWallMs');
    case 'newGeneration':
      return {
        ...without(link, 'retries', 'notBeforeWallMs', 'acceptedWallMs', 'drift', 'told'),
        generation: link.generation + 1,
      };
    case 'forgetOperation':
      // What takes a number back already is seen through: a second one would be refused, and somebody told for nothing.
      if (link.state === 'REMOVING' && link.operation?.kind === 'unassign')
        return without(link, 'retries', 'notBeforeWallMs');
      return without(link, 'operation', 'retries', 'notBeforeWallMs');
    case 'tellPersonToRelaunch':
      actions.push({ kind: 'tell-person', about: 'relaunch' });
      return withTold(link, 'relaunch');
    case 'alertLate':
    case 'recordRefusal':
    case 'recordDifference':
    case 'markStranded':
      // A removal that fails each hour is told once, not each hour.
      if (action === 'markStranded' && link.told?.includes('stranded')) return link;
      actions.push({ kind: 'alert', about: alerts[action], code: decided.code ?? 'PRV-501' });
      return action === 'markStranded' ? withTold(link, 'stranded') : link;
    case 'releaseNumber':
      return link;
    // Writes and polls follow from the state, below: so they are the same after a crash.
    case 'assignNumber':
    case 'unassignNumber':
    case 'pollOperation':
    case 'retryLater':
    case 'enqueue':
      return link;
  }
}

export function without<K extends keyof Link>(link: Link, ...keys: readonly K[]): Link {
  const copy: Record<string, unknown> = { ...link };
  for (const key of keys) delete copy[key];
  return copy as unknown as Link;
}
