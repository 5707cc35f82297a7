import type { Migration } from './migration.ts';

/**
 * Settings move from the account to its connections with Microsoft 365: a row without a connection is for the account's first
 * one. What happened to a link is kept per person, bounded by whoever writes it.
 */
export const provisioningSettings: Migration = {
  name: '0011-provisioning-settings',
  sql: `
create table provisioning_settings (
  id bigint generated always as identity primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  connection_id uuid,
  settings jsonb not null check (jsonb_typeof(settings) = 'object'),
  version integer not null default 1,
  updated_at timestamptz not null default tandem_now(),
  unique nulls not distinct (account_id, connection_id)
);

insert into provisioning_settings (account_id, settings)
select id, jsonb_build_object(
  'enableGroups', jsonb_build_array(jsonb_build_object(
    'id', enable_group_id, 'name', coalesce(enable_group_name, 'the enable group'))),
  'graceSeconds', grace_seconds,
  'routingByHand', routing_by_hand)
from accounts where enable_group_id is not null;

alter table accounts
  drop column enable_group_id,
  drop column enable_group_name,
  drop column grace_seconds,
  drop column routing_by_hand;

alter table provisioning_settings enable row level security;
alter table provisioning_settings force row level security;
create policy provisioning_settings_of_account on provisioning_settings
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
grant select, insert, update, delete on provisioning_settings to tandem_app;
create trigger provisioning_settings_routing after insert or update or delete on provisioning_settings
  for each statement execute function tandem_routing_changed();

create table provisioning_steps (
  id bigint generated always as identity primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  person_id uuid not null,
  at timestamptz not null,
  step jsonb not null
);
create index provisioning_steps_person on provisioning_steps (person_id, id desc);
create index provisioning_steps_account on provisioning_steps (account_id);

alter table provisioning_steps enable row level security;
alter table provisioning_steps force row level security;
create policy provisioning_steps_of_account on provisioning_steps
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
grant select, insert, delete on provisioning_steps to tandem_app;
`,
};
