import type { GraphAnswer } from './graph-client.ts';
import { GraphError, readGraphError, retryAfterMs } from './graph-error.ts';
import type { HttpsAnswer } from './https-exchange.ts';
import { type OperationName, operations } from './operations.ts';

/** What an answer that is none of the good ones means, by Graph's status and code (microsoft-graph 7.3). */
export function errorOfAnswer(
  name: OperationName | '$batch',
  answer: HttpsAnswer | GraphAnswer | undefined,
  nowWallMs: number,
  cause?: unknown,
  asked?: string,
): GraphError {
  const clientRequestId = answer?.headers['client-request-id'] ?? asked;
  const ours = clientRequestId !== undefined && { clientRequestId };
  if (!answer)
    return new GraphError('graph-unavailable', `${name}: no answer`, {
      operation: name,
      ...ours,
      ...(cause !== undefined && { cause }),
    });
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? null);
  const { code, message } = readGraphError(text);
  const wait = retryAfterMs(answer.headers['retry-after'], nowWallMs, answer.headers.date);
  const requestId = answer.headers['request-id'];
  const scope = name === '$batch' ? undefined : operations[name].permissions[0];
  const { status } = answer;
  return new GraphError(
    status === 429
      ? 'graph-throttled'
      : status === 401
        ? 'graph-unauthorized'
        : status === 403
          ? 'graph-missing-scope'
          : status === 404
            ? 'graph-not-found'
            : status === 410
              ? 'graph-gone'
              : status >= 500 || status === 423
                ? 'graph-unavailable'
                : 'graph-refused',
    `${name}: ${status} ${code} ${message}`.trim(),
    {
      operation: name,
      status,
      theirCode: code,
      ...(wait !== undefined && { retryAfterMs: wait }),
      ...(requestId !== undefined && { requestId }),
      ...ours,
      ...(status === 403 && scope !== undefined && { missingScope: scope }),
    },
  );
}
