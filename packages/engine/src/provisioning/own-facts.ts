import { type Account, countryOfNumber, type E164, isE164, type Person } from '@tandem/domain';
import type { OwnFacts, OwnPerson, TenantFacts } from './facts.ts';
import type { WantedPolicies } from './settings.ts';

/** What our own store says of one person, put together from its nouns. */
export interface OwnSide {
  readonly account: Account;
  readonly person: Person | undefined;
  readonly tenant: TenantFacts;
  /** What people call the enable group. */
  readonly enableGroup?: string | undefined;
  readonly enableGroupId?: string | undefined;
  readonly mode?: OwnFacts['account']['mode'];
  readonly wanted?: WantedPolicies | undefined;
  /** Size of the account's pool of licences, and how many are taken. */
  readonly licences?: OwnPerson['licences'] | undefined;
  readonly teamsAnswered404?: boolean | undefined;
  readonly edgeRefused?: string | undefined;
  /** Names of others who claim the same Entra user (PRV-111). */
  readonly sharesIdentityWith?: readonly string[] | undefined;
  readonly clientSeen?: OwnPerson['clientSeen'] | undefined;
  readonly onlyWebClient?: boolean | undefined;
  /** For a service that ends on a day; without it the day counts as past. */
  readonly nowWallMs?: number | undefined;
}

/** After the operator ended the service, those who are ready go on calling until its last day (C21). */
export function teamsServiceRuns({ teams }: Account, nowWallMs = Number.POSITIVE_INFINITY): boolean {
  return teams === undefined || teams.enabled || (teams.endsAtWallMs ?? 0) > nowWallMs;
}

/** Own facts without the link, which the reconciler adds. */
export function ownFactsOf(side: OwnSide): Omit<OwnFacts, 'link'> {
  const { account, person, tenant, enableGroup, enableGroupId, mode, wanted } = side;
  return {
    account: {
      teamsEnabled: teamsServiceRuns(account, side.nowWallMs),
      suspended: account.status === 'suspended',
      ...(enableGroup !== undefined && { enableGroup }),
      ...(enableGroupId !== undefined && { enableGroupId }),
      ...(mode !== undefined && { mode }),
    },
    tenant,
    ...(wanted && { wanted }),
    person: person?.accountId === account.id ? ownPersonOf(person, side) : undefined,
  };
}

function ownPersonOf(person: Person, side: OwnSide): OwnPerson {
  const [number] = person.numbers;
  return {
    id: person.id,
    displayName: person.displayName,
    ...(person.mail !== undefined && { mail: person.mail }),
    active: person.active,
    ...(number !== undefined && (isE164(number) ? { number } : { invalidNumber: { text: String(number) } })),
    teamsToggle: person.teamsToggle,
    platformLicence: person.platformLicence,
    sharesIdentityWith: side.sharesIdentityWith ?? [],
    ...(side.clientSeen !== undefined && { clientSeen: side.clientSeen }),
    ...(side.onlyWebClient === true && { onlyWebClient: true }),
    ...(side.licences && { licences: side.licences }),
    ...(side.teamsAnswered404 === true && { teamsAnswered404: true }),
    ...(side.edgeRefused !== undefined && { edgeRefused: side.edgeRefused }),
    ...countryOf(person, number),
  };
}

/** People are immutable, so their number's country is read once each. */
const countries = new WeakMap<Person, string>();
function countryOf(person: Person, number: E164 | undefined): { readonly numberCountry?: string } {
  if (number === undefined || !isE164(number)) return {};
  let country = countries.get(person);
  if (country === undefined) {
    country = countryOfNumber(number) ?? '';
    countries.set(person, country);
  }
  return country === '' ? {} : { numberCountry: country };
}
