import { Button, makeStyles } from '@fluentui/react-components';
import { useMutation, useQuery } from '@tanstack/react-query';
import { api, ask } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay, useZones } from '../../api/session.ts';
import { Since } from '../../parts/instant.tsx';
import { Card } from '../../parts/page.tsx';
import { PreviewAction } from '../../parts/preview-action.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { WordList } from '../../parts/word-list.tsx';

const useStyles = makeStyles({ words: { margin: 0 } });

/** What holds without the consent, for whoever is about to take it back. */
const without = [
  'Changes by the provider to people, numbers, queues, connections and settings wait on this page for your decision.',
  'The provider still reads, looks again and tries again, stops a bulk job, ends a call, and suspends the account.',
  'Your own changes, calls and everything that is set up go on as before.',
];

/** Only the customer gives the consent and takes it back; the provider reads it. */
export function ConsentCard({ accountId }: { readonly accountId: string }) {
  const styles = useStyles();
  const may = useMay('consent:give');
  const zone = useZones()(accountId);
  const params = { id: accountId };
  const { data, error, refetch } = useQuery(ask('consent.read', { params }));
  const done = () => reread('consent.', 'proposals.');
  const give = useMutation({
    mutationFn: () => api.call('consent.change', { params, body: { given: true } }),
    onSuccess: done,
  });
  if (error) return <ProblemView error={error} retry={() => void refetch()} />;
  if (!data) return null;
  const { given, changedBy, changedAt } = data;
  return (
    <Card
      title="Consent to the provider"
      aside={
        <StateBadge {...(given ? { word: 'Given', tone: 'good' } : { word: 'Not given', tone: 'warn' })} />
      }
    >
      <Stack>
        <p className={styles.words}>
          {given
            ? 'The provider may change things of this account by itself. Each change stands in the audit.'
            : 'What the provider changes is not done but kept here as a proposal, until an administrator of the account decides.'}
        </p>
        {changedBy && changedAt && (
          <p className={styles.words}>
            Decided by {changedBy}, <Since at={changedAt} zone={zone} />
          </p>
        )}
        {give.error && <ProblemView error={give.error} />}
        {may && (
          <Row>
            {given ? (
              <PreviewAction
                label="Take the consent back"
                title="Take the consent back?"
                load={() => Promise.resolve(without)}
                show={(items) => <WordList title="From now on" items={items} />}
                act={() => api.call('consent.change', { params, body: { given: false } })}
                done={done}
              />
            ) : (
              <Button appearance="primary" disabled={give.isPending} onClick={() => give.mutate()}>
                Give the consent
              </Button>
            )}
          </Row>
        )}
      </Stack>
    </Card>
  );
}
