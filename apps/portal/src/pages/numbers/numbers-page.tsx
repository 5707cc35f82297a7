import { makeStyles, tokens } from '@fluentui/react-components';
import { type NumberEntry, numberStates } from '@tandem/contract';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useCallback, useMemo } from 'react';
import { ask } from '../../api/client.ts';
import { useMay, useSession, useZones } from '../../api/session.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { AccountChoice, Choice, FilterBar, Pages } from '../../parts/filter-bar.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { paths } from '../../path-builder.ts';
import { dayAndTime, telephone } from '../../words/format.ts';
import { numberWords } from '../../words/numbers.ts';
import { AddNumbers } from './add-numbers.tsx';
import { DialledCard } from './dialled-card.tsx';
import { NumberActions } from './number-actions.tsx';
import { RangesCard } from './ranges-card.tsx';
import { WhoCard } from './who-card.tsx';

const useStyles = makeStyles({
  number: { whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' },
  small: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

type Row = NumberEntry & { readonly id: string };

/** The stock of numbers: whose they are, what is free, what is held back and until when. */
export function NumbersPage() {
  const styles = useStyles();
  const session = useSession();
  const mayWrite = useMay('numbers:write');
  const zoneOf = useZones();
  const { get, set } = useFilters();
  const state = numberStates.find((one) => one === get('state'));
  const query = {
    account: get('account'),
    search: get('search'),
    range: get('range'),
    state,
    cursor: get('cursor'),
    limit: 25,
  };
  const numbers = useQuery({ ...ask('numbers.list', { query }), placeholderData: keepPreviousData });
  const ranges = useQuery(ask('ranges.list', { query: { account: query.account } }));
  const operator = session.accountId === undefined;
  const accounts = useQuery({ ...ask('accounts.list', { query: { limit: 200 } }), enabled: operator });
  const search = useCallback((text: string) => set({ search: text }, true), [set]);
  const columns = useMemo<ColumnDef<Row>[]>(
    () => [
      {
        header: 'Number',
        cell: ({ row: { original: one } }) => (
          <span className={styles.number}>
            {telephone(one.number)}
            <span className={styles.small}>
              {accounts.data?.items.find(({ id }) => id === one.accountId)?.name}
            </span>
          </span>
        ),
      },
      { header: 'State', cell: ({ row }) => <StateBadge {...numberWords[row.original.state]} /> },
      {
        header: 'Whose',
        cell: ({ row: { original: one } }) => (
          <>
            {one.owner?.kind === 'person' ? (
              <TextLink to={paths.person(one.owner.personId)}>{one.owner.displayName}</TextLink>
            ) : (
              (one.owner?.displayName ?? one.reservedFor ?? 'nobody’s')
            )}
            <span className={styles.small}>
              {[
                one.owner?.kind === 'device' && 'a phone',
                one.formerOwner && `was ${one.formerOwner}’s`,
                one.heldReason,
                one.heldUntil && `until ${dayAndTime(one.heldUntil, zoneOf(one.accountId))}`,
              ]
                .filter(Boolean)
                .join(', ')}
            </span>
          </>
        ),
      },
      ...(mayWrite
        ? [
            {
              id: 'actions',
              header: 'Actions',
              cell: ({ row }) => <NumberActions entry={row.original} />,
            } satisfies ColumnDef<Row>,
          ]
        : []),
    ],
    [styles, zoneOf, accounts.data, mayWrite],
  );
  const only = accounts.data?.items.length === 1 ? accounts.data.items[0]?.id : undefined;
  const dialling = query.account ?? session.accountId ?? only;
  const filtered = [query.search, query.range, state].some((one) => one !== undefined);
  return (
    <Page
      title="Numbers"
      lead="Whose each number is, what is free, and what is held back"
      aside={mayWrite && <AddNumbers chosen={query.account} />}
    >
      <WhoCard account={query.account} number={get('who')} search={(who) => set({ who })} />
      <DialledCard account={dialling} zone={zoneOf(dialling)} />
      <RangesCard account={query.account} />
      {numbers.error && <ProblemView error={numbers.error} retry={() => void numbers.refetch()} />}
      {(numbers.data || !numbers.error) && (
        <Card title="Stock" bare>
          <FilterBar>
            <SearchField label="Search part of a number" value={query.search ?? ''} onSearch={search} />
            <AccountChoice value={query.account} onChoose={(account) => set({ account, range: undefined })} />
            <Choice
              label="State"
              value={state}
              options={[['', 'Any'], ...numberStates.map((one) => [one, numberWords[one].word] as const)]}
              onChoose={(chosen) => set({ state: chosen })}
            />
            <Choice
              label="Range"
              value={query.range}
              options={[
                ['', 'Any'],
                ...(ranges.data?.items ?? []).map(({ id, name }) => [id, name] as const),
              ]}
              onChoose={(range) => set({ range })}
            />
          </FilterBar>
          <DataTable
            label="Numbers"
            rows={numbers.data?.items.map((one) => ({ ...one, id: one.number }))}
            columns={columns}
            empty={
              filtered ? (
                <EmptyState title="No number fits this filter">
                  Take a part of the filter away, or ask above who has a number anywhere.
                </EmptyState>
              ) : (
                <EmptyState title="No numbers yet">Add a range: its numbers come into stock.</EmptyState>
              )
            }
          />
          <Pages of={numbers.data} cursor={query.cursor} go={(cursor) => set({ cursor })} />
        </Card>
      )}
    </Page>
  );
}
