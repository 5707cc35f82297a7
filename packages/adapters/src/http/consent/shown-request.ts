import type { RouteSpec } from '@tandem/contract';
import type { ProposedRequest } from '../../postgres/consent-store.ts';

/** Names under which the API takes secrets. */
export const secretNames = /^(?:password|secret|privateKey|credential|credentials|token|clientSecret)$/;
const hidden = '(not shown)';
/** A file of an account is read whole, a recording is not. */
const longestText = 64_000;

/** The request as people may see it: no secrets, nothing endless. */
export function shownRequest({ params, query, body }: ProposedRequest): ProposedRequest {
  return {
    params: shown(params) as ProposedRequest['params'],
    query: shown(query) as ProposedRequest['query'],
    ...(body !== undefined && { body: shown(body) }),
  };
}

function shown(value: unknown): unknown {
  if (typeof value === 'string' && value.length > longestText) return `(${value.length} characters)`;
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, secretNames.test(name) ? hidden : shown(inner)]),
  );
}

/** What it would do, in a sentence: for whom, and the fields that would be set, else what the operation is. */
export function sentenceOf(
  route: RouteSpec,
  label: string | undefined,
  { query, body }: ProposedRequest,
): string {
  const { account: _account, ...fields } = (typeof body === 'object' && body !== null ? body : {}) as Record<
    string,
    unknown
  >;
  const whose = label === undefined ? '' : `${label}: `;
  const asked = Object.entries({ ...query, ...fields });
  if ((route.method === 'PATCH' || route.method === 'PUT') && asked.length > 0)
    return `${whose}set ${asked.map(([name, value]) => `${name} to ${short(value)}`).join(', ')}.`;
  const what = whose === '' ? route.summary : lower(route.summary);
  const more = asked.map(([name, value]) => `${name}: ${short(value)}`).join(', ');
  return `${whose}${what}${more === '' ? '' : ` (${more})`}.`;
}

/** A name in capitals at the start stays as it is. */
const lower = (text: string): string =>
  /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const line = text.replace(/\s+/g, ' ');
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
