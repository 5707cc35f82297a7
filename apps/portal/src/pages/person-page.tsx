import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { ask } from '../api/client.ts';
import { useMay } from '../api/session.ts';
import { Facts } from '../parts/facts.tsx';
import { TextLink } from '../parts/link.tsx';
import { NumberForm } from '../parts/number-form.tsx';
import { Card, Page } from '../parts/page.tsx';
import { ProblemView } from '../parts/problem-view.tsx';
import { ReadinessCard } from '../parts/readiness-card.tsx';
import { TeamsSwitch } from '../parts/teams-switch.tsx';
import { paths } from '../path-builder.ts';
import { telephone } from '../words/format.ts';

export function PersonPage() {
  const id = useParams().id ?? '';
  const mayWrite = useMay('people:write');
  const { data: person, error, refetch } = useQuery(ask('people.read', { params: { id } }));
  if (error) {
    return (
      <Page title="Person">
        <ProblemView error={error} retry={() => void refetch()} />
      </Page>
    );
  }
  if (!person) return <Page title="Person">{null}</Page>;
  return (
    <Page title={person.displayName} lead={person.upn}>
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
      <ReadinessCard personId={person.id} />
    </Page>
  );
}
