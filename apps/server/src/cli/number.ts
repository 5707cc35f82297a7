import type { NumberWho } from '@tandem/contract';
import {
  accountMeant,
  type ExitCode,
  type InstanceAsk,
  instanceHelp,
  runInstanceCommand,
  UsageError,
} from './instance-command.ts';

const help = `usage: tandem number who NUMBER [--account ACCOUNT]

Who has a number: here, in Teams, disabled or deleted, in every connected tenant.

  NUMBER        in E.164 form, for example +12025550142
  --account A   only this account (id, name or mail domain)
${instanceHelp}

Exit code 0: nothing stands in the way. 1: somebody has it who keeps it from working, or a tenant could not be read.
2: no instance runs, or not understood.

Try: tandem number who +12025550142
`;

/** `tandem number`: see `help`. */
export const run = (args: readonly string[]): Promise<number> =>
  runInstanceCommand({ name: 'tandem number', help, values: ['account'], run: dispatch }, args);

async function dispatch(at: InstanceAsk): Promise<ExitCode> {
  const [verb, ...rest] = at.words;
  if (verb !== 'who') throw new UsageError(`${verb === undefined ? 'what' : `"${verb}"`}? who; see --help`);
  const number = rest.join('').replace(/[\s().\-/]/g, '');
  if (!/^\+[1-9][0-9]{1,14}$/.test(number))
    throw new UsageError(`"${rest.join(' ')}" is not a number in E.164 form, for example +12025550142`);
  const named = at.flag('account');
  const account = named === undefined ? undefined : (await accountMeant(at.client, named)).id;
  const who = await at.client.call('numbers.who', { query: { number, account } });
  await at.print(at.json ? `${JSON.stringify(who)}\n` : whoText(who));
  return who.holders.some(({ conflict }) => conflict) || who.unread.length > 0 ? 1 : 0;
}

export function whoText({ number, holders, unread }: NumberWho): string {
  const lines = holders.flatMap(({ conflict, sentence, tenant, where, fix }) => [
    `${conflict ? '!' : ' '} ${where === 'platform' ? 'here' : (tenant ?? 'Microsoft')}: ${sentence}`,
    ...(fix === undefined ? [] : [`    ${fix}`]),
  ]);
  if (holders.length === 0) lines.push(`  Nobody has ${number}, here or in Teams.`);
  return `${[...lines, ...unread.map(({ what, why }) => `? ${what}: not read, ${why}`)].join('\n')}\n`;
}
