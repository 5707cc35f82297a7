import { makeStyles, tokens } from '@fluentui/react-components';
import type { Job } from '@tandem/contract';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';
import { ask } from '../../api/client.ts';
import { useSession, useZones } from '../../api/session.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { AccountChoice, FilterBar, Pages } from '../../parts/filter-bar.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { paths } from '../../path-builder.ts';
import { dayAndTime } from '../../words/format.ts';
import { jobKindWords, jobWords, progressWords } from '../../words/jobs.ts';

const useStyles = makeStyles({
  small: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

/** Work on many people at once, newest first. */
export function JobsPage() {
  const styles = useStyles();
  const { accountId } = useSession();
  const zoneOf = useZones();
  const { get, set } = useFilters();
  const query = { account: get('account'), cursor: get('cursor'), limit: 25 };
  const jobs = useQuery({
    ...ask('jobs.list', { query }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.items.some((job) => job.state === 'running') ? 1_500 : 10_000,
  });
  const operator = accountId === undefined;
  const accounts = useQuery({ ...ask('accounts.list', { query: { limit: 200 } }), enabled: operator });
  const columns = useMemo<ColumnDef<Job>[]>(
    () => [
      {
        header: 'Job',
        cell: ({ row: { original: job } }) => (
          <>
            <TextLink to={paths.job(job.id)}>{job.title}</TextLink>
            <span className={styles.small}>
              {[jobKindWords[job.kind], accounts.data?.items.find(({ id }) => id === job.accountId)?.name]
                .filter(Boolean)
                .join(', ')}
            </span>
          </>
        ),
      },
      { header: 'State', cell: ({ row }) => <StateBadge {...jobWords[row.original.state]} /> },
      {
        header: 'Progress',
        cell: ({ row: { original: job } }) => (
          <>
            {progressWords(job)}
            <span className={styles.small}>
              {[
                [job.counts.refused, 'refused'],
                [job.counts.leftOut, 'left out'],
              ]
                .filter(([count]) => count !== 0)
                .map(([count, word]) => `${count} ${word}`)
                .join(', ')}
            </span>
          </>
        ),
      },
      {
        header: 'Begun by',
        cell: ({ row: { original: job } }) => (
          <>
            {job.createdBy}
            <span className={styles.small}>{dayAndTime(job.createdAt, zoneOf(job.accountId))}</span>
          </>
        ),
      },
    ],
    [styles, zoneOf, accounts.data],
  );
  return (
    <Page title="Jobs" lead="Work on many people at once: previewed, started, undone">
      {jobs.error && <ProblemView error={jobs.error} retry={() => void jobs.refetch()} />}
      {(jobs.data || !jobs.error) && (
        <Card bare>
          {operator && (
            <FilterBar>
              <AccountChoice value={query.account} onChoose={(account) => set({ account })} />
            </FilterBar>
          )}
          <DataTable
            label="Jobs"
            rows={jobs.data?.items}
            columns={columns}
            empty={
              <EmptyState title="No jobs yet">
                Choose people on the page People, or import a CSV file there: both show a preview here.
              </EmptyState>
            }
          />
          <Pages of={jobs.data} cursor={query.cursor} go={(cursor) => set({ cursor })} />
        </Card>
      )}
    </Page>
  );
}
