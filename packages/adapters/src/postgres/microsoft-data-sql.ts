import type { AccountId } from '@tandem/domain';
import type { ConnectionFeature } from '@tandem/engine';
import type { HeldTableName } from '@tandem/engine/microsoft-data/held-data.ts';
import { type RawBuilder, sql } from 'kysely';

/** Whose data, and whether the account has no other connection with the feature. */
export interface Extent {
  readonly accountId: AccountId;
  readonly connectionId: string;
  readonly entraTenantId: string;
  readonly last: boolean;
}

interface TableWork {
  /** Which rows, as a condition on `t`. */
  readonly rows: (extent: Extent) => RawBuilder<unknown>;
  /** Columns that never leave. */
  readonly without?: readonly string[];
  /** The condition a row has to meet to be purged, where not all do. */
  readonly goes?: RawBuilder<unknown>;
  /** `delete`, or what is set to nothing. Absent: it is kept. */
  readonly purge?: 'delete' | RawBuilder<unknown>;
}

type Key = `${ConnectionFeature} ${HeldTableName}`;

const ofAccount = ({ accountId }: Extent) => sql`t.account_id = ${accountId}`;
const ofTenant = ({ accountId, entraTenantId }: Extent) =>
  sql`t.account_id = ${accountId} and t.entra_tenant_id::text = ${entraTenantId}`;
const ofLast = (extent: Extent) => sql`${ofAccount(extent)} and ${extent.last}`;
/** Their own sign-in is the reason why something is known of them. */
const withoutOwnSignIn = sql`not exists (
  select from own_sign_ins o where o.use = 'own' and o.person_id = t.person_id and o.account_id = t.account_id)`;

/** In the order of the purge: who belongs to a tenant is asked of presence_sync_people, which therefore comes last. */
export const tableWork: Readonly<Partial<Record<Key, TableWork>>> = {
  'provisioning provisioning_steps': { rows: ofLast, purge: 'delete' },
  'provisioning teams_links': { rows: ofAccount },
  'provisioning provisioning_settings': { rows: ofAccount },
  'provisioning own_contacts': {
    rows: (extent) => sql`${ofAccount(extent)} and t.object_id is not null`,
  },
  'provisioning call_records': {
    rows: (extent) => sql`${ofLast(extent)} and t.record -> 'callerName' ->> 'source' = 'directory'`,
  },
  'provisioning microsoft_connections': {
    rows: ({ accountId, connectionId }) => sql`t.account_id = ${accountId} and t.id = ${connectionId}`,
    without: ['credential_sealed', 'next_credential_sealed', 'presence_credential_sealed'],
  },
  'provisioning routing_domains': {
    rows: ({ accountId, connectionId }) =>
      sql`t.account_id = ${accountId} and t.connection_id = ${connectionId}`,
    without: ['report_token_hash'],
  },
  'presence-write presence_lease': {
    rows: (extent) => sql`${ofTenant(extent)} and ${withoutOwnSignIn}`,
    purge: 'delete',
  },
  'presence-write preferred_presence': {
    rows: (extent) => sql`${ofTenant(extent)} and ${withoutOwnSignIn}`,
    purge: 'delete',
  },
  'presence presence_changes': {
    rows: (extent) => sql`${ofAccount(extent)} and ${withoutOwnSignIn}
      and (t.change ->> 'source' in ('teams', 'teams-manual', 'rule', 'calendar') or t.change -> 'teams' is not null)
      and (${extent.last} or exists (select from presence_sync_people p where p.person_id = t.person_id
        and p.account_id = t.account_id and p.entra_tenant_id = ${extent.entraTenantId}))`,
    purge: 'delete',
  },
  'presence presence_run_results': { rows: ofLast, purge: 'delete' },
  'presence presence_sync_people': {
    rows: (extent) => sql`${ofAccount(extent)} and ${withoutOwnSignIn}
      and (t.entra_tenant_id = ${extent.entraTenantId} or (t.entra_tenant_id is null and ${extent.last}))`,
    // What the platform says once presence is off names nobody; it is not Microsoft's.
    goes: sql`(t.found_by <> 'explicit' or t.proposal is not null
      or (t.result is not null and t.result ->> 'code' is distinct from 'PRS-120'))`,
    purge: sql`
      object_id = case when t.found_by = 'explicit' then t.object_id end,
      entra_tenant_id = case when t.found_by = 'explicit' then t.entra_tenant_id end,
      found_by = case when t.found_by = 'explicit' then t.found_by end,
      result = null, proposal = null, changed_at = clock_timestamp()`,
  },
  'calendar presence_changes': {
    rows: (extent) => sql`${ofLast(extent)} and ${withoutOwnSignIn}
      and (t.change ->> 'cause' = 'calendar' or t.change ->> 'source' = 'calendar')`,
    purge: 'delete',
  },
};
