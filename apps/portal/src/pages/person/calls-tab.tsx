import type { CallSummary, Person } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';
import { ask } from '../../api/client.ts';
import { Under } from '../../parts/cells.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { paths } from '../../path-builder.ts';
import { dayAndTime, span, telephone } from '../../words/format.ts';
import { directionWords, resultWords } from '../../words/states.ts';

/** The last calls of a person, each with its reasons one step away. */
export function CallsTab({ person, zone }: { readonly person: Person; readonly zone: string }) {
  const calls = useQuery(ask('calls.list', { query: { person: person.id, limit: 15 } }));
  const columns = useMemo<ColumnDef<CallSummary>[]>(
    () => [
      {
        header: 'When',
        cell: ({ row: { original: call } }) => (
          <TextLink to={paths.call(call.id)}>{dayAndTime(call.invitedAt, zone)}</TextLink>
        ),
      },
      { header: 'Direction', cell: ({ row }) => directionWords[row.original.direction] },
      {
        header: 'From and to',
        cell: ({ row: { original: call } }) => (
          <>
            {telephone(call.from)} → {telephone(call.to)}
            {call.callerName && <Under>{call.callerName.text}</Under>}
          </>
        ),
      },
      {
        header: 'Result',
        cell: ({ row: { original: call } }) => call.result && <StateBadge {...resultWords[call.result]} />,
      },
      {
        header: 'Talked',
        cell: ({ row: { original: call } }) => (call.talkMs === undefined ? '' : span(call.talkMs)),
      },
    ],
    [zone],
  );
  if (calls.error && !calls.data)
    return <ProblemView error={calls.error} retry={() => void calls.refetch()} />;
  return (
    <Card
      title="Recent calls"
      aside={<TextLink to={paths.calls({ person: person.id })}>All calls of this person</TextLink>}
      bare
    >
      <DataTable
        label="Recent calls"
        rows={calls.data?.items}
        columns={columns}
        empty={<EmptyState title="No calls yet">Finished calls appear here.</EmptyState>}
      />
    </Card>
  );
}
