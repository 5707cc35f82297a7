import { makeStyles, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { ask } from '../../api/client.ts';
import { DialButton } from '../../parts/dial-button.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { PresenceMark } from '../../parts/presence-mark.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { paths } from '../../path-builder.ts';
import { lookingMs } from './contacts-page.tsx';
import { NoPerson } from './no-person.tsx';
import { useMe } from './use-me.ts';

const useStyles = makeStyles({
  grid: {
    listStyleType: 'none',
    margin: 0,
    padding: 0,
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(220px, 1fr))',
    gap: '16px',
  },
  key: {
    display: 'grid',
    gap: '8px',
    justifyItems: 'start',
    padding: '16px',
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    boxShadow: tokens.shadow2,
    minWidth: 0,
  },
  place: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground2 },
  name: { fontWeight: tokens.fontWeightSemibold, overflowWrap: 'anywhere' },
});

/** The keys of a phone's side panel: place, name, state, one press to dial. */
export function SpeedDialPage() {
  const styles = useStyles();
  const { personId, by } = useMe();
  const { data, error, refetch } = useQuery({
    ...ask('contacts.own', { params: { id: personId ?? '' } }),
    enabled: personId !== undefined,
    refetchInterval: lookingMs,
  });
  if (personId === undefined) return <NoPerson title="Speed dial" />;
  const keys = (data?.items ?? [])
    .flatMap((card) => (card.own?.speedDial === undefined ? [] : [{ card, place: card.own.speedDial }]))
    .sort((a, b) => a.place - b.place);
  return (
    <Page title="Speed dial" lead="One press, and how they are before you press">
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {data && keys.length === 0 && (
        <Card>
          <EmptyState title="No speed dials yet">
            Give somebody on <TextLink to={paths.contacts()}>your contacts</TextLink> a place from 1 to 99.
          </EmptyState>
        </Card>
      )}
      <ul className={styles.grid} aria-label="Speed dials">
        {keys.map(({ card, place }) => (
          <li key={card.key} className={styles.key}>
            <span className={styles.place}>{place}</span>
            <span className={styles.name}>{card.displayName}</span>
            {card.personId && <PresenceMark presence={card.presence} />}
            {card.numbers
              .slice(0, 1)
              .map(({ number, text }) =>
                number === undefined ? (
                  <span key={text}>{text}</span>
                ) : (
                  <DialButton
                    key={number}
                    number={number}
                    name={card.displayName}
                    by={by}
                    presence={card.presence}
                  />
                ),
              )}
          </li>
        ))}
      </ul>
    </Page>
  );
}
