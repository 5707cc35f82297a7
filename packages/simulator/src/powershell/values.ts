/** What variables hold. Objects and tables are maps whose keys are found without case. */
export type Value = string | number | boolean | null | readonly Value[] | ReadonlyMap<string, Value>;

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);
export const isObject = (value: Value): value is ReadonlyMap<string, Value> => value instanceof Map;

export const objectOf = (members: Readonly<Record<string, Value>>): ReadonlyMap<string, Value> =>
  new Map(Object.entries(members));

/** What came out of a pipeline: nothing is null, one thing is itself. */
export const unwrapped = (values: readonly Value[]): Value =>
  values.length === 0 ? null : values.length === 1 ? (values[0] as Value) : values;

/** What a loop or a pipeline takes from a value: a list is its items, null is nothing. */
export const enumerated = (value: Value): readonly Value[] =>
  value === null ? [] : isList(value) ? value : [value];

export function isTrue(value: Value): boolean {
  if (isList(value)) return value.length > 1 || (value.length === 1 && isTrue(value[0] as Value));
  return isObject(value) || (value !== null && value !== '' && value !== 0 && value !== false);
}

export function textOf(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (isList(value)) return value.map(textOf).join(' ');
  if (isObject(value)) return `@{${[...value].map(([key, one]) => `${key}=${textOf(one)}`).join('; ')}}`;
  return String(value);
}

/** A member of an object; of a list, that of its items; `Count` and `Length` of anything. */
export function memberOf(value: Value, name: string): Value {
  const key = name.toLowerCase();
  if (isObject(value)) {
    for (const [known, one] of value) if (known.toLowerCase() === key) return one;
    return key === 'count' ? value.size : null;
  }
  if (key === 'count') return enumerated(value).length;
  if (key === 'length') return typeof value === 'string' ? value.length : enumerated(value).length;
  if (!isList(value)) return null;
  return unwrapped(value.flatMap((item) => enumerated(memberOf(item, name))));
}

export function isSame(left: Value, right: Value): boolean {
  if (typeof left === 'string' || typeof right === 'string')
    return textOf(left).toLowerCase() === textOf(right).toLowerCase();
  return left === right;
}

/** As JSON; what lies deeper than `depth` is only its text, as `ConvertTo-Json` has it. */
export function jsonOf(value: Value, depth: number): unknown {
  if (!isList(value) && !isObject(value)) return value;
  if (depth < 0) return textOf(value);
  if (isList(value)) return value.map((item) => jsonOf(item, depth - 1));
  return Object.fromEntries([...value].map(([key, item]) => [key, jsonOf(item, depth - 1)]));
}

/** JSON as `Invoke-RestMethod` gives it. */
export function valueOfJson(json: unknown): Value {
  if (Array.isArray(json)) return json.map(valueOfJson);
  if (typeof json === 'object' && json !== null)
    return new Map(Object.entries(json).map(([key, one]) => [key, valueOfJson(one)]));
  return typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean' ? json : null;
}
