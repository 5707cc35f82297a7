import {
  createSubscription,
  deleteSubscription,
  getSubscription,
  listSubscriptions,
  patchSubscription,
  reauthorizeSubscription,
} from '../notifications/api.ts';
import { getCalendarView } from './calendar-api.ts';
import { getCallRecord, getDirectRoutingCalls, getPstnCalls } from './call-api.ts';
import { groupsDelta, usersDelta } from './delta.ts';
import { directoryRoutes } from './directory-routes.ts';
import type { GraphAnswer, GraphCall } from './graph-world.ts';
import { countMembers, getGroup, listGroups, listMembers } from './groups.ts';
import { getManager } from './manager.ts';
import {
  getMailboxSettings,
  getMe,
  getMyPresence,
  sendActivityNotification,
  sendActivityToMany,
  sendChatMessage,
  sendMail,
  sendMyMail,
} from './message-api.ts';
import {
  assignNumber,
  getNumber,
  getOperation,
  listNumbers,
  unassignNumber,
  updateNumber,
} from './numbers.ts';
import {
  clearPreferred,
  clearPresence,
  getPresence,
  getPresencesByUserId,
  setPreferred,
  setPresence,
  setStatusMessage,
} from './presence-api.ts';
import type { ServiceName } from './throttle.ts';
import { getUserConfiguration, listUserConfigurations } from './user-configurations.ts';
import { getUser, licenseDetails, listUsers } from './users.ts';

/** Every operation that the twin's Graph knows. `template` is the path in Microsoft's description. */

export interface GraphRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly template: string;
  /** Path if it differs from the template: casts and counts, which the description leaves out. */
  readonly path?: string;
  readonly service: ServiceName;
  /** Resource units of identity reads (graph 7.5). */
  readonly cost?: number;
  /** The operation judges by itself who may call it: what is needed depends on the resource that is named. */
  readonly ownPermissions?: true;
  run(call: GraphCall): GraphAnswer | Promise<GraphAnswer>;
}

const numbers = '/admin/teams/telephoneNumberManagement';
const get = (template: string, service: ServiceName, run: GraphRoute['run'], cost = 1): GraphRoute => ({
  method: 'GET',
  template,
  service,
  cost,
  run,
});
const post = (template: string, service: ServiceName, run: GraphRoute['run']): GraphRoute => ({
  method: 'POST',
  template,
  service,
  run,
});

/** Who may subscribe depends on what they subscribe to (graph 3.2). */
const own = (
  method: GraphRoute['method'],
  template: string,
  service: ServiceName,
  run: GraphRoute['run'],
): GraphRoute => ({ method, template, service, run, ownPermissions: true });
const subscription = '/subscriptions/{subscription-id}';

const members = '/groups/{group-id}/members';
const transitive = '/groups/{group-id}/transitiveMembers';

const callRecords = '/communications/callRecords';
const between = '(fromDateTime={fromDateTime},toDateTime={toDateTime})';

