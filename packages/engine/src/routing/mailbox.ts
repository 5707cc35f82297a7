import { type Account, type Person, type RoutingSnapshot, voicemailOwnerOf } from '@tandem/domain';
import { branchesOf, type Decision, type ToMailbox } from './decision.ts';

/**
 * Whether the platform's mailbox takes messages for this person. With Teams as the owner it never does, so a message is left
 * in one place (product-behaviour 4.13).
 */
export function hasMailbox(snapshot: RoutingSnapshot, person: Person | undefined): boolean {
  return (
    person?.active === true &&
    voicemailOwnerOf(snapshot.voicemail, person.accountId, person.id) === 'platform'
  );
}

/** Straight to the mailbox, and nobody is rung. Undefined: the platform takes no messages for this person. */
export function mailboxRoute(
  snapshot: RoutingSnapshot,
  account: Account,
  person: Person | undefined,
  as: Pick<ToMailbox, 'dialled' | 'caller'>,
): ToMailbox | undefined {
  if (!person || !hasMailbox(snapshot, person)) return undefined;
  const { dialled, caller } = as;
  return { kind: 'to-mailbox', account, person, dialled, caller };
}

/**
 * The mailbox of whom a call goes to: straight there, or behind the endpoints that are rung. Emergency calls, queues and calls
 * to carriers have none.
 */
export function mailboxBehind(snapshot: RoutingSnapshot, decision: Decision): ToMailbox | undefined {
  if (decision.outcome !== 'route' || decision.emergency) return undefined;
  const { route } = decision;
  if (route.kind === 'to-mailbox') return route;
  const [branch] = branchesOf(route);
  if (!branch || branch.kind === 'to-carrier') return undefined;
  const dialled = branch.kind === 'to-phone' ? branch.dialled : branch.number;
  return mailboxRoute(snapshot, branch.account, branch.person, { dialled, caller: branch.caller });
}
