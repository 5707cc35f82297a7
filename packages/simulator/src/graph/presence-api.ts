import type { TeamsUser } from '../directory/tenant.ts';
import { shuffled } from '../random.ts';
import { context, fail, type GraphAnswer, type GraphCall, notFound, ok } from './graph-world.ts';
import type { Pair } from './presence-book.ts';
import { seenUser } from './users.ts';

/** Presence read and written by an app (graph 2.1 to 2.5; checks P1 to P5). */

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const sessionPairs = [
  'Available/Available',
  'Busy/InACall',
  'Busy/InAConferenceCall',
  'Away/Away',
  'DoNotDisturb/Presenting',
];
const preferredPairs = [
  'Available/Available',
  'Busy/Busy',
  'DoNotDisturb/DoNotDisturb',
  'BeRightBack/BeRightBack',
  'Away/Away',
  'Offline/OffWork',
];

function presenceEntity(call: GraphCall, user: TeamsUser): Record<string, unknown> {
  const shown = call.world.presence.shown(user);
  return {
    id: user.objectId,
    availability: worded(call, shown.availability),
    activity: worded(call, shown.activity),
    outOfOfficeSettings: { isOutOfOffice: shown.outOfOffice, message: null },
    statusMessage: statusMessage(call, user),
    // Sorts as text; nobody may parse it.
    sequenceNumber: `A${String(shown.sequence).padStart(19, '0')}`,
    workLocation: { placeId: null, source: 'none', workLocationType: 'unspecified' },
  };
}

/** The articles do not agree on the spelling, and values come that nobody has seen before (P9). */
function worded({ world }: GraphCall, value: string): string {
  switch (world.settings.presenceNames) {
    case 'camel':
      return value.slice(0, 1).toLowerCase() + value.slice(1);
    case 'fresh':
      return `${value}Elsewhere`;
    default:
      return value;
  }
}

/** When it was written and when it ends is for the person alone (P8). */
function statusMessage({ world, caller }: GraphCall, user: TeamsUser): Record<string, unknown> | null {
  const status = world.presence.status(user);
  if (!status) return null;
  const message = { content: status.content, contentType: 'text' };
  if (caller.kind !== 'user' || caller.objectId !== user.objectId) return { message };
  const { publishedAt, expiresAt } = status;
  return {
    message,
    publishedDateTime: new Date(publishedAt).toISOString(),
    ...(expiresAt === undefined
      ? {}
      : { expiryDateTime: { dateTime: new Date(expiresAt).toISOString().slice(0, -1), timeZone: 'UTC' } }),
  };
}

export function getPresence(call: GraphCall): GraphAnswer {
  const id = call.params['user-id'] ?? call.params['presence-id'] ?? '';
  const user = seenUser(call, id);
  if (!user) return notFound(id);
  return ok({
    '@odata.context': context(call.base, `users('${user.objectId}')/presence/$entity`),
    ...presenceEntity(call, user),
  });
}

/** Asked for somebody unknown: left out, or unknown, by turns, because Microsoft does not say which (P1). */
let leaveOut = false;

export function getPresencesByUserId(call: GraphCall): GraphAnswer {
  const { ids } = call.body as { ids: readonly string[] };
  if (ids.length === 0) return fail(400, 'BadRequest', 'ids must not be empty.', 'P1');
  const wrong = ids.find((id) => !guid.test(id));
  if (wrong !== undefined) return fail(400, 'BadRequest', `'${wrong}' is no object id.`, 'P1');
  const value: Record<string, unknown>[] = [];
  for (const id of new Set(ids.map((one) => one.toLowerCase()))) {
    const user = seenUser(call, id);
    if (user) value.push(presenceEntity(call, user));
    else {
      leaveOut = !leaveOut;
      if (!leaveOut) value.push({ id, availability: 'PresenceUnknown', activity: 'PresenceUnknown' });
    }
  }
  return ok({
    '@odata.context': context(call.base, 'Collection(microsoft.graph.presence)'),
    value: shuffled(value, call.world.random),
  });
}

