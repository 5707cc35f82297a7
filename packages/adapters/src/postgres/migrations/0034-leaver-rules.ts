import type { Migration } from './migration.ts';

/**
 * A queue may take the calls of somebody who left, and a person may have a rule of their own that says "nobody". What stands
 * in `people` is the person's own rule; none of the four: the account's.
 */
export const leaverRules: Migration = {
  name: '0034-leaver-rules',
  sql: `
alter table people
  add column leaver_queue uuid,
  add column leaver_announcement boolean not null default false,
  add constraint people_one_leaver_rule check (
    num_nonnulls(leaver_person, leaver_number, leaver_queue) + leaver_announcement::int <= 1);
alter table numbers
  add column forward_queue uuid,
  add constraint numbers_forward_queue foreign key (account_id, forward_queue) references queues (account_id, id)
    on delete set null (forward_queue);

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
    forward_queue = case when days > 0 then (
      select id from queues where account_id = old.account_id and id = old.leaver_queue) end,
    forward_person = case when days > 0 then (
      select id from people where account_id = old.account_id and id = old.leaver_person and id <> old.id) end
  from (select quarantine_days as days from accounts where id = old.account_id) as rule
  where numbers.account_id = old.account_id and numbers.person_id = old.id;
  return old;
end $$;
`,
};
