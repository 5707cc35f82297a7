/** Accept (RFC 3261 §20.1, RFC 2616 §14.1): which of our body types a peer takes. */
import { paramOf, parseParams } from '../header/params.ts';
import { isToken } from '../header/text.ts';

interface Range {
  readonly type: string;
  readonly subtype: string;
  /** 0..1000 */
  readonly q: number;
}

function parseRange(value: string): Range | undefined {
  const semicolon = value.indexOf(';');
  const full = semicolon < 0 ? value : value.slice(0, semicolon);
  const slash = full.indexOf('/');
  const type = full.slice(0, Math.max(0, slash)).trim().toLowerCase();
  const subtype = full
    .slice(slash + 1)
    .trim()
    .toLowerCase();
  const params = semicolon < 0 ? [] : parseParams(value, semicolon);
  if (!isToken(type) || !isToken(subtype) || !params) return undefined;
  if (type === '*' && subtype !== '*') return undefined;
  const given = paramOf(params, 'q');
  if (given === undefined) return { type, subtype, q: 1000 };
  return /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.test(given)
    ? { type, subtype, q: Math.round(Number(given) * 1000) }
    : undefined;
}

/**
 * The one of `ours` (lower case, the best first) that the peer likes most. `undefined`: none of them. `malformed`: the
 * header cannot be read.
 *
 * @param values of all Accept headers, split; empty: the first of ours (each event package names its default).
 */
export function chooseType<Type extends string>(
  values: readonly string[],
  ours: readonly Type[],
): Type | 'malformed' | undefined {
  if (values.length === 0) return ours[0];
  const ranges: Range[] = [];
  for (const value of values) {
    const range = parseRange(value);
    if (!range) return 'malformed';
    ranges.push(range);
  }
  let best: { readonly type: Type; readonly q: number } | undefined;
  for (const type of ours) {
    const q = qualityOf(type, ranges);
    if (q > 0 && (!best || q > best.q)) best = { type, q };
  }
  return best?.type;
}

/** The most particular range that covers the type says how much it is liked (RFC 2616 §14.1). */
function qualityOf(full: string, ranges: readonly Range[]): number {
  const [type, subtype] = full.split('/');
  let found: { readonly depth: number; readonly q: number } | undefined;
  for (const range of ranges) {
    const depth =
      range.type === '*'
        ? 0
        : range.type !== type
          ? undefined
          : range.subtype === '*'
            ? 1
            : range.subtype === subtype
              ? 2
              : undefined;
    if (depth !== undefined && (!found || depth > found.depth)) found = { depth, q: range.q };
  }
  return found?.q ?? 0;
}
