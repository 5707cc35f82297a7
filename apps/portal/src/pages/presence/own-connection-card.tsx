import { Button, makeStyles, tokens } from '@fluentui/react-components';
import type { OwnConnectionView } from '@tandem/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import { api, ask } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay } from '../../api/session.ts';
import { Facts } from '../../parts/facts.tsx';
import { Ago } from '../../parts/instant.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import type { Tone } from '../../words/states.ts';
import { returnTo } from '../microsoft/way-to-microsoft.tsx';

const useStyles = makeStyles({
  sentence: { margin: 0 },
  next: { margin: 0, fontWeight: tokens.fontWeightSemibold },
  small: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

const words: Record<OwnConnectionView['state'], { readonly word: string; readonly tone: Tone }> = {
  none: { word: 'Not connected', tone: 'quiet' },
  connected: { word: 'Connected', tone: 'good' },
  interrupted: { word: 'Needs you', tone: 'bad' },
};

/** One's own Microsoft account: connect, see how it is, disconnect (P02). */
export function OwnConnectionCard({
  personId,
  self,
  zone,
}: {
  readonly personId: string;
  /** The person looks at themselves: nobody signs in for somebody else. */
  readonly self: boolean;
  readonly zone: string;
}) {
  const styles = useStyles();
  const mayConnect = useMay('own-connection:connect') && self;
  const mayEnd = useMay('presence:write');
  const { data, error, refetch } = useQuery({
    ...ask('ownConnection.read', { params: { id: personId } }),
    refetchInterval: 10_000,
  });
  const begin = useMutation({
    mutationFn: () =>
      api.call('ownConnection.begin', {
        params: { id: personId },
        body: { returnTo: returnTo() },
      }),
    onSuccess: ({ url }) => window.location.assign(url),
  });
  const end = useMutation({
    mutationFn: () => api.call('ownConnection.disconnect', { params: { id: personId } }),
    onSuccess: () => reread('ownConnection.', 'presence.'),
  });
  if (!data) return error ? <ProblemView error={error} retry={() => void refetch()} /> : null;
  // To others there is nothing to see as long as there is nothing.
  if (data.state === 'none' && (!self || !data.offered)) return null;
  const busy = begin.isPending || begin.isSuccess || end.isPending;
  const problem = begin.error ?? end.error;
  return (
    <Card
      title={self ? 'Your Microsoft account' : 'Own Microsoft account'}
      aside={<StateBadge {...words[data.state]} />}
    >
      <Stack>
        {problem && <ProblemView error={problem} />}
        <p className={styles.sentence} role="status">
          {data.sentence}
        </p>
        {data.next && <p className={styles.next}>{data.next}</p>}
        {data.state !== 'none' && (
          <Facts
            rows={[
              ['Signed in as', data.account],
              [
                data.state === 'interrupted' ? 'Since' : 'Connected',
                data.since && <Ago at={data.since} zone={zone} />,
              ],
              ['Confirmed by Microsoft', data.checkedAt && <Ago at={data.checkedAt} zone={zone} />],
              ['In use', data.inUse ? 'Yes' : 'No'],
            ]}
          />
        )}
        <Row>
          {mayConnect && data.offered && (
            <Button
              appearance={data.state === 'connected' ? 'secondary' : 'primary'}
              disabled={busy}
              onClick={() => begin.mutate()}
            >
              {data.state === 'none' ? 'Connect' : 'Sign in at Microsoft again'}
            </Button>
          )}
          {mayEnd && data.state !== 'none' && (
            <Button disabled={busy} onClick={() => end.mutate()}>
              {end.isPending ? 'Disconnecting' : 'Disconnect'}
            </Button>
          )}
        </Row>
        {self && data.state !== 'none' && (
          <p className={styles.small}>
            Disconnecting takes back what was set in Teams and forgets the sign-in. What you agreed to at
            Microsoft you can withdraw there, under My Apps.
          </p>
        )}
      </Stack>
    </Card>
  );
}
