import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { z } from 'zod';
import { didYouMean } from '../config/did-you-mean.ts';
import { type TenantFile, tenantFileShape } from './file-shape.ts';
import { sourceKey } from './state.ts';

/** Something of the file that cannot be taken, and where. Lines and columns count from 1. */
export interface FileFault {
  readonly line: number;
  readonly column: number;
  readonly say: string;
}

/** Where something of the file stands, and where its fields do: lines, counted from 1. */
export interface FileLine {
  readonly line: number;
  readonly fields: Readonly<Record<string, number>>;
}

/** By section: of each entry of a list, or of the section itself. */
export type FileLines = Readonly<Record<string, readonly FileLine[]>>;

export type FileReading =
  | { readonly kind: 'file'; readonly file: TenantFile; readonly lines: FileLines }
  | { readonly kind: 'faults'; readonly faults: readonly FileFault[] };

type Path = readonly (string | number)[];
const deepest = 20;

/**
 * YAML 1.2 or JSON, which is a part of it. Every fault is told with its place; a file with one is not taken at all.
 * Aliases are refused: a file of a few lines could otherwise mean gigabytes.
 */
export function readTenantFile(text: string): FileReading {
  const lines = new LineCounter();
  const at = (offset: number | undefined): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset ?? 0);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  let document: ReturnType<typeof parseDocument>;
  try {
    document = parseDocument(text, { lineCounter: lines, version: '1.2', strict: true });
  } catch (error) {
    // Brackets in brackets without an end: the reader goes down into each and runs out of stack.
    if (!(error instanceof RangeError)) throw error;
    return faulty([{ line: 1, column: 1, say: `the file is nested deeper than ${deepest}` }]);
  }
  const [wrong] = document.errors;
  if (wrong) {
    const say = wrong.message.split(/ at line \d+, column \d+/)[0] ?? wrong.message;
    return faulty([{ ...at(wrong.pos[0]), say: `cannot be read: ${say}` }]);
  }
  const faults: FileFault[] = [];
  const plain = document.contents === null ? undefined : toPlain(document.contents, faults, at);
  if (faults.length > 0) return faulty(faults);
  if (plain === undefined || plain === null)
    return faulty([{ line: 1, column: 1, say: 'the file is empty; it begins with version: 1' }]);

  const placeOf = (path: Path, key?: string) => at(offsetOf(document.contents as Node, path, key));
  const parsed = tenantFileShape.safeParse(plain, { reportInput: true });
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
      if (issue.code === 'unrecognized_keys')
        for (const key of issue.keys) {
          const near = didYouMean(key, keysAt(path));
          faults.push({
            ...placeOf(path, key),
            say: `${named([...path, key])} is not known here${near}`,
          });
        }
      else faults.push({ ...placeOf(path), say: `${named(path)} ${saidOf(issue)}${foundOf(issue.input)}` });
    }
    return faulty(faults);
  }
  const twice = repeated(parsed.data);
  return twice.length === 0
    ? { kind: 'file', file: parsed.data, lines: linesOf(document.contents as Node, at) }
    : faulty(twice.map(({ path, say }) => ({ ...placeOf(path), say: `${named(path)} ${say}` })));
}

const faulty = (faults: readonly FileFault[]): FileReading => ({
  kind: 'faults',
  faults: [...faults].sort((a, b) => a.line - b.line || a.column - b.column),
});

function linesOf(root: Node, at: (offset: number | undefined) => { line: number }): FileLines {
  const lineOf = (node: unknown): FileLine => ({
    line: at((node as Node | null)?.range?.[0]).line,
    fields: isMap(node)
      ? Object.fromEntries(
          node.items.map(({ key }) => [
            String(isScalar(key) ? key.value : key),
            at((key as Node).range?.[0]).line,
          ]),
        )
      : {},
  });
  if (!isMap(root)) return {};
  return Object.fromEntries(
    root.items.map(({ key, value }) => [
      String(isScalar(key) ? key.value : key),
      isSeq(value) ? value.items.map(lineOf) : [lineOf(value)],
    ]),
  );
}

