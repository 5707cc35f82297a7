import { type Account, isE164, type Person } from '@tandem/domain';
import type { OwnFacts, OwnPerson, TenantFacts } from './facts.ts';

/** What our own store says of one person, put together from its nouns. */
export interface OwnSide {
  readonly account: Account;
  readonly person: Person | undefined;
  readonly tenant: TenantFacts;
  /** What people call the enable group. */
  readonly enableGroup?: string | undefined;
  /** Names of others who claim the same Entra user (PRV-111). */
  readonly sharesIdentityWith?: readonly string[] | undefined;
  readonly clientSeen?: OwnPerson['clientSeen'] | undefined;
  readonly onlyWebClient?: boolean | undefined;
}

/** Own facts without the link, which the reconciler adds. */
export function ownFactsOf(side: OwnSide): Omit<OwnFacts, 'link'> {
  const { account, person, tenant, enableGroup } = side;
  return {
    account: {
      teamsEnabled: true,
      suspended: account.status === 'suspended',
      ...(enableGroup !== undefined && { enableGroup }),
    },
    tenant,
    person: person?.accountId === account.id ? ownPersonOf(person, side) : undefined,
  };
}

function ownPersonOf(person: Person, side: OwnSide): OwnPerson {
  const [number] = person.numbers;
  return {
    displayName: person.displayName,
    ...(person.mail !== undefined && { mail: person.mail }),
    active: person.active,
    ...(number !== undefined && (isE164(number) ? { number } : { invalidNumber: { text: String(number) } })),
    teamsToggle: person.teamsToggle,
    platformLicence: person.platformLicence,
    sharesIdentityWith: side.sharesIdentityWith ?? [],
    ...(side.clientSeen !== undefined && { clientSeen: side.clientSeen }),
    ...(side.onlyWebClient === true && { onlyWebClient: true }),
  };
}
