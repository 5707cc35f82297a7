/**
 * What we ask of a Microsoft 365 tenant, by feature (microsoft-graph 5.7). Permissions are application permissions of
 * Graph; ids are those of Microsoft's own manifest (graph-openapi-subset.json, x-permission-ids). A feature that is off
 * asks for nothing and uses nothing (G24, G25).
 */
export const connectionFeatures = [
  'provisioning',
  'presence',
  'presence-write',
  'calendar',
  'webhooks',
  'call-records',
  'mail',
  'setup',
] as const;
export type ConnectionFeature = (typeof connectionFeatures)[number];

export interface NeededPermission {
  readonly role: string;
  /** For the manifest of an own app registration. */
  readonly appRoleId: string;
  readonly why: string;
  /** One of these does as well: it includes the asked one. */
  readonly orAnyOf?: readonly string[];
}

export interface FeatureRow {
  readonly title: string;
  readonly purpose: string;
  readonly alwaysOn?: true;
  readonly permissions: readonly NeededPermission[];
}

export const featureTable = {
  provisioning: {
    title: 'Who calls from Teams',
    purpose: 'Read who is in the group and licensed, give and take numbers and routing policies.',
    alwaysOn: true,
    permissions: [
      {
        role: 'User.Read.All',
        appRoleId: 'df021288-bdef-4463-88db-98f22de89214',
        why: 'who exists, is enabled and has which licence, and whose number calls',
        orAnyOf: ['User.ReadWrite.All', 'Directory.Read.All'],
      },
      {
        role: 'GroupMember.Read.All',
        appRoleId: '98830695-27a2-44f7-8c18-0c3ebc9698f6',
        why: 'who is in the enable group',
        orAnyOf: ['Group.Read.All', 'Directory.Read.All'],
      },
      {
        role: 'Organization.Read.All',
        appRoleId: '498476ce-e0fe-48b0-b801-37ba7e2685c6',
        why: 'name and country of the tenant',
        orAnyOf: ['Directory.Read.All'],
      },
      {
        role: 'LicenseAssignment.Read.All',
        appRoleId: 'e2f98668-2877-4f38-a2f4-8202e0717aa1',
        why: 'how many licences are free',
        orAnyOf: ['Organization.Read.All', 'Directory.Read.All'],
      },
      {
        role: 'TeamsTelephoneNumber.ReadWrite.All',
        appRoleId: '0a42382f-155c-4eb1-9bdc-21548ccaa387',
        why: 'give numbers to people and take them back',
      },
      {
        role: 'TeamsPolicyUserAssign.ReadWrite.All',
        appRoleId: '1801e8f4-cf09-4c4e-a1b5-036dfcca6c90',
        why: 'give people the voice routing policy',
      },
      {
        role: 'TeamsUserConfiguration.Read.All',
        appRoleId: 'a91eadaf-2c3c-4362-908b-fb172d208fc6',
        why: "what Teams itself says of a person's voice",
      },
      {
        role: 'Domain.Read.All',
        appRoleId: 'dbb9058a-0e50-45d7-ae91-66909b5d4664',
        why: 'whether the routing domain is verified',
        orAnyOf: ['Domain.ReadWrite.All', 'Directory.Read.All'],
      },
    ],
  },
  presence: {
    title: 'Presence, read',
    purpose: 'Show what colleagues are doing in Teams.',
    permissions: [
      {
        role: 'Presence.Read.All',
        appRoleId: 'a70e0c2d-e793-494c-94c4-118fa0a67f42',
        why: 'read the status of people, 650 at a time',
        orAnyOf: ['Presence.ReadWrite.All'],
      },
    ],
  },
  'presence-write': {
    title: 'Presence, both ways',
    purpose: 'Show in Teams that somebody talks at a phone. Reading alone cannot do this.',
    permissions: [
      {
        role: 'Presence.ReadWrite.All',
        appRoleId: '83cded22-8297-4ff6-a7fa-e97e9545a259',
        why: 'say "in a call" in Teams for those who talk at a phone',
      },
    ],
  },
  calendar: {
    title: 'Meetings of the calendar',
    purpose: 'Tell a meeting from a call: Teams often says "in a call" for both. Only times are read.',
    permissions: [
      {
        // Less would do (Calendars.ReadBasic), but Microsoft's manifest lists no application role of that name.
        role: 'Calendars.Read',
        appRoleId: '798ee544-9d2d-430c-a058-570e29e34338',
        why: 'when each person is in a meeting, nothing else of it',
        orAnyOf: ['Calendars.ReadBasic', 'Calendars.ReadWrite'],
      },
    ],
  },
  webhooks: {
    title: 'Changes at once',
    purpose: 'Be told of changes in groups within seconds instead of asking every half minute.',
    permissions: [
      {
        role: 'Group.Read.All',
        appRoleId: '5b567255-7703-4780-807c-7be8301ae99b',
        why: "Microsoft's notifications about groups ask for this one",
        orAnyOf: ['Directory.Read.All'],
      },
    ],
  },
  'call-records': {
    title: "Microsoft's call records",
    purpose: 'Put what Microsoft measured beside our own record of a call.',
    permissions: [
      {
        role: 'CallRecords.Read.All',
        appRoleId: '45bbb07e-7321-4fd7-a8f6-3ff27e6a81c8',
        why: 'read call records and the Direct Routing log',
        orAnyOf: ['CallRecord-PstnCalls.Read.All'],
      },
    ],
  },
  mail: {
    title: 'Mail from a mailbox of yours',
    purpose: 'Send reports from a mailbox of the tenant instead of by the platform.',
    permissions: [
      {
        role: 'Mail.Send',
        appRoleId: 'b633e1c5-b582-4048-a93e-9f11b44c7e96',
        why: 'send from one mailbox; limit it to that one in Exchange',
      },
    ],
  },
  setup: {
    title: 'Set-up of the routing domain',
    purpose: 'Add and activate the routing domain for you. Needed for an hour: switch it off afterwards.',
    permissions: [
      {
        role: 'Domain.ReadWrite.All',
        appRoleId: '7e05723c-0bb0-42da-be95-ae9f08a6e53c',
        why: 'add and verify the routing domain',
      },
      {
        role: 'User.ReadWrite.All',
        appRoleId: '741f803b-c850-494e-b5df-cde7c675a1ca',
        why: 'make the account that activates the domain, and remove it',
      },
      {
        role: 'LicenseAssignment.ReadWrite.All',
        appRoleId: '5facf0c1-8979-4e95-abcf-ff3d079771c0',
        why: 'license that account for the time of the activation',
      },
    ],
  },
} as const satisfies Record<ConnectionFeature, FeatureRow>;

