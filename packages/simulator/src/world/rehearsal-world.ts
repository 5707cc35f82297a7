/**
 * The rehearsal world: two customers, a carrier, and one person for every state that provisioning knows. Plain data,
 * shared by `npm start`, tests, screenshots and docs, so a name means the same everywhere. Numbers are from the range
 * that is reserved for fiction (+1 202 555 01xx). Nothing here is random.
 */

import type { DirectoryRole } from '../entra/directory-roles.ts';

export type ClientKind = 'desktop' | 'web' | 'mobile';

/** Words for SKUs; ids and service plans stand in `graph/licence-catalogue.ts`. */
export const licenceNames = [
  'teams',
  'teams-phone',
  'shared-devices',
  'resource-account',
  'o365-e3',
  'o365-e5',
  'm365-e5',
  'm365-e5-no-teams',
  'm365-e5-eea-no-teams',
  'o365-e5-eea-no-teams',
  'm365-e7',
  'business-premium',
  'teams-eea',
  'phone-with-calling-plan',
  'calling-plan',
] as const;
export type LicenceName = (typeof licenceNames)[number];

/** What the platform (Tandem) knows of a person. */
export interface PlatformPerson {
  readonly extension?: string;
  /** E.164. */
  readonly number?: string;
  readonly mail: string;
  /** The person's own switch for calls in Teams. */
  readonly toggle: boolean;
  /** The platform's Teams licence. */
  readonly licence: boolean;
  readonly active: boolean;
}

/** What Microsoft's side knows of a person. */
export interface MicrosoftPerson {
  readonly objectId: string;
  readonly accountEnabled: boolean;
  readonly accountType: 'member' | 'guest' | 'resource-account';
  readonly licences: readonly LicenceName[];
  readonly enterpriseVoice: boolean;
  /** Direct Routing number assigned at Microsoft. */
  readonly number?: string;
  readonly groupMember: boolean;
  /** Not a member by name but through a group that is a member. */
  readonly viaNestedGroup?: boolean;
  /** Null: no mailbox. */
  readonly mail: string | null;
  /** Clients that are signed in when the world starts. */
  readonly clients: readonly ClientKind[];
  /** How the person's clients answer when the world starts; they ring and answer by themselves by default. */
  readonly answers?: AnswerHabit;
  readonly busyOnBusy?: boolean;
  /** What the person administers; nothing if absent. */
  readonly directoryRoles?: readonly DirectoryRole[];
  /** The person is in some other conversation when the world starts. */
  readonly busy?: boolean;
}

export type AnswerHabit =
  | { readonly kind: 'answer'; readonly afterMs: number }
  | { readonly kind: 'ring' }
  | { readonly kind: 'decline'; readonly afterMs: number };

export interface WorldPerson {
  readonly upn: string;
  readonly displayName: string;
  /** What this person is here to show. */
  readonly story: string;
  readonly platform?: PlatformPerson;
  readonly microsoft?: MicrosoftPerson;
}

export interface WorldDevice {
  readonly name: string;
  readonly kind: 'desk-phone' | 'common-area-phone';
  readonly extension: string;
  readonly number?: string;
  /** Upn of the person on whose desk it stands. */
  readonly owner?: string;
}

/** A customer as Microsoft knows it. */
export interface CustomerAtMicrosoft {
  readonly key: string;
  readonly name: string;
  readonly mailDomain: string;
  /** The derived trunk: Contact host of what the SBC sends, Request-URI host of what Microsoft sends. */
  readonly sbcHost: string;
  readonly entraTenantId: string;
  readonly country: string;
  readonly people: readonly WorldPerson[];
}

export interface WorldCustomer extends CustomerAtMicrosoft {
  readonly key: 'acme' | 'globex';
  readonly areaCode: string;
  readonly timeZone: string;
  readonly mainNumber: string;
  readonly devices: readonly WorldDevice[];
}

/** How the rehearsal carrier treats a call to one of its numbers. */
export type CarrierHabit =
  | { readonly kind: 'answer'; readonly afterMs: number }
  | { readonly kind: 'early-media'; readonly answerAfterMs: number }
  | { readonly kind: 'reject'; readonly status: number; readonly afterMs: number }
  | { readonly kind: 'ring' };

export interface CarrierNumber {
  readonly number: string;
  readonly name: string;
  readonly habit: CarrierHabit;
}

/** Someone who administers a customer's Microsoft 365 and is of no other importance. */
export interface WorldAdmin {
  readonly customer: string;
  readonly upn: string;
  readonly displayName: string;
  readonly directoryRoles: readonly DirectoryRole[];
}

