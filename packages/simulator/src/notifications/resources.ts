/** What can be subscribed to, and by whom and for how long (graph 3.1, 3.2). */

export type ResourceKind =
  | 'users'
  | 'groups'
  | 'members'
  | 'presences'
  | 'callRecords'
  | 'mailbox'
  | 'chatMessages';

export interface ResourceRules {
  readonly kind: ResourceKind;
  readonly changeTypes: readonly string[];
  readonly maxMinutes: number;
  /** Any of these; undefined: an application cannot. */
  readonly application: readonly string[] | undefined;
  /** Any of these; undefined: a person cannot. */
  readonly delegated: readonly string[] | undefined;
  /** Content may be asked for, encrypted. */
  readonly rich: boolean;
  /** Over an hour only with a lifecycleNotificationUrl (S5). */
  readonly teams: boolean;
  /** Longest life with content, if it is another. */
  readonly maxMinutesRich?: number;
  /** Subscriptions of all apps in one tenant; undefined: the quotas of the directory. */
  readonly perTenant?: number;
}

export interface Watched {
  readonly rules: ResourceRules;
  /** Object ids that are watched; empty: all. */
  readonly ids: readonly string[];
}

const directoryMinutes = 41_760;
const users: ResourceRules = {
  kind: 'users',
  // Coming and going softly are updates; `created` is not offered (S8).
  changeTypes: ['updated', 'deleted'],
  maxMinutes: directoryMinutes,
  application: ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  delegated: ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  rich: false,
  teams: false,
};
const groups: ResourceRules = {
  ...users,
  kind: 'groups',
  // GroupMember.Read.All is not enough here.
  application: ['Group.Read.All', 'Group.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  delegated: ['Group.Read.All', 'Group.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
};
const presences: ResourceRules = {
  kind: 'presences',
  changeTypes: ['updated'],
  maxMinutes: 60,
  application: undefined,
  delegated: ['Presence.Read.All'],
  rich: true,
  teams: true,
};
const callRecords: ResourceRules = {
  kind: 'callRecords',
  changeTypes: ['created', 'updated'],
  maxMinutes: 4_230,
  application: ['CallRecords.Read.All'],
  delegated: undefined,
  rich: false,
  teams: false,
  perTenant: 100,
};
const mailbox = (permissions: readonly string[]): ResourceRules => ({
  kind: 'mailbox',
  changeTypes: ['created', 'updated', 'deleted'],
  maxMinutes: 10_080,
  maxMinutesRich: 1_440,
  application: permissions,
  delegated: permissions,
  rich: true,
  teams: false,
  perTenant: 1_000,
});
const chatMessages: ResourceRules = {
  kind: 'chatMessages',
  changeTypes: ['created', 'updated', 'deleted'],
  maxMinutes: 4_320,
  application: ['Chat.Read.All', 'Chat.ReadWrite.All'],
  delegated: ['Chat.Read', 'Chat.ReadWrite'],
  rich: true,
  teams: true,
  perTenant: 10_000,
};

const guid = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';

const table: readonly (readonly [RegExp, ResourceRules])[] = [
  [/^users$/i, users],
  [new RegExp(`^users[/(]'?(${guid})'?\\)?$`, 'i'), users],
  [/^groups$/i, groups],
  [new RegExp(`^groups[/(]'?(${guid})'?\\)?$`, 'i'), groups],
  [new RegExp(`^groups/(${guid})/(?:members|owners)$`, 'i'), { ...groups, kind: 'members' }],
  [new RegExp(`^communications/presences[/(]'?(${guid})'?\\)?$`, 'i'), presences],
  [/^communications\/callRecords$/i, callRecords],
  [/^users\/[^/]+\/events$/i, mailbox(['Calendars.Read', 'Calendars.ReadWrite'])],
  [/^users\/[^/]+\/contacts$/i, mailbox(['Contacts.Read', 'Contacts.ReadWrite'])],
  [/^chats\/[^/]+\/messages$/i, chatMessages],
];

/** At most so many people in one presence subscription (S3). */
export const mostPresences = 650;

/** The rules of a resource, or what is wrong with its name. */
export function watchedOf(resource: string): Watched | string {
  const path = resource.replace(/^\//, '');
  if (/^https?:/i.test(path)) return 'resource must be relative: without the address of Graph.';
  const many = /^communications\/presences\?\$filter=id in \((.*)\)$/i.exec(path);
  if (many) {
    const ids = (many[1] ?? '')
      .split(',')
      .map((one) => new RegExp(`^\\s*'(${guid})'\\s*$`).exec(one)?.[1]?.toLowerCase());
    if (ids.some((id) => id === undefined)) return 'The filter names ids in quotes, nothing else.';
    const distinct = [...new Set(ids as string[])];
    if (distinct.length > mostPresences || distinct.length !== ids.length)
      return `The filter names 1 to ${mostPresences} distinct ids.`;
    return { rules: presences, ids: distinct };
  }
  if (/^communications\/presences(\?|$)/i.test(path))
    return 'Presences are named one by one: communications/presences?$filter=id in (…).';
  for (const [pattern, rules] of table) {
    const found = pattern.exec(path);
    if (found) return { rules, ids: found[1] === undefined ? [] : [found[1].toLowerCase()] };
  }
  return `Resource '${resource}' is not supported.`;
}
