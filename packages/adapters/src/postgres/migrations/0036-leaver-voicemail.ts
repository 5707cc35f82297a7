import type { Migration } from './migration.ts';

/** A person's own leaver rule may say that callers leave a message. The mailbox goes with the person, so a number keeps none. */
export const leaverVoicemail: Migration = {
  name: '0036-leaver-voicemail',
  sql: `
alter table people
  add column leaver_voicemail boolean not null default false,
  drop constraint people_one_leaver_rule,
  add constraint people_one_leaver_rule check (
    num_nonnulls(leaver_person, leaver_number, leaver_queue) + leaver_announcement::int + leaver_voicemail::int <= 1);
`,
};
