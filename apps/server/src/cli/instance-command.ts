import { readFileSync } from 'node:fs';
import { didYouMean } from '@tandem/adapters/config/did-you-mean.ts';
import type { Account } from '@tandem/contract';
import { ApiError, type Client, createClient } from '@tandem/contract/client.ts';
import { findInstance } from '../supervisor/instance-file.ts';
import { portBaseBounds } from '../supervisor/ports.ts';
import { parseCommandLine } from './flags.ts';

/** 0: done, or nothing to do. 1: refused, or not as it should be. 2: no instance, or not understood. 3: changes pending. */
export type ExitCode = 0 | 1 | 2 | 3;

/** A command that asks a running instance. */
export interface InstanceCommand {
  /** As it is typed: `tandem file`. */
  readonly name: string;
  readonly help: string;
  readonly switches?: readonly string[];
  readonly values?: readonly string[];
  readonly run: (at: InstanceAsk) => Promise<ExitCode>;
}

export interface InstanceAsk {
  readonly words: readonly string[];
  readonly json: boolean;
  readonly flag: (name: string) => string | undefined;
  readonly on: (name: string) => boolean;
  readonly client: Client;
  /** Answers only with what was asked for; everything else is said. */
  readonly print: (text: string) => Promise<void>;
  readonly say: (text: string) => void;
  /** A person sits at the terminal and can be asked. */
  readonly interactive: boolean;
  readonly confirm: (question: string) => Promise<boolean>;
}

/** What the command line says makes no sense, or names nothing. */
export class UsageError extends Error {}

/** How the instance is found, in every help. */
export const instanceHelp = `  --json            JSON on standard output
  --port-base N     the instance that was started with the same flag, default ${portBaseBounds.default}
  --api URL         another instance: the address of its API, for example https://tandem.example/api/v1
  --token-file FILE with --api: the file that holds the API token`;

const everywhere = ['port-base', 'api', 'token-file'];
/** Applying a long file takes half a minute; behind it comes the answer. */
const patienceMs = 300_000;

export async function runInstanceCommand(command: InstanceCommand, args: readonly string[]): Promise<number> {
  const switches = ['json', 'help', ...(command.switches ?? [])];
  const values = [...everywhere, ...(command.values ?? [])];
  const { flags, words, withoutValue } = parseCommandLine(args, new Set(switches));
  const say = (text: string): void => void process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
  const print = (text: string): Promise<void> =>
    new Promise((resolve) => process.stdout.write(text, () => resolve()));
  if (flags.help === true) {
    await print(command.help);
    return 0;
  }
  const fail = async (code: ExitCode, why: string, more: object = {}): Promise<ExitCode> => {
    say(`${command.name}: ${why}`);
    if (flags.json === true) await print(`${JSON.stringify({ error: why, ...more })}\n`);
    return code;
  };
  const unknown = [...Object.keys(flags), ...withoutValue].find(
    (name) => !switches.includes(name) && !values.includes(name),
  );
  if (unknown !== undefined)
    return await fail(
      2,
      `no such flag --${unknown}${didYouMean(unknown, [...switches, ...values])}; see --help`,
    );
  const missing = withoutValue[0] ?? values.find((name) => flags[name] === '');
  if (missing !== undefined) return await fail(2, `--${missing} wants a value; see --help`);
  const flag = (name: string): string | undefined =>
    typeof flags[name] === 'string' ? (flags[name] as string) : undefined;
  try {
    const { baseUrl, bearer } = addressOf(flag);
    const client = createClient({
      baseUrl,
      bearer,
      fetch: (url, init) => fetch(url, { ...init, signal: AbortSignal.timeout(patienceMs) }),
    });
    return await command.run({
      words,
      json: flags.json === true,
      flag,
      on: (name) => flags[name] === true,
      client,
      print,
      say,
      interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
      confirm: ask,
    });
  } catch (error) {
    if (error instanceof UsageError) return await fail(2, error.message);
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 0) return await fail(2, `the instance does not answer: ${error.message}`);
    const { problem } = error;
    const lines = (problem?.errors ?? []).map(({ path, message }) => `  ${path}: ${message}`);
    const said = [
      error.message,
      ...lines,
      ...(problem && lines.length === 0 ? [`  ${problem.next}`] : []),
    ].join('\n');
    return await fail(error.status >= 500 ? 2 : 1, said, problem && { code: problem.code, problem });
  }
}

/** As `doctor` finds it, or where the flags say. */
function addressOf(flag: InstanceAsk['flag']): { readonly baseUrl: string; readonly bearer: string } {
  const api = flag('api');
  const tokenFile = flag('token-file');
  if (api !== undefined || tokenFile !== undefined) {
    if (api === undefined || tokenFile === undefined)
      throw new UsageError('--api and --token-file belong together');
    const url = URL.canParse(api) ? new URL(api) : undefined;
    if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
      throw new UsageError(`--api ${api}: wanted an address, for example https://tandem.example/api/v1`);
    const bearer = readText(tokenFile).trim();
    if (!/^\S+$/.test(bearer))
      throw new UsageError(`${tokenFile}: wanted the API token and nothing else in it`);
    return { baseUrl: url.origin, bearer };
  }
  const text = flag('port-base');
  const portBase = text === undefined ? portBaseBounds.default : Number(text);
  if (!Number.isInteger(portBase)) throw new UsageError(`--port-base ${text}: wanted a whole number`);
  const instance = findInstance(portBase);
  if (!instance) throw new UsageError(`no instance runs at port base ${portBase}: start one with npm start`);
  return { baseUrl: new URL(instance.api).origin, bearer: instance.token };
}

/** A file of the command line, or standard input for `-`. */
export function readText(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}`);
  }
}

/** The account that was meant: its id, its name, or a mail domain of it. */
export async function accountMeant(client: Client, asked: string | undefined): Promise<Account> {
  const accounts: Account[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.call('accounts.list', { query: { limit: 200, cursor } });
    accounts.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  const [only] = accounts;
  if (asked === undefined) {
    if (only && accounts.length === 1) return only;
    throw new UsageError(`whose? Name an account: ${namesOf(accounts)}`);
  }
  const wanted = asked.toLowerCase();
  const found = accounts.filter(
    ({ id, name, mailDomains }) =>
      id === asked || name.toLowerCase() === wanted || mailDomains.includes(wanted),
  );
  const [account] = found;
  if (account && found.length === 1) return account;
  if (found.length > 1) throw new UsageError(`"${asked}" fits ${found.length} accounts; use the id`);
  throw new UsageError(
    `no account "${asked}"${didYouMean(
      asked,
      accounts.map(({ name }) => name),
    )}; there are ${namesOf(accounts)}`,
  );
}

const namesOf = (accounts: readonly Account[]): string =>
  accounts.length === 0
    ? 'none'
    : `${accounts
        .slice(0, 10)
        .map(({ name }) => name)
        .join(', ')}${accounts.length > 10 ? ' …' : ''}`;

async function ask(question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}
