import { EmptyState } from '../parts/empty-state.tsx';
import { TextLink } from '../parts/link.tsx';
import { Card, Page } from '../parts/page.tsx';
import { paths } from '../path-builder.ts';

export function NotFoundPage() {
  return (
    <Page title="No such page">
      <Card>
        <EmptyState title="Nothing is at this address">
          The link may be old or cut off. <TextLink to={paths.overview()}>Go to the overview</TextLink>
        </EmptyState>
      </Card>
    </Page>
  );
}
