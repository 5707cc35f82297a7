import type { RouteId, RouteSpec } from '@tandem/contract';
import { askOf, listText, type OperationAsk, operationMeant, operationText } from './api-operations.ts';
import { parseCommandLine } from './flags.ts';
import {
  accountMeant,
  type ExitCode,
  type InstanceAsk,
  instanceHelp,
  readText,
  runInstanceCommand,
  UsageError,
} from './instance-command.ts';

const help = `usage: tandem api list [WORD…]
       tandem api OPERATION --help
       tandem api OPERATION [NAME=VALUE…] [--body FILE]

Every operation of the API, by its name: what the portal does, this does. Prints the answer as JSON, or the text it is.

  list          all operations; with words, those that hold them
  NAME=VALUE    a field of the path, the query or the body; in the body JSON where it can be: teamsToggle=false
  --body FILE   the body as JSON; - for standard input. NAME=VALUE goes on top of it
                An account is named by id, name or mail domain, a person by id or sign-in address
${instanceHelp}

Exit code 0: done. 1: refused, with the reason. 2: no instance runs, or not understood.

Try: tandem api list number
     tandem api people.change id=dana@acme.example teamsToggle=false
     tandem api provisioning.retry id=dana@acme.example
`;

/** `tandem api`: see `help`. */
export async function run(args: readonly string[]): Promise<number> {
  const name = args.find((one) => !one.startsWith('--'));
  if (name !== undefined && name !== 'list' && args.includes('--help')) {
    try {
      process.stdout.write(operationText(...operationMeant(name)));
      return 0;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      process.stderr.write(`tandem api: ${error.message}\n`);
      return 2;
    }
  }
  if (name === 'list' && !args.includes('--help')) {
    // What a flag for other commands says, such as a port, is no word to look for.
    const { words } = parseCommandLine(args, new Set(['json']));
    process.stdout.write(listText(words.filter((one) => one !== 'list')));
    return 0;
  }
  return await runInstanceCommand({ name: 'tandem api', help, values: ['body'], run: dispatch }, args);
}

async function dispatch(at: InstanceAsk): Promise<ExitCode> {
  const [name, ...words] = at.words;
  if (name === undefined) throw new UsageError('what? An operation, for example people.list; see --help');
  const [id, route] = operationMeant(name);
  const ask = await byIds(at, route, askOf(route, words, bodyOf(at)));
  // The table decides what an operation takes, and the server checks it.
  const call = at.client.call as (id: RouteId, ask: OperationAsk) => Promise<unknown>;
  const text = at.client.text as (id: RouteId, ask: OperationAsk) => Promise<string>;
  if (route.produces !== undefined && route.produces !== 'json-or-text') {
    const answer = await text(id, ask);
    await at.print(at.json ? `${JSON.stringify({ text: answer })}\n` : answer);
    return 0;
  }
  const answer = await call(id, ask);
  if (answer !== undefined) await at.print(`${JSON.stringify(answer, undefined, at.json ? 0 : 2)}\n`);
  else if (at.json) await at.print('{}\n');
  else at.say('Done.');
  return 0;
}

function bodyOf(at: InstanceAsk): unknown {
  const file = at.flag('body');
  if (file === undefined) return undefined;
  try {
    return JSON.parse(readText(file)) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`${file}: ${error.message}`);
  }
}

const isId = (text: string): boolean => /^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(text);

/** People and accounts by the names that people have for them. */
async function byIds(at: InstanceAsk, route: RouteSpec, ask: OperationAsk): Promise<OperationAsk> {
  const account = async (text: string): Promise<string> =>
    isId(text) ? text : (await accountMeant(at.client, text)).id;
  const params: Record<string, unknown> = { ...ask.params };
  const { id } = params;
  if (typeof id === 'string' && !isId(id)) {
    if (/^\/api\/v1\/(accounts|directory|presence-sync\/accounts)\/\{id\}/.test(route.path))
      params.id = await account(id);
    if (route.path.startsWith('/api/v1/people/{id}') && id.includes('@'))
      params.id = await personMeant(at, id);
  }
  const named = async (part: unknown): Promise<unknown> => {
    const { account: text } = (part ?? {}) as { account?: unknown };
    return typeof text === 'string' ? { ...(part as object), account: await account(text) } : part;
  };
  return {
    params,
    query: (await named(ask.query)) as OperationAsk['query'],
    body: await named(ask.body),
  };
}

async function personMeant({ client }: InstanceAsk, address: string): Promise<string> {
  const { items } = await client.call('people.list', { query: { limit: 50, search: address } });
  const found = items.filter(({ upn }) => upn.toLowerCase() === address.toLowerCase());
  const [person] = found;
  if (person && found.length === 1) return person.id;
  throw new UsageError(
    found.length === 0
      ? `nobody signs in as ${address}`
      : `${address} fits ${found.length} people; use the id`,
  );
}
