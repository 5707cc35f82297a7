import { fail, type GraphAnswer, type GraphCall, notFound } from './graph-world.ts';
import { page } from './listing.ts';
import type { CalendarEvent } from './presence-book.ts';
import { seenUser } from './users.ts';

/** What stands in a calendar between two times (graph 7.1; check K1). */

const day = 86_400_000;
const longestMs = 1_825 * day;

/** With an offset, or in UTC without one. */
function wallOf(text: string | null): number | undefined {
  if (text === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text)) return undefined;
  const at = Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`);
  return Number.isFinite(at) ? at : undefined;
}

const timeOf = (wall: number) => ({
  dateTime: `${new Date(wall).toISOString().slice(0, -1)}0000`,
  timeZone: 'UTC',
});

const entityOf = (event: CalendarEvent): Record<string, unknown> => ({
  id: event.id,
  subject: event.subject,
  start: timeOf(event.startsAt),
  end: timeOf(event.endsAt),
  showAs: event.showAs,
  isAllDay: event.isAllDay,
  isCancelled: event.isCancelled,
  sensitivity: 'normal',
});

export function getCalendarView(call: GraphCall): GraphAnswer {
  const id = call.params['user-id'] ?? '';
  const user = seenUser(call, id);
  if (!user) return notFound(id);
  const from = wallOf(call.query.get('startDateTime'));
  const until = wallOf(call.query.get('endDateTime'));
  if (from === undefined || until === undefined)
    return fail(
      400,
      'ErrorInvalidParameter',
      'This request requires a time window specified by the query string parameters StartDateTime and EndDateTime.',
      'K1',
    );
  if (until < from || until - from > longestMs)
    return fail(400, 'ErrorInvalidParameter', 'The window ends before it starts, or is too long.', 'K1');
  if (user.mail === null)
    return fail(404, 'MailboxNotEnabledForRESTAPI', 'The mailbox is inactive or hosted on-premise.');
  const rules = { schema: 'microsoft.graph.event', defaultTop: 10, maxTop: 1_000, directory: false };
  return page(
    call,
    call.world.presence.events(user, from, until),
    rules,
    `users('${id}')/calendarView`,
    entityOf,
  );
}
