import type { LeaverForward, Owner, Person, RoutingSnapshot } from '@tandem/domain';
import type { ProvisioningSettings } from './settings.ts';

/** Whom callers of a leaver reach by these settings; undefined: nobody, they hear that the number is not in service. */
export const forwardByRule = ({
  leaverRule,
  leaverForward,
}: Pick<ProvisioningSettings, 'leaverRule' | 'leaverForward'>): LeaverForward | undefined =>
  leaverRule === 'manager' || leaverRule === 'queue' ? leaverForward : undefined;

/** The person's own rule wins over the account's, also where it says "nobody". */
export function forwardFor(
  { leaver }: Pick<Person, 'leaver'>,
  settings: Parameters<typeof forwardByRule>[0] | undefined,
): LeaverForward | undefined {
  if (leaver) return leaver.kind === 'announcement' ? undefined : leaver;
  return settings && forwardByRule(settings);
}

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
