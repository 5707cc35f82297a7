import { type CheckRow, checkTable } from './check-table.ts';

/** The check table as Markdown, for the README. */
export function printCheckTable(): string {
  const rows = Object.entries(checkTable as Record<string, CheckRow>).map(
    ([id, row]) => `| ${id} | ${row.on} | ${row.wants} | ${row.else} | ${row.tag} |`,
  );
  return ['| # | on | the hub wants | else | tag |', '| --- | --- | --- | --- | --- |', ...rows, ''].join(
    '\n',
  );
}

if (import.meta.main) process.stdout.write(printCheckTable());
