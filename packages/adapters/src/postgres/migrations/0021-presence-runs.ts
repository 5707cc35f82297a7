import type { Migration } from './migration.ts';

/** Runs of presence with what came of them for each person. The oldest go when an account has many. */
export const presenceRuns: Migration = {
  name: '0021-presence-runs',
  sql: `
create table presence_runs (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  state text not null,
  run jsonb not null check (jsonb_typeof(run) = 'object'),
  started_at timestamptz not null,
  updated_at timestamptz not null default tandem_now()
);
create index presence_runs_account on presence_runs (account_id, id desc);
create index presence_runs_open on presence_runs (id) where state in ('waiting', 'matching', 'reading');

alter table presence_runs enable row level security;
alter table presence_runs force row level security;
create policy presence_runs_of_account on presence_runs
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
grant select, insert, update, delete on presence_runs to tandem_app;

create table presence_run_results (
  run_id uuid not null references presence_runs (id) on delete cascade,
  person_id uuid not null,
  account_id uuid not null references accounts (id) on delete cascade,
  display_name text not null,
  mail text,
  outcome text not null check (outcome in ('synced', 'already-synced', 'unsynced', 'failed')),
  code text,
  detail jsonb,
  primary key (run_id, person_id)
);
create index presence_run_results_account on presence_run_results (account_id);

alter table presence_run_results enable row level security;
alter table presence_run_results force row level security;
create policy presence_run_results_of_account on presence_run_results
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
grant select, insert, update, delete on presence_run_results to tandem_app;
`,
};
