import type { Migration } from './migration.ts';

const owned = (table: string): string => `
alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy ${table}_of_account on ${table}
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
revoke all on ${table} from tandem_app;
grant select, insert, update on ${table} to tandem_app;
`;

/**
 * Whether the provider may act in an account, and what it proposed where it may not. An account without a row has consented. The
 * request of a proposal is sealed under the master key and bound to its row; \`shown\` is the same without secrets.
 */
export const providerConsent: Migration = {
  name: '0037-provider-consent',
  sql: `
create table provider_consents (
  account_id uuid primary key references accounts (id) on delete cascade,
  given boolean not null,
  changed_by text not null check (length(changed_by) between 1 and 256),
  changed_at timestamptz not null default tandem_now()
);
${owned('provider_consents')}

create table proposals (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  operation text not null check (length(operation) between 1 and 100),
  sentence text not null,
  shown jsonb not null check (jsonb_typeof(shown) = 'object'),
  request_sealed text not null,
  proposed_by jsonb not null check (jsonb_typeof(proposed_by) = 'object'),
  proposed_at timestamptz not null,
  expires_at timestamptz not null,
  state text not null check (state in ('open', 'carrying-out', 'carried-out', 'failed', 'rejected', 'withdrawn')),
  decided_by text,
  decided_at timestamptz,
  reason text check (length(reason) <= 500),
  problem jsonb check (jsonb_typeof(problem) = 'object'),
  constraint proposals_decided check ((state = 'open') or (decided_by is not null and decided_at is not null))
);
create index proposals_account on proposals (account_id, id);
${owned('proposals')}
`,
};
