import { type HistoryEntry, historyKinds } from '@tandem/contract';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';
import { ask } from '../../api/client.ts';
import { Figures, Under } from '../../parts/cells.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { DialButton } from '../../parts/dial-button.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Choice, FilterBar, Pages } from '../../parts/filter-bar.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { PresenceMark } from '../../parts/presence-mark.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { paths } from '../../path-builder.ts';
import { dayAndTime, span, telephone } from '../../words/format.ts';
import type { Word } from '../../words/states.ts';
import { lookingMs } from './contacts-page.tsx';
import { NoPerson } from './no-person.tsx';
import { useMe } from './use-me.ts';

const kindWords: Record<HistoryEntry['kind'], Word> = {
  in: { word: 'In', tone: 'good' },
  out: { word: 'Out', tone: 'quiet' },
  missed: { word: 'Missed', tone: 'warn' },
};

interface Row extends HistoryEntry {
  readonly id: string;
}

/** One's own finished calls, with who the other side is, how they are now, and a way to call back. */
export function HistoryPage() {
  const { personId, by, zone } = useMe();
  const { get, set } = useFilters();
  const kind = historyKinds.find((one) => one === get('kind'));
  const query = { kind, limit: 25, cursor: get('cursor') };
  const { data, error, refetch } = useQuery({
    ...ask('contacts.history', { params: { id: personId ?? '' }, query }),
    enabled: personId !== undefined,
    placeholderData: keepPreviousData,
    refetchInterval: lookingMs,
  });
  const rows = useMemo(() => data?.items.map((entry): Row => ({ ...entry, id: entry.call.id })), [data]);
  const columns = useMemo<ColumnDef<Row>[]>(
    () => [
      {
        header: 'Time',
        cell: ({ row: { original: one } }) => (
          <Figures>
            <TextLink to={paths.call(one.call.id)}>{dayAndTime(one.call.invitedAt, zone)}</TextLink>
          </Figures>
        ),
      },
      { header: 'Way', cell: ({ row: { original: one } }) => <StateBadge {...kindWords[one.kind]} /> },
      {
        header: 'With',
        cell: ({ row: { original: one } }) => (
          <>
            {one.card?.displayName ?? telephone(one.other)}
            {one.card && <Under>{telephone(one.other)}</Under>}
          </>
        ),
      },
      {
        header: 'Now',
        cell: ({ row: { original: one } }) =>
          one.card?.personId === undefined ? null : <PresenceMark presence={one.card.presence} />,
      },
      {
        header: 'Talked',
        cell: ({ row: { original: one } }) => <Figures>{span(one.call.talkMs ?? 0)}</Figures>,
      },
      {
        header: 'Call back',
        cell: ({ row: { original: one } }) =>
          /^\+?[0-9*#]+$/.test(one.other) ? (
            <DialButton
              number={one.other}
              name={one.card?.displayName ?? telephone(one.other)}
              by={by}
              presence={one.card?.presence}
            />
          ) : null,
      },
    ],
    [zone, by],
  );
  if (personId === undefined) return <NoPerson title="Call history" />;
  return (
    <Page title="Call history" lead="Your finished calls, newest first">
      <Card bare>
        <FilterBar>
          <Choice
            label="Which calls"
            value={kind}
            options={[['', 'All'], ...historyKinds.map((one) => [one, kindWords[one].word] as const)]}
            onChoose={(chosen) => set({ kind: chosen })}
          />
        </FilterBar>
        {error ? (
          <div style={{ padding: '0 20px 18px' }}>
            <ProblemView error={error} retry={() => void refetch()} />
          </div>
        ) : (
          <DataTable
            label="Call history"
            rows={rows}
            columns={columns}
            empty={
              <EmptyState title="No calls here">
                {kind ? 'No call of yours fits.' : 'Your calls stand here once they have ended.'}
              </EmptyState>
            }
          />
        )}
        <Pages of={data} cursor={query.cursor} go={(cursor) => set({ cursor })} />
      </Card>
    </Page>
  );
}
