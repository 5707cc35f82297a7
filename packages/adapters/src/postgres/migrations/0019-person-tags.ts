import type { Migration } from './migration.ts';

/** Words that an account's admins put on people, for reports: cost centres, projects, sites. */
export const personTags: Migration = {
  name: '0019-person-tags',
  sql: `
create table person_tags (
  account_id uuid not null references accounts (id) on delete cascade,
  person_id uuid not null,
  tag text not null check (char_length(tag) between 1 and 64),
  primary key (person_id, tag),
  foreign key (account_id, person_id) references people (account_id, id) on delete cascade
);
create index person_tags_account on person_tags (account_id, tag);

alter table person_tags enable row level security;
alter table person_tags force row level security;
create policy person_tags_of_account on person_tags
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
grant select, insert, update, delete on person_tags to tandem_app;
`,
};
