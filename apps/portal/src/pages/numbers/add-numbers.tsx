import { Field, Textarea } from '@fluentui/react-components';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useSession } from '../../api/session.ts';
import { AccountChoice } from '../../parts/filter-bar.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { plainNumber } from '../../words/format.ts';

const most = 1_000;

/** Brings single numbers into stock, one a line. */
export function AddNumbers({ chosen }: { readonly chosen: string | undefined }) {
  const session = useSession();
  const [other, setOther] = useState<string>();
  const [typed, setTyped] = useState('');
  const account = session.accountId ?? other ?? chosen;
  const numbers = typed
    .split(/[\n,;]/)
    .map(plainNumber)
    .filter((one) => one !== '');
  return (
    <FormDialog
      label="Add numbers"
      title="Add numbers to the stock"
      confirm="Add"
      ready={account !== undefined && numbers.length > 0 && numbers.length <= most}
      act={() => api.call('numbers.add', { body: { account: account ?? '', numbers } })}
      done={() => {
        setTyped('');
        reread('numbers.', 'ranges.');
      }}
    >
      <AccountChoice value={account} onChoose={setOther} />
      <Field
        label="Numbers, one a line"
        required
        hint="International form with plus, for example +1 202 555 0142; at most 1,000"
        validationState={numbers.length > most ? 'error' : 'none'}
        validationMessage={numbers.length > most ? `These are ${numbers.length}.` : null}
      >
        <Textarea rows={6} value={typed} onChange={(_, { value }) => setTyped(value)} />
      </Field>
    </FormDialog>
  );
}
