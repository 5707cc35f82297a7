import type { Account, TenantFilePlan } from '@tandem/contract';
import { ApiError } from '@tandem/contract/client.ts';
import { appliedText, planText } from './file-report.ts';
import {
  accountMeant,
  type ExitCode,
  type InstanceAsk,
  instanceHelp,
  readText,
  runInstanceCommand,
  UsageError,
} from './instance-command.ts';

const help = `usage: tandem file export ACCOUNT [> FILE]
       tandem file plan FILE --account ACCOUNT [--prune]
       tandem file apply FILE --account ACCOUNT [--prune] [--yes]

A whole account as one declarative file (YAML or JSON): settings, carriers, features of connections with Microsoft,
provisioning, ranges, numbers that nobody has, people with tags, queues, phones, presence, webhooks and sign-ins.
Never a secret, and no recordings. tandem export, plan
and apply are short for tandem file export, plan and apply.

  export        writes the account as a file; applying it changes nothing
  plan          what applying FILE would change; changes nothing
  apply         shows the plan, asks, and does exactly that, all of it or nothing; a second time changes nothing
  FILE          - for standard input
  --account A   id, name or mail domain of the account
  --prune       also remove what a section of the file does not name: people, ranges, numbers, queues, phones,
                webhooks, carriers, sign-ins; a section that is not in the file stays as it is
  --yes         apply without asking
${instanceHelp}

Exit code 0: done, or nothing to change. 1: something was refused, and so nothing changed. 2: no instance runs, or not understood.
3: plan: changes are pending.

Try: tandem file export acme > acme.yaml
     tandem file plan acme.yaml --account acme
`;

/** `tandem file`: see `help`. */
export const run = (args: readonly string[]): Promise<number> => runAs('tandem file', help, args);

/** `tandem export`, `tandem plan`, `tandem apply`. */
export function runVerb(verb: string, args: readonly string[]): Promise<number> {
  const own = help.replace(
    /usage:[\s\S]*?\n\n/,
    (usages) =>
      `usage: ${[...usages.matchAll(/tandem file (.*)/g)].flatMap(([, one]) => (one?.startsWith(verb) ? `tandem ${one}` : [])).join('')}\n\n`,
  );
  return runAs(`tandem ${verb}`, own, [verb, ...args]);
}

const runAs = (name: string, page: string, args: readonly string[]): Promise<number> =>
  runInstanceCommand(
    { name, help: page, switches: ['prune', 'yes'], values: ['account'], run: dispatch },
    args,
  );

async function dispatch(at: InstanceAsk): Promise<ExitCode> {
  const [verb, what, ...rest] = at.words;
  if (rest.length > 0) throw new UsageError(`"${rest[0]}" is too much; see --help`);
  if (verb === 'export') {
    const account = await accountMeant(at.client, what ?? at.flag('account'));
    const text = await at.client.text('tenantFile.read', { params: { id: account.id } });
    await at.print(at.json ? `${JSON.stringify({ account: account.id, file: text })}\n` : text);
    return 0;
  }
  if (verb !== 'plan' && verb !== 'apply')
    throw new UsageError(`${verb === undefined ? 'what' : `"${verb}"`}? export, plan or apply; see --help`);
  if (what === undefined) throw new UsageError(`which file? For example: tandem file ${verb} acme.yaml`);
  const file = readText(what);
  const account = await accountMeant(at.client, at.flag('account'));
  const ask = { account: account.id, file, prune: at.on('prune') };
  const plan = await inFile(what, () => at.client.call('tenantFile.plan', { body: ask }));
  if (verb === 'apply') return await apply(at, what, account, ask, plan);
  await at.print(at.json ? `${JSON.stringify(plan)}\n` : planText(plan));
  if (plan.counts.refused > 0) return 1;
  return plan.changes.length > 0 ? 3 : 0;
}

async function apply(
  at: InstanceAsk,
  what: string,
  account: Account,
  ask: { readonly account: string; readonly file: string; readonly prune: boolean },
  plan: TenantFilePlan,
): Promise<ExitCode> {
  const { create, change, remove, refused } = plan.counts;
  const doing = create + change + remove;
  if (!at.json || (doing > 0 && !at.on('yes'))) at.say(planText(plan));
  if (doing > 0 && refused === 0 && !at.on('yes')) {
    if (!at.interactive || what === '-')
      throw new UsageError(
        'nothing was changed: nobody can be asked here; say --yes to apply the plan above',
      );
    if (!(await at.confirm(`Make these ${doing} changes to ${account.name}?`))) {
      at.say('Nothing was changed.');
      return 1;
    }
  }
  if (refused > 0) {
    const only = plan.changes.filter(({ action }) => action === 'refused');
    const sentence = `Nothing was changed, ${refused} refused: a file is made whole or not at all.`;
    await at.print(
      at.json ? `${JSON.stringify({ applied: only, left: doing, sentence })}\n` : appliedText(only, sentence),
    );
    return 1;
  }
  const made = await inFile(what, () =>
    at.client.call('tenantFile.apply', { body: { ...ask, preview: plan.preview } }),
  );
  await at.print(at.json ? `${JSON.stringify(made)}\n` : appliedText(made.applied, made.sentence));
  return made.applied.some(({ action }) => action === 'refused') ? 1 : 0;
}

/** Faults of the file are told with its name, as compilers do: `acme.yaml:3:5`. */
async function inFile<T>(name: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ApiError) || !error.problem?.errors) throw error;
    const errors = error.problem.errors.map(({ path, message }) => ({
      path: path.replace(/^file(?=:|$)/, name),
      message,
    }));
    throw new ApiError(error.status, { ...error.problem, errors }, error.message);
  }
}
