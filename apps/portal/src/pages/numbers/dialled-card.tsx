import { Button, Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import type { Dialled } from '@tandem/contract/areas/dialling-routes.ts';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ask } from '../../api/client.ts';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { TurnNotice } from '../../parts/turn-notice.tsx';
import { WordList } from '../../parts/word-list.tsx';
import { telephone } from '../../words/format.ts';

const useStyles = makeStyles({
  form: { display: 'flex', flexWrap: 'wrap', gap: '12px', alignItems: 'end' },
  found: { display: 'grid', gap: '12px', paddingTop: '16px' },
  small: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

/** What a number becomes that somebody of the account dials, why, and where a call goes. */
export function DialledCard({
  account,
  zone,
}: {
  /** Undefined: the operator has not said whose people dial. */
  readonly account: string | undefined;
  readonly zone: string;
}) {
  const styles = useStyles();
  const [typed, setTyped] = useState('');
  const [number, setNumber] = useState<string>();
  const { data, error, isFetching, refetch } = useQuery({
    ...ask('dialling.explain', { params: { id: account ?? '' }, query: { number: number ?? '' } }),
    enabled: number !== undefined && account !== undefined,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const asked = typed.trim();
    if (asked === number) void refetch();
    else setNumber(asked);
  };
  if (account === undefined)
    return (
      <Card title="What becomes of a dialled number?">
        <p className={styles.small}>
          Choose an account below: its country and area code decide how a number is read.
        </p>
      </Card>
    );
  return (
    <Card title="What becomes of a dialled number?">
      <form className={styles.form} onSubmit={submit}>
        <Field label="A number as somebody dials it">
          <Input placeholder="030 1234567" value={typed} onChange={(_, { value }) => setTyped(value)} />
        </Field>
        <Button type="submit" disabled={typed.trim() === '' || isFetching}>
          {isFetching ? 'Reading…' : 'Try it'}
        </Button>
      </form>
      <p className={styles.small}>
        Teams sends a number as the person’s dial plan there made it: try what that makes.
      </p>
      <div role="status">
        {number !== undefined && (error || data) && (
          <div className={styles.found}>
            {error ? <ProblemView error={error} /> : data && <Told told={data} zone={zone} />}
          </div>
        )}
      </div>
    </Card>
  );
}

const kinds: Record<Dialled['kind'], string> = {
  emergency: 'an emergency number',
  extension: 'an extension',
  'own-number': 'a number of the account',
  outside: 'an outside number',
  unreadable: 'no number',
};

function Told({ told, zone }: { readonly told: Dialled; readonly zone: string }) {
  const { dialled, kind, becomes, steps, goesTo, reaches, carriers } = told;
  const shown = becomes?.startsWith('+') ? telephone(becomes) : becomes;
  return (
    <>
      <TurnNotice
        tone={reaches ? 'good' : 'warn'}
        sentence={`${dialled} ${shown === undefined ? 'is' : `becomes ${shown},`} ${kinds[kind]}. ${goesTo}`}
        zone={zone}
      />
      <WordList title="Why" items={steps} />
      <WordList
        title="As each carrier gets it"
        items={carriers.map(({ name, sent }) => `${name}: ${sent}`)}
      />
    </>
  );
}
