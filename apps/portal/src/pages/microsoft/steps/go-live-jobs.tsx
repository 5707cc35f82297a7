import { Button, makeStyles, ProgressBar } from '@fluentui/react-components';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { api, ask } from '../../../api/client.ts';
import { reread } from '../../../api/reread.ts';
import { useMay } from '../../../api/session.ts';
import { TextLink } from '../../../parts/link.tsx';
import { ProblemView } from '../../../parts/problem-view.tsx';
import { Row } from '../../../parts/stack.tsx';
import { StateBadge } from '../../../parts/state-badge.tsx';
import { paths } from '../../../path-builder.ts';
import { isOver, jobWords, progressWords } from '../../../words/jobs.ts';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', gap: '10px' },
  job: { display: 'grid', gap: '4px' },
  head: { display: 'flex', flexWrap: 'wrap', gap: '4px 12px', alignItems: 'center' },
});

/** Everybody at once goes by a job: previewed, started on its own page, and followed here. */
export function GoLiveJobs({ account }: { readonly account: string }) {
  const styles = useStyles();
  const navigate = useNavigate();
  const maySee = useMay('jobs:read');
  const mayStart = useMay('jobs:write');
  const jobs = useQuery({
    ...ask('jobs.list', { query: { account, limit: 3 } }),
    enabled: maySee,
    refetchInterval: ({ state }) => (state.data?.items.some((job) => !isOver(job.state)) ? 1_500 : 10_000),
  });
  const preview = useMutation({
    mutationFn: () =>
      api.call('jobs.create', {
        body: { kind: 'change-people', account, change: { teamsToggle: true } },
      }),
    onSuccess: (job) => {
      reread('jobs.');
      void navigate(paths.job(job.id));
    },
  });
  const items = jobs.data?.items ?? [];
  return (
    <>
      {(preview.error ?? jobs.error) && <ProblemView error={preview.error ?? jobs.error} />}
      {mayStart && (
        <Row>
          <Button appearance="primary" disabled={preview.isPending} onClick={() => preview.mutate()}>
            Preview: calls in Teams on for everybody
          </Button>
          <span>Nothing changes before the job is started.</span>
        </Row>
      )}
      {items.length > 0 && (
        <ul className={styles.list} aria-label="Latest jobs">
          {items.map((job) => (
            <li key={job.id} className={styles.job}>
              <span className={styles.head}>
                <TextLink to={paths.job(job.id)}>{job.title}</TextLink>
                <StateBadge {...jobWords[job.state]} />
                <span>{progressWords(job)}</span>
              </span>
              {job.state === 'running' && (
                <ProgressBar
                  aria-label={`Progress of ${job.title}`}
                  value={job.counts.items - job.counts.waiting}
                  max={Math.max(1, job.counts.items)}
                />
              )}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
