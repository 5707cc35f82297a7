import type { Migration } from './migration.ts';

/** Who may sign in, by what, and the platform's own small facts. */
export const access: Migration = {
  name: '0003-access',
  sql: `
create table users (
  id uuid primary key,
  account_id uuid references accounts (id) on delete cascade,
  name text not null constraint users_name_key unique check (name = lower(name) and length(name) between 1 and 320),
  role text not null check (role in ('operator', 'admin', 'desk', 'user')),
  person_id uuid,
  password_hash text not null,
  disabled boolean not null default false,
  version integer not null default 1,
  created_at timestamptz not null default tandem_now(),
  last_sign_in_at timestamptz,
  check ((role = 'operator') = (account_id is null)),
  foreign key (account_id, person_id) references people (account_id, id) on delete cascade
);

create table api_tokens (
  id uuid primary key,
  account_id uuid references accounts (id) on delete cascade,
  hash bytea not null unique check (length(hash) = 32),
  prefix text not null,
  name text not null check (length(name) <= 200),
  role text not null check (role in ('operator', 'admin', 'desk', 'user')),
  scopes text[] not null default '{}',
  created_at timestamptz not null default tandem_now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  check ((role = 'operator') = (account_id is null))
);

create table sessions (
  hash bytea primary key check (length(hash) = 32),
  user_id uuid not null references users (id) on delete cascade,
  account_id uuid references accounts (id) on delete cascade,
  created_at timestamptz not null default tandem_now(),
  last_seen_at timestamptz not null default tandem_now(),
  idle_until timestamptz not null,
  ends_at timestamptz not null
);
create index sessions_user on sessions (user_id);

-- When each hub last got an OPTIONS from us: the pace holds over a restart.
create table peer_probe (
  peer text primary key,
  last_sent_at timestamptz not null
);

create table settings (
  key text primary key,
  value jsonb not null,
  version integer not null default 1
);
`,
};
