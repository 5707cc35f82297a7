/**
 * Everything that we ask of Graph: the allow list. An operation that is not here cannot be sent, and one whose
 * permissions the token lacks is not sent either. Permissions: any one is enough (graph-openapi-cut.json, x-permissions;
 * `operations.test.ts` holds this table to it).
 */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path below /v1.0, with {placeholders}. */
  readonly path: string;
  readonly permissions: readonly [string, ...string[]];
  readonly bucket: Bucket;
  /** What it takes from the bucket: resource units for identity, else requests (microsoft-graph 7.5). */
  readonly cost: number;
  /** May be sent again after an unknown outcome. */
  readonly idempotent: boolean;
  /** `permissions` are those of a person who signed in: an application may not ask this at all. */
  readonly forPerson?: true;
}

/** Limits of Microsoft, per app and tenant; we keep to the share. */
export const buckets = {
  /** 3,500 resource units in 10 s for the smallest tenants. */
  identity: { capacity: 3500, windowMs: 10_000, share: 0.5 },
  presence: { capacity: 1500, windowMs: 30_000, share: 0.6 },
  /** 10,000 requests in 10 minutes and 4 at a time for a mailbox; each mailbox is asked seldom, the sum is ours to bound. */
  calendar: { capacity: 200, windowMs: 1000, share: 0.5 },
  /** The Teams default of 30 a second; not confirmed for /admin/teams, so far less is in order. */
  teamsRead: { capacity: 30, windowMs: 1000, share: 0.4 },
  teamsWrite: { capacity: 30, windowMs: 1000, share: 0.4 },
} as const;
export type Bucket = keyof typeof buckets;

const numbers = '/admin/teams/telephoneNumberManagement';

