import { Button } from '@fluentui/react-components';
import type { PresenceRun, PresenceRunResult, PresenceRunStep } from '@tandem/contract';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo, useState } from 'react';
import { api, ask } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay } from '../../api/session.ts';
import { Figures, Under } from '../../parts/cells.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Pages } from '../../parts/filter-bar.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { dayAndTime } from '../../words/format.ts';
import { requestWords } from '../../words/link.ts';
import {
  outcomeWords,
  readOutcomeWords,
  runReasonWords,
  runStateWords,
  runStepWords,
} from '../../words/presence-sync.ts';

/** All runs, newest first. Who may begin one and nothing else sees no people. */
export function RunsCard({
  accountId,
  run,
  zone,
}: {
  readonly accountId: string;
  readonly run: PresenceRun | undefined;
  readonly zone: string;
}) {
  const mayRun = useMay('presence-sync:run');
  const maySeePeople = useMay('presence-sync:read');
  const [cursor, setCursor] = useState<string>();
  const [shown, setShown] = useState<string>();
  const runs = useQuery({
    ...ask('presenceSync.runs', { params: { id: accountId }, query: { limit: 10, cursor } }),
    placeholderData: keepPreviousData,
    refetchInterval: 5_000,
  });
  const start = useMutation({
    mutationFn: () => api.call('presenceSync.startRun', { params: { id: accountId } }),
    onSuccess: () => reread('presenceSync.'),
  });
  const going = run?.state === 'running' || run?.state === 'waiting';
  const columns = useMemo<ColumnDef<PresenceRun>[]>(
    () => [
      {
        header: 'Began',
        cell: ({ row: { original: one } }) => <Figures>{dayAndTime(one.startedAt, zone)}</Figures>,
      },
      {
        header: 'Why',
        cell: ({ row: { original: one } }) => (
          <>
            {runReasonWords[one.reason]}
            <Under>{one.startedBy}</Under>
          </>
        ),
      },
      { header: 'State', cell: ({ row: { original: one } }) => <StateBadge {...runStateWords[one.state]} /> },
      {
        header: 'Result',
        cell: ({ row: { original: one } }) => (
          <>
            {one.sentence}
            {one.seconds !== undefined && <Under>It took {one.seconds.toFixed(1)} s.</Under>}
            {one.mailed && <Under>A mail was handed over.</Under>}
            {one.steps.length > 0 && <Steps steps={one.steps} />}
          </>
        ),
      },
      ...(maySeePeople
        ? [
            {
              header: 'Users',
              cell: ({ row: { original: one } }: { row: { original: PresenceRun } }) => (
                <Button
                  size="small"
                  aria-pressed={shown === one.id}
                  aria-label={`${shown === one.id ? 'Hide' : 'Show'} users of the run of ${dayAndTime(one.startedAt, zone)}`}
                  onClick={() => setShown(shown === one.id ? undefined : one.id)}
                >
                  {shown === one.id ? 'Hide' : 'Show'}
                </Button>
              ),
            },
          ]
        : []),
    ],
    [zone, shown, maySeePeople],
  );
  return (
    <Card
      title="Runs"
      bare
      aside={
        mayRun && (
          <Button disabled={going || start.isPending} onClick={() => start.mutate()}>
            Sync now
          </Button>
        )
      }
    >
      {start.error && (
        <div style={{ padding: '0 20px 18px' }}>
          <ProblemView error={start.error} />
        </div>
      )}
      <DataTable
        label="Runs of presence"
        rows={runs.data?.items}
        columns={columns}
        empty={
          <EmptyState title="No run yet">
            A run begins when the mode changes, with Resync, after signing in again, and by “Sync now”.
          </EmptyState>
        }
      />
      <Pages of={runs.data} cursor={cursor} go={setCursor} />
      {shown !== undefined && <Results key={shown} runId={shown} />}
    </Card>
  );
}

/** What the run did, step by step, for those who ask Microsoft about it. */
function Steps({ steps }: { readonly steps: readonly PresenceRunStep[] }) {
  return (
    <details>
      <summary>{steps.length === 1 ? '1 step' : `${steps.length} steps`}</summary>
      {steps.map((step) => (
        <Under key={`${step.at} ${step.what} ${step.clientRequestId}`}>
          {[
            `${runStepWords[step.what]}${step.people === undefined ? '' : ` (${step.people})`}`,
            step.outcome && readOutcomeWords[step.outcome],
            `${step.durationMs} ms`,
            requestWords(step),
          ]
            .filter(Boolean)
            .join(' · ')}
        </Under>
      ))}
    </details>
  );
}

function Results({ runId }: { readonly runId: string }) {
  const [cursor, setCursor] = useState<string>();
  const results = useQuery({
    ...ask('presenceSync.results', { params: { id: runId }, query: { limit: 25, cursor } }),
    placeholderData: keepPreviousData,
  });
  const rows = useMemo(
    () => results.data?.items.map((one) => ({ ...one, id: one.personId })),
    [results.data],
  );
  const columns = useMemo<ColumnDef<PresenceRunResult & { readonly id: string }>[]>(
    () => [
      {
        header: 'Name',
        cell: ({ row: { original: one } }) => (
          <>
            {one.displayName}
            {one.mail && <Under>{one.mail}</Under>}
          </>
        ),
      },
      {
        header: 'Outcome',
        cell: ({ row: { original: one } }) => <StateBadge {...outcomeWords[one.outcome]} />,
      },
      {
        header: 'Why',
        cell: ({ row: { original: one } }) => (
          <>
            {one.words} {one.code}
            {one.fix && <Under>{one.fix}</Under>}
          </>
        ),
      },
    ],
    [],
  );
  return (
    <>
      <DataTable
        label="Users of the run"
        rows={rows}
        columns={columns}
        empty={<EmptyState title="Nobody">The run had nobody in scope.</EmptyState>}
      />
      <Pages of={results.data} cursor={cursor} go={setCursor} />
    </>
  );
}
