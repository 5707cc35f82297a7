import type { QueueLive } from '@tandem/contract';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';
import { Figures } from '../../parts/cells.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { useNow } from '../../parts/use-now.ts';
import { span, telephone } from '../../words/format.ts';
import { useQueueLive } from './use-queue-live.ts';

type Waiting = QueueLive['waiting'][number] & { readonly id: string };

export function Waits({ since }: { readonly since: string }) {
  return <Figures>{span(useNow() - Date.parse(since))}</Figures>;
}

/** Who waits, in their order, and who is being rung for them. */
export function WaitingCard({ queueId }: { readonly queueId: string }) {
  const live = useQueueLive(queueId);
  const members = live.data?.members;
  const rows = useMemo(
    () => live.data?.waiting.map((one): Waiting => ({ ...one, id: one.callId })),
    [live.data],
  );
  const columns = useMemo<ColumnDef<Waiting>[]>(
    () => [
      { header: 'Place', cell: ({ row }) => row.original.position },
      {
        header: 'Caller',
        cell: ({ row }) => <Figures>{telephone(row.original.from)}</Figures>,
      },
      { header: 'Waits', cell: ({ row }) => <Waits since={row.original.since} /> },
      {
        header: 'Rings at',
        cell: ({ row: { original: one } }) =>
          members?.find(({ personId }) => personId === one.offeredTo)?.displayName ?? 'Nobody now',
      },
    ],
    [members],
  );
  return (
    <Card title="Who waits" bare>
      {live.error && (
        <div style={{ padding: '0 20px 18px' }}>
          <ProblemView error={live.error} />
        </div>
      )}
      <DataTable
        label="Who waits"
        rows={rows ?? (live.error ? [] : undefined)}
        columns={columns}
        empty={<EmptyState title="Nobody waits">Callers show up here the moment they come in.</EmptyState>}
      />
    </Card>
  );
}
