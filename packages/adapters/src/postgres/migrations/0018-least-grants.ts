import type { Migration } from './migration.ts';

/**
 * Servers made by earlier versions grant the application everything on every new table before its migration says what the
 * application may, and a migration that only grants takes nothing away: the audit could be rewritten (T22, 5.2).
 */
export const leastGrants: Migration = {
  name: '0018-least-grants',
  sql: `
alter default privileges revoke all on tables from tandem_app;
revoke all on audit_entries, audit_heads, provisioning_steps from tandem_app;
grant select, insert on audit_entries, audit_heads to tandem_app;
grant select, insert, delete on provisioning_steps to tandem_app;
`,
};
