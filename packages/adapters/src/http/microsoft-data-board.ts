import type { ConnectionFeature } from '@tandem/contract';
import type { MicrosoftData, MicrosoftDataExport } from '@tandem/contract/areas/microsoft-data-routes.ts';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import type { StoredConnection } from '@tandem/engine/ports/connection-store.ts';

/** What is kept of Microsoft's data for a connection, by feature. The HTTP side filters by scope before it asks. */
export interface MicrosoftDataBoard {
  show(connection: StoredConnection): Promise<MicrosoftData>;
  /** Written down in the audit: who took a copy. */
  give(
    connection: StoredConnection,
    feature: ConnectionFeature,
    by: AuditActor,
  ): Promise<MicrosoftDataExport>;
}
