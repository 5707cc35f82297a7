import { connectionFeatures, featureTable } from '@tandem/engine';
import {
  featuresWithout,
  type HeldData,
  heldData,
  tablesWithout,
} from '@tandem/engine/microsoft-data/held-data.ts';
import { purgeDelayMs } from '@tandem/engine/microsoft-data/purge-plan.ts';
import { code, heading, table } from './page.ts';

export function microsoftDataPage(): string {
  const held: readonly HeldData[] = heldData;
  const nothing: Readonly<Record<string, string>> = featuresWithout;
  return [
    ...heading("What is kept of Microsoft's data", 'packages/engine/src/microsoft-data/held-data.ts'),
    'Each feature of a connection with Microsoft 365 keeps its own. When a feature is switched off, or the connection is',
    `disconnected, what it kept is purged ${purgeDelayMs / 1000} s later, and looked for again each hour: what came late goes too. What is`,
    'to go is written down before anything goes, so a crash or a database that is away makes it later, never forgotten. An',
    'interrupted or expired connection purges nothing. `GET /api/v1/connections/{id}/data` shows what is there and what was purged',
    'when, `GET /api/v1/connections/{id}/data/{feature}` gives it out; both the purge and the copy stand in the audit.',
    '',
    'What tells nobody apart by tenant (the journal of presence, results of runs, steps of links) goes when no other connection',
    'of the account has the feature. Who is served by a sign-in of their own keeps what that sign-in brings.',
    '',
    ...connectionFeatures.flatMap((feature) => [
      `## ${featureTable[feature].title}`,
      '',
      ...(nothing[feature] === undefined
        ? table(
            ['kind', 'where', 'what', 'given out', 'purged', 'stays'],
            held
              .filter((one) => one.feature === feature)
              .map(({ kind, name, what, exported, purged = '', kept = '' }) => [
                kind,
                kind === 'memory' ? name : code(name),
                what,
                exported,
                purged,
                kept,
              ]),
          )
        : [nothing[feature]]),
      '',
    ]),
    '## Tables without it',
    '',
    'A test holds this page to the schema: a table that stands nowhere here fails it.',
    '',
    ...table(
      ['table', 'holds'],
      Object.entries(tablesWithout).map(([name, why]) => [code(name), why]),
    ),
    '',
  ].join('\n');
}
