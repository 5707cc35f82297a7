import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import type { PresenceVectorView } from '@tandem/contract';
import { Ago, Until } from '../../parts/instant.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { acceptsSentence } from '../../words/own-presence.ts';
import { presenceWords, sourceWords } from '../../words/presence.ts';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', gap: '8px' },
  source: {
    display: 'grid',
    gap: '2px',
    padding: '10px 14px',
    borderRadius: tokens.borderRadiusMedium,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  wins: {
    backgroundColor: tokens.colorNeutralBackground3,
    border: `1px solid ${tokens.colorNeutralStrokeAccessible}`,
  },
  head: { display: 'flex', flexWrap: 'wrap', gap: '4px 12px', alignItems: 'center', fontWeight: 600 },
  words: { margin: 0 },
  small: { margin: 0, fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground2 },
});

/** Everything that says something about a person's state, the strongest first, and which of it decides. */
export function SourcesList({
  sources,
  zone,
}: {
  readonly sources: PresenceVectorView['sources'];
  readonly zone: string;
}) {
  const styles = useStyles();
  if (sources.length === 0)
    return <p className={styles.words}>Nothing says anything about this state yet.</p>;
  return (
    <ol className={styles.list} aria-label="What says it, the strongest first">
      {sources.map(({ source, label, accepts, sentence, wins, since, until }) => (
        <li key={`${source} ${sentence}`} className={mergeClasses(styles.source, wins && styles.wins)}>
          <span className={styles.head}>
            {sourceWords[source]}
            {label && <span>{presenceWords[label].word}</span>}
            {wins && <StateBadge word="Decides" tone="info" />}
          </span>
          <p className={styles.words}>{sentence}</p>
          {accepts && <p className={styles.small}>{acceptsSentence(accepts)}</p>}
          {(since || until) && (
            <p className={styles.small}>
              {since && (
                <>
                  Since <Ago at={since} zone={zone} />
                </>
              )}
              {since && until && ', '}
              {until && (
                <>
                  until <Until at={until} zone={zone} />
                </>
              )}
            </p>
          )}
        </li>
      ))}
    </ol>
  );
}
