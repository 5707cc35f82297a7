/** One thing that is not as it was; the side that had nothing is absent. */
export interface Difference {
  readonly path: string;
  readonly before?: string;
  readonly after?: string;
}

const shown = (value: unknown): string | undefined =>
  value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What two states differ in, leaf by leaf; what is equal is left out. */
export function differences(before: unknown, after: unknown, path = ''): Difference[] {
  if (isRecord(before) || isRecord(after)) {
    const was = isRecord(before) ? before : {};
    const is = isRecord(after) ? after : {};
    return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((key) =>
      differences(was[key], is[key], path ? `${path}.${key}` : key),
    );
  }
  const from = shown(before);
  const to = shown(after);
  if (from === to) return [];
  return [{ path, ...(from !== undefined && { before: from }), ...(to !== undefined && { after: to }) }];
}
