import type { Migration } from './migration.ts';

/**
 * Who is synced, and who everybody is at Microsoft. Settings, choices and links survive disabling and disconnecting. One Entra
 * user is one person's on the whole platform. Accounts whose connection has presence switched on had everybody synced before
 * there were settings: they keep that.
 */
export const presenceSync: Migration = {
  name: '0020-presence-sync',
  sql: `
create table presence_sync_settings (
  account_id uuid primary key references accounts (id) on delete cascade,
  settings jsonb not null check (jsonb_typeof(settings) = 'object'),
  version integer not null default 1,
  changed_by text,
  changed_at timestamptz not null default tandem_now()
);

-- Row security holds for the owner too; until the end of this step it asks for the platform.
select set_config('tandem.scope', 'platform', true);
insert into presence_sync_settings (account_id, settings)
select distinct account_id, '{"mode": "all", "direction": "both"}'::jsonb
from microsoft_connections
where features @> array['presence'];
select set_config('tandem.scope', '', true);

alter table presence_sync_settings enable row level security;
alter table presence_sync_settings force row level security;
create policy presence_sync_settings_of_account on presence_sync_settings
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
grant select, insert, update, delete on presence_sync_settings to tandem_app;

create table presence_sync_people (
  person_id uuid primary key references people (id) on delete cascade,
  account_id uuid not null references accounts (id) on delete cascade,
  choice text not null default 'inherit' check (choice in ('inherit', 'on', 'unsynced')),
  entra_tenant_id text,
  object_id text check (object_id = lower(object_id)),
  found_by text check (found_by in ('explicit', 'link', 'upn', 'mail', 'proxy')),
  result jsonb check (jsonb_typeof(result) = 'object'),
  proposal text,
  changed_at timestamptz not null default tandem_now(),
  check ((object_id is null) = (entra_tenant_id is null) and (object_id is null) = (found_by is null))
);
create unique index presence_sync_people_object on presence_sync_people (object_id) where object_id is not null;
create index presence_sync_people_account on presence_sync_people (account_id);

alter table presence_sync_people enable row level security;
alter table presence_sync_people force row level security;
create policy presence_sync_people_of_account on presence_sync_people
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
grant select, insert, update, delete on presence_sync_people to tandem_app;
`,
};
