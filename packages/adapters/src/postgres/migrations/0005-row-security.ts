import type { Migration } from './migration.ts';

/** Tables whose rows belong to an account, by the column that says which. */
const owned: readonly (readonly [table: string, column: string])[] = [
  ['accounts', 'id'],
  ['account_sbc_hosts', 'account_id'],
  ['account_carriers', 'account_id'],
  ['people', 'account_id'],
  ['numbers', 'account_id'],
  ['extensions', 'account_id'],
  ['carriers', 'owner_account_id'],
  ['carrier_credentials', 'owner_account_id'],
  ['users', 'account_id'],
  ['api_tokens', 'account_id'],
  ['sessions', 'account_id'],
  ['call_records', 'account_id'],
];

/** Tables that are the platform's alone. */
const platformOnly = ['journal_applied', 'peer_probe', 'settings', 'clock_offset'] as const;

const ownedPolicy = ([table, column]: readonly [string, string]): string => `
alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy ${table}_of_account on ${table}
  using (${column} = (select tandem_account()) or (select tandem_is_platform()))
  with check (${column} = (select tandem_account()) or (select tandem_is_platform()));`;

const platformPolicy = (table: string): string => `
alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy ${table}_of_platform on ${table}
  using ((select tandem_is_platform())) with check ((select tandem_is_platform()));`;

export const rowSecurity: Migration = {
  name: '0005-row-security',
  sql: `
${owned.map(ownedPolicy).join('\n')}
${platformOnly.map(platformPolicy).join('\n')}

-- A customer reads the operator's carriers that it uses.
create policy carriers_used_by_account on carriers for select
  using (owner_account_id is null and exists (
    select 1 from account_carriers used where used.carrier_id = carriers.id and used.account_id = (select tandem_account())));

-- The store's clock must be readable by everybody: defaults use it.
create policy clock_offset_read on clock_offset for select using (true);

revoke all on all tables in schema public from tandem_app;
grant select, insert, update, delete on
  ${[...owned.map(([table]) => table), ...platformOnly].join(', ')} to tandem_app;
`,
};
