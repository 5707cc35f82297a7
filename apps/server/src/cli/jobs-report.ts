import type { Job, JobItem } from '@tandem/contract';

export function jobText(job: Job): string {
  const { items, done, unchanged, leftOut, refused, cancelled, waiting } = job.counts;
  const parts = [
    `${done + unchanged} of ${items} done${unchanged > 0 ? ` (${unchanged} were so already)` : ''}`,
    ...(leftOut > 0 ? [`${leftOut} left out`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(cancelled > 0 ? [`${cancelled} cancelled`] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
  ];
  const left = job.secondsLeft === undefined ? '' : `, about ${job.secondsLeft} s left`;
  return `${job.id}  ${job.state}  ${job.title}  ${parts.join(', ')}${left}\n`;
}

const marks: Readonly<Record<JobItem['state'], string>> = {
  waiting: '~',
  done: '+',
  unchanged: ' ',
  'left-out': '?',
  refused: '!',
  cancelled: '-',
};

export const itemText = ({ state, label, words, code }: JobItem): string =>
  `${marks[state]} ${label}: ${words}${code === undefined ? '' : ` (${code})`}\n`;
