import { Button, Link, makeStyles, tokens } from '@fluentui/react-components';
import { useMutation } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { PresenceMark } from '../../parts/presence-mark.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { SourcesList } from './sources-list.tsx';

const useStyles = makeStyles({
  words: { margin: 0 },
  sides: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 260px), 1fr))',
    gap: '16px',
  },
  title: { margin: '0 0 8px', fontWeight: tokens.fontWeightSemibold, display: 'flex', gap: '10px' },
  steps: { margin: 0, paddingLeft: '20px' },
});

/** Takes back what the platform set and shows both vectors: what was, and what is now (product-behaviour 2.8). */
export function FixPresence({
  personId,
  self,
  zone,
}: {
  readonly personId: string;
  readonly self: boolean;
  readonly zone: string;
}) {
  const styles = useStyles();
  const fix = useMutation({
    mutationFn: () => api.call('presence.fix', { params: { id: personId } }),
    onSuccess: () => reread('presence.', 'people.'),
  });
  const result = fix.data;
  return (
    <Stack>
      <Row>
        <Button disabled={fix.isPending} onClick={() => fix.mutate()}>
          {fix.isPending ? 'Putting it right…' : self ? 'Fix my presence' : 'Fix presence'}
        </Button>
        <span>Takes back what this platform set, here and in Teams, and reads Teams again.</span>
      </Row>
      {fix.error && <ProblemView error={fix.error} />}
      {result && (
        <div role="status">
          <Stack>
            <p className={styles.words}>{result.sentence}</p>
            {result.teamsLink && (
              <p className={styles.words}>
                <Link href={result.teamsLink} target="_blank" rel="noreferrer">
                  Open Teams
                </Link>
                {': choose your picture, your status, then Reset status.'}
              </p>
            )}
            <ul className={styles.steps} aria-label="What was done">
              {result.steps.map(({ what, done }) => (
                <li key={what}>
                  {what}
                  {!done && ' (not done)'}
                </li>
              ))}
            </ul>
            <div className={styles.sides}>
              {(['before', 'after'] as const).map((side) => (
                <section key={side} aria-label={side === 'before' ? 'Before' : 'After'}>
                  <div className={styles.title}>
                    {side === 'before' ? 'Before' : 'After'} <PresenceMark presence={result[side]} />
                  </div>
                  <SourcesList sources={result[side].sources} zone={zone} />
                </section>
              ))}
            </div>
          </Stack>
        </div>
      )}
    </Stack>
  );
}
