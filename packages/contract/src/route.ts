import type { z } from 'zod';
import type { Permission } from './permissions.ts';
import type { ProblemCode } from './problem.ts';

/**
 * Where the account of a request comes from, so that no route can forget to ask:
 * `none` touches no account's data; `scope` lists, narrowed to what the caller may see and by `?account=`;
 * `resource` names one thing, whose account must be the caller's, else it does not exist (404).
 */
export type AccountSource = 'none' | 'scope' | 'resource';

export interface RouteSpec {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `{name}` for parameters, as OpenAPI writes it. */
  readonly path: string;
  readonly summary: string;
  readonly permission: Permission;
  readonly account: AccountSource;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Absent: no content (204), or text where `produces` says so. */
  readonly response?: z.ZodType;
  readonly status?: 200 | 201 | 202 | 204;
  /** Media type when it is not JSON; `both` marks JSON by default and text on request. */
  readonly produces?:
    | 'text/plain'
    | 'text/csv'
    | 'text/yaml'
    | 'text/event-stream'
    | 'audio/wav'
    | 'json-or-text';
  /** Bytes; 64 KiB unless given. */
  readonly bodyLimit?: number;
  /** Beside the ones every route may give (see `usualProblems`). */
  readonly problems: readonly ProblemCode[];
}

export function defineRoutes<const Table extends Record<string, RouteSpec>>(table: Table): Table {
  return table;
}

/** What any route of this kind may answer beside its own problems. */
export function usualProblems(route: RouteSpec): readonly ProblemCode[] {
  const usual: ProblemCode[] = ['internal'];
  if (route.query || route.body) usual.push('invalid-request');
  if (route.body) usual.push('body-too-large', 'media-type-unsupported');
  if (route.permission !== 'public') usual.push('not-signed-in', 'database-unavailable');
  if (route.permission !== 'public' && route.permission !== 'session') usual.push('role-missing');
  if (route.permission !== 'public' && route.method !== 'GET') usual.push('csrf-token-missing');
  if (route.account === 'resource' || route.account === 'scope') usual.push('not-found');
  return usual;
}
