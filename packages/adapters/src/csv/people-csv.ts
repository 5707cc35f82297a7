import { mostTags } from '@tandem/contract/areas/tag-routes.ts';
import { type E164, isE164, readNumber } from '@tandem/domain';
import { CsvError, parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';

/** One row of an import. Absent: the column or the cell is empty, and what stands stays. */
export interface PersonRow {
  readonly upn: string;
  readonly displayName?: string;
  readonly mail?: string;
  readonly extension?: string;
  /** `none` takes the number away. */
  readonly number?: E164 | 'next' | 'none';
  readonly teamsToggle?: boolean;
  readonly platformLicence?: boolean;
  readonly active?: boolean;
  /** All of them, sorted; none: they are taken away. */
  readonly tags?: readonly string[];
}

export interface ReadRow {
  /** Line of the file at which the row begins, from 1; the heading is line 1. */
  readonly line: number;
  readonly label: string;
  readonly row?: PersonRow;
  /** What is wrong with it; then there is no row. */
  readonly faults: readonly string[];
}

export type CsvReading =
  | { readonly kind: 'rows'; readonly rows: readonly ReadRow[]; readonly unknownColumns: readonly string[] }
  | { readonly kind: 'unreadable'; readonly say: string };

export const mostRows = 25_000;

/** Heading as people write it to the field it means. */
const columns: Readonly<Record<string, keyof PersonRow>> = {
  upn: 'upn',
  userprincipalname: 'upn',
  name: 'displayName',
  displayname: 'displayName',
  mail: 'mail',
  email: 'mail',
  extension: 'extension',
  number: 'number',
  phonenumber: 'number',
  teams: 'teamsToggle',
  teamstoggle: 'teamsToggle',
  licence: 'platformLicence',
  license: 'platformLicence',
  platformlicence: 'platformLicence',
  active: 'active',
  tag: 'tags',
  tags: 'tags',
};

const yes: ReadonlySet<string> = new Set(['yes', 'true', 'on', '1', 'y']);
const no: ReadonlySet<string> = new Set(['no', 'false', 'off', '0', 'n']);
const address = /^[^@\s]{1,200}@[^@\s]{1,120}$/;

/**
 * Comma, semicolon or tab between cells, with or without a byte-order mark. A mistake in a cell is the row's; only a file
 * whose cells cannot be told apart is refused whole.
 */
export function readPeopleCsv(text: string, country: string, areaCode?: string): CsvReading {
  let records: { readonly record: readonly string[]; readonly info: { readonly lines: number } }[];
  try {
    records = parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      info: true,
      max_record_size: 20_000,
    }) as unknown as typeof records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { kind: 'unreadable', say: error.message };
  }
  const [heading, ...body] = records;
  if (!heading)
    return { kind: 'unreadable', say: 'The file is empty: wanted a heading line with at least upn.' };
  const known = heading.record.map((name) => columns[name.toLowerCase().replace(/[\s_-]/g, '')]);
  if (!known.includes('upn'))
    return {
      kind: 'unreadable',
      say: `Line 1 has no column upn; it has ${heading.record.join(', ').slice(0, 200)}.`,
    };
  if (body.length > mostRows)
    return { kind: 'unreadable', say: `The file has ${body.length} rows; ${mostRows} are the most at once.` };
  const unknownColumns = heading.record.filter((_, i) => known[i] === undefined);
  const seen = new Map<string, number>();
  const rows = body.map(({ record, info }): ReadRow => {
    const cells: Partial<Record<keyof PersonRow, string>> = {};
    const faults: string[] = [];
    if (record.length > heading.record.length)
      faults.push(`has ${record.length} cells, the heading has ${heading.record.length}`);
    for (const [i, cell] of record.entries()) {
      const field = known[i];
      if (field !== undefined && cell !== '') cells[field] = cell;
    }
    const row = rowOf(cells, country, areaCode, faults);
    const upn = row?.upn ?? cells.upn?.toLowerCase();
    const earlier = upn === undefined ? undefined : seen.get(upn);
    if (upn !== undefined && earlier !== undefined) faults.push(`${upn} stands in line ${earlier} already`);
    else if (upn !== undefined) seen.set(upn, info.lines);
    const label = cells.displayName ?? cells.upn ?? `line ${info.lines}`;
    return { line: info.lines, label, faults, ...(row && faults.length === 0 && { row }) };
  });
  return { kind: 'rows', rows, unknownColumns };
}

/** The one that the heading line uses most: a heading has no cell that needs quotes. */
function delimiterOf(text: string): string {
  const heading =
    text
      .slice(0, 4000)
      .split(/\r?\n/)
      .find((line) => line.trim() !== '') ?? '';
  const uses = (mark: string): number => heading.split(mark).length;
  return [',', ';', '\t'].reduce((best, mark) => (uses(mark) > uses(best) ? mark : best));
}

