import type { LeaverChoice, LeaverForward, Owner, Person, RoutingSnapshot } from '@tandem/domain';
import type { ProvisioningSettings } from './settings.ts';

/** Somebody else, or a message in the leaver's own mailbox. */
export type LeaverCalls = Exclude<LeaverChoice, { readonly kind: 'announcement' }>;

/** What callers of a leaver get by these settings; undefined: they hear that the number is not in service. */
export function forwardByRule({
  leaverRule,
  leaverForward,
}: Pick<ProvisioningSettings, 'leaverRule' | 'leaverForward'>): LeaverCalls | undefined {
  if (leaverRule === 'voicemail') return { kind: 'voicemail' };
  return leaverRule === 'manager' || leaverRule === 'queue' ? leaverForward : undefined;
}

/** The person's own rule wins over the account's, also where it says "nobody". */
export function forwardFor(
  { leaver }: Pick<Person, 'leaver'>,
  settings: Parameters<typeof forwardByRule>[0] | undefined,
): LeaverCalls | undefined {
  if (leaver) return leaver.kind === 'announcement' ? undefined : leaver;
  return settings && forwardByRule(settings);
}

/** Who is rung; a mailbox rings nobody. */
export const rungBy = (calls: LeaverCalls | undefined): LeaverForward | undefined =>
  calls?.kind === 'voicemail' ? undefined : calls;

/** Who that is now, within the account; undefined: nobody who could be rung. */
export function leaverOwner(
  snapshot: Pick<RoutingSnapshot, 'numbers' | 'people' | 'queues'>,
  accountId: Owner['accountId'],
  forward: LeaverForward,
): Owner | undefined {
  const owner = ownerOf(snapshot, forward);
  return owner?.accountId === accountId ? owner : undefined;
}

function ownerOf(
  { numbers, people, queues }: Parameters<typeof leaverOwner>[0],
  forward: LeaverForward,
): Owner | undefined {
  switch (forward.kind) {
    case 'number':
      return numbers.get(forward.number);
    case 'person': {
      const person = people.get(forward.personId);
      return person?.active
        ? { kind: 'person', personId: person.id, accountId: person.accountId }
        : undefined;
    }
    case 'queue': {
      const queue = queues.get(forward.queueId);
      return queue && { kind: 'queue', queueId: queue.id, accountId: queue.accountId };
    }
  }
}
