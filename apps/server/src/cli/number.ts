import type { NumberWho } from '@tandem/contract';
import type { Dialled } from '@tandem/contract/areas/dialling-routes.ts';
import {
  accountMeant,
  type ExitCode,
  type InstanceAsk,
  instanceHelp,
  runInstanceCommand,
  UsageError,
} from './instance-command.ts';

const help = `usage: tandem number who NUMBER [--account ACCOUNT]
       tandem number dialled NUMBER --account ACCOUNT

  who           who has a number: here, in Teams, disabled or deleted, in every connected tenant
  dialled       what a number becomes that somebody of the account dials, why, and where a call goes
  NUMBER        in E.164 form, for example +12025550142; for dialled: as it is dialled
  --account A   only this account (id, name or mail domain)
${instanceHelp}

Exit code 0: nothing stands in the way. 1: somebody has it who keeps it from working, a tenant could not be read, or a call
to it goes nowhere.
2: no instance runs, or not understood.

Try: tandem number who +12025550142
     tandem number dialled "030 1234567" --account acme
`;

/** `tandem number`: see `help`. */
export const run = (args: readonly string[]): Promise<number> =>
  runInstanceCommand({ name: 'tandem number', help, values: ['account'], run: dispatch }, args);

async function dispatch(at: InstanceAsk): Promise<ExitCode> {
  const [verb, ...rest] = at.words;
  if (verb === 'dialled') return await dialled(at, rest.join(' '));
  if (verb !== 'who')
    throw new UsageError(`${verb === undefined ? 'what' : `"${verb}"`}? who or dialled; see --help`);
  const number = rest.join('').replace(/[\s().\-/]/g, '');
  if (!/^\+[1-9][0-9]{1,14}$/.test(number))
    throw new UsageError(`"${rest.join(' ')}" is not a number in E.164 form, for example +12025550142`);
  const named = at.flag('account');
  const account = named === undefined ? undefined : (await accountMeant(at.client, named)).id;
  const who = await at.client.call('numbers.who', { query: { number, account } });
  await at.print(at.json ? `${JSON.stringify(who)}\n` : whoText(who));
  return who.holders.some(({ conflict }) => conflict) || who.unread.length > 0 ? 1 : 0;
}

async function dialled(at: InstanceAsk, number: string): Promise<ExitCode> {
  if (number === '') throw new UsageError('which number? For example: tandem number dialled "030 1234567"');
  const account = await accountMeant(at.client, at.flag('account'));
  const told = await at.client.call('dialling.explain', { params: { id: account.id }, query: { number } });
  await at.print(at.json ? `${JSON.stringify(told)}\n` : dialledText(told));
  return told.reaches ? 0 : 1;
}

export const dialledText = ({ becomes, steps, goesTo, carriers }: Dialled): string =>
  `${[
    becomes ?? 'no number',
    ...steps.map((step) => `  ${step}`),
    goesTo,
    ...carriers.map(({ name, sent }) => `  ${name} gets ${sent}`),
  ].join('\n')}\n`;

export function whoText({ number, holders, unread }: NumberWho): string {
  const lines = holders.flatMap(({ conflict, sentence, tenant, where, fix }) => [
    `${conflict ? '!' : ' '} ${where === 'platform' ? 'here' : (tenant ?? 'Microsoft')}: ${sentence}`,
    ...(fix === undefined ? [] : [`    ${fix}`]),
  ]);
  if (holders.length === 0) lines.push(`  Nobody has ${number}, here or in Teams.`);
  return `${[...lines, ...unread.map(({ what, why }) => `? ${what}: not read, ${why}`)].join('\n')}\n`;
}
