import type { Migration } from './migration.ts';

/**
 * What we may have asked Microsoft to show of whom, until when, written before the request goes out: whoever starts after
 * a crash knows what to clear. The object id stands beside the person, because that is where the session is, also when
 * the link moved on. No key to `people`: a lease outlives the person, so that it can still be cleared.
 */
export const presenceLeases: Migration = {
  name: '0008-presence-leases',
  sql: `
create table presence_lease (
  person_id uuid primary key,
  account_id uuid not null references accounts on delete cascade,
  entra_tenant_id uuid not null,
  object_id uuid not null,
  -- Fencing: a write with a lower number than the one that stands is refused.
  sequence bigint not null check (sequence > 0),
  lease_ends timestamptz not null,
  updated_at timestamptz not null default tandem_now()
);
create index presence_lease_account on presence_lease (account_id);

alter table presence_lease enable row level security;
alter table presence_lease force row level security;
create policy presence_lease_of_account on presence_lease
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
grant select, insert, update, delete on presence_lease to tandem_app;
`,
};
