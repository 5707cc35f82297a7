import { Button, Field, Input, makeStyles } from '@fluentui/react-components';
import { ApiError, type Person } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api, queries } from '../api/client.ts';
import { plainNumber } from '../words/format.ts';
import { sayError } from './problem-view.tsx';

const useStyles = makeStyles({
  form: { display: 'flex', flexWrap: 'wrap', alignItems: 'start', gap: '12px', paddingTop: '18px' },
  button: { marginTop: '26px' },
});

/** Changes the main number. The server judges; its words are shown at the field. */
export function NumberForm({ person }: { readonly person: Person }) {
  const styles = useStyles();
  const [typed, setTyped] = useState('');
  const change = useMutation({
    mutationFn: (number: string) =>
      api.call('people.change', { params: { id: person.id }, body: { number } }),
    onSuccess: () => {
      setTyped('');
      void queries.invalidateQueries({
        predicate: ({ queryKey }) => String(queryKey[0]).startsWith('people.'),
      });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change.mutate(plainNumber(typed));
  };
  const words = (): string | undefined => {
    if (!change.error) return undefined;
    if (change.error instanceof ApiError && change.error.problem?.errors?.[0]) {
      return `Write ${change.error.problem.errors[0].message}.`;
    }
    const { title, detail, next } = sayError(change.error);
    return [detail ?? title, next].join(' ');
  };
  const failure = words();
  return (
    <form className={styles.form} onSubmit={submit}>
      <Field
        label="New main number"
        hint="International form with plus, for example +1 202 555 0142"
        validationState={failure ? 'error' : change.isSuccess && !typed ? 'success' : 'none'}
        validationMessage={failure ?? (change.isSuccess && !typed ? 'The number is changed.' : null)}
      >
        <Input type="tel" value={typed} onChange={(_, data) => setTyped(data.value)} />
      </Field>
      <Button className={styles.button} type="submit" disabled={!typed.trim() || change.isPending}>
        Change number
      </Button>
    </form>
  );
}
