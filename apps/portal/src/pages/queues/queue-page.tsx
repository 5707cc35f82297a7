import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from 'react-router';
import { api, ask } from '../../api/client.ts';
import { forget, reread } from '../../api/reread.ts';
import { useMay, useZones } from '../../api/session.ts';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { Page } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { paths } from '../../path-builder.ts';
import { reachedAt } from '../../words/queues.ts';
import { MembersCard } from './members-card.tsx';
import { SettingsCard } from './settings-card.tsx';
import { WaitingCard } from './waiting-card.tsx';

/** One queue: who waits, who takes the calls and why not, and how it works. */
export function QueuePage() {
  const { id = '' } = useParams();
  const navigate = useNavigate();
  const mayWrite = useMay('queues:write');
  const zoneOf = useZones();
  const { data: queue, error, refetch } = useQuery(ask('queues.read', { params: { id } }));
  if (!queue)
    return <Page title="Queue">{error && <ProblemView error={error} retry={() => void refetch()} />}</Page>;
  return (
    <Page
      title={queue.name}
      lead={reachedAt(queue)}
      aside={
        mayWrite && (
          <FormDialog
            label="Delete queue"
            title={`Delete the queue ${queue.name}?`}
            confirm="Delete it"
            act={() => api.call('queues.delete', { params: { id } })}
            done={() => {
              forget('queues.list');
              void navigate(paths.queues());
              reread('numbers.', 'presenceSync.');
            }}
          >
            <span>
              Whoever waits in it gets what is set for those who cannot wait. Calls that are talking go on.
              {queue.number && ' Its number goes back to stock.'}
            </span>
          </FormDialog>
        )
      }
    >
      {error && <ProblemView error={error} />}
      <WaitingCard queueId={queue.id} />
      <MembersCard queue={queue} zone={zoneOf(queue.accountId)} />
      <SettingsCard queue={queue} />
    </Page>
  );
}
