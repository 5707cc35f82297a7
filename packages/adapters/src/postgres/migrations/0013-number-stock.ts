import type { Migration } from './migration.ts';

/**
 * The stock of numbers: ranges, and why a number without an owner is not free. A held number keeps who had it; the time is
 * the store's. Somebody who leaves leaves their numbers in quarantine, also when another part deletes them: the trigger
 * sees every way.
 */
export const numberStock: Migration = {
  name: '0013-number-stock',
  sql: `
alter table accounts
  add column quarantine_days integer not null default 30 check (quarantine_days between 0 and 3650);

alter table numbers
  add column held text check (held in ('reserved', 'quarantine', 'ported')),
  add column held_until timestamptz,
  add column held_reason text check (char_length(held_reason) <= 400),
  add column reserved_for text check (char_length(reserved_for) <= 320),
  add column former_owner text,
  add column range_id uuid,
  add constraint numbers_held_has_no_owner check (held is null or (person_id is null and device_id is null)),
  add constraint numbers_reserved_for_somebody check ((held = 'reserved') = (reserved_for is not null));
create index numbers_free on numbers (account_id, number) where person_id is null and device_id is null;
create index numbers_reserved on numbers (account_id, reserved_for) where reserved_for is not null;

create table number_ranges (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  name text not null check (char_length(name) between 1 and 100),
  first text not null check (first ~ '^\\+[1-9][0-9]{1,14}$'),
  last text not null check (last ~ '^\\+[1-9][0-9]{1,14}$' and char_length(last) = char_length(first) and last >= first),
  created_at timestamptz not null default tandem_now(),
  constraint number_ranges_account_id_key unique (account_id, id)
);
alter table numbers
  add constraint numbers_range foreign key (account_id, range_id) references number_ranges (account_id, id)
    on delete set null (range_id);

alter table number_ranges enable row level security;
alter table number_ranges force row level security;
create policy number_ranges_of_account on number_ranges
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
grant select, insert, update, delete on number_ranges to tandem_app;

create function tandem_person_leaves() returns trigger language plpgsql as $$
begin
  update numbers set
    person_id = null, position = 0, version = version + 1,
    former_owner = old.display_name,
    held = case when days > 0 then 'quarantine' end,
    held_until = case when days > 0 then tandem_now() + days * interval '1 day' end,
    held_reason = case when days > 0 then old.display_name || ' left' end
  from (select quarantine_days as days from accounts where id = old.account_id) as rule
  where numbers.account_id = old.account_id and numbers.person_id = old.id;
  return old;
end $$;
create trigger people_leave before delete on people for each row execute function tandem_person_leaves();
`,
};
