import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Twin } from '../twin.ts';

/** One operation of the control API. */

export interface RouteContext {
  readonly twin: Omit<Twin, 'ready'>;
  readonly clock: Clock;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly query?: z.ZodObject;
  run(
    context: RouteContext,
    input: { params: Record<string, string>; body: never; query: never },
    reply: FastifyReply,
    request: FastifyRequest,
  ): unknown;
}

export type Body<S extends z.ZodType> = z.infer<S>;

export function route<B extends z.ZodType = z.ZodUndefined, Q extends z.ZodObject = z.ZodObject>(row: {
  method: Route['method'];
  path: string;
  summary: string;
  body?: B;
  query?: Q;
  run(
    context: RouteContext,
    input: { params: Record<string, string>; body: Body<B>; query: z.infer<Q> },
    reply: FastifyReply,
  ): unknown;
}): Route {
  return row as unknown as Route;
}

/** What was said, without what was not. */
export const defined = <T extends object>(change: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

/** An instant as answers write it; null: it never was. */
export const iso = (wall: number | undefined): string | null =>
  wall === undefined ? null : new Date(wall).toISOString();