/** Texts that look like numbers stay texts where writing them as one would change them: `+1202…`, `0100`. */
function toPlain(
  node: unknown,
  faults: FileFault[],
  at: (offset: number | undefined) => { line: number; column: number },
  depth = 0,
): unknown {
  if (depth > deepest) {
    faults.push({ ...at((node as Node).range?.[0]), say: `is nested deeper than ${deepest}` });
    return undefined;
  }
  if (isAlias(node)) {
    faults.push({ ...at(node.range?.[0]), say: `*${node.source} is an alias; write the value out` });
    return undefined;
  }
  if (isSeq(node)) return node.items.map((item) => toPlain(item, faults, at, depth + 1));
  if (isMap(node)) {
    const entries = node.items.map(({ key, value }) => [
      String(isScalar(key) ? (key.source ?? key.value) : key),
      toPlain(value, faults, at, depth + 1),
    ]);
    return Object.fromEntries(entries);
  }
  if (!isScalar(node)) return null;
  const { value, source = '' } = node;
  if (typeof value === 'bigint') return source;
  if (typeof value === 'number' && (/^[+]|^0\d/.test(source) || !Number.isSafeInteger(value)))
    return Number.isFinite(value) && source.includes('.') ? value : source;
  return value;
}

/** Where a path begins in the text: the value, or the key when one is given. What is missing is told at its parent. */
function offsetOf(root: Node, path: Path, key?: string): number | undefined {
  let node: unknown = root;
  let begin = root.range?.[0];
  for (const step of path) {
    const next: unknown = isMap(node)
      ? node.items.find((pair) => isScalar(pair.key) && pair.key.value === step)?.value
      : isSeq(node)
        ? node.items[Number(step)]
        : undefined;
    if (!isMap(next) && !isSeq(next) && !isScalar(next)) break;
    node = next;
    begin = next.range?.[0] ?? begin;
  }
  if (key === undefined || !isMap(node)) return begin;
  const found = node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key)?.key;
  return isScalar(found) ? found.range?.[0] : begin;
}

/** `people[3].number`. */
function named(path: Path): string {
  const text = path.reduce<string>(
    (so, step) => (typeof step === 'number' ? `${so}[${step}]` : so === '' ? step : `${so}.${step}`),
    '',
  );
  return text === '' ? 'the file' : text;
}

/** What stands there, where it can be shown in a few words. */
function foundOf(input: unknown): string {
  if (typeof input === 'string' && input !== '' && input.length <= 60 && !/[^\P{C}]/u.test(input))
    return `; found ${JSON.stringify(input)}`;
  return typeof input === 'number' || typeof input === 'boolean' || input === null ? `; found ${input}` : '';
}

function saidOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `is missing; wanted ${wantedWords[issue.expected] ?? issue.expected}`
        : `is not right: wanted ${wantedWords[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `wanted ${issue.values.map(String).join(', ')}`;
    case 'too_big':
      return issue.message.startsWith('Too big') ? `is more than ${issue.maximum}` : issue.message;
    case 'too_small':
      return issue.message.startsWith('Too small') ? `is less than ${issue.minimum}` : issue.message;
    default:
      return issue.message.startsWith('Invalid') ? 'is not right' : issue.message;
  }
}

const wantedWords: Readonly<Record<string, string>> = {
  string: 'a text (in quotes if it looks like a number)',
  boolean: 'true or false',
  array: 'a list',
  object: 'fields with values',
  number: 'a number',
  int: 'a whole number',
};

/** The keys that are known at a path, from the schema itself. */
function keysAt(path: Path): readonly string[] {
  let schema: unknown = tenantFileShape;
  for (const step of path) {
    schema = bare(schema);
    schema =
      schema instanceof z.ZodArray
        ? schema.element
        : schema instanceof z.ZodObject
          ? schema.shape[step]
          : undefined;
  }
  return objectsOf(bare(schema)).flatMap((one) => Object.keys(one.shape));
}

function objectsOf(schema: unknown): readonly z.ZodObject[] {
  if (schema instanceof z.ZodObject) return [schema];
  if (schema instanceof z.ZodDiscriminatedUnion) return schema.options.flatMap((one) => objectsOf(bare(one)));
  return [];
}

function bare(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return bare(schema.unwrap());
  if (schema instanceof z.ZodPipe) return bare(schema.out);
  return schema;
}

/** What may stand in a file once. */
function repeated(file: TenantFile): { path: Path; say: string }[] {
  const faults: { path: Path; say: string }[] = [];
  const once = () => {
    const seen = new Map<string, string>();
    return (value: string | undefined | null, path: Path): void => {
      if (value === undefined || value === null) return;
      const earlier = seen.get(value);
      if (earlier === undefined) seen.set(value, named(path));
      else faults.push({ path, say: `stands at ${earlier} already` });
    };
  };
  const [upn, extension, number, tenant, range] = [once(), once(), once(), once(), once()];
  for (const [i, one] of (file.provisioning ?? []).entries())
    tenant(one.tenant, ['provisioning', i, 'tenant']);
  const [connection, host, stock] = [once(), once(), once()];
  for (const [i, one] of (file.connections ?? []).entries()) {
    connection(one.tenant, ['connections', i, 'tenant']);
    for (const [n, domain] of (one.routingDomains ?? []).entries())
      host(domain.host, ['connections', i, 'routingDomains', n, 'host']);
  }
  for (const [i, one] of (file.numbers ?? []).entries()) stock(one.number, ['numbers', i, 'number']);
  for (const [i, one] of (file.ranges ?? []).entries()) {
    range(`${one.first}-${one.last}`, ['ranges', i, 'first']);
    if (one.first.length !== one.last.length || one.last < one.first)
      faults.push({
        path: ['ranges', i, 'last'],
        say: 'wanted a number as long as first and not before it',
      });
    else if (Number(one.last.slice(1)) - Number(one.first.slice(1)) >= 10_000)
      faults.push({ path: ['ranges', i, 'last'], say: 'a range has at most 10000 numbers' });
  }
  const [carrier, source, signIn] = [once(), once(), once()];
  for (const [i, one] of (file.carriers ?? []).entries()) {
    carrier(one.name, ['carriers', i, 'name']);
    for (const [n, from] of (one.sources ?? []).entries())
      source(sourceKey(from as Parameters<typeof sourceKey>[0]), ['carriers', i, 'sources', n]);
  }
  for (const [i, one] of (file.signIns ?? []).entries()) signIn(one.name, ['signIns', i, 'name']);
  const used = once();
  for (const [i, name] of (file.account?.carriers ?? []).entries()) used(name, ['account', 'carriers', i]);
  const [queue, phone, sipUser] = [once(), once(), once()];
  for (const [section, lines] of [
    ['queues', file.queues ?? []],
    ['phones', file.phones ?? []],
  ] as const)
    for (const [i, one] of lines.entries()) {
      (section === 'queues' ? queue : phone)(one.name, [section, i, 'name']);
      extension(one.extension, [section, i, 'extension']);
      number(one.number, [section, i, 'number']);
      if ('sipUser' in one) sipUser(one.sipUser, [section, i, 'sipUser']);
      const member = once();
      if ('members' in one)
        for (const [n, upn] of (one.members ?? []).entries()) member(upn, [section, i, 'members', n]);
    }
  for (const [i, one] of (file.people ?? []).entries()) {
    upn(one.upn, ['people', i, 'upn']);
    extension(one.extension, ['people', i, 'extension']);
    if (one.number !== 'next') number(one.number, ['people', i, 'number']);
    for (const [n, other] of (one.otherNumbers ?? []).entries())
      number(other, ['people', i, 'otherNumbers', n]);
    if (one.otherNumbers !== undefined && (typeof one.number !== 'string' || one.number === 'next'))
      faults.push({
        path: ['people', i, 'otherNumbers'],
        say: 'come after a main number: name it in number as well',
      });
  }
  return faults;
}
