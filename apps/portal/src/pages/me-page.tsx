import { useSession } from '../api/session.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { TextLink } from '../parts/link.tsx';
import { Card, Page } from '../parts/page.tsx';
import { ReadinessCard } from '../parts/readiness-card.tsx';
import { paths } from '../path-builder.ts';

export function MePage() {
  const { personId, displayName } = useSession();
  return (
    <Page title="My calling" lead={displayName}>
      {personId ? (
        <>
          <ReadinessCard personId={personId} />
          <Card title="My calls">
            <TextLink to={paths.calls()}>Finished calls</TextLink> and{' '}
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
