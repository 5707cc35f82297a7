import { makeStyles, tokens } from '@fluentui/react-components';
import type { Connection, TenantCheck } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';
import { ask } from '../../../api/client.ts';
import { useZones } from '../../../api/session.ts';
import { DataTable } from '../../../parts/data-table.tsx';
import { EmptyState } from '../../../parts/empty-state.tsx';
import { Facts } from '../../../parts/facts.tsx';
import { Ago } from '../../../parts/instant.tsx';
import { ProblemView } from '../../../parts/problem-view.tsx';
import { Stack } from '../../../parts/stack.tsx';
import { WordList } from '../../../parts/word-list.tsx';
import { FunnelRows } from '../funnel-card.tsx';

type Sku = TenantCheck['skus'][number] & { readonly id: string };

const useStyles = makeStyles({
  title: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  small: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

const yes = (value: boolean): string => (value ? 'yes' : 'no');

/** The tenant as it is, before anything is written: who is left at each step towards calling from Teams. */
export function TenantStep({ connection }: { readonly connection: Connection }) {
  const styles = useStyles();
  const zone = useZones()(connection.accountId);
  const { data, error, isFetching, refetch } = useQuery({
    ...ask('connections.tenant', { params: { id: connection.id } }),
    staleTime: 60_000,
  });
  const columns = useMemo<ColumnDef<Sku>[]>(
    () => [
      { header: 'Licence', cell: ({ row }) => row.original.sku },
      { header: 'Bought', cell: ({ row }) => row.original.bought },
      { header: 'Used', cell: ({ row }) => row.original.used },
      { header: 'Free', cell: ({ row }) => row.original.free },
      { header: 'Teams', cell: ({ row }) => yes(row.original.teams) },
      { header: 'Teams Phone', cell: ({ row }) => yes(row.original.teamsPhone) },
      { header: 'Calling Plan', cell: ({ row }) => yes(row.original.callingPlan) },
    ],
    [],
  );
  if (error) return <ProblemView error={error} retry={() => void refetch()} />;
  if (!data) return <p className={styles.small}>{isFetching ? 'Reading the tenant…' : ''}</p>;
  return (
    <Stack>
      <p className={styles.small}>
        Read <Ago at={data.readAt} zone={zone} />. Nothing was written.
      </p>
      <h3 className={styles.title}>Who could call from Teams</h3>
      <FunnelRows
        label="Who could call from Teams"
        rows={data.funnel.map(({ words, count, lost }) => ({
          word: words,
          count,
          note: lost > 0 ? `(${lost} left out)` : undefined,
        }))}
      />
      <h3 className={styles.title}>Licences</h3>
      <DataTable
        label="Licences"
        rows={data.skus.map((one) => ({ ...one, id: one.sku }))}
        columns={columns}
        empty={<EmptyState title="No licences">The tenant has bought none that could be read.</EmptyState>}
      />
      <Facts
        rows={[
          ['Domains', data.tenant.domains.join(', ')],
          ['Country', data.tenant.country],
          ['People with a Calling Plan', data.callingPlanUsers],
          ['Numbers kept on premises', data.onPremisesNumbers],
          ['People who are not in Teams only', data.notTeamsOnly],
          ['Numbers by Direct Routing already', data.directRoutingNumbers],
        ]}
      />
      <WordList title="Could not be read" items={data.unread.map(({ what, why }) => `${what}: ${why}`)} />
    </Stack>
  );
}
