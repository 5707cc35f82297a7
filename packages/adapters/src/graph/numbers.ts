import type { WriteOutcome } from '@tandem/engine';
import type { GraphAnswer, GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import { type GraphNumberAssignment, type GraphNumberOperation, hasId } from './graph-types.ts';
import { odataText } from './operations.ts';
import { requestIdsOf } from './request-ids.ts';

/** What is asked of Microsoft about one number. */
export type NumberWrite =
  | { readonly kind: 'assign'; readonly number: string; readonly objectId: string }
  | { readonly kind: 'unassign'; readonly number: string };

/** The number in Microsoft's inventory, or null when Microsoft does not know it. */
export async function readNumber(graph: GraphClient, number: string): Promise<GraphNumberAssignment | null> {
  const { numbers } = await readNumbers(graph, `telephoneNumber eq ${odataText(number)}`);
  // A filter that was not understood must not make another number ours.
  return numbers.find((one) => one.telephoneNumber === number) ?? null;
}

export interface Sweep<T> {
  readonly numbers: readonly T[];
  readonly requests: number;
}

/** All numbers of the tenant, of every kind: one sweep instead of a request a person. */
export function readAllNumbers(graph: GraphClient): Promise<Sweep<GraphNumberAssignment>> {
  return readNumbers(graph);
}

async function readNumbers(graph: GraphClient, filter?: string): Promise<Sweep<GraphNumberAssignment>> {
  const found: GraphNumberAssignment[] = [];
  let requests = 0;
  const query = { ...(filter !== undefined && { $filter: filter }), $top: 1000 };
  for await (const page of graph.pages('numberAssignments', { query })) {
    requests++;
    for (const one of page) if (hasId(one)) found.push(one);
  }
  return { numbers: found, requests };
}

/** Who has these numbers, and which numbers these people have, 20 questions to a request. */
export async function readNumbersOf(
  graph: GraphClient,
  numbers: readonly string[],
  objectIds: readonly string[],
): Promise<Sweep<GraphNumberAssignment> | GraphError> {
  const filters = [
    ...numbers.map((number) => `telephoneNumber eq ${odataText(number)}`),
    ...objectIds.map((id) => `assignmentTargetId eq ${odataText(id)}`),
  ];
  const answers = await graph.batch(
    filters.map(($filter) => ({ operation: 'numberAssignments' as const, query: { $filter, $top: 1000 } })),
  );
  const found = new Map<string, GraphNumberAssignment>();
  for (const answer of answers) {
    if (answer instanceof GraphError) return answer;
    const { value } = (answer.body ?? {}) as { value?: unknown };
    for (const one of Array.isArray(value) ? value : []) if (hasId(one)) found.set(one.id, one);
  }
  return { numbers: [...found.values()], requests: Math.ceil(filters.length / 20) };
}

const bodyOf = (write: NumberWrite): Readonly<Record<string, string>> => ({
  telephoneNumber: write.number,
  numberType: 'directRouting',
  ...(write.kind === 'assign' && {
    assignmentTargetId: write.objectId,
    assignmentCategory: 'primary',
  }),
});

/** Asks Microsoft to give or take numbers, 20 to a request. Never throws for what Graph says: outcomes for the engine. */
export async function writeNumbers(
  graph: GraphClient,
  writes: readonly NumberWrite[],
): Promise<readonly WriteOutcome[]> {
  const [only] = writes;
  if (!only) return [];
  if (writes.length === 1) {
    try {
      return [takenAs(only, await graph.call(operationOf(only), { body: bodyOf(only) }))];
    } catch (error) {
      return [outcomeOf(error)];
    }
  }
  const answers = await graph.batch(
    writes.map((write) => ({ operation: operationOf(write), body: bodyOf(write) })),
  );
  return writes.map((write, i) => {
    const answer = answers[i];
    return answer === undefined || answer instanceof GraphError ? outcomeOf(answer) : takenAs(write, answer);
  });
}

const operationOf = ({ kind }: NumberWrite): 'assignNumber' | 'unassignNumber' =>
  kind === 'assign' ? 'assignNumber' : 'unassignNumber';

function takenAs({ kind }: NumberWrite, answer: GraphAnswer): WriteOutcome {
  const operationId = operationIdOf(answer.headers.location);
  const asked = requestIdsOf(answer);
  // Accepted without a name for it: the number itself will tell.
  return operationId === undefined
    ? { kind: 'forgotten', ...asked }
    : { kind: 'accepted', write: kind, operationId, ...asked };
}

/** `…/operations('QXNz')` and `…/operations/QXNz` (microsoft-graph 5.2). */
export function operationIdOf(location: string | undefined): string | undefined {
  const found = /\/operations(?:\('([^']+)'\)|\/([^/?]+))/.exec(location ?? '');
  const id = found?.[1] ?? found?.[2];
  return id === undefined ? undefined : decodeURIComponent(id);
}

/** How these operations stand, 20 to a request. Never throws for what Graph says. */
export async function pollNumberOperations(
  graph: GraphClient,
  operationIds: readonly string[],
): Promise<readonly WriteOutcome[]> {
  const params = (id: string) => ({ 'operation-id': id });
  const [only] = operationIds;
  if (operationIds.length === 1 && only !== undefined) {
    try {
      return [standingOf(await graph.call('numberOperation', { params: params(only) }))];
    } catch (error) {
      return [pollFailed(error)];
    }
  }
  const answers = await graph.batch(
    operationIds.map((id) => ({ operation: 'numberOperation' as const, params: params(id) })),
  );
  return operationIds.map((_, i) => {
    const answer = answers[i];
    return answer === undefined || answer instanceof GraphError ? pollFailed(answer) : standingOf(answer);
  });
}

function standingOf(answer: GraphAnswer): WriteOutcome {
  return { ...standing(answer.body), ...requestIdsOf(answer) };
}

function standing(body: unknown): WriteOutcome {
  // The published sample wraps the object in `value` (microsoft-graph 5.2).
  const inner = (body as { value?: unknown } | undefined)?.value ?? body;
  const { status, numbers } = (inner ?? {}) as GraphNumberOperation;
  const detail = numbers?.find((one) => one?.statusDetail)?.statusDetail;
  if (status === 'succeeded' && !numbers?.some((one) => one?.status === 'failed'))
    return { kind: 'succeeded' };
  if (status === 'failed' || status === 'succeeded')
    return { kind: 'refused', code: 'PRV-501', reason: detail ?? 'no reason given' };
  return { kind: 'running' };
}

function pollFailed(error: unknown): WriteOutcome {
  if (error instanceof GraphError && error.code === 'graph-not-found')
    return { kind: 'forgotten', ...requestIdsOf(error) };
  const outcome = outcomeOf(error);
  // A poll that is refused says nothing about the number.
  return outcome.kind === 'refused' ? { kind: 'later', ...requestIdsOf(error) } : outcome;
}

/** What the failure of a write means. Undefined: a batch that lost an answer. */
export function outcomeOf(error: unknown): WriteOutcome {
  if (error === undefined) return { kind: 'later' };
  if (!(error instanceof GraphError)) throw error;
  const asked = requestIdsOf(error);
  if (error.code === 'graph-refused' || error.code === 'graph-not-found')
    return { kind: 'refused', code: 'PRV-501', reason: error.message, ...asked };
  // A permission or a sign-in that is missing comes back; the account's own check says so meanwhile.
  const { retryAfterMs } = error;
  return { kind: 'later', ...(retryAfterMs !== undefined && { retryAfterMs }), ...asked };
}
