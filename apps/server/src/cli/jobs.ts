import {
  accountMeant,
  type ExitCode,
  type InstanceAsk,
  instanceHelp,
  runInstanceCommand,
  UsageError,
} from './instance-command.ts';
import { follow, itemsOf, previewAndRun } from './job-runs.ts';
import { itemText, jobText } from './jobs-report.ts';

const help = `usage: tandem jobs list [--account ACCOUNT]
       tandem jobs show|start|pause|resume|cancel|undo ID [--yes]

Bulk jobs: previewed, carried out item by item, paused, gone on with, undone.

  list          newest first
  show          one job with its items
  start         carry out what was previewed, and wait for the end
  pause         stop before the next item, to go on later
  resume        go on, and wait for the end
  cancel        stop before the next item for good; what is done stays done
  undo          preview a job that puts back what this one changed, ask, and carry it out
  --account A   id, name or mail domain of the account
  --yes         undo without asking
${instanceHelp}

Exit code 0: done. 1: something was refused, left out or cancelled. 2: no instance runs, or not understood.

Try: tandem jobs list
`;

/** `tandem jobs`: see `help`. */
export const run = (args: readonly string[]): Promise<number> =>
  runInstanceCommand(
    { name: 'tandem jobs', help, switches: ['yes'], values: ['account'], run: dispatch },
    args,
  );

const verbs = ['list', 'show', 'start', 'pause', 'resume', 'cancel', 'undo'] as const;

async function dispatch(at: InstanceAsk): Promise<ExitCode> {
  const [word, id, ...rest] = at.words;
  const verb = verbs.find((one) => one === word);
  if (verb === undefined)
    throw new UsageError(`${word === undefined ? 'what' : `"${word}"`}? ${verbs.join(', ')}; see --help`);
  if (rest.length > 0) throw new UsageError(`"${rest[0]}" is too much; see --help`);
  const { client } = at;
  if (verb === 'list') {
    const named = at.flag('account');
    const account = named === undefined ? undefined : (await accountMeant(client, named)).id;
    const { items } = await client.call('jobs.list', { query: { account, limit: 50 } });
    await at.print(at.json ? `${JSON.stringify({ items })}\n` : items.map(jobText).join(''));
    return 0;
  }
  if (id === undefined) throw new UsageError(`which job? See tandem jobs list`);
  const params = { id };
  switch (verb) {
    case 'show': {
      const job = await client.call('jobs.read', { params });
      const items = await itemsOf(at, id, 25_000);
      await at.print(
        at.json ? `${JSON.stringify({ job, items })}\n` : `${items.map(itemText).join('')}${jobText(job)}`,
      );
      return 0;
    }
    case 'start': {
      const { preview, state } = await client.call('jobs.read', { params });
      if (preview === undefined) throw new UsageError(`the job is ${state}; only a previewed one is started`);
      await client.call('jobs.start', { params, body: { preview } });
      return await follow(at, id);
    }
    case 'resume':
      await client.call('jobs.resume', { params });
      return await follow(at, id);
    case 'undo':
      return await previewAndRun(at, await client.call('jobs.undo', { params }));
    default: {
      const job = await client.call(verb === 'pause' ? 'jobs.pause' : 'jobs.cancel', { params });
      await at.print(at.json ? `${JSON.stringify({ job })}\n` : jobText(job));
      return 0;
    }
  }
}
