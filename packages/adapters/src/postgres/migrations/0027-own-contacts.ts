import type { Migration } from './migration.ts';

/**
 * Whom a person keeps on their own list: a person of the account, a user of the directory at Microsoft, or somebody of their
 * own. Only the last has a name and numbers here; of the others they stand where they are known.
 */
export const ownContacts: Migration = {
  name: '0027-own-contacts',
  sql: `
create table own_contacts (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  owner_id uuid not null references people (id) on delete cascade,
  person_id uuid references people (id) on delete cascade,
  object_id uuid,
  display_name text check (char_length(display_name) between 1 and 200),
  mail text check (char_length(mail) <= 320),
  numbers text[] not null default '{}' check (cardinality(numbers) <= 8),
  favourite boolean not null default false,
  speed_dial smallint check (speed_dial between 1 and 99),
  created_at timestamptz not null default tandem_now(),
  constraint own_contacts_is_one check (num_nonnulls(person_id, object_id, display_name) = 1),
  constraint own_contacts_speed_dial_key unique (owner_id, speed_dial),
  constraint own_contacts_person_key unique (owner_id, person_id),
  constraint own_contacts_object_key unique (owner_id, object_id)
);
create index own_contacts_account on own_contacts (account_id);
create index own_contacts_person on own_contacts (person_id);

alter table own_contacts enable row level security;
alter table own_contacts force row level security;
create policy own_contacts_of_account on own_contacts
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
grant select, insert, update, delete on own_contacts to tandem_app;
`,
};
