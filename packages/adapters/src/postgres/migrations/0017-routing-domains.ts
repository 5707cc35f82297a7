import type { Migration } from './migration.ts';

/** Routing domains of connections. The document is the engine's; columns are what is asked for. */
export const routingDomains: Migration = {
  name: '0017-routing-domains',
  sql: `
create table routing_domains (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  connection_id uuid not null,
  host text not null unique check (char_length(host) between 3 and 63 and host = lower(host)),
  domain jsonb not null,
  report_token_hash bytea,
  report_token_until timestamptz,
  updated_at timestamptz not null default tandem_now()
);
create index routing_domains_account on routing_domains (account_id);
create unique index routing_domains_token on routing_domains (report_token_hash) where report_token_hash is not null;

alter table routing_domains enable row level security;
alter table routing_domains force row level security;
create policy routing_domains_of_account on routing_domains
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
grant select, insert, update, delete on routing_domains to tandem_app;
`,
};