/** Milliseconds of an ISO 8601 duration without years and months. */
export function durationMs(text: string): number | undefined {
  const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  if (!parts || /^P$|T$/.test(text)) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

interface SetBody extends Pair {
  readonly sessionId?: string | null;
  readonly expirationDuration?: string | null;
}

const target = (call: GraphCall): TeamsUser | undefined => seenUser(call, call.params['user-id'] ?? '');

export function setPresence(call: GraphCall): GraphAnswer {
  const { sessionId, availability, activity, expirationDuration } = call.body as SetBody;
  const user = target(call);
  if (!user) return notFound(call.params['user-id'] ?? '');
  const refuse = (why: string): GraphAnswer => fail(400, 'BadRequest', why, 'P2');
  if (sessionId?.toLowerCase() !== call.caller.appId)
    return refuse('sessionId must be the id of the application that calls.');
  if (!sessionPairs.includes(`${availability}/${activity}`))
    return refuse(`The pair ${availability}/${activity} cannot be set.`);
  const duration = durationMs(expirationDuration ?? 'PT5M');
  if (duration === undefined || duration < 300_000 || duration > 14_400_000)
    return refuse('expirationDuration must be PT5M to PT4H.');
  call.world.presence.set(user, call.caller.appId, { availability, activity }, duration);
  return { status: 200 };
}

export function clearPresence(call: GraphCall): GraphAnswer {
  const { sessionId } = (call.body ?? {}) as { sessionId?: string | null };
  const user = target(call);
  if (!user) return notFound(call.params['user-id'] ?? '');
  if (sessionId?.toLowerCase() !== call.caller.appId)
    return fail(400, 'BadRequest', 'sessionId must be the id of the application that calls.', 'P2');
  return call.world.presence.clear(user, call.caller.appId)
    ? { status: 200 }
    : fail(404, 'NotFound', 'There is no session of this application.', 'P4');
}

export function setPreferred(call: GraphCall): GraphAnswer {
  const { availability, activity, expirationDuration } = call.body as SetBody;
  const user = target(call);
  if (!user) return notFound(call.params['user-id'] ?? '');
  if (!preferredPairs.includes(`${availability}/${activity}`))
    return fail(400, 'BadRequest', `The pair ${availability}/${activity} cannot be preferred.`, 'P5');
  const given = expirationDuration ?? undefined;
  const duration = given === undefined ? undefined : durationMs(given);
  if (given !== undefined && (duration === undefined || duration === 0))
    return fail(400, 'BadRequest', 'expirationDuration is no duration.', 'P5');
  call.world.presence.prefer(user, { availability, activity }, duration);
  return { status: 200 };
}

export function clearPreferred(call: GraphCall): GraphAnswer {
  const user = target(call);
  if (!user) return notFound(call.params['user-id'] ?? '');
  call.world.presence.clearPreferred(user);
  return { status: 200 };
}

interface StatusBody {
  readonly statusMessage?: {
    readonly message?: { readonly content?: string | null; readonly contentType?: string | null } | null;
    readonly expiryDateTime?: { readonly dateTime?: string; readonly timeZone?: string | null } | null;
  } | null;
}

const longestStatus = 280;

export function setStatusMessage(call: GraphCall): GraphAnswer {
  const user = target(call);
  if (!user) return notFound(call.params['user-id'] ?? '');
  const refuse = (why: string): GraphAnswer => fail(400, 'BadRequest', why, 'P8');
  const { statusMessage: given } = (call.body ?? {}) as StatusBody;
  const { content = '', contentType } = given?.message ?? {};
  if ((contentType ?? 'text').toLowerCase() !== 'text') return refuse('contentType must be text.');
  if ((content ?? '').length > longestStatus) return refuse(`At most ${longestStatus} characters.`);
  const { dateTime, timeZone } = given?.expiryDateTime ?? {};
  let expiresAt: number | undefined;
  if (dateTime !== undefined) {
    expiresAt = Date.parse(/Z$/.test(dateTime) ? dateTime : `${dateTime}Z`);
    // Other zones than UTC would need a table of them; nobody here sends one.
    if (!Number.isFinite(expiresAt) || (timeZone ?? 'UTC').toUpperCase() !== 'UTC')
      return refuse('expiryDateTime must be a time in UTC.');
  }
  call.world.presence.setStatus(user, content || undefined, expiresAt);
  return { status: 200 };
}
