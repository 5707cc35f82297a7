import type { Migration } from './migration.ts';

/**
 * Finished calls, filled from the journal. No foreign keys: a record outlives what it names, and a batch must not fail
 * because a customer was deleted. `account_id` is null when nobody could be told to be the customer.
 */
export const callRecords: Migration = {
  name: '0004-call-records',
  sql: `
create table call_records (
  call_id uuid primary key,
  account_id uuid,
  revision integer not null default 1,
  invited_at timestamptz not null,
  ended_at timestamptz,
  from_number text not null,
  to_number text not null,
  direction text not null,
  result text,
  record jsonb not null
);
create index call_records_by_time on call_records (account_id, invited_at desc, call_id desc);
create index call_records_all_by_time on call_records (invited_at desc, call_id desc);
create index call_records_from on call_records (account_id, from_number, invited_at desc);
create index call_records_to on call_records (account_id, to_number, invited_at desc);

-- How far the journal of each node has been applied; written in the transaction that applies it, so a database that
-- was rolled back says so and gets the rest again.
create table journal_applied (
  journal_id text primary key,
  position bigint not null,
  updated_at timestamptz not null default tandem_now()
);
`,
};