export const graphRoutes: readonly GraphRoute[] = [
  get('/users', 'identity', listUsers, 2),
  get('/users/delta', 'identity', usersDelta),
  get('/users/{user-id}', 'identity', getUser),
  get('/users/{user-id}/manager', 'identity', getManager),
  get('/users/{user-id}/licenseDetails', 'identity', licenseDetails, 2),
  get('/groups', 'identity', listGroups),
  get('/groups/delta', 'identity', groupsDelta),
  get('/groups/{group-id}', 'identity', getGroup),
  get(members, 'identity', listMembers('direct', 'all'), 3),
  { ...get(members, 'identity', listMembers('direct', 'users'), 3), path: `${members}/microsoft.graph.user` },
  { ...get(members, 'identity', countMembers('direct')), path: `${members}/$count` },
  get(transitive, 'identity', listMembers('transitive', 'all'), 5),
  {
    ...get(transitive, 'identity', listMembers('transitive', 'users'), 5),
    path: `${transitive}/microsoft.graph.user`,
  },
  { ...get(transitive, 'identity', countMembers('transitive')), path: `${transitive}/$count` },

  own('GET', '/subscriptions', 'teams', listSubscriptions),
  own('POST', '/subscriptions', 'teams', createSubscription),
  own('GET', subscription, 'teams', getSubscription),
  own('PATCH', subscription, 'teams', patchSubscription),
  own('DELETE', subscription, 'teams', deleteSubscription),
  own('POST', `${subscription}/reauthorize`, 'teams', reauthorizeSubscription),

  get('/users/{user-id}/presence', 'presence', getPresence),
  get('/communications/presences/{presence-id}', 'presence', getPresence),
  post('/communications/getPresencesByUserId', 'presence', getPresencesByUserId),
  post('/users/{user-id}/presence/setPresence', 'presence', setPresence),
  post('/users/{user-id}/presence/clearPresence', 'presence', clearPresence),
  post('/users/{user-id}/presence/setUserPreferredPresence', 'presence', setPreferred),
  post('/users/{user-id}/presence/clearUserPreferredPresence', 'presence', clearPreferred),
  post('/users/{user-id}/presence/setStatusMessage', 'presence', setStatusMessage),

  get('/admin/teams/userConfigurations', 'teams', listUserConfigurations),
  get('/admin/teams/userConfigurations/{userConfiguration-id}', 'teams', getUserConfiguration),
  get(`${numbers}/numberAssignments`, 'teams', listNumbers),
  get(`${numbers}/numberAssignments/{numberAssignment-id}`, 'teams', getNumber),
  post(`${numbers}/numberAssignments/assignNumber`, 'teams', assignNumber),
  post(`${numbers}/numberAssignments/unassignNumber`, 'teams', unassignNumber),
  post(`${numbers}/numberAssignments/updateNumber`, 'teams', updateNumber),
  get(`${numbers}/operations/{operation-id}`, 'teams', getOperation),

  get('/me', 'identity', getMe),
  get('/me/presence', 'presence', getMyPresence),
  post('/me/sendMail', 'outlook', sendMyMail),
  post('/users/{user-id}/sendMail', 'outlook', sendMail),
  get('/users/{user-id}/calendarView', 'outlook', getCalendarView),
  get('/users/{user-id}/mailboxSettings', 'outlook', getMailboxSettings),
  post('/users/{user-id}/teamwork/sendActivityNotification', 'activity', sendActivityNotification),
  post('/teamwork/sendActivityNotificationToRecipients', 'activity', sendActivityToMany),
  own('POST', '/chats/{chat-id}/messages', 'chat', sendChatMessage),

  get(`${callRecords}/getDirectRoutingCalls${between}`, 'pstnLogs', getDirectRoutingCalls),
  get(`${callRecords}/getPstnCalls${between}`, 'pstnLogs', getPstnCalls),
  get(`${callRecords}/{callRecord-id}`, 'callRecords', getCallRecord),
  ...directoryRoutes,
];

/** The route of a path below the version; `keys('id')` means `keys/id`. */
export function findRoute(
  method: string,
  path: string,
): { readonly route: GraphRoute; readonly params: Record<string, string> } | 'other-method' | undefined {
  const asked = path
    .split('/')
    .slice(1)
    .flatMap((segment) => {
      const keyed = /^([A-Za-z]+)\('([^']*)'\)$/.exec(segment);
      return keyed ? [keyed[1] as string, keyed[2] as string] : [segment];
    });
  let otherMethod = false;
  for (const route of graphRoutes) {
    const wanted = (route.path ?? route.template).split('/').slice(1);
    if (wanted.length !== asked.length) continue;
    const params: Record<string, string> = {};
    const fits = wanted.every((segment, index) => {
      const given = asked[index] as string;
      const name = /^\{(.+)\}$/.exec(segment)?.[1];
      if (segment.includes('={') || segment.includes("'{")) return readFunction(segment, given, params);
      if (name === undefined) return segment.toLowerCase() === given.toLowerCase();
      params[name] = given;
      return given !== '';
    });
    if (!fits) continue;
    if (route.method === method) return { route, params };
    otherMethod = true;
  }
  return otherMethod ? 'other-method' : undefined;
}

/** `name(a='{a}',b={b})`: a function with its parameters, in any order; a quote inside a text is doubled. */
function readFunction(template: string, given: string, params: Record<string, string>): boolean {
  const [, name = '', list = ''] = /^([A-Za-z]+)\((.*)\)$/.exec(template) ?? [];
  const wanted = [...list.matchAll(/(\w+)='?\{\w+\}'?/g)].map((match) => match[1] as string);
  const asked = /^([A-Za-z]+)\((.*)\)$/.exec(given);
  if (asked?.[1]?.toLowerCase() !== name.toLowerCase()) return false;
  const found = new Map(
    [...(asked[2] ?? '').matchAll(/(\w+)=(?:'((?:[^']|'')*)'|([^,']*))/g)].map((match) => [
      (match[1] as string).toLowerCase(),
      (match[2] ?? match[3] ?? '').replaceAll("''", "'"),
    ]),
  );
  for (const one of wanted) params[one] = found.get(one.toLowerCase()) ?? '';
  return found.size === wanted.length && wanted.every((one) => found.has(one.toLowerCase()));
}
