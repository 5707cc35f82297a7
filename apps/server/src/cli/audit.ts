import type { AuditEntryView } from '@tandem/contract';
import {
  accountMeant,
  type ExitCode,
  type InstanceAsk,
  instanceHelp,
  runInstanceCommand,
  UsageError,
} from './instance-command.ts';

const help = `usage: tandem audit list [--account ACCOUNT] [--action A] [--actor NAME] [--limit N]
       tandem audit verify [--account ACCOUNT]

Who changed what. Each account has a chain of its own; without --account it is the platform's.

  list          newest first
  verify        walks the chain from its first entry: is anything changed, missing or cut off?
  --account A   id, name or mail domain of the account
  --action A    exact (person.change), or a noun with its dot (person.)
  --actor NAME  sign-in name, or name of the token
  --limit N     how many entries, 1-200, default 50
${instanceHelp}

Exit code 0: listed, or the chain is sound. 1: the chain is broken. 2: no instance runs, or not understood.

Try: tandem audit verify --account acme
`;

/** `tandem audit`: see `help`. */
export const run = (args: readonly string[]): Promise<number> =>
  runInstanceCommand(
    { name: 'tandem audit', help, values: ['account', 'action', 'actor', 'limit'], run: dispatch },
    args,
  );

async function dispatch(at: InstanceAsk): Promise<ExitCode> {
  const [verb, ...rest] = at.words;
  if (verb !== 'list' && verb !== 'verify')
    throw new UsageError(`${verb === undefined ? 'what' : `"${verb}"`}? list or verify; see --help`);
  if (rest.length > 0) throw new UsageError(`"${rest[0]}" is too much; see --help`);
  const named = at.flag('account');
  const account = named === undefined ? undefined : (await accountMeant(at.client, named)).id;
  if (verb === 'verify') {
    const check = await at.client.call('audit.check', { query: { account } });
    await at.print(at.json ? `${JSON.stringify(check)}\n` : `${check.sentence}\n`);
    return check.sound ? 0 : 1;
  }
  const limit = Number(at.flag('limit') ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > 200)
    throw new UsageError(`--limit ${at.flag('limit')}: wanted a whole number from 1 to 200`);
  const query = { account, limit, action: at.flag('action'), actor: at.flag('actor') };
  const { items } = await at.client.call('audit.list', { query });
  await at.print(at.json ? `${JSON.stringify({ items })}\n` : items.map(entryText).join(''));
  return 0;
}

/** One entry in one line, its changed fields below. */
export function entryText({
  sequence,
  at,
  actor,
  action,
  object,
  before,
  after,
  reason,
}: AuditEntryView): string {
  const head = `${sequence}  ${at}  ${actor.name}  ${action}  ${object.label ?? object.id}${reason === undefined ? '' : `  (${reason})`}`;
  const keys = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].filter(
    (key) => JSON.stringify(before?.[key]) !== JSON.stringify(after?.[key]),
  );
  const lines = keys.map((key) => `      ${key}: ${text(before?.[key])} → ${text(after?.[key])}`);
  return `${[head, ...lines].join('\n')}\n`;
}

const text = (value: unknown): string =>
  value === undefined || value === null ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);
