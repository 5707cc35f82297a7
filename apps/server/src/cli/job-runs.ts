import type { Job, JobItem } from '@tandem/contract';
import { type ExitCode, type InstanceAsk, UsageError } from './instance-command.ts';
import { itemText, jobText } from './jobs-report.ts';

const lookEveryMs = 500;
const mostShown = 200;

/** Every item of a job, page by page. */
export async function itemsOf(
  { client }: InstanceAsk,
  id: string,
  most: number,
  state?: JobItem['state'],
): Promise<readonly JobItem[]> {
  const items: JobItem[] = [];
  for (let cursor: string | undefined; ; ) {
    const query = { limit: 200, cursor, state };
    const page = await client.call('jobs.items', { params: { id }, query });
    items.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === undefined || items.length >= most) return items.slice(0, most);
  }
}

/** Shows what a previewed job would do, asks if need be, starts it and waits for its end. */
export async function previewAndRun(at: InstanceAsk, job: Job): Promise<ExitCode> {
  const items = await itemsOf(at, job.id, mostShown);
  if (!at.json || !at.on('yes')) {
    at.say(items.map(itemText).join(''));
    if (job.counts.items > items.length) at.say(`… and ${job.counts.items - items.length} more`);
    at.say(jobText(job));
  }
  if (job.counts.waiting === 0) return await ended(at, job);
  if (!at.on('yes')) {
    if (!at.interactive)
      throw new UsageError(
        `nothing was changed: nobody can be asked here; say --yes, or start the preview above with: tandem jobs start ${job.id}`,
      );
    if (!(await at.confirm(`Carry out ${job.counts.waiting} items?`))) {
      at.say(`Nothing was changed. The preview stays: tandem jobs start ${job.id}`);
      return 1;
    }
  }
  const preview = job.preview ?? '';
  await at.client.call('jobs.start', { params: { id: job.id }, body: { preview } });
  return await follow(at, job.id);
}

/** Waits until the job is over or paused, and says how far it is whenever that changes. */
export async function follow(at: InstanceAsk, id: string): Promise<ExitCode> {
  let said = '';
  for (;;) {
    const job = await at.client.call('jobs.read', { params: { id } });
    const text = jobText(job);
    if (job.state !== 'running') return await ended(at, job);
    if (text !== said) at.say(text);
    said = text;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

/** Only a job of which nothing was refused or left out is one that went well. */
async function ended(at: InstanceAsk, job: Job): Promise<ExitCode> {
  const wrong = [
    ...(await itemsOf(at, job.id, mostShown, 'refused')),
    ...(await itemsOf(at, job.id, mostShown, 'left-out')),
  ];
  await at.print(
    at.json ? `${JSON.stringify({ job, wrong })}\n` : `${wrong.map(itemText).join('')}${jobText(job)}`,
  );
  return job.counts.refused + job.counts.leftOut + job.counts.cancelled > 0 ? 1 : 0;
}
