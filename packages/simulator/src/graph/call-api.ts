import { callRecord, directRoutingRow } from './call-log.ts';
import { fail, type GraphAnswer, type GraphCall, notFound, ok } from './graph-world.ts';

/** Logs and records of calls (graph 6; check C1). */

const day = 86_400_000;
const longestSpan = 90 * day;
const pageOfLog = 1_000;

const refuse = (why: string): GraphAnswer => fail(400, 'BadRequest', why, 'C1');

/** A day or a moment, UTC. */
function momentOf(text: string): number | undefined {
  const whole = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
  if (!/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(whole)) return undefined;
  const at = Date.parse(whole);
  return Number.isFinite(at) ? at : undefined;
}

function span(call: GraphCall): { from: number; to: number } | GraphAnswer {
  const from = momentOf(call.params.fromDateTime ?? '');
  const to = momentOf(call.params.toDateTime ?? '');
  if (from === undefined || to === undefined) return refuse('fromDateTime and toDateTime are dates in UTC.');
  if (from >= to) return refuse('fromDateTime must be before toDateTime.');
  return to - from > longestSpan ? refuse('At most 90 days can be asked for.') : { from, to };
}

/** The log ends where it ends: what is over now is shown later. */
const shownBefore = ({ world }: GraphCall): number => world.clock.wall() - world.settings.callLogLagMs;

function logPage(call: GraphCall, rows: readonly Record<string, unknown>[], schema: string): GraphAnswer {
  const skip = Number(call.query.get('$skip') ?? 0);
  if (!Number.isInteger(skip) || skip < 0) return refuse('Invalid $skip value.');
  const value = rows.slice(skip, skip + pageOfLog);
  const next = skip + pageOfLog < rows.length;
  return ok({
    '@odata.context': `${call.base}/$metadata#Collection(microsoft.graph.callRecords.${schema})`,
    '@odata.count': value.length,
    ...(next ? { '@odata.nextLink': `${call.base}${call.path}?$skip=${skip + pageOfLog}` } : {}),
    value,
  });
}

export function getDirectRoutingCalls(call: GraphCall): GraphAnswer {
  const asked = span(call);
  if ('status' in asked) return asked;
  const found = call.world.calls.find(call.tenant.id, asked.from, asked.to, shownBefore(call));
  return logPage(call, found.map(directRoutingRow), 'directRoutingLogRow');
}

/** Calling Plans and operators: nobody here has calls over them. */
export function getPstnCalls(call: GraphCall): GraphAnswer {
  const asked = span(call);
  return 'status' in asked ? asked : logPage(call, [], 'pstnCallLogRow');
}

export function getCallRecord(call: GraphCall): GraphAnswer {
  const id = (call.params['callRecord-id'] ?? '').toLowerCase();
  const found = call.world.calls.byId(call.tenant.id, id, shownBefore(call));
  return found
    ? ok({
        '@odata.context': `${call.base}/$metadata#communications/callRecords/$entity`,
        ...callRecord(found),
      })
    : notFound(id);
}
