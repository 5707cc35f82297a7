import type { Migration } from './migration.ts';

/** For whom a range is, by what Entra says of where somebody works (features N45). Neither: for everybody. */
export const rangePlaces: Migration = {
  name: '0035-range-places',
  sql: `
alter table number_ranges
  add column city text check (char_length(city) between 1 and 128),
  add column department text check (char_length(department) between 1 and 128);
`,
};
