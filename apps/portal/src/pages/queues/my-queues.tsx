import { makeStyles, Switch, tokens } from '@fluentui/react-components';
import type { Queue } from '@tandem/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import { api, ask } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay, useSession } from '../../api/session.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Until } from '../../parts/instant.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Stack } from '../../parts/stack.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { telephone } from '../../words/format.ts';
import { memberDetail, memberWords, reachedAt } from '../../words/queues.ts';
import { useQueueLive } from './use-queue-live.ts';
import { Waits } from './waiting-card.tsx';

const useStyles = makeStyles({
  small: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  list: { margin: 0, paddingLeft: '20px' },
});

/** The queues in which somebody takes calls: log in, log out, and what waits. */
export function MyQueues() {
  const queues = useQuery({ ...ask('queues.list', { query: {} }), refetchInterval: 15_000 });
  return (
    <Page title="My queues" lead="Where you take calls in turn, and who waits now">
      {queues.error && <ProblemView error={queues.error} retry={() => void queues.refetch()} />}
      {queues.data?.items.length === 0 && (
        <Card>
          <EmptyState title="You are in no queue">Your administrator puts people into queues.</EmptyState>
        </Card>
      )}
      {queues.data?.items.map((queue) => (
        <MyQueue key={queue.id} queue={queue} />
      ))}
    </Page>
  );
}

function MyQueue({ queue }: { readonly queue: Queue }) {
  const styles = useStyles();
  const { personId = '', timeZone } = useSession();
  const mayLogIn = useMay('queues:log-in');
  const live = useQueueLive(queue.id);
  const own = queue.members.find((one) => one.personId === personId);
  const state = live.data?.members.find((one) => one.personId === personId);
  const logIn = useMutation({
    mutationFn: (loggedIn: boolean) =>
      api.call('queues.logIn', { params: { id: queue.id, person: personId }, body: { loggedIn } }),
    onSettled: () => reread('queues.'),
  });
  const waiting = live.data?.waiting;
  return (
    <Card title={queue.name} aside={<span className={styles.small}>{reachedAt(queue)}</span>}>
      <Stack>
        {(logIn.error ?? live.error) && <ProblemView error={logIn.error ?? live.error} />}
        <Switch
          label="I take calls of this queue"
          checked={own?.loggedIn ?? false}
          disabled={!mayLogIn || logIn.isPending}
          onChange={(_, { checked }) => logIn.mutate(checked)}
        />
        {state && (
          <span role="status">
            <StateBadge {...memberWords[state.state]} />{' '}
            <span className={styles.small}>
              {memberDetail(state)} {state.until && <Until at={state.until} zone={timeZone} />}
            </span>
          </span>
        )}
        {waiting?.length === 0 && <span>Nobody waits.</span>}
        {waiting && waiting.length > 0 && (
          <>
            <strong>{waiting.length === 1 ? '1 caller waits' : `${waiting.length} callers wait`}</strong>
            <ol className={styles.list} aria-label={`Who waits in ${queue.name}`}>
              {waiting.map(({ callId, from, since, offeredTo }) => (
                <li key={callId}>
                  {telephone(from)}, for <Waits since={since} />
                  {offeredTo === personId && ' - rings at you now'}
                </li>
              ))}
            </ol>
          </>
        )}
      </Stack>
    </Card>
  );
}
