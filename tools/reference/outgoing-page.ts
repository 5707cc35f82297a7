import { type OutgoingClass, outgoingClasses } from '@tandem/adapters/outgoing/outgoing-list.ts';
import { heading, table } from './page.ts';

export function outgoingPage(): string {
  const rows: readonly OutgoingClass[] = outgoingClasses;
  return [
    ...heading('What this installation talks to', 'packages/adapters/src/outgoing/outgoing-list.ts'),
    'Microsoft, your carriers, and what you set up yourself. There is no other destination: no licence server, no telemetry, no',
    'update check. A test fails when a file that stands in no row makes a connection. `GET /api/v1/outgoing` shows the same list with',
    'the hosts of this installation and when each was contacted last, and names every http destination that no row explains.',
    'The portal is served from here and loads nothing from elsewhere.',
    '',
    ...table(
      ['destination', 'whose', 'where', 'how', 'why', 'turned on by'],
      rows.map(({ title, whose, where, protocol, why, turnedOnBy }) => [
        title,
        whose,
        where,
        protocol,
        why,
        turnedOnBy,
      ]),
    ),
    '',
  ].join('\n');
}
