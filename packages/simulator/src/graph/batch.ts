import { shuffled, type TwinRandom } from '../random.ts';
import type { InnerRequest } from './graph-service.ts';
import type { GraphAnswer } from './graph-world.ts';

/** `$batch` (graph 7.4; check G15): up to twenty requests, each throttled and judged on its own. */

interface BatchItem {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly dependsOn: readonly string[];
}

/** A text says what is wrong with the whole batch. */
export function judgeBatch(body: unknown): readonly BatchItem[] | string {
  const requests = (body as { requests?: unknown } | undefined)?.requests;
  if (!Array.isArray(requests) || requests.length === 0) return 'requests is missing or empty.';
  if (requests.length > 20) return 'A batch has at most 20 requests.';
  const items: BatchItem[] = [];
  const ids = new Set<string>();
  for (const one of requests as Partial<BatchItem>[]) {
    if (typeof one?.id !== 'string' || typeof one.method !== 'string' || typeof one.url !== 'string')
      return 'Each request has id, method and url.';
    if (ids.has(one.id.toLowerCase())) return `The id ${one.id} is used twice.`;
    if (!/^\/?[^:]+$/.test(one.url.split('?')[0] ?? '')) return 'url must be relative.';
    const headers = Object.fromEntries(
      Object.entries(one.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
    );
    if (one.body !== undefined && headers['content-type'] === undefined)
      return `Request ${one.id} has a body and no Content-Type.`;
    const dependsOn = one.dependsOn ?? [];
    if (dependsOn.some((id) => !ids.has(id.toLowerCase())))
      return `Request ${one.id} depends on one that does not come before it.`;
    ids.add(one.id.toLowerCase());
    items.push({
      id: one.id,
      method: one.method.toUpperCase(),
      url: one.url,
      headers,
      body: one.body,
      dependsOn,
    });
  }
  const chained = items.filter(({ dependsOn }) => dependsOn.length > 0).length;
  if (chained > 0 && chained !== items.length - 1)
    return 'Either every request depends on the one before it, or none does.';
  return items;
}

export async function runBatch(
  items: readonly BatchItem[],
  random: TwinRandom,
  run: (request: InnerRequest) => Promise<GraphAnswer>,
): Promise<GraphAnswer> {
  const failed = new Set<string>();
  const responses: Record<string, unknown>[] = [];
  for (const { id, method, url, headers, body, dependsOn } of items) {
    const answer: GraphAnswer = dependsOn.some((other) => failed.has(other.toLowerCase()))
      ? { status: 424, body: { error: { code: 'FailedDependency', message: 'A request before it failed.' } } }
      : await run({
          method,
          url: url.startsWith('/') ? url : `/${url}`,
          headers,
          body: body === undefined ? undefined : { value: body },
        });
    if (answer.status >= 400) failed.add(id.toLowerCase());
    responses.push({
      id,
      status: answer.status,
      headers: {
        ...(answer.body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...Object.fromEntries(
          Object.entries(answer.headers ?? {}).map(([name, value]) => [titled(name), value]),
        ),
      },
      ...(answer.body === undefined ? {} : { body: answer.body }),
    });
  }
  return { status: 200, body: { responses: shuffled(responses, random) } };
}

/** `retry-after` as Microsoft writes it. */
const titled = (name: string): string =>
  name.startsWith('x-')
    ? name
    : name.replace(/(^|-)([a-z])/g, (_all, dash: string, letter: string) => dash + letter.toUpperCase());
