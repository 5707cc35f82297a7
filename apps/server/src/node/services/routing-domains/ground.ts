import type { DnsDriver } from '@tandem/adapters/dns-driver/dns-driver.ts';
import type { GraphClient } from '@tandem/adapters/graph/graph-client.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import type { Account, AccountId, ConnectionId, VoicemailOwner } from '@tandem/domain';
import type { AuditActor, AuditLog } from '@tandem/engine/ports/audit.ts';
import type { RoutingDomain } from '@tandem/engine/routing-domain/routing-domain.ts';
import type { MicrosoftConnections } from '../microsoft-connections.ts';
import type { KeptDomains } from './kept-domains.ts';
import type { RoutingMeans } from './words.ts';

export interface RoutingDomainParts {
  readonly stores: Pick<Stores, 'routingDomains'>;
  readonly connections: Pick<MicrosoftConnections, 'all'>;
  readonly accountOf: (accountId: AccountId) => Account | undefined;
  /** The connection may write domains in the tenant. */
  readonly setupOf: (connectionId: ConnectionId) => boolean;
  readonly dns: DnsDriver | undefined;
  readonly edgeAddress: string | undefined;
  /** The operator's base domain: the carrier trunk's name. */
  readonly baseDomain: string;
  /** Where scripts of customers reach this platform; undefined: their reports are pasted. */
  /** Who takes messages for people of the account, as it chose. */
  readonly voicemailOf: (accountId: AccountId) => VoicemailOwner;
  readonly publicUrl: () => string | undefined;
  readonly audit: AuditLog;
  /** Hosts of accounts changed: calls must follow. */
  readonly refresh: () => Promise<unknown>;
  readonly clock: { wall(): number; after(ms: number, fire: () => void): () => void };
  readonly newId: () => string;
  readonly onProblem: (what: string) => void;
}

/** What all that is done with routing domains stands on. */
export interface DomainGround {
  readonly parts: RoutingDomainParts;
  readonly kept: KeptDomains;
  meansOf(domain: RoutingDomain): RoutingMeans;
  /** Undefined: the connection with the tenant is not there any more. */
  graphOf(domain: RoutingDomain): GraphClient | undefined;
  /** Looks at Microsoft now; who asks meanwhile waits for the same answer. Never rejects. */
  look(id: string): Promise<void>;
  note(action: string, by: AuditActor, domain: RoutingDomain, more?: object): Promise<void>;
}