/** A customer that has bought Microsoft 365 and numbers, and nothing of ours yet. */
export interface NewcomerCustomer extends CustomerAtMicrosoft {
  readonly areaCode: string;
  readonly timeZone: string;
  /** E.164, at the rehearsal carrier. */
  readonly numbers: readonly string[];
}

const acmeTenant = '7818921f-927d-4ed4-b779-63f502f7a102';
const globexTenant = 'a4c1d6f0-3b52-4e1c-9d0e-5f2f1f6b7c33';
const initechTenant = '1217ec40-0000-4000-8000-000000000003';
export const carrierTenantId = '0d2f3a41-6c7e-4f08-8b91-21d4c5e6f709';

/** The platform's app registration at Microsoft. Its certificate is minted by the twin, `graph-app.*.pem`. */
export const graphAppClientId = 'a1a1a1a1-0000-4000-8000-00000000a001';

/** A second registration of the platform, for presence alone; `graph-presence-app.*.pem`. No customer agreed to it yet. */
export const graphPresenceAppClientId = 'a1a1a1a1-0000-4000-8000-00000000a002';

/** Object ids of a customer's groups: who calls from Teams, and a group that is a member of it. */
export const customerGroups = (customer: Pick<WorldCustomer, 'entraTenantId'>) => {
  const head = customer.entraTenantId.slice(0, 8);
  return {
    enableGroupId: `${head}-0000-4000-8000-960960960010`,
    frontDeskGroupId: `${head}-0000-4000-8000-960960960011`,
  };
};

const answer: AnswerHabit = { kind: 'answer', afterMs: 1200 };

/** A person for whom everything is right; the others are made from this by breaking one thing. */
function ready(
  tenant: string,
  index: number,
  mail: string,
  number: string,
  extension: string,
  clients: readonly ClientKind[] = ['desktop'],
): { platform: PlatformPerson; microsoft: MicrosoftPerson } {
  return {
    platform: { extension, number, mail, toggle: true, licence: true, active: true },
    microsoft: {
      objectId: `${tenant.slice(0, 8)}-0000-4000-8000-${String(index).padStart(12, '0')}`,
      accountEnabled: true,
      accountType: 'member',
      licences: ['teams', 'teams-phone'],
      enterpriseVoice: true,
      number,
      groupMember: true,
      mail,
      clients,
      answers: answer,
      busyOnBusy: false,
    },
  };
}

type Change = { readonly platform?: Partial<PlatformPerson>; readonly microsoft?: Partial<MicrosoftPerson> };

function person(
  upn: string,
  displayName: string,
  story: string,
  base: { platform: PlatformPerson; microsoft: MicrosoftPerson },
  change: Change = {},
): WorldPerson {
  return {
    upn,
    displayName,
    story,
    platform: { ...base.platform, ...change.platform },
    microsoft: { ...base.microsoft, ...change.microsoft },
  };
}

/** Takes a field away (exactOptionalPropertyTypes knows no `undefined` for these). */
function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _gone, ...rest } = value;
  return rest;
}

const acme = (
  index: number,
  mail: string,
  number: string,
  extension: string,
  clients?: readonly ClientKind[],
) => ready(acmeTenant, index, mail, number, extension, clients);

const initech = (
  index: number,
  name: string,
  displayName: string,
  story: string,
  change: Partial<MicrosoftPerson> = {},
): WorldPerson => ({
  upn: `${name}@initech.example`,
  displayName,
  story,
  microsoft: {
    objectId: `${initechTenant.slice(0, 8)}-0000-4000-8000-${String(index).padStart(12, '0')}`,
    accountEnabled: true,
    accountType: 'member',
    licences: ['teams', 'teams-phone'],
    enterpriseVoice: false,
    groupMember: true,
    mail: `${name}@initech.example`,
    clients: ['desktop'],
    answers: answer,
    ...change,
  },
});

const casey = acme(4, 'casey@acme.example', '+12025550100', '1004');
const bo = acme(3, 'bo@acme.example', '+12025550144', '1003');
const devin = acme(5, 'devin@acme.example', '+12025550145', '1005');

