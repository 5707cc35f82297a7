import type { LicenceName } from '../world/rehearsal-world.ts';

/** SKUs and service plans behind the words of the rehearsal world (graph 4.5). */

export interface ServicePlan {
  readonly name: string;
  readonly id: string;
  readonly service: string;
}
export interface Sku {
  readonly partNumber: string;
  readonly id: string;
  readonly plans: readonly ServicePlan[];
}

/** Whatever has licences: some plans of which may be switched off. */
export interface Licensed {
  readonly licences: readonly LicenceName[];
  readonly disabledPlans?: Readonly<Partial<Record<LicenceName, readonly string[]>>>;
}

const online = 'MicrosoftCommunicationsOnline';
const plan = (name: string, id: string, service = online): ServicePlan => ({ name, id, service });

const teams = plan('TEAMS1', '57ff2da0-773e-42df-b2af-ffb7a2317929', 'TeamspaceAPI');
const phone = plan('MCOEV', '4828c8ec-dc2e-4779-b502-87ac9ce28ab7');
const smallPhone = plan('MCOEVSMB', 'ed777b71-af04-42ca-9798-84344c66f7c6');
const chat = plan('MCOSTANDARD', '0feaeb32-d00e-4d66-bd5a-43b5b83db82c');
const conferencing = plan('MCOMEETADV', '3e26ee1f-8a5f-4d52-aee2-b81ce45c8f40');
const virtualPhone = plan('MCOEV_VIRTUALUSER', 'f47330e9-c134-43b3-9993-e7f004506889');
const domesticCalls = plan('MCOPSTN1', '4ed3ff63-69d7-4fb7-b984-5aec7f605ca8');
const moreDomesticCalls = plan('MCOPSTN5', '54a152dc-90de-4996-93d2-bc47e670fc06');

const sku = (partNumber: string, id: string, ...plans: readonly ServicePlan[]): Sku => ({
  partNumber,
  id,
  plans,
});

export const skus: Readonly<Record<LicenceName, Sku>> = {
  teams: sku('SPE_E3', '05e9a617-0261-4cee-bb44-138d3ef5d965', teams, chat),
  'teams-phone': sku('MCOEV', 'e43b5b99-8dfb-405f-9987-dc307f34bcbd', phone),
  'shared-devices': sku('MCOCAP', '295a8eb0-f78d-45c7-8b5b-1eed5ed02dff', teams, phone),
  'resource-account': sku('PHONESYSTEM_VIRTUALUSER', '440eaaa8-b3e0-484b-a8be-62870b9ba70a', virtualPhone),
  'o365-e3': sku('ENTERPRISEPACK', '6fd2c87f-b296-42f0-b197-1e91e994b900', teams, chat),
  'o365-e5': sku(
    'ENTERPRISEPREMIUM',
    'c7df2760-2c81-4ef7-b578-5b5392b571df',
    teams,
    phone,
    chat,
    conferencing,
  ),
  'm365-e5': sku('SPE_E5', '06ebc4ee-1bb5-47dd-8120-11324bc54e06', teams, phone, chat, conferencing),
  'm365-e5-no-teams': sku(
    'Microsoft_365_E5_(no_Teams)',
    '18a4bd3f-0b5b-4887-b04f-61dd0ee15f5e',
    phone,
    conferencing,
  ),
  'm365-e5-eea-no-teams': sku(
    'O365_w/o_Teams_Bundle_M5',
    '3271cf8e-2be5-4a09-a549-70fd05baaa17',
    phone,
    conferencing,
  ),
  'o365-e5-eea-no-teams': sku(
    'Office_365_w/o_Teams_Bundle_E5',
    'cf50bae9-29e8-4775-b07c-56ee10e3776d',
    phone,
    conferencing,
  ),
  'm365-e7': sku('MICROSOFT_365_E7', '9a18296a-025f-4e37-9ffa-30bf8d1ce775', teams, phone, conferencing),
  'business-premium': sku('SPB', 'cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46', teams, chat),
  'teams-eea': sku('Microsoft_Teams_EEA_New', '7e74bd05-2c47-404e-829a-ba95c66fe8e5', teams),
  'phone-with-calling-plan': sku(
    'MCOTEAMS_ESSENTIALS',
    'ae2343d1-0999-43f6-ae18-d816516f6e78',
    phone,
    domesticCalls,
  ),
  'calling-plan': sku('MCOPSTN_5', '11dee6af-eca8-419f-8061-6864517c1875', moreDomesticCalls),
};

export const licenceOfSku = (id: string): LicenceName | undefined =>
  (Object.keys(skus) as LicenceName[]).find((name) => skus[name].id === id.toLowerCase());

/** Of these a user has at most one: they carry the same suite. */
const exclusive: readonly (readonly LicenceName[])[] = [
  ['o365-e3', 'o365-e5', 'o365-e5-eea-no-teams'],
  ['teams', 'm365-e5', 'm365-e5-no-teams', 'm365-e5-eea-no-teams', 'm365-e7', 'business-premium'],
];

/** What keeps these licences from being on one user, in the words of `licenseAssignmentStates.error`. */
export function licenceConflict(
  licences: readonly LicenceName[],
): 'MutuallyExclusiveViolation' | 'DependencyViolation' | undefined {
  if (exclusive.some((group) => group.filter((name) => licences.includes(name)).length > 1))
    return 'MutuallyExclusiveViolation';
  const ids = new Set(licences.flatMap((name) => skus[name].plans.map(({ id }) => id)));
  const needsPhone = licences.includes('calling-plan');
  return needsPhone && !ids.has(phone.id) && !ids.has(smallPhone.id) ? 'DependencyViolation' : undefined;
}

/** The plans that can be used, once each. */
export function plansOf({ licences, disabledPlans = {} }: Licensed): readonly ServicePlan[] {
  const plans = licences.flatMap((name) =>
    skus[name].plans.filter(({ id }) => !disabledPlans[name]?.includes(id)),
  );
  return [...new Map(plans.map((one) => [one.id, one])).values()];
}

const allPlans = new Map(Object.values(skus).flatMap(({ plans }) => plans.map((one) => [one.id, one])));
export const planOf = (id: string): ServicePlan | undefined => allPlans.get(id);

export const planIds = (of: Licensed): ReadonlySet<string> => new Set(plansOf(of).map(({ id }) => id));

const has = (of: Licensed, ...wanted: readonly ServicePlan[]): boolean => {
  const ids = planIds(of);
  return wanted.some(({ id }) => ids.has(id));
};

export const hasTeams = (of: Licensed): boolean => has(of, teams);

export const hasTeamsPhone = (of: Licensed): boolean => plansOf(of).some(({ id }) => isPhonePlan(id));

export const isPhonePlan = (planId: string): boolean =>
  [phone, smallPhone, virtualPhone].some(({ id }) => id === planId);

export const hasCallingPlan = (of: Licensed): boolean => has(of, domesticCalls, moreDomesticCalls);

/** A licence that activates a domain: any suite with Teams, shared devices, or that of resource accounts (3.3). */
export const qualifiesDomain = (of: Licensed): boolean => has(of, teams, virtualPhone);
