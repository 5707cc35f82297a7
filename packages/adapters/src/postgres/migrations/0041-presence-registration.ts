import type { Migration } from './migration.ts';

/** A connection may have a second app registration, for presence alone: what is known of it, and its sealed credential. */
export const presenceRegistration: Migration = {
  name: '0041-presence-registration',
  sql: `
alter table microsoft_connections
  add column presence_registration jsonb
    check (presence_registration is null or jsonb_typeof(presence_registration) = 'object'),
  add column presence_credential_sealed text;
`,
};
