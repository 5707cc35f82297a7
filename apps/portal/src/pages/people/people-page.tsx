import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { linkStates, type Person, readinessVerdicts } from '@tandem/contract';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useCallback, useMemo, useState } from 'react';
import { ask } from '../../api/client.ts';
import { useMay, useSession } from '../../api/session.ts';
import { CheckDots } from '../../parts/check-dots.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { AccountChoice, Choice, FilterBar, Pages } from '../../parts/filter-bar.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { PresenceMark } from '../../parts/presence-mark.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { TeamsSwitch } from '../../parts/teams-switch.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { paths } from '../../path-builder.ts';
import { telephone } from '../../words/format.ts';
import { linkStateWords, verdictWords } from '../../words/readiness.ts';
import { BulkBar, type Who } from './bulk-bar.tsx';
import { ChoiceContext, ChoosePage, ChoosePerson, type Chosen, nobody } from './choice.tsx';
import { CodeFilter, readCode } from './code-filter.tsx';
import { ImportPeople } from './import-people.tsx';
import { NewPerson } from './new-person.tsx';
import { TagFilter } from './tag-filter.tsx';
import { UnmatchedPeople } from './unmatched-people.tsx';

const useStyles = makeStyles({
  quiet: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  number: { display: 'block', whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' },
  name: { display: 'block', minWidth: '150px' },
  address: { overflowWrap: 'anywhere' },
  why: { display: 'block', marginTop: '2px', maxWidth: '44ch', minWidth: 'min(100%, 24ch)' },
  code: { fontFamily: tokens.fontFamilyMonospace, whiteSpace: 'nowrap' },
  choice: { display: 'flex', alignItems: 'flex-start', marginLeft: '-10px' },
  headChoice: { display: 'inline-flex', alignItems: 'center', marginLeft: '-10px' },
  nameBeside: { paddingTop: '6px' },
  aside: { display: 'flex', flexWrap: 'wrap', gap: '8px', alignItems: 'center' },
  all: { padding: '0 20px 12px' },
});

export function PeoplePage() {
  const styles = useStyles();
  const session = useSession();
  const { get, set } = useFilters();
  const readiness = readinessVerdicts.find((verdict) => verdict === get('readiness'));
  const state = linkStates.find((one) => one === get('state'));
  const query = {
    account: get('account'),
    search: get('search'),
    readiness,
    code: readCode(get('code') ?? ''),
    state,
    tag: get('tag'),
    cursor: get('cursor'),
    limit: 25,
  };
  const people = useQuery({ ...ask('people.list', { query }), placeholderData: keepPreviousData });
  const operator = session.accountId === undefined;
  const accounts = useQuery({ ...ask('accounts.list', { query: { limit: 200 } }), enabled: operator });
  const mayChoose = useMay('jobs:write');
  const mayList = useMay('people:list');
  const mayCreate = useMay('people:write');
  const mayImport = mayChoose && mayCreate;
  const [chosen, setChosen] = useState<Chosen>(nobody);
  const search = useCallback(
    (text: string) => {
      setChosen((old) => (old === 'filter' ? nobody : old));
      set({ search: text }, true);
    },
    [set],
  );
  // Another filter finds others: what was ticked by filter is forgotten, what was ticked by hand is kept.
  const filter = (changes: Parameters<typeof set>[0]): void => {
    if (chosen === 'filter') setChosen(nobody);
    set(changes);
  };
  const choose = useCallback(
    (rows: readonly Person[], on: boolean) =>
      setChosen((old) => {
        const next = new Map(old === 'filter' ? [] : old);
        for (const { id, accountId } of rows) {
          if (on) next.set(id, accountId);
          else next.delete(id);
        }
        return next;
      }),
    [],
  );
  const choice = useMemo(() => ({ chosen, choose }), [chosen, choose]);
  const accountId = session.accountId ?? query.account;
  const ofChosen = chosen === 'filter' ? [accountId] : [...new Set(chosen.values())];
  const bulkAccount = ofChosen.length === 1 ? ofChosen[0] : undefined;
  const who: Who =
    chosen === 'filter' ? { search: query.search, code: query.code } : { people: [...chosen.keys()] };
  // A job knows search and code; the other filters narrow what is shown, not what it would find.
  const byFilter =
    mayChoose &&
    accountId !== undefined &&
    (query.search !== undefined || query.code !== undefined) &&
    readiness === undefined &&
    state === undefined &&
    query.tag === undefined;

  const columns = useMemo<ColumnDef<Person>[]>(() => {
    const nameOf = (id: string): string =>
      accounts.data?.items.find((account) => account.id === id)?.name ?? '';
    return [
      {
        id: 'name',
        header: ({ table }) => {
          if (!mayChoose) return 'Name';
          return (
            <span className={styles.headChoice}>
              <ChoosePage rows={table.getRowModel().rows.map(({ original }) => original)} />
              Name
            </span>
          );
        },
        cell: ({ row: { original: person } }) => {
          const name = (
            <span className={mergeClasses(styles.name, mayChoose && styles.nameBeside)}>
              <TextLink to={paths.person(person.id)}>{person.displayName}</TextLink>
              <span className={mergeClasses(styles.quiet, styles.address)}>
                {person.upn.slice(0, person.upn.indexOf('@'))}
                <wbr />
                {person.upn.slice(person.upn.indexOf('@'))}
              </span>
            </span>
          );
          if (!mayChoose) return name;
          return (
            <span className={styles.choice}>
              <ChoosePerson person={person} />
              {name}
            </span>
          );
        },
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
          const { verdict, headline, code, checks } = person.readiness;
          return (
            <>
              <StateBadge {...verdictWords[verdict]} />
              {checks && <CheckDots name={person.displayName} checks={checks} />}
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
  }, [styles, operator, accounts.data, mayChoose]);

  const filtered = [query.search, readiness, query.code, state, query.tag, query.account].some(
    (one) => one !== undefined,
  );
  return (
    <Page
      title="People"
      lead="Who can call with Teams, what is missing for the others, and what everybody is doing now"
      aside={
        <span className={styles.aside}>
          {mayList && (
            <Button
              as="a"
              href={`/api/v1/people.csv${query.account ? `?account=${encodeURIComponent(query.account)}` : ''}`}
              download="people.csv"
            >
              Export CSV
            </Button>
          )}
          {mayImport && <ImportPeople chosen={query.account} />}
          {mayCreate && <NewPerson chosen={query.account} />}
        </span>
      }
    >
      {query.cursor === undefined && <UnmatchedPeople account={query.account} />}
      {people.error && <ProblemView error={people.error} retry={() => void people.refetch()} />}
      {(people.data || !people.error) && (
        <Card bare>
          <FilterBar>
            <SearchField
              label="Search name, address or number"
              value={query.search ?? ''}
              onSearch={search}
            />
            <AccountChoice value={query.account} onChoose={(account) => filter({ account })} />
            <Choice
              label="Readiness"
              value={readiness}
              options={[
                ['', 'Any'],
                ...readinessVerdicts.map((verdict) => [verdict, verdictWords[verdict].word] as const),
              ]}
              onChoose={(verdict) => filter({ readiness: verdict })}
            />
            <TagFilter account={accountId} value={query.tag} onChoose={(tag) => filter({ tag })} />
            <CodeFilter account={accountId} value={query.code} onChoose={(code) => filter({ code })} />
            <Choice
              label="State at Microsoft"
              value={state}
              options={[['', 'Any'], ...linkStates.map((one) => [one, linkStateWords[one].word] as const)]}
              onChoose={(one) => filter({ state: one })}
            />
          </FilterBar>
          {byFilter && chosen !== 'filter' && (people.data?.items.length ?? 0) > 0 && (
            <div className={styles.all}>
              <Button size="small" onClick={() => setChosen('filter')}>
                Choose everybody that this filter finds
              </Button>
            </div>
          )}
          {mayChoose && (chosen === 'filter' || chosen.size > 0) && (
            <BulkBar
              account={bulkAccount}
              who={who}
              words={
                chosen === 'filter' ? 'Everybody that this filter finds is chosen' : `${chosen.size} chosen`
              }
              clear={() => setChosen(nobody)}
            />
          )}
          <ChoiceContext value={choice}>
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
          </ChoiceContext>
          <Pages of={people.data} cursor={query.cursor} go={(cursor) => set({ cursor })} />
        </Card>
      )}
    </Page>
  );
}
