import type { Migration } from './migration.ts';

/**
 * Phones that register with us. A number or an extension belongs to a person or to a device, never to both, and the
 * keys carry the account, so that neither can point at another customer's device.
 */
export const devices: Migration = {
  name: '0009-devices',
  sql: `
create table devices (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  kind text not null check (kind in ('desk-phone', 'common-area-phone')),
  -- The digest user name tells whose phone it is: one owner on the whole platform.
  sip_user text not null constraint devices_sip_user_key unique check (sip_user ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  person_id uuid,
  -- The digest's HA1 in both algorithms, sealed; never the password.
  secret_sealed text not null,
  version integer not null default 1,
  created_at timestamptz not null default tandem_now(),
  updated_at timestamptz not null default tandem_now(),
  constraint devices_name_key unique (account_id, name),
  constraint devices_account_id_key unique (account_id, id),
  foreign key (account_id, person_id) references people (account_id, id) on delete set null (person_id)
);
create index devices_person on devices (person_id);

alter table numbers
  add column device_id uuid constraint numbers_device_key unique,
  add constraint numbers_one_owner check (num_nonnulls(person_id, device_id) <= 1),
  add foreign key (account_id, device_id) references devices (account_id, id) on delete set null (device_id);

alter table extensions
  alter column person_id drop not null,
  add column device_id uuid constraint extensions_device_key unique,
  add constraint extensions_one_owner check (num_nonnulls(person_id, device_id) = 1),
  add foreign key (account_id, device_id) references devices (account_id, id) on delete cascade;

alter table devices enable row level security;
alter table devices force row level security;
create policy devices_of_account on devices
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
revoke all on devices from tandem_app;
grant select, insert, update, delete on devices to tandem_app;

create trigger devices_routing after insert or update or delete on devices
  for each statement execute function tandem_routing_changed();
`,
};
