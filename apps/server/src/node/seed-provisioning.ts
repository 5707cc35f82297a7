import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import type { AccountId, E164, PersonId } from '@tandem/domain';
import { newLink } from '@tandem/domain';
import { defaultSettings } from '@tandem/engine';
import {
  customerGroups,
  rehearsalWorld,
  type WorldCustomer,
  type WorldPerson,
} from '@tandem/simulator/world/rehearsal-world.ts';

const dayMs = 86_400_000;

/** How the rehearsal's customers decide who calls from Teams: by a group, at once, with the routing kept by hand. */
export async function seedProvisioningSettings(
  stores: Pick<Stores, 'provisioning'>,
  accountOf: (key: string) => AccountId,
): Promise<void> {
  const known = await stores.provisioning.listAllProvisioningSettingsForPlatform();
  for (const customer of rehearsalWorld.customers) {
    const accountId = accountOf(customer.key);
    if (known.some((settings) => settings.accountId === accountId)) continue;
    await stores.provisioning.save({
      ...defaultSettings(accountId),
      enableGroups: [{ id: customerGroups(customer).enableGroupId, name: rehearsalWorld.enableGroup }],
      graceSeconds: 0,
      settleSeconds: 0,
      routingByHand: true,
    });
  }
}

/**
 * Links of those for whom the world's story began long ago: Microsoft has their number, and their Teams was seen to work.
 * Everybody else is found out by reading Microsoft.
 */
export async function seedLinks(
  stores: Pick<Stores, 'links'>,
  customer: WorldCustomer,
  accountId: AccountId,
  personOf: (upn: string) => PersonId,
): Promise<void> {
  const acceptedWallMs = Date.now() - 30 * dayMs;
  for (const person of customer.people) {
    const { microsoft } = person;
    if (!microsoft || !isComplete(person, customer)) continue;
    const onlyWebClient = microsoft.clients.length > 0 && microsoft.clients.every((kind) => kind === 'web');
    const personId = personOf(person.upn);
    await stores.links.save({
      ...newLink(accountId, personId, acceptedWallMs),
      state: onlyWebClient ? 'AWAITING_RELAUNCH' : 'READY',
      objectId: microsoft.objectId,
      assignedNumber: microsoft.number as E164,
      acceptedWallMs,
    });
    // As if they had said so: nothing that Microsoft shows tells a browser from a desktop client.
    await stores.links.noteClient(accountId, personId, {
      onlyWebClient,
      ...(!onlyWebClient && { clientSeen: { by: 'call', wallMs: acceptedWallMs + dayMs } }),
    });
  }
}

/** Nothing is missing on either side, and nobody else has the same address. */
function isComplete({ upn, platform, microsoft }: WorldPerson, { people }: WorldCustomer): boolean {
  if (!platform || !microsoft) return false;
  const alone = people.every((other) => other.upn === upn || other.platform?.mail !== platform.mail);
  return (
    alone &&
    platform.active &&
    platform.toggle &&
    platform.licence &&
    platform.number !== undefined &&
    microsoft.accountEnabled &&
    microsoft.accountType === 'member' &&
    microsoft.groupMember &&
    microsoft.number === platform.number &&
    microsoft.licences.includes('teams') &&
    microsoft.licences.includes('teams-phone')
  );
}
