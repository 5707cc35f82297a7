import type { Migration } from './migration.ts';

/** What the routing snapshot is made from. A change to any of them is told at once and also left as a row. */
const watched = [
  'accounts',
  'account_sbc_hosts',
  'account_carriers',
  'people',
  'numbers',
  'extensions',
  'carriers',
  'carrier_credentials',
] as const;

/**
 * The row is for those who missed the notice (connection lost): a sequence alone would show a change before its
 * transaction is visible, and one counter row would make writers wait for each other. The count and the highest id of
 * the visible rows change exactly when a change becomes visible.
 */
export const routingChanges: Migration = {
  name: '0006-routing-changes',
  sql: `
create table routing_changes (
  id bigint generated always as identity primary key,
  at timestamptz not null default statement_timestamp(),
  what text not null
);

create function tandem_routing_changed() returns trigger language plpgsql security definer
  set search_path = pg_catalog, public
  as $$
begin
  insert into public.routing_changes (what) values (tg_table_name);
  perform pg_notify('tandem_routing', tg_table_name);
  return null;
end $$;
revoke execute on function tandem_routing_changed() from public;

${watched
  .map(
    (table) =>
      `create trigger ${table}_routing after insert or update or delete on ${table}
  for each statement execute function tandem_routing_changed();`,
  )
  .join('\n')}

grant select, delete on routing_changes to tandem_app;
`,
};
