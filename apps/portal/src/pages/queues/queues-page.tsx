import { makeStyles, tokens } from '@fluentui/react-components';
import type { Queue } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';
import { ask } from '../../api/client.ts';
import { useMay, useSession } from '../../api/session.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { AccountChoice, FilterBar } from '../../parts/filter-bar.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { paths } from '../../path-builder.ts';
import { overflowWords, reachedAt } from '../../words/queues.ts';
import { MyQueues } from './my-queues.tsx';
import { NewQueue } from './new-queue.tsx';

const useStyles = makeStyles({
  small: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

/** All queues for those who set them up; for a user those in which they take calls. */
export function QueuesPage() {
  return useSession().role === 'user' ? <MyQueues /> : <AllQueues />;
}

function AllQueues() {
  const styles = useStyles();
  const mayWrite = useMay('queues:write');
  const session = useSession();
  const { get, set } = useFilters();
  const account = get('account');
  const operator = session.accountId === undefined;
  const queues = useQuery(ask('queues.list', { query: { account } }));
  const accounts = useQuery({ ...ask('accounts.list', { query: { limit: 200 } }), enabled: operator });
  const columns = useMemo<ColumnDef<Queue>[]>(
    () => [
      {
        header: 'Name',
        cell: ({ row: { original: one } }) => (
          <>
            <TextLink to={paths.queue(one.id)}>{one.name}</TextLink>
            <span className={styles.small}>
              {accounts.data?.items.find(({ id }) => id === one.accountId)?.name}
            </span>
          </>
        ),
      },
      { header: 'Reached at', cell: ({ row }) => reachedAt(row.original) },
      {
        header: 'Members',
        cell: ({ row: { original: one } }) =>
          one.members.length === 0
            ? 'Nobody yet'
            : `${one.members.filter(({ loggedIn }) => loggedIn).length} of ${one.members.length} logged in`,
      },
      { header: 'Who cannot wait', cell: ({ row }) => overflowWords(row.original.overflow) },
    ],
    [styles, accounts.data],
  );
  return (
    <Page
      title="Queues"
      lead="People who take calls in turn while callers wait in theirs"
      aside={mayWrite && <NewQueue chosen={account} />}
    >
      {queues.error && <ProblemView error={queues.error} retry={() => void queues.refetch()} />}
      {(queues.data || !queues.error) && (
        <Card bare>
          {operator && (
            <FilterBar>
              <AccountChoice value={account} onChoose={(id) => set({ account: id })} />
            </FilterBar>
          )}
          <DataTable
            label="Queues"
            rows={queues.data?.items}
            columns={columns}
            empty={
              <EmptyState title="No queue yet">
                Make one, give it a number or an extension, and say who takes its calls.
              </EmptyState>
            }
          />
        </Card>
      )}
    </Page>
  );
}
