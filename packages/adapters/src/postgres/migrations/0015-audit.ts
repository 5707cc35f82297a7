import type { Migration } from './migration.ts';

/**
 * The audit chains (reliability-and-security 5.2). The application may add and read, never change or delete. An entry is
 * kept when its account goes: the account's id is no reference.
 */
export const audit: Migration = {
  name: '0015-audit',
  sql: `
create table audit_entries (
  chain text not null check (char_length(chain) between 1 and 64),
  sequence bigint not null check (sequence > 0),
  account_id uuid,
  at timestamptz not null,
  actor jsonb not null,
  action text not null check (char_length(action) between 1 and 100),
  object jsonb not null,
  before jsonb,
  after jsonb,
  reason text,
  previous text not null check (char_length(previous) = 64),
  hash text not null check (char_length(hash) = 64),
  primary key (chain, sequence),
  check (chain = coalesce(account_id::text, 'platform'))
);
create index audit_entries_at on audit_entries (chain, at);
create index audit_entries_object on audit_entries (chain, (object ->> 'id'));

create table audit_heads (
  chain text not null,
  sequence bigint not null,
  account_id uuid,
  hash text not null,
  signed_at timestamptz not null,
  signature text not null,
  primary key (chain, sequence, signed_at)
);

alter table audit_entries enable row level security;
alter table audit_entries force row level security;
create policy audit_entries_of_account on audit_entries
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
alter table audit_heads enable row level security;
alter table audit_heads force row level security;
create policy audit_heads_of_account on audit_heads
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
grant select, insert on audit_entries, audit_heads to tandem_app;
`,
};
