/** Content-Type and Content-Disposition (RFC 3261 §20.15 and §20.11). */
import { type Params, paramOf, parseParams, printParams } from './params.ts';
import { isToken, unquote } from './text.ts';

export interface ContentType {
  /** Lower case: `application`. */
  readonly type: string;
  readonly subtype: string;
  readonly params: Params;
}

export function parseContentType(value: string): ContentType | undefined {
  const semicolon = value.indexOf(';');
  const full = semicolon < 0 ? value : value.slice(0, semicolon);
  const slash = full.indexOf('/');
  const type = full.slice(0, Math.max(slash, 0)).trim().toLowerCase();
  const subtype = full
    .slice(slash + 1)
    .trim()
    .toLowerCase();
  const params = parseParams(value, semicolon < 0 ? value.length : semicolon);
  return isToken(type) && isToken(subtype) && params ? { type, subtype, params } : undefined;
}

export function printContentType({ type, subtype, params }: ContentType): string {
  return `${type}/${subtype}${printParams(params)}`;
}

/** `isContentType(headers.get('content-type'), 'application/sdp')`: parameters and case do not matter. */
export function isContentType(value: string | undefined, wanted: string): boolean {
  const parsed = value === undefined ? undefined : parseContentType(value);
  return parsed !== undefined && `${parsed.type}/${parsed.subtype}` === wanted;
}

export interface ContentDisposition {
  /** Lower case: `session`, `render`, `by-reference` … */
  readonly kind: string;
  /** `handling=optional`: whoever cannot read it may skip it; required is the default (§20.11). */
  readonly required: boolean;
  readonly params: Params;
}

export function parseContentDisposition(value: string): ContentDisposition | undefined {
  const semicolon = value.indexOf(';');
  const kind = (semicolon < 0 ? value : value.slice(0, semicolon)).trim().toLowerCase();
  const params = parseParams(value, semicolon < 0 ? value.length : semicolon);
  if (!isToken(kind) || !params) return undefined;
  return { kind, required: unquote(paramOf(params, 'handling') ?? '').toLowerCase() !== 'optional', params };
}
