import type { Migration } from './migration.ts';

/**
 * A link outlives its person: when the person is deleted here, the number must still be taken back at Microsoft. It goes
 * with the account.
 */
export const provisioning: Migration = {
  name: '0007-provisioning',
  sql: `
alter table accounts
  add column enable_group_id text check (char_length(enable_group_id) between 1 and 64),
  add column enable_group_name text check (char_length(enable_group_name) between 1 and 256),
  add column grace_seconds integer not null default 86400 check (grace_seconds between 0 and 604800),
  add column routing_by_hand boolean not null default false;

create table teams_links (
  person_id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  state text not null,
  link jsonb,
  client_seen_by text check (client_seen_by in ('call', 'person', 'override')),
  client_seen_at timestamptz,
  only_web_client boolean not null default false,
  updated_at timestamptz not null default tandem_now(),
  check ((client_seen_by is null) = (client_seen_at is null))
);
create index teams_links_account on teams_links (account_id);

alter table teams_links enable row level security;
alter table teams_links force row level security;
create policy teams_links_of_account on teams_links
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
grant select, insert, update, delete on teams_links to tandem_app;
`,
};
