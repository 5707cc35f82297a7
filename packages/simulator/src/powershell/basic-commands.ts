import { CommandError, type CommandRow } from './interpreter.ts';
import { isObject, jsonOf, memberOf, textOf, type Value, valueOfJson } from './values.ts';

/** Commands that are PowerShell's own. */

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** Sends for real; only to this machine. */
export type Send = (request: {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}) => Promise<HttpAnswer>;

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);

export const basicCommands = (send: Send): readonly CommandRow[] => [
  {
    name: 'Write-Host',
    parameters: { Object: 'value', ForegroundColor: 'value', NoNewline: 'switch' },
    positional: ['Object'],
    run: (args, { say }) => {
      say(textOf(args('Object') ?? null));
      return [];
    },
  },
  {
    name: 'Out-Null',
    parameters: {},
    positional: [],
    run: () => [],
  },
  {
    name: 'Import-Module',
    parameters: { Name: 'value' },
    positional: ['Name'],
    run: (args) => {
      const name = textOf(args('Name') ?? null);
      if (name.toLowerCase() !== 'microsoftteams')
        throw new CommandError(`The specified module '${name}' was not loaded because it is not here.`);
      return [];
    },
  },
  {
    name: 'ConvertTo-Json',
    parameters: { InputObject: 'value', Depth: 'value', Compress: 'switch' },
    positional: ['InputObject'],
    run: (args, { input }) => {
      const given = args('InputObject');
      const depth = Number(args('Depth') ?? 2);
      const value: Value = given ?? (input.length === 1 ? (input[0] as Value) : input);
      return [JSON.stringify(jsonOf(value, depth), null, args('Compress') === true ? undefined : 2)];
    },
  },
  {
    name: 'Invoke-RestMethod',
    parameters: {
      Method: 'value',
      Uri: 'value',
      Body: 'value',
      ContentType: 'value',
      Headers: 'value',
      TimeoutSec: 'value',
    },
    positional: ['Uri'],
    run: async (args, { note }) => {
      const text = textOf(args('Uri') ?? null);
      if (!URL.canParse(text)) throw new CommandError(`'${text}' is no address.`);
      const url = new URL(text);
      if (!/^https?:$/.test(url.protocol) || !isLoopback(url))
        throw new CommandError(`The twin sends to this machine only, not to ${url.host}.`);
      const body = args('Body');
      if (body !== undefined && typeof body !== 'string')
        throw new CommandError('The body has to be a text: use ConvertTo-Json.');
      const headers: Record<string, string> = {};
      const extra = args('Headers') ?? null;
      if (isObject(extra)) for (const [name, value] of extra) headers[name.toLowerCase()] = textOf(value);
      const type = args('ContentType');
      if (type !== undefined) headers['content-type'] = textOf(type);
      const method = textOf(args('Method') ?? 'Get').toUpperCase();
      const answer = await send({ method, url, headers, body });
      if (answer.status < 200 || answer.status > 299)
        throw new CommandError(
          `Response status code does not indicate success: ${answer.status}. ${answer.body.slice(0, 500)}`,
        );
      note('sent', `${method} ${url.origin}${url.pathname}`);
      if (answer.body === '') return [];
      try {
        return [valueOfJson(JSON.parse(answer.body))];
      } catch {
        return [answer.body];
      }
    },
  },
];

/** How list parameters change a list: a list replaces it, a table says `Add`, `Remove` or `Replace`. */
export function changedList(before: readonly string[], given: Value): readonly string[] {
  const texts = (value: Value): string[] =>
    (Array.isArray(value) ? (value as readonly Value[]) : value === null ? [] : [value]).map(textOf);
  if (!isObject(given)) return unique(texts(given));
  const known = new Set(['add', 'remove', 'replace']);
  for (const key of given.keys())
    if (!known.has(key.toLowerCase()))
      throw new CommandError(`A list knows Add, Remove and Replace, not '${key}'.`);
  const replaced = memberOf(given, 'Replace');
  const removed = texts(memberOf(given, 'Remove')).map((one) => one.toLowerCase());
  return unique([
    ...(replaced === null ? before : texts(replaced)).filter((one) => !removed.includes(one.toLowerCase())),
    ...texts(memberOf(given, 'Add')),
  ]);
}

const unique = (names: readonly string[]): readonly string[] => [
  ...new Map(names.map((name) => [name.toLowerCase(), name])).values(),
];
