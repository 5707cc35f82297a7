import { Button, makeStyles } from '@fluentui/react-components';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { api, ask } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay } from '../../api/session.ts';
import { ProblemView } from '../../parts/problem-view.tsx';

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: '8px', alignItems: 'center' },
  box: { display: 'grid', gap: '8px' },
});

const routes = {
  recheck: 'provisioning.recheck',
  retry: 'provisioning.retry',
  push: 'provisioning.push',
} as const;
const said = {
  recheck: 'Microsoft is being read again. The page follows by itself.',
  retry: 'It is tried again. The page follows by itself.',
  push: 'It is being written again. What is equal at Microsoft is not written.',
} as const;
type Action = keyof typeof routes;

/** Looks again a few times after something was asked for: Microsoft answers within seconds, or its event comes. */
const lookAgainMs = [1_000, 3_000, 8_000];

/** What the service desk may do: look again, try again. Nothing that somebody decided is changed. */
export function PersonActions({ personId }: { readonly personId: string }) {
  const styles = useStyles();
  const may = useMay('provisioning:retry');
  const maySee = useMay('provisioning:read');
  const mayWrite = useMay('provisioning:write');
  const [last, setLast] = useState<Action>();
  const timers = useRef<ReturnType<typeof setTimeout>[]>([]);
  useEffect(
    () => () => {
      for (const timer of timers.current) clearTimeout(timer);
    },
    [],
  );
  const link = useQuery({
    ...ask('provisioning.person', { params: { id: personId } }),
    enabled: maySee,
  });
  const act = useMutation({
    mutationFn: (action: Action) => api.call(routes[action], { params: { id: personId } }),
    onMutate: () => setLast(undefined),
    onSuccess: (_, action) => {
      setLast(action);
      const look = (): void => reread('provisioning.person', 'provisioning.history', 'people.');
      look();
      timers.current = lookAgainMs.map((ms) => setTimeout(look, ms));
    },
  });
  if (!may) return null;
  const mayRetry = link.data?.may.retry === true;
  return (
    <div className={styles.box}>
      <div className={styles.row}>
        <Button size="small" disabled={act.isPending} onClick={() => act.mutate('recheck')}>
          Re-check
        </Button>
        <Button
          size="small"
          disabled={act.isPending || !mayRetry}
          title={mayRetry ? undefined : 'Nothing was refused that could be tried again.'}
          onClick={() => act.mutate('retry')}
        >
          Retry
        </Button>
        {mayWrite && (
          <Button size="small" disabled={act.isPending} onClick={() => act.mutate('push')}>
            Push again
          </Button>
        )}
        <span role="status">{last && said[last]}</span>
      </div>
      {act.error && <ProblemView error={act.error} />}
    </div>
  );
}
