import type { Migration } from './migration.ts';

/** One more role: may begin runs of synchronisation, and nothing else. */
export const syncOperator: Migration = {
  name: '0028-sync-operator',
  sql: `
alter table users drop constraint users_role_check;
alter table users add constraint users_role_check check (role in ('operator', 'admin', 'desk', 'sync', 'user'));
alter table api_tokens drop constraint api_tokens_role_check;
alter table api_tokens add constraint api_tokens_role_check
  check (role in ('operator', 'admin', 'desk', 'sync', 'user'));
`,
};
