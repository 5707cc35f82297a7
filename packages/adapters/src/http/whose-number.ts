import type { AccountId, E164 } from '@tandem/domain';
import type { Stores } from '../postgres/stores.ts';

/**
 * Who has a number that was refused because it is taken, in words for whoever wanted it. Of two who ask at once one comes too
 * late, and wants to know after whom. Another customer's people are nobody's business.
 */
export async function whoseNumber(
  stores: Pick<Stores, 'numbers' | 'people' | 'devices' | 'queues'>,
  accountId: AccountId,
  number: E164,
): Promise<string> {
  const owner = await stores.numbers.findOwnerForPlatform(number);
  if (!owner) return `${number} was somebody else’s a moment ago; try again.`;
  if (owner.accountId !== accountId) return `${number} belongs to another customer.`;
  const { personId, deviceId, queueId } = owner;
  if (personId !== undefined) {
    const person = await stores.people.get(accountId, personId);
    if (person) return `${person.displayName} (${person.upn}) has ${number}.`;
  }
  if (deviceId !== undefined) {
    const device = await stores.devices.get(accountId, deviceId);
    if (device) return `The phone ${device.name} has ${number}.`;
  }
  if (queueId !== undefined) {
    const queue = (await stores.queues.list(accountId)).find(({ id }) => id === queueId);
    if (queue) return `The queue ${queue.name} has ${number}.`;
  }
  return `${number} is taken.`;
}
