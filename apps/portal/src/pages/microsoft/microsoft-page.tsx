import { Button, makeStyles, tokens } from '@fluentui/react-components';
import type { Connection } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { ask } from '../../api/client.ts';
import { useMay, useSession, useZones } from '../../api/session.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { AccountChoice } from '../../parts/filter-bar.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { TurnNotice } from '../../parts/turn-notice.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { paths } from '../../path-builder.ts';
import { connectionWord, tenantName } from '../../words/connection.ts';
import { MailsCard } from './mails-card.tsx';

const useStyles = makeStyles({
  quiet: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  links: { display: 'flex', flexWrap: 'wrap', gap: '20px' },
});

/** Connections of an account with Microsoft 365 tenants, one card each; the operator sees all accounts. */
export function MicrosoftPage() {
  const styles = useStyles();
  const { accountId, accountName } = useSession();
  const mayWrite = useMay('connections:write');
  const navigate = useNavigate();
  const { get, set } = useFilters();
  const account = accountId ?? get('account');
  const accounts = useQuery({
    ...ask('accounts.list', { query: { limit: 200 } }),
    enabled: accountId === undefined,
  });
  const { data, error, refetch } = useQuery({
    ...ask('connections.list', { query: { account, limit: 200 } }),
    refetchInterval: 10_000,
  });
  const nameOf = (id: string): string =>
    accounts.data?.items.find((one) => one.id === id)?.name ?? accountName ?? '';
  const shown = data?.items ?? [];
  return (
    <Page
      title="Microsoft 365"
      lead="The Microsoft 365 tenants whose people call through Tandem"
      aside={
        mayWrite && (
          <Button
            appearance="primary"
            onClick={() => void navigate(paths.connectNew(account === undefined ? {} : { account }))}
          >
            Connect Microsoft Teams
          </Button>
        )
      }
    >
      {accountId === undefined && (
        <Row>
          <AccountChoice value={account} onChoose={(chosen) => set({ account: chosen })} />
        </Row>
      )}
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {data && shown.length === 0 && (
        <Card>
          <EmptyState title="Not connected with Microsoft 365">
            {mayWrite
              ? 'Connect Microsoft Teams: an administrator of the Microsoft 365 tenant signs in and approves. Every write is shown before it is done, and you can leave and come back at any step.'
              : 'An administrator of the account connects Microsoft Teams.'}
          </EmptyState>
        </Card>
      )}
      {shown.map((connection) => (
        <ConnectionCard
          key={connection.id}
          connection={connection}
          accountName={accountId === undefined ? nameOf(connection.accountId) : undefined}
          links={
            <div className={styles.links}>
              <TextLink to={paths.connection(connection.id)}>Open</TextLink>
              {mayWrite && <TextLink to={paths.connect(connection.id)}>Go on with the set-up</TextLink>}
              <TextLink to={paths.connection(connection.id, { tab: 'routing' })}>Direct routing</TextLink>
              <TextLink to={paths.connection(connection.id, { tab: 'people' })}>Who calls</TextLink>
            </div>
          }
        />
      ))}
      {data && <MailsCard account={account} />}
    </Page>
  );
}

function ConnectionCard({
  connection,
  accountName,
  links,
}: {
  readonly connection: Connection;
  readonly accountName: string | undefined;
  readonly links: React.ReactNode;
}) {
  const styles = useStyles();
  const zone = useZones()(connection.accountId);
  const word = connectionWord(connection);
  const name = tenantName(connection);
  return (
    <Card
      title={accountName === undefined ? name : `${accountName}: ${name}`}
      aside={<StateBadge {...word} />}
    >
      <Stack>
        <TurnNotice
          tone={word.tone}
          sentence={connection.sentence}
          turn={connection.turn}
          next={connection.next}
          since={connection.since}
          zone={zone}
        />
        {connection.tenant.domains.length > 0 && (
          <span className={styles.quiet}>Domains: {connection.tenant.domains.join(', ')}</span>
        )}
        {links}
      </Stack>
    </Card>
  );
}
