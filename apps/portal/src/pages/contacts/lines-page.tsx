import type { Line } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';
import { ask } from '../../api/client.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { PresenceMark } from '../../parts/presence-mark.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { paths } from '../../path-builder.ts';
import { telephone } from '../../words/format.ts';
import type { Word } from '../../words/states.ts';
import { NoPerson } from './no-person.tsx';
import { useMe } from './use-me.ts';

const kindWords: Record<Line['kind'], string> = {
  number: 'Number',
  extension: 'Extension',
  phone: 'Desk phone',
  teams: 'Teams',
};
const stateWords: Record<Line['state'], Word> = {
  idle: { word: 'Free', tone: 'good' },
  ringing: { word: 'Rings', tone: 'info' },
  talking: { word: 'In a call', tone: 'warn' },
  unavailable: { word: 'Not reachable', tone: 'quiet' },
};

interface Row extends Line {
  readonly id: string;
}

/** Where one is reached, and what happens there now. */
export function LinesPage() {
  const { personId } = useMe();
  const { data, error, refetch } = useQuery({
    ...ask('contacts.lines', { params: { id: personId ?? '' } }),
    enabled: personId !== undefined,
    refetchInterval: 3_000,
  });
  const rows = useMemo(
    () => data?.items.map((line): Row => ({ ...line, id: `${line.kind} ${line.name}` })),
    [data],
  );
  const columns = useMemo<ColumnDef<Row>[]>(
    () => [
      { header: 'Line', cell: ({ row: { original: line } }) => telephone(line.name) },
      { header: 'Kind', cell: ({ row: { original: line } }) => kindWords[line.kind] },
      { header: 'State', cell: ({ row: { original: line } }) => <StateBadge {...stateWords[line.state]} /> },
      {
        header: 'What happens',
        cell: ({ row: { original: line } }) => (
          <>
            {line.sentence} {line.callId && <TextLink to={paths.call(line.callId)}>The call</TextLink>}
          </>
        ),
      },
    ],
    [],
  );
  if (personId === undefined) return <NoPerson title="Lines" />;
  return (
    <Page title="Lines" lead="Your numbers, your phones and Teams">
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      <Card title="How you show" aside={<PresenceMark presence={data?.presence} />}>
        {data?.presence?.sentence ?? 'Nothing is known yet.'}
      </Card>
      <Card bare>
        <DataTable
          label="My lines"
          rows={rows}
          columns={columns}
          empty={
            <EmptyState title="You have no line yet">
              An administrator of your account gives numbers, extensions and phones.
            </EmptyState>
          }
        />
      </Card>
    </Page>
  );
}
