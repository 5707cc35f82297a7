import { makeStyles } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { ask } from '../../api/client.ts';
import { useMay } from '../../api/session.ts';
import { Facts } from '../../parts/facts.tsx';
import { Ago } from '../../parts/instant.tsx';
import { Card } from '../../parts/page.tsx';
import { PresenceMark } from '../../parts/presence-mark.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Stack } from '../../parts/stack.tsx';
import { ExceptionsCard } from './exceptions-card.tsx';
import { FixPresence } from './fix-presence.tsx';
import { JournalCard } from './journal-card.tsx';
import { ManualForm } from './manual-form.tsx';
import { OwnConnectionCard } from './own-connection-card.tsx';
import { SourcesList } from './sources-list.tsx';

const useStyles = makeStyles({
  because: { margin: '0 0 4px', fontWeight: 600 },
  calls: { margin: '0 0 16px' },
});

/** All of one person's presence: the state and why, setting it, putting it right, exceptions, journal. */
export function PersonPresence({
  personId,
  self,
  zone,
}: {
  readonly personId: string;
  /** The person looks at themselves. */
  readonly self: boolean;
  readonly zone: string;
}) {
  const styles = useStyles();
  const maySet = useMay('presence:write');
  const mayFix = useMay('presence:fix');
  // Changes come as events; that Teams was read again and said the same does not.
  const { data, error, refetch } = useQuery({
    ...ask('presence.read', { params: { id: personId } }),
    refetchInterval: 10_000,
  });
  return (
    <Stack>
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {data && (
        <Card title={self ? 'How you show' : 'State now'} aside={<PresenceMark presence={data} />}>
          <p className={styles.because} role="status">
            {data.because}
          </p>
          <p className={styles.calls}>{data.callsSentence}</p>
          <Stack>
            <SourcesList sources={data.sources} zone={zone} />
            <Facts
              rows={[
                ['Exchanged with Teams', exchanged(data)],
                ['Teams was read', data.teams && <Ago at={data.teams.readAt} zone={zone} />],
              ]}
            />
          </Stack>
        </Card>
      )}
      {data && maySet && (
        <Card title={self ? 'Set my state' : 'Set the state'}>
          <ManualForm personId={personId} vector={data} zone={zone} />
        </Card>
      )}
      {mayFix && (
        <Card title="Does it show something wrong?">
          <FixPresence personId={personId} self={self} zone={zone} />
        </Card>
      )}
      <OwnConnectionCard personId={personId} self={self} zone={zone} />
      <ExceptionsCard personId={personId} zone={zone} />
      <JournalCard personId={personId} zone={zone} />
    </Stack>
  );
}

function exchanged({
  synced,
  readsTeams,
  writesTeams,
}: {
  readonly synced: boolean;
  readonly readsTeams: boolean;
  readonly writesTeams: boolean;
}): string {
  if (!synced || (!readsTeams && !writesTeams)) return 'No';
  if (readsTeams && writesTeams) return 'Both ways';
  return readsTeams ? 'From Teams only' : 'To Teams only';
}
