import type { ProvisioningSettings } from '@tandem/contract';
import type { E164 } from '@tandem/domain';
import type { FileTarget } from './common-shape.ts';
import type { TenantState } from './state.ts';

/** By names, for ids differ from one platform to the next; null: nobody, or nobody any more. */
export function targetFacts(
  target: ProvisioningSettings['leaverForward'],
  { people, queues }: Pick<TenantState, 'people' | 'queues'>,
): FileTarget | null {
  if (target?.kind === 'number') return { number: target.number as E164 };
  if (target?.kind === 'person') {
    const person = people.find(({ id }) => id === target.personId);
    return person ? { person: person.upn.toLowerCase() } : null;
  }
  const queue = queues.find(({ id }) => id === target?.queueId);
  return queue ? { queue: queue.name } : null;
}
