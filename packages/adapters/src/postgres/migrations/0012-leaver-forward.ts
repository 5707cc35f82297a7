import type { Migration } from './migration.ts';

/**
 * Who is rung for somebody who left, while the number rests. Stands after 0013, whose columns it needs. What was decided
 * for a leaver waits in their own row, so that the trigger does both in one transaction, whoever deletes the person.
 */
export const leaverForward: Migration = {
  name: '0012-leaver-forward',
  sql: `
alter table people
  add column leaver_person uuid,
  add column leaver_number text;
alter table numbers
  add column former_person_id uuid,
  add column forward_person uuid,
  add column forward_number text check (forward_number ~ '^\\+[1-9][0-9]{1,14}$'),
  add constraint numbers_forward_person foreign key (account_id, forward_person) references people (account_id, id)
    on delete set null (forward_person);

create or replace function tandem_person_leaves() returns trigger language plpgsql as $$
begin
  update numbers set
    person_id = null, position = 0, version = version + 1,
    former_owner = old.display_name,
    former_person_id = old.id,
    held = case when days > 0 then 'quarantine' end,
    held_until = case when days > 0 then tandem_now() + days * interval '1 day' end,
    held_reason = case when days > 0 then old.display_name || ' left' end,
    forward_number = case when days > 0 then old.leaver_number end,
    forward_person = case when days > 0 then (
      select id from people where account_id = old.account_id and id = old.leaver_person and id <> old.id) end
  from (select quarantine_days as days from accounts where id = old.account_id) as rule
  where numbers.account_id = old.account_id and numbers.person_id = old.id;
  return old;
end $$;
`,
};
