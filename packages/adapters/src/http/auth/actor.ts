import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import type { Principal } from './principal.ts';

/** Who the audit names for what an API caller did. */
export const actorOf = (principal: Principal, caller: { readonly address: string }): AuditActor => ({
  kind: principal.via === 'bearer' ? 'token' : 'user',
  name: principal.name,
  role: principal.role,
  address: caller.address,
  ...(principal.approvedBy !== undefined && { approvedBy: principal.approvedBy }),
});
