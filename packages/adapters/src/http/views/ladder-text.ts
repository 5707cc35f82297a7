import type { LadderEntry } from '@tandem/engine/ports/call-log.ts';

/**
 * The ladder as an engineer reads it in a terminal: one arrow a message, A leg to the left of us, B leg to the right,
 * then every message in full.
 */
export function printLadder(callId: string, entries: readonly LadderEntry[]): string {
  const column = 34;
  const lines = [`Call ${callId}`, ''];
  const peerOf = (leg: 'a' | 'b') =>
    entries.find((entry) => entry.leg === leg && entry.peer !== 'step')?.peer ?? '-';
  lines.push(
    `${' '.repeat(11)}${pad(`A ${peerOf('a')}`, column)}${pad('Tandem', column)}B ${peerOf('b')}`,
    '',
  );
  for (const entry of entries) {
    const at = `${(entry.atMs / 1000).toFixed(3).padStart(8)} s `;
    const what = entry.peer === 'step' ? oneLine(entry.text) : title(entry.text);
    if (entry.peer === 'step') {
      lines.push(`${at} ${' '.repeat(column - 2)}* ${what}`);
      continue;
    }
    // Towards the right: A leg in, B leg out. Towards the left: A leg out, B leg in.
    const rightward = (entry.leg === 'a') === (entry.direction === 'in');
    const room = column - 4;
    const label = what.slice(0, room - 4);
    const dashes = '-'.repeat(Math.max(1, room - label.length - 3));
    const arrow = rightward ? `|-- ${label} ${dashes}>|` : `|<- ${label} ${dashes}-|`;
    lines.push(`${at} ${entry.leg === 'a' ? '' : ' '.repeat(column)}${arrow}`);
  }
  lines.push('', '');
  entries.forEach((entry, index) => {
    if (entry.peer === 'step') return;
    const way = entry.direction === 'in' ? 'from' : 'to';
    lines.push(
      `--- ${index + 1}. ${(entry.atMs / 1000).toFixed(3)} s, leg ${entry.leg}, ${way} ${entry.peer}`,
    );
    lines.push(entry.text.replace(/\r\n/g, '\n').trimEnd(), '');
  });
  return `${lines.join('\n')}\n`;
}

/** The request or status line in short: `INVITE sip:+1…@host`, `180 Ringing (INVITE)`. */
export function title(message: string): string {
  const first = oneLine(message.slice(0, message.search(/\r?\n|$/)));
  const status = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(first);
  if (!status) return first.replace(/ SIP\/2\.0$/, '');
  const method = /^CSeq:\s*\d+\s+(\S+)/im.exec(message)?.[1];
  return `${status[1]} ${status[2]}${method ? ` (${method})` : ''}`;
}

/** One line and printable: what the wire sends must not draw on a terminal (I13). */
const oneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();

const pad = (text: string, width: number): string => text.slice(0, width - 1).padEnd(width);
