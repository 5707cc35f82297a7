import { makeStyles, tokens } from '@fluentui/react-components';
import type { Job, JobItem } from '@tandem/contract';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';
import { ask } from '../../api/client.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Diff } from '../../parts/diff.tsx';
import { Pages } from '../../parts/filter-bar.tsx';
import { TextLink } from '../../parts/link.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { paths } from '../../path-builder.ts';
import { differences } from '../../words/difference.ts';
import { itemWords } from '../../words/jobs.ts';

const useStyles = makeStyles({
  small: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  code: { fontFamily: tokens.fontFamilyMonospace, whiteSpace: 'nowrap' },
  none: { margin: 0, padding: '20px' },
});

type Row = JobItem & { readonly id: string };

/** Items of a job, a page at a time; read again while the job runs. */
export function JobItems({
  job,
  label,
  state,
  cursor,
  limit,
  none,
  go,
}: {
  readonly job: Job;
  readonly label: string;
  readonly state: JobItem['state'] | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly none: string;
  readonly go: (cursor: string | undefined) => void;
}) {
  const styles = useStyles();
  const items = useQuery({
    ...ask('jobs.items', { params: { id: job.id }, query: { limit, cursor, state } }),
    placeholderData: keepPreviousData,
    refetchInterval: job.state === 'running' ? 1_500 : false,
  });
  const isImport = job.kind === 'import-people';
  const columns = useMemo<ColumnDef<Row>[]>(
    () => [
      {
        header: isImport ? 'Line and person' : 'Person',
        cell: ({ row: { original: item } }) => (
          <>
            {item.personId === undefined ? (
              item.label
            ) : (
              <TextLink to={paths.person(item.personId)}>{item.label}</TextLink>
            )}
            {isImport && <span className={styles.small}>line {item.position}</span>}
          </>
        ),
      },
      { header: 'Outcome', cell: ({ row }) => <StateBadge {...itemWords[row.original.state]} /> },
      {
        header: 'What',
        cell: ({ row: { original: item } }) => (
          <>
            {item.words} {item.code && <span className={styles.code}>{item.code}</span>}
          </>
        ),
      },
      {
        header: 'Before and after',
        cell: ({ row: { original: item } }) => <Diff rows={differences(item.before, item.after)} />,
      },
    ],
    [styles, isImport],
  );
  if (items.error && !items.data)
    return <ProblemView error={items.error} retry={() => void items.refetch()} />;
  return (
    <>
      <DataTable
        label={label}
        rows={items.data?.items.map((item) => ({ ...item, id: String(item.position) }))}
        columns={columns}
        empty={<p className={styles.none}>{none}</p>}
      />
      <Pages of={items.data} cursor={cursor} go={go} />
    </>
  );
}
