import type { WriteOutcome } from '@tandem/engine';
import type { GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import { type GraphNumberAssignment, type GraphNumberOperation, hasId } from './graph-types.ts';
import { odataText } from './operations.ts';

/** The number in Microsoft's inventory, or null when Microsoft does not know it. */
export async function readNumber(graph: GraphClient, number: string): Promise<GraphNumberAssignment | null> {
  const found = await readNumbers(graph, `telephoneNumber eq ${odataText(number)}`);
  // A filter that was not understood must not make another number ours.
  return found.find((one) => one.telephoneNumber === number) ?? null;
}

/** All numbers of the tenant, of every kind: one sweep instead of a request a person. */
export function readAllNumbers(graph: GraphClient): Promise<readonly GraphNumberAssignment[]> {
  return readNumbers(graph);
}

async function readNumbers(graph: GraphClient, filter?: string): Promise<readonly GraphNumberAssignment[]> {
  const found: GraphNumberAssignment[] = [];
  const query = { ...(filter !== undefined && { $filter: filter }), $top: 1000 };
  for await (const page of graph.pages('numberAssignments', { query }))
    for (const one of page) if (hasId(one)) found.push(one);
  return found;
}

/** Asks Microsoft to give the person the number. Never throws for what Graph says: an outcome for the engine. */
export function assignNumber(graph: GraphClient, number: string, objectId: string): Promise<WriteOutcome> {
  return write(graph, 'assign', {
    telephoneNumber: number,
    assignmentTargetId: objectId,
    numberType: 'directRouting',
    assignmentCategory: 'primary',
  });
}

export function unassignNumber(graph: GraphClient, number: string): Promise<WriteOutcome> {
  return write(graph, 'unassign', { telephoneNumber: number, numberType: 'directRouting' });
}

async function write(graph: GraphClient, kind: 'assign' | 'unassign', body: unknown): Promise<WriteOutcome> {
  try {
    const answer = await graph.call(kind === 'assign' ? 'assignNumber' : 'unassignNumber', { body });
    const operationId = operationIdOf(answer.headers.location);
    // Accepted without a name for it: the number itself will tell.
    return operationId === undefined ? { kind: 'forgotten' } : { kind: 'accepted', write: kind, operationId };
  } catch (error) {
    return outcomeOf(error);
  }
}

/** `…/operations('QXNz')` and `…/operations/QXNz` (microsoft-graph 5.2). */
export function operationIdOf(location: string | undefined): string | undefined {
  const found = /\/operations(?:\('([^']+)'\)|\/([^/?]+))/.exec(location ?? '');
  const id = found?.[1] ?? found?.[2];
  return id === undefined ? undefined : decodeURIComponent(id);
}

/** How the operation stands. Never throws for what Graph says. */
export async function pollNumberOperation(graph: GraphClient, operationId: string): Promise<WriteOutcome> {
  try {
    const { body } = await graph.call('numberOperation', { params: { 'operation-id': operationId } });
    // The published sample wraps the object in `value` (microsoft-graph 5.2).
    const inner = (body as { value?: unknown } | undefined)?.value ?? body;
    const { status, numbers } = (inner ?? {}) as GraphNumberOperation;
    const detail = numbers?.find((one) => one?.statusDetail)?.statusDetail;
    if (status === 'succeeded' && !numbers?.some((one) => one?.status === 'failed'))
      return { kind: 'succeeded' };
    if (status === 'failed' || status === 'succeeded')
      return { kind: 'refused', code: 'PRV-501', reason: detail ?? 'no reason given' };
    return { kind: 'running' };
  } catch (error) {
    if (error instanceof GraphError && error.code === 'graph-not-found') return { kind: 'forgotten' };
    const outcome = outcomeOf(error);
    // A poll that is refused says nothing about the number.
    return outcome.kind === 'refused' ? { kind: 'later' } : outcome;
  }
}

function outcomeOf(error: unknown): WriteOutcome {
  if (!(error instanceof GraphError)) throw error;
  if (error.code === 'graph-refused' || error.code === 'graph-not-found')
    return { kind: 'refused', code: 'PRV-501', reason: error.message };
  // A permission or a sign-in that is missing comes back; the account's own check says so meanwhile.
  return { kind: 'later', ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }) };
}