function rowOf(
  cells: Partial<Record<keyof PersonRow, string>>,
  country: string,
  areaCode: string | undefined,
  faults: string[],
): PersonRow | undefined {
  const upn = cells.upn?.toLowerCase();
  if (upn === undefined) faults.push('has no upn');
  else if (!address.test(upn)) faults.push(`${upn} is not an address`);
  if (cells.mail !== undefined && !address.test(cells.mail)) faults.push(`${cells.mail} is not an address`);
  if (cells.extension !== undefined && !/^[0-9*#]{1,15}$/.test(cells.extension))
    faults.push(`the extension ${cells.extension} is not made of digits`);
  if ((cells.displayName?.length ?? 0) > 200) faults.push('the name has more than 200 characters');
  const number = numberOf(cells.number, country, areaCode, faults);
  const teamsToggle = switchOf(cells.teamsToggle, 'teams', faults);
  const platformLicence = switchOf(cells.platformLicence, 'licence', faults);
  const active = switchOf(cells.active, 'active', faults);
  const tags = cells.tags === undefined ? undefined : tagsOf(cells.tags, faults);
  if (upn === undefined || faults.length > 0) return undefined;
  return {
    upn,
    ...(cells.displayName !== undefined && { displayName: cells.displayName.replace(/^'(?=[=+\-@])/, '') }),
    ...(cells.mail !== undefined && { mail: cells.mail }),
    ...(cells.extension !== undefined && { extension: cells.extension }),
    ...(number !== undefined && { number }),
    ...(teamsToggle !== undefined && { teamsToggle }),
    ...(platformLicence !== undefined && { platformLicence }),
    ...(active !== undefined && { active }),
    ...(tags !== undefined && { tags }),
  };
}

function numberOf(
  text: string | undefined,
  country: string,
  areaCode: string | undefined,
  faults: string[],
): PersonRow['number'] {
  if (text === undefined) return undefined;
  const word = text.toLowerCase();
  if (word === 'next' || word === 'none') return word;
  // Spreadsheets take the plus of a long number away.
  const read = readNumber(
    /^[1-9][0-9]{9,14}$/.test(text) && isE164(`+${text}`) ? `+${text}` : text,
    country,
    areaCode,
  );
  if (read.kind === 'e164') return read.number;
  faults.push(`${text.slice(0, 40)} is not a number; for example +12025550142, next or none`);
  return undefined;
}

function switchOf(text: string | undefined, name: string, faults: string[]): boolean | undefined {
  if (text === undefined) return undefined;
  const word = text.toLowerCase();
  if (yes.has(word)) return true;
  if (no.has(word)) return false;
  faults.push(`${name} is ${text.slice(0, 40)}; wanted yes or no`);
  return undefined;
}

function tagsOf(text: string, faults: string[]): readonly string[] {
  const tags = readTags(text.replace(/^'(?=[=+\-@])/, ''));
  const long = tags.find((tag) => tag.length > longestTag);
  if (long !== undefined)
    faults.push(`the tag ${long.slice(0, 20)}… has ${long.length} characters; ${longestTag} are the most`);
  if (tags.length > mostTags) faults.push(`has ${tags.length} tags; ${mostTags} are the most`);
  return tags;
}

const longestTag = 64;

/** Tags of one cell, sorted, each once: `Sales|R&D`; `\\|` is a bar of a tag's own, `none` is none at all. */
export function readTags(text: string): readonly string[] {
  if (text.trim().toLowerCase() === 'none') return [];
  const tags = [''];
  for (const [, escaped, other = ''] of text.matchAll(/\\(.)|(.)/gsu))
    if (escaped === undefined && other === '|') tags.push('');
    else tags.push(`${tags.pop()}${escaped ?? other}`);
  return [...new Set(tags.map((tag) => tag.trim()).filter((tag) => tag !== ''))].sort();
}

/** As `readTags` reads it back. */
export function writeTags(tags: readonly string[]): string {
  const text = [...tags]
    .sort()
    .map((tag) => tag.replace(/[\\|]/g, '\\$&'))
    .join('|');
  // Neither the word for no tags nor the mark that keeps spreadsheets from calculating.
  return text.toLowerCase() === 'none' || text.startsWith("'") ? `\\${text}` : text;
}

/** A spreadsheet must not take a name for a formula. */
const inert = (cell: string): string => (/^[=+\-@\t\r]/.test(cell) && !isE164(cell) ? `'${cell}` : cell);

/** RFC 4180, with a heading line and the byte-order mark that spreadsheets want. */
export function writeCsv(
  header: readonly string[],
  rows: readonly (readonly (string | number | boolean | undefined)[])[],
): string {
  const cells = rows.map((row) =>
    row.map((cell) =>
      cell === undefined ? '' : typeof cell === 'boolean' ? (cell ? 'yes' : 'no') : inert(String(cell)),
    ),
  );
  return stringify([header, ...cells], { bom: true, record_delimiter: 'windows' });
}
