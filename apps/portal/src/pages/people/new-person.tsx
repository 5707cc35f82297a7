import { Field, Input, Radio, RadioGroup, Switch } from '@fluentui/react-components';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useSession } from '../../api/session.ts';
import { AccountChoice } from '../../parts/filter-bar.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { paths } from '../../path-builder.ts';
import { plainNumber } from '../../words/format.ts';

const empty = {
  displayName: '',
  upn: '',
  mail: '',
  extension: '',
  kind: 'next' as 'next' | 'this' | 'none',
  number: '',
  teamsToggle: true,
  platformLicence: true,
};

/** Creates somebody and opens their page, which says what is missing. */
export function NewPerson({ chosen }: { readonly chosen: string | undefined }) {
  const session = useSession();
  const navigate = useNavigate();
  const [other, setOther] = useState<string>();
  const [form, setForm] = useState(empty);
  const account = session.accountId ?? other ?? chosen;
  const set = (change: Partial<typeof empty>): void => setForm((old) => ({ ...old, ...change }));
  const number = form.kind === 'next' ? 'next' : form.kind === 'this' ? plainNumber(form.number) : undefined;
  return (
    <FormDialog
      label="New person"
      title="Create a person"
      confirm="Create"
      primary
      ready={account !== undefined && form.displayName.trim() !== '' && form.upn.trim() !== ''}
      act={() =>
        api.call('people.create', {
          body: {
            account: account ?? '',
            displayName: form.displayName,
            upn: form.upn.trim(),
            ...(form.mail.trim() && { mail: form.mail.trim() }),
            ...(form.extension.trim() && { extension: form.extension.trim() }),
            ...(number !== undefined && { number }),
            teamsToggle: form.teamsToggle,
            platformLicence: form.platformLicence,
          },
        })
      }
      done={(person) => {
        setForm(empty);
        reread('people.', 'numbers.', 'ranges.', 'provisioning.');
        void navigate(paths.person(person.id));
      }}
    >
      <AccountChoice value={account} onChoose={setOther} />
      <Field label="Display name" required>
        <Input value={form.displayName} onChange={(_, { value }) => set({ displayName: value })} />
      </Field>
      <Field label="Address at Microsoft (UPN)" required hint="For example dana@acme.example">
        <Input type="email" value={form.upn} onChange={(_, { value }) => set({ upn: value })} />
      </Field>
      <Field label="Mail, when it is another">
        <Input type="email" value={form.mail} onChange={(_, { value }) => set({ mail: value })} />
      </Field>
      <Field label="Extension">
        <Input value={form.extension} onChange={(_, { value }) => set({ extension: value })} />
      </Field>
      <Field label="Phone number">
        <RadioGroup
          value={form.kind}
          onChange={(_, { value }) => set({ kind: value === 'this' || value === 'none' ? value : 'next' })}
        >
          <Radio value="next" label="The next free one, or the one that is reserved" />
          <Radio value="this" label="This one" />
          <Radio value="none" label="None yet" />
        </RadioGroup>
      </Field>
      {form.kind === 'this' && (
        <Field label="This number" hint="International form with plus, for example +1 202 555 0142">
          <Input type="tel" value={form.number} onChange={(_, { value }) => set({ number: value })} />
        </Field>
      )}
      <Switch
        label="Calls in Teams"
        checked={form.teamsToggle}
        onChange={(_, { checked }) => set({ teamsToggle: checked })}
      />
      <Switch
        label="Teams licence of the platform"
        checked={form.platformLicence}
        onChange={(_, { checked }) => set({ platformLicence: checked })}
      />
    </FormDialog>
  );
}
