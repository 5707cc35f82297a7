import type { Migration } from './migration.ts';

/** Customers, their people, numbers, extensions and carriers: what routing reads. */
export const directory: Migration = {
  name: '0002-directory',
  sql: `
create table accounts (
  id uuid primary key,
  name text not null constraint accounts_name_key unique check (length(name) between 1 and 200),
  status text not null default 'active' check (status in ('active', 'suspended')),
  mail_domains text[] not null default '{}',
  entra_tenant_id text,
  country text not null check (country ~ '^[A-Z]{2}$'),
  area_code text check (area_code ~ '^[0-9]{1,8}$'),
  time_zone text not null,
  main_number text check (main_number ~ '^\\+[1-9][0-9]{1,14}$'),
  unknown_caller text not null default 'reject' check (unknown_caller in ('reject', 'main-number')),
  no_answer_seconds integer not null default 20 check (no_answer_seconds between 5 and 60),
  version integer not null default 1,
  created_at timestamptz not null default tandem_now(),
  updated_at timestamptz not null default tandem_now()
);

-- The one thing that tells customers apart on the Teams side: one owner on the whole platform.
create table account_sbc_hosts (
  host text primary key check (host = lower(host) and length(host) between 1 and 253),
  account_id uuid not null references accounts (id) on delete cascade,
  position integer not null default 0
);
create index account_sbc_hosts_account on account_sbc_hosts (account_id, position);

create table people (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  display_name text not null check (length(display_name) <= 256),
  upn text not null check (upn = lower(upn) and length(upn) between 1 and 320),
  mail text check (length(mail) <= 320),
  active boolean not null default true,
  teams_toggle boolean not null default true,
  platform_licence boolean not null default true,
  version integer not null default 1,
  created_at timestamptz not null default tandem_now(),
  updated_at timestamptz not null default tandem_now(),
  constraint people_upn_key unique (account_id, upn),
  constraint people_account_id_key unique (account_id, id)
);

-- The key carries the account, so that a number or an extension cannot point at another customer's person.
create table numbers (
  number text primary key check (number ~ '^\\+[1-9][0-9]{1,14}$'),
  account_id uuid not null references accounts (id) on delete cascade,
  person_id uuid,
  position integer not null default 0,
  version integer not null default 1,
  foreign key (account_id, person_id) references people (account_id, id) on delete set null (person_id)
);
create index numbers_account on numbers (account_id, number);
create index numbers_person on numbers (person_id);

create table extensions (
  account_id uuid not null references accounts (id) on delete cascade,
  extension text not null check (extension ~ '^[0-9*#]{1,15}$'),
  person_id uuid not null constraint extensions_person_key unique,
  primary key (account_id, extension),
  foreign key (account_id, person_id) references people (account_id, id) on delete cascade
);

create table carriers (
  id uuid primary key,
  owner_account_id uuid references accounts (id) on delete cascade,
  name text not null check (length(name) between 1 and 200),
  targets jsonb not null default '[]' check (jsonb_typeof(targets) = 'array'),
  sources jsonb not null default '[]' check (jsonb_typeof(sources) = 'array'),
  probe_with_options boolean not null default true,
  max_calls integer check (max_calls > 0),
  number_format text not null default 'e164' check (number_format in ('e164', 'digits')),
  emergency boolean not null default false,
  version integer not null default 1,
  updated_at timestamptz not null default tandem_now(),
  constraint carriers_name_key unique nulls not distinct (owner_account_id, name)
);

-- Apart from the carriers, because a customer may see the operator's carrier that it uses, never its password.
create table carrier_credentials (
  carrier_id uuid primary key references carriers (id) on delete cascade,
  owner_account_id uuid references accounts (id) on delete cascade,
  username text not null,
  password_sealed text not null,
  realm text
);

create table account_carriers (
  account_id uuid not null references accounts (id) on delete cascade,
  carrier_id uuid not null references carriers (id),
  position integer not null default 0,
  primary key (account_id, carrier_id)
);

-- A foreign key does not ask whose the carrier is, and row security hides the answer from the account: so the check
-- looks as the platform. Without it a customer could route over another customer's carrier.
create function tandem_check_account_carrier() returns trigger language plpgsql security definer
  set search_path = pg_catalog, public
  as $$
declare
  -- Set and put back by hand: a SET clause of a custom parameter needs a superuser, which the owner is not.
  scope_before text := coalesce(current_setting('tandem.scope', true), '');
  usable boolean;
begin
  perform set_config('tandem.scope', 'platform', true);
  usable := exists (select 1 from public.carriers c where c.id = new.carrier_id
                    and (c.owner_account_id is null or c.owner_account_id = new.account_id));
  perform set_config('tandem.scope', scope_before, true);
  if not usable then
    raise exception 'carrier is not usable by this account' using errcode = 'foreign_key_violation';
  end if;
  return new;
end $$;
revoke execute on function tandem_check_account_carrier() from public;
create trigger account_carriers_owner before insert or update on account_carriers
  for each row execute function tandem_check_account_carrier();
`,
};
