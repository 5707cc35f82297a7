import type { FastifyReply } from 'fastify';

/** RFC 9457 problem details with a stable code. */
export function problem(reply: FastifyReply, status: number, code: string, detail: string): FastifyReply {
  return reply
    .status(status)
    .type('application/problem+json')
    .send({ type: 'about:blank', title: code, status, code, detail });
}

export const noTenant = (reply: FastifyReply, id: string | undefined) =>
  problem(reply, 404, 'unknown-tenant', `no tenant ${id}: see GET /tenants`);

export const noUser = (reply: FastifyReply, id: string | undefined) =>
  problem(reply, 404, 'unknown-user', `Microsoft's side knows no user ${id}`);
