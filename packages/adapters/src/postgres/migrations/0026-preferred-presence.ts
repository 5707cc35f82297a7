import type { Migration } from './migration.ts';

/**
 * What people prefer at Microsoft because of us, and until when, written before the request goes out: it outlives calls and
 * processes, so whoever switches presence off a week later knows what is ours. Beside the leases, and not among them,
 * because both may stand at one time and end apart.
 */
export const preferredPresence: Migration = {
  name: '0026-preferred-presence',
  sql: `
create table preferred_presence (
  person_id uuid primary key,
  account_id uuid not null references accounts on delete cascade,
  entra_tenant_id uuid not null,
  object_id uuid not null,
  availability text not null,
  activity text not null,
  -- Tells one wish of the person from another.
  wish text not null,
  -- False: the person chose something else in Teams over this wish; it is not told again.
  standing boolean not null,
  -- Fencing: a write with a lower number than the one that stands is refused.
  sequence bigint not null check (sequence > 0),
  ends_at timestamptz not null,
  updated_at timestamptz not null default tandem_now()
);
create index preferred_presence_account on preferred_presence (account_id);

alter table preferred_presence enable row level security;
alter table preferred_presence force row level security;
create policy preferred_presence_of_account on preferred_presence
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
grant select, insert, update, delete on preferred_presence to tandem_app;
`,
};
