import { Button, Field, Input, Select, Switch } from '@fluentui/react-components';
import type { Account, RouteOutput } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { makePart, saidOf } from '../../api/account-file.ts';
import { api, ask } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { TextBlock } from '../../parts/copy-text.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { Card } from '../../parts/page.tsx';
import { PreviewAction } from '../../parts/preview-action.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { roleNames } from '../../words/states.ts';
import { RemoveEntry } from './remove-entry.tsx';

export type SignInEntry = RouteOutput<'signIns.list'>['items'][number];

const roles = ['admin', 'desk', 'sync', 'user'] as const;
const done = (): void => reread('signIns.');

/** A form for somebody new, or for who may sign in already. */
export function SignInDialog({
  account,
  signIn,
  made,
}: {
  readonly account: Account;
  readonly signIn?: SignInEntry;
  /** What is shown this once. */
  readonly made: (words: string) => void;
}) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<SignInEntry['role']>(signIn?.role ?? 'admin');
  const [active, setActive] = useState(!signIn?.disabled);
  const [typed, setTyped] = useState<string>();
  const [error, setError] = useState<unknown>();
  const person = useQuery({
    ...ask('people.read', { params: { id: signIn?.personId ?? '' } }),
    enabled: signIn?.personId !== undefined,
  });
  const who = typed ?? person.data?.upn ?? '';
  return (
    <FormDialog
      label={signIn ? 'Change' : 'New sign-in'}
      what={signIn?.name}
      title={signIn ? `Change ${signIn.name}` : `Who may sign in at ${account.name}`}
      confirm={signIn ? 'Save' : 'Make it'}
      primary={!signIn}
      small={signIn !== undefined}
      ready={signIn !== undefined || name.trim() !== ''}
      act={async () => {
        setError(undefined);
        try {
          const entry = {
            name: signIn?.name ?? name.trim(),
            role,
            active,
            ...((typed !== undefined || role === 'user') && {
              person: who.trim() === '' ? null : who.trim(),
            }),
          };
          return await makePart({ account: account.id, sections: { signIns: [entry] } });
        } catch (fault) {
          setError(fault);
          throw fault;
        }
      }}
      done={({ applied }) => {
        if (!signIn) setName('');
        setTyped(undefined);
        done();
        const words = applied.find(({ words: said }) => said !== undefined)?.words;
        if (!signIn && words !== undefined) made(words);
      }}
    >
      {!signIn && (
        <Field
          label="Name"
          required
          hint="Best a mail address: administrators get mails there"
          validationMessage={saidOf(error, 'name')}
        >
          <Input
            value={name}
            spellCheck={false}
            autoComplete="off"
            onChange={(_, { value }) => setName(value)}
          />
        </Field>
      )}
      <Field label="As" validationMessage={saidOf(error, 'role')}>
        <Select value={role} onChange={(_, { value }) => setRole(value as SignInEntry['role'])}>
          {roles.map((one) => (
            <option key={one} value={one}>
              {roleNames[one]}
            </option>
          ))}
        </Select>
      </Field>
      <Field
        label="Who it is"
        required={role === 'user'}
        hint="The person’s sign-in address at Microsoft; a user sees only what is theirs. Whoever it is comes in as this with Microsoft, too"
        validationMessage={saidOf(error, 'person')}
      >
        <Input value={who} spellCheck={false} onChange={(_, { value }) => setTyped(value)} />
      </Field>
      <Switch label="May sign in" checked={active} onChange={(_, { checked }) => setActive(checked)} />
    </FormDialog>
  );
}

/** What is shown this once: a password of somebody else. */
export function ShownOnce({ words, done: close }: { readonly words: string; readonly done: () => void }) {
  return (
    <Card title="Shown this once">
      <Stack>
        <TextBlock label="To pass on" text={words} wrap />
        <Row>
          <Button appearance="primary" onClick={close}>
            I have passed it on
          </Button>
        </Row>
      </Stack>
    </Card>
  );
}

export function NewPassword({
  signIn,
  show,
}: {
  readonly signIn: SignInEntry;
  readonly show: (words: string) => void;
}) {
  return (
    <PreviewAction
      label="New password"
      what={signIn.name}
      title={`A new password for ${signIn.name}?`}
      confirm="Make one"
      small
      load={async () => undefined}
      show={() => (
        <p style={{ margin: 0 }}>
          The old one does not count any more, and whoever is signed in with it is signed out.
        </p>
      )}
      act={() => api.call('signIns.newPassword', { params: { id: signIn.id } })}
      done={({ password }) => show(`${signIn.name} signs in with the password ${password}`)}
    />
  );
}

/** Not one's own, and not the last administrator's: the plan says so before anything is asked. */
export function RemoveSignIn({
  account,
  signIns,
  signIn,
}: {
  readonly account: Account;
  readonly signIns: readonly SignInEntry[];
  readonly signIn: SignInEntry;
}) {
  return (
    <RemoveEntry
      account={account.id}
      section="signIns"
      name={signIn.name}
      others={signIns.filter(({ id }) => id !== signIn.id).map(({ name }) => name)}
      says={({ what }) =>
        `${what} (${roleNames[signIn.role]}) cannot sign in any more and is signed out now. What they did stays in the audit; the person they are stays too.`
      }
      done={done}
    />
  );
}
