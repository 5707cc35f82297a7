import { makeStyles } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { ask } from '../api/client.ts';
import { useMay, useZones } from '../api/session.ts';
import { CopyLink } from '../parts/copy-link.tsx';
import { Facts } from '../parts/facts.tsx';
import { TextLink } from '../parts/link.tsx';
import { NumberForm } from '../parts/number-form.tsx';
import { Card, Page } from '../parts/page.tsx';
import { PresenceCard } from '../parts/presence-card.tsx';
import { ProblemView } from '../parts/problem-view.tsx';
import { ReadinessCard } from '../parts/readiness-card.tsx';
import { TeamsSwitch } from '../parts/teams-switch.tsx';
import { paths } from '../path-builder.ts';
import { telephone } from '../words/format.ts';

const useStyles = makeStyles({
  columns: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1.6fr) minmax(0, 1fr)',
    gap: '20px',
    alignItems: 'start',
    '@media (max-width: 1080px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  column: { display: 'grid', gap: '20px', minWidth: 0 },
});

export function PersonPage() {
  const id = useParams().id ?? '';
  const styles = useStyles();
  const mayWrite = useMay('people:write');
  const zoneOf = useZones();
  // Changes come as events; that Teams was read again and said the same does not, and the page says when it was read.
  const {
    data: person,
    error,
    refetch,
  } = useQuery({
    ...ask('people.read', { params: { id } }),
    refetchInterval: 15_000,
  });
  if (error && !person) {
    return (
      <Page title="Person">
        <ProblemView error={error} retry={() => void refetch()} />
      </Page>
    );
  }
  if (!person) return <Page title="Person">{null}</Page>;
  const zone = zoneOf(person.accountId);
  return (
    <Page title={person.displayName} lead={person.upn} aside={<CopyLink path={paths.person(person.id)} />}>
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      <div className={styles.columns}>
        <ReadinessCard personId={person.id} personName={person.displayName} zone={zone} />
        <div className={styles.column}>
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
                ['Active', person.active ? 'yes' : 'no'],
                ['Teams licence of the platform', person.platformLicence ? 'assigned' : 'missing'],
                ['Calls in Teams', <TeamsSwitch key="switch" person={person} />],
              ]}
            />
            {mayWrite && <NumberForm person={person} />}
          </Card>
        </div>
      </div>
    </Page>
  );
}
