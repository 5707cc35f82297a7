import type { E164, Link, ReadinessCode, ReadinessReport } from '@tandem/domain';
import { type AccountPolicy, type DecidedEvent, decideEvents, graceEnds, readBack } from './decide-events.ts';
import { evaluateReadiness } from './evaluate-readiness.ts';
import type { MicrosoftFacts, OwnFacts } from './facts.ts';
import { type LinkAction, linkStep } from './link.machine.ts';

/** What the world has to do. A write carries a key: the same key is the same write, however often it is said. */
export type ProvisioningAction =
  | {
      readonly kind: 'assign';
      readonly number: E164;
      readonly objectId: string;
      readonly idempotencyKey: string;
    }
  | { readonly kind: 'unassign'; readonly number: E164; readonly idempotencyKey: string }
  | { readonly kind: 'poll'; readonly operationId: string }
  /** Read the number again: nothing is written before the effect of the last write was seen. */
  | { readonly kind: 'read-number'; readonly number: E164 }
  | { readonly kind: 'tell-person'; readonly about: 'relaunch' }
  | { readonly kind: 'alert'; readonly code: ReadinessCode; readonly reason?: string }
  | { readonly kind: 'release-number'; readonly number: E164 };

export interface Reconciled {
  readonly link: Link;
  readonly actions: readonly ProvisioningAction[];
  readonly report: ReadinessReport;
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
  let link = before;
  const actions: ProvisioningAction[] = [];
  for (let step = 0; step < mostSteps; step++) {
    const observation = observe(link, own, microsoft, nowWallMs);
    const decided = decideEvents(link, observation, account, nowWallMs);
    if (!decided) break;
    const next = applyEvent(link, decided, account, nowWallMs, actions);
    if (!next) break;
    link = decided.event === 'alreadyAssigned' ? found(next, own, microsoft) : next;
  }
  const { report } = observe(link, own, microsoft, nowWallMs);
  const acted = writes(link, own, microsoft, report, nowWallMs);
  return { link: acted.link, actions: [...actions, ...acted.actions], report };
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
  };
}

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
  if (state === 'REMOVED') next = without(next, 'assignedNumber', 'acceptedWallMs', 'lastWriteWallMs');
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
    case 'startGrace':
      return { ...link, graceEndsWallMs: graceEnds(decided.code, account, nowWallMs) };
    case 'endGrace':
      return without(link, 'graceEndsWallMs');
    case 'newGeneration':
      return {
        ...without(link, 'retries', 'notBeforeWallMs', 'acceptedWallMs'),
        generation: link.generation + 1,
      };
    case 'forgetOperation':
      return without(link, 'operation', 'retries', 'notBeforeWallMs');
    case 'tellPersonToRelaunch':
      actions.push({ kind: 'tell-person', about: 'relaunch' });
      return link;
    case 'alertLate':
    case 'recordRefusal':
    case 'recordDifference':
    case 'markStranded':
      actions.push({ kind: 'alert', code: decided.code ?? 'PRV-501' });
      return link;
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

/** The writes and polls that the state calls for now. */
function writes(
  link: Link,
  own: Omit<OwnFacts, 'link'>,
  microsoft: MicrosoftFacts | undefined,
  report: ReadinessReport,
  nowWallMs: number,
): { link: Link; actions: readonly ProvisioningAction[] } {
  const idle = { link, actions: [] };
  if (link.operation) {
    return nowWallMs >= link.operation.nextPollWallMs
      ? { link, actions: [{ kind: 'poll', operationId: link.operation.id }] }
      : idle;
  }
  if (link.notBeforeWallMs !== undefined && nowWallMs < link.notBeforeWallMs) return idle;
  const number = microsoft?.number ?? 'unread';
  const seen = readBack(link, number);
  const key = (write: string): string => `${link.personId}:${link.generation}:${write}`;

  if (link.state === 'REMOVING' && link.assignedNumber !== undefined) {
    // Under way already, begun by a process that is gone: it is seen through first.
    if (!seen || seen.pending)
      return { link, actions: [{ kind: 'read-number', number: link.assignedNumber }] };
    const held = link.assignedNumber;
    return {
      link: { ...link, lastWriteWallMs: nowWallMs },
      actions: [{ kind: 'unassign', number: held, idempotencyKey: key(`unassign:${held}`) }],
    };
  }
  const wanted = own.person?.number;
  const user = microsoft?.user;
  if (link.state !== 'ASSIGNING' || wanted === undefined) return idle;
  // Two people with one address, or a wrong tenant state: nothing is written.
  if (report.checks.slice(0, 10).some((check) => check.status === 'red' || check.status === 'unknown'))
    return idle;
  if (user === undefined || user === 'unread' || user === null) return idle;
  if (!seen || seen.pending) return { link, actions: [{ kind: 'read-number', number: wanted }] };
  const old = link.assignedNumber;
  // One primary number a person: always unassign first (microsoft-graph 5.2).
  if (old !== undefined && old !== wanted && seen.otherNumber === old) {
    return {
      link: { ...link, lastWriteWallMs: nowWallMs },
      actions: [{ kind: 'unassign', number: old, idempotencyKey: key(`unassign:${old}`) }],
    };
  }
  return {
    link: { ...link, objectId: user.objectId, assignedNumber: wanted, lastWriteWallMs: nowWallMs },
    actions: [
      { kind: 'assign', number: wanted, objectId: user.objectId, idempotencyKey: key(`assign:${wanted}`) },
    ],
  };
}

function without<K extends keyof Link>(link: Link, ...keys: readonly K[]): Link {
  const copy: Record<string, unknown> = { ...link };
  for (const key of keys) delete copy[key];
  return copy as unknown as Link;
}
