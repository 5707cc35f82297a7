import type { CalendarRead, CalendarSpan, TenantCalendars } from '@tandem/engine';
import type { GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';

/** What of an event says whether the person is in a meeting; nothing else of it is asked for. */
const fields = 'start,end,showAs,isAllDay,isCancelled';
/** Nobody is in more meetings within half an hour. */
const mostEvents = 50;

/**
 * Meetings of up to 20 people in one request (microsoft-graph 7.1, 7.4). A mailbox that is not there has no meetings; one
 * that could not be read now is missing from the map.
 */
export function tenantCalendars(graph: GraphClient): TenantCalendars {
  return {
    async read(objectIds, fromWallMs, untilWallMs): Promise<CalendarRead> {
      const query = {
        startDateTime: new Date(fromWallMs).toISOString(),
        endDateTime: new Date(untilWallMs).toISOString(),
        $select: fields,
        $top: mostEvents,
      };
      const items = objectIds.map((id) => ({
        operation: 'calendarView' as const,
        params: { 'user-id': id },
        query,
        headers: { Prefer: 'outlook.timezone="UTC"' },
      }));
      let answers: Awaited<ReturnType<GraphClient['batch']>>;
      try {
        answers = await graph.batch(items);
      } catch (error) {
        if (!(error instanceof GraphError)) throw error;
        return failure(error);
      }
      const found = new Map<string, readonly CalendarSpan[]>();
      let worst: GraphError | undefined;
      for (const [index, answer] of answers.entries()) {
        const id = objectIds[index] as string;
        if (!(answer instanceof GraphError)) found.set(id, spansOf(answer.body));
        else if (answer.code === 'graph-not-found') found.set(id, []);
        else worst = answer;
      }
      return found.size === 0 && worst ? failure(worst) : { is: 'read', found };
    },
  };
}

function failure({ code, retryAfterMs }: GraphError): CalendarRead {
  if (code === 'graph-throttled' || retryAfterMs !== undefined)
    return { is: 'throttled', ...(retryAfterMs !== undefined && { retryAfterMs }) };
  const refused =
    code === 'graph-missing-scope' || code === 'graph-unauthorized' || code.startsWith('sign-in-');
  return { is: refused && code !== 'sign-in-unavailable' ? 'refused' : 'failed' };
}

interface GraphEvent {
  readonly start?: { readonly dateTime?: unknown };
  readonly end?: { readonly dateTime?: unknown };
  readonly showAs?: unknown;
  readonly isAllDay?: unknown;
  readonly isCancelled?: unknown;
}

function spansOf(body: unknown): readonly CalendarSpan[] {
  const { value } = (body ?? {}) as { value?: unknown };
  if (!Array.isArray(value)) return [];
  const spans: CalendarSpan[] = [];
  for (const event of value as (GraphEvent | null)[]) {
    // A whole day is a birthday or a holiday, not a meeting.
    if (event?.showAs !== 'busy' || event.isAllDay === true || event.isCancelled === true) continue;
    const startsAtWallMs = utc(event.start?.dateTime);
    const endsAtWallMs = utc(event.end?.dateTime);
    if (startsAtWallMs < endsAtWallMs) spans.push({ startsAtWallMs, endsAtWallMs });
  }
  return spans;
}

/** Graph gives times without an offset and with seven digits after the point; we asked for UTC. */
const utc = (text: unknown): number =>
  typeof text === 'string'
    ? Date.parse(`${text.replace(/(\.\d{3})\d*$/, '$1').replace(/Z$/, '')}Z`)
    : Number.NaN;
