import type { Migration } from './migration.ts';

const tables = ['voicemail_settings', 'voicemail_messages'] as const;

/**
 * Who takes messages, and the messages. What was said stands in a file under the message's id, never here. A row of settings is
 * an account's (`person_id` null) or one person's; routing asks it, so a change of one makes a new snapshot.
 */
export const voicemail: Migration = {
  name: '0032-voicemail',
  sql: `
create table voicemail_settings (
  subject_id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  person_id uuid,
  owner text check (owner in ('teams', 'platform')),
  max_seconds integer check (max_seconds between 10 and 600),
  retention_days integer check (retention_days between 1 and 365),
  greeting_ms integer check (greeting_ms between 1 and 60000),
  updated_at timestamptz not null default tandem_now(),
  foreign key (account_id, person_id) references people (account_id, id) on delete cascade,
  constraint voicemail_settings_subject check (subject_id = coalesce(person_id, account_id)),
  constraint voicemail_settings_of_account check (person_id is null or num_nonnulls(max_seconds, retention_days) = 0)
);
create index voicemail_settings_account on voicemail_settings (account_id);

create table voicemail_messages (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  person_id uuid not null,
  call_id text not null check (char_length(call_id) <= 64),
  caller text not null check (char_length(caller) <= 128),
  caller_name text check (char_length(caller_name) <= 200),
  calling_person_id uuid references people (id) on delete set null,
  left_at timestamptz not null,
  length_ms integer not null check (length_ms > 0),
  heard_at timestamptz,
  foreign key (account_id, person_id) references people (account_id, id) on delete cascade
);
create index voicemail_messages_of_person on voicemail_messages (account_id, person_id, left_at desc, id desc);
create index voicemail_messages_left_at on voicemail_messages (left_at);
create index voicemail_messages_calling_person on voicemail_messages (calling_person_id);

${tables
  .map(
    (table) => `
alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy ${table}_of_account on ${table}
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
revoke all on ${table} from tandem_app;
grant select, insert, update, delete on ${table} to tandem_app;`,
  )
  .join('\n')}
create trigger voicemail_settings_routing after insert or update or delete on voicemail_settings
  for each statement execute function tandem_routing_changed();
`,
};
