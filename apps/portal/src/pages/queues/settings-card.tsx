import { Button } from '@fluentui/react-components';
import type { Queue } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, queries } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay } from '../../api/session.ts';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { QueueFields } from './queue-fields.tsx';
import { changeOf, draftOf, isWhole, type QueueDraft } from './queue-form.ts';

/** How the queue works. What is typed is kept when somebody else's change comes in between. */
export function SettingsCard({ queue }: { readonly queue: Queue }) {
  const mayWrite = useMay('queues:write');
  // What was read when the typing began: only what differs from it is written, on top of that version.
  const [typed, setTyped] = useState<{ readonly of: Queue; readonly draft: QueueDraft }>();
  const save = useMutation({
    mutationFn: ({ of, draft }: { readonly of: Queue; readonly draft: QueueDraft }) =>
      api.call('queues.change', {
        params: { id: queue.id },
        body: { version: of.version, ...changeOf(draft, of) },
      }),
    onSuccess: (answer) => {
      queries.setQueryData(ask('queues.read', { params: { id: queue.id } }).queryKey, answer);
      setTyped(undefined);
    },
    // What was typed stays; the next try is on top of what stands now.
    onError: async () => {
      const stands = await api.call('queues.read', { params: { id: queue.id } }).catch(() => queue);
      setTyped((old) => old && { ...old, of: { ...old.of, version: stands.version } });
    },
    onSettled: () => reread('queues.', 'numbers.'),
  });
  const draft = typed?.draft ?? draftOf(queue);
  const changed = typed !== undefined && Object.keys(changeOf(typed.draft, typed.of)).length > 0;
  return (
    <Card title="Settings">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (typed && changed && isWhole(draft) && !save.isPending) save.mutate(typed);
        }}
      >
        <Stack>
          {save.error && <ProblemView error={save.error} />}
          <QueueFields
            draft={draft}
            disabled={!mayWrite}
            set={(change) => setTyped({ of: typed?.of ?? queue, draft: { ...draft, ...change } })}
          />
          {mayWrite && (
            <Row>
              <Button
                type="submit"
                appearance="primary"
                disabled={!changed || !isWhole(draft) || save.isPending}
              >
                Save settings
              </Button>
              {changed && (
                <>
                  <Button disabled={save.isPending} onClick={() => setTyped(undefined)}>
                    Leave as it was
                  </Button>
                  <span role="status">Not saved yet.</span>
                </>
              )}
            </Row>
          )}
        </Stack>
      </form>
    </Card>
  );
}
