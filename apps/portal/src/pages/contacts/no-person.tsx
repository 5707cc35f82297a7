import { EmptyState } from '../../parts/empty-state.tsx';
import { Card, Page } from '../../parts/page.tsx';

/** A sign-in of the user role without its person has no lists. */
export function NoPerson({ title }: { readonly title: string }) {
  return (
    <Page title={title}>
      <Card>
        <EmptyState title="This sign-in is not tied to a person">
          Ask an administrator of your account to tie it to the person that you are.
        </EmptyState>
      </Card>
    </Page>
  );
}
