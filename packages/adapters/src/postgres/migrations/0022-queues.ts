import type { Migration } from './migration.ts';

const tables = ['queues', 'queue_members'] as const;

/**
 * Queues and their members. A number or an extension belongs to a person, a device or a queue, never to two of them, and
 * the keys carry the account, so that nothing can point at another customer's queue.
 */
export const queues: Migration = {
  name: '0022-queues',
  sql: `
create table queues (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  name text not null check (char_length(name) between 1 and 64),
  offer_seconds integer not null check (offer_seconds between 5 and 60),
  wrap_up_seconds integer not null check (wrap_up_seconds between 0 and 600),
  max_wait_seconds integer not null check (max_wait_seconds between 10 and 3600),
  max_waiting integer not null check (max_waiting between 1 and 500),
  -- Where callers go who cannot wait; null: they are refused.
  overflow_to text check (overflow_to ~ '^(\\+[1-9][0-9]{1,14}|[0-9]{3,6})$'),
  version integer not null default 1,
  created_at timestamptz not null default tandem_now(),
  updated_at timestamptz not null default tandem_now(),
  constraint queues_name_key unique (account_id, name),
  constraint queues_account_id_key unique (account_id, id)
);

create table queue_members (
  account_id uuid not null references accounts (id) on delete cascade,
  queue_id uuid not null,
  person_id uuid not null,
  position integer not null,
  logged_in boolean not null default true,
  primary key (queue_id, person_id),
  foreign key (account_id, queue_id) references queues (account_id, id) on delete cascade,
  foreign key (account_id, person_id) references people (account_id, id) on delete cascade
);
create index queue_members_person on queue_members (person_id);

alter table numbers
  add column queue_id uuid constraint numbers_queue_key unique,
  drop constraint numbers_one_owner,
  add constraint numbers_one_owner check (num_nonnulls(person_id, device_id, queue_id) <= 1),
  drop constraint numbers_held_has_no_owner,
  add constraint numbers_held_has_no_owner
    check (held is null or num_nonnulls(person_id, device_id, queue_id) = 0),
  add foreign key (account_id, queue_id) references queues (account_id, id) on delete set null (queue_id);
drop index numbers_free;
create index numbers_free on numbers (account_id, number)
  where person_id is null and device_id is null and queue_id is null;

alter table extensions
  add column queue_id uuid constraint extensions_queue_key unique,
  drop constraint extensions_one_owner,
  add constraint extensions_one_owner check (num_nonnulls(person_id, device_id, queue_id) = 1),
  add foreign key (account_id, queue_id) references queues (account_id, id) on delete cascade;

${tables
  .map(
    (table) => `
alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy ${table}_of_account on ${table}
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
revoke all on ${table} from tandem_app;
grant select, insert, update, delete on ${table} to tandem_app;
create trigger ${table}_routing after insert or update or delete on ${table}
  for each statement execute function tandem_routing_changed();`,
  )
  .join('\n')}
`,
};
