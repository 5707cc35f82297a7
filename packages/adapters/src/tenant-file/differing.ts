export type Facts = Readonly<Record<string, unknown>>;

/** Only what is named and differs, as it was and as it is wanted. */
export function differing(
  now: Facts,
  wanted: Facts,
): { readonly before: Facts; readonly after: Facts } | undefined {
  const before: Record<string, unknown> = {};
  const after: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(wanted)) {
    if (value === undefined || canonical(now[key]) === canonical(value)) continue;
    before[key] = now[key] ?? null;
    after[key] = value;
  }
  return Object.keys(after).length === 0 ? undefined : { before, after };
}

/** The same text for the same value, whatever the order of its keys. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const entries = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`;
}
