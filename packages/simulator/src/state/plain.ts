/** Values with maps and patterns as JSON and back: what a tenant is made of. `undefined` members are left out. */

export function toPlain(value: unknown): unknown {
  if (value instanceof Map) return { $map: [...value].map(([key, held]) => [key, toPlain(held)]) };
  if (value instanceof RegExp) return { $pattern: value.source, $flags: value.flags };
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, held]) => held !== undefined)
      .map(([key, held]) => [key, toPlain(held)]),
  );
}

export function fromPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value !== 'object' || value === null) return value;
  if ('$map' in value)
    return new Map((value.$map as [unknown, unknown][]).map(([key, held]) => [key, fromPlain(held)]));
  if ('$pattern' in value && '$flags' in value)
    return new RegExp(String(value.$pattern), String(value.$flags));
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, fromPlain(held)]));
}
