import type { Migration } from './migration.ts';

/**
 * Which feature's data of Microsoft is to go, and what went when. It is written before anything is deleted, so whoever starts
 * after a crash goes on. One row stands for each connection and feature that is off; it is over when it is on again.
 */
export const microsoftPurges: Migration = {
  name: '0039-microsoft-purges',
  sql: `
create table microsoft_purges (
  id bigint generated always as identity primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  connection_id uuid not null,
  entra_tenant_id uuid not null,
  feature text not null check (length(feature) between 1 and 64),
  reason text not null check (reason in ('switched-off', 'disconnected')),
  asked_at timestamptz not null default tandem_now(),
  done_at timestamptz,
  over_at timestamptz,
  removed jsonb not null default '{}' check (jsonb_typeof(removed) = 'object'),
  audited boolean not null default false
);
create unique index microsoft_purges_standing on microsoft_purges (connection_id, feature) where over_at is null;
create index microsoft_purges_account on microsoft_purges (account_id, id desc);

alter table microsoft_purges enable row level security;
alter table microsoft_purges force row level security;
create policy microsoft_purges_of_account on microsoft_purges
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
revoke all on microsoft_purges from tandem_app;
grant select, insert, update on microsoft_purges to tandem_app;
`,
};
