import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { ask } from '../api/client.ts';
import { useMay } from '../api/session.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { Facts } from '../parts/facts.tsx';
import { TextLink } from '../parts/link.tsx';
import { Card, Page } from '../parts/page.tsx';
import { ProblemView } from '../parts/problem-view.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { TeamsService } from '../parts/teams-service.tsx';
import { paths } from '../path-builder.ts';
import { offsetOf, telephone } from '../words/format.ts';

const useStyles = makeStyles({
  links: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: '20px', paddingTop: '16px' },
  host: { display: 'block', fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
});

export function AccountsPage() {
  const styles = useStyles();
  const mayCreate = useMay('accounts:write');
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(ask('accounts.list', { query: { limit: 200 } }));
  const carriers = useQuery(ask('carriers.list', { query: { limit: 200 } }));
  const carrierName = (id: string): string =>
    carriers.data?.items.find((one) => one.id === id)?.name ?? 'another carrier';
  return (
    <Page
      title="Accounts"
      lead="The customers, and the host name by which Microsoft knows each"
      aside={
        mayCreate && (
          <Button appearance="primary" onClick={() => void navigate(paths.newAccount())}>
            New account
          </Button>
        )
      }
    >
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {data?.items.length === 0 && (
        <Card>
          <EmptyState title="No accounts yet">
            An account is one customer with a Microsoft 365 directory and an SBC host name of its own.
          </EmptyState>
        </Card>
      )}
      {data?.items.map((account) => (
        <Card
          key={account.id}
          title={account.name}
          aside={
            account.status === 'active' ? (
              <StateBadge word="Active" tone="good" />
            ) : (
              <StateBadge word="Suspended" tone="warn" />
            )
          }
        >
          <Facts
            rows={[
              [
                'Host name towards Teams',
                account.sbcHosts.map((host) => (
                  <span key={host} className={styles.host}>
                    {host}
                  </span>
                )),
              ],
              ['Mail domains', account.mailDomains.join(', ')],
              ['Main number', account.mainNumber && telephone(account.mainNumber)],
              ['Country', account.country],
              ['Time zone', offsetOf(account.timeZone)],
              ['Teams service', account.teams.enabled ? 'enabled' : 'not enabled'],
              ['Microsoft Entra tenant', account.entraTenantId ?? 'not connected'],
              ['Carriers, first choice first', account.carriers.map(carrierName).join(', ') || 'none'],
              [
                'Caller number nobody here has',
                account.unknownCaller === 'reject' ? 'call is refused' : 'main number is shown',
              ],
            ]}
          />
          <div className={styles.links}>
            <TextLink to={paths.people({ account: account.id })}>People</TextLink>
            <TextLink to={paths.live({ account: account.id })}>Live calls</TextLink>
            <TextLink to={paths.calls({ account: account.id })}>Calls</TextLink>
            <TextLink to={paths.microsoft({ account: account.id })}>Microsoft Teams</TextLink>
            <TeamsService account={account} />
          </div>
        </Card>
      ))}
    </Page>
  );
}
