import type { Migration } from './migration.ts';

const owned = (table: string): string => `
alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy ${table}_of_account on ${table}
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
revoke all on ${table} from tandem_app;
grant select, insert, update, delete on ${table} to tandem_app;
`;

/**
 * Connections of accounts with Microsoft 365 tenants, the ways to Microsoft and back that are open, and mails. An account
 * has one connection with a tenant; two accounts may each have one with the same (decision 0016). Credentials are sealed
 * under the master key and bound to their row. Accounts that named a tenant before get their connection from the node's
 * first start, which knows the app.
 */
export const microsoftConnections: Migration = {
  name: '0010-microsoft-connections',
  sql: `
create table microsoft_connections (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  entra_tenant_id uuid not null,
  tenant_name text check (length(tenant_name) <= 256),
  domains text[] not null default '{}',
  kind text not null check (kind in ('platform-app', 'own-app')),
  client_id uuid not null,
  credential jsonb,
  credential_sealed text,
  next_credential jsonb,
  next_credential_sealed text,
  features text[] not null default '{}',
  roles text[] not null default '{}',
  roles_read_at timestamptz,
  role_uses jsonb not null default '{}' check (jsonb_typeof(role_uses) = 'object'),
  state text not null,
  life jsonb not null check (jsonb_typeof(life) = 'object'),
  signed_in jsonb,
  connected_by text,
  connected_at timestamptz,
  created_at timestamptz not null default tandem_now(),
  updated_at timestamptz not null default tandem_now(),
  version integer not null default 1,
  constraint microsoft_connections_tenant_key unique (account_id, entra_tenant_id)
);
create index microsoft_connections_tenant on microsoft_connections (entra_tenant_id);
${owned('microsoft_connections')}

-- The state is kept as its hash, what belongs to it sealed: a copy of the table opens no way.
create table microsoft_sign_ins (
  state_hash bytea primary key check (length(state_hash) = 32),
  account_id uuid not null references accounts (id) on delete cascade,
  attempt_sealed text not null,
  ends_at timestamptz not null
);
create index microsoft_sign_ins_ends on microsoft_sign_ins (ends_at);
${owned('microsoft_sign_ins')}

create table outgoing_mails (
  id uuid primary key,
  -- The same key is the same mail.
  key text not null constraint outgoing_mails_key unique check (length(key) between 1 and 300),
  account_id uuid not null references accounts (id) on delete cascade,
  recipients text[] not null,
  subject text not null check (length(subject) <= 400),
  body text not null,
  attachments jsonb not null default '[]',
  state text not null check (state in ('waiting', 'sent', 'failed', 'not-sent')),
  tries integer not null default 0,
  next_try_at timestamptz,
  sent_at timestamptz,
  trouble text,
  created_at timestamptz not null default tandem_now()
);
create index outgoing_mails_account on outgoing_mails (account_id, created_at desc);
create index outgoing_mails_waiting on outgoing_mails (next_try_at) where state = 'waiting';
${owned('outgoing_mails')}

-- Whether the operator lets the account use the Teams service, and until when calls go on after that ended (C21).
alter table accounts
  add column teams_enabled boolean not null default true,
  add column teams_ends_at timestamptz;
`,
};
