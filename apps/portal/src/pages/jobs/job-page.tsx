import { Button, makeStyles, ProgressBar, tokens } from '@fluentui/react-components';
import { ArrowDownloadRegular } from '@fluentui/react-icons';
import { type Job, type JobItem, jobItemStates } from '@tandem/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { apiText } from '../../api/api-text.ts';
import { api, ask, queries } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay, useZones } from '../../api/session.ts';
import { CopyLink } from '../../parts/copy-link.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Choice, FilterBar } from '../../parts/filter-bar.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { saveFile } from '../../parts/save-file.ts';
import { StateBadge } from '../../parts/state-badge.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { paths } from '../../path-builder.ts';
import { dayAndTime } from '../../words/format.ts';
import {
  isOver,
  itemWords,
  type JobAction,
  jobActions,
  jobActionWords,
  jobKindWords,
  jobWords,
  progressWords,
} from '../../words/jobs.ts';
import { JobItems } from './job-items.tsx';

const useStyles = makeStyles({
  stack: { display: 'grid', gap: '16px' },
  row: { display: 'flex', flexWrap: 'wrap', gap: '8px', alignItems: 'center' },
  words: { margin: 0 },
  progress: { margin: 0, fontWeight: tokens.fontWeightSemibold },
});

/** One job: what would be done, what is being done, what came of it. */
export function JobPage() {
  const styles = useStyles();
  const id = useParams().id ?? '';
  const navigate = useNavigate();
  const mayWrite = useMay('jobs:write');
  const zoneOf = useZones();
  const { get, set } = useFilters();
  const [conflictsFrom, setConflictsFrom] = useState<string>();
  const state = jobItemStates.find((one) => one === get('state'));
  const {
    data: job,
    error,
    refetch,
  } = useQuery({
    ...ask('jobs.read', { params: { id } }),
    refetchInterval: ({ state: { data } }) => (data === undefined || isOver(data.state) ? false : 1_000),
  });
  const take = (next: Job): void => {
    queries.setQueryData(ask('jobs.read', { params: { id } }).queryKey, next);
    reread('jobs.items', 'jobs.list');
  };
  const act = useMutation({
    mutationFn: (action: JobAction) => {
      const params = { id };
      if (action === 'start')
        return api.call('jobs.start', { params, body: { preview: job?.preview ?? '' } });
      if (action === 'pause') return api.call('jobs.pause', { params });
      if (action === 'resume') return api.call('jobs.resume', { params });
      return api.call('jobs.cancel', { params });
    },
    onSuccess: take,
    onError: () => reread('jobs.'),
  });
  const undo = useMutation({
    mutationFn: () => api.call('jobs.undo', { params: { id } }),
    onSuccess: (made) => {
      reread('jobs.');
      void navigate(paths.job(made.id));
    },
  });
  // The last items come with the end; what the job changed shows elsewhere too.
  const now = job?.state;
  const before = useRef(now);
  useEffect(() => {
    if (before.current === 'running' && now !== undefined && now !== 'running')
      reread('jobs.items', 'jobs.list', 'people.', 'numbers.', 'ranges.', 'provisioning.');
    before.current = now;
  }, [now]);
  if (!job)
    return <Page title="Job">{error && <ProblemView error={error} retry={() => void refetch()} />}</Page>;
  const zone = zoneOf(job.accountId);
  const { counts } = job;
  const faults = counts.refused + counts.leftOut;
  const handled = counts.items - counts.waiting;
  const isPreview = job.state === 'previewed';
  return (
    <Page
      title={job.title}
      lead={<StateBadge {...jobWords[job.state]} />}
      aside={<CopyLink path={paths.job(id)} />}
    >
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {act.error && <ProblemView error={act.error} />}
      {undo.error && <ProblemView error={undo.error} />}
      <Card title={isPreview ? 'What would be done' : 'Progress'}>
        <div className={styles.stack}>
          {isPreview ? (
            <p className={styles.words}>
              {counts.waiting === 0
                ? 'Nothing would change.'
                : 'Nothing has been changed yet. What changes between now and the start is left out and said.'}
            </p>
          ) : (
            <>
              <p className={styles.progress} role="status">
                {progressWords(job)}
              </p>
              <ProgressBar
                aria-label="Progress of the job"
                value={counts.items === 0 ? 1 : handled / counts.items}
                thickness="large"
                color={faults > 0 ? 'warning' : 'brand'}
              />
            </>
          )}
          <Facts
            rows={[
              [isPreview ? 'Would be changed' : 'Still to do', String(counts.waiting)],
              ['Done', isPreview ? undefined : String(counts.done)],
              ['Is so already', String(counts.unchanged)],
              ['Refused', String(counts.refused)],
              ['Left out', isPreview ? undefined : String(counts.leftOut)],
              ['Cancelled', counts.cancelled > 0 ? String(counts.cancelled) : undefined],
              ['Kind', jobKindWords[job.kind]],
              ['By', job.createdBy],
              ['Previewed', dayAndTime(job.createdAt, zone)],
              ['Started', job.startedAt && dayAndTime(job.startedAt, zone)],
              ['Ended', job.finishedAt && dayAndTime(job.finishedAt, zone)],
              [
                'Puts back',
                job.undoOf && (
                  <TextLink key="of" to={paths.job(job.undoOf)}>
                    the job before
                  </TextLink>
                ),
              ],
              [
                'Put back by',
                job.undoneBy && (
                  <TextLink key="by" to={paths.job(job.undoneBy)}>
                    this job
                  </TextLink>
                ),
              ],
            ]}
          />
          <div className={styles.row}>
            {mayWrite &&
              jobActions[job.state].map((action) => (
                <Button
                  key={action}
                  appearance={action === 'start' || action === 'resume' ? 'primary' : 'secondary'}
                  disabled={act.isPending || (action === 'start' && counts.waiting === 0)}
                  onClick={() => act.mutate(action)}
                >
                  {action === 'cancel' && isPreview ? 'Discard' : jobActionWords[action]}
                </Button>
              ))}
            {mayWrite && job.canUndo && (
              <Button disabled={undo.isPending} onClick={() => undo.mutate()}>
                Preview the undo
              </Button>
            )}
            {faults > 0 && <ErrorsAsCsv job={job} />}
          </div>
        </div>
      </Card>
      {counts.refused > 0 && state === undefined && (
        <Card title={`Refused: ${counts.refused}`} bare>
          <JobItems
            job={job}
            label="Refused items"
            state="refused"
            cursor={conflictsFrom}
            limit={10}
            none="Nothing was refused."
            go={setConflictsFrom}
          />
        </Card>
      )}
      <Card title="All items" bare>
        <FilterBar>
          <Choice
            label="Outcome"
            value={state}
            options={[['', 'Any'], ...jobItemStates.map((one) => [one, itemWords[one].word] as const)]}
            onChoose={(chosen) => set({ state: chosen })}
          />
        </FilterBar>
        <JobItems
          job={job}
          label="Items"
          state={state}
          cursor={get('cursor')}
          limit={25}
          none="No item has this outcome."
          go={(cursor) => set({ cursor })}
        />
      </Card>
    </Page>
  );
}

const faultStates: readonly JobItem['state'][] = ['refused', 'left-out'];

/** What was refused or left out, as a file whose rows can be mended and imported again. */
function ErrorsAsCsv({ job }: { readonly job: Job }) {
  const save = useMutation({
    mutationFn: async () => {
      const parts = await Promise.all(
        faultStates.map((state) =>
          apiText('jobs.items', { params: { id: job.id }, query: { state } }, 'text/csv'),
        ),
      );
      // One heading, then the rows of both.
      const text = parts.map((part, n) => (n === 0 ? part : part.replace(/^[^\n]*\n/, ''))).join('');
      saveFile(`job-${job.id}-errors.csv`, text);
    },
  });
  return (
    <>
      <Button icon={<ArrowDownloadRegular />} disabled={save.isPending} onClick={() => save.mutate()}>
        Errors as CSV
      </Button>
      {save.error && <ProblemView error={save.error} />}
    </>
  );
}
