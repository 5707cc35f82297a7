import type { Account } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo, useState } from 'react';
import { ask } from '../../api/client.ts';
import { useMay, useSession, useZones } from '../../api/session.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { AccountChoice, FilterBar } from '../../parts/filter-bar.tsx';
import { Ago } from '../../parts/instant.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { PreviewHost } from '../../parts/preview-action.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row } from '../../parts/stack.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { roleNames } from '../../words/states.ts';
import { NewPassword, RemoveSignIn, ShownOnce, SignInDialog, type SignInEntry } from './sign-in-actions.tsx';

/** Who may sign in to this portal, and as what. */
export function SignInsPage() {
  const session = useSession();
  const mayWrite = useMay('sign-ins:write');
  const { get, set } = useFilters();
  const chosen = session.accountId ?? get('account');
  const [secret, setSecret] = useState<string>();
  const accounts = useQuery(ask('accounts.list', { query: { limit: 200 } }));
  const signIns = useQuery(ask('signIns.list', { query: { account: chosen } }));
  const account = accounts.data?.items.find(({ id }) => id === chosen);
  return (
    <PreviewHost>
      <Page
        title="Sign-ins"
        lead="Who may sign in to this portal, and as what"
        aside={mayWrite && account && <SignInDialog account={account} made={setSecret} />}
      >
        {secret !== undefined && <ShownOnce words={secret} done={() => setSecret(undefined)} />}
        {signIns.error && <ProblemView error={signIns.error} retry={() => void signIns.refetch()} />}
        {(signIns.data || !signIns.error) && (
          <Card bare>
            {session.accountId === undefined && (
              <FilterBar>
                <AccountChoice value={chosen} onChoose={(id) => set({ account: id })} />
                {!account && <span>Choose an account to add or change somebody.</span>}
              </FilterBar>
            )}
            <SignInTable
              signIns={signIns.data?.items}
              account={mayWrite ? account : undefined}
              own={session.name}
              show={setSecret}
            />
          </Card>
        )}
      </Page>
    </PreviewHost>
  );
}

function SignInTable({
  signIns,
  account,
  own,
  show,
}: {
  readonly signIns: readonly SignInEntry[] | undefined;
  readonly account: Account | undefined;
  readonly own: string;
  readonly show: (words: string) => void;
}) {
  const zoneOf = useZones();
  const columns = useMemo<ColumnDef<SignInEntry>[]>(
    () => [
      {
        header: 'Name',
        cell: ({ row: { original: one } }) => (one.name === own ? `${one.name} (you)` : one.name),
      },
      { header: 'As', cell: ({ row }) => roleNames[row.original.role] },
      {
        header: 'Last signed in',
        cell: ({ row: { original: one } }) =>
          one.lastSignInAt === undefined ? (
            'never'
          ) : (
            <Ago at={one.lastSignInAt} zone={zoneOf(one.accountId)} />
          ),
      },
      {
        header: 'May sign in',
        cell: ({ row: { original: one } }) =>
          one.disabled ? (
            <StateBadge word="Switched off" tone="quiet" />
          ) : (
            <StateBadge word="Yes" tone="good" />
          ),
      },
      ...(account
        ? [
            {
              id: 'actions',
              header: 'What to do',
              cell: ({ row: { original: one } }) =>
                one.name === own ? (
                  'Somebody else changes yours'
                ) : (
                  <Row>
                    <SignInDialog key={JSON.stringify(one)} account={account} signIn={one} made={show} />
                    <NewPassword signIn={one} show={show} />
                    <RemoveSignIn account={account} signIns={signIns ?? []} signIn={one} />
                  </Row>
                ),
            } satisfies ColumnDef<SignInEntry>,
          ]
        : []),
    ],
    [account, own, show, signIns, zoneOf],
  );
  return (
    <DataTable
      label="Sign-ins"
      rows={signIns}
      columns={columns}
      empty={
        <EmptyState title="Nobody of this account may sign in yet">
          Make an administrator first: they set up all else, and get the mails about what needs attention.
        </EmptyState>
      }
    />
  );
}
