import { Button, makeStyles } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask } from '../api/client.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { Card } from '../parts/page.tsx';
import { ProblemView, sayError } from '../parts/problem-view.tsx';
import { LadderDiagram } from './ladder-diagram.tsx';

const useStyles = makeStyles({
  actions: { display: 'flex', gap: '12px', alignItems: 'center' },
  body: { padding: '0 20px 18px' },
});

export function LadderCard({ callId, live }: { readonly callId: string; readonly live: boolean }) {
  const styles = useStyles();
  const [said, setSaid] = useState('');
  const ladder = useQuery({
    ...ask('calls.ladder', { params: { id: callId } }),
    refetchInterval: live ? 2_000 : false,
  });
  const copy = async (): Promise<void> => {
    try {
      const text = await api.text('calls.ladder', { params: { id: callId } });
      await navigator.clipboard.writeText(text);
      setSaid('Copied');
    } catch (error) {
      setSaid(
        error instanceof DOMException
          ? 'The browser does not allow copying here. Select the messages below instead.'
          : sayError(error).title,
      );
    }
  };
  const entries = ladder.data?.entries ?? [];
  return (
    <Card
      title="SIP ladder"
      bare
      aside={
        <span className={styles.actions}>
          <span role="status">{said}</span>
          <Button size="small" disabled={entries.length === 0} onClick={() => void copy()}>
            Copy as text
          </Button>
        </span>
      }
    >
      {ladder.error ? (
        <div className={styles.body}>
          <ProblemView error={ladder.error} retry={() => void ladder.refetch()} />
        </div>
      ) : ladder.data && entries.length === 0 ? (
        <EmptyState title="No messages are kept for this call">
          Ladders are kept for 14 days. The record above stays longer.
        </EmptyState>
      ) : (
        <LadderDiagram entries={entries} />
      )}
    </Card>
  );
}