export const operations = {
  group: {
    method: 'GET',
    path: '/groups/{group-id}',
    permissions: ['GroupMember.Read.All', 'Group.Read.All', 'Directory.Read.All'],
    bucket: 'identity',
    cost: 1,
    idempotent: true,
  },
  transitiveMembers: {
    method: 'GET',
    path: '/groups/{group-id}/transitiveMembers',
    permissions: [
      'GroupMember.Read.All',
      'GroupMember.ReadBasic.All',
      'Group.Read.All',
      'Directory.Read.All',
    ],
    bucket: 'identity',
    cost: 4,
    idempotent: true,
  },
  users: {
    method: 'GET',
    path: '/users',
    // User.ReadBasic.All lists people, but not whether they are enabled or licensed.
    permissions: ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All'],
    bucket: 'identity',
    cost: 1,
    idempotent: true,
  },
  user: {
    method: 'GET',
    path: '/users/{user-id}',
    permissions: ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All'],
    bucket: 'identity',
    cost: 1,
    idempotent: true,
  },
  manager: {
    method: 'GET',
    path: '/users/{user-id}/manager',
    permissions: ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All'],
    bucket: 'identity',
    cost: 1,
    idempotent: true,
  },
  usersDelta: {
    method: 'GET',
    path: '/users/delta',
    permissions: ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All'],
    bucket: 'identity',
    cost: 1,
    idempotent: true,
  },
  groups: {
    method: 'GET',
    path: '/groups',
    permissions: ['GroupMember.Read.All', 'Group.Read.All', 'Directory.Read.All'],
    bucket: 'identity',
    cost: 1,
    idempotent: true,
  },
  groupsDelta: {
    method: 'GET',
    path: '/groups/delta',
    permissions: ['GroupMember.Read.All', 'Group.Read.All', 'Directory.Read.All'],
    bucket: 'identity',
    cost: 1,
    idempotent: true,
  },
  subscriptions: {
    method: 'GET',
    path: '/subscriptions',
    permissions: ['User.Read.All', 'Group.Read.All', 'Directory.Read.All'],
    bucket: 'identity',
    cost: 1,
    idempotent: true,
  },
  createSubscription: {
    method: 'POST',
    path: '/subscriptions',
    permissions: ['User.Read.All', 'Group.Read.All', 'Directory.Read.All'],
    bucket: 'identity',
    cost: 1,
    // After an unknown outcome the list is read first: a second one of its kind is refused.
    idempotent: false,
  },
  renewSubscription: {
    method: 'PATCH',
    path: '/subscriptions/{subscription-id}',
    permissions: ['User.Read.All', 'Group.Read.All', 'Directory.Read.All'],
    bucket: 'identity',
    cost: 1,
    idempotent: true,
  },
  deleteSubscription: {
    method: 'DELETE',
    path: '/subscriptions/{subscription-id}',
    permissions: ['User.Read.All', 'Group.Read.All', 'Directory.Read.All'],
    bucket: 'identity',
    cost: 1,
    idempotent: true,
  },
  numberAssignments: {
    method: 'GET',
    path: `${numbers}/numberAssignments`,
    permissions: ['TeamsTelephoneNumber.Read.All', 'TeamsTelephoneNumber.ReadWrite.All'],
    bucket: 'teamsRead',
    cost: 1,
    idempotent: true,
  },
  assignNumber: {
    method: 'POST',
    path: `${numbers}/numberAssignments/assignNumber`,
    permissions: ['TeamsTelephoneNumber.ReadWrite.All'],
    bucket: 'teamsWrite',
    cost: 1,
    // After an unknown outcome the number is read first (product-behaviour 1.2), so not by the client.
    idempotent: false,
  },
  unassignNumber: {
    method: 'POST',
    path: `${numbers}/numberAssignments/unassignNumber`,
    permissions: ['TeamsTelephoneNumber.ReadWrite.All'],
    bucket: 'teamsWrite',
    cost: 1,
    idempotent: false,
  },
  numberOperation: {
    method: 'GET',
    path: `${numbers}/operations/{operation-id}`,
    permissions: ['TeamsTelephoneNumber.Read.All', 'TeamsTelephoneNumber.ReadWrite.All'],
    bucket: 'teamsRead',
    cost: 1,
    idempotent: true,
  },
  assignPolicies: {
    method: 'POST',
    path: '/admin/teams/policy/userAssignments/assign',
    permissions: ['TeamsPolicyUserAssign.ReadWrite.All'],
    bucket: 'teamsWrite',
    cost: 1,
    idempotent: true,
  },
  unassignPolicies: {
    method: 'POST',
    path: '/admin/teams/policy/userAssignments/unassign',
    permissions: ['TeamsPolicyUserAssign.ReadWrite.All'],
    bucket: 'teamsWrite',
    cost: 1,
    idempotent: true,
  },
  policyId: {
    method: 'GET',
    path: "/admin/teams/policy/getPolicyId(type='{type}',name='{name}')",
    permissions: ['TeamsPolicyUserAssign.ReadWrite.All'],
    bucket: 'teamsRead',
    cost: 1,
    idempotent: true,
  },
  userConfigurations: {
    method: 'GET',
    path: '/admin/teams/userConfigurations',
    permissions: ['TeamsUserConfiguration.Read.All'],
    bucket: 'teamsRead',
    cost: 1,
    idempotent: true,
  },
  userConfiguration: {
    method: 'GET',
    path: '/admin/teams/userConfigurations/{userConfiguration-id}',
    permissions: ['TeamsUserConfiguration.Read.All'],
    bucket: 'teamsRead',
    cost: 1,
    idempotent: true,
  },
  presences: {
    method: 'POST',
    path: '/communications/getPresencesByUserId',
    permissions: ['Presence.Read.All', 'Presence.ReadWrite.All'],
    bucket: 'presence',
    cost: 1,
    idempotent: true,
  },
  setPresence: {
    method: 'POST',
    path: '/users/{user-id}/presence/setPresence',
    permissions: ['Presence.ReadWrite.All'],
    bucket: 'presence',
    cost: 1,
    idempotent: true,
  },
  clearPresence: {
    method: 'POST',
    path: '/users/{user-id}/presence/clearPresence',
    permissions: ['Presence.ReadWrite.All'],
    bucket: 'presence',
    cost: 1,
    idempotent: true,
  },
  setPreferred: {
    method: 'POST',
    path: '/users/{user-id}/presence/setUserPreferredPresence',
    permissions: ['Presence.ReadWrite.All'],
    bucket: 'presence',
    cost: 1,
    idempotent: true,
  },
  clearPreferred: {
    method: 'POST',
    path: '/users/{user-id}/presence/clearUserPreferredPresence',
    permissions: ['Presence.ReadWrite.All'],
    bucket: 'presence',
    cost: 1,
    idempotent: true,
  },
  me: {
    method: 'GET',
    path: '/me',
    permissions: ['User.Read'],
    bucket: 'identity',
    cost: 1,
    idempotent: true,
    forPerson: true,
  },
  myPresence: {
    method: 'GET',
    path: '/me/presence',
    permissions: ['Presence.Read', 'Presence.Read.All'],
    bucket: 'presence',
    cost: 1,
    idempotent: true,
    forPerson: true,
  },
  calendarView: {
    method: 'GET',
    path: '/users/{user-id}/calendarView',
    permissions: ['Calendars.ReadBasic', 'Calendars.Read', 'Calendars.ReadWrite'],
    bucket: 'calendar',
    cost: 1,
    idempotent: true,
  },
  organization: {
    method: 'GET',
    path: '/organization',
    permissions: ['Organization.Read.All', 'Directory.Read.All', 'User.Read.All'],
    bucket: 'identity',
    cost: 1,
    idempotent: true,
  },
  domain: {
    method: 'GET',
    path: '/domains/{domain-id}',
    permissions: ['Domain.Read.All', 'Domain.ReadWrite.All', 'Directory.Read.All'],
    bucket: 'identity',
    cost: 1,
    idempotent: true,
  },
  subscribedSkus: {
    method: 'GET',
    path: '/subscribedSkus',
    permissions: ['LicenseAssignment.Read.All', 'Organization.Read.All', 'Directory.Read.All'],
    bucket: 'identity',
    cost: 3,
    idempotent: true,
  },
  addDomain: {
    method: 'POST',
    path: '/domains',
    permissions: ['Domain.ReadWrite.All'],
    bucket: 'identity',
    cost: 1,
    // A second one is refused with "exists": the domain is read first.
    idempotent: false,
  },
  domainVerificationRecords: {
    method: 'GET',
    path: '/domains/{domain-id}/verificationDnsRecords',
    permissions: ['Domain.Read.All', 'Domain.ReadWrite.All'],
    bucket: 'identity',
    cost: 1,
    idempotent: true,
  },
  verifyDomain: {
    method: 'POST',
    path: '/domains/{domain-id}/verify',
    permissions: ['Domain.ReadWrite.All'],
    bucket: 'identity',
    cost: 1,
    idempotent: true,
  },
  createUser: {
    method: 'POST',
    path: '/users',
    permissions: ['User.ReadWrite.All'],
    bucket: 'identity',
    cost: 1,
    idempotent: false,
  },
  assignLicense: {
    method: 'POST',
    path: '/users/{user-id}/assignLicense',
    permissions: ['LicenseAssignment.ReadWrite.All', 'User.ReadWrite.All'],
    bucket: 'identity',
    cost: 1,
    idempotent: true,
  },
} as const satisfies Record<string, Operation>;
export type OperationName = keyof typeof operations;

/** The path with its parameters filled in and escaped. */
export function pathOf(name: OperationName, params: Readonly<Record<string, string>> = {}): string {
  return operations[name].path.replace(/\{([^}]+)\}/g, (_, key: string) => {
    const value = params[key];
    if (value === undefined || value === '') throw new Error(`${name} needs {${key}}`);
    return encodeURIComponent(value);
  });
}

/** A query in Graph's way: `+` must travel as %2B, `$` stays readable. */
export function queryOf(query: Readonly<Record<string, string | number>> | undefined): string {
  const parts = Object.entries(query ?? {}).map(
    ([key, value]) =>
      `${key}=${encodeURIComponent(String(value)).replaceAll('%24', '$').replaceAll('%2C', ',')}`,
  );
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

/** A text inside an OData filter: quotes are doubled. */
export const odataText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
