import { Button } from '@fluentui/react-components';
import type { PresenceVectorView, SetManual } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { Choice } from '../../parts/filter-bar.tsx';
import { Until } from '../../parts/instant.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { manualSpans, manualWords } from '../../words/own-presence.ts';

const states = Object.keys(manualWords) as SetManual['state'][];

/** Sets a state by hand, with an end, or releases the one that is pinned (N07). */
export function ManualForm({
  personId,
  vector,
  zone,
}: {
  readonly personId: string;
  readonly vector: PresenceVectorView;
  readonly zone: string;
}) {
  const [state, setState] = useState<SetManual['state']>('busy');
  const [minutes, setMinutes] = useState('0');
  const done = (): void => reread('presence.', 'people.');
  const set = useMutation({
    mutationFn: () =>
      api.call('presence.set', {
        params: { id: personId },
        body: { state, ...(minutes !== '0' && { minutes: Number(minutes) }) },
      }),
    onSuccess: done,
  });
  const release = useMutation({
    mutationFn: () => api.call('presence.release', { params: { id: personId } }),
    onSuccess: done,
  });
  const { manual } = vector;
  const busy = set.isPending || release.isPending;
  return (
    <Stack>
      {(set.error ?? release.error) && <ProblemView error={set.error ?? release.error} />}
      {manual && (
        <Row>
          <span role="status">
            Pinned by {manual.setBy}: {manualWords[manual.state]}
            {manual.endsAt && (
              <>
                {' '}
                until <Until at={manual.endsAt} zone={zone} />
              </>
            )}
          </span>
          <Button disabled={busy} onClick={() => release.mutate()}>
            Release it now
          </Button>
        </Row>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) set.mutate();
        }}
      >
        <div style={{ display: 'flex', flexWrap: 'wrap', gap: '12px', alignItems: 'end' }}>
          <Choice
            label="Show as"
            value={state}
            options={states.map((one) => [one, manualWords[one]] as const)}
            onChoose={(chosen) => {
              const known = states.find((one) => one === chosen);
              if (known) setState(known);
            }}
          />
          <Choice label="For" value={minutes} options={manualSpans} onChoose={setMinutes} />
          <Button type="submit" appearance="primary" disabled={busy}>
            {set.isPending ? 'One moment…' : 'Set'}
          </Button>
        </div>
      </form>
    </Stack>
  );
}