export const rehearsalWorld = {
  baseDomain: 'customers.example.net',
  /** The carrier's own Microsoft tenant; it owns the base domain and the carrier trunk. */
  carrierTenantId,
  enableGroup: 'Teams calling',
  pstnParty: '+12025550199',
  customers: [
    {
      key: 'acme',
      name: 'Acme',
      mailDomain: 'acme.example',
      sbcHost: 'sbc1.customers.example.net',
      entraTenantId: acmeTenant,
      country: 'US',
      areaCode: '202',
      timeZone: 'America/New_York',
      mainNumber: '+12025550140',
      people: [
        person(
          'dana@acme.example',
          'Dana Doe',
          'Ready: desktop and mobile ring, whichever answers first.',
          acme(1, 'dana@acme.example', '+12025550142', '1001', ['desktop', 'mobile']),
        ),
        person(
          'alex@acme.example',
          'Alex Amber',
          'Ready, with one desktop client; administers everything.',
          acme(2, 'alex@acme.example', '+12025550143', '1002'),
          { microsoft: { directoryRoles: ['Global Administrator'] } },
        ),
        {
          upn: 'bo@acme.example',
          displayName: 'Bo Birch',
          story: 'No Teams Phone licence at Microsoft.',
          platform: bo.platform,
          microsoft: { ...without(bo.microsoft, 'number'), licences: ['teams'], enterpriseVoice: false },
        },
        {
          upn: 'casey@acme.example',
          displayName: 'Casey Cole',
          story: 'No number in the platform.',
          platform: without(casey.platform, 'number'),
          microsoft: { ...without(casey.microsoft, 'number'), enterpriseVoice: false },
        },
        {
          upn: 'devin@acme.example',
          displayName: 'Devin Drake',
          story: 'Not in the group that decides who calls from Teams.',
          platform: devin.platform,
          microsoft: { ...without(devin.microsoft, 'number'), enterpriseVoice: false, groupMember: false },
        },
        person(
          'sam@acme.example',
          'Sam Stone',
          'One of two people with the same address: nobody can tell which one is meant.',
          acme(6, 'sam@acme.example', '+12025550146', '1006'),
        ),
        person(
          'sam.stone@acme.example',
          'Sam Stone',
          'The other one with the same address.',
          acme(7, 'sam@acme.example', '+12025550147', '1007'),
        ),
        person(
          'gale_partner.example#EXT#@acme.example',
          'Gale Grey',
          'A guest from another organisation.',
          acme(8, 'gale@partner.example', '+12025550148', '1008'),
          {
            microsoft: {
              accountType: 'guest',
              enterpriseVoice: false,
              licences: ['teams'],
              clients: ['web'],
            },
          },
        ),
        person(
          'dylan@acme.example',
          'Dylan Dorn',
          'The account is disabled at Microsoft.',
          acme(9, 'dylan@acme.example', '+12025550149', '1009'),
          { microsoft: { accountEnabled: false, clients: [] } },
        ),
        person(
          'toni@acme.example',
          'Toni Tran',
          'Has switched calls in Teams off.',
          acme(10, 'toni@acme.example', '+12025550150', '1010'),
          { platform: { toggle: false } },
        ),
        person(
          'wren@acme.example',
          'Wren West',
          'Signed in to Teams in a browser only.',
          acme(11, 'wren@acme.example', '+12025550151', '1011', ['web']),
        ),
        person(
          'blake@acme.example',
          'Blake Brook',
          'Always in a conversation, with busy-on-busy switched on.',
          acme(12, 'blake@acme.example', '+12025550152', '1012'),
          { microsoft: { busyOnBusy: true, busy: true } },
        ),
        person(
          'drew@acme.example',
          'Drew Dale',
          'Declines every call.',
          acme(13, 'drew@acme.example', '+12025550153', '1013'),
          { microsoft: { answers: { kind: 'decline', afterMs: 800 } } },
        ),
        person(
          'nico@acme.example',
          'Nico North',
          'Ready, but signed in nowhere.',
          acme(14, 'nico@acme.example', '+12025550154', '1014', []),
        ),
        person(
          'robin@acme.example',
          'Robin Reed',
          'Ready, but lets it ring.',
          acme(15, 'robin@acme.example', '+12025550155', '1015'),
          { microsoft: { answers: { kind: 'ring' }, viaNestedGroup: true } },
        ),
      ],
      devices: [
        {
          name: 'dana-desk',
          kind: 'desk-phone',
          extension: '1101',
          number: '+12025550156',
          owner: 'dana@acme.example',
        },
        { name: 'reception', kind: 'desk-phone', extension: '1100', number: '+12025550140' },
        { name: 'lobby', kind: 'common-area-phone', extension: '1190', number: '+12025550157' },
      ],
    },
    {
      key: 'globex',
      name: 'Globex',
      mailDomain: 'globex.example',
      sbcHost: 'sbc2.customers.example.net',
      entraTenantId: globexTenant,
      country: 'US',
      areaCode: '202',
      timeZone: 'America/Chicago',
      mainNumber: '+12025550160',
      people: [
        person(
          'dana@globex.example',
          'Dana Doe',
          'Ready. Same name and extension as a person of Acme.',
          ready(globexTenant, 1, 'dana@globex.example', '+12025550162', '1001', ['desktop', 'mobile']),
        ),
        person(
          'alex@globex.example',
          'Alex Amber',
          'Ready. Same name and extension as a person of Acme.',
          ready(globexTenant, 2, 'alex@globex.example', '+12025550163', '1002'),
        ),
        person(
          'kim@globex.example',
          'Kim Kent',
          'Ready.',
          ready(globexTenant, 3, 'kim@globex.example', '+12025550164', '1003'),
        ),
      ],
      devices: [],
    },
  ] as const satisfies readonly WorldCustomer[] as readonly WorldCustomer[],
  /** Connected by whoever rehearses a new customer: no account, no consent, no routing domain, no script was run. */
  knownToMicrosoftOnly: [
    {
      key: 'initech',
      name: 'Initech',
      mailDomain: 'initech.example',
      sbcHost: 'sbc3.customers.example.net',
      entraTenantId: initechTenant,
      country: 'US',
      areaCode: '202',
      timeZone: 'America/Chicago',
      numbers: Array.from({ length: 10 }, (_, index) => `+1202555017${index}`),
      people: [
        initech(1, 'ada', 'Ada Inman', 'Administers everything and calls nobody.', {
          licences: ['teams'],
          groupMember: false,
          clients: ['web'],
          directoryRoles: ['Global Administrator'],
        }),
        initech(2, 'ines', 'Ines Iver', 'Has every licence and only wants a number.'),
        initech(3, 'ivo', 'Ivo Ivory', 'Has every licence and only wants a number.'),
        initech(4, 'iris', 'Iris Ingle', 'In the group through the group that is nested in it.', {
          viaNestedGroup: true,
        }),
        initech(5, 'ike', 'Ike Innes', 'No Teams Phone licence.', { licences: ['teams'] }),
        initech(6, 'isla', 'Isla Irwin', 'Administers Teams, and is not in the group.', {
          groupMember: false,
          directoryRoles: ['Teams Administrator'],
        }),
      ],
    },
  ] satisfies readonly NewcomerCustomer[] as readonly NewcomerCustomer[],
  /** On top of the customers' people. */
  admins: [
    {
      customer: 'acme',
      upn: 'admin@acme.example',
      displayName: 'Addison Acme',
      directoryRoles: ['Global Administrator'],
    },
    {
      customer: 'acme',
      upn: 'voice.admin@acme.example',
      displayName: 'Vesna Voice',
      directoryRoles: ['Teams Administrator'],
    },
    {
      customer: 'acme',
      upn: 'roles.admin@acme.example',
      displayName: 'Rory Roles',
      directoryRoles: ['Privileged Role Administrator'],
    },
    {
      customer: 'acme',
      upn: 'apps.admin@acme.example',
      displayName: 'Avery Apps',
      directoryRoles: ['Cloud Application Administrator'],
    },
    {
      customer: 'globex',
      upn: 'admin@globex.example',
      displayName: 'Gwen Globex',
      directoryRoles: ['Global Administrator'],
    },
  ] satisfies readonly WorldAdmin[] as readonly WorldAdmin[],
  carrier: {
    name: 'Rehearsal Carrier',
    /** Numbers with a habit; any other number is answered after `defaultHabit`. */
    numbers: [
      { number: '+12025550199', name: 'Pat Example', habit: { kind: 'answer', afterMs: 1000 } },
      { number: '+12025550198', name: 'Quinn Quick', habit: { kind: 'answer', afterMs: 0 } },
      {
        number: '+12025550197',
        name: 'Early Bird Announcements',
        habit: { kind: 'early-media', answerAfterMs: 2500 },
      },
      { number: '+12025550196', name: 'Always Busy', habit: { kind: 'reject', status: 486, afterMs: 300 } },
      {
        number: '+12025550195',
        name: 'No Such Number',
        habit: { kind: 'reject', status: 404, afterMs: 100 },
      },
      { number: '+12025550194', name: 'Never Home', habit: { kind: 'ring' } },
      { number: '+12025550193', name: 'Declines', habit: { kind: 'reject', status: 603, afterMs: 500 } },
      { number: '+12025550192', name: 'Out Of Service', habit: { kind: 'reject', status: 503, afterMs: 50 } },
      { number: '911', name: 'Emergency Centre', habit: { kind: 'answer', afterMs: 500 } },
      { number: '112', name: 'Emergency Centre', habit: { kind: 'answer', afterMs: 500 } },
      { number: '933', name: 'Emergency Test Line', habit: { kind: 'answer', afterMs: 500 } },
    ] satisfies readonly CarrierNumber[] as readonly CarrierNumber[],
    defaultHabit: { kind: 'answer', afterMs: 1000 } satisfies CarrierHabit as CarrierHabit,
  },
} as const;

export type RehearsalWorld = typeof rehearsalWorld;
