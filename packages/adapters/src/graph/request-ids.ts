import type { RequestIds } from '@tandem/engine';
import type { GraphAnswer } from './graph-client.ts';
import { GraphError } from './graph-error.ts';

/** How Microsoft's support finds a request: by their id of it, or by ours when they gave none (microsoft-graph 7.3). */
export function requestIdsOf(answer: unknown): { readonly request?: RequestIds } {
  const { requestId, clientRequestId } =
    answer instanceof GraphError
      ? answer
      : {
          requestId: (answer as GraphAnswer | undefined)?.headers?.['request-id'],
          clientRequestId: (answer as GraphAnswer | undefined)?.headers?.['client-request-id'],
        };
  if (requestId === undefined && clientRequestId === undefined) return {};
  return {
    request: {
      ...(requestId !== undefined && { requestId }),
      ...(clientRequestId !== undefined && { clientRequestId }),
    },
  };
}
