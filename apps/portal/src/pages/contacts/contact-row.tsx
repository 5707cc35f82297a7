import { makeStyles, tokens } from '@fluentui/react-components';
import type { ContactCard } from '@tandem/contract';
import type { ReactNode } from 'react';
import { DialButton, type DialsWith } from '../../parts/dial-button.tsx';
import { Ago } from '../../parts/instant.tsx';
import { PresenceMark } from '../../parts/presence-mark.tsx';

const useStyles = makeStyles({
  row: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1.3fr) minmax(0, 1fr) minmax(0, 1.5fr) 250px',
    gap: '4px 16px',
    alignItems: 'center',
    padding: '10px 20px',
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
    '@media (max-width: 820px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  name: { fontWeight: tokens.fontWeightSemibold, overflowWrap: 'anywhere' },
  small: {
    display: 'block',
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
    overflowWrap: 'anywhere',
  },
  numbers: { display: 'flex', flexWrap: 'wrap', gap: '6px' },
  actions: { display: 'flex', flexWrap: 'wrap', gap: '6px', justifyContent: 'end' },
});

/** One person on one line: who, how they are now, their numbers, what can be done. */
export function ContactRow({
  card,
  by,
  zone,
  actions,
}: {
  readonly card: ContactCard;
  readonly by: DialsWith;
  readonly zone: string;
  readonly actions?: ReactNode;
}) {
  const styles = useStyles();
  const about = [card.jobTitle, card.department, card.city].filter(Boolean).join(', ');
  return (
    <li className={styles.row}>
      <span>
        <span className={styles.name}>{card.displayName}</span>
        {about && <span className={styles.small}>{about}</span>}
        {card.mail && <span className={styles.small}>{card.mail}</span>}
      </span>
      <span>
        {card.personId && (
          <>
            <PresenceMark presence={card.presence} />
            {card.presence?.teams && !card.presence.stale && (
              <span className={styles.small}>
                Teams read <Ago at={card.presence.teams.readAt} zone={zone} />
              </span>
            )}
          </>
        )}
      </span>
      <span className={styles.numbers}>
        {card.numbers.map(({ number, text }) =>
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
        {card.numbers.length === 0 && <span className={styles.small}>No number</span>}
      </span>
      <span className={styles.actions}>{actions}</span>
    </li>
  );
}
