import { Button, Field, Input, makeStyles } from '@fluentui/react-components';
import type { Connection } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row } from '../../parts/stack.tsx';

const useStyles = makeStyles({
  form: { display: 'grid', gap: '14px', maxWidth: '620px' },
  words: { margin: 0 },
});

/** Chooses the name; nothing is written at Microsoft by that. */
export function NewDomainForm({ connection }: { readonly connection: Connection }) {
  const styles = useStyles();
  const [host, setHost] = useState('');
  const create = useMutation({
    mutationFn: () =>
      api.call('routingDomains.create', {
        body: {
          account: connection.accountId,
          connection: connection.id,
          ...(host.trim() && { host: host.trim() }),
        },
      }),
    onSuccess: () => reread('routingDomains.', 'accounts.', 'trunks.'),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <p className={styles.words}>
        Microsoft knows each customer by a host name of its own. Choosing it writes nothing at Microsoft; the
        steps after it do, and each is shown first.
      </p>
      {create.error && <ProblemView error={create.error} />}
      <Field
        label="Host name"
        hint="Below the base domain of this platform. Left empty, it is made from the account’s name."
      >
        <Input
          value={host}
          spellCheck={false}
          autoCapitalize="none"
          onChange={(_, data) => setHost(data.value)}
        />
      </Field>
      <Row>
        <Button type="submit" appearance="primary" disabled={create.isPending}>
          Choose this name
        </Button>
      </Row>
    </form>
  );
}
