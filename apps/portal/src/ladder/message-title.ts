import type { LadderEntry } from '@tandem/contract';

/** `INVITE`, `180 Ringing`: the first line in short, with the method an answer belongs to kept apart. */
export function messageTitle(text: string): {
  readonly title: string;
  readonly of?: string;
  readonly kind: 'request' | 'good' | 'bad' | 'progress';
} {
  const first = text.slice(0, Math.max(0, text.search(/\r?\n|$/)));
  const status = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(first);
  if (!status) {
    return { title: first.replace(/ SIP\/2\.0$/, '').replace(/ sips?:/, ' '), kind: 'request' };
  }
  const of = /^CSeq:\s*\d+\s+(\S+)/im.exec(text)?.[1];
  const code = Number(status[1]);
  const kind = code < 200 ? 'progress' : code < 300 ? 'good' : 'bad';
  return { title: `${status[1]} ${status[2]}`, ...(of ? { of } : {}), kind };
}

/** True when the arrow points to the right: the A leg stands left of us, the B leg right. */
export const rightward = (entry: Pick<LadderEntry, 'leg' | 'direction'>): boolean =>
  (entry.leg === 'a') === (entry.direction === 'in');

export const isStep = (entry: Pick<LadderEntry, 'peer'>): boolean => entry.peer === 'step';

export const hasBody = (text: string): boolean => /^content-type:\s*application\/sdp/im.test(text);
