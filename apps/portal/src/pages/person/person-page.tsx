import { makeStyles, Tab, TabList, tokens } from '@fluentui/react-components';
import type { Permission, Person } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { ask } from '../../api/client.ts';
import { useMay, useSession, useZones } from '../../api/session.ts';
import { CopyLink } from '../../parts/copy-link.tsx';
import { Facts } from '../../parts/facts.tsx';
import { TextLink } from '../../parts/link.tsx';
import { NumberForm } from '../../parts/number-form.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { PresenceCard } from '../../parts/presence-card.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { ReadinessCard } from '../../parts/readiness-card.tsx';
import { TeamsSwitch } from '../../parts/teams-switch.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { paths } from '../../path-builder.ts';
import { telephone } from '../../words/format.ts';
import { PersonPresence } from '../presence/person-presence.tsx';
import { AuditTab } from './audit-tab.tsx';
import { CallsTab } from './calls-tab.tsx';
import { Leave } from './leave.tsx';
import { NumbersTab } from './numbers-tab.tsx';
import { OwnFact } from './own-fact.tsx';
import { PersonActions } from './person-actions.tsx';
import { ProvisioningTab } from './provisioning-tab.tsx';
import { TagsCard } from './tags-card.tsx';
import { VerifyCard } from './verify-card.tsx';

const useStyles = makeStyles({
  columns: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1.6fr) minmax(0, 1fr)',
    gap: '20px',
    alignItems: 'start',
    '@media (max-width: 1080px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  column: { display: 'grid', gap: '20px', minWidth: 0 },
  aside: { display: 'flex', flexWrap: 'wrap', gap: '12px', alignItems: 'center' },
  tabs: { backgroundColor: tokens.colorNeutralBackground3, flexWrap: 'wrap' },
});

interface Place {
  readonly name: string;
  readonly word: string;
  readonly needs: Permission;
}
const places: readonly Place[] = [
  { name: 'readiness', word: 'Readiness', needs: 'people:read' },
  { name: 'provisioning', word: 'Provisioning', needs: 'provisioning:read' },
  { name: 'numbers', word: 'Numbers', needs: 'numbers:read' },
  { name: 'presence', word: 'Presence', needs: 'presence:read' },
  { name: 'calls', word: 'Recent calls', needs: 'calls:read' },
  { name: 'audit', word: 'Audit', needs: 'audit:read' },
];

/** One person; which part is shown stands in the address. */
export function PersonPage() {
  const id = useParams().id ?? '';
  const styles = useStyles();
  const session = useSession();
  const zoneOf = useZones();
  const mayWrite = useMay('people:write');
  const { get, set } = useFilters();
  // Changes come as events; that Teams was read again and said the same does not, and the page says when it was read.
  const {
    data: person,
    error,
    refetch,
  } = useQuery({
    ...ask('people.read', { params: { id } }),
    refetchInterval: 15_000,
  });
  if (!person) {
    return <Page title="Person">{error && <ProblemView error={error} retry={() => void refetch()} />}</Page>;
  }
  const zone = zoneOf(person.accountId);
  const tabs = places.filter(({ needs }) => session.permissions.includes(needs));
  const tab = tabs.find(({ name }) => name === get('tab'))?.name ?? 'readiness';
  return (
    <Page
      title={person.displayName}
      lead={person.upn}
      aside={
        <span className={styles.aside}>
          {mayWrite && <Leave person={person} zone={zone} />}
          <CopyLink path={paths.person(person.id, tab === 'readiness' ? {} : { tab })} />
        </span>
      }
    >
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      <TabList
        className={styles.tabs}
        selectedValue={tab}
        aria-label="Parts of the person"
        onTabSelect={(_, data) => set({ tab: data.value === 'readiness' ? undefined : String(data.value) })}
      >
        {tabs.map(({ name, word }) => (
          <Tab key={name} value={name}>
            {word}
          </Tab>
        ))}
      </TabList>
      <PersonActions personId={person.id} />
      {tab === 'readiness' && <ReadinessTab person={person} zone={zone} />}
      {tab === 'provisioning' && <ProvisioningTab person={person} zone={zone} />}
      {tab === 'numbers' && <NumbersTab person={person} />}
      {tab === 'presence' && <PersonPresence personId={person.id} self={false} zone={zone} />}
      {tab === 'calls' && <CallsTab person={person} zone={zone} />}
      {tab === 'audit' && <AuditTab person={person} zone={zone} />}
    </Page>
  );
}

function ReadinessTab({ person, zone }: { readonly person: Person; readonly zone: string }) {
  const styles = useStyles();
  const mayWrite = useMay('people:write');
  return (
    <div className={styles.columns}>
      <ReadinessCard personId={person.id} personName={person.displayName} zone={zone} />
      <div className={styles.column}>
        <VerifyCard person={person} zone={zone} />
        <PresenceCard presence={person.presence} zone={zone} />
        <Card
          title="Person"
          aside={<TextLink to={paths.calls({ person: person.id })}>Calls of this person</TextLink>}
        >
          <Facts
            rows={[
              ['Number', person.numbers.length > 0 ? person.numbers.map(telephone).join(', ') : 'none'],
              ['Extension', person.extension],
              ['Mail', person.mail],
              ['Active', <OwnFact key="active" person={person} fact="active" />],
              [
                'Teams licence of the platform',
                <OwnFact key="licence" person={person} fact="platformLicence" />,
              ],
              ['Calls in Teams', <TeamsSwitch key="switch" person={person} />],
            ]}
          />
          {mayWrite && <NumberForm person={person} />}
        </Card>
        <TagsCard person={person} />
      </div>
    </div>
  );
}
