import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { type Person, readinessVerdicts } from '@tandem/contract';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useCallback, useMemo } from 'react';
import { ask } from '../api/client.ts';
import { useSession } from '../api/session.ts';
import { DataTable } from '../parts/data-table.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { AccountChoice, Choice, FilterBar, Pages } from '../parts/filter-bar.tsx';
import { TextLink } from '../parts/link.tsx';
import { Card, Page } from '../parts/page.tsx';
import { PresenceMark } from '../parts/presence-mark.tsx';
import { ProblemView } from '../parts/problem-view.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { TeamsSwitch } from '../parts/teams-switch.tsx';
import { useFilters } from '../parts/use-filters.ts';
import { paths } from '../path-builder.ts';
import { telephone } from '../words/format.ts';
import { verdictWords } from '../words/readiness.ts';

const useStyles = makeStyles({
  quiet: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  number: { display: 'block', whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' },
  name: { display: 'block', minWidth: '150px' },
  address: { overflowWrap: 'anywhere' },
  why: { display: 'block', marginTop: '2px', maxWidth: '44ch', minWidth: 'min(100%, 24ch)' },
  code: { fontFamily: tokens.fontFamilyMonospace, whiteSpace: 'nowrap' },
});

export function PeoplePage() {
  const styles = useStyles();
  const session = useSession();
  const { get, set } = useFilters();
  const readiness = readinessVerdicts.find((verdict) => verdict === get('readiness'));
  const query = {
    account: get('account'),
    search: get('search'),
    readiness,
    cursor: get('cursor'),
    limit: 25,
  };
  const people = useQuery({ ...ask('people.list', { query }), placeholderData: keepPreviousData });
  const operator = session.accountId === undefined;
  const accounts = useQuery({ ...ask('accounts.list', { query: { limit: 200 } }), enabled: operator });
  const search = useCallback((text: string) => set({ search: text }, true), [set]);

  const columns = useMemo<ColumnDef<Person>[]>(() => {
    const nameOf = (id: string): string =>
      accounts.data?.items.find((account) => account.id === id)?.name ?? '';
    return [
      {
        header: 'Name',
        cell: ({ row: { original: person } }) => (
          <span className={styles.name}>
            <TextLink to={paths.person(person.id)}>{person.displayName}</TextLink>
            <span className={mergeClasses(styles.quiet, styles.address)}>
              {person.upn.slice(0, person.upn.indexOf('@'))}
              <wbr />
              {person.upn.slice(person.upn.indexOf('@'))}
            </span>
          </span>
        ),
      },
      ...(operator
        ? [
            {
              header: 'Account',
              cell: ({ row }) => nameOf(row.original.accountId),
            } satisfies ColumnDef<Person>,
          ]
        : []),
      {
        header: 'Number',
        cell: ({ row: { original: person } }) => (
          <>
            <span className={styles.number}>{person.numbers[0] ? telephone(person.numbers[0]) : 'none'}</span>
            {person.extension && <span className={styles.quiet}>ext. {person.extension}</span>}
          </>
        ),
      },
      {
        header: 'Readiness',
        cell: ({ row: { original: person } }) => {
          const { verdict, headline, code } = person.readiness;
          return (
            <>
              <StateBadge {...verdictWords[verdict]} />
              {verdict !== 'ready' && (
                <span className={mergeClasses(styles.quiet, styles.why)}>
                  {headline} {code && <span className={styles.code}>{code}</span>}
                </span>
              )}
            </>
          );
        },
      },
      {
        header: 'Presence',
        cell: ({ row }) => <PresenceMark presence={row.original.presence} />,
      },
      { header: 'Calls in Teams', cell: ({ row }) => <TeamsSwitch person={row.original} /> },
    ];
  }, [styles, operator, accounts.data]);

  const filtered = query.search !== undefined || readiness !== undefined || query.account !== undefined;
  return (
    <Page
      title="People"
      lead="Who can call with Teams, what is missing for the others, and what everybody is doing now"
    >
      {people.error && <ProblemView error={people.error} retry={() => void people.refetch()} />}
      {(people.data || !people.error) && (
        <Card bare>
          <FilterBar>
            <SearchField
              label="Search name, address or number"
              value={query.search ?? ''}
              onSearch={search}
            />
            <AccountChoice value={query.account} onChoose={(account) => set({ account })} />
            <Choice
              label="Readiness"
              value={readiness}
              options={[
                ['', 'Any'],
                ...readinessVerdicts.map((verdict) => [verdict, verdictWords[verdict].word] as const),
              ]}
              onChoose={(chosen) => set({ readiness: chosen })}
            />
          </FilterBar>
          <DataTable
            label="People"
            rows={people.data?.items}
            columns={columns}
            empty={
              filtered ? (
                <EmptyState title="Nobody fits this filter">
                  {readiness === 'ready'
                    ? 'What was not read at Microsoft is not called ready: the filter "Unverified" shows those.'
                    : 'Take a part of the filter away to see more.'}
                </EmptyState>
              ) : (
                <EmptyState title="No people yet">
                  People appear here when they are imported or created. Each needs a number and a licence to
                  call with Teams.
                </EmptyState>
              )
            }
          />
          {people.data && (
            <Pages
              shown={people.data.items.length}
              total={people.data.total}
              cursor={query.cursor}
              nextCursor={people.data.nextCursor}
              go={(cursor) => set({ cursor })}
            />
          )}
        </Card>
      )}
    </Page>
  );
}
