import { makeStyles, tokens } from '@fluentui/react-components';
import type { Account, Carrier } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';
import { ask } from '../../api/client.ts';
import { useMay, useSession } from '../../api/session.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { AccountChoice, FilterBar } from '../../parts/filter-bar.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { PreviewHost } from '../../parts/preview-action.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row } from '../../parts/stack.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { CarrierDialog, CredentialsDialog, RemoveCarrier } from './carrier-actions.tsx';

const useStyles = makeStyles({
  small: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

/** Who brings calls from outside and takes them there. Whose packets are believed is the operator's to say. */
export function CarriersPage() {
  const session = useSession();
  const mayWrite = useMay('carriers:write');
  const { get, set } = useFilters();
  const chosen = session.accountId ?? get('account');
  const accounts = useQuery(ask('accounts.list', { query: { limit: 200 } }));
  const carriers = useQuery(ask('carriers.list', { query: { limit: 200, account: chosen } }));
  const account = accounts.data?.items.find(({ id }) => id === chosen);
  const items = carriers.data?.items;
  return (
    <PreviewHost>
      <Page
        title="Carriers"
        lead="Who brings calls from outside, and takes them there"
        aside={mayWrite && account && items && <CarrierDialog account={account} carriers={items} />}
      >
        {carriers.error && <ProblemView error={carriers.error} retry={() => void carriers.refetch()} />}
        {(items || !carriers.error) && (
          <Card bare>
            {session.accountId === undefined && (
              <FilterBar>
                <AccountChoice value={chosen} onChoose={(id) => set({ account: id })} />
                {!account && <span>Choose an account to add or change a carrier of its own.</span>}
              </FilterBar>
            )}
            <CarrierTable
              carriers={items}
              accounts={accounts.data?.items ?? []}
              account={account}
              mayWrite={mayWrite}
            />
          </Card>
        )}
      </Page>
    </PreviewHost>
  );
}

function CarrierTable({
  carriers,
  accounts,
  account,
  mayWrite,
}: {
  readonly carriers: readonly Carrier[] | undefined;
  readonly accounts: readonly Account[];
  readonly account: Account | undefined;
  readonly mayWrite: boolean;
}) {
  const styles = useStyles();
  const columns = useMemo<ColumnDef<Carrier>[]>(
    () => [
      {
        header: 'Name',
        cell: ({ row: { original: one } }) => (
          <>
            {one.name}
            <span className={styles.small}>
              {one.owner === 'operator'
                ? 'Of the operator, for every account'
                : `Of ${accounts.find(({ id }) => id === one.owner)?.name ?? 'the account'}`}
            </span>
          </>
        ),
      },
      {
        header: 'Sends to',
        cell: ({ row }) =>
          row.original.targets.map(({ host, port, protocol }) => (
            <span key={`${host}:${port}`} style={{ display: 'block' }}>
              {host}:{port} {protocol}
            </span>
          )),
      },
      {
        header: 'Comes from',
        cell: ({ row: { original: one } }) =>
          one.sources
            ?.map(({ address, port }) => (port === undefined ? address : `${address}:${port}`))
            .join(', ') ?? 'not shown',
      },
      {
        header: 'Calls out',
        cell: ({ row: { original: one } }) => {
          const users = (account ? [account] : accounts).filter(({ carriers: used }) =>
            used.includes(one.id),
          );
          return users.length === 0 ? 'none' : users.map(({ name }) => name).join(', ');
        },
      },
      {
        header: 'Credentials',
        cell: ({ row: { original: one } }) => (one.hasCredentials ? 'set' : 'none'),
      },
      ...(mayWrite
        ? [
            {
              id: 'actions',
              header: 'What to do',
              cell: ({ row: { original: one } }) => (
                <Row>
                  {account && carriers && one.owner === account.id && (
                    <CarrierDialog
                      key={JSON.stringify(one)}
                      account={account}
                      carriers={carriers}
                      carrier={one}
                    />
                  )}
                  <CredentialsDialog carrier={one} />
                  {account && carriers && one.owner === account.id && (
                    <RemoveCarrier account={account} carriers={carriers} carrier={one} />
                  )}
                </Row>
              ),
            } satisfies ColumnDef<Carrier>,
          ]
        : []),
    ],
    [styles, accounts, account, carriers, mayWrite],
  );
  return (
    <DataTable
      label="Carriers"
      rows={carriers}
      columns={columns}
      empty={
        <EmptyState title="No carrier yet">
          Without a carrier nobody is called from outside and nobody calls there. Make one: where its calls
          are sent, and from where they come.
        </EmptyState>
      }
    />
  );
}
