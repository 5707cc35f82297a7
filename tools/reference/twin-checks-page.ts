import { entraCheckTable } from '@tandem/simulator/entra/check-table.ts';
import { carrierFaults, dnsFaults, hubFaults } from '@tandem/simulator/faults/fault-board.ts';
import { directoryCheckTable } from '@tandem/simulator/graph/directory-check-table.ts';
import { printCheckTable } from '@tandem/simulator/sip-proxy/check-page.ts';
import { code, heading, table } from './page.ts';

export function twinChecksPage(): string {
  const faults = (at: string, known: Readonly<Record<string, string>>) =>
    Object.entries(known).map(([name, what]) => [at, code(name), what]);
  return [
    ...heading(
      'What the twin checks and what it can break',
      'packages/simulator/src/sip-proxy/check-table.ts, packages/simulator/src/entra/check-table.ts, packages/simulator/src/graph/directory-check-table.ts and packages/simulator/src/faults/fault-board.ts',
    ),
    '## Checks',
    '',
    'Tags: D documented by Microsoft, T seen in public traces, I inferred. D is always enforced; T and I unless `strict` is off.',
    'Results stand in `GET /audit` of the control API.',
    '',
    printCheckTable().trimEnd(),
    '',
    '## Checks of sign-in',
    '',
    ...table(
      ['#', 'on', 'Entra wants', 'else', 'tag'],
      Object.entries(entraCheckTable).map(([id, row]) => [id, row.on, row.wants, row.else, row.tag]),
    ),
    '',
    '## Checks of the directory and of policies',
    '',
    ...table(
      ['#', 'on', 'Graph wants', 'else', 'tag'],
      Object.entries(directoryCheckTable).map(([id, row]) => [id, row.on, row.wants, row.else, row.tag]),
    ),
    '',
    '## Faults',
    '',
    'Set with `POST /faults {"at":"hub","hub":1,"fault":"reset"}`, mended with `DELETE /faults`.',
    '',
    ...table(
      ['at', 'fault', 'what it does'],
      [...faults('hub', hubFaults), ...faults('carrier', carrierFaults), ...faults('dns', dnsFaults)],
    ),
    '',
  ].join('\n');
}
