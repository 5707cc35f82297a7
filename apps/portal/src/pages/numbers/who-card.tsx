import { Button, Field, Input, makeStyles } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { ask } from '../../api/client.ts';
import { Holders } from '../../parts/holders.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';

const useStyles = makeStyles({
  form: { display: 'flex', flexWrap: 'wrap', gap: '12px', alignItems: 'end' },
  found: { display: 'grid', gap: '12px', paddingTop: '16px' },
});

/** Who has a number: here, in Teams, disabled or deleted, in every connected tenant. */
export function WhoCard({
  account,
  number,
  search,
}: {
  readonly account: string | undefined;
  /** What is asked now; it stands in the address. */
  readonly number: string | undefined;
  readonly search: (number: string | undefined) => void;
}) {
  const styles = useStyles();
  const [typed, setTyped] = useState(number ?? '');
  useEffect(() => setTyped(number ?? ''), [number]);
  const { data, error, isFetching, refetch } = useQuery({
    ...ask('numbers.who', { query: { account, number: number ?? '' } }),
    enabled: number !== undefined,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const asked = typed.trim() || undefined;
    if (asked === number) void refetch();
    else search(asked);
  };
  return (
    <Card title="Who has this number?">
      <form className={styles.form} onSubmit={submit}>
        <Field label="A number to look for everywhere">
          <Input
            type="tel"
            placeholder="+1 202 555 0142"
            value={typed}
            onChange={(_, { value }) => setTyped(value)}
          />
        </Field>
        <Button type="submit" disabled={typed.trim() === '' || isFetching}>
          {isFetching ? 'Looking…' : 'Look'}
        </Button>
      </form>
      <div role="status">
        {number !== undefined && (error || data) && (
          <div className={styles.found}>
            {error ? <ProblemView error={error} /> : data && <Holders who={data} />}
          </div>
        )}
      </div>
    </Card>
  );
}
