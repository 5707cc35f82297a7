import type { RoutingDomainBoard } from '@tandem/adapters/http/routing-domain-board.ts';
import type { TenantWrite } from '@tandem/contract';
import type { CallRecord } from '@tandem/domain';
import type { RoutingFacts } from '@tandem/engine/ports/routing-facts.ts';
import { afterDomainEvent } from '@tandem/engine/routing-domain/routing-domain.ts';
import { routingFactsOf } from '@tandem/engine/routing-domain/routing-facts.ts';
import type { MicrosoftConnection } from './microsoft-connections.ts';
import { createDomainBoard } from './routing-domains/domain-board.ts';
import { watchDomains } from './routing-domains/domain-watch.ts';
import type { DomainGround, RoutingDomainParts } from './routing-domains/ground.ts';
import { createKeptDomains } from './routing-domains/kept-domains.ts';
import { writtenInTenant } from './routing-domains/written.ts';

export interface RoutingDomains {
  readonly board: RoutingDomainBoard;
  readonly facts: RoutingFacts;
  /** An answered call with Teams shows that the account's first name is active. */
  callClosed(record: Pick<CallRecord, 'accountId' | 'answeredMs' | 'legs'>): void;
  /** What stands in the tenant of a connection, beside what its people have. */
  written(connection: Pick<MicrosoftConnection, 'connectionId' | 'accountId'>): readonly TenantWrite[];
  stop(): Promise<void>;
}

/** The names under which Microsoft sends customers' calls: watched, set up in steps, and proved. */
export async function openRoutingDomains(parts: RoutingDomainParts): Promise<RoutingDomains> {
  const kept = createKeptDomains(parts.stores.routingDomains, parts.onProblem);
  const standing: Omit<DomainGround, 'look'> = {
    parts,
    kept,
    meansOf: ({ connectionId }) => ({
      setup: parts.setupOf(connectionId),
      ...(parts.dns && { dns: parts.dns.name }),
      ...(parts.edgeAddress !== undefined && { edgeAddress: parts.edgeAddress }),
    }),
    graphOf: (domain) =>
      parts.connections.all(domain.accountId).find(({ connectionId }) => connectionId === domain.connectionId)
        ?.graph,
    note: (action, by, domain, more = {}) =>
      parts.audit.note({
        accountId: domain.accountId,
        actor: by,
        action,
        object: { kind: 'routing-domain', id: domain.id, label: domain.host },
        ...more,
      }),
  };
  const watch = watchDomains(standing);
  const board = createDomainBoard({ ...standing, look: watch.look });
  await kept.catchUp();
  watch.start();

  return {
    board,
    facts: {
      of: (connectionId) => routingFactsOf(kept.all().filter((one) => one.connectionId === connectionId)),
      onChange: kept.onChange,
    },
    callClosed({ accountId, answeredMs, legs }) {
      if (accountId === undefined || answeredMs === undefined) return;
      if (!legs.some(({ role }) => role === 'teams')) return;
      const host = parts.accountOf(accountId)?.sbcHosts[0]?.toLowerCase();
      const domain = kept.all().find((one) => one.host === host);
      const moved = domain && afterDomainEvent(domain, 'seenWorking', parts.clock.wall());
      if (moved) kept.put(moved).catch((error: Error) => parts.onProblem(error.message));
    },
    written({ connectionId, accountId }) {
      const connection = parts.connections.all(accountId).find((one) => one.connectionId === connectionId);
      if (!connection) return [];
      const domains = kept.all().filter((one) => one.connectionId === connectionId);
      const hosts = parts.accountOf(accountId)?.sbcHosts.map((one) => one.toLowerCase()) ?? [];
      return writtenInTenant(connection, domains, parts.baseDomain, hosts, standing.meansOf);
    },
    stop: watch.stop,
  };
}
