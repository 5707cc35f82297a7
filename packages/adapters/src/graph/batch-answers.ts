import type { BatchItem, GraphAnswer } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import { operations, pathOf, queryOf } from './operations.ts';

/** Several requests as one (microsoft-graph 7.4); their place is their id. */
export const batchBody = (items: readonly BatchItem[]): object => ({
  requests: items.map((item, id) => ({
    id: String(id),
    method: operations[item.operation].method,
    url: `${pathOf(item.operation, item.params)}${queryOf(item.query)}`,
    ...(item.body !== undefined && { body: item.body }),
    ...((item.body !== undefined || item.headers) && {
      headers: {
        ...item.headers,
        ...(item.body !== undefined && { 'Content-Type': 'application/json' }),
      },
    }),
  })),
});

/** What came of each, by its id. Throws when the answer is none of a batch. */
export function innerAnswers({ body, headers: outer }: GraphAnswer): Map<string, GraphAnswer> {
  const { responses } = (body ?? {}) as { responses?: unknown };
  if (!Array.isArray(responses))
    throw new GraphError('graph-unexpected-answer', 'a batch answered without responses', {
      operation: '$batch',
    });
  type Inner = { id?: unknown; status?: unknown; headers?: unknown; body?: unknown };
  return new Map(
    (responses as Inner[]).map((one) => {
      const headers = Object.entries((one.headers ?? {}) as Record<string, unknown>);
      return [
        String(one.id),
        {
          status: Number(one.status),
          headers: {
            // A wait that is a date is read against the time of the whole answer, and what has no id of its own goes by its ids.
            ...ofTheWhole(outer),
            ...Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), String(value)])),
          },
          body: one.body,
        },
      ];
    }),
  );
}

function ofTheWhole(headers: GraphAnswer['headers']): Record<string, string> {
  const kept = ['date', 'request-id', 'client-request-id'];
  return Object.fromEntries(Object.entries(headers).filter(([name]) => kept.includes(name)));
}
