import { TextLink } from '../../parts/link.tsx';
import { Page } from '../../parts/page.tsx';
import { paths } from '../../path-builder.ts';
import { NoPerson } from '../contacts/no-person.tsx';
import { useMe } from '../contacts/use-me.ts';
import { PersonPresence } from './person-presence.tsx';

/** One's own presence: how it shows, why, and how to put it right. */
export function MyPresencePage() {
  const { personId, zone } = useMe();
  if (personId === undefined) return <NoPerson title="My presence" />;
  return (
    <Page
      title="My presence"
      lead="How you show here and in Teams, and which calls ring"
      aside={<TextLink to={paths.presenceHelp()}>How it works, by examples</TextLink>}
    >
      <PersonPresence personId={personId} self zone={zone} />
    </Page>
  );
}
