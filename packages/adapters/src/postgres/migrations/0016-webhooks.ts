import type { Migration } from './migration.ts';

/** Outgoing webhooks and what is still to be delivered. The secret is sealed; a delivery holds its body as it was signed. */
export const webhooks: Migration = {
  name: '0016-webhooks',
  sql: `
create table webhooks (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  name text not null check (char_length(name) between 1 and 100),
  url text not null check (char_length(url) between 1 and 2000),
  events text[] not null,
  sealed_secret text not null,
  active boolean not null default true,
  stopped_because text,
  failures integer not null default 0,
  last_success_at timestamptz,
  version integer not null default 1,
  created_at timestamptz not null default tandem_now()
);
create index webhooks_account on webhooks (account_id);

create table webhook_deliveries (
  id uuid primary key,
  webhook_id uuid not null references webhooks (id) on delete cascade,
  account_id uuid not null references accounts (id) on delete cascade,
  event text not null,
  body text not null,
  created_at timestamptz not null default tandem_now(),
  attempts integer not null default 0,
  next_at timestamptz,
  delivered_at timestamptz,
  last_status integer,
  last_problem text
);
create index webhook_deliveries_due on webhook_deliveries (next_at) where next_at is not null;
create index webhook_deliveries_webhook on webhook_deliveries (webhook_id, created_at);

alter table webhooks enable row level security;
alter table webhooks force row level security;
create policy webhooks_of_account on webhooks
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
alter table webhook_deliveries enable row level security;
alter table webhook_deliveries force row level security;
create policy webhook_deliveries_of_account on webhook_deliveries
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
grant select, insert, update, delete on webhooks, webhook_deliveries to tandem_app;
`,
};
