import type { NewQueue, Queue, QueueChange } from '@tandem/contract';
import { plainNumber } from '../../words/format.ts';

/** What is typed about a queue, as text. */
export interface QueueDraft {
  readonly name: string;
  readonly extension: string;
  readonly number: string;
  readonly offerSeconds: string;
  readonly wrapUpSeconds: string;
  readonly maxWaitSeconds: string;
  readonly maxWaiting: string;
  readonly overflow: Queue['overflow']['kind'];
  readonly overflowTo: string;
}

export const newDraft: QueueDraft = {
  name: '',
  extension: '',
  number: '',
  offerSeconds: '15',
  wrapUpSeconds: '0',
  maxWaitSeconds: '900',
  maxWaiting: '50',
  overflow: 'refuse',
  overflowTo: '',
};

export const draftOf = (queue: Queue): QueueDraft => ({
  name: queue.name,
  extension: queue.extension ?? '',
  number: queue.number ?? '',
  offerSeconds: String(queue.offerSeconds),
  wrapUpSeconds: String(queue.wrapUpSeconds),
  maxWaitSeconds: String(queue.maxWaitSeconds),
  maxWaiting: String(queue.maxWaiting),
  overflow: queue.overflow.kind,
  overflowTo: queue.overflow.kind === 'forward' ? queue.overflow.to : '',
});

const whole = (text: string): number => (/^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN);

const settingsOf = (draft: QueueDraft) => ({
  name: draft.name.trim(),
  extension: draft.extension.trim() || null,
  number: plainNumber(draft.number) || null,
  offerSeconds: whole(draft.offerSeconds),
  wrapUpSeconds: whole(draft.wrapUpSeconds),
  maxWaitSeconds: whole(draft.maxWaitSeconds),
  maxWaiting: whole(draft.maxWaiting),
  overflow:
    draft.overflow === 'refuse'
      ? { kind: 'refuse' as const }
      : { kind: 'forward' as const, to: plainNumber(draft.overflowTo) },
});

/** Whether it can be sent; the server judges the rest. */
export function isWhole(draft: QueueDraft): boolean {
  const { name, overflow, ...rest } = settingsOf(draft);
  const numbers = [rest.offerSeconds, rest.wrapUpSeconds, rest.maxWaitSeconds, rest.maxWaiting];
  return (
    name !== '' &&
    numbers.every((one) => !Number.isNaN(one)) &&
    (overflow.kind === 'refuse' || overflow.to !== '')
  );
}

export function toNewQueue(draft: QueueDraft, account: string | undefined): NewQueue {
  const { extension, number, ...rest } = settingsOf(draft);
  return {
    ...rest,
    members: [],
    ...(account !== undefined && { account }),
    ...(extension !== null && { extension }),
    ...(number !== null && { number }),
  };
}

/** Only what is different: what somebody else changed meanwhile is not written back. */
export function changeOf(draft: QueueDraft, queue: Queue): Omit<QueueChange, 'version'> {
  const before = settingsOf(draftOf(queue));
  return Object.fromEntries(
    Object.entries(settingsOf(draft)).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof typeof before]),
    ),
  );
}