const row = (feature: ConnectionFeature): FeatureRow => featureTable[feature];

/** In the table's order, `provisioning` always among them. */
export function chosenFeatures(wanted: readonly ConnectionFeature[]): readonly ConnectionFeature[] {
  return connectionFeatures.filter((feature) => row(feature).alwaysOn || wanted.includes(feature));
}

export function satisfies(needed: NeededPermission, roles: readonly string[]): boolean {
  return roles.includes(needed.role) || (needed.orAnyOf?.some((role) => roles.includes(role)) ?? false);
}

/** A connection's app registrations: one for everything, or two, one of them for presence alone (G23). */
export type Registration = 'main' | 'presence';

/** What a registration for presence may be used for; with one, no other registration is used for these. */
const presenceFeatures: ReadonlySet<ConnectionFeature> = new Set(['presence', 'presence-write']);

/** Features that a registration serves. `split`: presence has one of its own. */
export function featuresServedBy(
  registration: Registration,
  enabled: readonly ConnectionFeature[],
  split: boolean,
): readonly ConnectionFeature[] {
  const features = chosenFeatures(enabled);
  if (!split) return registration === 'main' ? features : [];
  return features.filter((feature) => presenceFeatures.has(feature) === (registration === 'presence'));
}

export interface MissingPermission {
  readonly feature: ConnectionFeature;
  readonly role: string;
  readonly why: string;
}

export interface PermissionReport {
  readonly missing: readonly MissingPermission[];
  /** What the connection cannot do without. */
  readonly missingBase: readonly string[];
  /** Granted, and nothing that is switched on needs it. */
  readonly unneeded: readonly string[];
  /** Features of which every permission is there. */
  readonly working: ReadonlySet<ConnectionFeature>;
}

/** Holds the roles of a token against what is switched on. */
export function judgePermissions(
  enabled: readonly ConnectionFeature[],
  roles: readonly string[],
): PermissionReport {
  return judge(chosenFeatures(enabled), roles);
}

export interface ConnectionReport extends PermissionReport {
  readonly missing: readonly (MissingPermission & { readonly registration: Registration })[];
  /** Granted to the registration for presence, and nothing that it does needs it. */
  readonly unneededForPresence: readonly string[];
}

/** The same of a whole connection: each registration is held against its own features only. */
export function judgeConnection(connection: {
  readonly features: readonly ConnectionFeature[];
  readonly roles: readonly string[];
  readonly presence?: { readonly roles: readonly string[] };
}): ConnectionReport {
  const { features, roles, presence } = connection;
  const of = (registration: Registration, granted: readonly string[]) => {
    const report = judge(featuresServedBy(registration, features, presence !== undefined), granted);
    return { ...report, missing: report.missing.map((one) => ({ ...one, registration })) };
  };
  const main = of('main', roles);
  const second = of('presence', presence?.roles ?? []);
  return {
    missing: [...main.missing, ...second.missing],
    missingBase: main.missingBase,
    unneeded: main.unneeded,
    unneededForPresence: second.unneeded,
    working: new Set([...main.working, ...second.working]),
  };
}

function judge(features: readonly ConnectionFeature[], roles: readonly string[]): PermissionReport {
  const missing = features.flatMap((feature) =>
    row(feature)
      .permissions.filter((needed) => !satisfies(needed, roles))
      .map(({ role, why }) => ({ feature, role, why })),
  );
  const needed = features.flatMap((feature) => row(feature).permissions);
  const useful = (role: string): boolean =>
    needed.some((one) => one.role === role || (!roles.includes(one.role) && one.orAnyOf?.includes(role)));
  return {
    missing,
    missingBase: missing.filter(({ feature }) => row(feature).alwaysOn).map(({ role }) => role),
    unneeded: roles.filter((role) => !useful(role)),
    working: new Set(features.filter((feature) => !missing.some((one) => one.feature === feature))),
  };
}

/** What a registration or a consent must hold for these features: the asked permission of each, once. */
export function rolesToAsk(enabled: readonly ConnectionFeature[]): readonly NeededPermission[] {
  const asked = new Map<string, NeededPermission>();
  for (const feature of chosenFeatures(enabled))
    for (const needed of row(feature).permissions) asked.set(needed.role, needed);
  return [...asked.values()];
}
