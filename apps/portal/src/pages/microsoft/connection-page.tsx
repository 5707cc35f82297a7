import { makeStyles, Tab, TabList, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { ask } from '../../api/client.ts';
import { useMay } from '../../api/session.ts';
import { CopyLink } from '../../parts/copy-link.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Page } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { paths } from '../../path-builder.ts';
import { tenantName } from '../../words/connection.ts';
import { ConnectionTab } from './connection-tab.tsx';
import { MailsCard } from './mails-card.tsx';
import { PeopleTab } from './people-tab.tsx';
import { RoutingTab } from './routing-tab.tsx';
import { WrittenTab } from './written-tab.tsx';

const tabs = [
  ['connection', 'Connection'],
  ['routing', 'Direct routing'],
  ['people', 'Who calls'],
  ['written', 'What was written'],
  ['mails', 'Mails'],
] as const;

const useStyles = makeStyles({
  aside: { display: 'flex', flexWrap: 'wrap', gap: '16px', alignItems: 'center' },
  tabs: { backgroundColor: tokens.colorNeutralBackground3, flexWrap: 'wrap' },
});

/** One connection with a Microsoft 365 tenant; which part is shown stands in the address. */
export function ConnectionPage() {
  const styles = useStyles();
  const id = useParams().id ?? '';
  const mayWrite = useMay('connections:write');
  const { get, set } = useFilters();
  const tab = tabs.find(([name]) => name === get('tab'))?.[0] ?? 'connection';
  const {
    data: connection,
    error,
    refetch,
  } = useQuery({ ...ask('connections.read', { params: { id } }), refetchInterval: 5_000 });
  if (!connection) {
    return (
      <Page title="Microsoft 365">{error && <ProblemView error={error} retry={() => void refetch()} />}</Page>
    );
  }
  return (
    <Page
      title={tenantName(connection)}
      lead="Connection with Microsoft 365"
      aside={
        <span className={styles.aside}>
          {mayWrite && <TextLink to={paths.connect(id)}>Go on with the set-up</TextLink>}
          <CopyLink path={paths.connection(id, { tab })} />
        </span>
      }
    >
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      <TabList
        className={styles.tabs}
        selectedValue={tab}
        aria-label="Parts of the connection"
        onTabSelect={(_, data) => set({ tab: String(data.value) })}
      >
        {tabs.map(([name, word]) => (
          <Tab key={name} value={name}>
            {word}
          </Tab>
        ))}
      </TabList>
      {tab === 'connection' && <ConnectionTab connection={connection} />}
      {tab === 'routing' && <RoutingTab connection={connection} />}
      {tab === 'people' && <PeopleTab connection={connection} />}
      {tab === 'written' && <WrittenTab connection={connection} />}
      {tab === 'mails' && <MailsCard account={connection.accountId} />}
    </Page>
  );
}
