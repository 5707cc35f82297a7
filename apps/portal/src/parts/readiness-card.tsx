import { makeStyles, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { ask } from '../api/client.ts';
import { checkWords, turnWords, verdictWords } from '../words/states.ts';
import { Card } from './page.tsx';
import { ProblemView } from './problem-view.tsx';
import { StateBadge } from './state-badge.tsx';

const useStyles = makeStyles({
  headline: { margin: '0 0 12px' },
  list: { listStyleType: 'none', margin: 0, padding: 0 },
  check: {
    display: 'grid',
    gridTemplateColumns: '110px minmax(0, 1fr)',
    gap: '4px 16px',
    alignItems: 'start',
    padding: '10px 0',
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
    '@media (max-width: 600px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  title: { fontWeight: tokens.fontWeightSemibold },
  words: { margin: 0, color: tokens.colorNeutralForeground2 },
});

/** Every prerequisite in its order, what is wrong, how to mend it and whose turn it is. */
export function ReadinessCard({ personId }: { readonly personId: string }) {
  const styles = useStyles();
  const { data, error, refetch } = useQuery(ask('people.readiness', { params: { id: personId } }));
  if (error) return <ProblemView error={error} retry={() => void refetch()} />;
  if (!data) return null;
  return (
    <Card title="Can this person call with Teams?" aside={<StateBadge {...verdictWords[data.verdict]} />}>
      <p className={styles.headline}>{data.headline}</p>
      <ol className={styles.list}>
        {data.checks.map((check) => (
          <li key={check.id} className={styles.check}>
            <span>
              <StateBadge {...checkWords[check.state]} />
            </span>
            <div>
              <span className={styles.title}>{check.title}</span>
              <p className={styles.words}>
                {check.sentence}
                {check.code ? ` (${check.code})` : ''}
              </p>
              {check.state === 'missing' && turnWords[check.whoseTurn] && (
                <p className={styles.words}>
                  <strong>{turnWords[check.whoseTurn]}</strong>
                  {check.fix ? `: ${check.fix}` : ''}
                </p>
              )}
            </div>
          </li>
        ))}
      </ol>
    </Card>
  );
}
