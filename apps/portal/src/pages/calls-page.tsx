import { Input, makeStyles, tokens } from '@fluentui/react-components';
import { type CallSummary, callDirections, resultClasses } from '@tandem/contract';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useCallback, useId, useMemo } from 'react';
import { ask } from '../api/client.ts';
import { useZones } from '../api/session.ts';
import { Caller } from '../parts/caller.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { AccountChoice, Choice, FilterBar, Pages } from '../parts/filter-bar.tsx';
import { TextLink } from '../parts/link.tsx';
import { Card, Page } from '../parts/page.tsx';
import { ProblemView } from '../parts/problem-view.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { useFilters } from '../parts/use-filters.ts';
import { paths } from '../path-builder.ts';
import { dayAndTime, span, telephone } from '../words/format.ts';
import { directionWords, resultWords } from '../words/states.ts';
import { dayInZone, endOfDay, startOfDay } from '../words/zone.ts';

const useStyles = makeStyles({
  figures: { whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' },
  quiet: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  label: {
    display: 'block',
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
    marginBottom: '4px',
  },
});

export function CallsPage() {
  const styles = useStyles();
  const zoneOf = useZones();
  const { get, set } = useFilters();
  const result = resultClasses.find((one) => one === get('result'));
  const direction = callDirections.find((one) => one === get('direction'));
  const account = get('account');
  const zone = zoneOf(account);
  const [from, to] = [dayOf(get('from')), dayOf(get('to'))];
  const query = {
    account,
    number: get('number'),
    person: get('person'),
    sipCallId: get('sipCallId'),
    result,
    direction,
    from: from && startOfDay(from, zone),
    to: to && endOfDay(to, zone),
    cursor: get('cursor'),
    limit: 25,
  };
  const calls = useQuery({ ...ask('calls.list', { query }), placeholderData: keepPreviousData });
  const findNumber = useCallback((number: string) => set({ number }, true), [set]);
  const findCallId = useCallback((sipCallId: string) => set({ sipCallId }, true), [set]);
  const { person } = query;
  const who = useQuery({
    ...ask('people.read', { params: { id: person ?? '' } }),
    enabled: person !== undefined,
  });

  const columns = useMemo<ColumnDef<CallSummary>[]>(
    () => [
      {
        header: 'Time',
        cell: ({ row: { original: call } }) => (
          <span className={styles.figures}>
            <TextLink to={paths.call(call.id)}>{dayAndTime(call.invitedAt, zoneOf(call.accountId))}</TextLink>
          </span>
        ),
      },
      {
        header: 'From',
        cell: ({ row: { original: call } }) => <Caller call={call} />,
      },
      {
        header: 'To',
        cell: ({ row: { original: call } }) => <span className={styles.figures}>{telephone(call.to)}</span>,
      },
      {
        header: 'Way',
        cell: ({ row: { original: call } }) =>
          call.emergency ? <StateBadge word="Emergency" tone="bad" /> : directionWords[call.direction],
      },
      {
        header: 'Result',
        cell: ({ row: { original: call } }) => (
          <>
            {call.result && <StateBadge {...resultWords[call.result]} />}
            {call.result !== 'answered' && <span className={styles.quiet}>{call.sentence}</span>}
          </>
        ),
      },
      {
        header: 'Talked',
        cell: ({ row: { original: call } }) => (
          <span className={styles.figures}>{span(call.talkMs ?? 0)}</span>
        ),
      },
    ],
    [styles, zoneOf],
  );

  const filtered = [query.number, person, query.sipCallId, result, direction, account, from, to].some(
    Boolean,
  );
  return (
    <Page
      title="Calls"
      lead={
        person ? `Finished calls of ${who.data?.displayName ?? 'one person'}` : 'Finished calls, newest first'
      }
    >
      <Card bare>
        <FilterBar>
          <SearchField label="Search a number" value={query.number ?? ''} onSearch={findNumber} />
          <AccountChoice value={account} onChoose={(id) => set({ account: id })} />
          <Choice
            label="Result"
            value={result}
            options={[['', 'Any'], ...resultClasses.map((one) => [one, resultWords[one].word] as const)]}
            onChoose={(chosen) => set({ result: chosen })}
          />
          <Choice
            label="Way"
            value={direction}
            options={[['', 'Both ways'], ...callDirections.map((one) => [one, directionWords[one]] as const)]}
            onChoose={(chosen) => set({ direction: chosen })}
          />
          <Day
            label="From day"
            value={from}
            latest={dayInZone(Date.now(), zone)}
            onChoose={(day) => set({ from: day })}
          />
          <Day
            label="To day"
            value={to}
            latest={dayInZone(Date.now(), zone)}
            onChoose={(day) => set({ to: day })}
          />
          <SearchField label="SIP Call-ID" value={query.sipCallId ?? ''} onSearch={findCallId} />
        </FilterBar>
        {calls.error ? (
          <div style={{ padding: '0 20px 18px' }}>
            <ProblemView error={calls.error} retry={() => void calls.refetch()} />
          </div>
        ) : (
          <DataTable
            label="Finished calls"
            rows={calls.data?.items}
            columns={columns}
            empty={
              filtered ? (
                <EmptyState title="No call fits this filter">
                  Take a part of the filter away to see more.
                </EmptyState>
              ) : (
                <EmptyState title="No finished calls yet">
                  Every call leaves a record here, with the reason for its way in words and its SIP ladder.
                </EmptyState>
              )
            }
          />
        )}
        <Pages of={calls.data} cursor={query.cursor} go={(cursor) => set({ cursor })} />
      </Card>
    </Page>
  );
}

const dayOf = (text: string | undefined): string | undefined =>
  text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : undefined;

function Day({
  label,
  value,
  latest,
  onChoose,
}: {
  readonly label: string;
  readonly value: string | undefined;
  readonly latest: string;
  readonly onChoose: (day: string) => void;
}) {
  const styles = useStyles();
  const id = useId();
  return (
    <div>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      <Input
        id={id}
        type="date"
        value={value ?? ''}
        max={latest}
        onChange={(_, data) => onChoose(data.value)}
      />
    </div>
  );
}
