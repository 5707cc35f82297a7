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

const teams = { name: 'TEAMS1', id: '57ff2da0-773e-42df-b2af-ffb7a2317929', service: 'TeamspaceAPI' };
const phone = {
  name: 'MCOEV',
  id: '4828c8ec-dc2e-4779-b502-87ac9ce28ab7',
  service: 'MicrosoftCommunicationsOnline',
};
const meetings = {
  name: 'MCOSTANDARD',
  id: '0feaeb32-d00e-4d66-bd5a-43b5b83db82c',
  service: 'MicrosoftCommunicationsOnline',
};
const virtualPhone = {
  name: 'MCOEV_VIRTUALUSER',
  id: 'f47330e9-c134-43b3-9993-e7f004506889',
  service: 'MicrosoftCommunicationsOnline',
};

export const skus: Readonly<Record<LicenceName, Sku>> = {
  teams: { partNumber: 'SPE_E3', id: '05e9a617-0261-4cee-bb44-138d3ef5d965', plans: [teams, meetings] },
  'teams-phone': { partNumber: 'MCOEV', id: 'e43b5b99-8dfb-405f-9987-dc307f34bcbd', plans: [phone] },
  'shared-devices': {
    partNumber: 'MCOCAP',
    id: '295a8eb0-f78d-45c7-8b5b-1eed5ed02dff',
    plans: [teams, phone],
  },
  'resource-account': {
    partNumber: 'PHONESYSTEM_VIRTUALUSER',
    id: '440eaaa8-b3e0-484b-a8be-62870b9ba70a',
    plans: [virtualPhone],
  },
};

export const plansOf = (licences: readonly LicenceName[]): readonly ServicePlan[] => [
  ...new Map(licences.flatMap((name) => skus[name].plans).map((plan) => [plan.id, plan])).values(),
];

export const hasTeams = (licences: readonly LicenceName[]): boolean =>
  plansOf(licences).some(({ id }) => id === teams.id);

export const hasTeamsPhone = (licences: readonly LicenceName[]): boolean =>
  plansOf(licences).some(({ id }) => id === phone.id || id === virtualPhone.id);
