import type { Migration } from './migration.ts';

/**
 * What a person decided about their own presence, and until when whoever calls back after an emergency call gets through.
 * It goes with the person.
 */
export const presenceStates: Migration = {
  name: '0024-presence-states',
  sql: `
create table presence_states (
  person_id uuid primary key,
  account_id uuid not null references accounts on delete cascade,
  -- Set by hand: state, since when, until when, by whom.
  manual jsonb,
  -- Important callers, time-boxes, quiet hours, what a call gets that may not ring, rules of one's own.
  exceptions jsonb,
  callback_until timestamptz,
  updated_at timestamptz not null default tandem_now(),
  foreign key (account_id, person_id) references people (account_id, id) on delete cascade
);
create index presence_states_account on presence_states (account_id);

alter table presence_states enable row level security;
alter table presence_states force row level security;
create policy presence_states_of_account on presence_states
  using (account_id = (select tandem_account()) or (select tandem_is_platform()))
  with check (account_id = (select tandem_account()) or (select tandem_is_platform()));
grant select, insert, update, delete on presence_states to tandem_app;
`,
};
