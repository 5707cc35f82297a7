import type { Migration } from './migration.ts';

/**
 * Every change of what a person shows, in the order in which it happened. Personal: it goes with the person, is bounded for
 * each and by age, and nobody changes a line of it.
 */
export const presenceJournal: Migration = {
  name: '0025-presence-journal',
  sql: `
create table presence_changes (
  id bigint generated always as identity primary key,
  account_id uuid not null references accounts on delete cascade,
  person_id uuid not null,
  at timestamptz not null,
  change jsonb not null,
  foreign key (account_id, person_id) references people (account_id, id) on delete cascade
);
create index presence_changes_person on presence_changes (account_id, person_id, id desc);
create index presence_changes_at on presence_changes (at);

alter table presence_changes enable row level security;
alter table presence_changes force row level security;
create policy presence_changes_of_account on presence_changes
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
grant select, insert, delete on presence_changes to tandem_app;
`,
};
