import { Field, Input } from '@fluentui/react-components';
import type { Account, Carrier } from '@tandem/contract';
import { useState } from 'react';
import { makePart } from '../../api/account-file.ts';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { CarrierFields } from './carrier-fields.tsx';
import { draftOf, entryOf, isWhole, newCarrier } from './carrier-form.ts';
import { RemoveEntry } from './remove-entry.tsx';

/** Names of the carriers over which calls of the account go out; one of the operator's under an own name is its id. */
function namesOf(account: Account, carriers: readonly Carrier[]): string[] {
  const own = new Set(carriers.flatMap((one) => (one.owner === 'operator' ? [] : [one.name])));
  return account.carriers.map((id) => {
    const found = carriers.find((one) => one.id === id);
    return !found || (found.owner === 'operator' && own.has(found.name)) ? id : found.name;
  });
}

const done = (): void => reread('carriers.', 'accounts.', 'health.');

/** A form for a new carrier, or for one that is there. */
export function CarrierDialog({
  account,
  carriers,
  carrier,
}: {
  readonly account: Account;
  readonly carriers: readonly Carrier[];
  readonly carrier?: Carrier;
}) {
  const start = () => (carrier ? draftOf(carrier, account.carriers.includes(carrier.id)) : newCarrier);
  const [draft, setDraft] = useState(start);
  const [error, setError] = useState<unknown>();
  const others = namesOf(account, carriers).filter((name) => name !== carrier?.name);
  const now = namesOf(account, carriers);
  const wanted = !draft.used ? others : now.includes(draft.name.trim()) ? now : [...now, draft.name.trim()];
  return (
    <FormDialog
      label={carrier ? 'Change' : 'New carrier'}
      what={carrier?.name}
      title={carrier ? `Change ${carrier.name}` : `New carrier of ${account.name}`}
      confirm={carrier ? 'Save' : 'Make it'}
      primary={!carrier}
      small={carrier !== undefined}
      ready={isWhole(draft)}
      act={async () => {
        setError(undefined);
        try {
          await makePart({
            account: account.id,
            sections: {
              carriers: [entryOf(draft)],
              ...(wanted.join('\n') !== now.join('\n') && { account: { carriers: wanted } }),
            },
          });
        } catch (fault) {
          setError(fault);
          throw fault;
        }
      }}
      done={() => {
        if (!carrier) setDraft(newCarrier);
        done();
      }}
    >
      <CarrierFields
        draft={draft}
        set={(change) => setDraft((old) => ({ ...old, ...change }))}
        named={carrier !== undefined}
        error={error}
      />
    </FormDialog>
  );
}

/** What the carrier wants to be shown. It goes in and never comes out. */
export function CredentialsDialog({ carrier }: { readonly carrier: Carrier }) {
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  return (
    <FormDialog
      label="Credentials"
      what={`of ${carrier.name}`}
      title={`User name and password for ${carrier.name}`}
      confirm={username.trim() === '' ? 'Take them away' : 'Set them'}
      small
      ready={username.trim() === '' ? carrier.hasCredentials : password !== ''}
      act={() =>
        api.call('carriers.credentials', { params: { id: carrier.id }, body: { username, password } })
      }
      done={() => {
        setUsername('');
        setPassword('');
        done();
      }}
    >
      <Field label="User name" hint="Empty: the carrier wants none">
        <Input value={username} autoComplete="off" onChange={(_, { value }) => setUsername(value)} />
      </Field>
      <Field label="Password" hint="Nobody can read it later, you neither">
        <Input
          type="password"
          value={password}
          autoComplete="new-password"
          onChange={(_, { value }) => setPassword(value)}
        />
      </Field>
    </FormDialog>
  );
}

/** Says first what depends on it; calls that go out over it are not left without a way. */
export function RemoveCarrier({
  account,
  carriers,
  carrier,
}: {
  readonly account: Account;
  readonly carriers: readonly Carrier[];
  readonly carrier: Carrier;
}) {
  const used = account.carriers.includes(carrier.id);
  const rest = account.carriers.length - 1;
  return (
    <RemoveEntry
      account={account.id}
      section="carriers"
      name={carrier.name}
      others={carriers
        .filter(({ id, owner }) => owner === account.id && id !== carrier.id)
        .map(({ name }) => name)}
      before={
        used && (
          <p style={{ margin: 0 }}>
            Calls of {account.name} go out over it
            {rest > 0 ? `, before or after ${rest} more` : ', and over no other'}. Change it first, so that no
            calls do.
          </p>
        )
      }
      says={({ what }) =>
        `${what} goes for good, and with it its user name and password. Calls that come from its addresses are not answered any more; calls that are talking go on.`
      }
      done={done}
    />
  );
}
