import { useState } from 'react';
import { useNavigate } from 'react-router';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useSession } from '../../api/session.ts';
import { AccountChoice } from '../../parts/filter-bar.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { paths } from '../../path-builder.ts';
import { QueueFields } from './queue-fields.tsx';
import { isWhole, newDraft, toNewQueue } from './queue-form.ts';

/** Makes a queue and opens its page, where members are added. */
export function NewQueue({ chosen }: { readonly chosen: string | undefined }) {
  const session = useSession();
  const navigate = useNavigate();
  const [other, setOther] = useState<string>();
  const [draft, setDraft] = useState(newDraft);
  const account = session.accountId ?? other ?? chosen;
  return (
    <FormDialog
      label="New queue"
      title="Make a queue"
      confirm="Make it"
      primary
      ready={account !== undefined && isWhole(draft)}
      act={() =>
        api.call('queues.create', { body: toNewQueue(draft, session.accountId ? undefined : account) })
      }
      done={(queue) => {
        setDraft(newDraft);
        reread('queues.', 'numbers.', 'presenceSync.');
        void navigate(paths.queue(queue.id));
      }}
    >
      <AccountChoice value={account} onChoose={setOther} />
      <QueueFields draft={draft} set={(change) => setDraft((old) => ({ ...old, ...change }))} />
    </FormDialog>
  );
}
