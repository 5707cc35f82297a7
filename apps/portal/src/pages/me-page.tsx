import { useQuery } from '@tanstack/react-query';
import { ask } from '../api/client.ts';
import { useSession } from '../api/session.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ItWorks } from '../parts/it-works.tsx';
import { TextLink } from '../parts/link.tsx';
import { Card, Page } from '../parts/page.tsx';
import { PresenceCard } from '../parts/presence-card.tsx';
import { ReadinessCard } from '../parts/readiness-card.tsx';
import { paths } from '../path-builder.ts';

export function MePage() {
  const { personId, displayName, timeZone } = useSession();
  const { data: person } = useQuery({
    ...ask('people.read', { params: { id: personId ?? '' } }),
    enabled: personId !== undefined,
    refetchInterval: 15_000,
  });
  return (
    <Page title="My calling" lead={displayName}>
      {personId ? (
        <>
          <ReadinessCard personId={personId} personName={displayName} zone={timeZone}>
            <ItWorks personId={personId} />
          </ReadinessCard>
          {person && <PresenceCard presence={person.presence} zone={timeZone} />}
          <Card title="My calls">
            <TextLink to={paths.history()}>Call history</TextLink> and{' '}
            <TextLink to={paths.live()}>calls now</TextLink>
          </Card>
        </>
      ) : (
        <Card>
          <EmptyState title="This sign-in is not tied to a person">
            Ask an administrator of your account to tie it to the person that you are.
          </EmptyState>
        </Card>
      )}
    </Page>
  );
}
