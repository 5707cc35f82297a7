import type { Migration } from './migration.ts';

/** Bulk jobs and their items. An item keeps what was, so that the job can be undone. */
export const jobs: Migration = {
  name: '0014-jobs',
  sql: `
create table jobs (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  kind text not null,
  title text not null,
  state text not null check (state in ('previewed', 'running', 'paused', 'done', 'cancelled')),
  preview text not null,
  options jsonb not null,
  created_by jsonb not null,
  created_at timestamptz not null default tandem_now(),
  started_at timestamptz,
  finished_at timestamptz,
  undo_of uuid,
  undone_by uuid
);
create index jobs_account on jobs (account_id, created_at);
create index jobs_running on jobs (state) where state = 'running';

create table job_items (
  job_id uuid not null references jobs (id) on delete cascade,
  position integer not null,
  account_id uuid not null references accounts (id) on delete cascade,
  person_id uuid,
  label text not null,
  state text not null check (state in ('waiting', 'done', 'unchanged', 'left-out', 'refused', 'cancelled')),
  code text,
  words text not null,
  before jsonb,
  after jsonb,
  finished_at timestamptz,
  primary key (job_id, position)
);
create index job_items_waiting on job_items (job_id, position) where state = 'waiting';

alter table jobs enable row level security;
alter table jobs force row level security;
create policy jobs_of_account on jobs
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
alter table job_items enable row level security;
alter table job_items force row level security;
create policy job_items_of_account on job_items
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
grant select, insert, update, delete on jobs, job_items to tandem_app;
`,
};
