import type { Migration } from './migration.ts';

/**
 * Who asks, as the row policies see it. Both settings are set per transaction (`set_config(..., true)`); after it they
 * read as empty text, hence the nullif. Nothing set = no rows and no writes (T22).
 */
export const context: Migration = {
  name: '0001-context',
  sql: `
create function tandem_account() returns uuid language sql stable parallel safe
  as $$ select nullif(current_setting('tandem.account_id', true), '')::uuid $$;

create function tandem_is_platform() returns boolean language sql stable parallel safe
  as $$ select coalesce(current_setting('tandem.scope', true), '') = 'platform' $$;

-- The twin runs on a clock of its own; its offset lives here. No row = real time.
create table clock_offset (
  only_row boolean primary key default true check (only_row),
  milliseconds bigint not null
);

create function tandem_now() returns timestamptz language sql stable
  as $$ select statement_timestamp() + coalesce((select milliseconds from clock_offset), 0) * interval '1 millisecond' $$;
`,
};
