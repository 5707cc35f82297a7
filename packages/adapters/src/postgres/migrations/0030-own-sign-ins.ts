import type { Migration } from './migration.ts';

const owned = (table: string): string => `
alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy ${table}_of_account on ${table}
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
revoke all on ${table} from tandem_app;
grant select, insert, update, delete on ${table} to tandem_app;
`;

/**
 * Sign-ins of people at Microsoft that are kept: their own connection, or an account's accelerator of presence. The refresh token
 * is sealed under the master key and bound to its row; an access token is never stored. One Microsoft user is one person's
 * on the whole platform, and gives an account one accelerator.
 */
export const ownSignIns: Migration = {
  name: '0030-own-sign-ins',
  sql: `
create table own_sign_ins (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  use text not null check (use in ('own', 'accelerator')),
  person_id uuid references people (id) on delete cascade,
  entra_tenant_id uuid not null,
  object_id uuid not null,
  name text not null check (length(name) between 1 and 256),
  client_id uuid not null,
  scopes text[] not null default '{}',
  state text not null check (state in ('CONNECTED', 'INTERRUPTED')),
  life jsonb not null check (jsonb_typeof(life) = 'object'),
  refresh_token_sealed text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null default tandem_now(),
  constraint own_sign_ins_of_whom check ((use = 'own') = (person_id is not null)),
  constraint own_sign_ins_person_key unique (person_id)
);
create index own_sign_ins_account on own_sign_ins (account_id);
create unique index own_sign_ins_own_key on own_sign_ins (object_id) where use = 'own';
create unique index own_sign_ins_accelerator_key on own_sign_ins (account_id, object_id) where use = 'accelerator';
${owned('own_sign_ins')}

create table own_connection_settings (
  account_id uuid primary key references accounts (id) on delete cascade,
  own_connections text not null check (own_connections in ('off', 'fallback', 'always')),
  accelerate boolean not null,
  updated_at timestamptz not null default tandem_now()
);
${owned('own_connection_settings')}
`,
};
